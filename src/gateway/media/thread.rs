//! One media thread: packets in by epoll, packets out on a 2 ms beat, commands by a bounded queue.

use super::disk::DiskQueue;
use super::inbox::{Command, Inbox};
use super::outbox::Outbox;
use super::recording::{Recordings, track};
use super::rooms::Rooms;
use super::way::{Stream, Way};
use super::wheel::SLOTS;
use super::{Closed, LegReport, MediaCommand, MediaReport, ROOM_LEGS_MAX};
use crate::domain::call::RecordId;
use crate::gateway::browser::BrowserLeg;
use crate::gateway::clock::Clock;
use crate::media::leg::{MediaEvent, MediaLeg, PACKET_MAX};
use crate::media::room::{Floor, Hearing, Voice};
use crate::units::LegId;
use rustix::event::epoll;
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
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

/// One leg on its thread.
struct Leg {
    id: LegId,
    room: usize,
    way: Way,
    /// Whom it hears, also before its media begins.
    hearing: Hearing,
    media: Option<MediaLeg>,
    recordings: Recordings,
}

/// The state of one thread.
pub(super) struct MediaThread {
    inbox: Arc<Inbox>,
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
    rooms: Rooms,
    /// What is said in the room that is being served.
    voices: Vec<Voice>,
    outbox: Outbox,
    /// The packet that is being read.
    datagram: Box<[u8; DATAGRAM_MAX]>,
    music: Arc<[u8]>,
    started: Instant,
    /// The beat that has been served last, counted from `started`.
    served: u64,
}

impl MediaThread {
    pub(super) fn new(
        inbox: Arc<Inbox>,
        clock: Clock,
        reports: Sender<LegReport>,
        disk: DiskQueue,
        music: Arc<[u8]>,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let beat = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        // Read before the timer begins: its n-th beat finds the n-th slot due and not the one before.
        let started = (clock.monotonic)();
        let interval = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
        let every = Itimerspec { it_interval: interval, it_value: interval };
        timerfd_settime(&beat, TimerfdTimerFlags::empty(), &every)?;
        for (fd, token) in [(&inbox.wake, TOKEN_INBOX), (&beat, TOKEN_BEAT)] {
            let data = epoll::EventData::new_u64(token);
            epoll::add(&epoll, fd, data, epoll::EventFlags::IN)?;
        }
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
            rooms: Rooms::default(),
            voices: Vec::with_capacity(ROOM_LEGS_MAX),
            outbox: Outbox::default(),
            datagram: Box::new([0; DATAGRAM_MAX]),
            music,
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
            let mut commanded = false;
            for event in &events {
                match event.data.u64() {
                    TOKEN_INBOX => {
                        drain(&self.inbox.wake);
                        commanded = true;
                    }
                    TOKEN_BEAT => drain(&self.beat),
                    token => self.receive(token),
                }
            }
            // Behind a stall the frames of the time before a command are owed first: a recording that
            // is ended has them (A11).
            self.beats();
            if commanded && !self.commands() {
                break;
            }
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
                Command::Open(leg, way, group) => self.open(leg, way, group),
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

    fn open(&mut self, id: LegId, way: Way, group: u64) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        if let Err(error) = way.watch(&self.epoll, (at as u64) << 1) {
            tracing::error!(%error, %id, "a media socket cannot be watched");
        }
        let room = self.rooms.enter(group, at);
        let (hearing, recordings) = (Hearing::NOTHING, Recordings::default());
        let leg = Leg { id, room, way, hearing, media: None, recordings };
        self.legs[at] = Some(Box::new(leg));
        self.index.insert(id, at);
    }

    fn close(&mut self, id: LegId) {
        let Some(at) = self.index.remove(&id) else { return };
        if let Some(mut leg) = self.legs[at].take() {
            let others = self.rooms.leave(leg.room, at);
            leg.recordings.close_all(id, &self.disk);
            leg.way.close();
            let mut closed = Closed::default();
            if let Some(media) = &mut leg.media {
                closed = self.goodbye(media, &mut leg.way);
                if others {
                    // What it would have said next fades away at the others.
                    media.listen((self.clock.monotonic)());
                    self.rooms.part(leg.room, media.voice(id));
                }
            }
            self.report(id, MediaReport::Closed(Box::new(closed)));
        }
        self.free.push(at);
    }

