//! What people type in for the reports: opening balances, improvement items, outcome indicators; each
//! with who and when. Nothing is overwritten: another value is another row.

use super::administration::Administration;
use super::error::StoreError;
use super::facts::{self, Period as Span};
use super::read::Reader;
use super::report;
use super::vault::Vault;
use crate::domain::case::local_day;
use crate::domain::report::{
    CHANNELS, ChannelRow, Cluster, EFFECT_DAYS, Improvement, Outcome, OutcomePeriod, OutcomeUnit,
    Period, ReportKind, channel_rows, outcome_rows,
};
use crate::units::CaseNumber;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// Characters of one text that is typed in.
pub const INPUT_CHARS_MAX: usize = 500;

/// Improvement items that are open at once; every report lists them.
pub const IMPROVEMENTS_OPEN_MAX: usize = 200;

/// The totals since the line was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Opening balances and cases together.
    pub total: u64,
    /// By channel; `count` is what this service took in.
    pub channels: Vec<ChannelRow>,
}

/// An improvement item that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImprovement {
    /// Which matters.
    pub cluster: Cluster,
    /// What is to be improved.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// What is done.
    pub measure: String,
    /// Until when.
    pub due_on: Date,
}

impl Administration {
    /// Sets what a channel had taken in before this service; the name is one of [`CHANNELS`].
    pub fn set_opening(
        &mut self,
        at: Timestamp,
        channel: &str,
        count: u32,
        by: &str,
    ) -> Result<(), StoreError> {
        if !CHANNELS.iter().any(|(name, _)| *name == channel) {
            return Err(StoreError::Malformed("channel"));
        }
        check(&[by])?;
        let put = "INSERT INTO opening_balance (channel, count, by_person, at)
                   VALUES (?1, ?2, ?3, ?4)";
        self.db.execute(put, params![channel, count, by, at.as_millisecond()])?;
        Ok(())
    }

    /// Opens an item; counts such cases of the days before it now, without keeping a running service
    /// from writing. Gives its number. [`StoreError::Taken`] when [`IMPROVEMENTS_OPEN_MAX`] are open.
    pub fn open_improvement(
        &mut self,
        at: Timestamp,
        new: &NewImprovement,
        by: &str,
    ) -> Result<i64, StoreError> {
        let NewImprovement { cluster, title, owner, measure, due_on } = new;
        check(&[title, owner, measure, by])?;
        let read = self.db.transaction()?;
        let before = cases_before(&read, &self.vault, cluster, at)?.len();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        drop(read);
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT count(*) FROM improvement_item WHERE closed_at IS NULL";
        let open: i64 = tx.query_row(sql, [], |row| row.get(0))?;
        if usize::try_from(open).unwrap_or(usize::MAX) >= IMPROVEMENTS_OPEN_MAX {
            return Err(StoreError::Taken("未结改进事项已达上限，请先结项"));
        }
        tx.execute(
            "INSERT INTO improvement_item
                 (cluster, title, owner, measure, due_on, before, opened_by, opened_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                cluster.to_string(),
                title,
                owner,
                measure,
                due_on.to_string(),
                before,
                by,
                at.as_millisecond()
            ],
        )?;
        let id = tx.last_insert_rowid();
        tx.commit()?;
        Ok(id)
    }

    /// Closes an item. [`StoreError::NotFound`] when none with that number is open.
    pub fn close_improvement(
        &mut self,
        at: Timestamp,
        id: i64,
        by: &str,
    ) -> Result<(), StoreError> {
        check(&[by])?;
        let sql = "UPDATE improvement_item SET closed_by = ?2, closed_at = ?3
                   WHERE id = ?1 AND closed_at IS NULL";
        match self.db.execute(sql, params![id, by, at.as_millisecond()])? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    /// Stores the value of an outcome indicator.
    pub fn set_outcome(
        &mut self,
        at: Timestamp,
        outcome: &Outcome,
        by: &str,
    ) -> Result<(), StoreError> {
        let Outcome { name, period, value, unit, source } = outcome;
        check(&[name, source, by])?;
        self.db.execute(
            "INSERT INTO outcome_indicator (name, period, value, unit, source, by_person, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                name,
                period.to_string(),
                value,
                unit.as_str(),
                source,
                by,
                at.as_millisecond()
            ],
        )?;
        Ok(())
    }
}

impl Reader {
    /// The totals of each channel since the line was opened, as of now.
    pub fn totals(&self, now: Timestamp) -> Result<Totals, StoreError> {
        let after = now.as_millisecond().saturating_add(1);
        let ever = report::ever(&self.db, after, now)?;
        let channels = channel_rows(&ever, &ever, &openings(&self.db, now)?);
        Ok(Totals { total: channels.iter().map(|row| row.total).sum(), channels })
    }

