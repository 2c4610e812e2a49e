//! Recordings that older programs wrote in clear: the running service seals them, a little at a time.
//!
//! A sealed copy is made, the row learns its hash, the copy takes the file's place, and what stood in
//! clear is overwritten. Each step is on stable storage before the next, and [`seal`] goes on from
//! wherever it was interrupted. Only one process may be at it: the one that has the folder's lock.

use super::error::{StoreError, at_path};
use super::folder::sync_name;
use super::read_call::all;
use super::recording::hex;
use super::sound::{self, SoundFile, SoundWriter};
use super::vault::Vault;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Ends the name of the sealed copy of a recording in clear, until it takes its place.
pub(super) const SEALING_SUFFIX: &str = ".sealing";

/// Ends the name of a recording in clear that its copy has replaced, until it is overwritten.
const PLAIN_SUFFIX: &str = ".plain";

/// The last recording that was looked at for one in clear, in `meta`; gone when all were.
const LOOKED_AT: &str = "sound_plain";

/// One that was looked at could not be sealed, in `meta`: all are to be looked at again.
const AGAIN: &str = "sound_plain_again";

/// Recordings that one turn looks at, at most, and the bytes that it seals.
const TURN_FILES_MAX: i64 = 64;
pub(super) const TURN_BYTES_MAX: u64 = 256 << 20;

/// Sample frames that are copied at once.
const FRAMES_AT_ONCE: u64 = 1 << 16;

/// The last one that was looked at; `None`: all were.
fn looked_at(db: &Connection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let value: Option<String> =
        db.prepare_cached(sql)?.query_row([LOOKED_AT], |row| row.get(0)).optional()?;
    Ok(value.map(|value| value.parse().unwrap_or(0)))
}

/// Whether recordings may still stand in clear.
pub(super) fn is_pending(db: &Connection) -> Result<bool, StoreError> {
    Ok(looked_at(db)?.is_some())
}

/// Has recordings looked at: one was found now that an older program had left.
pub(super) fn ask(db: &Connection) -> Result<(), StoreError> {
    db.execute("INSERT OR IGNORE INTO meta VALUES (?1, '0')", [LOOKED_AT])?;
    Ok(())
}

