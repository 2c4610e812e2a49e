//! One media thread: packets in by epoll, packets out on a 2 ms beat, commands by a bounded queue.

use super::disk::DiskQueue;
use super::ports::SocketPair;
use super::recording::{Recordings, track};
use super::wheel::{SLOTS, Wheel};
use super::{Closed, LegReport, MediaCommand, MediaReport};
use crate::domain::call::RecordId;
use crate::gateway::clock::Clock;
use crate::media::leg::{MediaEvent, MediaLeg, PACKET_MAX};
use crate::units::LegId;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// The beat: ten slots of a 20 ms frame.
const BEAT: Duration = Duration::from_millis(2);
/// After a stall longer than this the missed frames are skipped instead of sent in a burst.
const CATCH_UP_MAX: Duration = Duration::from_millis(200);
/// Packets taken from one socket before the others have their turn.
const PACKETS_PER_TURN_MAX: usize = 16;
/// Largest datagram looked at; a longer one is cut and then refused by its parser.
const DATAGRAM_MAX: usize = 2048;
/// Events taken from one epoll call.
const EVENTS_MAX: usize = 256;

const TOKEN_INBOX: u64 = u64::MAX;
const TOKEN_BEAT: u64 = u64::MAX - 1;

/// What arrives at a thread.
pub(super) enum Command {
    /// A new leg with its sockets, and its group.
    Open(LegId, SocketPair, u64),
    /// Something for a leg.
    Leg(LegId, MediaCommand),
    /// The end of a leg.
    Close(LegId),
    /// The end of the thread.
    Quit,
}

/// The bounded way into a thread, with the descriptor that wakes it.
///
/// The line's task hands over, the media thread only ever tries the lock: it may have preempted the
/// line on the same core, and a real-time thread that waits for a preempted one waits for ever.
/// Every hand-over is followed by a wake-up, so what it could not take then it takes next.
pub(super) struct Inbox {
    queue: Mutex<VecDeque<Command>>,
    commands_max: usize,
    wake: OwnedFd,
}

