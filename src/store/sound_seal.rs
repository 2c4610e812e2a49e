//! Recordings and the seal: the keys of recordings under seal go to the liaison alone.
//!
//! A recording's key stands in its own file. When the seal is in force it is wrapped for the liaison
//! and stored; only after that commit is it taken out of the file. Which recordings are meant follows
//! from rows and files each time, so whatever is interrupted is done by the next turn.

use super::case_key;
use super::error::{StoreError, at_path};
use super::folder::make_folder;
use super::read_call::all;
use super::sound::{self, SoundFile};
use super::sound_plain;
use super::vault::{DataKey, LiaisonKey, PublicKey, Vault, sound_owner};
use crate::units::CaseNumber;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A recording of a case whose key the liaison has.
pub(super) struct UnderSeal {
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

/// The recordings under seal that the service can still open, or that stand in clear. Looks into
/// their files.
pub(super) fn still_here(db: &Connection, data: &Path) -> Result<Vec<UnderSeal>, StoreError> {
    let mut here = under_seal(db)?;
    here.retain(|recording| {
        let path = data.join(&recording.file);
        match File::open(&path).and_then(|file| sound::head(&file)) {
            Ok(Some(head)) => head.slot.is_some() || sound_plain::is_left(&path),
            Ok(None) => true,
            // A file that is gone took its key with it; what cannot be read is to be looked at.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    });
    Ok(here)
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

/// Takes the keys of these recordings from the service; outside of any transaction. What stands in
/// clear is sealed first, but only by who is `alone` with the folder: two would write the same copy.
/// One that fails is told; it is still here for the next turn.
pub(super) fn hand_over(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    recordings: &[UnderSeal],
    alone: bool,
) {
    for recording in recordings {
        if let Err(error) = hand_over_one(db, vault, data, recording, alone) {
            let file = &recording.file;
            tracing::error!(file, %error, "ALARM the key of a sealed recording is still here");
        }
    }
}

fn hand_over_one(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    recording: &UnderSeal,
    alone: bool,
) -> Result<(), StoreError> {
    if alone {
        sound_plain::seal(db, vault, data, &recording.file)?;
    }
    let path = data.join(&recording.file);
    let head = at_path(&path, File::open(&path).and_then(|file| sound::head(&file)))?;
    let Some(head) = head else {
        // The service seals it within half a minute, unless it is no recording at all.
        return if alone { Err(StoreError::Damaged("recording")) } else { Ok(()) };
    };
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

/// A recording of a sealed case with its key.
pub(super) struct SealedSound {
    file: String,
    key: DataKey,
}

/// What the liaison got of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOut {
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// Recordings that are sealed to another key of a liaison, or not yet to any.
    pub withheld: usize,
}

/// The recordings of a sealed case, for the liaison, and how many others there are.
/// [`StoreError::NotFound`] when there is no sealed case of the number; an error where the key is
/// another.
pub(super) fn sounds(
    db: &Connection,
    number: CaseNumber,
    key: &LiaisonKey,
) -> Result<(Vec<SealedSound>, usize), StoreError> {
    let sql = "SELECT c.id, c.call, k.wrapped
               FROM case_file c JOIN case_key k ON k.case_id = c.id AND k.holder IS NOT NULL
               WHERE c.number = ?1 AND c.state = 'sealed'";
    let digits = i64::try_from(number.as_u64()).unwrap_or(0);
    let case = db
        .query_row(sql, [digits], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (id, call, wrapped): (i64, Option<String>, Vec<u8>) = case.ok_or(StoreError::NotFound)?;
    // Whose case it is not has nothing to hear in it.
    key.unwrap(&wrapped, &case_key::owner(id))?;
    let sql = "SELECT r.file, k.wrapped FROM recording r
               LEFT JOIN recording_key k ON k.recording = r.id
               WHERE (r.call = ?1 OR r.case_id = ?2) AND r.missing = 0 ORDER BY r.id";
    let rows: Vec<(String, Option<Vec<u8>>)> =
        all(db, sql, params![call, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = rows.len();
    let opened = rows.into_iter().filter_map(|(file, wrapped)| {
        let owner = sound_owner(sound::name_of(Path::new(&file)));
        let key = key.unwrap(&wrapped?, &owner).ok()?;
        Some(SealedSound { file, key })
    });
    let opened: Vec<SealedSound> = opened.collect();
    let withheld = found - opened.len();
    Ok((opened, withheld))
}

/// Writes the recordings in clear into a folder, each under its own name; gives where. A file that is
/// there is not overwritten.
pub(super) fn write_out(
    data: &Path,
    sounds: &[SealedSound],
    folder: &Path,
) -> Result<Vec<PathBuf>, StoreError> {
    make_folder(folder)?;
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
