//! The callers' ears and mouths: one thread, one socket per stream, kernel receive times. A stream
//! answers its first packet with A-law noise at 50 packets/s, at a phase of its own.

use crate::probe;
use crate::stats::{Gaps, Track, Verdict, Window};
use nix::cmsg_space;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt::ReceiveTimestampns,
};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::io::IoSliceMut;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// SIPp gives call n the port 20000 + 4 * (n - 1) and starts over after this many.
pub(crate) const STREAMS_MAX: usize = 2_500;
/// The first port.
pub(crate) const FIRST_PORT: u16 = 20_000;
/// From one stream's port to the next.
pub(crate) const PORT_STEP: u16 = 4;
/// Ten slots of 2 ms make the 20 ms of a packet.
const SLOTS: usize = 10;
const SLOT: Duration = Duration::from_millis(2);
/// After a stall longer than this the missed slots are left out instead of sent in a burst.
const CATCH_UP_SLOTS_MAX: u64 = 50;
/// Above SIPp, which is in the same class on the same core.
const PRIORITY: u8 = 15;
/// The beat among the sockets.
const TOKEN_BEAT: u64 = u64::MAX;
/// A stream that hears nothing for this many slots (2 s) is over.
const SILENT_SLOTS_MAX: u64 = 1_000;
const PACKET_LEN: usize = 172;
const EVENTS_MAX: usize = 512;
/// Noise of about -29 dBm0: samples of this size, uniformly spread, before A-law.
const NOISE_PEAK: i16 = 1_800;
const NOISES: usize = 16;

enum Command {
    Judge(Window),
    Report(SyncSender<Verdict>),
    Probe(Vec<[usize; 3]>),
    Delays(SyncSender<Vec<f64>>),
    Stop,
}

/// The handle of the running endpoint; stops when dropped.
pub(crate) struct Endpoint {
    commands: SyncSender<Command>,
    hearing: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Binds `streams` ports of `ip` from [`FIRST_PORT`] on and starts.
    pub(crate) fn start(ip: Ipv4Addr, streams: usize) -> std::io::Result<Self> {
        let (commands, inbox) = sync_channel(8);
        let hearing = Arc::new(AtomicUsize::new(0));
        let mut engine = Engine::bind(ip, streams.min(STREAMS_MAX), hearing.clone())?;
        let thread = Some(std::thread::spawn(move || engine.run(&inbox)));
        Ok(Self { commands, hearing, thread })
    }

    /// How many streams are heard at this moment.
    pub(crate) fn hearing(&self) -> usize {
        self.hearing.load(Ordering::Relaxed)
    }

    /// Judges `seconds` whole seconds from now on; takes a little longer than these.
    pub(crate) fn judge(&self, seconds: usize) -> Verdict {
        let start = crate::clock::unix_ns() / 1_000_000_000 + 1;
        self.send(Command::Judge(Window { start, seconds }));
        let end = Duration::from_secs(start + seconds as u64);
        let now = Duration::from_nanos(crate::clock::unix_ns());
        // Packets of the last second are read within this.
        std::thread::sleep(end.saturating_sub(now) + Duration::from_millis(100));
        let (reply, verdict) = sync_channel(1);
        self.send(Command::Report(reply));
        verdict.recv().expect("the endpoint runs")
    }

    /// The first of each three streams says bursts from now on, the others look for them.
    pub(crate) fn probe(&self, rooms: Vec<[usize; 3]>) {
        self.send(Command::Probe(rooms));
    }

    /// The delays of the bursts heard since it was asked last, in ms.
    pub(crate) fn delays(&self) -> Vec<f64> {
        let (reply, delays) = sync_channel(1);
        self.send(Command::Delays(reply));
        delays.recv().expect("the endpoint runs")
    }

