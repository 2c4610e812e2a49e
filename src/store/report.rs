//! Issued reports. What is stored of one are counts and numbers of cases; its case sheet is folded
//! from the events as of the same instant whenever it is shown, so a seal or an erasure that came
//! later holds for every version.

use super::administration::Administration;
use super::call_facts;
use super::error::StoreError;
use super::facts::{self, Period as Span};
use super::intake::read_number;
use super::read::{Reader, city_time};
use super::recording::hex;
use super::report_corrected::is_corrected;
use super::report_inputs;
use super::report_narrative;
use super::vault::Vault;
use crate::domain::calendar::Calendar;
use crate::domain::case::local_day;
use crate::domain::figures::{BurstRules, Facts};
use crate::domain::report::{
    Anchor, Anchors, Behind, Content, EFFECT_DAYS, Material, Names, Older, Period, ReportKind,
    Rights, SheetRow, Subject, behind, compose, sheet_row,
};
use crate::units::CaseNumber;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One issue in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// `day-2026-11-22`.
    pub report: String,
    /// From 1; a later one corrects those before it.
    pub version: u32,
    /// What happened later is not in it.
    pub as_of: String,
    /// When it was worked out.
    pub generated_at: String,
    /// Of what is stored of it, in hexadecimal.
    pub sha256: String,
}

/// One issue as it may be told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// The id of its row.
    pub id: i64,
    /// Its place in a list.
    pub row: ReportRow,
    /// What it says.
    pub content: Content,
    /// As of when.
    pub as_of: Timestamp,
    /// A case it looked at came under seal after it was issued: counts are those of now, not those
    /// that were issued.
    pub recounted: bool,
    /// It is about an invented city.
    pub demo: bool,
}

/// An issue that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Of which period.
    pub period: Period,
    /// The issue it follows; 0: none.
    pub after_version: u32,
    /// When it was worked out.
    pub generated_at: Timestamp,
    /// What happened later is not in it.
    pub as_of: Timestamp,
    /// What it says.
    pub content: Content,
}

/// Works a report out as of an instant.
pub(super) fn work_out(
    db: &Connection,
    vault: &Vault,
    period: Period,
    as_of: Timestamp,
) -> Result<Content, StoreError> {
    Ok(compose(&material(db, vault, period, as_of)?))
}

/// What a report is composed of. One pass over the events of each span; of each case only its key is
/// looked up.
fn material(
    db: &Connection,
    vault: &Vault,
    period: Period,
    as_of: Timestamp,
) -> Result<Material, StoreError> {
    let facts = facts_of(db, vault, looked_at(&period), as_of)?;
    let last_year = facts_of(db, vault, range(&period.year_ago())?, as_of)?;
    let (from_ms, to_ms) = range(&period)?;
    let span = Span { from_ms, to_ms, as_of_ms: as_of.as_millisecond() };
    Ok(Material {
        period,
        as_of,
        facts,
        last_year,
        calls: call_facts::of_period(db, span)?,
        ever: ever(db, to_ms, as_of)?,
        openings: report_inputs::openings(db, as_of)?,
        improvements: report_inputs::improvements(db, as_of)?,
        outcomes: report_inputs::outcomes(db, as_of)?,
        narrative: report_narrative::of(db, &period, as_of)?,
        anchors: anchors(db, as_of)?,
    })
}

/// From the period before, or from as far back as bursts and improvements are measured.
fn looked_at(period: &Period) -> (i64, i64) {
    let last = period.last();
    let effect = last.saturating_sub(i64::from(EFFECT_DAYS - 1).days());
    let burst = BurstRules::default().first_day(last);
    let first = period.before().first().min(effect).min(burst);
    let ms = |day: Date| {
        let day = Period::containing(ReportKind::Day, day).range();
        day.map_or(i64::MAX, |(begin, _)| begin.as_millisecond())
    };
    (ms(first), ms(period.after()))
}

pub(super) fn range(period: &Period) -> Result<(i64, i64), StoreError> {
    let (from, to) = period.range().ok_or(StoreError::Malformed("period"))?;
    Ok((from.as_millisecond(), to.as_millisecond()))
}

