//! The citizen's audio: one thread sends a packet each 20 ms (or 10 to 60), another keeps all that comes.

use super::audio::{ALAW_SILENCE, FRAME, ULAW_SILENCE};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Payload type of telephone-event in the citizen's offer.
pub const EVENT_TYPE: u8 = 101;
const SAMPLES_PER_MS: usize = 8;
const HEADER_LEN: usize = 12;
/// Real-time priority of the sending thread, where the system gives it: what is judged is the
/// service, not how late this process was.
const PRIORITY: u8 = 15;
const RECEIVE_WAIT: Duration = Duration::from_millis(20);
/// So many packets may be out of order at the end of what was heard.
const DISORDER_MAX: usize = 8;

/// What happens to the packets on their way, the same for the same seed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Impairment {
    /// Fixes which packets are hit.
    pub seed: u64,
    /// Share that is lost, 0 to 1.
    pub loss: f64,
    /// Share that is sent twice, 0 to 1.
    pub duplicate: f64,
    /// Each packet waits between nothing and this long; past 20 ms the order changes.
    pub jitter: Duration,
}

/// A received packet.
#[derive(Debug, Clone)]
pub struct Heard {
    /// When it was read from the socket.
    pub at: Instant,
    /// RTP sequence number.
    pub seq: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// RTP payload type.
    pub payload_type: u8,
    /// Its source.
    pub ssrc: u32,
    /// Who sent it.
    pub from: SocketAddr,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Everything one call received.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// In order of arrival.
    pub packets: Vec<Heard>,
}

impl Capture {
    /// The audio bytes in order of sequence, each packet once; a lost one leaves no hole. A call
    /// of less than 10 minutes uses less than half of the sequence numbers, so they order it.
    pub fn audio(&self) -> Vec<u8> {
        let Some(first) = self.packets.first() else { return Vec::new() };
        let mut ordered: Vec<_> = self
            .packets
            .iter()
            .filter(|p| p.payload_type != EVENT_TYPE)
            .map(|p| (p.seq.wrapping_sub(first.seq).cast_signed(), &p.payload))
            .collect();
        ordered.sort_by_key(|(offset, _)| *offset);
        ordered.dedup_by_key(|(offset, _)| *offset);
        ordered.into_iter().flat_map(|(_, payload)| payload.iter().copied()).collect()
    }

    /// When the byte at `offset` of [`Self::audio`] arrived.
    pub fn arrival(&self, offset: usize) -> Option<Instant> {
        let first = self.packets.first()?.seq;
        let mut ordered: Vec<_> = self
            .packets
            .iter()
            .filter(|p| p.payload_type != EVENT_TYPE)
            .map(|p| (p.seq.wrapping_sub(first).cast_signed(), p.payload.len(), p.at))
            .collect();
        ordered.sort_by_key(|(offset, _, at)| (*offset, *at));
        ordered.dedup_by_key(|(offset, _, _)| *offset);
        let mut passed = 0;
        ordered.into_iter().find_map(|(_, len, at)| {
            passed += len;
            (passed > offset).then_some(at)
        })
    }

    /// Milliseconds between one packet and the next, in order of arrival.
    pub fn gaps_ms(&self) -> Vec<f64> {
        let gap = |pair: &[Heard]| (pair[1].at - pair[0].at).as_secs_f64() * 1000.0;
        self.packets.windows(2).map(gap).collect()
    }

    /// Sequence numbers that never came, between the first and the last.
    pub fn lost(&self) -> usize {
        let mut seen: Vec<u16> = self.packets.iter().map(|p| p.seq).collect();
        let Some(first) = seen.first().copied() else { return 0 };
        seen.iter_mut().for_each(|seq| *seq = seq.wrapping_sub(first));
        seen.sort_unstable();
        seen.dedup();
        usize::from(seen.last().copied().unwrap_or(0)) + 1 - seen.len()
    }
}

