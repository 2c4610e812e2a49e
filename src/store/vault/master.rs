//! The master key: a file of 64 hexadecimal digits. A database knows its key by a check value.

use super::{KEY_BYTES, Vault, random};
use crate::store::error::{StoreError, at_path};
use crate::store::folder::{folder_of, make_folder, sync_name};
use crate::store::recording::hex;
use rusqlite::{Connection, OptionalExtension};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file below the data folder where none is named.
pub const MASTER_KEY_FILE: &str = "keys/master.key";

/// The name of the check value in `meta`.
const CHECK: &str = "master_key_check";

impl Vault {
    /// The keys of a file, whatever it was made for; a database looks closer.
    pub(in crate::store) fn at(file: &Path) -> Result<Self, StoreError> {
        Self::new(&read(file)?.ok_or_else(|| StoreError::NoMasterKey(file.to_owned()))?)
    }

    /// The keys of a database that is there; the file must be the one it was written with.
    pub(in crate::store) fn of(db: &Connection, file: &Path) -> Result<Self, StoreError> {
        let known = known(db)?;
        let vault = Self::at(file)?;
        match known {
            Some(check) if check != vault.check_value() => {
                Err(StoreError::WrongMasterKey(file.to_owned()))
            }
            _ => Ok(vault),
        }
    }

    /// The same for whoever writes first: makes the file when neither it nor anything sealed with
    /// it is there, and has the database remember the key.
    pub(in crate::store) fn of_writer(db: &Connection, file: &Path) -> Result<Self, StoreError> {
        let known = known(db)?;
        if known.is_none() && read(file)?.is_none() {
            make(file)?;
        }
        let vault = Self::of(db, file)?;
        remove_first_name(file)?;
        if known.is_none() {
            let put = "INSERT INTO meta VALUES (?1, ?2)";
            db.execute(put, [CHECK, &vault.check_value()])?;
        }
        Ok(vault)
    }
}

/// By what a database knows its master key; `None`: nothing was sealed in it yet.
pub(in crate::store) fn known(db: &Connection) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    Ok(db.query_row(sql, [CHECK], |row| row.get(0)).optional()?)
}

/// The name under which a new key is written first.
fn first_name(file: &Path) -> PathBuf {
    file.with_extension("new")
}

/// A start that was cut off between the two names of a new key left it under both: whoever moves the
/// key apart from the data must not leave one behind.
fn remove_first_name(file: &Path) -> Result<(), StoreError> {
    let first = first_name(file);
    // What is there and no such copy is not ours.
    if matches!((read(&first), read(file)), (Ok(Some(one)), Ok(Some(other))) if one == other) {
        at_path(&first, std::fs::remove_file(&first))?;
        at_path(&first, sync_name(&first))?;
    }
    Ok(())
}

/// A new key, whole and on the disk before anything is sealed with it. A start that is cut off leaves
/// no half of a key under its name.
fn make(file: &Path) -> Result<(), StoreError> {
    let folder = folder_of(file);
    make_folder(folder)?;
    let key = hex(&random::<KEY_BYTES>()?) + "\n";
    let whole = first_name(file);
    let mut options = std::fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&whole).and_then(|mut file| {
        file.write_all(key.as_bytes())?;
        file.sync_all()
    });
    at_path(&whole, written)?;
    // Unlike a rename never over a key that has come in between.
    at_path(file, std::fs::hard_link(&whole, file))?;
    at_path(&whole, std::fs::remove_file(&whole))?;
    for named in [file, folder] {
        at_path(named, sync_name(named))?;
    }
    tracing::warn!(file = %file.display(), "a master key was made: keep a copy of it apart from \
        the data, without it nothing can be read");
    Ok(())
}

/// The key of a file; `None`: there is no file.
fn read(file: &Path) -> Result<Option<[u8; KEY_BYTES]>, StoreError> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => at_path(file, text)?,
    };
    let key = unhex(text.trim()).and_then(|key| key.try_into().ok());
    key.map(Some).ok_or_else(|| StoreError::WrongMasterKey(file.to_owned()))
}

/// Bytes of pairs of hexadecimal digits.
pub(in crate::store) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, d| sum << 4 | d)).collect())
}
