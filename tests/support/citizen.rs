//! A caller: dials, hears, speaks, presses keys, hangs up or disappears. Blocking, over UDP or
//! TCP, on 127.0.0.1; every wait has a deadline.

use super::audio::{
    ALAW_SILENCE, ULAW_SILENCE, alaw_decode, alaw_encode, dtmf_pair, tones, ulaw_decode,
    ulaw_encode,
};
use super::link::Link;
use super::rtp::{Capture, Impairment, Media, Stream};
use super::sip::{Description, Message, finish, media_of, sdp, uri_of};
use super::wait_for;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Payload type of A-law.
pub const ALAW: u8 = 8;
/// Payload type of µ-law.
pub const ULAW: u8 = 0;
/// RFC 3261 section 17.1.1.2: the first retransmission.
const T1: Duration = Duration::from_millis(500);

/// A text is sent again this often, a T1 apart.
const TEXT_TRIES: usize = 6;

static SERIAL: AtomicU32 = AtomicU32::new(1);

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Dial {
    server: SocketAddr,
    number: String,
    from: String,
    codec: u8,
    ptime: u32,
    tcp: bool,
    late_offer: bool,
    reports: bool,
    impairment: Impairment,
    patience: Duration,
}

/// A call that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialError {
    /// Refused with this status.
    Refused(u16),
    /// No final answer within the patience.
    Unanswered,
    /// The answer's SDP has no audio of our codec.
    NoAudio,
}

impl Dial {
    /// A call to `number` at `server`, from 19900000001, A-law, on a clean line.
    pub fn new(server: SocketAddr, number: &str) -> Self {
        Self {
            server,
            number: number.to_owned(),
            from: "19900000001".to_owned(),
            codec: ALAW,
            ptime: 20,
            tcp: false,
            late_offer: false,
            reports: false,
            impairment: Impairment::default(),
            patience: Duration::from_secs(8),
        }
    }

    /// The calling number.
    pub fn from(mut self, number: &str) -> Self {
        number.clone_into(&mut self.from);
        self
    }

    /// [`ALAW`] or [`ULAW`], the only codec offered.
    pub fn codec(mut self, codec: u8) -> Self {
        self.codec = codec;
        self
    }

    /// Milliseconds in a packet, both ways.
    pub fn ptime(mut self, ms: u32) -> Self {
        self.ptime = ms;
        self
    }

    /// Signalling over TCP; the server's address is that of its TCP port.
    pub fn over_tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// An INVITE without description: the service offers, our ACK answers (RFC 3261 §13.2.1).
    pub fn late_offer(mut self) -> Self {
        self.late_offer = true;
        self
    }

    /// Takes reports (RTCP) on the port after that of the audio.
    pub fn with_reports(mut self) -> Self {
        self.reports = true;
        self
    }

    /// What the line does to our packets.
    pub fn impair(mut self, impairment: Impairment) -> Self {
        self.impairment = impairment;
        self
    }

    /// How long to wait for the answer.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Dials and waits for the answer.
    pub fn call(self) -> Result<Call, DialError> {
        let (media, reports) = if self.reports {
            let (media, socket) = Media::start_pair(self.codec, self.ptime, self.impairment);
            (media, Some(socket))
        } else {
            (Media::start(self.codec, self.ptime, self.impairment), None)
        };
        let leg = Leg::new(&self, media.local());
        let shared =
            Arc::new(Shared { leg, state: Mutex::default(), stop: AtomicBool::new(false) });
        let listening = shared.clone();
        let thread = Some(std::thread::spawn(move || listening.listen()));
        let call = Call { shared, media, reports, thread, codec: self.codec };
        call.invite(self.patience)?;
        Ok(call)
    }
}

/// What stays the same through a call.
struct Leg {
    link: Link,
    server: SocketAddr,
    request_uri: String,
    from: String,
    to: String,
    call_id: String,
    contact: String,
    description: Description,
    late_offer: bool,
    serial: u32,
}

impl Leg {
    fn new(dial: &Dial, rtp: SocketAddr) -> Self {
        let link = if dial.tcp { Link::tcp(dial.server) } else { Link::udp() };
        let local = link.local();
        let transport = if dial.tcp { ";transport=tcp" } else { "" };
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let request_uri = format!("sip:{}@{}", dial.number, dial.server);
        Self {
            server: dial.server,
            from: format!("<sip:{}@{local}>;tag=c{serial}-{}", dial.from, local.port()),
            to: format!("<{request_uri}>"),
            call_id: format!("{serial}-{}-{}@citizen", std::process::id(), local.port()),
            contact: format!("sip:{}@{local}{transport}", dial.from),
            description: Description { rtp, codec: dial.codec, ptime: dial.ptime },
            late_offer: dial.late_offer,
            request_uri,
            link,
            serial,
        }
    }
}

