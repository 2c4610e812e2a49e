//! Looking at a copy, and putting one back into an empty folder.

use super::BackupFault;
use super::manifest::{BackupCheck, BackupManifest, MANIFEST_FILE};
use super::place::{BackupCopy, copies};
use crate::store::config::{BUSY_TIMEOUT_MS, DATABASE_FILE, DataFolder, database_path};
use crate::store::error::{StoreError, at_path};
use crate::store::folder::{folder_of, make_folder, sync_name};
use crate::store::opening::lock_now;
use crate::store::recording::{hex, is_inside};
use crate::store::schema;
use crate::store::sound;
use crate::store::vault::MASTER_KEY_FILE;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Recordings that are named; more are only counted.
const NAMED_MAX: usize = 100;

/// What a look at a copy found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedBackup {
    /// The copy.
    pub name: String,
    /// What is wrong with its database; `None`: nothing.
    pub fault: Option<String>,
    /// Recordings that stand beside it as its rows say.
    pub recordings: u64,
    /// Recordings that are not there, or not as their rows say.
    pub recordings_wrong: u64,
    /// The first of them.
    pub wrong: Vec<String>,
}

impl CheckedBackup {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.fault.is_none() && self.recordings_wrong == 0
    }
}

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoredBackup {
    /// From which copy.
    pub copy: PathBuf,
    /// What it says of itself.
    #[serde(flatten)]
    pub manifest: BackupManifest,
    /// Recordings that were put back.
    pub recordings_back: u64,
    /// Recordings that no copy was there of, or none as their rows say.
    pub recordings_wrong: u64,
    /// The first of them.
    pub wrong: Vec<String>,
    /// The master key is where the configuration says.
    pub has_key: bool,
}

/// A copy, opened by one who changes nothing.
pub(super) fn open_copy(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    Ok(db)
}

/// SQLite's own check of a file.
pub(super) fn check_database(file: &Path, check: BackupCheck) -> Result<(), StoreError> {
    let sql = match check {
        BackupCheck::Quick => "PRAGMA quick_check(1)",
        BackupCheck::Full => "PRAGMA integrity_check(1)",
    };
    let told = open_copy(file).and_then(|db| {
        let told: String = db.query_row(sql, [], |row| row.get(0))?;
        Ok(told)
    });
    match told {
        Ok(told) if told == "ok" => Ok(()),
        Ok(why) => Err(BackupFault::Damaged { copy: file.to_owned(), why }.into()),
        Err(error) => {
            let (copy, why) = (file.to_owned(), error.to_string());
            Err(BackupFault::Damaged { copy, why }.into())
        }
    }
}

/// SHA-256 of a file in hexadecimal, and its bytes.
pub(super) fn sha256_of(path: &Path) -> Result<(String, u64), StoreError> {
    let mut file = at_path(path, File::open(path))?;
    at_path(path, hashed(&mut file, &mut std::io::sink()))
}

/// Copies to `out`; gives the hash and the bytes of what it read.
fn hashed(from: &mut impl Read, out: &mut impl Write) -> std::io::Result<(String, u64)> {
    let (mut sha256, mut bytes, mut block) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
    loop {
        match from.read(&mut block)? {
            0 => {
                let hash: [u8; 32] = sha256.finalize().into();
                return Ok((hex(&hash), bytes));
            }
            n => {
                sha256.update(&block[..n]);
                out.write_all(&block[..n])?;
                bytes += n as u64;
            }
        }
    }
}

/// Looks at a copy as closely as can be: its hash, SQLite's `integrity_check`, every recording that its
/// database knows against its hash.
pub fn check_backup(copy: &BackupCopy) -> Result<CheckedBackup, StoreError> {
    let mut checked = CheckedBackup {
        name: copy.name.clone(),
        fault: None,
        recordings: 0,
        recordings_wrong: 0,
        wrong: vec![],
    };
    let file = copy.path.join(DATABASE_FILE);
    let whole = manifest_of(copy).and_then(|manifest| {
        let found = sha256_of(&file)?;
        is_as_told(&copy.path, manifest, &found)?;
        check_database(&file, BackupCheck::Full)
    });
    if let Err(error) = whole {
        checked.fault = Some(error.to_string());
        return Ok(checked);
    }
    let folder = folder_of(&copy.path);
    for (recording, sha256) in recordings(&open_copy(&file)?)? {
        let found = is_inside(&recording).then(|| sound::digest(&folder.join(&recording)).ok());
        if found.flatten().is_some_and(|found| hex(&found) == sha256) {
            checked.recordings += 1;
        } else {
            checked.recordings_wrong += 1;
            if checked.wrong.len() < NAMED_MAX {
                checked.wrong.push(recording);
            }
        }
    }
    Ok(checked)
}

fn manifest_of(copy: &BackupCopy) -> Result<&BackupManifest, StoreError> {
    copy.manifest
        .as_ref()
        .map_err(|why| BackupFault::Damaged { copy: copy.path.clone(), why: why.clone() }.into())
}

