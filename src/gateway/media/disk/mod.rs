//! The disk thread: recordings go from the media threads to files without anybody waiting.
//!
//! A recording is a file that is valid after every block; when it is closed it is flushed to stable
//! storage, hashed, and only then reported. Past the queue's limit a recording fails, never a call.

mod widening;

use super::{LegReport, MediaReport};
use crate::domain::call::{RecordId, RecordingSummary};
use crate::units::LegId;
use crate::wire::wav::Channels;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, IoSlice, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use widening::{Held, Widen};

/// Where recordings go and how much may wait.
#[derive(Debug, Clone)]
pub struct DiskConfig {
    /// The data folder.
    pub folder: PathBuf,
    /// Jobs that may wait for the disk; one block is about half a second of one recording.
    pub queue_max: usize,
}

/// Names a recording for its time on disk.
pub(super) type Key = (LegId, RecordId);

/// What the disk thread is asked to do.
#[derive(Debug)]
pub(super) enum DiskJob {
    /// Create the file, for blocks of so many tracks.
    Create(Key, String, Channels),
    /// Write the pieces of a block, one behind the other.
    Write(Key, u64, Vec<Vec<u8>>),
    /// Give the file so many tracks; the blocks that follow have them. The copy's thread reports
    /// by the queue.
    Widen(Key, Channels, DiskQueue),
    /// The copy with more tracks is made.
    Widened(Key, io::Result<File>),
    /// Flush, hash, report.
    Close(Key, Lengths),
    /// Delete the file.
    Discard(Key),
}

impl DiskJob {
    fn key(&self) -> Key {
        match self {
            Self::Create(key, ..)
            | Self::Write(key, ..)
            | Self::Widen(key, ..)
            | Self::Widened(key, _)
            | Self::Close(key, _)
            | Self::Discard(key) => *key,
        }
    }
}

/// What the recorder counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    /// Audio in all.
    pub(super) duration: Duration,
    /// Speech by level.
    pub(super) speech: Duration,
}

/// The way to the disk thread.
#[derive(Debug, Clone)]
pub(super) struct DiskQueue(SyncSender<DiskJob>);

impl DiskQueue {
    /// Hands a job over without waiting; `false` when the disk has fallen behind its limit.
    pub(super) fn offer(&self, job: DiskJob) -> bool {
        match self.0.try_send(job) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Hands a job over and waits for room; never on a media thread.
    fn insist(&self, job: DiskJob) {
        // The disk thread goes on as long as somebody may still hand over.
        let _ = self.0.send(job);
    }
}

/// The running disk thread.
#[derive(Debug)]
pub struct Disk {
    queue: SyncSender<DiskJob>,
    thread: JoinHandle<()>,
}

impl Disk {
    /// Starts the thread; reports go to `reports`.
    pub fn start(config: DiskConfig, reports: Sender<LegReport>) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(config.queue_max);
        let (copies, copier) = widening::start()?;
        let thread = std::thread::Builder::new().name("recordings".into()).spawn(move || {
            Writer { folder: config.folder, open: HashMap::new(), reports, copies }.run(&jobs);
            if copier.join().is_err() {
                tracing::error!("the thread that rewrites recordings died");
            }
        })?;
        Ok(Self { queue, thread })
    }

    pub(super) fn queue(&self) -> DiskQueue {
        DiskQueue(self.queue.clone())
    }

    /// Waits until everything handed over is written. The media threads must have ended.
    pub fn finish(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the recording thread died");
        }
    }
}

/// One recording on disk; `file` is gone once a write has failed.
struct Recording {
    path: String,
    file: Option<File>,
    /// The tracks in the file.
    channels: Channels,
    /// A copy with more tracks is being made.
    held: Option<Held>,
}

