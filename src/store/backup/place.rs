//! The folder of copies: whether it is there and the right one, who is at it, and what is in it.

use super::manifest::{self, BackupManifest, MANIFEST_FILE};
use super::{BackupConfig, BackupFault};
use crate::store::config::RECORDINGS_FOLDER;
use crate::store::error::{StoreError, at_path};
use crate::store::folder::sync_name;
use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Held locked by whoever makes, checks or puts back a copy.
const LOCK_FILE: &str = "mayorline.lock";

/// Ends the name of a copy that is being made or removed; what a crash leaves of it is removed.
pub(super) const PART: &str = ".part";

/// Copies that are looked at in one folder.
pub const BACKUP_COPIES_SEEN_MAX: usize = 2_000;

/// A copy as it stands in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupCopy {
    /// Its folder's name: the time at which it was begun, in UTC.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// What it says of itself, or why that cannot be read.
    pub manifest: Result<BackupManifest, String>,
}

impl BackupCopy {
    /// The copy that stands in this folder.
    pub(super) fn at(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest = manifest::read(path).map_err(|error| error.to_string());
        Self { name, path: path.to_owned(), manifest }
    }

    /// By what copies are in order, the oldest first; of one that cannot be read its name tells the time, so
    /// that no older one is put back in its place unnoticed.
    fn age(&self) -> (Timestamp, usize, &str) {
        let named = || self.name.split('-').next().and_then(|stem| stem.parse().ok());
        let at = match &self.manifest {
            Ok(manifest) => manifest.at,
            Err(_) => named().unwrap_or(Timestamp::MIN),
        };
        (at, self.name.len(), &self.name)
    }
}

/// The copies of a folder, the oldest first, whether a service runs or not. The folder must be there and
/// be one that could take copies of `data`.
pub fn backups(config: &BackupConfig, data: &Path) -> Result<Vec<BackupCopy>, StoreError> {
    look(config, data)?;
    copies(&config.folder)
}

/// Whether the folder is there and may take copies of `data`.
fn look(config: &BackupConfig, data: &Path) -> Result<(), StoreError> {
    let folder = &config.folder;
    let there = fs::metadata(folder).ok().filter(fs::Metadata::is_dir);
    let Some(there) = there else { return Err(BackupFault::Away(folder.clone()).into()) };
    let data_there = at_path(data, fs::metadata(data))?;
    let (ours, theirs) =
        (at_path(folder, folder.canonicalize())?, at_path(data, data.canonicalize())?);
    if theirs.starts_with(&ours) || ours.starts_with(theirs.join(RECORDINGS_FOLDER)) {
        return Err(BackupFault::Misplaced(folder.clone()).into());
    }
    if config.other_disk && there.dev() == data_there.dev() {
        return Err(BackupFault::SameDisk(folder.clone()).into());
    }
    Ok(())
}

/// The copies of a folder, the oldest first.
pub(super) fn copies(folder: &Path) -> Result<Vec<BackupCopy>, StoreError> {
    let mut found = vec![];
    for entry in at_path(folder, fs::read_dir(folder))? {
        let path = at_path(folder, entry)?.path();
        let named = path.file_name().and_then(|name| name.to_str()).is_some_and(is_copy_name);
        if named && path.join(MANIFEST_FILE).is_file() && found.len() < BACKUP_COPIES_SEEN_MAX {
            found.push(BackupCopy::at(&path));
        }
    }
    found.sort_by(|one, other| one.age().cmp(&other.age()));
    Ok(found)
}

/// Such as 20261122T020000Z, or 20261122T020000Z-2 for the second of that second.
fn is_copy_name(name: &str) -> bool {
    let (stem, number) = name.split_once('-').unwrap_or((name, "1"));
    let fits = |(at, byte): (usize, u8)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    stem.len() == 16 && stem.bytes().enumerate().all(fits) && number.parse::<u32>().is_ok()
}

/// The folder of copies, with nobody else at it.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// Lets others at it when it is dropped.
    _lock: File,
}

impl Place {
    /// The folder of a configuration.
    pub(super) fn enter(config: &BackupConfig, data: &Path) -> Result<Self, StoreError> {
        look(config, data)?;
        Self::enter_at(&config.folder)
    }

