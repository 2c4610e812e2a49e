//! Erasing what is over, a little at a time, while the service runs or by a verb. Four steps, each of
//! which goes on where an interruption left it: the rows (a transaction a group), the files of the list
//! `erased_file`, old pages of database and index (`purge`), and copies of the database that an upgrade
//! made.

use super::administration::Administration;
use super::audit::{self, AuditEntry, AuditKind};
use super::chain::ChainEnd;
use super::config::BACKUP_FOLDER;
use super::error::{StoreError, at_path};
use super::intake::{Desk, SYSTEM};
use super::purge;
use super::read_call::all;
use super::retention::{self, Cursor, FoundOver, RETENTION_AT_ONCE_MAX, Target};
use super::sound;
use super::sweep::Sweeper;
use crate::domain::calendar::Calendar;
use crate::domain::case::{
    DeadlineRules, Erasure, ErasureGround, Hold, RetentionClass, RetentionRules, local_day,
};
use jiff::{Timestamp, ToSpan};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What one transaction erases: callers wait for the writer.
const GROUP_MAX: usize = 10;

/// Looks of one verb at most; the next goes on.
const LOOKS_MAX: usize = 10_000;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Retained {
    /// Cases, contacts and calls, by class.
    pub erased: BTreeMap<RetentionClass, usize>,
    /// Cases whose day has passed and that are held, by why.
    pub held: BTreeMap<Hold, usize>,
    /// Files of recordings that were removed.
    pub files: usize,
    /// Requests about personal information of which only the record is left.
    pub requests: usize,
    /// Copies of the database that were removed.
    pub copies: usize,
}

impl Retained {
    /// Nothing was erased.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.erased.is_empty() && self.files == 0 && self.requests == 0 && self.copies == 0
    }

    fn count(&mut self, group: &[(RetentionClass, Target)]) {
        for (class, _) in group {
            *self.erased.entry(*class).or_default() += 1;
        }
    }
}

impl Sweeper {
    /// One look, as at `now`.
    pub(super) fn retain(&mut self, now: Timestamp) -> Result<Retained, StoreError> {
        let db = super::schema::open_reader(&self.folder.path)?;
        super::schema::require_current(&db)?;
        let mut done = Retained::default();
        let rules = self.retention;
        let FoundOver { over, held } =
            retention::find(&db, &self.vault, now, &rules, &mut self.cursor)?;
        done.held = held;
        let held: Arc<str> = told_held(&done.held).into();
        for group in over.chunks(GROUP_MAX) {
            if self.handle.shared.closing.load(Ordering::Acquire) {
                return Ok(done);
            }
            let (group, held) = (Arc::<[_]>::from(group), Arc::clone(&held));
            let erased =
                self.ask(move |db, desk| erase_group(db, desk, now, &rules, &group, &held));
            done.count(&erased?);
        }
        let data = self.folder.path.clone();
        let gone = unlink(&data, &erased_files(&db)?)?;
        done.files = gone.len();
        if !gone.is_empty() {
            self.ask(move |db, _| unlist(db, &gone))?;
        }
        if has_old_askers(&db, now, &rules)? {
            done.requests = self.ask(move |db, _| forget_askers(db, now, &rules))?;
        }
        self.purge();
        done.copies = remove_old_copies(&data, now, rules.copy_days)?;
        Ok(done)
    }
}

