//! Files of erased recordings on their way off the disk. Only who has the folder's lock removes them: the
//! running service, or a verb while there is none.
//!
//! The key in a file is overwritten and on stable storage before its name goes, so that what a file system
//! keeps of it opens for nobody; one in clear is overwritten whole. What an interrupted step left beside
//! it goes with it. A file leaves the list `erased_file` once its folder was synced without it.

use super::error::StoreError;
use super::read_call::all;
use super::sound;
use super::sound_plain;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Files that are listed at once.
const PAGE: i64 = 1_000;

/// A step of an erasure, told as it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErasureStep {
    /// One thing is erased in a transaction that is not committed yet.
    Marked,
    /// The transaction of a group is committed.
    Committed,
    /// The key in a file is overwritten, on stable storage.
    Wiped,
    /// A file has no name any more.
    Removed,
    /// The names of the files of a folder are off the disk.
    Synced,
    /// Files are off the list.
    Unlisted,
}

/// Who is told of the steps.
pub(super) type Told<'a> = &'a mut dyn FnMut(ErasureStep);

/// What became of the files on the list.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// That are not there any more.
    pub(super) gone: usize,
    /// That could not be removed; they are still on the list.
    pub(super) left: usize,
}

/// The next files on the list.
pub(super) fn list(db: &Connection, after: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT file FROM erased_file WHERE file > ?1 ORDER BY file LIMIT ?2";
    all(db, sql, rusqlite::params![after, PAGE], |row| row.get(0))
}

/// How many are on the list.
pub(super) fn count(db: &Connection) -> Result<usize, StoreError> {
    let count: i64 = db.query_row("SELECT count(*) FROM erased_file", [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Puts files on the list again that had come back.
pub(super) fn relist(db: &Connection, files: &[String]) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO erased_file VALUES (?1)")?;
    for file in files {
        insert.execute([file])?;
    }
    Ok(())
}

/// Takes files off the list.
pub(super) fn unlist(db: &Connection, files: &[String]) -> Result<(), StoreError> {
    let mut delete = db.prepare_cached("DELETE FROM erased_file WHERE file = ?1")?;
    for file in files {
        delete.execute([file])?;
    }
    Ok(())
}

/// Removes every file on the list; `unlist` commits those that are gone. One that cannot be removed is
/// told, stays on the list and keeps no other.
pub(super) fn remove_all(
    db: &Connection,
    data: &Path,
    mut unlist: impl FnMut(Vec<String>) -> Result<(), StoreError>,
    told: Told<'_>,
) -> Result<Removed, StoreError> {
    let (mut removed, mut after) = (Removed::default(), String::new());
    loop {
        let files = list(db, &after)?;
        let Some(last) = files.last() else { return Ok(removed) };
        after.clone_from(last);
        let gone = remove(data, &files, told);
        removed.left += files.len() - gone.len();
        removed.gone += gone.len();
        if !gone.is_empty() {
            unlist(gone)?;
            told(ErasureStep::Unlisted);
        }
    }
}

/// Gives those that are not there any more.
fn remove(data: &Path, files: &[String], told: Told<'_>) -> Vec<String> {
    let mut folders = BTreeMap::<PathBuf, Vec<&String>>::new();
    for file in files {
        let path = data.join(file);
        let folder = path.parent().unwrap_or(data).to_owned();
        folders.entry(folder).or_default().push(file);
    }
    let (mut gone, mut fault) = (vec![], None);
    for (folder, files) in folders {
        match remove_of_folder(data, &folder, &files, told) {
            Ok((removed, of_folder)) => {
                gone.extend(removed);
                fault = fault.or(of_folder);
            }
            Err(error) => fault = fault.or_else(|| Some((files[0].clone(), error))),
        }
    }
    if let Some((file, error)) = fault {
        let left = files.len() - gone.len();
        tracing::error!(file, %error, left, "ALARM erased recordings are still on the disk");
    }
    gone
}

type Fault = (String, io::Error);

/// Those of one folder, with what was left beside each, and the first that stays. An error: of none of
/// them is it certain.
fn remove_of_folder(
    data: &Path,
    folder: &Path,
    files: &[&String],
    told: Told<'_>,
) -> io::Result<(Vec<String>, Option<Fault>)> {
    let names = match names_in(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => names?,
    };
    let (mut gone, mut fault) = (vec![], None);
    for file in files {
        let path = data.join(file);
        let beside = beside(&path, &names).map(|name| folder.join(name));
        // The recording itself last: it is found again by its name.
        let mut paths = beside.chain([path.clone()]);
        match paths.try_for_each(|path| wipe(&path, told)) {
            Ok(()) => gone.push((*file).clone()),
            Err(error) => fault = fault.or_else(|| Some(((*file).clone(), error))),
        }
    }
    if !names.is_empty() && !gone.is_empty() {
        File::open(folder)?.sync_all()?;
        told(ErasureStep::Synced);
    }
    Ok((gone, fault))
}

fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// Names that go on behind that of the recording: copies of it that were being made.
fn beside<'a>(path: &Path, names: &'a [OsString]) -> impl Iterator<Item = &'a OsString> {
    let mut start = path.file_name().unwrap_or_default().to_owned();
    start.push(".");
    names.iter().filter(move |name| {
        let name = name.as_encoded_bytes();
        name.starts_with(start.as_encoded_bytes())
    })
}

/// One file: its key, or all of it where it is in clear; then its name. One that is not there is gone.
fn wipe(path: &Path, told: Told<'_>) -> io::Result<()> {
    let head = match File::open(path).and_then(|file| sound::head(&file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // Of another make, or cut short: overwritten whole.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
        head => head?,
    };
    match head {
        Some(_) => sound::empty_slot(path)?,
        None => {
            sound_plain::overwrite(path)?;
        }
    }
    told(ErasureStep::Wiped);
    fs::remove_file(path)?;
    told(ErasureStep::Removed);
    Ok(())
}