    fn enter_at(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let lock = at_path(&path, File::create(&path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(BackupFault::Busy(folder.to_owned()).into()),
            Err(error) => Err(StoreError::File { path, error: error.into() }),
        }
    }

    /// What a crash left of copies that were made or removed.
    pub(super) fn remove_leftovers(&self) -> Result<(), StoreError> {
        for entry in at_path(&self.folder, fs::read_dir(&self.folder))? {
            let path = at_path(&self.folder, entry)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.and_then(|name| name.strip_suffix(PART)).is_some_and(is_copy_name) {
                at_path(&path, fs::remove_dir_all(&path))?;
            }
        }
        Ok(())
    }

    /// The name of a copy that is begun now.
    pub(super) fn free_name(&self, now: Timestamp) -> String {
        let stem = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        names.find(|name| !self.folder.join(name).exists()).unwrap_or(stem)
    }

    /// Removes a copy: its name first, so that no half of it is taken for one.
    pub(super) fn remove(&self, copy: &BackupCopy) -> Result<(), StoreError> {
        let part = self.folder.join(format!("{}{PART}", copy.name));
        at_path(&copy.path, fs::rename(&copy.path, &part))?;
        at_path(&part, sync_name(&part))?;
        at_path(&part, fs::remove_dir_all(&part))?;
        at_path(&part, sync_name(&part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_copies_are_told_from_others() {
        for name in ["20261122T020000Z", "20261122T020000Z-2"] {
            assert!(is_copy_name(name), "{name}");
        }
        for name in ["recordings", "mayorline.lock", "20261122T020000Z.part", "20261122T020000Z-x"]
        {
            assert!(!is_copy_name(name), "{name}");
        }
    }

    #[test]
    fn copies_that_cannot_be_read_are_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["20261122T030000Z-2", "20261122T020000Z", "20261122T030000Z"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join(MANIFEST_FILE), "damaged").unwrap();
        }
        // Without a manifest it is no copy.
        fs::create_dir(folder.path().join("20261122T040000Z")).unwrap();
        let found = copies(folder.path()).unwrap();
        assert!(found.iter().all(|copy| copy.manifest.is_err()));
        let ages: Vec<_> = found.iter().map(BackupCopy::age).collect();
        let at = |hour: &str| format!("2026-11-22T{hour}:00:00Z").parse::<Timestamp>().unwrap();
        assert_eq!(
            ages.iter().map(|age| age.0).collect::<Vec<_>>(),
            [at("02"), at("03"), at("03")]
        );
        assert_eq!(ages[2].2, "20261122T030000Z-2");
    }

    #[test]
    fn two_copies_of_one_second_have_names_of_their_own_and_two_are_not_made_at_once() {
        let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut config = BackupConfig {
            folder: folder.path().to_owned(),
            every_minutes: 60,
            keep: 3,
            other_disk: false,
            with_master_key: false,
        };
        let place = Place::enter(&config, data.path()).unwrap();
        let name = place.free_name(Timestamp::UNIX_EPOCH);
        assert_eq!(name, "19700101T000000Z");
        fs::create_dir(folder.path().join(&name)).unwrap();
        assert_eq!(place.free_name(Timestamp::UNIX_EPOCH), "19700101T000000Z-2");
        let busy = Place::enter(&config, data.path()).err().unwrap();
        assert!(matches!(busy, StoreError::Backup(BackupFault::Busy(_))), "{busy}");
        drop(place);
        drop(Place::enter(&config, data.path()).unwrap());
        // Both are on one disk here.
        config.other_disk = true;
        let same = Place::enter(&config, data.path()).err().unwrap();
        assert!(matches!(same, StoreError::Backup(BackupFault::SameDisk(_))), "{same}");
        config.folder = data.path().to_owned();
        let inside = Place::enter(&config, data.path()).err().unwrap();
        assert!(matches!(inside, StoreError::Backup(BackupFault::Misplaced(_))), "{inside}");
        config.folder = folder.path().join("away");
        let away = Place::enter(&config, data.path()).err().unwrap();
        assert!(matches!(away, StoreError::Backup(BackupFault::Away(_))), "{away}");
    }
}