/// What one call has sent.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Its source.
    pub ssrc: u32,
    /// Packets that left; one that is sent twice counts once.
    pub sent: u32,
    /// Packets that the line lost.
    pub lost: u32,
}

/// One frame to send.
enum Frame {
    Audio(Vec<u8>),
    /// RFC 4733 section 2.3; `elapsed` in samples, the same start for all packets of one key.
    Event {
        code: u8,
        end: bool,
        elapsed: u16,
    },
}

struct Shared {
    socket: UdpSocket,
    codec: u8,
    /// Samples, and bytes, in a packet.
    frame: usize,
    stop: AtomicBool,
    muted: AtomicBool,
    destination: Mutex<Option<SocketAddr>>,
    queue: Mutex<VecDeque<Frame>>,
    drained: Condvar,
    heard: Mutex<Vec<Heard>>,
    ssrc: AtomicU32,
    sent: AtomicU32,
    lost: AtomicU32,
    /// The most that a packet left behind its time, in µs.
    late_us: AtomicU64,
}

/// The running audio of a call; stops when dropped.
pub struct Media {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Media {
    /// Binds a port of 127.0.0.1 and starts to listen; nothing is sent before `send_to`.
    /// Each packet holds `ptime` milliseconds.
    pub fn start(codec: u8, ptime: u32, impairment: Impairment) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
        Self::on(socket, codec, ptime, impairment)
    }

    /// The same on an even port, with a socket on the next one for reports (RFC 3550 §11).
    pub fn start_pair(codec: u8, ptime: u32, impairment: Impairment) -> (Self, UdpSocket) {
        let pair = std::iter::repeat_with(|| UdpSocket::bind("127.0.0.1:0")).take(1_000);
        let (rtp, rtcp) = pair
            .flatten()
            .find_map(|rtp| {
                let port = rtp.local_addr().ok()?.port();
                let even = port.is_multiple_of(2);
                let rtcp = even.then(|| UdpSocket::bind(("127.0.0.1", port + 1)).ok())??;
                Some((rtp, rtcp))
            })
            .expect("two neighbouring ports are free");
        (Self::on(rtp, codec, ptime, impairment), rtcp)
    }

    fn on(socket: UdpSocket, codec: u8, ptime: u32, impairment: Impairment) -> Self {
        socket.set_read_timeout(Some(RECEIVE_WAIT)).expect("a timeout can be set");
        let shared = Arc::new(Shared {
            socket,
            codec,
            frame: ptime as usize * SAMPLES_PER_MS,
            stop: AtomicBool::new(false),
            muted: AtomicBool::new(false),
            destination: Mutex::new(None),
            queue: Mutex::new(VecDeque::new()),
            drained: Condvar::new(),
            heard: Mutex::new(Vec::new()),
            ssrc: AtomicU32::new(0),
            sent: AtomicU32::new(0),
            lost: AtomicU32::new(0),
            late_us: AtomicU64::new(0),
        });
        let (sending, receiving) = (shared.clone(), shared.clone());
        let threads = vec![
            std::thread::spawn(move || Sender::new(&sending, impairment).run()),
            std::thread::spawn(move || receive(&receiving)),
        ];
        Self { shared, threads }
    }

    /// Our address for SDP.
    pub fn local(&self) -> SocketAddr {
        self.shared.socket.local_addr().expect("a bound socket has an address")
    }

    /// Starts sending, or sends elsewhere.
    pub fn send_to(&self, destination: SocketAddr) {
        *self.shared.destination.lock().unwrap() = Some(destination);
    }

    /// Sends nothing at all, not even silence, while `muted`.
    pub fn mute(&self, muted: bool) {
        self.shared.muted.store(muted, Ordering::Relaxed);
    }

