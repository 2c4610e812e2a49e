//! A caller for the self-test: dials over real sockets, presses keys, speaks and listens.

use crate::gateway::clock::Clock;
use crate::wire::g711::Codec;
use crate::wire::rtp;
use crate::wire::sdp::Session;
use crate::wire::sip::{Framing, Message, Response};
use crate::wire::telephone_event::TelephoneEvent;
use std::fmt::Write;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// How long an answer may take before the call counts as failed.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// An INVITE is sent again after this long without any response (RFC 3261 T1).
const T1: Duration = Duration::from_millis(500);
/// Payload type of our telephone events.
const DTMF_PAYLOAD_TYPE: u8 = 101;
/// The synchronisation source of the self-test's audio; there is one call, so any will do.
const SSRC: u32 = 0x6D61_796F;
/// The caller that the self-test shows.
const CALLER: &str = "19900000000";

/// A call that was answered.
pub(super) struct Dialled {
    clock: Clock,
    sip: UdpSocket,
    rtp: UdpSocket,
    server: SocketAddr,
    audio: SocketAddr,
    to: String,
    call_id: String,
    sequence: u16,
    timestamp: u32,
    /// From INVITE to 200.
    pub(super) answered_after: Duration,
}

/// What was heard during some time.
#[derive(Default)]
pub(super) struct Heard {
    /// Linear samples in the order of arrival.
    pub(super) samples: Vec<i16>,
    /// Packets from another address than the answer named.
    pub(super) strangers: usize,
}

impl Dialled {
    /// Dials and waits for the answer.
    pub(super) fn call(clock: Clock, server: SocketAddr) -> Result<Self, String> {
        let (sip, rtp) = sockets(server).map_err(|error| format!("no socket: {error}"))?;
        let started = (clock.monotonic)();
        let call_id = format!("doctor-{}", (clock.wall)().as_nanosecond());
        let local = rtp.local_addr().map_err(|error| error.to_string())?;
        let mut line = Self {
            clock,
            sip,
            rtp,
            server,
            audio: local,
            to: format!("<sip:mayor@{server}>"),
            call_id,
            sequence: 1,
            timestamp: 0,
            answered_after: Duration::ZERO,
        };
        let invite = line.request("INVITE", 1, Some(&offer(local)));
        let response = line.answer(&invite, started)?;
        line.answered_after = line.elapsed(started);
        if let Ok(to) = response.headers.to() {
            line.to = to.to_string();
        }
        let session = Session::parse(&response.body).map_err(|_| "its SDP cannot be read")?;
        let media = session.media.first().ok_or("its SDP has no audio")?;
        let ip = session.address_for(media).ok_or("its SDP names no address for audio")?;
        line.audio = SocketAddr::new(ip, media.port);
        let ack = line.request("ACK", 1, None);
        line.send(&ack)?;
        Ok(line)
    }

    /// Sends audio and listens for a while, both at the pace of a telephone.
    pub(super) fn talk(&mut self, lasting: Duration, tone_hz: f64) -> Heard {
        let frames = lasting.as_millis() / 20;
        let started = (self.clock.monotonic)();
        let mut heard = Heard::default();
        for frame in 0..frames {
            let first = u32::try_from(frame).unwrap_or(0) * 160;
            let speech: Vec<u8> =
                (0..160).map(|n| Codec::Pcma.encode(tone(first + n, tone_hz))).collect();
            self.send_rtp(Codec::Pcma.payload_type(), false, self.timestamp, &speech);
            self.timestamp = self.timestamp.wrapping_add(160);
            let until = started + Duration::from_millis(20) * u32::try_from(frame + 1).unwrap_or(1);
            self.listen(until, &mut heard);
        }
        heard
    }

    /// Presses a key for 100 ms (RFC 4733), its end sent three times.
    pub(super) fn press(&mut self, key: u8) {
        let timestamp = self.timestamp;
        for step in 1..=8_u16 {
            let end = step > 5;
            let event = TelephoneEvent { event: key, end, volume: 10, duration: step.min(5) * 160 };
            self.send_rtp(DTMF_PAYLOAD_TYPE, step == 1, timestamp, &event.write());
            let until = (self.clock.monotonic)() + Duration::from_millis(20);
            self.listen(until, &mut Heard::default());
        }
        self.timestamp = self.timestamp.wrapping_add(8 * 160);
    }

    /// Hangs up.
    pub(super) fn hang_up(self) -> Result<(), String> {
        let bye = self.request("BYE", 2, None);
        self.answer(&bye, (self.clock.monotonic)()).map(|_| ())
    }