impl Administration {
    /// Erases all that is over at `now`; `desk` is what it is decided with, and a seed from the
    /// operating system.
    pub fn retain(
        &mut self,
        now: Timestamp,
        data: &Path,
        desk: (Calendar, DeadlineRules, [u8; 32]),
        rules: &RetentionRules,
    ) -> Result<Retained, StoreError> {
        let (mut done, mut cursor) = (Retained::default(), Cursor::default());
        let mut desk = self.desk(desk);
        for _ in 0..LOOKS_MAX {
            let found = retention::find(&self.db, &self.vault, now, rules, &mut cursor)?;
            done.held.extend(found.held);
            let held = told_held(&done.held);
            let mut erased_now = 0;
            for group in found.over.chunks(GROUP_MAX) {
                let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let erased = erase_group(&tx, &mut desk, now, rules, group, &held)?;
                tx.commit()?;
                erased_now += erased.len();
                done.count(&erased);
            }
            let gone = unlink(data, &erased_files(&self.db)?)?;
            done.files += gone.len();
            unlist(&self.db, &gone)?;
            if erased_now == 0 && cursor.is_at_the_start() {
                break;
            }
        }
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        done.requests = forget_askers(&tx, now, rules)?;
        tx.commit()?;
        purge::finish_or_tell(&self.db, || false);
        done.copies = remove_old_copies(data, now, rules.copy_days)?;
        Ok(done)
    }

    /// What would be erased at `now`, and what is held; of more than one look finds, the first.
    pub fn retention_over(
        &self,
        now: Timestamp,
        rules: &RetentionRules,
    ) -> Result<Vec<OverRow>, StoreError> {
        let mut cursor = Cursor::default();
        let found = retention::find(&self.db, &self.vault, now, rules, &mut cursor)?;
        let rows = found.over.iter().map(|(class, target)| over_row(&self.db, *class, target));
        rows.collect()
    }

    /// What a command is decided with.
    pub(super) fn desk(&self, desk: (Calendar, DeadlineRules, [u8; 32])) -> Desk {
        let (calendar, rules, seed) = desk;
        Desk {
            calendar,
            rules,
            rng: StdRng::from_seed(seed),
            queue_base: 0,
            chain: ChainEnd::default(),
            vault: Arc::clone(&self.vault),
        }
    }
}

/// One thing that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverRow {
    /// Its class.
    pub class: RetentionClass,
    /// Its name, for officials.
    pub title: &'static str,
    /// Eleven digits, `draft-N`, the id of a call, or `recording-N`.
    pub subject: String,
    /// How much of it.
    pub erasure: Erasure,
}

fn over_row(
    db: &Connection,
    class: RetentionClass,
    target: &Target,
) -> Result<OverRow, StoreError> {
    let (subject, erasure) = match target {
        Target::Case(id, erasure) => {
            let number = retention::number_of(db, *id)?;
            (number.map_or_else(|| format!("draft-{id}"), |number| number.to_string()), *erasure)
        }
        Target::Call(call) => (call.clone(), Erasure::Everything),
        Target::Recording(id) => (format!("recording-{id}"), Erasure::Recordings),
    };
    Ok(OverRow { class, title: class.title(), subject, erasure })
}

/// Erases a group with its line in the audit; gives what was erased.
fn erase_group(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    rules: &RetentionRules,
    group: &[(RetentionClass, Target)],
    held: &str,
) -> Result<Vec<(RetentionClass, Target)>, StoreError> {
    let mut erased = vec![];
    for (class, target) in group {
        if retention::erase(db, desk, now, target, (rules, ErasureGround::Period))? {
            erased.push((*class, target.clone()));
        }
    }
    let mut counts = BTreeMap::<RetentionClass, usize>::new();
    for (class, _) in &erased {
        *counts.entry(*class).or_default() += 1;
    }
    let mut reason = ErasureGround::Period.title().to_owned();
    for (class, count) in &counts {
        // Writing to a String cannot fail.
        let _ = write!(reason, "；{} {count} 件", class.title());
    }
    reason.push_str(held);
    if !counts.is_empty() {
        let (actor, subject) = (SYSTEM.to_owned(), "retention".to_owned());
        let entry = AuditEntry { actor, kind: AuditKind::Erased, subject, reason };
        audit::append(db, now, &entry)?;
    }
    Ok(erased)
}