    /// Queues G.711 bytes; a short last frame is filled with silence.
    pub fn queue_audio(&self, bytes: &[u8]) {
        let mut queue = self.shared.queue.lock().unwrap();
        for chunk in bytes.chunks(self.shared.frame) {
            let mut frame = chunk.to_vec();
            frame.resize(self.shared.frame, silence(self.shared.codec));
            queue.push_back(Frame::Audio(frame));
        }
    }

    /// Queues one key by RFC 4733, five packets long, its end packet three times, then 60 ms of
    /// silence.
    pub fn queue_event(&self, code: u8) {
        let mut queue = self.shared.queue.lock().unwrap();
        let frame = u16::try_from(self.shared.frame).expect("a packet is short");
        let elapsed = |frames: u16| frames * frame;
        (1..=4).for_each(|n| {
            queue.push_back(Frame::Event { code, end: false, elapsed: elapsed(n) });
        });
        // RFC 4733 §2.5.1.4: the final packet SHOULD be sent three times.
        (0..3).for_each(|_| {
            queue.push_back(Frame::Event { code, end: true, elapsed: elapsed(5) });
        });
        drop(queue);
        self.queue_audio(&vec![silence(self.shared.codec); 3 * FRAME]);
    }

    /// Waits until all that was queued is sent.
    pub fn flush(&self, limit: Duration) {
        let queue = self.shared.queue.lock().unwrap();
        let result = self.shared.drained.wait_timeout_while(queue, limit, |q| !q.is_empty());
        assert!(result.unwrap().0.is_empty(), "queued audio was not sent within {limit:?}");
    }

    /// What was sent up to now.
    pub fn stream(&self) -> Stream {
        let of = |count: &AtomicU32| count.load(Ordering::Relaxed);
        let Shared { ssrc, sent, lost, .. } = &*self.shared;
        Stream { ssrc: of(ssrc), sent: of(sent), lost: of(lost) }
    }

    /// How far behind its time a packet left since this was asked last, at most.
    pub fn lateness(&self) -> Duration {
        Duration::from_micros(self.shared.late_us.swap(0, Ordering::Relaxed))
    }

    /// All that was received up to now.
    pub fn capture(&self) -> Capture {
        Capture { packets: self.shared.heard.lock().unwrap().clone() }
    }

    /// The newest `len` bytes of audio that were received; fewer at the beginning.
    pub fn newest(&self, len: usize) -> Vec<u8> {
        let heard = self.shared.heard.lock().unwrap();
        let packets = len.div_ceil(self.shared.frame) + DISORDER_MAX;
        let packets = heard[heard.len().saturating_sub(packets)..].to_vec();
        drop(heard);
        let audio = Capture { packets }.audio();
        audio[audio.len().saturating_sub(len)..].to_vec()
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| {
            let _ = thread.join();
        });
    }
}

struct Sender<'a> {
    shared: &'a Shared,
    impairment: Impairment,
    rng: StdRng,
    seq: u16,
    timestamp: u32,
    ssrc: u32,
    event_start: Option<u32>,
    delayed: Vec<(Instant, Vec<u8>)>,
}

impl<'a> Sender<'a> {
    fn new(shared: &'a Shared, impairment: Impairment) -> Self {
        let mut rng = StdRng::seed_from_u64(impairment.seed);
        let (seq, timestamp, ssrc) = (rng.random(), rng.random(), rng.random());
        shared.ssrc.store(ssrc, Ordering::Relaxed);
        Self { shared, impairment, rng, seq, timestamp, ssrc, event_start: None, delayed: vec![] }
    }