struct Writer {
    folder: PathBuf,
    open: HashMap<Key, Recording>,
    reports: Sender<LegReport>,
    copies: SyncSender<Widen>,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<DiskJob>) {
        while let Ok(job) = jobs.recv() {
            self.take(job);
        }
    }

    fn take(&mut self, job: DiskJob) {
        let copied = matches!(job, DiskJob::Widened(..));
        if let Some(recording) = self.open.get_mut(&job.key())
            && let Some(held) = recording.held.as_mut().filter(|_| !copied)
        {
            if let Some((offset, pieces)) = held.hold(job, recording.channels) {
                recording.write(offset, &pieces);
            }
            return;
        }
        match job {
            DiskJob::Create(key, path, channels) => self.create(key, path, channels),
            DiskJob::Write(key, offset, pieces) => {
                if let Some(recording) = self.open.get_mut(&key) {
                    recording.write(offset, &pieces);
                }
            }
            DiskJob::Widen(key, channels, reply) => self.widen(key, channels, reply),
            DiskJob::Widened(key, copied) => self.widened(key, copied),
            DiskJob::Close(key, lengths) => self.close(key, lengths),
            DiskJob::Discard(key) => self.discard(key),
        }
    }

    fn create(&mut self, key: Key, path: String, channels: Channels) {
        let file = create_private(&self.folder.join(&path));
        let file = file.map_err(|error| tracing::error!(%error, "a recording cannot be created"));
        self.open.insert(key, Recording { path, file: file.ok(), channels, held: None });
    }

    /// Has a copy with more tracks made; until it is there the recording's jobs are held.
    fn widen(&mut self, key: Key, new: Channels, reply: DiskQueue) {
        let Some(recording) = self.open.get_mut(&key) else { return };
        let Some(file) = &recording.file else { return };
        let copy = widening::copy_path(&self.folder.join(&recording.path));
        let asked = file.try_clone().and_then(|from| {
            let widen = Widen { key, from, old: recording.channels, new, copy, reply };
            self.copies.try_send(widen).map_err(|error| io::Error::other(error.to_string()))
        });
        match asked {
            Ok(()) => recording.held = Some(Held::new(new)),
            Err(error) => recording.fail(&error),
        }
    }

    /// The copy is made: it takes the recording's place, and what was held goes on.
    fn widened(&mut self, key: Key, copied: io::Result<File>) {
        let Some(recording) = self.open.get_mut(&key) else { return };
        let Some(mut held) = recording.held.take() else { return };
        let path = self.folder.join(&recording.path);
        let taken = copied.and_then(|file| Ok((held.take_over(&file, &path)?, file)));
        match taken {
            Ok((channels, file)) if recording.file.is_some() => {
                (recording.channels, recording.file) = (channels, Some(file));
            }
            Ok(_) => {}
            Err(error) => {
                // What is left of the copy is removed at the next start, if not now.
                let _ = fs::remove_file(widening::copy_path(&path));
                recording.fail(&error);
            }
        }
        held.jobs().into_iter().for_each(|job| self.take(job));
    }

    fn close(&mut self, (leg, record): Key, lengths: Lengths) {
        let Some(Recording { path, file, .. }) = self.open.remove(&(leg, record)) else { return };
        let stored = file.map(|file| file.sync_all().and_then(|()| hash(&self.folder.join(&path))));
        if !matches!(stored, Some(Ok(_))) {
            self.remove_empty(&path);
        }
        let report = match stored {
            Some(Ok(sha256)) => MediaReport::Recorded(
                record,
                RecordingSummary {
                    file: path,
                    duration: lengths.duration,
                    speech: lengths.speech,
                    sha256,
                },
            ),
            Some(Err(error)) => {
                tracing::error!(%error, file = path, "a recording cannot be closed");
                MediaReport::RecordFailed(record)
            }
            None => MediaReport::RecordFailed(record),
        };
        // Nobody listens any more only when the service is at its end.
        let _ = self.reports.blocking_send((leg, report));
    }

    /// What a full disk left of a recording is kept for the next start to take in, but not a file
    /// without any audio.
    fn remove_empty(&self, path: &str) {
        let path = self.folder.join(path);
        if fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            // Not even that: the next start passes it over.
            let _ = fs::remove_file(&path);
        }
    }

    fn discard(&mut self, key: Key) {
        let Some(recording) = self.open.remove(&key) else { return };
        if let Err(error) = fs::remove_file(self.folder.join(&recording.path)) {
            tracing::error!(%error, file = recording.path, "a recording cannot be deleted");
        }
    }
}

impl Recording {
    fn write(&mut self, offset: u64, pieces: &[Vec<u8>]) {
        let written = self.file.as_ref().map(|file| write_all_at(file, pieces, offset));
        if let Some(Err(error)) = written {
            self.fail(&error);
        }
    }

