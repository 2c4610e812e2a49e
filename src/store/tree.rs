//! The call tree: every party's leg, what the parties did, and what each track of the recording
//! holds.

use super::error::StoreError;
use crate::domain::call::{CallRecord, EndedBy, RecordingKind};
use crate::units::{CallId, LegId, PartyId};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// Tracks of one recording that are kept.
pub const TRACKS_MAX: usize = 32;

/// Longest label and value of an entry, in characters.
pub const LABEL_CHARS_MAX: usize = 200;

/// Whose leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LegRole {
    /// 来电人, also where he was called back.
    #[default]
    Citizen,
    /// 话务员.
    Seat,
    /// 部门.
    Unit,
    /// 市领导.
    Leader,
    /// Any other outside number.
    Outside,
    /// 班长, who listens, whispers or barges in.
    Supervisor,
}

impl LegRole {
    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Seat => "seat",
            Self::Unit => "unit",
            Self::Leader => "leader",
            Self::Outside => "outside",
            Self::Supervisor => "supervisor",
        }
    }
}

/// Who ended a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LegEnd {
    /// The party itself hung up, declined or was busy.
    #[default]
    Party,
    /// A seat dropped it or left.
    Seat,
    /// The rules of the call: over, declined by W02, rang too long.
    Service,
    /// The network failed.
    Network,
    /// The service was stopped.
    Shutdown,
}

impl LegEnd {
    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Seat => "seat",
            Self::Service => "service",
            Self::Network => "network",
            Self::Shutdown => "shutdown",
        }
    }
}

impl From<EndedBy> for LegEnd {
    /// Of the leg of a citizen whose call ended so.
    fn from(ended_by: EndedBy) -> Self {
        match ended_by {
            EndedBy::Citizen => Self::Party,
            EndedBy::Seat => Self::Seat,
            EndedBy::Service => Self::Service,
            EndedBy::Network | EndedBy::Crash => Self::Network,
            EndedBy::Shutdown => Self::Shutdown,
        }
    }
}

/// What the parties of a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartyEntryKind {
    /// A party is rung.
    Dialled,
    /// A party hears the others and is heard.
    Joined,
    /// A party left; the value says how.
    Left,
    /// Hold began.
    Held,
    /// Hold ended.
    Resumed,
    /// Heard by nobody from now on.
    Muted,
    /// Heard again.
    Unmuted,
    /// Hears nobody from now on.
    Deafened,
    /// Hears again.
    Undeafened,
    /// A private talk began; the value names the others.
    Private,
    /// The private talk ended.
    PrivateEnded,
    /// A party was reached while the citizen waits.
    Consulted,
    /// The citizen was passed on; the value says to whom.
    Transferred,
    /// Another seat took the place.
    HandedOver,
    /// Listening, whispering or barging in began or ended; the value says which.
    Supervised,
    /// The outcome of a three-way call.
    Outcome,
    /// From here the recording holds silence.
    SecretOn,
    /// From here it holds what is said.
    SecretOff,
}

impl PartyEntryKind {
    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dialled => "dialled",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Held => "held",
            Self::Resumed => "resumed",
            Self::Muted => "muted",
            Self::Unmuted => "unmuted",
            Self::Deafened => "deafened",
            Self::Undeafened => "undeafened",
            Self::Private => "private",
            Self::PrivateEnded => "private_ended",
            Self::Consulted => "consulted",
            Self::Transferred => "transferred",
            Self::HandedOver => "handed_over",
            Self::Supervised => "supervised",
            Self::Outcome => "outcome",
            Self::SecretOn => "secret_on",
            Self::SecretOff => "secret_off",
        }
    }
}

/// One thing that a party did, `at` after the call's arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyEntry {
    /// Time since arrival.
    pub at: Duration,
    /// Which party; `None`: the call as a whole.
    pub party: Option<PartyId>,
    /// What.
    pub kind: PartyEntryKind,
    /// More about it in a word: a seat, a unit, an outcome. Never a citizen's number in clear.
    pub value: String,
}

