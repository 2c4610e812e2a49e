//! What a crash left behind, put right before anything else happens: calls that never ended,
//! recordings without a row, rows whose file is gone.

use super::call_private;
use super::callback;
use super::config::{RECORDINGS_FOLDER, StoreConfig};
use super::error::{StoreError, at_path};
use super::intake::{self, Desk};
use super::queue_log;
use super::recording::{Owner, WIDENING_SUFFIX, is_inside, parse_recording_file, put};
use super::sound::{self, SoundKeys};
use super::sound_plain;
use super::vault::{HEAD_BYTES, Head, Vault};
use crate::domain::call::{Caller, IntakeKind, NewIntake, RecordingKind, RecordingSummary};
use crate::domain::case::is_unit_id;
use crate::units::{CallId, PhoneNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// Files looked at below the folder of recordings at one start; the rest waits for the next.
pub const RECORDINGS_SCANNED_MAX: usize = 1_000_000;

/// Folders below the folder of recordings.
const FOLDER_DEPTH_MAX: usize = 4;

/// Bytes of a RIFF header with one `fmt ` chunk of PCM and a `data` chunk.
const WAV_HEADER_BYTES: u64 = 44;

/// What was put right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Calls that were running when the process died.
    pub crashed_calls: usize,
    /// Drafts with a callback task that were made for calls and messages nobody knew of.
    pub drafts: usize,
    /// Recordings that got their row now.
    pub found: usize,
    /// Rows whose file is gone.
    pub missing: usize,
    /// Headers whose length was put right.
    pub repaired: usize,
    /// Attempts to call back that were running.
    pub attempts: usize,
    /// Callers who were in the queue.
    pub queued: usize,
}

/// A recording that was found without a row.
#[derive(Debug, Clone)]
pub(super) struct FoundFile {
    call: CallId,
    kind: RecordingKind,
    summary: RecordingSummary,
    /// Channels by its header; `None`: it has none that can be read.
    tracks: Option<u16>,
    /// An older program wrote it, in clear.
    plain: bool,
    /// The header's length was put right.
    pub(super) repaired: bool,
}

/// A message that was found without a row.
struct Message {
    file: String,
    summary: RecordingSummary,
}

/// Puts everything right in one transaction; headers of files before it. Recordings of calls that
/// began at `live_since` or later may still be written and are left alone.
pub(super) fn run(
    db: &mut Connection,
    desk: &mut Desk,
    config: &StoreConfig,
    live_since: Option<Timestamp>,
) -> Result<Reconciled, StoreError> {
    let mut report = Reconciled::default();
    // Taken at once: a verb that writes beside this start waits for it.
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    report.missing = flag_missing(&tx, &config.path)?;
    remove_widenings(&config.path, live_since)?;
    let mut messages = find_recordings(&tx, config, live_since, &mut report)?;
    report.attempts = callback::interrupt(&tx, config.opened_at)?;
    for running in running_calls(&tx, &desk.vault)? {
        let message = messages.get_mut(&running.call).and_then(Vec::pop);
        end_crashed(&tx, desk, config.opened_at, &running, message, &mut report)?;
    }
    for (call, waiting) in messages {
        report.drafts += adopt(&tx, desk, config.opened_at, &call, waiting)?;
    }
    tx.commit()?;
    Ok(report)
}

/// The account of a call that was running, and somebody who calls its citizen back.
fn end_crashed(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    running: &Running,
    message: Option<Message>,
    report: &mut Reconciled,
) -> Result<(), StoreError> {
    let Running { call, caller, started_at } = running;
    report.crashed_calls += 1;
    let lasted = now.as_millisecond().saturating_sub(*started_at).max(0);
    db.execute(
        "UPDATE call SET ended_at = ?2, lasted_ms = ?3, ended_by = 'crash' WHERE id = ?1",
        params![call.as_str(), started_at.saturating_add(lasted), lasted],
    )?;
    report.queued += usize::from(queue_log::close_after_crash(db, now, call)?);
    let case = newest_case_of_call(db, call)?;
    if let Some(case_id) = case {
        // Nobody knows whether its number was still told.
        intake::call_back(db, desk, now, case_id)?;
    }
    // The task of a call back remains; it needs no second one.
    let lost = case.is_none() && !callback::is_attempt(db, call)? && !calls_a_unit(db, call)?;
    if message.is_some() || lost {
        let at = Timestamp::from_millisecond(*started_at).unwrap_or(now);
        make_draft(db, desk, now, call, caller.clone(), at, message)?;
        report.drafts += 1;
    }
    Ok(())
}

