//! Recordings and the seal: the keys of recordings under seal go to the liaison alone.
//!
//! A recording's key stands in its own file. When the seal is in force it is wrapped for the liaison
//! and stored; only after that commit is it taken out of the file. Which recordings are meant follows
//! from rows and files each time, so whatever is interrupted is done by the next turn.

use super::case_calls::has_case;
use super::case_key;
use super::error::{StoreError, at_path};
use super::folder::make_folder;
use super::read_call::all;
use super::seal::SEALED;
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

/// Recordings under seal whose files one look of the service opens, of those that the liaison has no key
/// of yet and of the others each; the next look goes on behind them.
pub(super) const LOOKED_AT_MAX: usize = 500;

/// How far the looks of the service have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Looked {
    /// The last one of those that the liaison has no key of.
    fresh: i64,
    /// The last one of the others: a file of before the seal may come back from a copy.
    known: i64,
}

/// Whether the key of a call's case, or of this case, is with the liaison.
pub(super) fn is_handed_over(
    db: &Connection,
    call: Option<&str>,
    case: Option<i64>,
) -> Result<bool, StoreError> {
    let held = "f.state = 'sealed' AND EXISTS (SELECT 1 FROM case_key k
                    WHERE k.case_id = f.id AND k.holder IS NOT NULL)";
    let sql = format!(
        "SELECT {} OR EXISTS (SELECT 1 FROM case_file f WHERE f.id = ?2 AND {held})",
        has_case("?1", held)
    );
    Ok(db.prepare_cached(&sql)?.query_row(params![call, case], |row| row.get(0))?)
}

/// The recordings under seal that the service can still open, or that stand in clear. Looks into
/// all of their files.
pub(super) fn still_here(db: &Connection, data: &Path) -> Result<Vec<UnderSeal>, StoreError> {
    let mut here = under_seal(db, "1", 0, usize::MAX)?;
    here.retain(|recording| is_here(data, recording));
    Ok(here)
}

/// The same for one look of the service: at most [`LOOKED_AT_MAX`] files of each kind.
pub(super) fn look(
    db: &Connection,
    data: &Path,
    looked: &mut Looked,
) -> Result<Vec<UnderSeal>, StoreError> {
    // Marked missing or not: its file may have come back.
    let mut here = page(db, "k.recording IS NULL", &mut looked.fresh)?;
    here.extend(page(db, "k.recording IS NOT NULL", &mut looked.known)?);
    here.retain(|recording| is_here(data, recording));
    Ok(here)
}

fn page(db: &Connection, which: &str, after: &mut i64) -> Result<Vec<UnderSeal>, StoreError> {
    let found = under_seal(db, which, *after, LOOKED_AT_MAX)?;
    let whole = found.len() < LOOKED_AT_MAX;
    *after = if whole { 0 } else { found.last().map_or(0, |last| last.id) };
    Ok(found)
}

