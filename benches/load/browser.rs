//! A seat in Chromium: from the call that is offered until the sound of the page is connected (ICE,
//! DTLS), by the page's own clock.

use crate::ENDPOINT_IP;
use crate::chromium::Chromium;
use crate::people::{PASSWORD, house};
use crate::setup::{Caller, Latencies};
use crate::subject::{Prompts, Subject};
use std::net::SocketAddrV4;
use std::time::Duration;

const SEAT: usize = 800;
const CALLS: u32 = 30;
/// Nobody listens there.
const DISCARD_PORT: u16 = 9;
/// Until the seat is free again after a caller has hung up.
const BETWEEN: Duration = Duration::from_millis(500);

/// Every connection of the page leaves its time in `connects`.
const STOPWATCH: &str = "window.connects = []; \
     window.RTCPeerConnection = class extends RTCPeerConnection { \
       constructor(...given) { super(...given); const began = performance.now(); \
         this.addEventListener('connectionstatechange', () => { \
           if (this.connectionState === 'connected') window.connects.push(performance.now() - began); \
         }); } };";

/// Milliseconds of each call.
pub(crate) fn connected() -> Latencies {
    let subject = Subject::over(house([SEAT].into_iter()), Prompts::City, &[]);
    let caller = Caller::new(subject.udp);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let seen = runtime.expect("a runtime").block_on(async {
        let mut page = signed_in(&subject).await;
        for serial in 0..CALLS {
            let audio = SocketAddrV4::new(ENDPOINT_IP, DISCARD_PORT);
            let (to, _) = caller.invite(serial, audio).expect("a call is answered");
            page.wait(&format!("connects.length > {serial}")).await;
            caller.bye(serial, &to);
            tokio::time::sleep(BETWEEN).await;
        }
        page.value("connects").await
    });
    let times = seen.as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64);
    Latencies::new(times.collect(), 0)
}

async fn signed_in(subject: &Subject) -> Chromium {
    let mut page = Chromium::start().await;
    page.before_every_page(STOPWATCH).await;
    page.open(&format!("http://{}/", subject.pages())).await;
    page.wait("location.pathname === '/sign-in' && document.forms.length > 0").await;
    page.value(&format!(
        "(() => {{ const {{ elements }} = document.forms[0]; elements.seat.value = '{SEAT}'; \
         elements.password.value = '{PASSWORD}'; document.forms[0].requestSubmit(); }})()"
    ))
    .await;
    page.wait("document.getElementById('sound')?.dataset.sound === 'ready'").await;
    page
}