fn facts_of(
    db: &Connection,
    vault: &Vault,
    (from_ms, to_ms): (i64, i64),
    as_of: Timestamp,
) -> Result<Vec<Facts>, StoreError> {
    facts::of_period(db, vault, Span { from_ms, to_ms, as_of_ms: as_of.as_millisecond() })
}

/// Numbered cases up to an end, by channel.
pub(super) fn ever(
    db: &Connection,
    end_ms: i64,
    as_of: Timestamp,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT channel, count(*) FROM case_file
         WHERE number IS NOT NULL AND received_at < ?1 AND accepted_at <= ?2 GROUP BY channel",
    )?;
    let rows = statement.query_map([end_ms, as_of.as_millisecond()], |row| {
        let count: i64 = row.get(1)?;
        Ok((row.get(0)?, u64::try_from(count).unwrap_or(0)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The same with the numbers of the cases.
pub(super) fn ever_numbers(
    db: &Connection,
    end_ms: i64,
    as_of: Timestamp,
) -> Result<BTreeMap<String, Vec<CaseNumber>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT channel, number FROM case_file
         WHERE number IS NOT NULL AND received_at < ?1 AND accepted_at <= ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([end_ms, as_of.as_millisecond()])?;
    let mut found = BTreeMap::<String, Vec<CaseNumber>>::new();
    while let Some(row) = rows.next()? {
        found.entry(row.get(0)?).or_default().push(read_number(row.get(1)?)?);
    }
    Ok(found)
}

/// Where the chains stood at an instant.
fn anchors(db: &Connection, as_of: Timestamp) -> Result<Anchors, StoreError> {
    let anchor = |sql: &str| -> Result<Anchor, StoreError> {
        let row = db.prepare_cached(sql)?.query_row([as_of.as_millisecond()], |row| {
            let hash: [u8; 32] = row.get(1)?;
            Ok(Anchor { seq: row.get(0)?, hash: hex(&hash) })
        });
        Ok(row.optional()?.unwrap_or_default())
    };
    Ok(Anchors {
        events: anchor("SELECT seq, hash FROM event WHERE at <= ?1 ORDER BY seq DESC LIMIT 1")?,
        audit: anchor("SELECT seq, hash FROM audit WHERE at <= ?1 ORDER BY seq DESC LIMIT 1")?,
    })
}

/// The local day the first case came on.
pub(super) fn since(db: &Connection) -> Result<Option<Date>, StoreError> {
    let sql = "SELECT min(received_at) FROM case_file WHERE number IS NOT NULL";
    let first: Option<i64> = db.query_row(sql, [], |row| row.get(0))?;
    Ok(first.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(local_day))
}

/// The periods of a kind that have an issue, with the newest version and as of when that is.
pub(super) fn issued(
    db: &Connection,
    kind: ReportKind,
) -> Result<BTreeMap<Period, (u32, Timestamp)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT period, max(version), max(as_of) FROM report WHERE kind = ?1 GROUP BY period",
    )?;
    let rows = statement.query_map([kind.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
    })?;
    let mut found = BTreeMap::new();
    for row in rows {
        let (name, version, as_of) = row?;
        let period = Period::parse(kind, &name).ok_or(StoreError::Damaged("report"))?;
        let as_of = Timestamp::from_millisecond(as_of).unwrap_or_default();
        found.insert(period, (version, as_of));
    }
    Ok(found)
}

/// Stores an issue; [`StoreError::Taken`] when another one came in between.
pub(super) fn insert(db: &Connection, new: &NewReport) -> Result<(), StoreError> {
    let (kind, name) = (new.period.kind().as_str(), new.period.name());
    let newest = "SELECT COALESCE(max(version), 0) FROM report WHERE kind = ?1 AND period = ?2";
    let newest: u32 = db.query_row(newest, params![kind, name], |row| row.get(0))?;
    if newest != new.after_version {
        return Err(StoreError::Taken("another issue of this report was stored meanwhile"));
    }
    let content = serde_json::to_string(&new.content).map_err(|_| StoreError::Damaged("report"))?;
    let sha256 = sha256(&content);
    let (generated_at, as_of) = (new.generated_at.as_millisecond(), new.as_of.as_millisecond());
    let put = "INSERT INTO report (kind, period, version, generated_at, as_of, content, sha256)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let version = newest + 1;
    db.execute(put, params![kind, name, version, generated_at, as_of, content, sha256])?;
    Ok(())
}

/// The hash of what is stored of a report.
pub(super) fn sha256(content: &str) -> String {
    hex(&Sha256::digest(content.as_bytes()))
}

fn report_row(row: &Row<'_>) -> rusqlite::Result<ReportRow> {
    let (kind, period): (String, String) = (row.get(0)?, row.get(1)?);
    let time = |ms| city_time(Timestamp::from_millisecond(ms).unwrap_or_default());
    Ok(ReportRow {
        report: format!("{kind}-{period}"),
        version: row.get(2)?,
        as_of: time(row.get(3)?),
        generated_at: time(row.get(4)?),
        sha256: row.get(5)?,
    })
}

const COLUMNS: &str = "kind, period, version, as_of, generated_at, sha256";

impl Reader {
    /// The newest `limit` issues, oldest first.
    pub fn reports(&self, limit: usize) -> Result<Vec<ReportRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM report ORDER BY id DESC LIMIT ?1");
        let limit = i64::try_from(limit.min(super::read::ROWS_MAX)).unwrap_or(0);
        let mut statement = self.db.prepare(&sql)?;
        let mut rows: Vec<ReportRow> =
            statement.query_map([limit], report_row)?.collect::<Result<_, _>>()?;
        rows.reverse();
        Ok(rows)
    }

    /// An issue of a report, the newest unless told otherwise, as it may be told now.
    pub fn report(
        &self,
        period: &Period,
        version: Option<u32>,
    ) -> Result<StoredReport, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, id, content FROM report
             WHERE kind = ?1 AND period = ?2 AND (?3 IS NULL OR version = ?3)
             ORDER BY version DESC LIMIT 1"
        );
        let asked = params![period.kind().as_str(), period.name(), version];
        let found = self.db.query_row(&sql, asked, |row| {
            Ok((report_row(row)?, row.get(3)?, row.get(6)?, row.get::<_, String>(7)?))
        });
        let (row, as_of, id, content) = found.optional()?.ok_or(StoreError::NotFound)?;
        let as_of = Timestamp::from_millisecond(as_of).unwrap_or_default();
        let content: Content =
            serde_json::from_str(&content).map_err(|_| StoreError::Damaged("report"))?;
        let recounted = !self.hidden(period, as_of)?.is_subset(&content.hidden);
        let content = if recounted {
            // The heads that were issued are what is printed and kept outside.
            let anchors = content.anchors;
            Content { anchors, ..work_out(&self.db, &self.vault, *period, as_of)? }
        } else {
            content
        };
        let demo = self.demo()?.is_some();
        Ok(StoredReport { id, row, content, as_of, recounted, demo })
    }

    /// The cases behind every number of an issue, by the same rules; the newest unless told otherwise.
    /// Of what came under seal since it counts as [`Reader::report`] counts it then.
    pub fn report_behind(
        &self,
        period: &Period,
        version: Option<u32>,
        names: &Names,
    ) -> Result<Vec<Behind>, StoreError> {
        let as_of = self.report(period, version)?.as_of;
        let (_, end_ms) = range(period)?;
        let older = Older {
            ever: ever_numbers(&self.db, end_ms, as_of)?,
            before: report_inputs::before_items(&self.db, &self.vault, as_of)?,
        };
        Ok(behind(&material(&self.db, &self.vault, *period, as_of)?, &older, names))
    }

    /// The cases that a report looks at and that are under seal now.
    fn hidden(&self, period: &Period, as_of: Timestamp) -> Result<BTreeSet<String>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT number FROM case_file WHERE received_at >= ?1 AND received_at < ?2
               AND accepted_at <= ?3 AND number IS NOT NULL
               AND (state = 'sealed' OR seal_proposed)",
        )?;
        let mut hidden = BTreeSet::new();
        for (from, to) in [looked_at(period), range(&period.year_ago())?] {
            let mut rows = statement.query([from, to, as_of.as_millisecond()])?;
            while let Some(row) = rows.next()? {
                hidden.insert(read_number(row.get(0)?)?.to_string());
            }
        }
        Ok(hidden)
    }

    /// The case sheet of a period as of an instant, for a reader with these rights.
    pub fn sheet(
        &self,
        period: &Period,
        as_of: Timestamp,
        names: &Names,
        rights: &Rights,
    ) -> Result<Vec<SheetRow>, StoreError> {
        let (from_ms, to_ms) = range(period)?;
        let span = Span { from_ms, to_ms, as_of_ms: as_of.as_millisecond() };
        let mut rows = vec![];
        facts::each(&self.db, &self.vault, span, |events| {
            let subject = Subject { case: events.case(), sealed: events.is_sealed() };
            rows.extend(sheet_row(subject, names, rights));
        })?;
        Ok(rows)
    }
}