/// One turn; outside of any transaction.
pub(super) fn seal_some(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    stop: impl Fn() -> bool,
) -> Result<(), StoreError> {
    let Some(mut done) = looked_at(db)? else { return Ok(()) };
    let sql = "SELECT id, file FROM recording WHERE id > ?1 ORDER BY id LIMIT ?2";
    let rows: Vec<(i64, String)> =
        all(db, sql, params![done, TURN_FILES_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if rows.is_empty() {
        return end(db);
    }
    let mut bytes = 0;
    for (id, file) in rows {
        if stop() || bytes > TURN_BYTES_MAX {
            break;
        }
        match seal(db, vault, data, &file) {
            Ok(sealed) => bytes += sealed,
            Err(error) => {
                tracing::error!(file, %error, "a recording stays in clear for now");
                db.execute("INSERT OR REPLACE INTO meta VALUES (?1, '1')", [AGAIN])?;
            }
        }
        done = id;
    }
    let sql = "UPDATE meta SET value = ?2 WHERE key = ?1";
    db.execute(sql, params![LOOKED_AT, done.to_string()])?;
    Ok(())
}

/// All were looked at: it is over, or begins again when one could not be sealed.
fn end(db: &Connection) -> Result<(), StoreError> {
    let tx = db.unchecked_transaction()?;
    if tx.execute("DELETE FROM meta WHERE key = ?1", [AGAIN])? > 0 {
        tx.execute("UPDATE meta SET value = '0' WHERE key = ?1", [LOOKED_AT])?;
    } else {
        tx.execute("DELETE FROM meta WHERE key = ?1", [LOOKED_AT])?;
    }
    Ok(tx.commit()?)
}

/// Whether the clear text of a recording that is sealed by now is still to be overwritten.
pub(super) fn is_left(path: &Path) -> bool {
    with_suffix(path, PLAIN_SUFFIX).exists()
}

/// Seals a recording that stands in clear, or goes on with it; gives the bytes that were overwritten,
/// 0 when it was sealed already or is no more.
pub(super) fn seal(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    file: &str,
) -> Result<u64, StoreError> {
    let path = data.join(file);
    let head = match File::open(&path).and_then(|file| sound::head(&file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        head => at_path(&path, head)?,
    };
    let plain = with_suffix(&path, PLAIN_SUFFIX);
    if head.is_none() {
        if let Err(error) = open_plain(&path)
            && is_no_recording(&error)
        {
            tracing::error!(file, %error, "a file that is no recording stays as it is");
            return Ok(0);
        }
        let copy = with_suffix(&path, SEALING_SUFFIX);
        make_copy(db, vault, (&path, &copy), file)?;
        at_path(&path, take_place(&copy, &path, &plain))?;
    }
    at_path(&plain, overwrite(&plain).and_then(|bytes| remove(&plain).map(|()| bytes)))
}

fn open_plain(path: &Path) -> io::Result<SoundFile> {
    SoundFile::open(path, |_, _| Err(io::Error::other("sealed meanwhile")))
}

fn is_no_recording(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// A sealed copy on stable storage whose hash the row has. A recording that was changed keeps the
/// hash that it had: `verify` says so as before.
fn make_copy(
    db: &Connection,
    vault: &Vault,
    (path, copy): (&Path, &Path),
    file: &str,
) -> Result<(), StoreError> {
    let sql = "SELECT sha256 FROM recording WHERE file = ?1";
    let known: String = db.query_row(sql, [file], |row| row.get(0))?;
    let is_known = |path: &Path| at_path(path, sound::digest(path)).map(|of| hex(&of) == known);
    if copy.is_file() && is_known(copy)? {
        return Ok(());
    }
    let unchanged = is_known(path)?;
    at_path(path, copy_sealed(vault, path, copy).and_then(|()| sync_name(copy)))?;
    if unchanged {
        let sha256 = hex(&at_path(copy, sound::digest(copy))?);
        db.execute("UPDATE recording SET sha256 = ?2 WHERE file = ?1", params![file, sha256])?;
    }
    Ok(())
}

fn copy_sealed(vault: &Vault, path: &Path, copy: &Path) -> io::Result<()> {
    let plain = open_plain(path)?;
    let mut sealed = SoundWriter::create(vault, copy, plain.channels(), false)?;
    let mut at = 0;
    while at < plain.frames() {
        sealed.append(&[plain.read(at, FRAMES_AT_ONCE)?])?;
        at += FRAMES_AT_ONCE;
    }
    sealed.finish()
}

/// The copy takes the place of what stands in clear, which keeps a name until it is overwritten.
fn take_place(copy: &Path, path: &Path, plain: &Path) -> io::Result<()> {
    // Left by a turn that was interrupted here: the same file under two names.
    remove(plain)?;
    fs::hard_link(path, plain)?;
    sync_name(plain)?;
    fs::rename(copy, path)?;
    sync_name(path)
}

/// Overwrites what stands in clear, on stable storage; gives its bytes, 0 where nothing is there.
pub(super) fn overwrite(plain: &Path) -> io::Result<u64> {
    let mut file = match OpenOptions::new().write(true).open(plain) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => file?,
    };
    let length = file.metadata()?.len();
    let zeros = vec![0; 1 << 16];
    let mut left = length;
    while left > 0 {
        let count = usize::try_from(left).map_or(zeros.len(), |left| left.min(zeros.len()));
        file.write_all(&zeros[..count])?;
        left -= count as u64;
    }
    file.sync_all()?;
    Ok(length)
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::super::config::{DataFolder, StoreConfig};
    use super::super::schema;
    use super::super::sound::SoundKeys;
    use super::*;
    use crate::wire::wav::{self, Channels};
    use jiff::Timestamp;

    const FILE: &str = "recordings/2026-11-22/g1-01a1ee565e00-0007.message.1.wav";

    /// A folder with one recording as an older program wrote it, and its row.
    struct Old {
        folder: tempfile::TempDir,
        db: Connection,
        vault: Vault,
        sound: Vec<u8>,
    }

    fn old() -> Old {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = schema::open_writer(&config).unwrap();
        let sound: Vec<u8> = (0_u16..9_000).flat_map(|n| (n ^ 0x2A55).to_le_bytes()).collect();
        let old = Old { folder, db, vault, sound };
        fs::create_dir_all(old.path().parent().unwrap()).unwrap();
        let header = wav::header(Channels::Mono, u32::try_from(old.sound.len()).unwrap());
        fs::write(old.path(), [&header[..], &old.sound].concat()).unwrap();
        let sql =
            "INSERT INTO recording (file, kind, duration_ms, speech_ms, sha256, found, missing)
                   VALUES (?1, 'message', 1125, 0, ?2, 0, 0)";
        old.db.execute(sql, params![FILE, old.hash()]).unwrap();
        ask(&old.db).unwrap();
        old
    }

    impl Old {
        fn path(&self) -> PathBuf {
            self.folder.path().join(FILE)
        }

        fn hash(&self) -> String {
            hex(&sound::digest(&self.path()).unwrap())
        }

        fn known(&self) -> String {
            self.db.query_row("SELECT sha256 FROM recording", [], |row| row.get(0)).unwrap()
        }

        fn copy(&self, suffix: &str) -> PathBuf {
            with_suffix(&self.path(), suffix)
        }

        fn turn(&self) {
            seal_some(&self.db, &self.vault, self.folder.path(), || false).unwrap();
        }

        /// Sealed, heard as before, and one file alone, without a sound of it in clear.
        fn is_sealed(&self) {
            let keys = SoundKeys::new(&DataFolder::from(self.folder.path()));
            let heard = keys.open(&self.path()).unwrap();
            assert_eq!(heard.read(0, u64::MAX).unwrap(), self.sound);
            let beside = fs::read_dir(self.path().parent().unwrap()).unwrap().count();
            assert_eq!(beside, 1, "something is left");
            let bytes = fs::read(self.path()).unwrap();
            assert!(!bytes.windows(16).any(|window| window == &self.sound[32..48]));
        }
    }

    type Step<'a> = &'a dyn Fn(&Old);

    /// Each place where a power cut can come.
    #[test]
    fn whatever_is_interrupted_is_gone_on_with() {
        let whole = |old: &Old| {
            let (path, copy) = (old.path(), old.copy(SEALING_SUFFIX));
            make_copy(&old.db, &old.vault, (&path, &copy), FILE).unwrap();
        };
        let steps: [(&str, Step<'_>); 6] = [
            ("before all", &|_| {}),
            ("half a copy", &|old| fs::write(old.copy(SEALING_SUFFIX), b"MLSOUND").unwrap()),
            ("the row knows the copy", &whole),
            ("two names", &|old| {
                whole(old);
                fs::hard_link(old.path(), old.copy(PLAIN_SUFFIX)).unwrap();
            }),
            ("replaced", &|old| {
                whole(old);
                take_place(&old.copy(SEALING_SUFFIX), &old.path(), &old.copy(PLAIN_SUFFIX))
                    .unwrap();
            }),
            ("done, not written down", &|old| {
                seal(&old.db, &old.vault, old.folder.path(), FILE).unwrap();
            }),
        ];
        for (place, step) in steps {
            let old = old();
            step(&old);
            old.turn();
            old.is_sealed();
            assert_eq!(old.known(), old.hash(), "{place}");
            old.turn();
            assert!(!is_pending(&old.db).unwrap(), "{place}");
        }
    }

    #[test]
    fn a_recording_that_was_changed_is_sealed_and_still_told_by_its_hash() {
        let old = old();
        let known = old.known();
        let mut bytes = fs::read(old.path()).unwrap();
        bytes[50] ^= 1;
        fs::write(old.path(), &bytes).unwrap();
        old.turn();
        assert!(sound::head(&File::open(old.path()).unwrap()).unwrap().is_some());
        assert_eq!(old.known(), known);
        assert_ne!(old.hash(), known);
    }

    #[test]
    fn a_turn_looks_at_so_many_recordings_and_the_next_goes_on() {
        let old = old();
        let turn = usize::try_from(TURN_FILES_MAX).unwrap();
        let bytes = fs::read(old.path()).unwrap();
        let sql =
            "INSERT INTO recording SELECT NULL, ?1, kind, call, case_id, duration_ms, speech_ms,
                   sha256, found, missing, tracks, erased_at FROM recording WHERE id = 1";
        for n in 0..turn {
            let file = FILE.replace(".1.wav", &format!(".{}.wav", n + 2));
            fs::write(old.folder.path().join(&file), &bytes).unwrap();
            old.db.execute(sql, [&file]).unwrap();
        }
        let clear = || {
            let folder = fs::read_dir(old.path().parent().unwrap()).unwrap();
            folder
                .filter(|entry| fs::read(entry.as_ref().unwrap().path()).unwrap() == bytes)
                .count()
        };
        assert_eq!(clear(), turn + 1);
        old.turn();
        assert_eq!(clear(), 1);
        old.turn();
        assert_eq!(clear(), 0);
        old.turn();
        assert!(!is_pending(&old.db).unwrap());
    }

    #[test]
    fn one_that_cannot_be_sealed_is_tried_again() {
        let old = old();
        // Stands for a disk that is full.
        fs::create_dir(old.copy(SEALING_SUFFIX)).unwrap();
        old.turn();
        old.turn();
        assert!(is_pending(&old.db).unwrap(), "all were looked at, and one is left");
        fs::remove_dir(old.copy(SEALING_SUFFIX)).unwrap();
        old.turn();
        old.is_sealed();
        old.turn();
        assert!(!is_pending(&old.db).unwrap());
    }
}
