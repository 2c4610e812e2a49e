//! The disk thread: recordings go from the media threads to files without anybody waiting.
//!
//! A recording is a file that is valid after every block; when it is closed it is flushed to stable
//! storage, hashed, and only then reported. Past the queue's limit a recording fails, never a call.

use super::{LegReport, MediaReport};
use crate::domain::call::{RecordId, RecordingSummary};
use crate::units::LegId;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

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
    /// Create the file.
    Create(Key, String),
    /// Write a block.
    Write(Key, u64, Vec<u8>),
    /// Flush, hash, report.
    Close(Key, Lengths),
    /// Delete the file.
    Discard(Key),
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
        let thread = std::thread::Builder::new().name("recordings".into()).spawn(move || {
            Writer { folder: config.folder, open: HashMap::new(), reports }.run(&jobs);
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
}

struct Writer {
    folder: PathBuf,
    open: HashMap<Key, Recording>,
    reports: Sender<LegReport>,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<DiskJob>) {
        while let Ok(job) = jobs.recv() {
            match job {
                DiskJob::Create(key, path) => self.create(key, path),
                DiskJob::Write(key, offset, bytes) => self.write(key, offset, &bytes),
                DiskJob::Close(key, lengths) => self.close(key, lengths),
                DiskJob::Discard(key) => self.discard(key),
            }
        }
    }

    fn create(&mut self, key: Key, path: String) {
        let file = create_private(&self.folder.join(&path));
        let file = file.map_err(|error| tracing::error!(%error, "a recording cannot be created"));
        self.open.insert(key, Recording { path, file: file.ok() });
    }

    fn write(&mut self, key: Key, offset: u64, bytes: &[u8]) {
        let Some(recording) = self.open.get_mut(&key) else { return };
        let written = recording.file.as_ref().map(|file| file.write_all_at(bytes, offset));
        if let Some(Err(error)) = written {
            tracing::error!(%error, file = recording.path, "a recording cannot be written");
            recording.file = None;
        }
    }

    fn close(&mut self, (leg, record): Key, lengths: Lengths) {
        let Some(Recording { path, file }) = self.open.remove(&(leg, record)) else { return };
        let stored = file.map(|file| file.sync_all().and_then(|()| hash(&self.folder.join(&path))));
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

    fn discard(&mut self, key: Key) {
        let Some(recording) = self.open.remove(&key) else { return };
        if let Err(error) = fs::remove_file(self.folder.join(&recording.path)) {
            tracing::error!(%error, file = recording.path, "a recording cannot be deleted");
        }
    }
}

/// Creates a file that only the service's user may read, and its folders. A folder that cannot be
/// made fails the recording, never the call.
fn create_private(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
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
                DiskJob::Create(KEY, file.clone()),
                DiskJob::Write(KEY, 3, b"def".to_vec()),
                DiskJob::Write(KEY, 0, b"abc".to_vec()),
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
                DiskJob::Create(KEY, "recordings/a.wav".into()),
                DiskJob::Write(KEY, 0, vec![1]),
                DiskJob::Close(KEY, LENGTHS),
            ],
        );
        assert_eq!(reports, [(LegId(1), MediaReport::RecordFailed(RecordId(1)))]);
    }

    #[test]
    fn a_discarded_recording_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = vec![DiskJob::Create(KEY, "a.wav".into()), DiskJob::Discard(KEY)];
        assert_eq!(run(folder.path(), jobs), []);
        assert!(!folder.path().join("a.wav").exists());
    }
}
