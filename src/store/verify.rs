//! Proves a data folder: the chain of events, the rows against a fold of their events, recordings
//! against their files both ways, the numbers of each day, SQLite's own checks, and what
//! `verify_desk` looks at.

use super::case_file;
use super::case_key::{self, Access};
use super::chain::{self, Link};
use super::config::DataFolder;
use super::encrypt;
use super::error::StoreError;
use super::published;
use super::purge;
use super::reconcile::list_recordings;
use super::recording::{hex, parse_recording_file};
use super::schema;
use super::seal;
use super::search;
use super::sound;
use super::sound_plain;
use super::sound_seal;
use super::speech;
use super::vault::Vault;
use super::verify_desk;
use super::verify_messages;
use super::verify_report;
use super::webhook;
use crate::domain::case::{Case, apply};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Faults that are listed; more are only counted.
pub const FAULTS_MAX: usize = 1000;

/// How long a file without a row is given to get one, in milliseconds.
const SETTLE_MS: u64 = 500;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `chain`, `private`, `projection`, `search`, `publication`, `callback`, `recording`, `sequence`,
    /// `queue`, `audit`, `report`, `webhook`, `message`, `speech`, `anchor`, `database`.
    pub area: &'static str,
    /// Where: event, case, file, day. Never a citizen's number.
    pub subject: String,
    /// What is wrong.
    pub problem: String,
}

/// What was looked at and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Events in the chain.
    pub events: u64,
    /// Cases whose row was compared with its events.
    pub cases: u64,
    /// Recordings whose file was hashed.
    pub recordings: u64,
    /// Days whose numbers were counted.
    pub days: u64,
    /// Rows of the queue ledger.
    pub queue_rows: u64,
    /// Attempts to call back.
    pub attempts: u64,
    /// Entries of the audit.
    pub audited: u64,
    /// Issued reports whose anchors were held against the chains.
    pub reports: u64,
    /// Subscriptions to what happens to cases.
    pub webhooks: u64,
    /// Messages to them that are kept.
    pub deliveries: u64,
    /// Texts and mails that came and went.
    pub messages: u64,
    /// Hashes from outside that were found: in which chain at which entry, or of which report.
    pub anchored: Vec<(&'static str, i64)>,
    /// Private parts that were erased; not a fault.
    pub erased: u64,
    /// Recordings that were erased at the end of their period; not a fault.
    pub erased_recordings: u64,
    /// Cases of which nobody can read more than number, dates and hashes; not a fault.
    pub erased_cases: u64,
    /// Private parts under seal, which only the liaison can look at; not a fault.
    pub sealed: u64,
    /// Sealed cases whose key the service still has, because no liaison's key is known.
    pub unclaimed: u64,
    /// What was sealed or erased is still to be taken off the disk, by the service or its next start.
    pub unscrubbed: bool,
    /// How many recordings stand in clear; not a fault.
    pub in_clear_count: u64,
    /// The first [`FAULTS_MAX`] of them, which an older program wrote: the running service seals them.
    pub in_clear: Vec<String>,
    /// Hash of the last event, in hexadecimal: to be written down outside.
    pub head: String,
    /// How many faults there are.
    pub fault_count: u64,
    /// The first of them.
    pub faults: Vec<Fault>,
}

impl VerifyReport {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    pub(super) fn fault(
        &mut self,
        area: &'static str,
        subject: impl ToString,
        problem: impl Into<String>,
    ) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_MAX {
            let (subject, problem) = (subject.to_string(), problem.into());
            self.faults.push(Fault { area, subject, problem });
        }
    }
}

/// Checks everything in the data folder and changes nothing. An error means that it could not be
/// looked at; what is wrong stands in the report. One read transaction: a running service goes on.
pub fn verify(data: impl Into<DataFolder>) -> Result<VerifyReport, StoreError> {
    verify_anchored(data, &[])
}