    fn run(mut self) {
        // Refused without the right; then the ordinary class has to do.
        let _ = set_thread_priority_and_policy(
            thread_native_id(),
            ThreadPriority::Crossplatform(PRIORITY.try_into().expect("below 100")),
            ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
        );
        let frame_time = Duration::from_millis((self.shared.frame / SAMPLES_PER_MS) as u64);
        let mut next = Instant::now();
        while !self.shared.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            if now >= next {
                let late = u64::try_from((now - next).as_micros()).unwrap_or(u64::MAX);
                self.shared.late_us.fetch_max(late, Ordering::Relaxed);
                self.tick(now);
                next += frame_time;
            }
            self.send_due(now);
            let wake = self.delayed.iter().map(|(due, _)| *due).chain([next]).min();
            let pause = wake.unwrap_or(next).saturating_duration_since(Instant::now());
            std::thread::sleep(pause);
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.shared.destination.lock().unwrap().is_none() {
            return;
        }
        let frame = self.shared.queue.lock().unwrap().pop_front();
        let packet = match frame {
            Some(Frame::Event { code, end, elapsed }) => self.event(code, end, elapsed),
            Some(Frame::Audio(bytes)) => self.audio(&bytes),
            None => self.audio(&vec![silence(self.shared.codec); self.shared.frame]),
        };
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(self.frame_samples());
        if !self.shared.muted.load(Ordering::Relaxed) {
            self.impair(now, packet);
        }
        if self.shared.queue.lock().unwrap().is_empty() {
            self.shared.drained.notify_all();
        }
    }

    fn frame_samples(&self) -> u32 {
        u32::try_from(self.shared.frame).expect("a packet is short")
    }

    fn audio(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.event_start = None;
        self.packet(self.shared.codec, false, self.timestamp, bytes)
    }

    fn event(&mut self, code: u8, end: bool, elapsed: u16) -> Vec<u8> {
        let marker = self.event_start.is_none();
        let start = *self.event_start.get_or_insert(self.timestamp);
        let [high, low] = elapsed.to_be_bytes();
        // Volume -10 dBm0, as handsets send it.
        let payload = [code, if end { 0x8A } else { 0x0A }, high, low];
        self.packet(EVENT_TYPE, marker, start, &payload)
    }

    fn packet(&self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, payload_type | if marker { 0x80 } else { 0 }];
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    fn impair(&mut self, now: Instant, packet: Vec<u8>) {
        if self.rng.random_bool(self.impairment.loss) {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let copies = if self.rng.random_bool(self.impairment.duplicate) { 2 } else { 1 };
        for _ in 0..copies {
            let wait = self.impairment.jitter.mul_f64(self.rng.random());
            self.delayed.push((now + wait, packet.clone()));
        }
    }

    fn send_due(&mut self, now: Instant) {
        let Some(destination) = *self.shared.destination.lock().unwrap() else { return };
        self.delayed.sort_by_key(|(due, _)| *due);
        let due = self.delayed.partition_point(|(due, _)| *due <= now);
        for (_, packet) in self.delayed.drain(..due) {
            // A peer that is gone answers with ICMP; the call learns that elsewhere.
            let _ = self.shared.socket.send_to(&packet, destination);
        }
    }
}

fn receive(shared: &Shared) {
    let mut buffer = [0u8; 2048];
    while !shared.stop.load(Ordering::Relaxed) {
        let Ok((len, from)) = shared.socket.recv_from(&mut buffer) else { continue };
        let at = Instant::now();
        if let Some(heard) = parse(&buffer[..len], at, from) {
            shared.heard.lock().unwrap().push(heard);
        }
    }
}

/// RFC 3550 section 5.1; padding and extensions do not occur here and are refused.
fn parse(bytes: &[u8], at: Instant, from: SocketAddr) -> Option<Heard> {
    let header = bytes.first_chunk::<HEADER_LEN>()?;
    if header[0] != 0x80 {
        return None;
    }
    Some(Heard {
        at,
        from,
        seq: u16::from_be_bytes([header[2], header[3]]),
        timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        payload_type: header[1] & 0x7F,
        ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        payload: bytes[HEADER_LEN..].to_vec(),
    })
}

/// The quiet byte of a codec.
pub fn silence(codec: u8) -> u8 {
    if codec == 0 { ULAW_SILENCE } else { ALAW_SILENCE }
}