    /// The last report to the peer and to the line.
    fn goodbye(&self, media: &mut MediaLeg, way: &mut Way) -> Closed {
        let now = self.clock.now();
        let mut packet = [0; PACKET_MAX];
        if let Some((n, to)) = media.goodbye(now.monotonic, ntp(now.wall), &mut packet) {
            way.send(now.monotonic, Stream::Rtcp, &packet[..n], to);
        }
        let mut statistics = media.statistics();
        statistics.reported = way.reported().or(statistics.reported);
        Closed { peer: media.destination(), statistics }
    }

    fn command(&mut self, at: usize, command: MediaCommand) {
        let now = (self.clock.monotonic)();
        let command = match command {
            MediaCommand::Browser(browser) => return self.become_browser(at, browser),
            command => command,
        };
        let Some(leg) = self.legs[at].as_mut() else { return };
        if let MediaCommand::Start(setup) = command {
            leg.media.insert(MediaLeg::new(*setup, now)).hear(leg.id, leg.hearing);
            return self.rooms.start(leg.room);
        }
        if let MediaCommand::Hear(hearing) = command {
            leg.hearing = hearing;
        }
        let Some(media) = leg.media.as_mut() else { return };
        match command {
            MediaCommand::Change(agreed) => media.update(agreed, now),
            MediaCommand::Play { play, list, over } => {
                if over {
                    media.play_over(play, list);
                } else {
                    media.play(play, list);
                }
                // The first packet leaves now and not at the leg's slot; its machine keeps the pace.
                send_all(media, &mut leg.way, now);
            }
            MediaCommand::StopPlay => media.stop_play(),
            MediaCommand::Hear(hearing) => media.hear(leg.id, hearing),
            MediaCommand::InfoDigit(digit) => media.info(now, digit),
            recording => self.record(at, recording),
        }
        self.poll(at, &[]);
    }

    /// Gives a leg its browser. The leg is taken out meanwhile, because its way changes as a whole.
    fn become_browser(&mut self, at: usize, browser: Box<BrowserLeg>) {
        if let Some(mut leg) = self.legs[at].take() {
            leg.way = leg.way.become_browser(browser);
            self.legs[at] = Some(leg);
        }
    }