/// The same, and that a chain still goes through each of these hashes, which were kept outside: 64
/// hexadecimal digits in small letters each.
pub fn verify_anchored(
    data: impl Into<DataFolder>,
    hashes: &[String],
) -> Result<VerifyReport, StoreError> {
    let folder = data.into();
    let data = folder.path.as_path();
    let (db, vault) = schema::open_reader_with(&folder)?;
    let tx = db.unchecked_transaction()?;
    let mut report = VerifyReport::default();
    check_database(&tx, &mut report)?;
    check_chain(&tx, &vault, &mut report)?;
    check_cases(&tx, &vault, &mut report)?;
    check_days(&tx, &mut report)?;
    check_recordings(&tx, data, &mut report)?;
    report.unclaimed = seal::waiting(&tx)?;
    report.unscrubbed |= purge::is_pending(&tx)?
        || encrypt::is_pending(&tx)?
        || !sound_seal::still_here(&tx, data)?.is_empty();
    verify_desk::check(&tx, data, &mut report)?;
    verify_report::check(&tx, &mut report)?;
    webhook::check(&tx, &vault, &mut report)?;
    speech::check(&tx, &mut report)?;
    verify_messages::check(&tx, &vault, &mut report)?;
    verify_report::check_hashes(&tx, hashes, &mut report)?;
    Ok(report)
}

fn check_database(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut check = db.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            report.fault("database", "integrity_check", text);
        }
    }
    let mut check = db.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let table: String = row.get(0)?;
        report.fault("database", table, "a row refers to nothing");
    }
    Ok(())
}

fn check_chain(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT e.seq, e.case_id, e.at, e.actor, e.body, e.private_digest, e.prev, e.hash,
                p.body
         FROM event e LEFT JOIN event_private p USING (seq) ORDER BY e.seq",
    )?;
    let mut rows = statement.query([])?;
    let (mut seq, mut prev) = (0, chain::START);
    while let Some(row) = rows.next()? {
        seq += 1;
        report.events += 1;
        prev = check_link(row, seq, &prev, report)?;
        check_private(db, vault, row, report)?;
    }
    report.head = hex(&prev);
    Ok(())
}

fn check_link(
    row: &Row<'_>,
    expected: i64,
    prev: &[u8; 32],
    report: &mut VerifyReport,
) -> Result<[u8; 32], StoreError> {
    let seq: i64 = row.get(0)?;
    let (actor, body): (String, String) = (row.get(3)?, row.get(4)?);
    let digest: Option<[u8; 32]> = row.get(5)?;
    let (stored_prev, stored): ([u8; 32], [u8; 32]) = (row.get(6)?, row.get(7)?);
    let private_digest = digest.as_ref().map(|digest| &digest[..]);
    let (case_id, at) = (row.get(1)?, row.get(2)?);
    let link = Link { seq, case_id, at, actor: &actor, body: &body, private_digest };
    if seq != expected {
        report.fault("chain", seq, "an event before it is missing");
    }
    if stored_prev != *prev {
        report.fault("chain", seq, "does not follow the event before it");
    }
    if chain::hash(prev, &link) != stored {
        report.fault("chain", seq, "was changed");
    }
    Ok(stored)
}

