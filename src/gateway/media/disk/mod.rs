//! The disk thread: recordings go from the media threads to files without anybody waiting.
//!
//! A recording is a file that can be played after every block; what is written is sealed here with a
//! key of its own. When it is closed it is flushed to stable storage, hashed, and only then reported.
//! Past the queue's limit a recording fails, never a call.

mod widening;

use super::{LegReport, MediaReport};
use crate::domain::call::{RecordId, RecordingSummary};
use crate::store::{DataFolder, SOUND_HEAD_BYTES, SoundKeys, SoundWriter, digest};
use crate::units::LegId;
use crate::wire::wav::Channels;
use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use widening::{Held, Widen};

/// Where recordings go and how much may wait.
#[derive(Debug, Clone)]
pub struct DiskConfig {
    /// The data folder and its key.
    pub folder: DataFolder,
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
    /// Append the pieces of a block.
    Append(Key, Vec<Vec<u8>>),
    /// Give the file so many tracks; the blocks that follow have them. The copy's thread reports
    /// by the queue.
    Widen(Key, Channels, DiskQueue),
    /// The copy with more tracks is made.
    Widened(Key, io::Result<SoundWriter>),
    /// Flush, hash, report.
    Close(Key, Lengths),
    /// Delete the file.
    Discard(Key),
}

impl DiskJob {
    fn key(&self) -> Key {
        match self {
            Self::Create(key, ..)
            | Self::Append(key, _)
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
            Writer::new(config.folder, reports, copies).run(&jobs);
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
    file: Option<SoundWriter>,
    /// A copy with more tracks is being made.
    held: Option<Held>,
}

struct Writer {
    folder: DataFolder,
    keys: SoundKeys,
    open: HashMap<Key, Recording>,
    reports: Sender<LegReport>,
    copies: SyncSender<Widen>,
}

impl Writer {
    fn new(folder: DataFolder, reports: Sender<LegReport>, copies: SyncSender<Widen>) -> Self {
        let keys = SoundKeys::new(&folder);
        Self { folder, keys, open: HashMap::new(), reports, copies }
    }

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
            let old = recording.file.as_ref().map_or(Channels::Mono, SoundWriter::channels);
            if let Some(pieces) = held.hold(job, old) {
                recording.append(&pieces);
            }
            return;
        }
        match job {
            DiskJob::Create(key, path, channels) => self.create(key, path, channels),
            DiskJob::Append(key, pieces) => {
                if let Some(recording) = self.open.get_mut(&key) {
                    recording.append(&pieces);
                }
            }
            DiskJob::Widen(key, channels, reply) => self.widen(key, channels, reply),
            DiskJob::Widened(key, copied) => self.widened(key, copied),
            DiskJob::Close(key, lengths) => self.close(key, lengths),
            DiskJob::Discard(key) => self.discard(key),
        }
    }

    fn create(&mut self, key: Key, path: String, channels: Channels) {
        let full = self.folder.path.join(&path);
        let file = make_folders(&full).and_then(|()| self.keys.create(&full, channels));
        let file = file.map_err(|error| tracing::error!(%error, "a recording cannot be created"));
        self.open.insert(key, Recording { path, file: file.ok(), held: None });
    }

    /// Has a copy with more tracks made; until it is there the recording's jobs are held.
    fn widen(&mut self, key: Key, new: Channels, reply: DiskQueue) {
        let Some(recording) = self.open.get_mut(&key) else { return };
        let Some(file) = &recording.file else { return };
        let copy = widening::copy_path(&self.folder.path.join(&recording.path));
        let asked = file.widening(new).and_then(|from| {
            let widen = Widen { key, from, keys: self.keys.clone(), copy, reply };
            self.copies.try_send(widen).map_err(|error| io::Error::other(error.to_string()))
        });
        match asked {
            Ok(()) => recording.held = Some(Held::new(new)),
            Err(error) => recording.fail(&error),
        }
    }