/// What the network told.
#[derive(Default)]
struct State {
    ringing: bool,
    outcome: Option<u16>,
    to: Option<String>,
    target: Option<String>,
    routes: Vec<String>,
    remote_sdp: String,
    answers: Vec<(u32, u16)>,
    ended_at: Option<Instant>,
    next_cseq: u32,
}

struct Shared {
    leg: Leg,
    state: Mutex<State>,
    stop: AtomicBool,
}

impl Shared {
    fn listen(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let Some((bytes, from)) = self.leg.link.receive() else { continue };
            let Some(message) = Message::parse(&bytes) else { continue };
            if message.header("call-id") != Some(self.leg.call_id.as_str()) {
                continue;
            }
            match (message.status(), message.method()) {
                (Some(status), _) => self.response(status, &message),
                (None, Some(method)) => self.request(method, &message, from),
                (None, None) => {}
            }
        }
    }

    fn response(&self, status: u16, message: &Message) {
        let Some((cseq, method)) = message.cseq() else { return };
        let mut state = self.state.lock().unwrap();
        if method != "INVITE" {
            state.answers.push((cseq, status));
        } else if status < 200 {
            state.ringing = true;
        } else {
            state.to = message.header("to").map(str::to_owned);
            if status < 300 {
                state.target = message.header("contact").map(|c| uri_of(c).to_owned());
                // RFC 3261 §12.2: the route of a call never changes, only its target.
                if cseq == 1 {
                    state.routes = message.all("record-route").map(str::to_owned).collect();
                    state.routes.reverse();
                }
                state.remote_sdp.clone_from(&message.body);
            }
            state.outcome = Some(status);
            drop(state);
            // A retransmitted answer gets its ACK again (RFC 3261 §13.2.2.4).
            self.acknowledge(status, cseq);
        }
    }

    fn request(&self, method: &str, message: &Message, from: SocketAddr) {
        if method == "ACK" {
            return;
        }
        let answer = if method == "INVITE" { self.described("sendrecv", 2) } else { String::new() };
        if method == "BYE" {
            self.state.lock().unwrap().ended_at.get_or_insert_with(Instant::now);
        }
        let answer = message.response("200 OK", &self.leg.contact, &answer);
        self.leg.link.send(&answer, from);
    }

    fn acknowledge(&self, status: u16, cseq: u32) {
        // The ACK of a refusal belongs to the INVITE's transaction and keeps its branch
        // (RFC 3261 §17.1.1.3).
        let branch = if status < 300 { format!("ack{cseq}") } else { format!("INVITE{cseq}") };
        let late = self.leg.late_offer && status < 300 && cseq == 1;
        let answer = if late { self.described("sendrecv", 1) } else { String::new() };
        let ack = self.compose("ACK", cseq, &branch, "", &answer);
        self.leg.link.send(&ack, self.leg.server);
    }

    fn described(&self, direction: &str, version: u32) -> String {
        sdp(self.leg.description, direction, version)
    }

    fn compose(&self, method: &str, cseq: u32, branch: &str, extra: &str, body: &str) -> String {
        let state = self.state.lock().unwrap();
        let leg = &self.leg;
        let (local, transport) = (leg.link.local(), leg.link.name());
        let target = state.target.as_deref().unwrap_or(&leg.request_uri);
        let to = state.to.as_deref().unwrap_or(&leg.to);
        let mut text = format!(
            "{method} {target} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {local};branch=z9hG4bK-{}-{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <{}>\r\nUser-Agent: test-citizen\r\n{extra}",
            leg.serial, leg.from, leg.call_id, leg.contact
        );
        state.routes.iter().for_each(|route| text += &format!("Route: {route}\r\n"));
        finish(text, body)
    }

    /// Sends until `done` says so or `limit` is over, doubling the pause from T1.
    fn send_until<T>(
        &self,
        text: &str,
        limit: Duration,
        done: impl Fn(&State) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut pause = T1;
        while Instant::now() < deadline {
            self.leg.link.send(text, self.leg.server);
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(value) = wait_for(pause.min(left), || done(&self.state.lock().unwrap())) {
                return Some(value);
            }
            pause *= 2;
        }
        None
    }
}

/// A call that was answered. Dropping it disappears without a BYE.
pub struct Call {
    shared: Arc<Shared>,
    media: Media,
    reports: Option<UdpSocket>,
    thread: Option<JoinHandle<()>>,
    codec: u8,
}

