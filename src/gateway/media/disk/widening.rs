//! A recording written anew with one track more: a copy beside it, flushed to stable storage, that
//! takes its place when it holds everything. Copying has a thread of its own, so that an hour of
//! audio delays no other recording. Meanwhile blocks wait for the copy in order, and the old file
//! gets them too, without the new track: killed at any instant, one valid file is there.

use super::{DiskJob, DiskQueue, Key, open_private, write_all_at};
use crate::store::WIDENING_SUFFIX;
use crate::wire::wav::{self, Channels, HEADER_LEN};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Recordings that wait to be written anew; past it a recording fails, never a call.
const WIDENINGS_WAITING_MAX: usize = 1_024;
/// Jobs of one recording that wait for its copy: a minute of blocks with their headers.
const JOBS_HELD_MAX: usize = 240;
/// Audio that is copied at once: a whole number of frames of any width.
const COPY_SAMPLES: u64 = 8_000;

/// One file to be copied.
pub(super) struct Widen {
    pub(super) key: Key,
    pub(super) from: File,
    pub(super) old: Channels,
    pub(super) new: Channels,
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

/// Everything that is in the file now, silent on the new tracks, on stable storage.
pub(super) fn copy(job: &Widen) -> io::Result<File> {
    let length = job.from.metadata()?.len().saturating_sub(HEADER_LEN as u64);
    let frames = length / u64::from(job.old.frame_bytes());
    let file = open_private(&job.copy, false)?;
    let mut writer = BufWriter::with_capacity(1 << 16, &file);
    let data = frames * u64::from(job.new.frame_bytes());
    writer.write_all(&wav::header(job.new, u32::try_from(data).unwrap_or(u32::MAX)))?;
    let mut at = 0;
    let mut bytes = Vec::new();
    while at < frames {
        let count = COPY_SAMPLES.min(frames - at);
        let len = usize::try_from(count).unwrap_or(0) * usize::from(job.old.frame_bytes());
        bytes.resize(len, 0);
        let offset = HEADER_LEN as u64 + at * u64::from(job.old.frame_bytes());
        job.from.read_exact_at(&mut bytes, offset)?;
        writer.write_all(&with_tracks(&bytes, job.old, job.new))?;
        at += count;
    }
    writer.flush()?;
    drop(writer);
    file.sync_all()?;
    Ok(file)
}

/// Interleaved samples with other tracks: new ones silent, surplus ones left out.
fn with_tracks(bytes: &[u8], from: Channels, to: Channels) -> Vec<u8> {
    let (old, new) = (usize::from(from.frame_bytes()), usize::from(to.frame_bytes()));
    let mut out = vec![0; bytes.len() / old * new];
    for (frame, out) in bytes.chunks_exact(old).zip(out.chunks_exact_mut(new)) {
        let kept = old.min(new);
        out[..kept].copy_from_slice(&frame[..kept]);
    }
    out
}

/// A recording while its copy is made.
pub(super) struct Held {
    /// The tracks of the copy.
    to: Channels,
    /// The tracks of the blocks that come in now: more than that when another track was added.
    incoming: Channels,
    jobs: VecDeque<DiskJob>,
    /// Too much waits: the copy will not be used.
    overflowed: bool,
}

impl Held {
    pub(super) fn new(to: Channels) -> Self {
        Self { to, incoming: to, jobs: VecDeque::new(), overflowed: false }
    }

    /// Keeps a job for the copy; gives what of it the old file takes.
    pub(super) fn hold(&mut self, job: DiskJob, old: Channels) -> Option<(u64, Vec<Vec<u8>>)> {
        let narrow = match &job {
            DiskJob::Write(_, offset, pieces) => {
                Some(narrowed(*offset, pieces, self.incoming, old))
            }
            DiskJob::Widen(_, channels, _) => {
                self.incoming = *channels;
                None
            }
            _ => None,
        };
        let audio = matches!(job, DiskJob::Write(..));
        self.overflowed |= audio && self.jobs.len() >= JOBS_HELD_MAX;
        if !(audio && self.overflowed) {
            self.jobs.push_back(job);
        }
        narrow
    }

    /// The copy is made: writes what waited for it and puts it in the old one's place.
    pub(super) fn take_over(&mut self, file: &File, path: &Path) -> io::Result<Channels> {
        if self.overflowed {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "too much waits for the copy"));
        }
        while let Some(DiskJob::Write(_, offset, pieces)) = self.jobs.front() {
            write_all_at(file, pieces, *offset)?;
            self.jobs.pop_front();
        }
        fs::rename(copy_path(path), path)?;
        Ok(self.to)
    }

    /// What else waited, in order.
    pub(super) fn jobs(self) -> VecDeque<DiskJob> {
        self.jobs
    }
}

/// A write to a file of some tracks as a write to one of fewer.
fn narrowed(offset: u64, pieces: &[Vec<u8>], from: Channels, to: Channels) -> (u64, Vec<Vec<u8>>) {
    let head = HEADER_LEN as u64;
    let moved = |length: u64| length / u64::from(from.frame_bytes()) * u64::from(to.frame_bytes());
    if offset >= head {
        let narrow = pieces.iter().map(|piece| with_tracks(piece, from, to)).collect();
        return (head + moved(offset - head), narrow);
    }
    let length = pieces.first().and_then(|header| header.last_chunk::<4>());
    let length = length.map_or(0, |&length| u32::from_le_bytes(length));
    let length = u32::try_from(moved(u64::from(length))).unwrap_or(u32::MAX);
    (0, vec![wav::header(to, length).to_vec()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::RecordId;
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
        let (offset, pieces) = narrowed(44 + 12, &[three_tracks.to_vec()], three(), STEREO);
        assert_eq!((offset, pieces), (44 + 8, vec![two.to_vec()]));
        let header = narrowed(0, &[wav::header(three(), 12).to_vec()], three(), STEREO);
        assert_eq!(header, (0, vec![wav::header(STEREO, 8).to_vec()]));
    }

    #[test]
    fn what_waits_for_a_copy_has_a_limit() {
        let mut held = Held::new(three());
        for n in 0..=JOBS_HELD_MAX as u64 {
            held.hold(DiskJob::Write(KEY, 44 + 6 * n, vec![vec![0; 6]]), STEREO);
        }
        held.hold(DiskJob::Discard(KEY), STEREO);
        let folder = tempfile::tempdir().unwrap();
        let file = open_private(&folder.path().join("a"), true).unwrap();
        assert!(held.take_over(&file, &folder.path().join("b")).is_err());
        assert!(matches!(held.jobs().pop_back(), Some(DiskJob::Discard(_))));
    }
}
