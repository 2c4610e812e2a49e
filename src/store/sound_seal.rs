//! Recordings and the seal: what older programs wrote in clear is sealed with keys, and the keys of
//! recordings under seal go to the liaison alone.
//!
//! A recording's key stands in its own file. When the seal is in force it is wrapped for the liaison
//! and stored; only after that commit is it taken out of the file. Which recordings are meant follows
//! from the rows each time, so whatever is interrupted is done by the next turn.

use super::error::{StoreError, at_path};
use super::read_call::all;
use super::reconcile::list_files;
use super::recording::hex;
use super::sound::{self, SoundFile, SoundWriter};
use super::vault::{DataKey, LiaisonKey, PublicKey, Vault, sound_owner};
use crate::units::CaseNumber;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Ends the name of the sealed copy of a recording in clear, until it takes its place.
pub(super) const SEALING_SUFFIX: &str = ".sealing";

/// Ends the name of a recording in clear that its copy has replaced, until it is overwritten.
const PLAIN_SUFFIX: &str = ".plain";

/// The last recording that was looked at for one in clear, in `meta`; gone when all were.
const PLAIN_DONE: &str = "sound_plain";

/// Recordings in clear that one turn seals at most, and their bytes.
const TURN_FILES_MAX: usize = 64;
const TURN_BYTES_MAX: u64 = 256 << 20;

/// Sample frames that are copied at once.
const FRAMES_AT_ONCE: u64 = 1 << 16;

/// A recording of a case whose key the liaison has.
struct UnderSeal {
    id: i64,
    file: String,
    holder: i64,
    public: PublicKey,
}

/// Whether the key of a call's case, or of this case, is with the liaison.
pub(super) fn is_handed_over(
    db: &Connection,
    call: Option<&str>,
    case: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM case_file f JOIN case_key k ON k.case_id = f.id
               WHERE (f.call = ?1 OR f.id = ?2) AND f.state = 'sealed' AND k.holder IS NOT NULL";
    Ok(db.prepare_cached(sql)?.exists(params![call, case])?)
}

fn under_seal(db: &Connection) -> Result<Vec<UnderSeal>, StoreError> {
    let sql = "WITH sealed AS (
                   SELECT f.id, f.call, k.holder FROM case_file f
                   JOIN case_key k ON k.case_id = f.id AND k.holder IS NOT NULL
                   WHERE f.state = 'sealed'),
               of_seal AS (
                   SELECT r.id, s.holder FROM sealed s JOIN recording r ON r.call = s.call
                   UNION SELECT r.id, s.holder FROM sealed s JOIN recording r ON r.case_id = s.id)
               SELECT r.id, r.file, min(o.holder), l.public FROM of_seal o
               JOIN recording r ON r.id = o.id JOIN liaison_key l ON l.id = o.holder
               GROUP BY r.id ORDER BY r.id";
    all(db, sql, [], |row| {
        let (id, file, holder) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(UnderSeal { id, file, holder, public: PublicKey(row.get(3)?) })
    })
}

/// Takes the keys of all recordings under seal from the service; outside of any transaction. `false`:
/// a file could not be written, and it is to be tried again.
pub(super) fn hand_over(db: &Connection, vault: &Vault, data: &Path) -> Result<bool, StoreError> {
    let mut whole = true;
    for recording in under_seal(db)? {
        if let Err(error) = hand_over_one(db, vault, data, &recording) {
            let file = &recording.file;
            tracing::error!(file, %error, "ALARM the key of a sealed recording is still here");
            whole = false;
        }
    }
    Ok(whole)
}