    /// What concerns a leg's recordings.
    fn record(&mut self, at: usize, command: MediaCommand) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let Some(media) = leg.media.as_mut() else { return };
        let failed = match command {
            MediaCommand::Record { record, kind, file, samples_max } => {
                let opened = leg.recordings.open(leg.id, record, kind, file, &self.disk);
                (!opened || !media.record(record.0, track(kind), samples_max)).then_some(record)
            }
            MediaCommand::AddTrack { record, leg: other } => {
                let (index, room) = (&self.index, self.rooms.legs(leg.room));
                let present = |id| index.get(&id).is_some_and(|at| room.contains(at));
                let key = (leg.id, record);
                if !leg.recordings.add_track(key, other, present, &self.disk) {
                    tracing::warn!(leg = %leg.id, %other, "no track: this leg is not recorded");
                }
                None
            }
            MediaCommand::StopRecord(record) => {
                media.stop_record(record.0);
                None
            }
            MediaCommand::DiscardRecord(record) => {
                leg.recordings.discard(record);
                media.stop_record(record.0);
                None
            }
            MediaCommand::Secret(secret) => {
                leg.recordings.keep_secret(secret);
                None
            }
            _ => None,
        };
        if let Some(record) = failed {
            let id = leg.id;
            self.report(id, MediaReport::RecordFailed(record));
        }
    }

    /// A socket has something. Level-triggered: one packet of audio a turn saves the call that finds it
    /// empty.
    fn receive(&mut self, token: u64) {
        let at = usize::try_from(token >> 1).unwrap_or(usize::MAX);
        if token & 1 == 1 {
            self.take(at, Stream::Rtcp, PACKETS_PER_TURN_MAX);
        } else {
            self.take(at, Stream::Rtp, 1);
        }
    }

    /// Behind a stall: all packets that came meanwhile, before the frames that are owed are taken. One
    /// a turn, the second would be read when its frame has been concealed.
    fn take_what_came(&mut self) {
        for at in 0..self.legs.len() {
            self.take(at, Stream::Rtp, PACKETS_PER_TURN_MAX);
        }
    }

    /// Reads up to so many packets of a leg.
    fn take(&mut self, at: usize, stream: Stream, most: usize) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let now = (self.clock.monotonic)();
        let datagram = &mut self.datagram[..];
        for _ in 0..most {
            let Some((n, from)) = leg.way.receive(now, stream, datagram) else { break };
            let Some(media) = leg.media.as_mut() else { continue };
            match stream {
                Stream::Rtp => media.receive(now, from, &datagram[..n]),
                Stream::Rtcp => {
                    media.receive_rtcp(now, from, ntp((self.clock.wall)()), &datagram[..n]);
                }
            }
        }
        self.poll(at, &[]);
    }

    /// Serves every slot whose beat has come.
    fn beats(&mut self) {
        let now = (self.clock.monotonic)();
        let due = beats_in(now.saturating_duration_since(self.started));
        if due.saturating_sub(self.served) > SLOTS as u64 {
            self.take_what_came();
        }
        self.served = self.served.max(due.saturating_sub(beats_in(CATCH_UP_MAX)));
        while self.served < due {
            self.served += 1;
            for position in (0..self.rooms.due(self.served)).rev() {
                if let Some(room) = self.rooms.room(self.served, position) {
                    self.tick(room, now);
                }
            }
            self.send_slot(now);
        }
    }

    /// Sends what the legs of a slot have said.
    fn send_slot(&mut self, now: Instant) {
        let legs = &mut self.legs;
        self.outbox.empty(|at, bytes, to| {
            if let Some(Some(leg)) = legs.get_mut(at) {
                leg.way.send(now, Stream::Rtp, bytes, to);
            }
        });
    }

    /// One frame of a room: first all its legs hear, then all speak.
    fn tick(&mut self, room: usize, now: Instant) {
        let mut voices = std::mem::take(&mut self.voices);
        voices.clear();
        self.rooms.take_parting(room, &mut voices);
        let legs = self.rooms.legs(room);
        let count = legs.len();
        for &at in legs {
            let Some(Some(leg)) = self.legs.get_mut(at) else { continue };
            let Some(media) = leg.media.as_mut() else { continue };
            media.listen(now);
            if count > 1 {
                voices.push(media.voice(leg.id));
            }
        }
        for position in 0..count {
            if let Some(&at) = self.rooms.legs(room).get(position) {
                self.speak(at, now, &voices);
            }
        }
        self.voices = voices;
    }

    fn speak(&mut self, at: usize, now: Instant, voices: &[Voice]) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let Some(media) = leg.media.as_mut() else { return };
        leg.way.tick(now);
        media.speak(now, &Floor { voices, music: &self.music });
        self.outbox.gather(at, media);
        if media.rtcp_due(now) {
            let mut packet = [0; PACKET_MAX];
            if let Some((n, to)) = media.rtcp(now, ntp((self.clock.wall)()), &mut packet) {
                leg.way.send(now, Stream::Rtcp, &packet[..n], to);
            }
        }
        self.poll(at, voices);
    }

    /// Passes on what the leg's machine has to say. Frames for recordings come of a tick only, so
    /// elsewhere there are no voices to record.
    fn poll(&mut self, at: usize, voices: &[Voice]) {
        let Some(Some(leg)) = self.legs.get_mut(at) else { return };
        let Some(media) = leg.media.as_mut() else { return };
        while let Some(frame) = media.poll_frame() {
            leg.recordings.push(leg.id, &frame, voices, &self.disk);
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
                Some(MediaEvent::FirstPacket) => {
                    let since = (self.clock.monotonic)().saturating_duration_since(self.started);
                    self.rooms.hear_first(leg.room, beats_in(since));
                    continue;
                }
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

/// How many beats a time holds.
fn beats_in(time: Duration) -> u64 {
    u64::try_from(time.as_micros() / BEAT.as_micros()).unwrap_or(u64::MAX)
}

/// Empties an eventfd or timerfd.
fn drain(fd: &OwnedFd) {
    let _ = rustix::io::read(fd, &mut [0_u8; 8]);
}

/// Sends what the leg has ready.
fn send_all(media: &mut MediaLeg, way: &mut Way, now: Instant) {
    let mut packet = [0; PACKET_MAX];
    while let Some((n, to)) = media.poll_packet(&mut packet) {
        way.send(now, Stream::Rtp, &packet[..n], to);
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
