//! INVITE to 200 by an own caller with kernel receive times, at a steady rate of short calls.

use crate::clock;
use crate::endpoint::receive_stamped;
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// Calls a second.
const RATE: u32 = 10;
/// Past this a call counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(2);

/// The latencies of a run, sorted, in ms.
pub(crate) struct Latencies {
    sorted_ms: Vec<f64>,
    /// Calls that got no 200.
    pub(crate) unanswered: u32,
}

impl Latencies {
    /// The value that `share` do not exceed; NaN without any.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let at = (self.sorted_ms.len() as f64 * share).ceil() as usize;
        self.sorted_ms.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// Makes short calls for `time` and measures each.
pub(crate) fn measure(server: SocketAddr, time: Duration) -> Latencies {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    setsockopt(&socket, ReceiveTimestampns, &true).expect("the kernel stamps packets");
    let caller = Caller { local: socket.local_addr().expect("bound"), server, socket };
    let (mut sorted_ms, mut unanswered, mut serial) = (Vec::new(), 0, 0);
    let started = Instant::now();
    while started.elapsed() < time {
        match caller.short_call(serial) {
            Some(ms) => sorted_ms.push(ms),
            None => unanswered += 1,
        }
        serial += 1;
        let next = started + Duration::from_secs(1) / RATE * serial;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    sorted_ms.sort_by(f64::total_cmp);
    Latencies { sorted_ms, unanswered }
}

struct Caller {
    socket: UdpSocket,
    local: SocketAddr,
    server: SocketAddr,
}

impl Caller {
    fn short_call(&self, serial: u32) -> Option<f64> {
        let sent_ns = clock::unix_ns();
        self.send(serial, "INVITE", 1, "");
        let (answered_ns, to) = self.answer(serial, "INVITE")?;
        self.send(serial, "ACK", 1, &to);
        self.send(serial, "BYE", 2, &to);
        self.answer(serial, "BYE")?;
        Some(answered_ns.saturating_sub(sent_ns) as f64 / 1e6)
    }

    fn send(&self, serial: u32, method: &str, cseq: u32, to: &str) {
        let Self { local, server, .. } = self;
        let to = if to.is_empty() { format!("<sip:12345@{server}>") } else { to.to_owned() };
        let (kind, body) = match method {
            "INVITE" => ("Content-Type: application/sdp\r\n", self.offer()),
            _ => ("", String::new()),
        };
        let text = format!(
            "{method} sip:12345@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{serial}{method};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:19900000006@{local}>;tag=s{serial}\r\nTo: {to}\r\n\
             Call-ID: {serial}-{}@load\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:19900000006@{local}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            local.port(),
            body.len()
        );
        self.socket.send_to(text.as_bytes(), server).expect("loopback takes a packet");
    }

    fn offer(&self) -> String {
        // The discard port of the endpoint's address: nobody listens to these calls.
        "v=0\r\no=load 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n\
         m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
            .to_owned()
    }

    /// The kernel's time of the 200 and its To; `None` for a refusal or silence.
    fn answer(&self, serial: u32, method: &str) -> Option<(u64, String)> {
        let call_id = format!("{serial}-{}@load", self.local.port());
        let mut buffer = [0u8; 4096];
        loop {
            let (len, at_ns, _) = receive_stamped(&self.socket, &mut buffer)?;
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            if !text.contains(&call_id) || !text.contains(&format!(" {method}\r\n")) {
                continue;
            }
            match text.get(8..11)? {
                "200" => {
                    let to = text.lines().find_map(|l| l.strip_prefix("To: "))?;
                    return Some((at_ns, to.to_owned()));
                }
                status if status.starts_with('1') => {}
                _ => return None,
            }
        }
    }
}
