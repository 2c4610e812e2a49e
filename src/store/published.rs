//! The notices that everybody may read (办理公示, B7): a row for each case whose approved notice stands,
//! and what is told of it.
//!
//! The row only finds the case. What is told is folded from its events when it is asked for, and whether
//! it may be told is asked once more then: a seal, a withdrawal or a flag of a minor holds from its commit
//! on, whatever was decided before.

use super::case_file;
use super::directory;
use super::error::StoreError;
use super::read::Reader;
use super::read_call::all;
use super::suggest;
use super::vault::Vault;
use crate::domain::case::{Case, apply};
use crate::domain::publication::{KIND_DIGITS, PublicNotice, is_listed, kind_of, raises_minor};
use crate::domain::suggest::RiskGroup;
use crate::units::CaseNumber;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::BTreeMap;

/// Notices of one page at most.
pub const NOTICES_PAGE_MAX: usize = 100;

/// Notices are counted up to here, and no page begins behind it.
pub const NOTICES_COUNTED_MAX: usize = 10_000;

/// Cases that can be asked for by their numbers at once; further numbers are not looked at.
pub const NOTICE_NUMBERS_MAX: usize = 50;

/// Which notices are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedFilter {
    /// Only these cases, at most [`NOTICE_NUMBERS_MAX`]; empty: any.
    pub numbers: Vec<CaseNumber>,
    /// Only domains whose code begins with these digits, two at least; empty: those without a domain.
    pub domain: Option<String>,
    /// Only this town.
    pub town: Option<String>,
    /// Only matters that came at or after this, in ms since 1970.
    pub from_ms: Option<i64>,
    /// Only matters that came before this, in ms since 1970.
    pub to_ms: Option<i64>,
    /// Only open (`true`) or closed ones, in the sense of Open311 (domain.md 2.4).
    pub open: Option<bool>,
    /// The last approved first, instead of the last that came.
    pub by_approval: bool,
}

/// One notice with what the store knows beside its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What the case tells.
    pub notice: PublicNotice,
    /// When what is told last changed.
    pub changed_at: Timestamp,
    /// The name of the lead unit, where the directory marks it as public.
    pub unit_name: Option<String>,
}

/// The newest notices behind those that were skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedPage {
    /// How many there are in all, at most [`NOTICES_COUNTED_MAX`].
    pub total: usize,
    /// There are more than that.
    pub more: bool,
    /// Newest first. Fewer than asked for where one may not be told any more.
    pub notices: Vec<Published>,
}

/// The row of a case.
#[derive(Debug, PartialEq, Eq)]
struct Listed {
    number: i64,
    received_at: i64,
    approved_at: i64,
    domain: String,
    town: String,
    open: bool,
}

impl Listed {
    /// As the events say; `None`: it is not listed.
    fn of(case: &Case) -> Option<Self> {
        if !is_listed(case) {
            return None;
        }
        Some(Self {
            number: i64::try_from(case.number?.as_u64()).ok()?,
            received_at: case.received_at?.as_millisecond(),
            approved_at: case.work.noticed_at.or(case.accepted_at)?.as_millisecond(),
            domain: case.domain.clone().unwrap_or_default(),
            town: case.work.town().unwrap_or_default().to_owned(),
            open: case.state?.is_open(),
        })
    }
}