/// A call of ours to a unit (`voice_notice`): no citizen was in it.
fn calls_a_unit(db: &Connection, call: &CallId) -> Result<bool, StoreError> {
    let sql = "SELECT called FROM call WHERE id = ?1";
    let called: String = db.prepare_cached(sql)?.query_row([call.as_str()], |row| row.get(0))?;
    Ok(is_unit_id(&called))
}

/// Messages of calls that had ended: to the case of the call, or a draft each.
fn adopt(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    call: &CallId,
    waiting: Vec<Message>,
) -> Result<usize, StoreError> {
    let mut drafts = 0;
    for message in waiting {
        if let Some(case_id) = case_of_call(db, call)? {
            let owner = Owner { call: Some(call), case_id: Some(case_id) };
            put(db, RecordingKind::Message, &message.summary, owner)?;
        } else {
            let (caller, at) = caller_of(db, &desk.vault, call)?.unwrap_or((None, now));
            make_draft(db, desk, now, call, caller, at, Some(message))?;
            drafts += 1;
        }
    }
    Ok(drafts)
}

/// A draft with a callback task, for a person to look at.
fn make_draft(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    call: &CallId,
    caller: Option<PhoneNumber>,
    received_at: Timestamp,
    message: Option<Message>,
) -> Result<(), StoreError> {
    let key = match &message {
        Some(message) => format!("found:{}", message.file),
        None => format!("crash:{call}"),
    };
    let intake = NewIntake {
        key,
        kind: IntakeKind::Abandoned,
        call: Some(call.clone()),
        contact: None,
        mail: None,
        caller: Caller { number: caller, display: None },
        received_at,
        recording: message.map(|message| message.summary),
        text: None,
        callback: true,
    };
    intake::open(db, desk, now, &intake, intake::SYSTEM).map(|_| ())
}

/// A call that was running when the process died.
struct Running {
    call: CallId,
    caller: Option<PhoneNumber>,
    started_at: i64,
}

fn running_calls(db: &Connection, vault: &Vault) -> Result<Vec<Running>, StoreError> {
    let sql = "SELECT id, started_at FROM call WHERE ended_at IS NULL ORDER BY id";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut running = vec![];
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let call = CallId::parse(&id).map_err(|_| StoreError::Damaged("call id"))?;
        let caller = call_private::of(db, vault, &id)?.into_caller().number;
        running.push(Running { call, caller, started_at: row.get(1)? });
    }
    Ok(running)
}

fn case_of_call(db: &Connection, call: &CallId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM case_file WHERE call = ?1 ORDER BY id LIMIT 1";
    Ok(db.query_row(sql, [call.as_str()], |row| row.get(0)).optional()?)
}

/// The newest case that came of a call.
pub(super) fn newest_case_of_call(
    db: &Connection,
    call: &CallId,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT max(id) FROM case_file WHERE call = ?1";
    Ok(db.query_row(sql, [call.as_str()], |row| row.get(0))?)
}

type CallerAt = (Option<PhoneNumber>, Timestamp);

fn caller_of(
    db: &Connection,
    vault: &Vault,
    call: &CallId,
) -> Result<Option<CallerAt>, StoreError> {
    let sql = "SELECT started_at FROM call WHERE id = ?1";
    let at: Option<i64> = db.query_row(sql, [call.as_str()], |row| row.get(0)).optional()?;
    let Some(at) = at else { return Ok(None) };
    let caller = call_private::of(db, vault, call.as_str())?.into_caller().number;
    Ok(Some((caller, Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH))))
}

/// Marks rows whose file is gone; gives how many are newly so.
fn flag_missing(db: &Connection, data: &Path) -> Result<usize, StoreError> {
    let mut statement = db.prepare("SELECT id, file FROM recording WHERE missing = 0")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut gone: Vec<i64> = vec![];
    for row in rows {
        let (id, file): (i64, String) = row?;
        if !data.join(&file).is_file() {
            gone.push(id);
        }
    }
    mark_missing(db, &gone)?;
    Ok(gone.len())
}

