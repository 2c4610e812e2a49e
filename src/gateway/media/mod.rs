//! RTP sockets and the threads that serve them.
//!
//! Each leg has an RTP/RTCP socket pair and lives on one thread for its whole life. A thread waits
//! in epoll for packets, commands and a 2 ms beat; every room, the legs of one conversation, has its
//! place among the ten slots of a 20 ms frame. Recordings leave the thread as blocks through a
//! bounded queue to the disk thread; nothing here waits for a disk.

mod disk;
mod inbox;
mod outbox;
mod playback;
mod pool;
mod ports;
mod recording;
mod rooms;
mod thread;
mod way;
mod wheel;

pub use disk::{Disk, DiskConfig};
pub use playback::{Mixdown, recording_playlist};
pub use pool::{MediaConfig, MediaPool, ROOM_LEGS_MAX};
pub use ports::PortRange;

use crate::domain::call::{RecordId, RecordingKind, RecordingSummary};
use crate::gateway::browser::BrowserLeg;
use crate::media::leg::{Agreed, LegSetup, Statistics};
use crate::media::player::Playlist;
use crate::media::room::Hearing;
use crate::units::{Digit, LegId};
use std::net::SocketAddr;
use std::sync::Arc;

/// What the switch asks of a leg's media.
#[derive(Debug)]
pub enum MediaCommand {
    /// Packets may flow from now on.
    Start(Box<LegSetup>),
    /// A browser is at the other end: its transport, whose `agreed()` belongs into `Start`. A further
    /// one replaces it (the page was loaded anew); the leg's machine goes on as it is.
    Browser(Box<BrowserLeg>),
    /// The peer moved, put us on hold or changed the codec.
    Change(Agreed),
    /// Play this from its start, replacing what plays.
    Play {
        /// Comes back in [`MediaReport::PlayDone`].
        play: u32,
        /// What to play.
        list: Arc<Playlist>,
        /// Over what the leg hears (G05, W03); else in its place until the end (queue prompts).
        over: bool,
    },
    /// Whom the leg hears from now on, until the next such command; also before `Start`.
    Hear(Hearing),
    /// Be silent.
    StopPlay,
    /// Start a recording.
    Record {
        /// Its number on the leg.
        record: RecordId,
        /// Which tracks.
        kind: RecordingKind,
        /// Where, below the data folder.
        file: String,
        /// It closes by itself after so many samples.
        samples_max: u64,
    },
    /// One more track for a recording of [`RecordingKind::WholeCall`]: what that leg of the same
    /// group says from now on. Sent to the leg that records; a closed recording is left alone.
    AddTrack {
        /// The recording.
        record: RecordId,
        /// Who is recorded.
        leg: LegId,
    },
    /// While true all recordings of the leg hold digital silence on all tracks (a secret is said).
    Secret(bool),
    /// Close a recording.
    StopRecord(RecordId),
    /// Close it and delete the file.
    DiscardRecord(RecordId),
    /// A key that came by SIP INFO; merged with RFC 4733 and in-band tones.
    InfoDigit(Digit),
}

/// What a leg's media tells the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaReport {
    /// A key was pressed.
    Digit(Digit),
    /// A play ran to its end.
    PlayDone(u32),
    /// A recording is closed and on stable storage.
    Recorded(RecordId, RecordingSummary),
    /// A recording could not be written.
    RecordFailed(RecordId),
    /// No RTP for the time named in the limits.
    Lost,
    /// The leg's sockets are closed; nothing follows.
    Closed(Box<Closed>),
}

/// The account of a leg's media.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closed {
    /// Where audio went last.
    pub peer: Option<SocketAddr>,
    /// Counts since its beginning.
    pub statistics: Statistics,
}

/// A report with the leg it is about.
pub type LegReport = (LegId, MediaReport);