    fn send(&self, command: Command) {
        self.commands.send(command).expect("the endpoint runs");
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Stream {
    socket: UdpSocket,
    peer: Option<SocketAddrV4>,
    slot: usize,
    silent_slots: u64,
    packet: [u8; PACKET_LEN],
    seq: u16,
    timestamp: u32,
    track: Track,
    /// Who hears the bursts of this stream.
    listeners: Option<[usize; 2]>,
    /// When the burst began that is not heard yet.
    burst_ns: Option<u64>,
}

struct Engine {
    streams: Vec<Stream>,
    epoll: Epoll,
    noises: Vec<[u8; 160]>,
    burst: [u8; 160],
    delays: Vec<f64>,
    window: Option<Window>,
    gaps: Gaps,
    hearing: Arc<AtomicUsize>,
}

impl Engine {
    fn bind(ip: Ipv4Addr, streams: usize, hearing: Arc<AtomicUsize>) -> std::io::Result<Self> {
        let mut rng = StdRng::seed_from_u64(1);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut list = Vec::with_capacity(streams);
        for n in 0..streams {
            let port = FIRST_PORT + PORT_STEP * u16::try_from(n).expect("few streams");
            let socket = UdpSocket::bind((ip, port))?;
            socket.set_nonblocking(true)?;
            setsockopt(&socket, ReceiveTimestampns, &true)?;
            epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, n as u64))?;
            list.push(Stream::new(socket, &mut rng));
        }
        let mut noise = || {
            let mut sample = || crate::alaw(rng.random_range(-NOISE_PEAK..=NOISE_PEAK));
            std::array::from_fn(|_| sample())
        };
        let noises = (0..NOISES).map(|_| noise()).collect();
        Ok(Self {
            streams: list,
            epoll,
            noises,
            burst: probe::burst(),
            delays: Vec::new(),
            window: None,
            gaps: Gaps::new(),
            hearing,
        })
    }

    fn run(&mut self, inbox: &Receiver<Command>) {
        crate::clock::realtime(PRIORITY, true);
        let beat = beat(&self.epoll).expect("the kernel has timers");
        let mut slot = 0;
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let ready = self.epoll.wait(&mut events, EpollTimeout::NONE).unwrap_or(0);
            let mut beats = 0;
            for event in &events[..ready] {
                if event.data() == TOKEN_BEAT {
                    beats = beats_since(&beat);
                }
                let at = usize::try_from(event.data()).unwrap_or(usize::MAX);
                if let Some(stream) = self.streams.get_mut(at) {
                    let delay = stream.receive(self.window, &mut self.gaps);
                    self.delays.extend(delay);
                }
            }
            if beats > 0 && !self.obey(inbox) {
                return;
            }
            for _ in 0..beats.min(CATCH_UP_SLOTS_MAX) {
                self.send_slot(slot);
                slot = (slot + 1) % SLOTS;
            }
        }
    }

    /// Carries out what was asked; false when it is time to stop.
    fn obey(&mut self, inbox: &Receiver<Command>) -> bool {
        while let Ok(command) = inbox.try_recv() {
            match command {
                Command::Stop => return false,
                Command::Judge(window) => {
                    self.streams.iter_mut().for_each(|s| s.track.clear());
                    (self.window, self.gaps) = (Some(window), Gaps::new());
                }
                Command::Probe(rooms) => self.probe(&rooms),
                Command::Delays(reply) => drop(reply.send(std::mem::take(&mut self.delays))),
                Command::Report(reply) => {
                    let _ = reply.send(self.verdict());
                    self.window = None;
                }
            }
        }
        true
    }

    fn verdict(&self) -> Verdict {
        let (mut good, mut total, mut lost, mut packets, mut streams) = (0, 0, 0, 0, 0);
        let Some(window) = self.window else {
            return Verdict { streams, good, total, lost, packets, gaps: Gaps::new() };
        };
        for stream in self.streams.iter().filter(|s| s.peer.is_some()) {
            let (g, l, p) = stream.track.judge(window);
            (good, lost, packets) = (good + g, lost + l, packets + p);
            (streams, total) = (streams + 1, total + window.seconds);
        }
        Verdict { streams, good, total, lost, packets, gaps: self.gaps.clone() }
    }

    fn probe(&mut self, rooms: &[[usize; 3]]) {
        for [speaker, listeners @ ..] in rooms {
            self.streams[*speaker].listeners = Some(*listeners);
        }
    }

    fn send_slot(&mut self, slot: usize) {
        let mut hearing = 0;
        let mut bursts = Vec::new();
        for stream in &mut self.streams {
            if stream.peer.is_none() {
                continue;
            }
            stream.silent_slots += 1;
            if stream.silent_slots > SILENT_SLOTS_MAX {
                stream.peer = None;
                continue;
            }
            hearing += 1;
            if stream.slot == slot {
                let noise = &self.noises[usize::from(stream.seq) % NOISES];
                match stream.listeners.zip(probe::place_in_burst(stream.seq)) {
                    Some((listeners, place)) => {
                        if place == 0 {
                            bursts.extend(listeners.map(|at| (at, crate::clock::unix_ns())));
                        }
                        stream.send(&self.burst);
                    }
                    None => stream.send(noise),
                }
            }
        }
        bursts.into_iter().for_each(|(at, ns)| self.streams[at].burst_ns = Some(ns));
        self.hearing.store(hearing, Ordering::Relaxed);
    }
}