/// Whether what was read is what the manifest tells.
fn is_as_told(
    copy: &Path,
    manifest: &BackupManifest,
    (sha256, bytes): &(String, u64),
) -> Result<(), StoreError> {
    if *sha256 == manifest.sha256 {
        return Ok(());
    }
    let why = format!(
        "its database has {bytes} bytes of SHA-256 {sha256}, its manifest says {} of {}",
        manifest.bytes, manifest.sha256
    );
    Err(BackupFault::Damaged { copy: copy.to_owned(), why }.into())
}

/// Recordings whose file should be there, with their hashes.
fn recordings(db: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT file, sha256 FROM recording
               WHERE erased_at IS NULL AND missing = 0 ORDER BY id";
    crate::store::read_call::all(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The copy that a path names: its folder, its manifest, or the folder of all copies for the newest.
fn named(source: &Path) -> Result<BackupCopy, StoreError> {
    let nothing = || StoreError::from(BackupFault::NoCopy(source.to_owned()));
    let source = source.canonicalize().map_err(|_| nothing())?;
    if source.is_file() {
        let is_manifest = source.file_name().is_some_and(|name| name == MANIFEST_FILE);
        return is_manifest.then(|| BackupCopy::at(folder_of(&source))).ok_or_else(nothing);
    }
    if source.join(MANIFEST_FILE).is_file() {
        return Ok(BackupCopy::at(&source));
    }
    copies(&source)?.pop().ok_or_else(nothing)
}

/// Puts a copy back into a data folder that is not there, or is empty but for `keys/`. The hash and
/// `integrity_check` come first; the database gets its name last, so a folder that was left half filled
/// is none. A recording that no copy is there of is counted and keeps nothing else.
pub fn restore_backup(source: &Path, folder: &DataFolder) -> Result<RestoredBackup, StoreError> {
    let copy = named(source)?;
    let manifest = manifest_of(&copy)?.clone();
    make_folder(&folder.path)?;
    must_be_empty(&folder.path)?;
    let _lock = lock_now(&folder.path)?;
    let file = folder.path.join(format!("{DATABASE_FILE}.restoring"));
    let restored = put_database(&copy, &manifest, &file);
    if restored.is_err() {
        // Whoever tries again finds the folder as it was.
        let _ = fs::remove_file(&file);
    }
    restored?;
    let (mut back, mut wrong_count, mut wrong) = (0, 0, vec![]);
    for (recording, sha256) in recordings(&open_copy(&file)?)? {
        if put_recording(folder_of(&copy.path), &folder.path, &recording, &sha256)? {
            back += 1;
        } else {
            wrong_count += 1;
            if wrong.len() < NAMED_MAX {
                wrong.push(recording);
            }
        }
    }
    if manifest.master_key && !folder.master_key.exists() {
        let key = copy.path.join(Path::new(MASTER_KEY_FILE).file_name().unwrap_or_default());
        make_folder(folder_of(&folder.master_key))?;
        at_path(&key, put(&key, &folder.master_key))?;
    }
    let path = database_path(&folder.path);
    at_path(&path, fs::rename(&file, &path))?;
    at_path(&path, sync_name(&path))?;
    let has_key = folder.master_key.is_file();
    Ok(RestoredBackup {
        copy: copy.path,
        manifest,
        recordings_back: back,
        recordings_wrong: wrong_count,
        wrong,
        has_key,
    })
}

/// A folder into which a copy may be put.
fn must_be_empty(data: &Path) -> Result<(), StoreError> {
    let keys = data.join(folder_of(Path::new(MASTER_KEY_FILE)));
    for entry in at_path(data, fs::read_dir(data))? {
        let path = at_path(data, entry)?.path();
        if path != keys && path != data.join("mayorline.lock") {
            return Err(BackupFault::NotEmpty(data.to_owned()).into());
        }
    }
    Ok(())
}

/// The database under another name, on the disk, looked at where it will be used.
fn put_database(
    copy: &BackupCopy,
    manifest: &BackupManifest,
    file: &Path,
) -> Result<(), StoreError> {
    let from = copy.path.join(DATABASE_FILE);
    let found = at_path(&from, put(&from, file))?;
    is_as_told(&copy.path, manifest, &found)?;
    check_database(file, BackupCheck::Full)?;
    schema::must_be_known(&open_copy(file)?)
}

/// `false`: there is no copy of the recording, or not one as its row says.
fn put_recording(
    from: &Path,
    data: &Path,
    recording: &str,
    sha256: &str,
) -> Result<bool, StoreError> {
    let (from, to) = (from.join(recording), data.join(recording));
    if !is_inside(recording) || !from.is_file() {
        return Ok(false);
    }
    make_folder(folder_of(&to))?;
    at_path(&to, put(&from, &to))?;
    if at_path(&to, sound::digest(&to)).is_ok_and(|found| hex(&found) == sha256) {
        return Ok(true);
    }
    at_path(&to, fs::remove_file(&to))?;
    Ok(false)
}

/// A new file that only the service's user may read, and its name, on the disk.
fn put(from: &Path, to: &Path) -> std::io::Result<(String, u64)> {
    let mut options = OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(to)?;
    let found = hashed(&mut File::open(from)?, &mut out)?;
    out.sync_all()?;
    sync_name(to)?;
    Ok(found)
}