fn is_here(data: &Path, recording: &UnderSeal) -> bool {
    let path = data.join(&recording.file);
    match File::open(&path).and_then(|file| sound::head(&file)) {
        Ok(Some(head)) => head.slot.is_some() || sound_plain::is_left(&path),
        Ok(None) => true,
        // A file that is gone took its key with it; what cannot be read is to be looked at.
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Recordings of sealed cases and of all their calls, behind an id.
fn under_seal(
    db: &Connection,
    which: &str,
    after: i64,
    max: usize,
) -> Result<Vec<UnderSeal>, StoreError> {
    let sql = under_seal_sql(which);
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    all(db, &sql, [after, max], |row| {
        let (id, file, holder) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(UnderSeal { id, file, holder, public: PublicKey(row.get(3)?) })
    })
}

fn under_seal_sql(which: &str) -> String {
    format!(
        "WITH {SEALED},
         of_seal AS (
             SELECT r.id, s.holder FROM sealed s JOIN recording r ON r.call = s.call
             UNION SELECT r.id, s.holder FROM sealed s JOIN recording r ON r.case_id = s.id
             UNION SELECT r.id, s.holder FROM sealed s
                   JOIN callback_attempt a ON a.task = s.id JOIN recording r ON r.call = a.call)
         SELECT r.id, r.file, min(o.holder), l.public FROM of_seal o
         JOIN recording r ON r.id = o.id JOIN liaison_key l ON l.id = o.holder
         LEFT JOIN recording_key k ON k.recording = r.id
         WHERE r.id > ?1 AND r.erased_at IS NULL AND {which}
         GROUP BY r.id ORDER BY r.id LIMIT ?2"
    )
}

/// Takes the keys of these recordings from the service; outside of any transaction. What stands in
/// clear is sealed first, but only by who is `alone` with the folder: two would write the same copy.
/// One that fails is told; it is still here for the next turn. `false`: `enough` said of the bytes that
/// were sealed so far that the rest is the next turn's.
pub(super) fn hand_over(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    recordings: &[UnderSeal],
    alone: bool,
    enough: impl Fn(u64) -> bool,
) -> bool {
    let mut bytes = 0;
    for recording in recordings {
        if enough(bytes) {
            return false;
        }
        match hand_over_one(db, vault, data, recording, alone) {
            Ok(sealed) => bytes += sealed,
            Err(error) => {
                let file = &recording.file;
                tracing::error!(file, %error, "ALARM the key of a sealed recording is still here");
            }
        }
    }
    true
}

/// Gives the bytes that stood in clear.
fn hand_over_one(
    db: &Connection,
    vault: &Vault,
    data: &Path,
    recording: &UnderSeal,
    alone: bool,
) -> Result<u64, StoreError> {
    let sealed = if alone { sound_plain::seal(db, vault, data, &recording.file)? } else { 0 };
    let path = data.join(&recording.file);
    let head = at_path(&path, File::open(&path).and_then(|file| sound::head(&file)))?;
    let Some(head) = head else {
        // The service seals it within half a minute, unless it is no recording at all.
        return if alone { Err(StoreError::Damaged("recording")) } else { Ok(0) };
    };
    if head.slot.is_none() {
        return Ok(sealed);
    }
    let name = sound::name_of(&path);
    let key = at_path(&path, sound::key_of(vault, &head, name))?;
    let wrapped = recording.public.wrap(&key, &sound_owner(name))?;
    let known = db
        .prepare_cached(
            "INSERT OR REPLACE INTO recording_key
             SELECT id, ?2, ?3 FROM recording WHERE id = ?1 AND erased_at IS NULL",
        )?
        .execute(params![recording.id, recording.holder, wrapped])?;
    if known == 0 {
        // Erased meanwhile, by the writer or beside it: nobody keeps a key, and its file goes.
        return Ok(sealed);
    }
    at_path(&path, sound::empty_slot(&path))?;
    Ok(sealed)
}

/// A recording of a sealed case with its key.
pub(super) struct SealedSound {
    file: String,
    key: DataKey,
}

/// What the liaison got of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenOut {
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// Recordings that are sealed to another key of a liaison, or not yet to any.
    pub withheld: usize,
    /// Recordings that could not be written, or not whole, and why.
    pub failed: Vec<NotWritten>,
}

/// A recording that could not be written, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotWritten {
    /// Its name.
    pub name: String,
    /// Why, for the liaison.
    pub why: String,
}