    /// The cases behind these totals by channel, as of now.
    pub fn cases_by_channel(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Vec<CaseNumber>>, StoreError> {
        report::ever_numbers(&self.db, now.as_millisecond().saturating_add(1), now)
    }

    /// The items that are open, oldest first.
    pub fn improvements(&self, now: Timestamp) -> Result<Vec<Improvement>, StoreError> {
        improvements(&self.db, now)
    }
}

/// Texts that say something and are not too long.
fn check(texts: &[&str]) -> Result<(), StoreError> {
    let fits = |text: &&&str| !text.trim().is_empty() && text.chars().count() <= INPUT_CHARS_MAX;
    if texts.iter().filter(fits).count() == texts.len() {
        Ok(())
    } else {
        Err(StoreError::Malformed("a text is empty or too long"))
    }
}

/// Cases of a cluster in the [`EFFECT_DAYS`] before the day of `at`.
fn cases_before(
    db: &Connection,
    vault: &Vault,
    cluster: &Cluster,
    at: Timestamp,
) -> Result<Vec<CaseNumber>, StoreError> {
    let today = local_day(at);
    let first = today.saturating_sub(i64::from(EFFECT_DAYS).days());
    let begin = |day| Period::containing(ReportKind::Day, day).range().map(|(begin, _)| begin);
    let span = begin(first).zip(begin(today)).ok_or(StoreError::Malformed("day"))?;
    let [from_ms, to_ms, as_of_ms] = [span.0, span.1, at].map(Timestamp::as_millisecond);
    let facts = facts::of_period(db, vault, Span { from_ms, to_ms, as_of_ms })?;
    Ok(facts.iter().filter(|case| cluster.has(case)).map(|case| case.number).collect())
}

/// The cases that were counted before each item began that was open at an instant.
pub(super) fn before_items(
    db: &Connection,
    vault: &Vault,
    as_of: Timestamp,
) -> Result<BTreeMap<i64, Vec<CaseNumber>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, cluster, opened_at FROM improvement_item
         WHERE opened_at <= ?1 AND (closed_at IS NULL OR closed_at > ?1)",
    )?;
    let mut rows = statement.query([as_of.as_millisecond()])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (id, cluster): (i64, String) = (row.get(0)?, row.get(1)?);
        let cluster = Cluster::parse(&cluster).ok_or(StoreError::Damaged("improvement item"))?;
        let opened_at = Timestamp::from_millisecond(row.get(2)?).unwrap_or_default();
        found.insert(id, cases_before(db, vault, &cluster, opened_at)?);
    }
    Ok(found)
}

/// Whether a balance or an indicator that the report of a period tells was typed in otherwise after
/// `as_of` and by `until`. That makes a version of the newest report of each kind alone: those before
/// it told what was known then.
pub(super) fn is_newer(
    db: &Connection,
    period: &Period,
    as_of: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let later = "SELECT 1 FROM report WHERE kind = ?1 AND period > ?2";
    if db.prepare_cached(later)?.exists(params![period.kind().as_str(), period.name()])? {
        return Ok(false);
    }
    let of = |at| Ok::<_, StoreError>(outcome_rows(&outcomes(db, at)?, period));
    Ok(openings(db, as_of)? != openings(db, until)? || of(as_of)? != of(until)?)
}

/// The opening balances by channel that are not nought, as of an instant.
pub(super) fn openings(
    db: &Connection,
    as_of: Timestamp,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let sql = "SELECT channel, count FROM opening_balance WHERE at <= ?1 ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([as_of.as_millisecond()], |row| {
        let count: i64 = row.get(1)?;
        Ok((row.get(0)?, u64::try_from(count).unwrap_or(0)))
    })?;
    // The last of a channel stays.
    let mut last: BTreeMap<String, u64> = rows.collect::<Result<_, _>>()?;
    last.retain(|_, count| *count > 0);
    Ok(last)
}

/// The items that were open at an instant.
pub(super) fn improvements(
    db: &Connection,
    as_of: Timestamp,
) -> Result<Vec<Improvement>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, cluster, title, owner, measure, due_on, before, opened_at FROM improvement_item
         WHERE opened_at <= ?1 AND (closed_at IS NULL OR closed_at > ?1) ORDER BY id",
    )?;
    let mut rows = statement.query([as_of.as_millisecond()])?;
    let (mut found, damaged) = (vec![], || StoreError::Damaged("improvement item"));
    while let Some(row) = rows.next()? {
        let (cluster, due_on): (String, String) = (row.get(1)?, row.get(5)?);
        let opened_at = Timestamp::from_millisecond(row.get(7)?).unwrap_or_default();
        found.push(Improvement {
            id: row.get(0)?,
            cluster: Cluster::parse(&cluster).ok_or_else(damaged)?,
            title: row.get(2)?,
            owner: row.get(3)?,
            measure: row.get(4)?,
            due_on: due_on.parse().map_err(|_| damaged())?,
            before: row.get(6)?,
            opened_on: local_day(opened_at),
        });
    }
    Ok(found)
}

/// The outcome indicators that were known at an instant, in the order they were typed in.
pub(super) fn outcomes(db: &Connection, as_of: Timestamp) -> Result<Vec<Outcome>, StoreError> {
    let sql = "SELECT name, period, value, unit, source FROM outcome_indicator
               WHERE at <= ?1 ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([as_of.as_millisecond()])?;
    let (mut found, damaged) = (vec![], || StoreError::Damaged("outcome indicator"));
    while let Some(row) = rows.next()? {
        let (period, unit): (String, String) = (row.get(1)?, row.get(3)?);
        found.push(Outcome {
            name: row.get(0)?,
            period: OutcomePeriod::parse(&period).ok_or_else(damaged)?,
            value: row.get(2)?,
            unit: OutcomeUnit::parse(&unit).ok_or_else(damaged)?,
            source: row.get(4)?,
        });
    }
    Ok(found)
}