/// A timer of one slot.
fn beat(epoll: &Epoll) -> nix::Result<TimerFd> {
    let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
    let beat = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
    beat.set(Expiration::Interval(SLOT.into()), TimerSetTimeFlags::empty())?;
    epoll.add(&beat, EpollEvent::new(EpollFlags::EPOLLIN, TOKEN_BEAT))?;
    Ok(beat)
}

/// How many slots have passed since it was read last.
fn beats_since(beat: &TimerFd) -> u64 {
    let mut count = [0; 8];
    let read = nix::unistd::read(beat, &mut count);
    read.map_or(0, |_| u64::from_ne_bytes(count))
}

impl Stream {
    fn new(socket: UdpSocket, rng: &mut StdRng) -> Self {
        let mut packet = [0; PACKET_LEN];
        packet[0] = 0x80;
        packet[1] = 8;
        packet[8..12].copy_from_slice(&rng.random::<[u8; 4]>());
        Self {
            socket,
            peer: None,
            slot: rng.random_range(0..SLOTS),
            silent_slots: 0,
            packet,
            seq: rng.random(),
            timestamp: rng.random(),
            track: Track::default(),
            listeners: None,
            burst_ns: None,
        }
    }

    fn send(&mut self, noise: &[u8; 160]) {
        let Some(peer) = self.peer else { return };
        self.packet[2..4].copy_from_slice(&self.seq.to_be_bytes());
        self.packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        self.packet[12..].copy_from_slice(noise);
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
        let _ = self.socket.send_to(&self.packet, peer);
    }

    /// Reads a packet; the delay in ms of the burst that begins in it.
    fn receive(&mut self, window: Option<Window>, gaps: &mut Gaps) -> Option<f64> {
        let mut buffer = [0u8; 256];
        let (len, at_ns, from) = receive_stamped(&self.socket, &mut buffer)?;
        // Version 2 and a whole header: anything else is no RTP.
        if len < 12 || buffer[0] >> 6 != 2 {
            return None;
        }
        self.silent_slots = 0;
        self.peer = from;
        let seq = u16::from_be_bytes([buffer[2], buffer[3]]);
        self.track.packet(at_ns, seq, window, gaps);
        let began_ns = self.burst_ns?;
        let onset_ns = at_ns + probe::onset_ns(&buffer[12..len])?;
        self.burst_ns = None;
        Some(onset_ns.saturating_sub(began_ns) as f64 / 1e6)
    }
}

/// One datagram with the time at which the kernel got it, in ns since 1970.
pub(crate) fn receive_stamped(
    socket: &UdpSocket,
    buffer: &mut [u8],
) -> Option<(usize, u64, Option<SocketAddrV4>)> {
    let mut control = cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(buffer)];
    let fd = socket.as_raw_fd();
    let message =
        recvmsg::<SockaddrIn>(fd, &mut parts, Some(&mut control), MsgFlags::empty()).ok()?;
    let stamp = message.cmsgs().ok()?.find_map(|m| match m {
        ControlMessageOwned::ScmTimestampns(t) => Some(t),
        _ => None,
    })?;
    let at_ns = u64::try_from(stamp.tv_sec()).ok()? * 1_000_000_000;
    let at_ns = at_ns + u64::try_from(stamp.tv_nsec()).ok()?;
    let from = message.address.map(SocketAddrV4::from);
    Some((message.bytes, at_ns, from))
}