impl Call {
    fn invite(&self, patience: Duration) -> Result<(), DialError> {
        let deadline = Instant::now() + patience;
        self.shared.state.lock().unwrap().next_cseq = 2;
        let late = self.shared.leg.late_offer;
        let offer = if late { String::new() } else { self.shared.described("sendrecv", 1) };
        let text = self.shared.compose("INVITE", 1, "INVITE1", "", &offer);
        let heard = |s: &State| (s.ringing || s.outcome.is_some()).then_some(());
        self.shared.send_until(&text, patience, heard).ok_or(DialError::Unanswered)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let outcome = wait_for(left, || self.shared.state.lock().unwrap().outcome);
        match outcome {
            None => Err(DialError::Unanswered),
            Some(status) if status >= 300 => Err(DialError::Refused(status)),
            Some(_) => {
                let remote = self.shared.state.lock().unwrap().remote_sdp.clone();
                match media_of(&remote, self.codec) {
                    Some((destination, true)) => self.media.send_to(destination),
                    _ => return Err(DialError::NoAudio),
                }
                Ok(())
            }
        }
    }

    /// Presses keys by RFC 4733 and waits until they are sent.
    pub fn press(&self, keys: &str) {
        keys.chars().for_each(|key| self.media.queue_event(event_code(key)));
        self.flush();
    }

    /// Presses keys as tones in the audio: 80 ms each, 80 ms between.
    pub fn press_tones(&self, keys: &str) {
        for key in keys.chars() {
            self.queue_pcm(&tones(&dtmf_pair(key), 6000.0, 80));
            self.queue_pcm(&[0; 640]);
        }
        self.flush();
    }

    /// Presses keys by SIP INFO (application/dtmf-relay); the status of each answer.
    pub fn press_info(&self, keys: &str) -> Vec<u16> {
        let one = |key: char| {
            let body = format!("Signal={key}\r\nDuration=160\r\n");
            self.request("INFO", "Content-Type: application/dtmf-relay\r\n", &body)
        };
        keys.chars().map(|key| one(key).unwrap_or(0)).collect()
    }

    /// Speaks PCM samples and waits until they are sent; returns the G.711 bytes.
    pub fn speak(&self, samples: &[i16]) -> Vec<u8> {
        let bytes = self.queue_pcm(samples);
        self.flush();
        bytes
    }

    /// Begins to speak PCM samples, behind what is being spoken, and does not wait.
    pub fn go_on_speaking(&self, samples: &[i16]) {
        self.queue_pcm(samples);
    }

    /// Sends G.711 bytes as they are.
    pub fn speak_bytes(&self, bytes: &[u8]) {
        self.media.queue_audio(bytes);
        self.flush();
    }

    /// Sends no packet at all while `muted`.
    pub fn mute(&self, muted: bool) {
        self.media.mute(muted);
    }

    /// Where reports come and go, of a call [`Dial::with_reports`].
    pub fn reports(&self) -> &UdpSocket {
        self.reports.as_ref().expect("the call was dialled with reports")
    }

    /// What was sent up to now.
    pub fn stream(&self) -> Stream {
        self.media.stream()
    }

    /// See [`Media::lateness`].
    pub fn lateness(&self) -> Duration {
        self.media.lateness()
    }

    /// All that was heard up to now.
    pub fn heard(&self) -> Capture {
        self.media.capture()
    }

    /// The samples heard after the first `from` bytes.
    pub fn samples(&self, from: usize) -> Vec<i16> {
        let decode = if self.codec == ULAW { ulaw_decode } else { alaw_decode };
        let audio = self.heard().audio();
        audio.get(from..).unwrap_or_default().iter().map(|byte| decode(*byte)).collect()
    }

    /// The newest `len` samples that were heard; fewer at the beginning.
    pub fn newest(&self, len: usize) -> Vec<i16> {
        let decode = if self.codec == ULAW { ulaw_decode } else { alaw_decode };
        self.media.newest(len).into_iter().map(decode).collect()
    }

    /// A-law bytes as they arrive on this call: on a µ-law line each sample is coded again, and
    /// an idle line stays idle.
    pub fn as_heard(&self, alaw: &[u8]) -> Vec<u8> {
        let again = |byte: &u8| match *byte {
            ALAW_SILENCE => ULAW_SILENCE,
            byte => ulaw_encode(alaw_decode(byte)),
        };
        if self.codec == ULAW { alaw.iter().map(again).collect() } else { alaw.to_vec() }
    }