/// Requests that were answered before this instant, in ms since 1970, are over.
fn answered_before(now: Timestamp, rules: &RetentionRules) -> i64 {
    let last = local_day(now).saturating_sub(i64::from(rules.request_years).years());
    retention::begins(last)
}

/// Whether there is something for [`forget_askers`].
fn has_old_askers(
    db: &Connection,
    now: Timestamp,
    rules: &RetentionRules,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM privacy_request WHERE decided_at < ?1 AND length(wrapped) > 0 LIMIT 1";
    Ok(db.prepare_cached(sql)?.exists([answered_before(now, rules)])?)
}

/// Erases who asked about his personal information, and what he said, of requests that were answered long
/// enough ago.
fn forget_askers(
    db: &Connection,
    now: Timestamp,
    rules: &RetentionRules,
) -> Result<usize, StoreError> {
    let forgotten = db.execute(
        "UPDATE privacy_request SET wrapped = x'', body = x''
         WHERE decided_at < ?1 AND length(wrapped) > 0",
        [answered_before(now, rules)],
    )?;
    if forgotten > 0 {
        purge::ask(db)?;
        let (actor, subject) = (SYSTEM.to_owned(), "privacy".to_owned());
        let reason = format!("{}；个人信息请求 {forgotten} 件", ErasureGround::Period.title());
        audit::append(db, now, &AuditEntry { actor, kind: AuditKind::Erased, subject, reason })?;
    }
    Ok(forgotten)
}

/// What is held, as the audit tells it.
fn told_held(held: &BTreeMap<Hold, usize>) -> String {
    held.iter().fold(String::new(), |mut text, (hold, count)| {
        // Writing to a String cannot fail.
        let _ = write!(text, "；暂缓 {count} 件（{}）", hold.title());
        text
    })
}

/// Files that are still to be removed.
fn erased_files(db: &Connection) -> Result<Vec<String>, StoreError> {
    let limit = i64::try_from(RETENTION_AT_ONCE_MAX * GROUP_MAX).unwrap_or(0);
    all(db, "SELECT file FROM erased_file ORDER BY file LIMIT ?1", [limit], |row| row.get(0))
}

/// Removes recordings below the data folder, the place of their key overwritten first: what a file
/// system keeps of them opens for nobody. Gives those that are not there any more.
fn unlink(data: &Path, files: &[String]) -> Result<Vec<String>, StoreError> {
    let mut gone = vec![];
    for file in files {
        let path = data.join(file);
        match sound::empty_slot(&path).and_then(|()| std::fs::remove_file(&path)) {
            Ok(()) => gone.push(file.clone()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => gone.push(file.clone()),
            Err(error) => at_path(&path, Err(error))?,
        }
    }
    Ok(gone)
}

fn unlist(db: &Connection, files: &[String]) -> Result<(), StoreError> {
    let mut delete = db.prepare_cached("DELETE FROM erased_file WHERE file = ?1")?;
    for file in files {
        delete.execute([file])?;
    }
    Ok(())
}

/// Removes copies that upgrades made more than so many days ago: what was erased since stands in them.
fn remove_old_copies(data: &Path, now: Timestamp, days: u32) -> Result<usize, StoreError> {
    let folder = data.join(BACKUP_FOLDER);
    if !folder.is_dir() {
        return Ok(0);
    }
    let before = now.as_millisecond().saturating_sub(i64::from(days).saturating_mul(DAY_MS));
    let mut removed = 0;
    for entry in at_path(&folder, std::fs::read_dir(&folder))? {
        let path = at_path(&folder, entry)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let made = name.strip_prefix("mayorline-v").and_then(|rest| rest.split_once('-'));
        let made = made.and_then(|(_, made)| made.strip_suffix(".db")?.parse::<i64>().ok());
        if made.is_some_and(|made| made < before) {
            at_path(&path, std::fs::remove_file(&path))?;
            removed += 1;
        }
    }
    Ok(removed)
}