    /// The copy is made: it takes the recording's place, and what was held goes on.
    fn widened(&mut self, key: Key, copied: io::Result<SoundWriter>) {
        let Some(recording) = self.open.get_mut(&key) else { return };
        let Some(mut held) = recording.held.take() else { return };
        let path = self.folder.path.join(&recording.path);
        let taken = copied.and_then(|mut copy| {
            held.take_over(&mut copy, &path)?;
            Ok(copy)
        });
        match taken {
            Ok(copy) if recording.file.is_some() => recording.file = Some(copy),
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
        let stored = file.map(|mut file| {
            file.finish()?;
            digest(&self.folder.path.join(&path))
        });
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
        let path = self.folder.path.join(path);
        if fs::metadata(&path).is_ok_and(|file| file.len() <= SOUND_HEAD_BYTES) {
            // Not even that: the next start passes it over.
            let _ = fs::remove_file(&path);
        }
    }

    fn discard(&mut self, key: Key) {
        let Some(recording) = self.open.remove(&key) else { return };
        if let Err(error) = fs::remove_file(self.folder.path.join(&recording.path)) {
            tracing::error!(%error, file = recording.path, "a recording cannot be deleted");
        }
    }
}

impl Recording {
    fn append(&mut self, pieces: &[Vec<u8>]) {
        let appended = self.file.as_mut().map(|file| file.append(pieces));
        if let Some(Err(error)) = appended {
            self.fail(&error);
        }
    }

    /// The file stays as it is; nothing more is written to it.
    fn fail(&mut self, error: &io::Error) {
        tracing::error!(%error, file = self.path, "a recording cannot be written");
        self.file = None;
    }
}

/// The folders of a file. One that cannot be made fails the recording, never the call.
fn make_folders(path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    DirBuilder::new().recursive(true).mode(0o700).create(parent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::channel;

    const KEY: Key = (LegId(1), RecordId(1));
    const LENGTHS: Lengths =
        Lengths { duration: Duration::from_secs(1), speech: Duration::from_millis(600) };

    /// The keys of a folder, which gets a master key.
    pub(super) fn keys(folder: &Path) -> SoundKeys {
        fs::create_dir_all(folder.join("keys")).unwrap();
        fs::write(folder.join("keys/master.key"), "07".repeat(32)).unwrap();
        SoundKeys::new(&DataFolder::from(folder))
    }

    fn sound(path: &Path) -> (Channels, u64, Vec<u8>) {
        let keys = keys(path.ancestors().find(|path| path.join("keys").is_dir()).unwrap());
        let sound = keys.open(path).unwrap();
        (sound.channels(), sound.frames(), sound.read(0, u64::MAX).unwrap())
    }

    fn writer(folder: &Path) -> (Writer, tokio::sync::mpsc::Receiver<LegReport>, Receiver<Widen>) {
        keys(folder);
        let (reports, heard) = channel(8);
        let (copies, asked) = sync_channel(4);
        (Writer::new(DataFolder::from(folder), reports, copies), heard, asked)
    }

    fn run(folder: &Path, jobs: Vec<DiskJob>) -> Vec<LegReport> {
        keys(folder);
        let (sender, mut reports) = channel(8);
        let config = DiskConfig { folder: DataFolder::from(folder), queue_max: 16 };
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
                DiskJob::Append(KEY, vec![b"ab".to_vec(), b"cd".to_vec()]),
                DiskJob::Append(KEY, vec![b"ef".to_vec()]),
                DiskJob::Close(KEY, LENGTHS),
            ],
        );
        let [(LegId(1), MediaReport::Recorded(RecordId(1), summary))] = &reports[..] else {
            panic!("{reports:?}");
        };
        let path = folder.path().join(&file);
        assert_eq!(sound(&path), (Channels::Mono, 3, b"abcdef".to_vec()));
        assert_eq!(summary.sha256, digest(&path).unwrap());
        assert!(!fs::read(&path).unwrap().windows(6).any(|window| window == b"abcdef"));
    }

