//! Erasing what is over, a little at a time, while the service runs or by a verb. Four steps, each of
//! which goes on where an interruption left it: the rows (a transaction a group), the files of the list
//! `erased_file`, old pages of database and index (`purge`), and copies of the database that an upgrade
//! made.

use super::administration::{ACTOR, Administration};
use super::audit::{self, AuditEntry, AuditKind};
use super::chain::ChainEnd;
use super::config::BACKUP_FOLDER;
use super::erased_file::{self, ERASED_FILES_MAX, ErasureStep, Removed, Told, Turn};
use super::erasure::{self, Scope};
use super::error::{StoreError, at_path, unless_damaged};
use super::intake::{Desk, SYSTEM};
use super::purge;
use super::retention::{self, Cursor, FoundOver, Target};
use super::sweep::Sweeper;
use super::transaction;
use crate::domain::calendar::Calendar;
use crate::domain::case::{
    DeadlineRules, Erasure, ErasureGround, Hold, RetentionClass, RetentionRules, local_day,
};
use jiff::{Timestamp, ToSpan};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Files of erased recordings that are still there: they could not be removed, or a service runs
    /// beside the verb and removes them.
    pub files_left: usize,
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

    fn count(&mut self, group: &[RetentionClass]) {
        for class in group {
            *self.erased.entry(*class).or_default() += 1;
        }
    }

    fn count_files(&mut self, removed: &Removed) {
        self.files += removed.gone;
        self.files_left = removed.left;
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
            let erased = self.ask(move |db, desk| {
                let by = (SYSTEM, &*held);
                erase_group(db, desk, now, &rules, &group, by, &mut |_| ())
            });
            done.count(&erased?);
        }
        done.count_files(&self.remove_erased()?);
        if has_old_askers(&db, now, &rules)? {
            done.requests = self.ask(move |db, _| forget_askers(db, now, &rules, SYSTEM))?;
        }
        self.purge();
        done.copies = remove_old_copies(&self.folder.path, now, rules.copy_days)?;
        if done.copies > 0 {
            let copies = done.copies;
            self.ask(move |db, _| note_copies(db, now, SYSTEM, copies))?;
        }
        Ok(done)
    }

    /// One turn at the files on the list, those too that a verb beside the service has put there.
    pub(super) fn remove_erased(&mut self) -> Result<Removed, StoreError> {
        let (path, db) = (&self.folder.path, super::schema::open_reader(&self.folder.path)?);
        let unlist = |gone: Vec<String>| self.ask(move |db, _| erased_file::unlist(db, &gone));
        let stop = || self.handle.shared.closing.load(Ordering::Acquire);
        let mut after = self.removed.clone();
        let turn = Turn { after: &mut after, max: ERASED_FILES_MAX, stop: &stop };
        let removed = erased_file::remove_listed(&db, path, turn, unlist, &mut |_| ())?;
        self.removed = after;
        Ok(removed)
    }
}

impl Administration {
    /// Erases all that is over at `now`; `desk` is what it is decided with, and a seed from the
    /// operating system. Beside a running service the files of recordings and old copies are left to
    /// it: two would be at the same file. Each step is told as it is done.
    pub fn retain(
        &mut self,
        now: Timestamp,
        desk: (Calendar, DeadlineRules, [u8; 32]),
        rules: &RetentionRules,
        told: &mut dyn FnMut(ErasureStep),
    ) -> Result<Retained, StoreError> {
        let (mut done, mut cursor) = (Retained::default(), Cursor::default());
        let (mut desk, mut idle) = (self.desk(desk), true);
        for _ in 0..LOOKS_MAX {
            if cursor.is_at_the_start() {
                done.held.clear();
                idle = true;
            }
            let found = retention::find(&self.db, &self.vault, now, rules, &mut cursor)?;
            for (hold, count) in found.held {
                *done.held.entry(hold).or_default() += count;
            }
            let held = told_held(&done.held);
            for group in found.over.chunks(GROUP_MAX) {
                let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                // A service may have written since the last one.
                desk.chain.begin(&tx)?;
                let erased = erase_group(&tx, &mut desk, now, rules, group, (ACTOR, &held), told)?;
                tx.commit()?;
                told(ErasureStep::Committed);
                idle &= erased.is_empty();
                done.count(&erased);
            }
            done.count_files(&self.remove_erased(told)?);
            // What one round erases may have held something else.
            if idle && cursor.is_at_the_start() {
                break;
            }
        }
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        done.requests = forget_askers(&tx, now, rules, ACTOR)?;
        tx.commit()?;
        purge::finish_or_tell(&self.db, || false);
        if self.is_alone() {
            done.copies = remove_old_copies(&self.data, now, rules.copy_days)?;
        }
        if done.copies > 0 {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            note_copies(&tx, now, ACTOR, done.copies)?;
            tx.commit()?;
        }
        Ok(done)
    }