    /// The file stays as it is; nothing more is written to it.
    fn fail(&mut self, error: &io::Error) {
        tracing::error!(%error, file = self.path, "a recording cannot be written");
        self.file = None;
    }
}

/// Writes pieces one behind the other, with one call of the kernel where it takes them all.
fn write_all_at(file: &File, pieces: &[Vec<u8>], offset: u64) -> io::Result<()> {
    let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut taken = match rustix::io::pwritev(file, &slices, offset) {
        Ok(taken) => taken,
        Err(rustix::io::Errno::INTR) => 0,
        Err(error) => return Err(error.into()),
    };
    let mut at = offset;
    for piece in pieces {
        let done = taken.min(piece.len());
        file.write_all_at(&piece[done..], at + done as u64)?;
        taken -= done;
        at += piece.len() as u64;
    }
    Ok(())
}

/// Creates a file that only the service's user may read, and its folders. A folder that cannot be
/// made fails the recording, never the call.
fn create_private(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    open_private(path, true)
}

/// A file for reading and writing; one that is there is emptied unless it has to be `new`.
fn open_private(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(!new).create_new(new);
    options.mode(0o600).open(path)
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut sha256 = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(sha256.finalize().into()),
            n => sha256.update(&block[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::wav;
    use tokio::sync::mpsc::channel;

    const KEY: Key = (LegId(1), RecordId(1));
    const LENGTHS: Lengths =
        Lengths { duration: Duration::from_secs(1), speech: Duration::from_millis(600) };

    fn run(folder: &Path, jobs: Vec<DiskJob>) -> Vec<LegReport> {
        let (sender, mut reports) = channel(8);
        let config = DiskConfig { folder: folder.to_owned(), queue_max: 16 };
        let disk = Disk::start(config, sender).unwrap();
        for job in jobs {
            assert!(disk.queue().offer(job));
        }
        disk.finish();
        std::iter::from_fn(|| reports.try_recv().ok()).collect()
    }

    #[test]
    fn a_closed_recording_is_reported_with_the_hash_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = "recordings/2026/a.wav".to_owned();
        let reports = run(
            folder.path(),
            vec![
                DiskJob::Create(KEY, file.clone(), Channels::Mono),
                DiskJob::Write(KEY, 3, vec![b"de".to_vec(), b"f".to_vec()]),
                DiskJob::Write(KEY, 0, vec![b"abc".to_vec()]),
                DiskJob::Close(KEY, LENGTHS),
            ],
        );
        let [(LegId(1), MediaReport::Recorded(RecordId(1), summary))] = &reports[..] else {
            panic!("{reports:?}");
        };
        assert_eq!(fs::read(folder.path().join(&file)).unwrap(), b"abcdef");
        assert_eq!(summary.sha256, <[u8; 32]>::from(Sha256::digest(b"abcdef")));
    }

    #[test]
    fn a_recording_that_cannot_be_created_fails_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("recordings"), "a file where a folder should be").unwrap();
        let reports = run(
            folder.path(),
            vec![
                DiskJob::Create(KEY, "recordings/a.wav".into(), Channels::Mono),
                DiskJob::Write(KEY, 0, vec![vec![1]]),
                DiskJob::Close(KEY, LENGTHS),
            ],
        );
        assert_eq!(reports, [(LegId(1), MediaReport::RecordFailed(RecordId(1)))]);
    }

    #[test]
    fn a_failed_recording_leaves_what_was_written_and_no_empty_file() {
        for (written, kept) in [(b"".to_vec(), false), (b"abc".to_vec(), true)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.wav");
            let (reports, mut heard) = channel(8);
            let (copies, _copies) = sync_channel(1);
            let (folder, open) = (folder.path().to_owned(), HashMap::new());
            let mut writer = Writer { folder, open, reports, copies };
            writer.create(KEY, "a.wav".to_owned(), Channels::Mono);
            writer.take(DiskJob::Write(KEY, 0, vec![written]));
            writer.open.get_mut(&KEY).unwrap().file = None;
            writer.close(KEY, LENGTHS);
            assert_eq!(heard.try_recv().unwrap().1, MediaReport::RecordFailed(RecordId(1)));
            assert_eq!(path.exists(), kept);
        }
    }

    #[test]
    fn a_discarded_recording_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let jobs =
            vec![DiskJob::Create(KEY, "a.wav".into(), Channels::Mono), DiskJob::Discard(KEY)];
        assert_eq!(run(folder.path(), jobs), []);
        assert!(!folder.path().join("a.wav").exists());
    }

    fn three() -> Channels {
        Channels::of(3).unwrap()
    }

    /// The half second at a place, one value in all its bytes, and the header that covers it.
    fn block(at: u64, channels: Channels, value: u8) -> [DiskJob; 2] {
        let len = u64::from(channels.frame_bytes()) * 4_000;
        let bytes = vec![value; usize::try_from(len).unwrap()];
        let covered = u32::try_from((at + 1) * len).unwrap();
        let header = wav::header(channels, covered).to_vec();
        [DiskJob::Write(KEY, 44 + at * len, vec![bytes]), DiskJob::Write(KEY, 0, vec![header])]
    }

    #[test]
    fn a_recording_is_valid_at_every_instant_while_a_track_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let (reports, mut heard) = channel(8);
        let (copies, asked) = sync_channel(4);
        let (jobs, replies) = sync_channel(4);
        let open = HashMap::new();
        let mut writer = Writer { folder: folder.path().to_owned(), open, reports, copies };
        let halves = |expected: (u16, usize)| {
            let bytes = fs::read(&path).unwrap();
            let wav = wav::parse(&bytes).unwrap();
            assert!(!wav.cut_off);
            assert_eq!((wav.channels.count(), wav.frames() / 4_000), expected);
        };
        writer.create(KEY, "a.wav".to_owned(), Channels::Stereo);
        block(0, Channels::Stereo, 1).into_iter().for_each(|job| writer.take(job));
        writer.take(DiskJob::Widen(KEY, three(), DiskQueue(jobs.clone())));
        halves((2, 1));
        block(1, three(), 2).into_iter().for_each(|job| writer.take(job));
        halves((2, 2));
        let copied = widening::copy(&asked.try_recv().unwrap());
        halves((2, 2));
        // Another leg joins before the first copy has taken its place.
        writer.take(DiskJob::Widen(KEY, Channels::of(4).unwrap(), DiskQueue(jobs.clone())));
        block(2, Channels::of(4).unwrap(), 3).into_iter().for_each(|job| writer.take(job));
        halves((2, 3));
        writer.take(DiskJob::Widened(KEY, copied));
        halves((3, 3));
        let copied = widening::copy(&asked.try_recv().unwrap());
        writer.take(DiskJob::Close(KEY, LENGTHS));
        assert!(heard.try_recv().is_err(), "it closes when its copy has taken its place");
        writer.take(DiskJob::Widened(KEY, copied));
        halves((4, 3));
        assert!(matches!(heard.try_recv().unwrap().1, MediaReport::Recorded(..)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no copy is left");
        let bytes = fs::read(&path).unwrap();
        let track: Vec<i16> = wav::parse(&bytes).unwrap().track(3).collect();
        assert!(track[..8_000].iter().all(|&sample| sample == 0));
        assert!(track[8_000..].iter().all(|&sample| sample == 0x0303));
        drop(replies);
    }

    #[test]
    fn a_copy_that_fails_leaves_the_recording_as_it_was_and_fails_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.wav.widening")).unwrap();
        let (sender, mut reports) = channel(8);
        let config = DiskConfig { folder: folder.path().to_owned(), queue_max: 16 };
        let disk = Disk::start(config, sender).unwrap();
        let queue = disk.queue();
        assert!(queue.offer(DiskJob::Create(KEY, "a.wav".into(), Channels::Stereo)));
        block(0, Channels::Stereo, 1).into_iter().for_each(|job| assert!(queue.offer(job)));
        assert!(queue.offer(DiskJob::Widen(KEY, three(), queue.clone())));
        assert!(queue.offer(DiskJob::Close(KEY, LENGTHS)));
        drop(queue);
        disk.finish();
        assert_eq!(reports.try_recv().unwrap().1, MediaReport::RecordFailed(RecordId(1)));
        let bytes = fs::read(folder.path().join("a.wav")).unwrap();
        assert_eq!(wav::parse(&bytes).unwrap().frames(), 4_000);
    }
}
