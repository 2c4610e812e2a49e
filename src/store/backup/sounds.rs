//! Recordings in the folder of copies. They never change but by being sealed, so they stand there once, by
//! the names that they have below the data folder, for all copies. Each is held against the hash of its row
//! before it takes its name. What was erased goes from there, and what was put under seal loses its key.

use super::BackupFault;
use super::manifest::CopiedSounds;
use super::place::PART;
use crate::store::erased_file::wipe;
use crate::store::error::{StoreError, at_path};
use crate::store::folder::{folder_of, make_folder, sync_name};
use crate::store::recording::{hex, is_inside};
use crate::store::sound;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What became of the recordings.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What stands in the folder of copies now.
    pub(super) covered: CopiedSounds,
    /// Copied now.
    pub(super) copied: u64,
    /// Whose file is not what its row says; an older copy of it is kept.
    pub(super) unmatched: u64,
}

/// Removes the copies of erased recordings, and takes the key out of the copies of those under seal; gives
/// how many there were.
pub(super) fn forget(db: &Connection, data: &Path, folder: &Path) -> Result<u64, StoreError> {
    let mut statement = db.prepare(
        "SELECT r.file, r.erased_at IS NOT NULL FROM recording r
         LEFT JOIN recording_key k ON k.recording = r.id
         WHERE r.erased_at IS NOT NULL OR k.recording IS NOT NULL ORDER BY r.id",
    )?;
    let (mut rows, mut forgotten, mut folders) = (statement.query([])?, 0, BTreeSet::new());
    while let Some(row) = rows.next()? {
        let (file, erased): (String, bool) = (row.get(0)?, row.get(1)?);
        let copy = folder.join(&file);
        if !is_inside(&file) || !copy.exists() && !part_of(&copy).exists() {
            continue;
        }
        let left = part_of(&copy);
        at_path(&left, wipe(&left, &mut |_| ()))?;
        match key_in(&copy) {
            _ if erased => at_path(&copy, wipe(&copy, &mut |_| ()))?,
            KeyIn::File => at_path(&copy, sound::empty_slot(&copy))?,
            // The recording itself was sealed meanwhile, and is copied again as it is now.
            KeyIn::Clear if key_in(&data.join(&file)) != KeyIn::Clear => {
                at_path(&copy, wipe(&copy, &mut |_| ()))?;
            }
            KeyIn::Clear | KeyIn::Nowhere => continue,
        }
        folders.insert(copy);
        forgotten += 1;
    }
    for copy in folders {
        at_path(&copy, sync_name(&copy))?;
    }
    Ok(forgotten)
}

/// Copies the recordings that a copy of the database knows and that are not there yet, or not as they are
/// now. One that fails its hash is counted and keeps no other.
pub(super) fn take(
    db: &Connection,
    data: &Path,
    folder: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<Taken, StoreError> {
    let sql = "SELECT file, sha256 FROM recording WHERE erased_at IS NULL ORDER BY id";
    let mut statement = db.prepare(sql)?;
    let (mut rows, mut taken) = (statement.query([])?, Taken::default());
    let mut folders = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (file, sha256): (String, String) = (row.get(0)?, row.get(1)?);
        if !is_inside(&file) {
            taken.unmatched += 1;
            continue;
        }
        let (live, copy) = (data.join(&file), folder.join(&file));
        let (there, mut here) = (length(&live)?, length(&copy)?);
        if there.is_some() && there != here {
            if stop() {
                return Err(BackupFault::Stopped.into());
            }
            if copy_one(&live, &copy, &sha256, here.is_some())? {
                here = there;
                taken.copied += 1;
                folders.insert(folder_of(&copy).to_owned());
            } else {
                taken.unmatched += 1;
            }
        }
        match here {
            Some(bytes) => {
                taken.covered.files += 1;
                taken.covered.bytes += bytes;
            }
            None if there.is_none() => taken.covered.missing += 1,
            None => {}
        }
    }
    sync_folders(folder, &folders)?;
    Ok(taken)
}

/// `false`: the file is not what its row says, and was not copied. An older copy goes, with what can be
/// read in it, when the new one is whole.
fn copy_one(live: &Path, copy: &Path, sha256: &str, again: bool) -> Result<bool, StoreError> {
    let part = part_of(copy);
    make_folder(folder_of(copy))?;
    match fs::copy(live, &part).and_then(|_| File::open(&part)?.sync_all()) {
        // Erased since the snapshot; the next copy of the database says so.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        outcome => {
            let outcome = at_path(&part, outcome);
            if outcome.is_err() {
                // It takes room on a disk that may be full.
                let _ = fs::remove_file(&part);
            }
            outcome?;
        }
    }
    if hex(&at_path(&part, sound::digest(&part))?) != sha256 {
        at_path(&part, wipe(&part, &mut |_| ()))?;
        return Ok(false);
    }
    if again {
        at_path(copy, wipe(copy, &mut |_| ()))?;
    }
    at_path(copy, fs::rename(&part, copy))?;
    Ok(true)
}

/// Names of new files, and of the folders of new days, are on the disk.
fn sync_folders(folder: &Path, folders: &BTreeSet<PathBuf>) -> Result<(), StoreError> {
    for day in folders {
        let mut at = day.as_path();
        while at != folder && at.starts_with(folder) {
            at_path(at, File::open(at).and_then(|folder| folder.sync_all()))?;
            at = folder_of(at);
        }
    }
    if folders.is_empty() {
        return Ok(());
    }
    at_path(folder, File::open(folder).and_then(|folder| folder.sync_all()))
}

/// Where the key of a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyIn {
    /// In its file, for whoever has the master key.
    File,
    /// It needs none: an older program wrote it in clear.
    Clear,
    /// With the liaison alone; or there is no such file, or nothing that can be read in it.
    Nowhere,
}

fn key_in(path: &Path) -> KeyIn {
    match File::open(path).and_then(|file| sound::head(&file)) {
        Ok(Some(head)) if head.slot.is_some() => KeyIn::File,
        Ok(None) => KeyIn::Clear,
        Ok(Some(_)) | Err(_) => KeyIn::Nowhere,
    }
}

fn part_of(copy: &Path) -> PathBuf {
    let mut name = copy.as_os_str().to_owned();
    name.push(PART);
    name.into()
}

/// The length of a file; `None`: it is not there.
fn length(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => Ok(Some(at_path(path, found)?.len())),
    }
}