    /// Waits until `wanted` was heard bit for bit; where it begins in the audio.
    pub fn wait_heard(&self, wanted: &[u8], limit: Duration) -> Option<usize> {
        let deadline = Instant::now() + limit;
        loop {
            let at = super::audio::find(&self.heard().audio(), wanted);
            if at.is_some() || Instant::now() > deadline {
                return at;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether the other side has hung up.
    pub fn ended(&self) -> bool {
        self.shared.state.lock().unwrap().ended_at.is_some()
    }

    /// Waits for the other side to hang up.
    pub fn wait_ended(&self, limit: Duration) -> bool {
        wait_for(limit, || self.ended().then_some(())).is_some()
    }

    /// A re-INVITE whose offer has this direction (`sendonly` is hold); its status, and the
    /// direction of the answer.
    pub fn reinvite(&self, direction: &str) -> (Option<u16>, String) {
        self.shared.state.lock().unwrap().outcome = None;
        let cseq = self.next_cseq();
        let offer = self.shared.described(direction, cseq);
        let text = self.shared.compose("INVITE", cseq, &format!("INVITE{cseq}"), "", &offer);
        let status = self.shared.send_until(&text, Duration::from_secs(4), |s| s.outcome);
        (status, direction_of(&self.remote_sdp()))
    }

    /// The service's description as it was sent last.
    pub fn remote_sdp(&self) -> String {
        self.shared.state.lock().unwrap().remote_sdp.clone()
    }

    /// Where the service takes our audio.
    pub fn remote_media(&self) -> SocketAddr {
        media_of(&self.remote_sdp(), self.codec).expect("the call stands").0
    }

    /// Any other request inside the call; its status.
    pub fn request(&self, method: &str, extra: &str, body: &str) -> Option<u16> {
        let cseq = self.next_cseq();
        let text = self.shared.compose(method, cseq, &format!("{method}{cseq}"), extra, body);
        let answered = |s: &State| {
            s.answers.iter().find(|(n, status)| *n == cseq && *status >= 200).map(|(_, s)| *s)
        };
        self.shared.send_until(&text, Duration::from_secs(4), answered)
    }

    /// Hangs up with BYE; what was heard, and the status of the BYE unless the peer was first.
    pub fn hang_up(self) -> (Capture, Option<u16>) {
        let status = if self.ended() { None } else { self.request("BYE", "", "") };
        (self.heard(), status)
    }

    /// Is gone without a word, as with an empty battery.
    pub fn vanish(self) -> Capture {
        self.heard()
    }

    fn queue_pcm(&self, samples: &[i16]) -> Vec<u8> {
        let encode = if self.codec == ULAW { ulaw_encode } else { alaw_encode };
        let bytes: Vec<u8> = samples.iter().map(|s| encode(*s)).collect();
        self.media.queue_audio(&bytes);
        bytes
    }

    fn flush(&self) {
        self.media.flush(Duration::from_secs(120));
    }

    fn next_cseq(&self) -> u32 {
        let mut state = self.shared.state.lock().unwrap();
        state.next_cseq += 1;
        state.next_cseq - 1
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends a text as SIP MESSAGE `times` times from the same port, each until it is answered, as a
/// phone does whose answers get lost; the statuses.
pub fn text(server: SocketAddr, from: &str, words: &str, times: usize) -> Vec<Option<u16>> {
    let link = Link::udp();
    let local = link.local();
    let token = format!("t{}-{}", SERIAL.fetch_add(1, Ordering::Relaxed), local.port());
    let head = format!(
        "MESSAGE sip:12345@{server} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {local};branch=z9hG4bK-{token};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:{from}@{local}>;tag={token}\r\nTo: <sip:12345@{server}>\r\n\
         Call-ID: {token}@citizen\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain;charset=UTF-8\r\n"
    );
    let request = finish(head, words);
    let once = || {
        (0..TEXT_TRIES).find_map(|_| {
            link.send(&request, server);
            wait_for(T1, || Message::parse(&link.receive()?.0)?.status())
        })
    };
    (0..times).map(|_| once()).collect()
}

fn direction_of(sdp: &str) -> String {
    let known = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let stated = sdp.lines().filter_map(|line| line.strip_prefix("a=")).find(|a| known.contains(a));
    stated.unwrap_or("sendrecv").to_owned()
}

/// RFC 4733 section 3.2, table 3.
fn event_code(key: char) -> u8 {
    let at = "0123456789*#ABCD".find(key).expect("a key of the telephone pad");
    u8::try_from(at).unwrap()
}