impl Administration {
    /// Makes a report that is ready and missing, as of the instant it was ready at; or, where
    /// something has corrected it since, the next version as of `now`. `None`: it is there, and
    /// nothing has. [`StoreError::Malformed`] when the period has not ended.
    pub fn make_report(
        &mut self,
        now: Timestamp,
        calendar: &Calendar,
        period: Period,
    ) -> Result<Option<u32>, StoreError> {
        let ready = period.ready_at(calendar).filter(|at| *at <= now);
        let ready = ready.ok_or(StoreError::Malformed("the report is not ready yet"))?;
        let Some(new) = self.next_issue(now, period, ready)? else { return Ok(None) };
        self.store_issue(&new)?;
        Ok(Some(new.after_version + 1))
    }

    /// What the next issue of a period says, read beside a running service without keeping it from
    /// writing; `None`: there is none to be made.
    fn next_issue(
        &mut self,
        now: Timestamp,
        period: Period,
        ready: Timestamp,
    ) -> Result<Option<NewReport>, StoreError> {
        let read = self.db.transaction()?;
        let newest = issued(&read, period.kind())?.get(&period).copied();
        let (after_version, as_of) = match newest {
            None => (0, ready),
            Some((version, as_of)) if is_corrected(&read, &period, as_of, now)? => (version, now),
            Some(_) => return Ok(None),
        };
        let content = work_out(&read, &self.vault, period, as_of)?;
        Ok(Some(NewReport { period, after_version, generated_at: now, as_of, content }))
    }