/// Brings the row up to the events of the case, whose row in `case_file` is there.
pub(super) fn update(db: &Connection, id: i64, case: &Case) -> Result<(), StoreError> {
    // A notice that was never approved was never listed: most cases cost nothing here.
    if case.work.notice.is_none() {
        return Ok(());
    }
    let Some(listed) = Listed::of(case) else {
        db.prepare_cached("DELETE FROM publication WHERE case_id = ?1")?.execute([id])?;
        return Ok(());
    };
    let Listed { number, received_at, approved_at, domain, town, open } = listed;
    let kind = kind_of(Some(&domain));
    db.prepare_cached(
        "INSERT OR REPLACE INTO publication VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![id, number, received_at, approved_at, domain, kind, town, open])?;
    Ok(())
}

/// Whether the row is not what the events say.
pub(super) fn misses(db: &Connection, id: i64, case: &Case) -> Result<bool, StoreError> {
    let sql = "SELECT number, received_at, domain, town, open, kind, approved_at
               FROM publication WHERE case_id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([id], |row| {
        let (number, received_at, approved_at) = (row.get(0)?, row.get(1)?, row.get(6)?);
        let (domain, town, open) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let listed = Listed { number, received_at, approved_at, domain, town, open };
        Ok((listed, row.get::<_, String>(5)?))
    });
    let expected = Listed::of(case);
    let found = found.optional()?;
    let kind = found.as_ref().map(|(_, kind)| kind.as_str());
    let told = expected.as_ref().map(|listed| kind_of(Some(&listed.domain)));
    Ok(kind != told || found.as_ref().map(|(listed, _)| listed) != expected.as_ref())
}

/// A minor is concerned, and nobody has found that flag to be false.
pub(super) fn concerns_minor(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<bool, StoreError> {
    if !raises_minor(case) {
        return Ok(false);
    }
    let alarms = suggest::false_alarms(db, vault, id)?;
    Ok(alarms.iter().all(|alarm| alarm.risk != RiskGroup::Minor))
}

/// The conditions of a filter with their values.
fn conditions(filter: &PublishedFilter) -> (String, Vec<Value>) {
    let (mut tests, mut values) = (vec!["TRUE".to_owned()], vec![]);
    let mut add = |test: &str, value: Value| {
        values.push(value);
        tests.push(test.replace('?', &format!("?{}", values.len())));
    };
    if let Some(code) = &filter.domain {
        let kind = kind_of(Some(code));
        add("kind = ?", Value::Text(kind.to_owned()));
        if code.len() > KIND_DIGITS {
            add("domain >= ?", Value::Text(code.clone()));
            // Behind every digit in the order of bytes.
            add("domain < ?", Value::Text(format!("{code}:")));
        }
    }
    if let Some(town) = &filter.town {
        add("town = ?", Value::Text(town.clone()));
    }
    if let Some(from) = filter.from_ms {
        add("received_at >= ?", Value::Integer(from));
    }
    if let Some(to) = filter.to_ms {
        add("received_at < ?", Value::Integer(to));
    }
    if let Some(open) = filter.open {
        add("open = ?", Value::Integer(open.into()));
    }
    if !filter.numbers.is_empty() {
        let numbers = filter.numbers.iter().take(NOTICE_NUMBERS_MAX);
        let numbers: Vec<String> = numbers.map(|number| number.as_u64().to_string()).collect();
        // Digits only: they are read from a number.
        tests.push(format!("number IN ({})", numbers.join(", ")));
    }
    (tests.join(" AND "), values)
}

impl Reader {
    /// The notices that may be read now, by when their matter came or they were approved, newest first:
    /// at most [`NOTICES_PAGE_MAX`] behind `skip`, at most [`NOTICES_COUNTED_MAX`]. Units are named as
    /// they are called on `day`.
    pub fn published(
        &self,
        filter: &PublishedFilter,
        day: Date,
        (skip, limit): (usize, usize),
    ) -> Result<PublishedPage, StoreError> {
        let (tests, values) = conditions(filter);
        let counted = format!(
            "SELECT count(*) FROM (SELECT 1 FROM publication WHERE {tests} LIMIT {})",
            NOTICES_COUNTED_MAX + 1
        );
        let mut count = self.db.prepare_cached(&counted)?;
        let found: i64 = count.query_row(params_from_iter(values.iter()), |row| row.get(0))?;
        let found = usize::try_from(found).unwrap_or(usize::MAX);
        let by = if filter.by_approval { "approved_at" } else { "received_at" };
        let (skip, limit) = (skip.min(NOTICES_COUNTED_MAX), limit.min(NOTICES_PAGE_MAX));
        let sql = format!(
            "SELECT case_id FROM publication WHERE {tests}
             ORDER BY {by} DESC, case_id DESC LIMIT {limit} OFFSET {skip}"
        );
        let ids: Vec<i64> = all(&self.db, &sql, params_from_iter(values.iter()), |row| row.get(0))?;
        let mut units = BTreeMap::new();
        let mut notices = vec![];
        for id in ids {
            notices.extend(self.published_of(id, day, &mut units)?);
        }
        let (total, more) = (found.min(NOTICES_COUNTED_MAX), found > NOTICES_COUNTED_MAX);
        Ok(PublishedPage { total, more, notices })
    }

    /// The notice of one case; `None` where there is none that may be read now, whether there is such a
    /// case or not.
    pub fn published_one(
        &self,
        number: CaseNumber,
        day: Date,
    ) -> Result<Option<Published>, StoreError> {
        let filter = PublishedFilter { numbers: vec![number], ..PublishedFilter::default() };
        Ok(self.published(&filter, day, (0, 1))?.notices.pop())
    }

    /// What is told of a case that is listed; `None` where it may not be told any more.
    fn published_of(
        &self,
        id: i64,
        day: Date,
        units: &mut BTreeMap<String, Option<String>>,
    ) -> Result<Option<Published>, StoreError> {
        let (mut case, mut shown, mut changed_at) = (Case::default(), None, Timestamp::UNIX_EPOCH);
        for (at, _, event) in self.events(id)? {
            case = apply(case, &event);
            let now = PublicNotice::of(&case);
            if now != shown {
                (shown, changed_at) = (now, at);
            }
        }
        let Some(notice) = shown else { return Ok(None) };
        if case_file::is_erased(&case) || concerns_minor(&self.db, &self.vault, id, &case)? {
            return Ok(None);
        }
        let unit_name = match &notice.unit {
            Some(unit) => match units.get(unit) {
                Some(known) => known.clone(),
                None => {
                    let name = directory::public_unit_name(&self.db, day, unit)?;
                    units.insert(unit.clone(), name.clone());
                    name
                }
            },
            None => None,
        };
        Ok(Some(Published { notice, changed_at, unit_name }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::plan;
    use super::*;

    fn db() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../../schema.sql")).unwrap();
        db
    }

    #[test]
    fn a_page_is_read_in_the_order_of_an_index_whatever_is_asked_for() {
        let db = db();
        let town = Some("北宿镇".to_owned());
        let filters = [
            (PublishedFilter::default(), "publication_by_time"),
            (PublishedFilter { open: Some(true), ..Default::default() }, "publication_by_time"),
            (PublishedFilter { from_ms: Some(1), to_ms: Some(2), ..Default::default() }, "by_time"),
            (PublishedFilter { domain: Some("05".to_owned()), ..Default::default() }, "by_kind"),
            (PublishedFilter { domain: Some("0501".to_owned()), ..Default::default() }, "by_kind"),
            (
                PublishedFilter { town: town.clone(), from_ms: Some(1), ..Default::default() },
                "by_town",
            ),
        ];
        for (filter, index) in filters {
            let (tests, _) = conditions(&filter);
            let plan = plan(
                &db,
                &format!(
                    "SELECT case_id FROM publication WHERE {tests}
                     ORDER BY received_at DESC, case_id DESC LIMIT 20 OFFSET 0"
                ),
            );
            assert!(plan.iter().any(|step| step.contains(index)), "{filter:?}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{filter:?}: {plan:#?}");
        }
        let recent = plan(
            &db,
            "SELECT case_id FROM publication WHERE TRUE
             ORDER BY approved_at DESC, case_id DESC LIMIT 20 OFFSET 0",
        );
        assert!(recent.iter().any(|step| step.contains("by_approval")), "{recent:#?}");
        let number = CaseNumber::parse("26112000019").unwrap();
        let (tests, _) =
            conditions(&PublishedFilter { numbers: vec![number], ..Default::default() });
        let plan = plan(&db, &format!("SELECT case_id FROM publication WHERE {tests}"));
        assert!(plan.iter().any(|step| step.starts_with("SEARCH")), "{plan:#?}");
    }

    #[test]
    fn a_row_that_says_something_else_is_found() {
        let db = db();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        let mut case = Case {
            number: CaseNumber::parse("26112000019").ok(),
            state: Some(crate::domain::case::State::Closed),
            received_at: Timestamp::from_millisecond(1_795_000_000_000).ok(),
            accepted_at: Timestamp::from_millisecond(1_795_000_001_000).ok(),
            domain: Some("050100".to_owned()),
            ..Case::default()
        };
        (case.work.publish, case.work.notice) = (Some(true), Some("路灯已修复".to_owned()));
        assert!(misses(&db, 7, &case).unwrap(), "it is not there yet");
        update(&db, 7, &case).unwrap();
        assert!(!misses(&db, 7, &case).unwrap());
        db.execute("UPDATE publication SET kind = '06'", []).unwrap();
        assert!(misses(&db, 7, &case).unwrap());
        update(&db, 7, &case).unwrap();
        assert!(!misses(&db, 7, &case).unwrap());
        case.work.publish = Some(false);
        assert!(misses(&db, 7, &case).unwrap(), "it is still there");
        update(&db, 7, &case).unwrap();
        assert!(!misses(&db, 7, &case).unwrap());
        let rows: i64 =
            db.query_row("SELECT count(*) FROM publication", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0);
    }
}
