//! The media threads as the switch's shell sees them: open a leg, command it, close it.

use super::disk::Disk;
use super::inbox::{Command, Inbox};
use super::ports::{PortRange, Ports};
use super::thread::MediaThread;
use super::way::Way;
use super::{LegReport, MediaCommand};
use crate::gateway::clock::Clock;
use crate::media::music::hold_music;
use crate::units::LegId;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::mpsc::Sender;

/// Legs of one group, those that ring included.
pub const ROOM_LEGS_MAX: usize = 32;

/// How media runs.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Threads that serve legs.
    pub threads: usize,
    /// Ports for RTP and RTCP.
    pub ports: PortRange,
    /// Commands that may wait for one thread.
    pub commands_max: usize,
    /// Ask for SCHED_FIFO with this priority (1 to 99); `None` leaves the ordinary class.
    pub realtime_priority: Option<u8>,
}

/// Where a leg lives.
struct Place {
    thread: usize,
    port: u16,
    group: u64,
}

/// Legs that belong together.
struct Group {
    thread: usize,
    legs: usize,
}

/// All media threads with their legs.
pub struct MediaPool {
    threads: Vec<(Arc<Inbox>, JoinHandle<()>)>,
    loads: Vec<usize>,
    /// Threads that something was handed over to since the last [`Self::flush`].
    unwoken: Vec<bool>,
    ports: Ports,
    legs: HashMap<LegId, Place>,
    groups: HashMap<u64, Group>,
}

impl MediaPool {
    /// Starts the threads. Reports go to `reports`, recordings to `disk`.
    pub fn start(
        config: &MediaConfig,
        clock: Clock,
        reports: &Sender<LegReport>,
        disk: &Disk,
    ) -> io::Result<Self> {
        let music = hold_music();
        let mut threads = Vec::with_capacity(config.threads);
        for number in 0..config.threads.max(1) {
            let inbox = Arc::new(Inbox::new(config.commands_max)?);
            let (own, reports, music) = (Arc::clone(&inbox), reports.clone(), Arc::clone(&music));
            let thread = MediaThread::new(own, clock, reports, disk.queue(), music)?;
            let priority = config.realtime_priority;
            let handle = std::thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || thread.run(priority))?;
            threads.push((inbox, handle));
        }
        let loads = vec![0; threads.len()];
        let (unwoken, ports) = (vec![false; threads.len()], Ports::new(config.ports));
        Ok(Self { threads, loads, unwoken, ports, legs: HashMap::new(), groups: HashMap::new() })
    }

    /// Wakes the threads for everything handed over since the last time: once per turn of the line
    /// instead of once per command.
    pub fn flush(&mut self) {
        for (unwoken, (inbox, _)) in self.unwoken.iter_mut().zip(&self.threads) {
            if std::mem::take(unwoken) {
                inbox.wake();
            }
        }
    }

    /// Binds a port pair on `ip` for a new leg of a group (a conversation) and gives the RTP
    /// address to offer. All legs of a group live on one thread and tick together, so that they
    /// can hear each other. Like all that is handed over to a thread it takes effect with the next
    /// [`Self::flush`].
    ///
    /// # Errors
    /// When no port pair is free, the thread has fallen behind or the group has
    /// [`ROOM_LEGS_MAX`] legs.
    pub fn open(&mut self, leg: LegId, ip: IpAddr, group: u64) -> io::Result<SocketAddr> {
        let thread = self.thread_for(group)?;
        let pair = self.ports.bind(ip)?;
        let address = pair.rtp.local_addr()?;
        if !self.threads[thread].0.offer(Command::Open(leg, Way::Plain(pair), group)) {
            self.ports.give_back(address.port());
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "media thread is overloaded"));
        }
        self.unwoken[thread] = true;
        self.loads[thread] += 1;
        self.legs.insert(leg, Place { thread, port: address.port(), group });
        self.groups.entry(group).or_insert(Group { thread, legs: 0 }).legs += 1;
        Ok(address)
    }

    /// Where the group lives, or the thread with the fewest legs for a new one.
    fn thread_for(&self, group: u64) -> io::Result<usize> {
        match self.groups.get(&group) {
            Some(group) if group.legs < ROOM_LEGS_MAX => Ok(group.thread),
            Some(_) => Err(io::Error::new(io::ErrorKind::QuotaExceeded, "the group is full")),
            None => Ok((0..self.loads.len()).min_by_key(|&n| self.loads[n]).unwrap_or(0)),
        }
    }

    /// Commands a leg; `false` when it is not open or its thread has fallen behind.
    pub fn command(&mut self, leg: LegId, command: MediaCommand) -> bool {
        let Some(place) = self.legs.get(&leg) else { return false };
        self.unwoken[place.thread] = true;
        self.threads[place.thread].0.offer(Command::Leg(leg, command))
    }

    /// Ends a leg: open recordings are closed, its ports become free.
    pub fn close(&mut self, leg: LegId) {
        let Some(place) = self.legs.remove(&leg) else { return };
        self.threads[place.thread].0.insist(Command::Close(leg));
        self.unwoken[place.thread] = true;
        self.loads[place.thread] -= 1;
        self.ports.give_back(place.port);
        if let Entry::Occupied(mut group) = self.groups.entry(place.group) {
            group.get_mut().legs -= 1;
            if group.get().legs == 0 {
                group.remove();
            }
        }
    }

    /// Legs that are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.legs.len()
    }

    /// True without legs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    /// Ends the threads; open recordings are closed first.
    pub fn finish(self) {
        for (inbox, _) in &self.threads {
            inbox.insist(Command::Quit);
            inbox.wake();
        }
        for (_, handle) in self.threads {
            if handle.join().is_err() {
                tracing::error!("a media thread died");
            }
        }
    }
}
