//! The recordings of one leg on their way from frames to blocks for the disk.

use super::MediaReport;
use super::disk::{DiskJob, DiskQueue, Key, Lengths};
use crate::domain::call::{RecordId, RecordingKind};
use crate::media::FRAME_SAMPLES;
use crate::media::leg::{RecordFrame, Track};
use crate::media::recorder::{Recorder, Step};
use crate::media::room::Voice;
use crate::units::LegId;
use crate::wire::wav::{Channels, TRACKS_MAX};

/// A track on which nobody is.
static SILENCE: [i16; FRAME_SAMPLES] = [0; FRAME_SAMPLES];

/// One open recording.
struct Open {
    record: RecordId,
    kind: RecordingKind,
    recorder: Recorder,
    /// Who is on the tracks behind the first two.
    further: Vec<LegId>,
    discard: bool,
    /// The disk fell behind and a block was lost: the file will not be vouched for.
    broken: bool,
    /// The file was not given a track: what follows would not fit the file that is there.
    unwidened: bool,
}

/// All open recordings of a leg; two at most in practice (the call and the message).
#[derive(Default)]
pub(super) struct Recordings {
    open: Vec<Open>,
    secret: bool,
}

/// The track of the media machine that a recording needs.
pub(super) fn track(kind: RecordingKind) -> Track {
    match kind {
        RecordingKind::WholeCall => Track::Both,
        RecordingKind::Message => Track::Citizen,
    }
}

impl Recordings {
    /// Opens a recording; `false` when the disk does not even take that.
    pub(super) fn open(
        &mut self,
        leg: LegId,
        record: RecordId,
        kind: RecordingKind,
        file: String,
        disk: &DiskQueue,
    ) -> bool {
        let channels = match track(kind) {
            Track::Both => Channels::Stereo,
            Track::Citizen => Channels::Mono,
        };
        if !disk.offer(DiskJob::Create((leg, record), file, channels)) {
            return false;
        }
        let mut recorder = Recorder::new(channels);
        recorder.keep_secret(self.secret);
        let further = Vec::new();
        self.open.push(Open {
            record,
            kind,
            recorder,
            further,
            discard: false,
            broken: false,
            unwidened: false,
        });
        true
    }

    /// One track more, for `other`; where the file can have none, that of a leg that is not
    /// `present` any longer. `false` when this leg cannot be recorded or the recording is closed.
    pub(super) fn add_track(
        &mut self,
        (leg, record): Key,
        other: LegId,
        present: impl Fn(LegId) -> bool,
        disk: &DiskQueue,
    ) -> bool {
        let whole =
            |open: &&mut Open| (open.record, open.kind) == (record, RecordingKind::WholeCall);
        let Some(open) = self.open.iter_mut().find(whole) else { return false };
        if open.further.contains(&other) {
            return true;
        }
        if open.recorder.add_track() {
            open.further.push(other);
            open.flush(leg, disk);
            return true;
        }
        let left = open.further.iter_mut().find(|leg| !present(**leg));
        left.map(|place| *place = other).is_some()
    }

    /// While true, silence is recorded.
    pub(super) fn keep_secret(&mut self, secret: bool) {
        self.secret = secret;
        self.open.iter_mut().for_each(|open| open.recorder.keep_secret(secret));
    }

    /// Marks a recording to be deleted when it closes.
    pub(super) fn discard(&mut self, record: RecordId) {
        if let Some(open) = self.open.iter_mut().find(|open| open.record == record) {
            open.discard = true;
        }
    }

    /// Appends 20 ms; `voices` are what the room's legs said meanwhile.
    pub(super) fn push(
        &mut self,
        leg: LegId,
        frame: &RecordFrame,
        voices: &[Voice],
        disk: &DiskQueue,
    ) {
        let Some(open) = self.open.iter_mut().find(|open| open.record.0 == frame.id) else {
            return;
        };
        let mut tracks = [&SILENCE; TRACKS_MAX as usize];
        tracks[0] = &frame.left;
        tracks[1] = frame.right.as_ref().unwrap_or(&SILENCE);
        for (track, other) in tracks[2..].iter_mut().zip(&open.further) {
            let voice = voices.iter().find(|voice| voice.leg() == *other);
            *track = voice.map_or(&SILENCE, Voice::frame);
        }
        open.recorder.push(&tracks[..2 + open.further.len()]);
        open.flush(leg, disk);
    }

    /// Closes a recording; a report only when the disk thread cannot make one.
    pub(super) fn close(
        &mut self,
        leg: LegId,
        record: RecordId,
        disk: &DiskQueue,
    ) -> Option<MediaReport> {
        let at = self.open.iter().position(|open| open.record == record)?;
        let mut open = self.open.swap_remove(at);
        let summary = open.recorder.finish();
        open.flush(leg, disk);
        if open.discard {
            disk.offer(DiskJob::Discard((leg, record)));
            return None;
        }
        let lengths = Lengths { duration: summary.duration, speech: summary.speech };
        let closed = disk.offer(DiskJob::Close((leg, record), lengths));
        (open.broken || !closed).then_some(MediaReport::RecordFailed(record))
    }

    /// Closes all, at the end of the leg; their files are complete and found by the ledger.
    pub(super) fn close_all(&mut self, leg: LegId, disk: &DiskQueue) {
        while let Some(open) = self.open.last() {
            let record = open.record;
            self.close(leg, record, disk);
        }
    }
}

impl Open {
    fn flush(&mut self, leg: LegId, disk: &DiskQueue) {
        let key = (leg, self.record);
        while let Some(step) = self.recorder.poll_step() {
            if self.unwidened {
                continue;
            }
            let widens = matches!(step, Step::Widen(_));
            let job = match step {
                Step::Append(pieces) => DiskJob::Append(key, pieces),
                Step::Widen(channels) => DiskJob::Widen(key, channels, disk.clone()),
            };
            let taken = disk.offer(job);
            self.broken |= !taken;
            self.unwidened |= widens && !taken;
        }
    }
}