impl Inbox {
    pub(super) fn new(commands_max: usize) -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self { queue: Mutex::new(VecDeque::with_capacity(commands_max)), commands_max, wake })
    }

    /// Hands a command over; `false` when the thread has fallen behind. [`Self::wake`] follows.
    pub(super) fn offer(&self, command: Command) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let room = queue.len() < self.commands_max;
        if room {
            queue.push_back(command);
        }
        room
    }

    /// Hands over what must not be lost: one more for each leg at most. [`Self::wake`] follows.
    pub(super) fn insist(&self, command: Command) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(command);
    }

    /// Wakes the thread for everything that was handed over.
    pub(super) fn wake(&self) {
        // A full counter means that the thread is being woken anyway.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Exchanges what waits for an empty list; nothing while the line holds the lock.
    fn take(&self, empty: &mut VecDeque<Command>) {
        match self.queue.try_lock() {
            Ok(mut queue) => std::mem::swap(&mut *queue, empty),
            Err(TryLockError::Poisoned(queue)) => std::mem::swap(&mut *queue.into_inner(), empty),
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

/// One leg on its thread.
struct Leg {
    id: LegId,
    sockets: SocketPair,
    media: Option<MediaLeg>,
    recordings: Recordings,
}

/// The state of one thread.
pub(super) struct MediaThread {
    inbox: std::sync::Arc<Inbox>,
    clock: Clock,
    reports: Sender<LegReport>,
    disk: DiskQueue,
    /// Reports that the line had no room for; a leg has two of them at most.
    unsent: VecDeque<LegReport>,
    epoll: OwnedFd,
    beat: OwnedFd,
    /// What was taken out of the inbox last; its room is given back with the next exchange.
    taken: VecDeque<Command>,
    /// Boxed, so that a growing list moves pointers and not legs.
    legs: Vec<Option<Box<Leg>>>,
    free: Vec<usize>,
    index: HashMap<LegId, usize>,
    wheel: Wheel,
    started: Instant,
    /// The beat that has been served last, counted from `started`.
    served: u64,
}

impl MediaThread {
    pub(super) fn new(
        inbox: std::sync::Arc<Inbox>,
        clock: Clock,
        reports: Sender<LegReport>,
        disk: DiskQueue,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let beat = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        let interval = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
        let every = Itimerspec { it_interval: interval, it_value: interval };
        timerfd_settime(&beat, TimerfdTimerFlags::empty(), &every)?;
        for (fd, token) in [(&inbox.wake, TOKEN_INBOX), (&beat, TOKEN_BEAT)] {
            let data = epoll::EventData::new_u64(token);
            epoll::add(&epoll, fd, data, epoll::EventFlags::IN)?;
        }
        let started = (clock.monotonic)();
        let taken = VecDeque::with_capacity(inbox.commands_max);
        Ok(Self {
            inbox,
            clock,
            reports,
            disk,
            unsent: VecDeque::new(),
            epoll,
            beat,
            taken,
            legs: Vec::new(),
            free: Vec::new(),
            index: HashMap::new(),
            wheel: Wheel::default(),
            started,
            served: 0,
        })
    }

    /// Serves legs until `Quit`.
    pub(super) fn run(mut self, realtime_priority: Option<u8>) {
        ask_for_realtime(realtime_priority);
        let mut events = Vec::with_capacity(EVENTS_MAX);
        loop {
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::error!(%error, "epoll failed");
                    return;
                }
            }
            let mut going_on = true;
            for event in &events {
                match event.data.u64() {
                    TOKEN_INBOX => {
                        drain(&self.inbox.wake);
                        going_on = self.commands();
                    }
                    TOKEN_BEAT => drain(&self.beat),
                    token => self.receive(token),
                }
            }
            if !going_on {
                break;
            }
            self.beats();
            self.send_reports();
        }
        for leg in self.legs.iter_mut().flatten() {
            leg.recordings.close_all(leg.id, &self.disk);
        }
    }

    /// Carries out what waits in the inbox; `false` at the end.
    fn commands(&mut self) -> bool {
        self.inbox.take(&mut self.taken);
        while let Some(command) = self.taken.pop_front() {
            match command {
                Command::Open(leg, sockets, _) => self.open(leg, sockets),
                Command::Leg(leg, command) => {
                    if let Some(&at) = self.index.get(&leg) {
                        self.command(at, command);
                    }
                }
                Command::Close(leg) => self.close(leg),
                Command::Quit => return false,
            }
        }
        true
    }

    fn open(&mut self, id: LegId, sockets: SocketPair) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        for (fd, low_bit) in [(&sockets.rtp, 0), (&sockets.rtcp, 1)] {
            let data = epoll::EventData::new_u64((at as u64) << 1 | low_bit);
            if let Err(error) = epoll::add(&self.epoll, fd, data, epoll::EventFlags::IN) {
                tracing::error!(%error, %id, "a media socket cannot be watched");
            }
        }
        let leg = Leg { id, sockets, media: None, recordings: Recordings::default() };
        self.legs[at] = Some(Box::new(leg));
        self.index.insert(id, at);
    }

    fn close(&mut self, id: LegId) {
        let Some(at) = self.index.remove(&id) else { return };
        self.wheel.remove(at);
        if let Some(mut leg) = self.legs[at].take() {
            leg.recordings.close_all(id, &self.disk);
            let closed = leg.media.as_mut().map(|media| self.goodbye(media, &leg.sockets));
            let closed = closed.unwrap_or_default();
            self.report(id, MediaReport::Closed(Box::new(closed)));
        }
        self.free.push(at);
    }

    /// The last report to the peer and to the line.
    fn goodbye(&self, media: &mut MediaLeg, sockets: &SocketPair) -> Closed {
        let now = self.clock.now();
        let mut packet = [0; PACKET_MAX];
        if let Some((n, to)) = media.goodbye(now.monotonic, ntp(now.wall), &mut packet) {
            send(&sockets.rtcp, &packet[..n], to);
        }
        Closed { peer: media.destination(), statistics: media.statistics() }
    }

    fn command(&mut self, at: usize, command: MediaCommand) {
        let now = (self.clock.monotonic)();
        let Some(leg) = self.legs[at].as_mut() else { return };
        if let MediaCommand::Start(setup) = command {
            leg.media = Some(MediaLeg::new(*setup, now));
            let slot = self.wheel.emptiest();
            return self.wheel.place(at, slot);
        }
        let Some(media) = leg.media.as_mut() else { return };
        match command {
            MediaCommand::Start(_)
            | MediaCommand::Hear(_)
            | MediaCommand::AddTrack { .. }
            | MediaCommand::Secret(_) => {}
            MediaCommand::Change(agreed) => media.update(agreed, now),
            MediaCommand::Play { play, list, .. } => {
                // The first packet leaves now and not at the leg's slot; its machine keeps the pace.
                media.play(play, list);
                send_all(media, &leg.sockets);
            }
            MediaCommand::StopPlay => media.stop_play(),
            MediaCommand::Record { record, kind, file, samples_max } => {
                let id = leg.id;
                let opened = leg.recordings.open(id, record, kind, file, &self.disk);
                if !opened || !media.record(record.0, track(kind), samples_max) {
                    self.report(id, MediaReport::RecordFailed(record));
                }
            }
            MediaCommand::StopRecord(record) => media.stop_record(record.0),
            MediaCommand::DiscardRecord(record) => {
                leg.recordings.discard(record);
                media.stop_record(record.0);
            }
            MediaCommand::InfoDigit(digit) => media.info(now, digit),
        }
        self.poll(at);
    }

    fn receive(&mut self, token: u64) {
        let (at, is_rtcp) = (usize::try_from(token >> 1).unwrap_or(usize::MAX), token & 1 == 1);
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let now = (self.clock.monotonic)();
        let mut datagram = [0; DATAGRAM_MAX];
        for _ in 0..PACKETS_PER_TURN_MAX {
            let socket = if is_rtcp { &leg.sockets.rtcp } else { &leg.sockets.rtp };
            let Ok((n, from)) = socket.recv_from(&mut datagram) else { break };
            let Some(media) = leg.media.as_mut() else { continue };
            if is_rtcp {
                media.receive_rtcp(now, from, ntp((self.clock.wall)()), &datagram[..n]);
            } else {
                media.receive(now, from, &datagram[..n]);
                break; // level-triggered: one packet a turn saves the call that finds it empty
            }
        }
        self.poll(at);
    }

    /// Serves every slot whose beat has come.
    fn beats(&mut self) {
        let now = (self.clock.monotonic)();
        let due = now.saturating_duration_since(self.started).as_micros() / BEAT.as_micros();
        let due = u64::try_from(due).unwrap_or(u64::MAX);
        let behind_max = u64::try_from(CATCH_UP_MAX.as_micros() / BEAT.as_micros()).unwrap_or(100);
        self.served = self.served.max(due.saturating_sub(behind_max));
        while self.served < due {
            self.served += 1;
            let slot = usize::try_from(self.served % SLOTS as u64).unwrap_or(0);
            for position in (0..self.wheel.len(slot)).rev() {
                if let Some(at) = self.wheel.get(slot, position) {
                    self.tick(at, now);
                }
            }
        }
    }

    fn tick(&mut self, at: usize, now: Instant) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let Some(media) = leg.media.as_mut() else { return };
        media.tick(now);
        send_all(media, &leg.sockets);
        if media.rtcp_due(now) {
            let mut packet = [0; PACKET_MAX];
            if let Some((n, to)) = media.rtcp(now, ntp((self.clock.wall)()), &mut packet) {
                send(&leg.sockets.rtcp, &packet[..n], to);
            }
        }
        self.poll(at);
    }

    /// Passes on what the leg's machine has to say.
    fn poll(&mut self, at: usize) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let Some(media) = leg.media.as_mut() else { return };
        while let Some(frame) = media.poll_frame() {
            leg.recordings.push(leg.id, &frame, &self.disk);
        }
        if !media.has_event() {
            return;
        }
        // What the line does not take now stays in the leg and goes out with a later tick.
        while let Ok(place) = self.reports.try_reserve() {
            let report = match media.poll_event() {
                Some(MediaEvent::Digit(digit)) => MediaReport::Digit(digit),
                Some(MediaEvent::PlayDone(play)) => MediaReport::PlayDone(play),
                Some(MediaEvent::Lost) => MediaReport::Lost,
                Some(MediaEvent::FirstPacket) => continue,
                Some(MediaEvent::RecordClosed(record)) => {
                    let failed = leg.recordings.close(leg.id, RecordId(record), &self.disk);
                    let Some(report) = failed else { continue };
                    report
                }
                None => break,
            };
            place.send((leg.id, report));
        }
    }

    /// Passes on what must not be lost. It may wait here but not in the thread: the line could at
    /// the same moment be waiting for room in our inbox.
    fn report(&mut self, leg: LegId, report: MediaReport) {
        self.unsent.push_back((leg, report));
        self.send_reports();
    }

    fn send_reports(&mut self) {
        while !self.unsent.is_empty() {
            let Ok(place) = self.reports.try_reserve() else { return };
            if let Some(report) = self.unsent.pop_front() {
                place.send(report);
            }
        }
    }
}

