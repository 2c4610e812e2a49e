//! The recordings of one leg on their way from frames to blocks for the disk.

use super::MediaReport;
use super::disk::{DiskJob, DiskQueue, Lengths};
use crate::domain::call::{RecordId, RecordingKind};
use crate::media::leg::{RecordFrame, Track};
use crate::media::recorder::Recorder;
use crate::units::LegId;
use crate::wire::wav::Channels;

/// One open recording.
struct Open {
    record: RecordId,
    recorder: Recorder,
    discard: bool,
    /// The disk fell behind and a block was lost: the file will not be vouched for.
    broken: bool,
}

/// All open recordings of a leg; two at most in practice (the call and the message).
#[derive(Default)]
pub(super) struct Recordings(Vec<Open>);

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
        if !disk.offer(DiskJob::Create((leg, record), file)) {
            return false;
        }
        let recorder = Recorder::new(match track(kind) {
            Track::Both => Channels::Stereo,
            Track::Citizen => Channels::Mono,
        });
        self.0.push(Open { record, recorder, discard: false, broken: false });
        true
    }

    /// Marks a recording to be deleted when it closes.
    pub(super) fn discard(&mut self, record: RecordId) {
        if let Some(open) = self.0.iter_mut().find(|open| open.record == record) {
            open.discard = true;
        }
    }

    /// Appends 20 ms.
    pub(super) fn push(&mut self, leg: LegId, frame: &RecordFrame, disk: &DiskQueue) {
        let Some(open) = self.0.iter_mut().find(|open| open.record.0 == frame.id) else { return };
        open.recorder.push(&frame.left, frame.right.as_ref());
        open.flush(leg, disk);
    }

    /// Closes a recording; a report only when the disk thread cannot make one.
    pub(super) fn close(
        &mut self,
        leg: LegId,
        record: RecordId,
        disk: &DiskQueue,
    ) -> Option<MediaReport> {
        let at = self.0.iter().position(|open| open.record == record)?;
        let mut open = self.0.swap_remove(at);
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
        while let Some(open) = self.0.last() {
            let record = open.record;
            self.close(leg, record, disk);
        }
    }
}

impl Open {
    fn flush(&mut self, leg: LegId, disk: &DiskQueue) {
        while let Some(write) = self.recorder.poll_write() {
            let job = DiskJob::Write((leg, self.record), write.offset, write.bytes);
            self.broken |= !disk.offer(job);
        }
    }
}