fn hand_over_one(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    recording: &UnderSeal,
) -> Result<(), StoreError> {
    let path = data.join(&recording.file);
    if !path.is_file() {
        return Ok(());
    }
    seal_plain(db, vault, data, &recording.file)?;
    let head = at_path(&path, File::open(&path).and_then(|file| sound::head(&file)))?;
    let head = head.ok_or(StoreError::Damaged("recording"))?;
    if head.slot.is_none() {
        return Ok(());
    }
    let name = sound::name_of(&path);
    let key = at_path(&path, sound::key_of(vault, &head, name))?;
    let wrapped = recording.public.wrap(&key, &sound_owner(name))?;
    db.prepare_cached("INSERT OR REPLACE INTO recording_key VALUES (?1, ?2, ?3)")?
        .execute(params![recording.id, recording.holder, wrapped])?;
    at_path(&path, sound::empty_slot(&path))
}

/// One turn of sealing what stands in clear. `false`: there is more.
pub(super) fn seal_older(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    stop: impl Fn() -> bool,
) -> Result<bool, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let done: Option<String> = db.query_row(sql, [PLAIN_DONE], |row| row.get(0)).optional()?;
    let Some(mut done) = done.map(|done| done.parse::<i64>().unwrap_or(0)) else {
        return Ok(true);
    };
    put_right(db, data)?;
    let sql = "SELECT id, file FROM recording WHERE id > ?1 ORDER BY id LIMIT ?2";
    let rows: Vec<(i64, String)> =
        all(db, sql, params![done, i64::try_from(TURN_FILES_MAX).unwrap_or(1)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if rows.is_empty() {
        db.execute("DELETE FROM meta WHERE key = ?1", [PLAIN_DONE])?;
        return Ok(true);
    }
    let mut bytes = 0;
    for (id, file) in rows {
        if stop() || bytes > TURN_BYTES_MAX {
            break;
        }
        match seal_plain(db, vault, data, &file) {
            Ok(sealed) => bytes += sealed,
            Err(error) => tracing::error!(file, %error, "a recording stays in clear"),
        }
        done = id;
    }
    db.execute("UPDATE meta SET value = ?2 WHERE key = ?1", params![PLAIN_DONE, done.to_string()])?;
    Ok(false)
}

/// Seals a recording that stands in clear; gives its bytes, 0 when it did not. The copy is whole on
/// stable storage, then the row learns its hash, then it takes the place and what stood in clear is
/// overwritten. [`put_right`] finishes or takes back what is interrupted.
fn seal_plain(db: &Connection, vault: &Vault, data: &Path, file: &str) -> Result<u64, StoreError> {
    let path = data.join(file);
    let head = match File::open(&path).and_then(|file| sound::head(&file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        head => at_path(&path, head)?,
    };
    if head.is_some() {
        return Ok(0);
    }
    let copy = with_suffix(&path, SEALING_SUFFIX);
    at_path(&path, copy_sealed(vault, &path, &copy))?;
    let sha256 = at_path(&copy, sound::digest(&copy))?;
    db.execute("UPDATE recording SET sha256 = ?2 WHERE file = ?1", params![file, hex(&sha256)])?;
    at_path(&path, take_place(&copy, &path))
}

fn copy_sealed(vault: &Vault, path: &Path, copy: &Path) -> io::Result<()> {
    let plain = SoundFile::open(path, |_, _| Err(io::Error::other("sealed meanwhile")))?;
    let mut sealed = SoundWriter::create(vault, copy, plain.channels(), false)?;
    let mut at = 0;
    while at < plain.frames() {
        sealed.append(&[plain.read(at, FRAMES_AT_ONCE)?])?;
        at += FRAMES_AT_ONCE;
    }
    sealed.finish()
}

/// The copy takes the place of what stands in clear, which is then overwritten; gives its bytes.
fn take_place(copy: &Path, path: &Path) -> io::Result<u64> {
    let plain = with_suffix(path, PLAIN_SUFFIX);
    fs::hard_link(path, &plain)?;
    fs::rename(copy, path)?;
    sync_folder(path)?;
    overwrite(&plain)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn overwrite(plain: &Path) -> io::Result<u64> {
    let mut file = OpenOptions::new().write(true).open(plain)?;
    let length = file.metadata()?.len();
    let zeros = vec![0; 1 << 16];
    let mut left = length;
    while left > 0 {
        let count = usize::try_from(left).map_or(zeros.len(), |left| left.min(zeros.len()));
        file.write_all(&zeros[..count])?;
        left -= count as u64;
    }
    file.sync_all()?;
    fs::remove_file(plain)?;
    Ok(length)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What an interrupted sealing left: a copy whose hash the row has takes its place, another one is
/// removed; what stood in clear and was replaced is overwritten.
fn put_right(db: &Connection, data: &Path) -> Result<(), StoreError> {
    for left in list_files(data, PLAIN_SUFFIX)? {
        let plain = data.join(&left);
        let path = data.join(left.strip_suffix(PLAIN_SUFFIX).unwrap_or(&left));
        let replaced = at_path(&path, File::open(&path).and_then(|file| sound::head(&file)))?;
        match replaced {
            Some(_) => at_path(&plain, overwrite(&plain).map(|_| ()))?,
            // The same file under two names.
            None => at_path(&plain, fs::remove_file(&plain))?,
        }
    }
    for left in list_files(data, SEALING_SUFFIX)? {
        let (copy, file) = (data.join(&left), left.strip_suffix(SEALING_SUFFIX).unwrap_or(&left));
        let sha256 = at_path(&copy, sound::digest(&copy))?;
        let sql = "SELECT 1 FROM recording WHERE file = ?1 AND sha256 = ?2";
        if db.prepare_cached(sql)?.exists(params![file, hex(&sha256)])? {
            at_path(&copy, take_place(&copy, &data.join(file)).map(|_| ()))?;
        } else {
            at_path(&copy, fs::remove_file(&copy))?;
        }
    }
    Ok(())
}

/// A recording of a sealed case with its key.
pub(super) struct SealedSound {
    file: String,
    key: DataKey,
}

/// The recordings of a sealed case, for the liaison. [`StoreError::NotFound`] when there is no sealed
/// case of the number; an error where the key is another.
pub(super) fn sounds(
    db: &Connection,
    number: CaseNumber,
    key: &LiaisonKey,
) -> Result<Vec<SealedSound>, StoreError> {
    let sql = "SELECT id, call FROM case_file WHERE number = ?1 AND state = 'sealed'";
    let digits = i64::try_from(number.as_u64()).unwrap_or(0);
    let case = db.query_row(sql, [digits], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (id, call): (i64, Option<String>) = case.ok_or(StoreError::NotFound)?;
    let sql = "SELECT r.file, k.wrapped FROM recording r JOIN recording_key k ON k.recording = r.id
               WHERE (r.call = ?1 OR r.case_id = ?2) AND r.missing = 0 ORDER BY r.id";
    let rows: Vec<(String, Vec<u8>)> =
        all(db, sql, params![call, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let opened = rows.into_iter().map(|(file, wrapped)| {
        let name = sound::name_of(Path::new(&file)).to_owned();
        Ok(SealedSound { file, key: key.unwrap(&wrapped, &sound_owner(&name))? })
    });
    opened.collect()
}

/// Writes the recordings in clear into a folder, each under its own name; gives where. A file that is
/// there is not overwritten.
pub(super) fn write_out(
    data: &Path,
    sounds: &[SealedSound],
    folder: &Path,
) -> Result<Vec<PathBuf>, StoreError> {
    super::schema::make_folder(folder)?;
    let mut written = vec![];
    for SealedSound { file, key } in sounds {
        let path = data.join(file);
        let sound = at_path(&path, SoundFile::open_with(&path, key))?;
        let out = folder.join(sound::name_of(&path));
        let mut options = OpenOptions::new();
        let created = options.write(true).create_new(true).mode(0o600).open(&out);
        let done = created.and_then(|to| sound.write_wav(io::BufWriter::new(to)));
        at_path(&out, done)?;
        written.push(out);
    }
    Ok(written)
}
