//! What the pages ask of the store beside the line. The recordings for those who may hear them: the rows
//! by a reader of their own, the audit by the service's store, the sound as one track. Flags that a
//! person marks as false.

use crate::domain::desk::SeatRole;
use crate::domain::desk_link::SeatIdentity;
use crate::domain::playback::{Hears, hears};
use crate::domain::suggest::RiskGroup;
use crate::gateway::media::Mixdown;
use crate::store::{
    AuditEntry, AuditKind, CaseName, DataFolder, FalseAlarm, Hearable, PastCall, Reader, SoundKeys,
    StoreError, StoreHandle,
};
use crate::units::CaseNumber;
use crate::web::{Archive, NotHeard, NotMarked, Sound};
use jiff::Timestamp;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The audit must be on stable storage within this, else nothing is heard.
const AUDIT_WAIT: Duration = Duration::from_secs(5);

/// The data folder with its store.
pub(super) struct Recordings {
    pub(super) folder: DataFolder,
    pub(super) store: StoreHandle,
    pub(super) wall: fn() -> Timestamp,
}

impl Recordings {
    fn reader(&self) -> Result<Reader, NotHeard> {
        Reader::open(self.folder.clone()).map_err(|error| unreadable(&error))
    }

    /// Stores who hears what and why; returns after the commit.
    fn audit(&self, entry: AuditEntry) -> Result<(), NotHeard> {
        let now = (self.wall)();
        let stored = self.store.wait(AUDIT_WAIT, |store, answer| store.audit(now, entry, answer));
        stored.map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &StoreError) -> NotHeard {
    tracing::error!(%error, "the recordings cannot be had");
    NotHeard::StoreDown
}

impl Archive for Recordings {
    fn calls(&self, who: &SeatIdentity) -> Result<Vec<PastCall>, NotHeard> {
        let hears = hears(who.role, &who.seat, (self.wall)()).ok_or(NotHeard::NotAllowed)?;
        self.reader()?.past_calls(&hears).map_err(|error| unreadable(&error))
    }

    fn open(
        &self,
        who: &SeatIdentity,
        recording: i64,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard> {
        let hears = hears(who.role, &who.seat, (self.wall)()).ok_or(NotHeard::NotAllowed)?;
        self.opened(who.seat.as_str(), recording, &hears, reason)
    }

    fn play(
        &self,
        person: &str,
        recording: i64,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard> {
        self.opened(person, recording, &Hears::All, reason)
    }

    fn mark_false(
        &self,
        who: &SeatIdentity,
        (case, risk): (CaseNumber, RiskGroup),
        reason: String,
    ) -> Result<(), NotMarked> {
        if !matches!(who.role, SeatRole::Operator | SeatRole::Supervisor) {
            return Err(NotMarked::NotAllowed);
        }
        let case = CaseName::Number(case);
        let reader = Reader::open(self.folder.clone()).map_err(|error| unmarked(&error))?;
        let flags = reader.file(case, false).map_err(|error| unmarked(&error))?.risks;
        drop(reader);
        if flags.iter().all(|flag| flag.group != risk) {
            return Err(NotMarked::NoSuchFlag);
        }
        let (now, alarm) =
            ((self.wall)(), FalseAlarm { risk, person: who.seat.to_string(), reason });
        let marked = self
            .store
            .wait(AUDIT_WAIT, |store, answer| store.mark_false_alarm(now, case, alarm, answer));
        marked.map_err(|error| unmarked(&error))
    }
}

/// Why a flag is not marked.
fn unmarked(error: &StoreError) -> NotMarked {
    match error {
        StoreError::NotFound | StoreError::Taken(_) => NotMarked::NoSuchFlag,
        error => {
            tracing::error!(%error, "a flag of risk words cannot be marked as false");
            NotMarked::StoreDown
        }
    }
}

impl Recordings {
    fn opened(
        &self,
        listener: &str,
        recording: i64,
        hears: &Hears,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard> {
        let found = self.reader()?.hearable(recording, hears);
        let file = match found.map_err(|error| unreadable(&error))? {
            Hearable::File(file) => file,
            Hearable::NotAllowed => return Err(NotHeard::NotAllowed),
            Hearable::Gone => return Err(NotHeard::NoSuchRecording),
        };
        let keys = SoundKeys::new(&self.folder);
        let sound = Mixdown::open(&self.folder.path.join(&file), &keys).map_err(|error| {
            tracing::error!(%error, "a recording cannot be opened");
            NotHeard::NoSuchRecording
        })?;
        let actor = listener.to_owned();
        self.audit(AuditEntry { actor, kind: AuditKind::Playback, subject: file, reason })?;
        Ok(Arc::new(Track(sound)))
    }
}

/// A recording for the pages.
struct Track(Mixdown);

impl Sound for Track {
    fn bytes(&self) -> u64 {
        self.0.bytes()
    }

    fn read_at(&self, from: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(from, into)
    }
}