/// The recordings of a sealed case and of its calls, for the liaison, and how many others there are.
/// [`StoreError::NotFound`] when there is no sealed case of the number; an error where the key is
/// another.
pub(super) fn sounds(
    db: &Connection,
    number: CaseNumber,
    key: &LiaisonKey,
) -> Result<(Vec<SealedSound>, usize), StoreError> {
    let sql = "SELECT c.id, k.wrapped
               FROM case_file c JOIN case_key k ON k.case_id = c.id AND k.holder IS NOT NULL
               WHERE c.number = ?1 AND c.state = 'sealed'";
    let digits = i64::try_from(number.as_u64()).unwrap_or(0);
    let case = db.query_row(sql, [digits], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (id, wrapped): (i64, Vec<u8>) = case.ok_or(StoreError::NotFound)?;
    // Whose case it is not has nothing to hear in it.
    key.unwrap(&wrapped, &case_key::owner(id))?;
    let sql = "WITH of_case AS (
                   SELECT call FROM case_file WHERE id = ?1
                   UNION SELECT call FROM callback_attempt WHERE task = ?1)
               SELECT r.file, k.wrapped FROM recording r
               LEFT JOIN recording_key k ON k.recording = r.id
               WHERE (r.call IN (SELECT call FROM of_case) OR r.case_id = ?1)
                 AND r.erased_at IS NULL ORDER BY r.id";
    let rows: Vec<(String, Option<Vec<u8>>)> =
        all(db, sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
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

/// Writes the recordings in clear into a folder, each under its own name. A file that is there is not
/// overwritten; one that fails keeps no other from being written.
pub(super) fn write_out(
    data: &Path,
    sounds: &[SealedSound],
    folder: &Path,
) -> Result<TakenOut, StoreError> {
    make_folder(folder)?;
    let mut taken = TakenOut::default();
    for SealedSound { file, key } in sounds {
        let path = data.join(file);
        let name = sound::name_of(&path).to_owned();
        let out = folder.join(&name);
        match write_one(&path, key, &out) {
            Ok(whole) => {
                taken.written.push(out);
                if !whole {
                    let why = "结尾缺失或者被改动，只写出了前面的部分".to_owned();
                    taken.failed.push(NotWritten { name, why });
                }
            }
            Err(why) => taken.failed.push(NotWritten { name, why }),
        }
    }
    Ok(taken)
}

/// `false`: what was written is not the whole, the end is not there.
fn write_one(path: &Path, key: &DataKey, out: &Path) -> Result<bool, String> {
    let sound = SoundFile::open_with(path, key).map_err(|error| unreadable(&error))?;
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
    let file = created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => "输出文件夹中已有同名文件，未覆盖".to_owned(),
        _ => format!("不能写入输出文件夹：{error}"),
    })?;
    let written = sound.write_wav(io::BufWriter::new(&file)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // A part of it would be taken for the whole.
        let _ = std::fs::remove_file(out);
        return Err(unreadable(&error));
    }
    Ok(sound.is_complete())
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "录音文件已丢失".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            "录音文件已损坏或者被改动".to_owned()
        }
        _ => format!("读写失败：{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::*;
    use crate::wire::wav::Channels;
    use jiff::Timestamp;

    /// A sealed case with so many recordings, each of them under a key in its file.
    fn sealed_case(folder: &Path, recordings: usize) -> (Connection, Vault) {
        let (db, vault) =
            schema::open_writer(&StoreConfig::new(folder, Timestamp::UNIX_EPOCH)).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO liaison_key VALUES (1, CAST(x'09' || zeroblob(31) AS BLOB), 0);
             INSERT INTO case_file (id, intake_key, state, channel, received_at, call, round, answered_directly,
                                    due_provisional, last_event, number, accepted_at, first_responsible)
             VALUES (1, 'k', 'sealed', 'phone', 0, 'c', 0, 0, 0, 1, 26112200012, 0, 'x');
             INSERT INTO case_key VALUES (1, 1, x'01');",
        )
        .unwrap();
        std::fs::create_dir_all(folder.join("recordings")).unwrap();
        let sql = "INSERT INTO recording (file, kind, call, duration_ms, speech_ms, sha256, found, missing)
                   VALUES (?1, 'message', 'c', 0, 0, hex(zeroblob(32)), 0, 0)";
        for n in 0..recordings {
            let file = format!("recordings/{n:04}.wav");
            let path = folder.join(&file);
            sound::SoundWriter::create(&vault, &path, Channels::Mono, true)
                .unwrap()
                .finish()
                .unwrap();
            db.execute(sql, [&file]).unwrap();
        }
        (db, vault)
    }

    /// Asked every half minute.
    #[test]
    fn recordings_under_seal_are_found_without_reading_all_cases_or_recordings() {
        let folder = tempfile::tempdir().unwrap();
        let (db, _) = sealed_case(folder.path(), 0);
        let sql = under_seal_sql("k.recording IS NULL");
        schema::assert_by_state(&db, &sql);
        let plan = schema::plan(&db, &sql);
        assert!(!plan.iter().any(|step| step.starts_with("SCAN r")), "{plan:#?}");
    }

    #[test]
    fn a_look_opens_so_many_files_and_the_next_goes_on_until_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (db, vault) = sealed_case(data, LOOKED_AT_MAX + 3);
        let mut looked = Looked::default();
        let mut turn = || {
            let here = look(&db, data, &mut looked).unwrap();
            assert!(hand_over(&db, &vault, data, &here, true, |_| false));
            (here.len(), still_here(&db, data).unwrap().len())
        };
        assert_eq!(turn(), (LOOKED_AT_MAX, 3));
        assert_eq!(turn(), (3, 0));
        assert_eq!(turn(), (0, 0));
        // A file of before the seal comes back at the far end: found within two looks.
        let last = data.join(format!("recordings/{:04}.wav", LOOKED_AT_MAX + 2));
        std::fs::remove_file(&last).unwrap();
        sound::SoundWriter::create(&vault, &last, Channels::Mono, true).unwrap().finish().unwrap();
        let found = [turn().0, turn().0];
        assert_eq!(found.iter().sum::<usize>(), 1, "{found:?}");
        assert_eq!(still_here(&db, data).unwrap().len(), 0);
    }

    #[test]
    fn a_recording_that_was_marked_missing_is_sealed_when_its_file_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let (db, vault) = sealed_case(data, 2);
        let (file, away) = (data.join("recordings/0000.wav"), data.join("away"));
        std::fs::rename(&file, &away).unwrap();
        db.execute("UPDATE recording SET missing = 1 WHERE id = 1", []).unwrap();
        let mut looked = Looked::default();
        let mut turn = || {
            let here = look(&db, data, &mut looked).unwrap();
            assert!(hand_over(&db, &vault, data, &here, true, |_| false));
            here.len()
        };
        assert_eq!(turn(), 1, "the one whose file is there");
        std::fs::rename(&away, &file).unwrap();
        assert_eq!(turn(), 1, "the one that came back");
        let head = sound::head(&File::open(&file).unwrap()).unwrap().unwrap();
        assert!(head.slot.is_none(), "its key is with the liaison alone");
    }

    #[test]
    fn of_a_recording_that_was_erased_meanwhile_the_liaison_gets_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let (db, vault) = sealed_case(folder.path(), 2);
        let here = look(&db, folder.path(), &mut Looked::default()).unwrap();
        db.execute("UPDATE recording SET erased_at = 1, missing = 1 WHERE id = 1", []).unwrap();
        assert!(hand_over(&db, &vault, folder.path(), &here, false, |_| false));
        let known: Vec<i64> =
            all(&db, "SELECT recording FROM recording_key", [], |row| row.get(0)).unwrap();
        assert_eq!(known, [2]);
    }

    #[test]
    fn what_has_to_be_sealed_first_ends_a_turn_and_stays_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (db, vault) = sealed_case(folder.path(), 3);
        let here = look(&db, folder.path(), &mut Looked::default()).unwrap();
        assert!(!hand_over(&db, &vault, folder.path(), &here, true, |_| true));
        assert_eq!(still_here(&db, folder.path()).unwrap().len(), 3);
    }
}
