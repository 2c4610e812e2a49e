//! The telephones of many seats on one socket: each answers at once, with its audio at the endpoint.

use crate::support::sip::{Description, Message, sdp};
use std::collections::HashMap;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the thread looks whether it is to end.
const TICK: Duration = Duration::from_millis(200);

/// All telephones; they fall silent when it is dropped.
pub(crate) struct Switchboard {
    answered: Receiver<usize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Switchboard {
    /// Answers at `socket` for these seats; each takes its audio at the address beside it.
    pub(crate) fn start(socket: UdpSocket, audio: HashMap<usize, SocketAddrV4>) -> Self {
        let (tell, answered) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        socket.set_read_timeout(Some(TICK)).expect("a timeout can be set");
        let thread = std::thread::spawn(move || {
            let mut buffer = [0u8; 4096];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
                let Some(request) = Message::parse(&buffer[..len]) else { continue };
                if let Some(seat) = answer(&socket, from, &request, &audio) {
                    let _ = tell.send(seat);
                }
            }
        });
        Self { answered, stop, thread: Some(thread) }
    }

    /// The next seat whose telephone was answered.
    pub(crate) fn answered(&self, patience: Duration) -> Option<usize> {
        self.answered.recv_timeout(patience).ok()
    }
}

impl Drop for Switchboard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers a request with 200; the seat when this began a call.
fn answer(
    socket: &UdpSocket,
    from: SocketAddr,
    request: &Message,
    audio: &HashMap<usize, SocketAddrV4>,
) -> Option<usize> {
    let method = request.method()?;
    if method == "ACK" {
        return None;
    }
    let seat: usize = request.first.split("sip:").nth(1)?.split('@').next()?.parse().ok()?;
    let rtp = SocketAddr::V4(*audio.get(&seat)?);
    let body = match method {
        "INVITE" => sdp(Description { rtp, codec: 8, ptime: 20 }, "sendrecv", 1),
        _ => String::new(),
    };
    let local = socket.local_addr().ok()?;
    let begins = method == "INVITE" && !request.header("to")?.contains("tag=");
    let text = tagged(request, seat).response("200 OK", &format!("sip:{seat}@{local}"), &body);
    socket.send_to(text.as_bytes(), from).ok()?;
    begins.then_some(seat)
}

/// The request with our tag at its To, as every answer must have it.
fn tagged(request: &Message, seat: usize) -> Message {
    let mut request = request.clone();
    let to = request.headers.iter_mut().find(|(name, _)| name == "to");
    if let Some((_, to)) = to.filter(|(_, to)| !to.contains("tag=")) {
        *to += &format!(";tag=seat{seat}");
    }
    request
}