/// The private part of an event against its digest; one under seal is the liaison's to look at.
fn check_private(
    db: &Connection,
    vault: &Vault,
    row: &Row<'_>,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let (seq, case_id): (i64, i64) = (row.get(0)?, row.get(1)?);
    let digest: Option<[u8; 32]> = row.get(5)?;
    let sealed: Option<Vec<u8>> = row.get(8)?;
    let (Some(digest), Some(sealed)) = (digest, &sealed) else {
        match (digest, sealed) {
            (Some(_), None) => report.erased += 1,
            (None, Some(_)) => report.fault("private", seq, "was added"),
            _ => {}
        }
        return Ok(());
    };
    let opened = case_key::of(db, vault, case_id)
        .and_then(|key| key.open(&case_file::place(case_id, seq), sealed));
    let same = opened.map(|plain| {
        let plain = plain.as_deref()?;
        let parts = case_file::parted(plain).ok();
        Some(parts.is_some_and(|(salt, json)| chain::private_digest(salt, json) == digest))
    });
    match same {
        Ok(Some(true)) => {}
        Ok(None) => report.sealed += 1,
        Ok(Some(false)) | Err(StoreError::Damaged(_)) => {
            report.fault("private", seq, "was changed");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// One case being folded.
struct Fold {
    id: i64,
    key: Result<Access, StoreError>,
    case: Case,
    last: i64,
}

/// Folds all events by case and compares each with its row.
fn check_cases(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT e.case_id, e.seq, e.body, p.body
         FROM event e LEFT JOIN event_private p USING (seq) ORDER BY e.case_id, e.seq",
    )?;
    let mut rows = statement.query([])?;
    let mut open: Option<Fold> = None;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if open.as_ref().is_some_and(|fold| fold.id != id)
            && let Some(done) = open.take()
        {
            compare(db, vault, &done, report)?;
        }
        let fold = open.get_or_insert_with(|| Fold {
            id,
            key: case_key::of(db, vault, id),
            case: Case::default(),
            last: 0,
        });
        fold.last = row.get(1)?;
        let (body, sealed): (String, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
        let place = (id, fold.last);
        let event = match &fold.key {
            Ok(key) => case_file::open_event(key, place, &body, sealed.as_deref())
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match event {
            Ok(event) => fold.case = apply(std::mem::take(&mut fold.case), &event),
            Err(error) => report.fault("projection", fold.last, error),
        }
    }
    if let Some(done) = open {
        compare(db, vault, &done, report)?;
    }
    let sql = "SELECT id FROM case_file WHERE id NOT IN (SELECT case_id FROM event)";
    for id in column(db, sql)? {
        report.fault("projection", id, "has a row and no event");
    }
    Ok(())
}

/// A key is gone where the events say that the case was erased, and nowhere else.
fn check_key(fold: &Fold, report: &mut VerifyReport) {
    let gone = matches!(fold.key, Ok(Access::Gone));
    let erased = case_file::is_erased(&fold.case);
    report.erased_cases += u64::from(erased);
    match (gone, erased) {
        (true, false) => report.fault("private", fold.id, "its key is gone and it was not erased"),
        (false, true) => report.fault("private", fold.id, "was erased and its key is there"),
        _ => {}
    }
}

fn compare(
    db: &Connection,
    vault: &Vault,
    fold: &Fold,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    report.cases += 1;
    check_key(fold, report);
    match case_file::differs(db, vault, fold.id, &fold.case) {
        Ok(None) => {}
        Ok(Some(column)) => {
            report.fault("projection", fold.id, format!("{column} is not what the events say"));
        }
        Err(_) => report.fault("projection", fold.id, "has events and no row"),
    }
    if search::misses(db, vault, fold.id, &fold.case)? {
        report.fault("search", fold.id, "is not found as it should be: `case reindex` mends it");
    }
    if published::misses(db, fold.id, &fold.case)? {
        report.fault("publication", fold.id, "is not listed as its events say");
    }
    let last = db
        .prepare_cached("SELECT last_event FROM case_file WHERE id = ?1")?
        .query_row([fold.id], |row| row.get(0));
    if last.is_ok_and(|last: i64| last != fold.last) {
        report.fault("chain", fold.last, "events after it are missing");
    }
    let task = db
        .prepare_cached("SELECT due_at, done_at FROM callback_task WHERE case_id = ?1")?
        .query_row([fold.id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let ms = Timestamp::as_millisecond;
    let told = fold.case.callback.as_ref().map(|task| (ms(task.due_at), task.done_at.map(ms)));
    if task != told {
        report.fault("callback", fold.id, "the callback task is not what the events say");
    }
    Ok(())
}

/// Every number from 1 to the last of its day stands on exactly one case.
fn check_days(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT d.day, d.last, count(c.number), COALESCE(min(c.number / 10 % 10000), 0),
                COALESCE(max(c.number / 10 % 10000), 0)
         FROM day_sequence d
         LEFT JOIN case_file c
           ON c.number BETWEEN d.day * 100000 AND d.day * 100000 + 99999
         GROUP BY d.day",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.days += 1;
        let day: i64 = row.get(0)?;
        let (last, count, min, max): (i64, i64, i64, i64) =
            (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        if (count, min, max) != (last, 1, last) {
            report.fault("sequence", day, format!("{last} numbers given, {count} cases found"));
        }
    }
    let sql = "SELECT id FROM case_file
               WHERE number IS NOT NULL AND number / 100000 NOT IN (SELECT day FROM day_sequence)";
    for id in column(db, sql)? {
        report.fault("sequence", id, "its day gave out no number");
    }
    Ok(())
}

fn column(db: &Connection, sql: &str) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare(sql)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Every row has its file with its hash, every file its row.
fn check_recordings(
    db: &Connection,
    data: &Path,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let sql = "SELECT r.file, r.sha256, r.erased_at IS NOT NULL, e.file IS NOT NULL
               FROM recording r LEFT JOIN erased_file e ON e.file = r.file ORDER BY r.id";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut known, mut changed) = (BTreeSet::new(), vec![]);
    while let Some(row) = rows.next()? {
        let (file, sha256): (String, String) = (row.get(0)?, row.get(1)?);
        let (erased, listed): (bool, bool) = (row.get(2)?, row.get(3)?);
        if erased {
            report.erased_recordings += 1;
            report.unscrubbed |= listed;
            if !listed && data.join(&file).exists() {
                report.fault("recording", &file, "was erased and its file is there");
            }
            known.insert(file);
            continue;
        }
        report.recordings += 1;
        check_sealed(&data.join(&file), &file, report);
        match sound::digest(&data.join(&file)) {
            Ok(found) if hex(&found) == sha256 => {}
            Ok(_) => changed.push(file.clone()),
            Err(_) => report.fault("recording", &file, "the file is missing or unreadable"),
        }
        known.insert(file);
    }
    for file in still_changed(data, changed)? {
        report.fault("recording", &file, "the file was changed");
    }
    let mut strays = list_recordings(data)?;
    strays.retain(|file| !known.contains(file));
    for file in without_row(data, strays)? {
        report.fault("recording", &file, "no row knows this file");
    }
    Ok(())
}

/// Whether a recording stands in clear, or what stood so before it was sealed is not overwritten yet.
fn check_sealed(path: &Path, file: &str, report: &mut VerifyReport) {
    let head = File::open(path).and_then(|file| sound::head(&file));
    if matches!(head, Ok(None)) || sound_plain::is_left(path) {
        report.in_clear_count += 1;
        if report.in_clear.len() < FAULTS_MAX {
            report.in_clear.push(file.to_owned());
        }
    }
}

/// Those of the files that still do not fit their rows a moment later: a running service may have
/// sealed an older one after the rows were read.
fn still_changed(data: &Path, mut files: Vec<String>) -> Result<Vec<String>, StoreError> {
    if files.is_empty() {
        return Ok(files);
    }
    std::thread::sleep(Duration::from_millis(SETTLE_MS));
    let db = schema::open_reader(data)?;
    let mut known = db.prepare("SELECT 1 FROM recording WHERE file = ?1 AND sha256 = ?2")?;
    let mut failed = None;
    files.retain(|file| {
        let fits = sound::digest(&data.join(file))
            .map_or(Ok(false), |found| known.exists([file.as_str(), &hex(&found)]));
        fits.map_err(|error| failed = Some(error)).is_ok_and(|fits| !fits)
    });
    failed.map_or(Ok(files), |error| Err(error.into()))
}

/// Those of the files that still have no row a moment later: a running service may have made them
/// after the rows were read, and a call that runs gives its recordings their rows at its end.
fn without_row(data: &Path, mut files: Vec<String>) -> Result<Vec<String>, StoreError> {
    if files.is_empty() {
        return Ok(files);
    }
    std::thread::sleep(Duration::from_millis(SETTLE_MS));
    let db = schema::open_reader(data)?;
    let mut running = db.prepare("SELECT 1 FROM call WHERE id = ?1 AND ended_at IS NULL")?;
    let mut known = db.prepare("SELECT 1 FROM recording WHERE file = ?1")?;
    let mut failed = None;
    files.retain(|file| {
        // In this order: a call that ends in between has stored the row by then.
        let call = parse_recording_file(file).map(|(call, _)| call);
        let runs = call.map_or(Ok(false), |call| running.exists([call.as_str()]));
        let accounted = runs.and_then(|runs| Ok(runs || known.exists([file])?));
        accounted.map_err(|error| failed = Some(error)).is_ok_and(|accounted| !accounted)
    });
    failed.map_or(Ok(files), |error| Err(error.into()))
}