/// Empties an eventfd or timerfd.
fn drain(fd: &OwnedFd) {
    let _ = rustix::io::read(fd, &mut [0_u8; 8]);
}

/// Sends what the leg has ready.
fn send_all(media: &mut MediaLeg, sockets: &SocketPair) {
    let mut packet = [0; PACKET_MAX];
    while let Some((n, to)) = media.poll_packet(&mut packet) {
        send(&sockets.rtp, &packet[..n], to);
    }
}

/// Wall time as RTCP has it: seconds since 1900 in 32.32 fixed point (RFC 3550 §4).
#[allow(clippy::cast_sign_loss)] // Two's complement is what the era arithmetic of NTP wants.
fn ntp(wall: jiff::Timestamp) -> u64 {
    const SECONDS_1900_TO_1970: u64 = 2_208_988_800;
    let seconds = (wall.as_second() as u64).wrapping_add(SECONDS_1900_TO_1970);
    let fraction = (wall.subsec_nanosecond().unsigned_abs() as u64 * (1 << 32)) / 1_000_000_000;
    seconds << 32 | fraction
}

/// A packet that the kernel cannot take now is lost like any packet on the way.
fn send(socket: &std::net::UdpSocket, packet: &[u8], to: SocketAddr) {
    let _ = socket.send_to(packet, to);
}