    /// Removes the files on the list, unless a service runs: then it does.
    pub(super) fn remove_erased(&self, told: Told<'_>) -> Result<Removed, StoreError> {
        if !self.is_alone() {
            return Ok(Removed { gone: 0, left: erased_file::count(&self.db)? });
        }
        let unlist = |gone: Vec<String>| {
            let tx = self.db.unchecked_transaction()?;
            erased_file::unlist(&tx, &gone)?;
            Ok(tx.commit()?)
        };
        let turn = Turn { after: &mut String::new(), max: usize::MAX, stop: &|| false };
        erased_file::remove_listed(&self.db, &self.data, turn, unlist, told)
    }

    /// What would be erased at `now`, and what is held: a whole round of looks. Recordings of a case that
    /// goes whole are not told apart.
    pub fn retention_over(
        &self,
        now: Timestamp,
        rules: &RetentionRules,
    ) -> Result<Over, StoreError> {
        let (mut cursor, mut over) = (Cursor::default(), Over::default());
        let (mut found, mut whole) = (vec![], BTreeSet::new());
        for _ in 0..LOOKS_MAX {
            let look = retention::find(&self.db, &self.vault, now, rules, &mut cursor)?;
            for (hold, count) in look.held {
                *over.held.entry(hold).or_default() += count;
            }
            whole.extend(look.over.iter().filter_map(|(_, target)| match target {
                Target::Case(id, Erasure::Everything) => Some(*id),
                _ => None,
            }));
            found.extend(look.over);
            if cursor.is_at_the_start() {
                break;
            }
        }
        let apart = |target: &Target| match target {
            Target::Case(id, Erasure::Recordings) => !whole.contains(id),
            _ => true,
        };
        let found = found.iter().filter(|(_, target)| apart(target));
        let rows = found.map(|(class, target)| over_row(&self.db, *class, target));
        over.rows = rows.collect::<Result<_, _>>()?;
        Ok(over)
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
            messages: self.messages.clone(),
            unit_phones: Arc::default(),
            guard: Arc::default(),
            spent_on: None,
        }
    }
}

/// What is over by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Over {
    /// What would be erased.
    pub rows: Vec<OverRow>,
    /// What is held, by why.
    pub held: BTreeMap<Hold, usize>,
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

/// Erases a group with its line in the audit; gives the classes of what was erased. What is damaged is
/// told, stays, and keeps no other.
fn erase_group(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    rules: &RetentionRules,
    group: &[(RetentionClass, Target)],
    (actor, held): (&str, &str),
    told: Told<'_>,
) -> Result<Vec<RetentionClass>, StoreError> {
    let scope = Scope { rules, ground: ErasureGround::Period, request: None };
    let mut erased = vec![];
    for (_, target) in group {
        let done = transaction::in_savepoint(db, desk, |db, desk| {
            erasure::erase(db, desk, now, target, &scope)
        });
        let done = unless_damaged(done, |error| {
            tracing::error!(?target, %error, "ALARM what is over cannot be erased");
        })?;
        if let Some(class) = done.flatten() {
            erased.push(class);
            told(ErasureStep::Marked);
        }
    }
    let subject = "retention".to_owned();
    note_erased(db, now, (actor, subject, ErasureGround::Period), &erased, held)?;
    Ok(erased)
}

/// Who erased how much of which class and why, in the transaction that does it; nothing of whom.
pub(super) fn note_erased(
    db: &Connection,
    now: Timestamp,
    (actor, subject, ground): (&str, String, ErasureGround),
    erased: &[RetentionClass],
    held: &str,
) -> Result<(), StoreError> {
    let mut counts = BTreeMap::<RetentionClass, usize>::new();
    for class in erased {
        *counts.entry(*class).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let mut reason = ground.title().to_owned();
    for (class, count) in &counts {
        // Writing to a String cannot fail.
        let _ = write!(reason, "；{} {count} 件", class.title());
    }
    reason.push_str(held);
    let entry = AuditEntry { actor: actor.to_owned(), kind: AuditKind::Erased, subject, reason };
    audit::append(db, now, &entry)
}

/// Copies of the database that were removed.
fn note_copies(
    db: &Connection,
    now: Timestamp,
    actor: &str,
    copies: usize,
) -> Result<(), StoreError> {
    let (actor, subject) = (actor.to_owned(), "copies".to_owned());
    let reason = format!("{}；升级前副本 {copies} 件", ErasureGround::Period.title());
    audit::append(db, now, &AuditEntry { actor, kind: AuditKind::Erased, subject, reason })
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
    actor: &str,
) -> Result<usize, StoreError> {
    let forgotten = db.execute(
        "UPDATE privacy_request SET wrapped = x'', body = x''
         WHERE decided_at < ?1 AND length(wrapped) > 0",
        [answered_before(now, rules)],
    )?;
    if forgotten > 0 {
        purge::ask(db)?;
        let (actor, subject) = (actor.to_owned(), "privacy".to_owned());
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