/// Marks rows whose file is gone.
pub(super) fn mark_missing(db: &Connection, gone: &[i64]) -> Result<(), StoreError> {
    for id in gone {
        db.execute("UPDATE recording SET missing = 1 WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// Gives every file its row; messages that nobody knew of are handed back by call.
fn find_recordings(
    db: &Connection,
    config: &StoreConfig,
    live_since: Option<Timestamp>,
    report: &mut Reconciled,
) -> Result<BTreeMap<CallId, Vec<Message>>, StoreError> {
    let mut messages: BTreeMap<CallId, Vec<Message>> = BTreeMap::new();
    let (data, keys) = (config.path.as_path(), SoundKeys::new(&config.folder()));
    for file in list_recordings(data)? {
        let known =
            db.prepare_cached("SELECT 1 FROM recording WHERE file = ?1")?.exists([&file])?;
        let Some((call, _)) = parse_recording_file(&file).filter(|_| !known) else { continue };
        if live_since.is_some_and(|since| call.is_since(since.as_millisecond())) {
            continue;
        }
        let Some(found) = examine(data, &file, &keys) else { continue };
        report.repaired += usize::from(found.repaired);
        take_in(db, &found)?;
        report.found += 1;
        if found.kind == RecordingKind::Message {
            messages.entry(call).or_default().push(Message { file, summary: found.summary });
        }
    }
    Ok(messages)
}

/// A file as it is: its end or header put right, its length and hash taken. `None` when it is no
/// recording or cannot be read.
pub(super) fn examine(data: &Path, file: &str, keys: &SoundKeys) -> Option<FoundFile> {
    let (call, kind) = parse_recording_file(file)?;
    let path = data.join(file);
    if remove_stillborn(&path) {
        return None;
    }
    let sealed = File::open(&path).and_then(|file| sound::head(&file)).ok()?.is_some();
    let repaired = if sealed { repair_sealed(&path, keys) } else { repair_wav(&path) };
    let examined = repaired.and_then(|repaired| {
        let summary = match sealed {
            true => summarise_sealed(&path, file, keys)?,
            false => summarise(&path, file)?,
        };
        Ok(FoundFile { call, kind, summary, tracks: channels(&path)?, plain: !sealed, repaired })
    });
    examined
        .inspect_err(|error| {
            tracing::error!(file, %error, "a recording cannot be read and was passed over");
        })
        .ok()
}

/// The row of a file that had none.
fn take_in(db: &Connection, found: &FoundFile) -> Result<(), StoreError> {
    put(db, found.kind, &found.summary, Owner { call: Some(&found.call), case_id: None })?;
    db.execute(
        "UPDATE recording SET found = 1, tracks = ?2 WHERE file = ?1",
        params![found.summary.file, found.tracks],
    )?;
    if found.plain {
        sound_plain::ask(db)?;
    }
    Ok(())
}

/// The same while the service runs; a message goes to the case of its call, or a draft is made.
/// `false` when the account of the call has come in between.
pub(super) fn take_in_late(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    found: &FoundFile,
) -> Result<bool, StoreError> {
    let file = found.summary.file.clone();
    if db.prepare_cached("SELECT 1 FROM recording WHERE file = ?1")?.exists([&file])? {
        return Ok(false);
    }
    take_in(db, found)?;
    if found.kind == RecordingKind::Message {
        let message = Message { file, summary: found.summary.clone() };
        adopt(db, desk, now, &found.call, vec![message])?;
    }
    Ok(true)
}

/// The number of channels that the head of a recording tells.
pub(super) fn channels(path: &Path) -> std::io::Result<Option<u16>> {
    if let Some(head) = sound::head(&File::open(path)?)? {
        return Ok(Some(head.channels.count()));
    }
    let mut header = [0; 44];
    let read = File::open(path)?.read(&mut header)?;
    let plain = read == header.len() && header.starts_with(b"RIFF");
    let told = u16::from_le_bytes([header[22], header[23]]);
    Ok((plain && told > 0).then_some(told))
}

/// The files below the folder of recordings, as paths below the data folder, in order.
pub(super) fn list_recordings(data: &Path) -> Result<Vec<String>, StoreError> {
    list_files(data, ".wav")
}

/// Files that were being written anew when the process died; the recording itself is beside them.
fn remove_widenings(data: &Path, live_since: Option<Timestamp>) -> Result<(), StoreError> {
    for file in list_files(data, WIDENING_SUFFIX)? {
        let Some((call, _)) = parse_recording_file(&file) else { continue };
        if live_since.is_some_and(|since| call.is_since(since.as_millisecond())) {
            continue;
        }
        if let Err(error) = std::fs::remove_file(data.join(&file)) {
            tracing::error!(file, %error, "what is left of a rewritten recording stays");
        }
    }
    Ok(())
}

/// The files whose name ends so.
fn list_files(data: &Path, end: &str) -> Result<Vec<String>, StoreError> {
    let mut files = vec![];
    let mut folders = vec![(data.join(RECORDINGS_FOLDER), 0)];
    while let Some((folder, depth)) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in at_path(&folder, std::fs::read_dir(&folder))? {
            let path = at_path(&folder, entry)?.path();
            if path.is_dir() && depth < FOLDER_DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if path.as_os_str().as_encoded_bytes().ends_with(end.as_bytes())
                && files.len() < RECORDINGS_SCANNED_MAX
                && let Some(file) = path.strip_prefix(data).ok().and_then(Path::to_str)
                && is_inside(file)
            {
                files.push(file.to_owned());
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A file without even a whole header was created in the instant of the crash and holds no audio:
/// it is no recording. `true` when it was one of these and is gone.
fn remove_stillborn(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let length = file.metadata().map_or(u64::MAX, |metadata| metadata.len());
    let mut start = Vec::new();
    let read = file.take(HEAD_BYTES as u64).read_to_end(&mut start);
    let sealed = read.is_ok() && Head::is_begun(&start);
    let least = if sealed { HEAD_BYTES as u64 } else { WAV_HEADER_BYTES };
    length < least && std::fs::remove_file(path).is_ok()
}

/// Puts the two lengths of a PCM header right when a crash left them short. `true` when it had to.
fn repair_wav(path: &Path) -> std::io::Result<bool> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let mut header = [0; 44];
    if length < WAV_HEADER_BYTES || file.read_exact(&mut header).is_err() {
        return Ok(false);
    }
    let plain = header.starts_with(b"RIFF") && header[36..40] == *b"data";
    let data = u32::try_from(length - WAV_HEADER_BYTES).unwrap_or(u32::MAX);
    if !plain || header[40..44] == data.to_le_bytes() {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&data.saturating_add(36).to_le_bytes())?;
    file.seek(SeekFrom::Start(40))?;
    file.write_all(&data.to_le_bytes())?;
    file.sync_all()?;
    Ok(true)
}

/// Ends a sealed recording that a crash had cut off. `true` when it had to.
fn repair_sealed(path: &Path, keys: &SoundKeys) -> std::io::Result<bool> {
    keys.open(path)?.repair(path)
}

/// Length and hash of a sealed file that was found.
fn summarise_sealed(
    path: &Path,
    file: &str,
    keys: &SoundKeys,
) -> std::io::Result<RecordingSummary> {
    let duration = Duration::from_micros(keys.open(path)?.frames().saturating_mul(125));
    let (file, sha256) = (file.to_owned(), sound::digest(path)?);
    Ok(RecordingSummary { file, duration, speech: Duration::ZERO, sha256 })
}

/// Length and hash of a plain file that was found. How much of it is speech is not known.
fn summarise(path: &Path, file: &str) -> std::io::Result<RecordingSummary> {
    let mut header = [0; 44];
    let read = File::open(path)?.read(&mut header)?;
    let field = |at: usize| {
        header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    };
    let (bytes_per_second, data) = (field(28), field(40));
    let known = read == header.len() && bytes_per_second > 0;
    let ms = if known { u64::from(data) * 1000 / u64::from(bytes_per_second) } else { 0 };
    let sha256 = sound::digest(path)?;
    let (file, duration) = (file.to_owned(), Duration::from_millis(ms));
    Ok(RecordingSummary { file, duration, speech: Duration::ZERO, sha256 })
}