fn ask_for_realtime(priority: Option<u8>) {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let Some(priority) = priority.and_then(|p| ThreadPriorityValue::try_from(p).ok()) else {
        return;
    };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let asked = set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(priority),
        policy,
    );
    if let Err(error) = asked {
        tracing::warn!(
            ?error,
            "real-time scheduling refused: audio may stutter under load (grant LimitRTPRIO)"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_never_waits_for_a_line_that_stopped_while_handing_over() {
        let inbox = Inbox::new(2).unwrap();
        let mut taken = VecDeque::new();
        assert!(inbox.offer(Command::Close(LegId(1))));
        let preempted = inbox.queue.lock().unwrap();
        inbox.take(&mut taken);
        assert!(taken.is_empty(), "it comes back at once and with nothing");
        drop(preempted);
        inbox.take(&mut taken);
        assert!(matches!(taken.pop_front(), Some(Command::Close(LegId(1)))));
    }

    #[test]
    fn a_full_inbox_refuses_commands_but_never_the_end_of_a_leg() {
        let inbox = Inbox::new(2).unwrap();
        let stop = || Command::Leg(LegId(1), MediaCommand::StopPlay);
        assert!(inbox.offer(stop()) && inbox.offer(stop()) && !inbox.offer(stop()));
        inbox.insist(Command::Close(LegId(1)));
        let mut taken = VecDeque::new();
        inbox.take(&mut taken);
        assert!(matches!(taken.pop_back(), Some(Command::Close(LegId(1)))));
        assert_eq!(taken.len(), 2);
    }
}
