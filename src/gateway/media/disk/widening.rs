//! A recording written anew with one track more: a copy beside it, flushed to stable storage, that
//! takes its place when it holds everything. Copying has a thread of its own, so that an hour of
//! audio delays no other recording. Meanwhile blocks wait for the copy in order, and the old file
//! gets them too, without the new track: killed at any instant, one valid file is there.

use super::{DiskJob, DiskQueue, Key};
use crate::store::{SoundKeys, SoundWriter, WIDENING_SUFFIX, Widening, with_tracks};
use crate::wire::wav::Channels;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Recordings that wait to be written anew; past it a recording fails, never a call.
const WIDENINGS_WAITING_MAX: usize = 1_024;
/// Jobs of one recording that wait for its copy: two minutes of blocks.
const JOBS_HELD_MAX: usize = 240;

/// One file to be copied.
pub(super) struct Widen {
    pub(super) key: Key,
    pub(super) from: Widening,
    pub(super) keys: SoundKeys,
    /// Where the copy goes.
    pub(super) copy: PathBuf,
    /// Hears of it by [`DiskJob::Widened`].
    pub(super) reply: DiskQueue,
}

/// The thread that copies; it ends when the sender is dropped.
pub(super) fn start() -> io::Result<(SyncSender<Widen>, JoinHandle<()>)> {
    let (sender, jobs) = sync_channel(WIDENINGS_WAITING_MAX);
    let thread = std::thread::Builder::new().name("widenings".into()).spawn(move || run(&jobs))?;
    Ok((sender, thread))
}

fn run(jobs: &Receiver<Widen>) {
    while let Ok(job) = jobs.recv() {
        let copied = copy(&job);
        job.reply.insist(DiskJob::Widened(job.key, copied));
    }
}

/// The name of the copy, which no reader takes for a recording.
pub(super) fn copy_path(recording: &Path) -> PathBuf {
    let mut name = recording.as_os_str().to_owned();
    name.push(WIDENING_SUFFIX);
    name.into()
}

/// Everything that was in the recording when it was asked for, on stable storage.
pub(super) fn copy(job: &Widen) -> io::Result<SoundWriter> {
    job.from.copy(&job.keys, &job.copy)
}

/// A recording while its copy is made.
pub(super) struct Held {
    /// The tracks of the blocks that come in now: more than that when another track was added.
    incoming: Channels,
    jobs: VecDeque<DiskJob>,
    /// Too much waits: the copy will not be used.
    overflowed: bool,
}

impl Held {
    pub(super) fn new(to: Channels) -> Self {
        Self { incoming: to, jobs: VecDeque::new(), overflowed: false }
    }

    /// Keeps a job for the copy; gives what of it the old file takes.
    pub(super) fn hold(&mut self, job: DiskJob, old: Channels) -> Option<Vec<Vec<u8>>> {
        let narrow = match &job {
            DiskJob::Append(_, pieces) => {
                Some(pieces.iter().map(|piece| with_tracks(piece, self.incoming, old)).collect())
            }
            DiskJob::Widen(_, channels, _) => {
                self.incoming = *channels;
                None
            }
            _ => None,
        };
        let audio = matches!(job, DiskJob::Append(..));
        self.overflowed |= audio && self.jobs.len() >= JOBS_HELD_MAX;
        if !(audio && self.overflowed) {
            self.jobs.push_back(job);
        }
        narrow
    }

    /// The copy is made: writes what waited for it and puts it in the old one's place.
    pub(super) fn take_over(&mut self, copy: &mut SoundWriter, path: &Path) -> io::Result<()> {
        if self.overflowed {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "too much waits for the copy"));
        }
        while let Some(DiskJob::Append(_, pieces)) = self.jobs.front() {
            copy.append(pieces)?;
            self.jobs.pop_front();
        }
        fs::rename(copy_path(path), path)
    }

    /// What else waited, in order.
    pub(super) fn jobs(self) -> VecDeque<DiskJob> {
        self.jobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::RecordId;
    use crate::gateway::media::disk::tests::keys;
    use crate::units::LegId;

    const STEREO: Channels = Channels::Stereo;
    const KEY: Key = (LegId(1), RecordId(1));

    fn three() -> Channels {
        Channels::of(3).unwrap()
    }

    #[test]
    fn samples_keep_their_tracks_both_ways() {
        let two = [1, 0, 2, 0, 3, 0, 4, 0];
        let three_tracks = [1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0, 0];
        assert_eq!(with_tracks(&two, STEREO, three()), three_tracks);
        assert_eq!(with_tracks(&three_tracks, three(), STEREO), two);
        let mut held = Held::new(three());
        let narrow = held.hold(DiskJob::Append(KEY, vec![three_tracks.to_vec()]), STEREO);
        assert_eq!(narrow, Some(vec![two.to_vec()]));
    }

    #[test]
    fn what_waits_for_a_copy_has_a_limit() {
        let mut held = Held::new(three());
        for _ in 0..=JOBS_HELD_MAX {
            held.hold(DiskJob::Append(KEY, vec![vec![0; 6]]), STEREO);
        }
        held.hold(DiskJob::Discard(KEY), STEREO);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut copy = keys(folder.path()).create(&path, three()).unwrap();
        assert!(held.take_over(&mut copy, &path).is_err());
        assert!(matches!(held.jobs().pop_back(), Some(DiskJob::Discard(_))));
    }
}
