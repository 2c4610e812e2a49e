//! The page in a conversation on the real media threads: a phone and a browser hear each other.

use super::browser::Desk;
use super::desk::{Heard, TONE_HERTZ, note, tone};
use super::messages::offer;
use mayorline::domain::desk_link::{FromDesk, ToDesk};
use mayorline::gateway::browser::BrowserLeg;
use mayorline::gateway::media::{MediaCommand, PortRange};
use mayorline::media::leg::LegSetup;
use mayorline::media::room::Hearing;
use mayorline::units::LegId;
use std::time::{Duration, Instant};

#[path = "../media/threads.rs"]
mod pool;

use pool::{LOOPBACK, Phone, Threads};

const PHONE: u64 = 1;
const BROWSER: u64 = 2;
const GROUP: u64 = 7;

/// Opens the browser's leg for an offer; the answer.
fn accept(threads: &mut Threads, sdp: &str) -> String {
    let address = threads.pool.open(LegId(BROWSER), LOOPBACK, GROUP).unwrap();
    let (answer, leg) = BrowserLeg::accept(sdp, address, Instant::now()).unwrap();
    let setup = LegSetup {
        ssrc: 2,
        first_sequence: 65_500,
        first_timestamp: 0,
        cname: "line@mayorline.invalid".to_owned(),
        peer: None,
        agreed: leg.agreed(),
    };
    threads.command(BROWSER, MediaCommand::Browser(Box::new(leg)));
    threads.command(BROWSER, MediaCommand::Start(Box::new(setup)));
    for leg in [PHONE, BROWSER] {
        let all = Hearing::of([PHONE, BROWSER].map(LegId));
        threads.command(leg, MediaCommand::Hear(all));
    }
    answer
}

/// The phone speaks the tone for some seconds; what it heard.
fn talk(phone: &Phone, seconds: u32) -> Heard {
    let (mut heard, mut last, begin) = (Heard::default(), None, Instant::now());
    for frame in 0..seconds * 50 {
        phone.socket.send_to(&tone(frame), phone.line).unwrap();
        let next = begin + Duration::from_millis(20) * (frame + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let mut bytes = [0; 500];
        while let Ok(n) = phone.socket.recv(&mut bytes) {
            note(&mut heard, &bytes[..n], &mut last, Instant::now());
        }
    }
    heard
}

#[tokio::test]
async fn a_page_and_a_phone_hear_each_other_through_the_media_threads() {
    let folder = tempfile::tempdir().unwrap();
    let mut threads = Threads::start(folder.path(), PortRange { first: 43_000, last: 43_099 });
    let phone = threads.phone(PHONE, GROUP);
    let mut desk = Desk::sign_in("801").await;
    desk.tell(offer(7, Some("19900000017"), None, "")).await;
    let FromDesk::AudioOffer { id, sdp, .. } = desk.house.next().await else { panic!() };
    let sdp = accept(&mut threads, &sdp);
    desk.house.to_pages.send(ToDesk::AudioAnswer { id, sdp }).await.unwrap();
    desk.page.wait("document.getElementById('sound').dataset.sound === 'on'").await;
    let talking = tokio::task::spawn_blocking(move || talk(&phone, 6));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (hertz, share) = desk.heard_by_the_page().await;
    let heard = talking.await.unwrap();
    println!(
        "through the room the page hears {hertz:.0} Hz ({share:.4}); the phone hears {heard:?}"
    );
    assert!((hertz - TONE_HERTZ).abs() < 10.0 && share > 0.9, "{hertz} Hz, {share}");
    assert!(heard.packets >= 290 && heard.loud >= 4 && heard.power > 1e-3, "{heard:?}");
    desk.no_complaints();
    threads.pool.close(LegId(BROWSER));
    threads.finish();
}
