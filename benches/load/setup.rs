//! INVITE to 200 by an own caller with kernel receive times, at a steady rate of short calls.

use crate::clock;
use crate::endpoint::receive_stamped;
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

/// Above SIPp and the endpoint.
const PRIORITY: u8 = 18;
/// Past this a call counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(2);

/// The latencies of a run, sorted, in ms.
pub(crate) struct Latencies {
    sorted_ms: Vec<f64>,
    /// Calls that got no 200.
    pub(crate) unanswered: u32,
}

impl Latencies {
    /// Of what was seen in any order.
    pub(crate) fn new(mut seen_ms: Vec<f64>, unanswered: u32) -> Self {
        seen_ms.sort_by(f64::total_cmp);
        Self { sorted_ms: seen_ms, unanswered }
    }

    /// `p50 / p99 ms, so many unanswered`
    pub(crate) fn words(&self) -> String {
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| self.quantile_ms(share));
        let (calls, silent) = (self.sorted_ms.len(), self.unanswered);
        format!("{p50:.2} / {p99:.2} ms (max {most:.2}), {calls} calls, {silent} unanswered")
    }

    /// The value that `share` do not exceed; NaN without any.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let at = (self.sorted_ms.len() as f64 * share).ceil() as usize;
        self.sorted_ms.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// Makes `rate` short calls a second for `time` and measures each.
pub(crate) fn measure(server: SocketAddr, rate: u32, time: Duration) -> Latencies {
    // In front of SIPp, so that waiting for the core is not taken for the service's time.
    clock::realtime(PRIORITY, true);
    let caller = Caller::new(server);
    let (mut sorted_ms, mut unanswered, mut serial) = (Vec::new(), 0, 0);
    let started = Instant::now();
    while started.elapsed() < time {
        match caller.short_call(serial) {
            Some(ms) => sorted_ms.push(ms),
            None => unanswered += 1,
        }
        serial += 1;
        let next = started + Duration::from_secs(1) / rate * serial;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    clock::realtime(crate::PRIORITY, false);
    Latencies::new(sorted_ms, unanswered)
}

/// A caller that signals by itself; its serial numbers name its calls.
pub(crate) struct Caller {
    socket: UdpSocket,
    local: SocketAddr,
    server: SocketAddr,
}

impl Caller {
    /// On a port of its own.
    pub(crate) fn new(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        setsockopt(&socket, ReceiveTimestampns, &true).expect("the kernel stamps packets");
        Self { local: socket.local_addr().expect("bound"), server, socket }
    }

    /// A call with audio at this address: the answer's To, and the answer.
    pub(crate) fn invite(&self, serial: u32, audio: SocketAddrV4) -> Option<(String, String)> {
        let (ip, port) = (audio.ip(), audio.port());
        let offer = format!(
            "v=0\r\no=load 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
        );
        self.send(serial, "INVITE", 1, "", &offer);
        let Answer { to, text, .. } = self.answer(serial, "INVITE")?;
        self.send(serial, "ACK", 1, &to, "");
        Some((to, text))
    }

    /// Ends the call.
    pub(crate) fn bye(&self, serial: u32, to: &str) {
        self.send(serial, "BYE", 2, to, "");
        self.answer(serial, "BYE");
    }

    fn short_call(&self, serial: u32) -> Option<f64> {
        let sent_ns = clock::unix_ns();
        self.send(serial, "INVITE", 1, "", OFFER);
        let Answer { at_ns, to, .. } = self.answer(serial, "INVITE")?;
        self.send(serial, "ACK", 1, &to, "");
        self.send(serial, "BYE", 2, &to, "");
        self.answer(serial, "BYE")?;
        Some(at_ns.saturating_sub(sent_ns) as f64 / 1e6)
    }

    fn send(&self, serial: u32, method: &str, cseq: u32, to: &str, body: &str) {
        let Self { local, server, .. } = self;
        let to = if to.is_empty() { format!("<sip:12345@{server}>") } else { to.to_owned() };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let port = local.port();
        let text = format!(
            "{method} sip:12345@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{serial}{method};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:1990000{:04}@{local}>;tag=s{serial}\r\nTo: {to}\r\n\
             Call-ID: {serial}-{port}@load\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:19900000006@{local}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            serial % 10_000,
            body.len()
        );
        self.socket.send_to(text.as_bytes(), server).expect("loopback takes a packet");
    }

    /// The 200; `None` for a refusal or silence.
    fn answer(&self, serial: u32, method: &str) -> Option<Answer> {
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
                    let to = text.lines().find_map(|l| l.strip_prefix("To: "))?.to_owned();
                    return Some(Answer { at_ns, to, text });
                }
                status if status.starts_with('1') => {}
                _ => return None,
            }
        }
    }
}

/// The discard port of the endpoint's address: nobody listens to these calls.
const OFFER: &str = "v=0\r\no=load 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n\
     m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

/// A 200.
struct Answer {
    /// The kernel's time of its arrival.
    at_ns: u64,
    /// Its To.
    to: String,
    /// All of it.
    text: String,
}