    /// Stores it, unless another one came in between.
    fn store_issue(&mut self, new: &NewReport) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        insert(&tx, new)?;
        tx.commit()?;
        tell(new);
        Ok(())
    }
}

/// Writes a stored issue into the log with the heads of the chains: whoever keeps the log outside can
/// tell a shortened chain from a whole one.
pub(super) fn tell(new: &NewReport) {
    let Anchors { events, audit } = &new.content.anchors;
    tracing::info!(
        report = %new.period.id(),
        version = new.after_version + 1,
        events = events.seq,
        head = %events.hash,
        audit = audit.seq,
        audit_head = %audit.hash,
        "report issued"
    );
}

/// The periods of `issued` as a set.
pub(super) fn periods(issued: &BTreeMap<Period, (u32, Timestamp)>) -> BTreeSet<Period> {
    issued.keys().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_that_another_one_forestalled_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-23T12:00:00+08:00".parse().unwrap();
        let (period, ready) = (Period::parse_id("day-2026-11-22").unwrap(), now);
        let mut one = Administration::open_or_make(folder.path(), now).unwrap();
        let mut other = Administration::open(folder.path(), now).unwrap();
        let slow = one.next_issue(now, period, ready).unwrap().unwrap();
        let fast = other.next_issue(now, period, ready).unwrap().unwrap();
        other.store_issue(&fast).unwrap();
        let late = one.store_issue(&slow);
        assert!(matches!(late, Err(StoreError::Taken(_))), "{late:?}");
        assert_eq!(issued(&one.db, period.kind()).unwrap(), [(period, (1, now))].into());
    }

    #[test]
    fn whoever_works_a_report_out_keeps_nobody_from_writing() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-23T12:00:00+08:00".parse().unwrap();
        let mut one = Administration::open_or_make(folder.path(), now).unwrap();
        let period = Period::parse_id("day-2026-11-22").unwrap();
        let service = Connection::open(folder.path().join("mayorline.db")).unwrap();
        service.execute_batch("BEGIN IMMEDIATE").unwrap();
        let new = one.next_issue(now, period, now).unwrap().unwrap();
        service.execute_batch("COMMIT").unwrap();
        one.store_issue(&new).unwrap();
    }
}
