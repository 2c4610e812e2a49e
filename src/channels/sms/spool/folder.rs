//! The folders and their files.

use super::PartId;
use crate::wire::spool::{SPOOL_FILE_BYTES_MAX, is_name};
use rustix::fs::Access;
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What our files are called: this, the message, the part of so many, the attempt.
const OURS: &str = "mayorline";
/// smsd passes over a file of such a name.
const BEING_WRITTEN: &str = ".LOCK";
/// Names that are looked at in one folder; past it the rest waits.
pub const NAMES_A_LOOK_MAX: usize = 10_000;
/// smsd runs as another user of the same group.
const MODE: u32 = 0o660;

/// smsd's folders.
#[derive(Debug, Clone)]
pub struct Folders {
    root: PathBuf,
    status_written: Option<SystemTime>,
    status_is_new: bool,
}

/// A file that was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) written: SystemTime,
    pub(super) path: PathBuf,
}

impl Folders {
    /// Looks whether they are there and ours to use, and removes what was left half written of ours.
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        let folders = Self { root: root.to_owned(), status_written: None, status_is_new: false };
        for name in ["outgoing", "checked", "incoming", "report", "sent", "failed"] {
            let folder = root.join(name);
            let usable = usable(&folder);
            usable.map_err(|error| {
                Error::new(error.kind(), format!("{}: {error}", folder.display()))
            })?;
        }
        let is_half = |name: &str| name.starts_with(OURS) && name.ends_with(BEING_WRITTEN);
        for file in list(&folders.outgoing(), is_half)? {
            fs::remove_file(file.path)?;
        }
        Ok(folders)
    }

    pub(super) fn outgoing(&self) -> PathBuf {
        self.root.join("outgoing")
    }

    pub(super) fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    pub(super) fn report(&self) -> PathBuf {
        self.root.join("report")
    }

    pub(super) fn sent(&self) -> PathBuf {
        self.root.join("sent")
    }

    pub(super) fn failed(&self) -> PathBuf {
        self.root.join("failed")
    }

    /// What this modem got, the oldest first.
    pub(super) fn received(&self, folder: &Path, modem: &str) -> Result<Vec<Found>, Error> {
        list(folder, |name| is_name(name, modem))
    }

    /// Our files of a folder, the oldest first.
    pub(super) fn ours(&self, folder: &Path) -> Result<Vec<(PartId, Found)>, Error> {
        let found = list(folder, |name| id_of(name).is_some())?;
        let named = found.into_iter().filter_map(|file| {
            let id = id_of(file.path.file_name()?.to_str()?)?;
            Some((id, file))
        });
        Ok(named.collect())
    }

    /// What smsd has and has not sent.
    pub(super) fn waiting(&self) -> Result<Vec<(PartId, Found)>, Error> {
        let mut waiting = self.ours(&self.outgoing())?;
        waiting.extend(self.ours(&self.root.join("checked"))?);
        Ok(waiting)
    }

    /// The octets; a link or a file larger than smsd writes is an error.
    pub(super) fn read(&self, file: &Found) -> Result<Vec<u8>, Error> {
        let mut options = OpenOptions::new();
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
        let opened = options.open(&file.path)?;
        if !opened.metadata()?.is_file() {
            return Err(Error::new(ErrorKind::InvalidInput, "not a file"));
        }
        let mut bytes = Vec::new();
        let limit = SPOOL_FILE_BYTES_MAX as u64 + 1;
        opened.take(limit).read_to_end(&mut bytes)?;
        if bytes.len() > SPOOL_FILE_BYTES_MAX {
            return Err(Error::new(ErrorKind::FileTooLarge, "larger than smsd writes"));
        }
        Ok(bytes)
    }

    pub(super) fn remove(&self, file: &Found) -> Result<(), Error> {
        fs::remove_file(&file.path)
    }

    /// A file that smsd sees whole or not at all, and that a power cut does not take back.
    pub(super) fn write(&self, id: PartId, bytes: &[u8]) -> Result<(), Error> {
        let folder = self.outgoing();
        let PartId { message, number, total, attempt } = id;
        let name = format!("{OURS}-{message}-{number}-{total}-{attempt}");
        let half = folder.join(format!("{name}{BEING_WRITTEN}"));
        let written = Self::write_half(&half, bytes);
        let outcome = written.and_then(|()| fs::rename(&half, folder.join(&name)));
        if outcome.is_err() {
            // What is left is passed over by smsd and removed at the next start.
            let _ = fs::remove_file(&half);
        }
        outcome?;
        // It is out of our hands now: a failure here is no failure of the text.
        if let Err(error) = File::open(&folder).and_then(|folder| folder.sync_all()) {
            tracing::error!(%error, "ALARM the folder of texts to be sent cannot be written through");
        }
        Ok(())
    }

    fn write_half(half: &Path, bytes: &[u8]) -> Result<(), Error> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(MODE);
        let mut file = options.open(half)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// What smsd tells about its modems.
    pub(super) fn status(&mut self) -> Option<String> {
        let path = self.root.join("stats").join("status");
        let written = fs::metadata(&path).and_then(|data| data.modified()).ok();
        self.status_is_new = written.is_some() && written != self.status_written;
        self.status_written = written;
        let file = Found { written: written?, path };
        String::from_utf8(self.read(&file).ok()?).ok()
    }

    /// Whether it was written since the last time but one.
    pub(super) fn status_is_new(&self) -> bool {
        self.status_is_new
    }
}

/// Whether files of smsd can be taken out of it. Debian's folders have the sticky bit: with it only the
/// owner of a file may.
fn usable(folder: &Path) -> Result<(), Error> {
    const STICKY: u32 = 0o1000;
    let data = fs::metadata(folder)?;
    rustix::fs::access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
    let user = rustix::process::geteuid();
    let is_sticky = data.mode() & STICKY != 0;
    if is_sticky && !user.is_root() && data.uid() != user.as_raw() {
        let what = "files of smsd cannot be removed: chmod -t (deploy/smsd.conf)";
        return Err(Error::new(ErrorKind::PermissionDenied, what));
    }
    Ok(())
}

/// The part that a name of ours stands for.
fn id_of(name: &str) -> Option<PartId> {
    let mut numbers = name.strip_prefix(OURS)?.strip_prefix('-')?.split('-');
    let id = PartId {
        message: numbers.next()?.parse().ok()?,
        number: numbers.next()?.parse().ok()?,
        total: numbers.next()?.parse().ok()?,
        attempt: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some(id)
}

/// The files of such names, the oldest first.
fn list(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Found>, Error> {
    let found = fs::read_dir(folder)?.take(NAMES_A_LOOK_MAX).filter_map(|entry| {
        let entry = entry.ok()?;
        let wanted = is_wanted(entry.file_name().to_str()?);
        let written = wanted.then(|| entry.metadata().ok()?.modified().ok())??;
        Some(Found { written, path: entry.path() })
    });
    let mut found: Vec<Found> = found.collect();
    found.sort();
    Ok(found)
}