    #[test]
    fn a_recording_that_cannot_be_created_fails_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("recordings"), "a file where a folder should be").unwrap();
        let reports = run(
            folder.path(),
            vec![
                DiskJob::Create(KEY, "recordings/a.wav".into(), Channels::Mono),
                DiskJob::Append(KEY, vec![vec![1, 1]]),
                DiskJob::Close(KEY, LENGTHS),
            ],
        );
        assert_eq!(reports, [(LegId(1), MediaReport::RecordFailed(RecordId(1)))]);
    }

    #[test]
    fn a_failed_recording_leaves_what_was_written_and_no_empty_file() {
        for (written, kept) in [(0, false), (4_000, true)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.wav");
            let (mut writer, mut heard, _asked) = writer(folder.path());
            writer.create(KEY, "a.wav".to_owned(), Channels::Mono);
            writer.take(DiskJob::Append(KEY, vec![vec![1; 2 * written]]));
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

    /// Half a second, one value in all its bytes.
    fn block(channels: Channels, value: u8) -> DiskJob {
        DiskJob::Append(KEY, vec![vec![value; usize::from(channels.frame_bytes()) * 4_000]])
    }

    #[test]
    fn a_recording_can_be_played_at_every_instant_while_a_track_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let (mut writer, mut heard, asked) = writer(folder.path());
        let (jobs, replies) = sync_channel(4);
        let halves = |expected: (u16, u64)| {
            let (channels, frames, _) = sound(&path);
            assert_eq!((channels.count(), frames / 4_000), expected);
        };
        writer.create(KEY, "a.wav".to_owned(), Channels::Stereo);
        writer.take(block(Channels::Stereo, 1));
        // The block that a new track cuts short waits in memory, and goes to both files.
        writer.take(DiskJob::Append(KEY, vec![vec![9; 4 * 160]]));
        writer.take(DiskJob::Widen(KEY, three(), DiskQueue(jobs.clone())));
        halves((2, 1));
        writer.take(block(three(), 2));
        halves((2, 2));
        let copied = widening::copy(&asked.try_recv().unwrap());
        halves((2, 2));
        // Another leg joins before the first copy has taken its place.
        writer.take(DiskJob::Widen(KEY, Channels::of(4).unwrap(), DiskQueue(jobs.clone())));
        writer.take(block(Channels::of(4).unwrap(), 3));
        halves((2, 3));
        writer.take(DiskJob::Widened(KEY, copied));
        halves((3, 3));
        let copied = widening::copy(&asked.try_recv().unwrap());
        writer.take(DiskJob::Close(KEY, LENGTHS));
        assert!(heard.try_recv().is_err(), "it closes when its copy has taken its place");
        writer.take(DiskJob::Widened(KEY, copied));
        assert!(matches!(heard.try_recv().unwrap().1, MediaReport::Recorded(..)));
        let files = fs::read_dir(folder.path()).unwrap();
        assert_eq!(files.count(), 2, "no copy is left beside the recording and the keys");
        let (channels, frames, bytes) = sound(&path);
        assert_eq!((channels.count(), frames), (4, 12_160));
        let samples: Vec<&[u8]> = bytes.chunks_exact(8).collect();
        let expected = [[1, 1, 1, 1, 0, 0, 0, 0], [9, 9, 9, 9, 0, 0, 0, 0]]
            .into_iter()
            .chain([[2, 2, 2, 2, 2, 2, 0, 0], [3; 8]]);
        for (range, sample) in
            [0..4_000, 4_000..4_160, 4_160..8_160, 8_160..12_160].iter().zip(expected)
        {
            assert!(samples[range.clone()].iter().all(|found| *found == sample), "{range:?}");
        }
        drop(replies);
    }

    #[test]
    fn a_copy_that_fails_leaves_the_recording_as_it_was_and_fails_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.wav.widening")).unwrap();
        let (sender, mut reports) = channel(8);
        keys(folder.path());
        let config = DiskConfig { folder: DataFolder::from(folder.path()), queue_max: 16 };
        let disk = Disk::start(config, sender).unwrap();
        let queue = disk.queue();
        assert!(queue.offer(DiskJob::Create(KEY, "a.wav".into(), Channels::Stereo)));
        assert!(queue.offer(block(Channels::Stereo, 1)));
        assert!(queue.offer(DiskJob::Widen(KEY, three(), queue.clone())));
        assert!(queue.offer(DiskJob::Close(KEY, LENGTHS)));
        drop(queue);
        disk.finish();
        assert_eq!(reports.try_recv().unwrap().1, MediaReport::RecordFailed(RecordId(1)));
        assert_eq!(sound(&folder.path().join("a.wav")).1, 4_000);
    }
}