    fn listen(&self, until: Instant, heard: &mut Heard) {
        let mut packet = [0; 2048];
        loop {
            let left = until.saturating_duration_since((self.clock.monotonic)());
            if left.is_zero() || self.rtp.set_read_timeout(Some(left)).is_err() {
                return;
            }
            let Ok((n, from)) = self.rtp.recv_from(&mut packet) else { continue };
            if from != self.audio {
                heard.strangers += 1;
            } else if let Ok(view) = rtp::parse(&packet[..n]) {
                heard.samples.extend(view.payload.iter().map(|&code| Codec::Pcma.decode(code)));
            }
        }
    }

    fn send_rtp(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) {
        let sequence = self.sequence;
        let header = rtp::Header { marker, payload_type, sequence, timestamp, ssrc: SSRC };
        self.sequence = sequence.wrapping_add(1);
        let mut head = [0; rtp::HEADER_LEN];
        header.write(&mut head);
        // A packet that cannot be sent shows as audio that was not heard.
        let _ = self.rtp.send_to(&[&head, payload].concat(), self.audio);
    }

    fn elapsed(&self, since: Instant) -> Duration {
        (self.clock.monotonic)().saturating_duration_since(since)
    }

    fn send(&self, request: &str) -> Result<(), String> {
        let sent = self.sip.send_to(request.as_bytes(), self.server);
        sent.map(|_| ()).map_err(|error| format!("cannot send to {}: {error}", self.server))
    }

    /// Sends a request, again while nothing comes, and waits for its final response.
    fn answer(&self, request: &str, started: Instant) -> Result<Response, String> {
        let mut bytes = vec![0; 65_535];
        let mut provisional = false;
        self.send(request)?;
        self.sip.set_read_timeout(Some(T1)).map_err(|error| error.to_string())?;
        while self.elapsed(started) < ANSWER_MAX {
            let Ok((n, _)) = self.sip.recv_from(&mut bytes) else {
                if !provisional {
                    self.send(request)?;
                }
                continue;
            };
            match Message::parse(&bytes[..n], Framing::Datagram) {
                Ok(Message::Response(response)) if response.status < 200 => provisional = true,
                Ok(Message::Response(response)) if response.status < 300 => return Ok(response),
                Ok(Message::Response(response)) => {
                    return Err(format!("refused with {} {}", response.status, response.reason));
                }
                Ok(Message::Request(_)) | Err(_) => {}
            }
        }
        Err(format!("no answer from {} within {} s", self.server, ANSWER_MAX.as_secs()))
    }

    fn request(&self, method: &str, sequence: u32, body: Option<&str>) -> String {
        let server = self.server;
        let local = self.sip.local_addr().unwrap_or(server);
        let body = body.unwrap_or("");
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{method} sip:mayor@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};branch=z9hG4bK{}{method}{sequence};rport\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:{CALLER}@{local}>;tag=doctor\r\n\
             To: {}\r\n\
             Call-ID: {}\r\n\
             CSeq: {sequence} {method}\r\n\
             Contact: <sip:{CALLER}@{local}>\r\n",
            self.call_id, self.to, self.call_id
        );
        if !body.is_empty() {
            text.push_str("Content-Type: application/sdp\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        text
    }
}

fn sockets(server: SocketAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    let probe = UdpSocket::bind((unspecified(server), 0))?;
    probe.connect(server)?;
    let ip = probe.local_addr()?.ip();
    Ok((UdpSocket::bind((ip, 0))?, UdpSocket::bind((ip, 0))?))
}

/// Any address of that family.
pub(super) fn unspecified(server: SocketAddr) -> std::net::IpAddr {
    if server.is_ipv4() {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    }
}

fn offer(rtp: SocketAddr) -> String {
    let family = if rtp.is_ipv4() { "IP4" } else { "IP6" };
    let (ip, port) = (rtp.ip(), rtp.port());
    format!(
        "v=0\r\no=doctor 1 1 IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 {DTMF_PAYLOAD_TYPE}\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:{DTMF_PAYLOAD_TYPE} telephone-event/8000\r\na=fmtp:{DTMF_PAYLOAD_TYPE} 0-15\r\n\
         a=ptime:20\r\na=sendrecv\r\n"
    )
}

/// One sample of a tone at about -16 dBov.
#[allow(clippy::cast_possible_truncation)] // The amplitude keeps it far inside 16 bits.
fn tone(sample: u32, hz: f64) -> i16 {
    (7000.0 * (f64::from(sample) * hz * std::f64::consts::TAU / 8000.0).sin()) as i16
}