/// One party's half of a call that has ended. The default is a citizen without audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegRecord {
    /// Which leg.
    pub leg: LegId,
    /// The party, within the call.
    pub party: PartyId,
    /// Whose.
    pub role: LegRole,
    /// Seat number, unit id or masked telephone number; empty for the citizen who called.
    pub label: String,
    /// Address and port its audio came from.
    pub peer: String,
    /// Name of the codec (`PCMA`), `None` when no audio was agreed.
    pub codec: Option<String>,
    /// From when, after the call's arrival.
    pub from: Duration,
    /// When it was answered, after the call's arrival; `None`: never.
    pub answered: Option<Duration>,
    /// Until when, after the call's arrival.
    pub to: Duration,
    /// All its holds together.
    pub held: Duration,
    /// Who ended it.
    pub ended_by: LegEnd,
    /// The SIP status it was refused with.
    pub cause: Option<u16>,
    /// RTP packets received.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets that never came.
    pub lost: u64,
    /// What the party's own end reported last of the packets that we sent it; `None`: nothing.
    pub reported: Option<LossReport>,
}

/// What the other end of a leg says of our packets (RTCP, RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossReport {
    /// Packets lost since the beginning.
    pub lost: u32,
    /// Lost since its report before, share of 256.
    pub share: u8,
    /// Interarrival jitter.
    pub jitter_ms: u32,
}

impl Default for LegRecord {
    fn default() -> Self {
        Self {
            leg: LegId(0),
            party: PartyId(0),
            role: LegRole::default(),
            label: String::new(),
            peer: String::new(),
            codec: None,
            from: Duration::ZERO,
            answered: None,
            to: Duration::ZERO,
            held: Duration::ZERO,
            ended_by: LegEnd::default(),
            cause: None,
            received: 0,
            sent: 0,
            lost: 0,
            reported: None,
        }
    }
}

/// What a track of the whole-call recording holds. Tracks are counted from 1 in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackRecord {
    /// The leg that is heard on it; `None`: what the citizen was played.
    pub leg: Option<LegId>,
    /// Who that is, as in [`LegRecord::label`]: `citizen`, `prompts`, a seat, a unit.
    pub label: String,
}

/// The whole account of a call that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct CallAccount {
    /// What the citizen heard and pressed, and what came of it.
    pub record: CallRecord,
    /// Every party's half.
    pub legs: Vec<LegRecord>,
    /// What the parties did.
    pub parties: Vec<PartyEntry>,
    /// The tracks of the whole-call recording; empty: not told.
    pub tracks: Vec<TrackRecord>,
}

/// Notes what the tracks of the call's recording hold. Nothing when there is no recording.
pub(super) fn put_tracks(
    db: &Connection,
    call: &CallId,
    tracks: &[TrackRecord],
) -> Result<(), StoreError> {
    if tracks.is_empty() {
        return Ok(());
    }
    let kind = super::recording::kind_name(RecordingKind::WholeCall);
    let newest = "SELECT id FROM recording WHERE call = ?1 AND kind = ?2 ORDER BY id DESC LIMIT 1";
    let recording: Option<i64> = db
        .prepare_cached(newest)?
        .query_row(params![call.as_str(), kind], |row| row.get(0))
        .optional()?;
    let Some(recording) = recording else { return Ok(()) };
    db.prepare_cached("UPDATE recording SET tracks = ?2 WHERE id = ?1")?
        .execute(params![recording, i64::try_from(tracks.len()).unwrap_or(i64::MAX)])?;
    let mut insert =
        db.prepare_cached("INSERT OR REPLACE INTO recording_track VALUES (?1, ?2, ?3, ?4)")?;
    for (number, track) in (1_i64..).zip(tracks.iter().take(TRACKS_MAX)) {
        let leg = track.leg.map(|leg| i64::try_from(leg.0).unwrap_or(i64::MAX));
        insert.execute(params![recording, number, leg, cut(&track.label)])?;
    }
    Ok(())
}

/// A text as long as it may be.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(LABEL_CHARS_MAX).collect()
}
