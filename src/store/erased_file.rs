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

/// Files of one portion: they go off the list together.
const PORTION: i64 = 100;

/// Files that one turn of the service removes; the next turn goes on behind them.
pub const ERASED_FILES_MAX: usize = 1_000;

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
    /// That are still on the list: they could not be removed, or it is not their turn yet.
    pub(super) left: usize,
}

/// The next files on the list.
pub(super) fn list(db: &Connection, after: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT file FROM erased_file WHERE file > ?1 ORDER BY file LIMIT ?2";
    all(db, sql, rusqlite::params![after, PORTION], |row| row.get(0))
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

/// How much of the list one turn removes.
pub(super) struct Turn<'a> {
    /// The file it goes on behind; empty at the end of the list.
    pub(super) after: &'a mut String,
    /// Files at most, to the end of a portion.
    pub(super) max: usize,
    /// Whether it is to end after the file that it is at.
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// Removes files on the list; `unlist` commits those that are gone. One that cannot be removed is told,
/// stays on the list and keeps no other.
pub(super) fn remove_listed(
    db: &Connection,
    data: &Path,
    turn: Turn<'_>,
    mut unlist: impl FnMut(Vec<String>) -> Result<(), StoreError>,
    told: Told<'_>,
) -> Result<Removed, StoreError> {
    let Turn { after, max, stop } = turn;
    let (mut removed, mut seen) = (Removed::default(), 0);
    while seen < max && !stop() {
        let files = list(db, after)?;
        seen += files.len();
        let gone = remove(data, &files, stop, told);
        removed.gone += gone.len();
        if !gone.is_empty() {
            unlist(gone)?;
            told(ErasureStep::Unlisted);
        }
        if stop() {
            break;
        }
        let Some(last) = files.last() else {
            after.clear();
            break;
        };
        after.clone_from(last);
    }
    removed.left = count(db)?;
    Ok(removed)
}

/// Gives those that are not there any more.
fn remove(data: &Path, files: &[String], stop: &dyn Fn() -> bool, told: Told<'_>) -> Vec<String> {
    let mut folders = BTreeMap::<PathBuf, Vec<&String>>::new();
    for file in files {
        let path = data.join(file);
        let folder = path.parent().unwrap_or(data).to_owned();
        folders.entry(folder).or_default().push(file);
    }
    let (mut gone, mut fault, mut left) = (vec![], None, 0);
    for (folder, files) in folders {
        match remove_of_folder(data, &folder, &files, stop, told) {
            Ok((removed, faults)) => {
                gone.extend(removed);
                left += faults.len();
                fault = fault.or_else(|| faults.into_iter().next());
            }
            Err(error) => {
                left += files.len();
                fault = fault.or_else(|| Some((files[0].clone(), error)));
            }
        }
    }
    if let Some((file, error)) = fault {
        tracing::error!(file, %error, left, "ALARM erased recordings are still on the disk");
    }
    gone
}

type Fault = (String, io::Error);

/// Those of one folder, with what was left beside each, and those that stay. An error: of none of them is
/// it certain.
fn remove_of_folder(
    data: &Path,
    folder: &Path,
    files: &[&String],
    stop: &dyn Fn() -> bool,
    told: Told<'_>,
) -> io::Result<(Vec<String>, Vec<Fault>)> {
    let names = match names_in(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => names?,
    };
    let (mut gone, mut faults) = (vec![], vec![]);
    for file in files {
        if stop() {
            break;
        }
        let path = data.join(file);
        let beside = beside(&path, &names).map(|name| folder.join(name));
        // The recording itself last: it is found again by its name.
        let mut paths = beside.chain([path.clone()]);
        match paths.try_for_each(|path| wipe(&path, told)) {
            Ok(()) => gone.push((*file).clone()),
            Err(error) => faults.push(((*file).clone(), error)),
        }
    }
    if !names.is_empty() && !gone.is_empty() {
        File::open(folder)?.sync_all()?;
        told(ErasureStep::Synced);
    }
    Ok((gone, faults))
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
pub(super) fn wipe(path: &Path, told: Told<'_>) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::*;
    use jiff::Timestamp;
    use std::cell::Cell;

    /// So many files on the list, the first `resisting` of which are folders.
    fn listed(data: &Path, files: usize, resisting: usize) -> Connection {
        let (db, _) = schema::open_writer(&StoreConfig::new(data, Timestamp::UNIX_EPOCH)).unwrap();
        fs::create_dir_all(data.join("recordings")).unwrap();
        let names: Vec<_> = (0..files).map(|n| format!("recordings/{n:05}.wav")).collect();
        for (n, name) in names.iter().enumerate() {
            let path = data.join(name);
            if n < resisting { fs::create_dir(path) } else { fs::write(path, [7; 200]) }.unwrap();
        }
        relist(&db, &names).unwrap();
        db
    }

    fn removed(db: &Connection, data: &Path, turn: Turn<'_>) -> (usize, usize) {
        let removed = remove_listed(db, data, turn, |gone| unlist(db, &gone), &mut |_| ());
        let Removed { gone, left } = removed.unwrap();
        assert_eq!(count(db).unwrap(), left);
        (gone, left)
    }

    #[test]
    fn a_turn_removes_so_many_and_the_next_goes_on_behind_those_that_resist() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let portion = usize::try_from(PORTION).unwrap();
        let db = listed(data, 2 * portion + 5, portion);
        let (mut after, max) = (String::new(), portion);
        let mut turn = || removed(&db, data, Turn { after: &mut after, max, stop: &|| false });
        assert_eq!(turn(), (0, 2 * portion + 5));
        assert_eq!(turn(), (portion, portion + 5));
        assert_eq!(turn(), (5, portion));
        assert_eq!(turn(), (0, portion), "the end of the list, and the start again");
    }

    #[test]
    fn a_service_that_closes_ends_a_turn_after_a_file_and_the_next_start_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let db = listed(data, 9, 0);
        let (mut after, asked) = (String::new(), Cell::new(0));
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > 4
        };
        let turn = Turn { after: &mut after, max: usize::MAX, stop: &stop };
        assert_eq!(removed(&db, data, turn), (3, 6), "once before the portion, then a file each");
        let turn = Turn { after: &mut after, max: usize::MAX, stop: &|| false };
        assert_eq!(removed(&db, data, turn), (6, 0));
    }
}
