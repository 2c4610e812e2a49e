//! Level 4 by the month while the service runs (domain.md 3.5): which cases came on the docket is read
//! from the chain as it grows, and the third of a unit in a calendar month gets its proposal, once, also
//! where it was the third while the service was down.
//!
//! Months are looked at whole or not at all: of half a month the proposal that it had may be unknown.
//! Where in the chain the oldest of them begins is kept in `meta`, so that a start reads on from there;
//! it is written only where that spares a start [`DOCKETED_EVENTS_MAX`] rows.

use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk, SYSTEM};
use super::read_call::all;
use super::sweep::Sweeper;
use crate::domain::case::{
    Command, Docketing, begin_of, docketings, first_whole_month, next_month, thirds,
};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// Of how long ago whole months are looked at, in days: no older month changes any more.
pub(super) const DOCKETED_DAYS: i64 = 400;

/// Cases that came on the docket in these months. Of more the oldest months are left out, with an alarm.
pub(super) const DOCKETED_CASES_MAX: usize = 20_000;

/// Rows of the chain that are read at once.
pub(super) const DOCKETED_EVENTS_MAX: i64 = 10_000;

/// In `meta`: a month and a place; what came on the docket since then stands from there on.
const CURSOR: &str = "docketed_from";

/// A case that came on the docket.
#[derive(Default)]
struct Known {
    /// Where that stands in the chain, and when it was noted; never earlier than it was due.
    noted: Vec<(i64, Timestamp)>,
    dockets: Vec<Docketing>,
}

/// Cases that came on the docket, as they stand at a place of the chain.
pub(super) struct Docketed {
    /// The first month that is looked at by the clock.
    from: Date,
    /// The first month that is looked at: a later one where there are too many cases.
    first: Date,
    /// All of the chain up to here is known.
    seen: i64,
    cases: BTreeMap<i64, Known>,
    /// Cases to which something happened since they were read.
    stale: BTreeSet<i64>,
    /// The place of the stored cursor.
    cursor: i64,
}

impl Default for Docketed {
    /// Knows nothing; no month is looked at.
    fn default() -> Self {
        let (from, seen) = (Date::MAX, 0);
        let (cases, stale) = (BTreeMap::new(), BTreeSet::new());
        Self { from, first: from, seen, cases, stale, cursor: 0 }
    }
}

impl Docketed {
    /// Begins with the month `from`, where the stored cursor says that it begins, or with the chain.
    fn open(db: &Connection, from: Date) -> Result<Self, StoreError> {
        let mut find = db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        let kept: Option<String> = find.query_row([CURSOR], |row| row.get(0)).optional()?;
        let kept = kept.as_deref().and_then(|kept| kept.split_once(' '));
        let kept =
            kept.and_then(|(day, seq)| Some((day.parse::<Date>().ok()?, seq.parse::<i64>().ok()?)));
        let cursor = match kept {
            Some((day, seq)) if day <= from => seq,
            _ => 0,
        };
        Ok(Self { from, first: from, seen: cursor - 1, cursor, ..Self::default() })
    }

    /// The next rows of the chain; whether there may be more.
    fn read_on(&mut self, db: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT seq, case_id, at, instr(body, '\"docketed\"') > 0 FROM event
                   WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let begin = begin_of(self.first).as_millisecond();
        let rows = all(db, sql, params![self.seen, DOCKETED_EVENTS_MAX], |row| {
            let (seq, case, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((seq, case, at, row.get::<_, bool>(3)?))
        })?;
        for (seq, case, at, docketed) in &rows {
            self.seen = *seq;
            if *docketed && *at >= begin {
                let at = Timestamp::from_millisecond(*at).unwrap_or(Timestamp::MAX);
                self.cases.entry(*case).or_default().noted.push((*seq, at));
            }
            if self.cases.contains_key(case) {
                self.stale.insert(*case);
            }
        }
        while self.cases.len() > DOCKETED_CASES_MAX {
            self.first = next_month(self.first);
            tracing::error!(
                month = %self.first,
                "ALARM too many cases on the docket: no proposals by the month before this one"
            );
            self.forget();
        }
        Ok(i64::try_from(rows.len()).is_ok_and(|rows| rows >= DOCKETED_EVENTS_MAX))
    }

    /// Leaves out what came on the docket in months that are not looked at any more.
    fn forget(&mut self) {
        let begin = begin_of(self.first);
        self.cases.retain(|_, known| {
            known.noted.retain(|(_, at)| *at >= begin);
            !known.noted.is_empty()
        });
        let Self { stale, cases, .. } = self;
        stale.retain(|case| cases.contains_key(case));
    }

    /// Where the chain is read from at the next start, when that is worth storing.
    fn new_cursor(&self) -> Option<i64> {
        let noted = self.cases.values().flat_map(|known| &known.noted);
        let begin = noted.map(|(seq, _)| *seq).min().unwrap_or(self.seen + 1);
        // Of months that are left out nothing is known here; the older place is right as well.
        let known = self.first == self.from;
        (known && begin - self.cursor >= DOCKETED_EVENTS_MAX).then_some(begin)
    }

    fn uncount(&mut self, case: i64) {
        let known = self.cases.get_mut(&case).into_iter();
        known.flat_map(|known| &mut known.dockets).for_each(|one| one.counts = false);
    }
}

impl Sweeper {
    /// Proposes what is due by the month; gives for how many cases.
    pub(super) fn third_dockets(
        &mut self,
        db: &Connection,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let from = first_whole_month(now, DOCKETED_DAYS);
        if from < self.docketed.from {
            self.docketed = Docketed::open(db, from)?;
        }
        self.docketed.from = from;
        if self.docketed.first < from {
            self.docketed.first = from;
            self.docketed.forget();
        }
        if !self.read_docketed(db)? {
            return Ok(0);
        }
        let all: Vec<Docketing> =
            self.docketed.cases.values().flat_map(|known| &known.dockets).cloned().collect();
        let mut proposed = 0;
        for Docketing { case, at, .. } in thirds(&all, self.docketed.first) {
            let (case, at) = (*case, *at);
            match self.ask(move |db, desk| propose(db, desk, now, (case, at))) {
                Ok(new) => proposed += usize::from(new),
                Err(StoreError::Damaged(what)) => {
                    tracing::error!(
                        case,
                        what,
                        "ALARM no proposal by the month for a damaged case"
                    );
                    self.docketed.uncount(case);
                }
                Err(error) => return Err(error),
            }
        }
        if let Err(error) = self.keep_cursor() {
            tracing::error!(%error, "where dockets are read from was not stored; tried again");
        }
        Ok(proposed)
    }

    /// Brings what is known of dockets up to the chain and to the cases as they stand; `false` where
    /// the store closes before that.
    fn read_docketed(&mut self, db: &Connection) -> Result<bool, StoreError> {
        let closing = || self.handle.shared.closing.load(Ordering::Acquire);
        while self.docketed.read_on(db)? {
            if closing() {
                return Ok(false);
            }
        }
        while let Some(id) = self.docketed.stale.first().copied() {
            if closing() {
                return Ok(false);
            }
            match case_file::load(db, &self.vault, id) {
                Ok(case) => {
                    let dockets = docketings(id, &case);
                    self.docketed.cases.entry(id).and_modify(|known| known.dockets = dockets);
                }
                // One that cannot be read stops none of the others; a proposal that it had stays known.
                Err(StoreError::Damaged(what)) => {
                    tracing::error!(case = id, what, "ALARM a damaged case counts in no month");
                    self.docketed.uncount(id);
                }
                Err(error) => return Err(error),
            }
            self.docketed.stale.remove(&id);
        }
        Ok(true)
    }

    fn keep_cursor(&mut self) -> Result<(), StoreError> {
        let Some(begin) = self.docketed.new_cursor() else { return Ok(()) };
        let value = cursor(self.docketed.from, begin);
        self.ask(move |db, _| put_cursor(db, &value))?;
        self.docketed.cursor = begin;
        Ok(())
    }
}

/// As [`Docketed::open`] reads it.
fn cursor(from: Date, begin: i64) -> String {
    format!("{from} {begin}")
}

fn put_cursor(db: &Connection, value: &str) -> Result<(), StoreError> {
    let put = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
    db.prepare_cached(put)?.execute([CURSOR, value])?;
    Ok(())
}

/// Whether there was something to propose.
fn propose(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, at): (i64, Timestamp),
) -> Result<bool, StoreError> {
    let before = case_file::load(db, &desk.vault, id)?;
    let command = Command::ThirdDocket(at);
    let case = intake::command(db, desk, now, id, before.clone(), command, SYSTEM)?;
    Ok(case != before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    fn date(day: &str) -> Date {
        day.parse().unwrap()
    }

    /// The two tables that are read, with so many dockets of as many cases at noon of each day.
    fn chain(days: &[(&str, usize)]) -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        let tables =
            "CREATE TABLE event (seq INTEGER PRIMARY KEY, case_id INTEGER, at INTEGER, body TEXT);
                      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)";
        db.execute_batch(tables).unwrap();
        let tx = db.transaction().unwrap();
        let put = "INSERT INTO event (case_id, at, body) VALUES (?1, ?2, ?3)";
        let mut case = 0;
        for (day, count) in days {
            let noon = begin_of(date(day)) + 12.hours();
            for _ in 0..*count {
                case += 1;
                for body in ["{\"event\":\"docketed\"}", "{\"event\":\"reminded\"}"] {
                    tx.execute(put, params![case, noon.as_millisecond(), body]).unwrap();
                }
            }
        }
        tx.commit().unwrap();
        db
    }

    fn read(db: &Connection, from: &str) -> Docketed {
        let mut docketed = Docketed::open(db, date(from)).unwrap();
        while docketed.read_on(db).unwrap() {}
        docketed
    }

    #[test]
    fn of_too_many_cases_the_oldest_months_are_left_out_whole() {
        let db =
            chain(&[("2026-09-30", 3), ("2026-10-01", 2), ("2026-11-02", DOCKETED_CASES_MAX - 1)]);
        let docketed = read(&db, "2026-09-01");
        assert_eq!(docketed.first, date("2026-11-01"));
        assert_eq!(docketed.cases.len(), DOCKETED_CASES_MAX - 1);
        assert_eq!(docketed.stale.len(), docketed.cases.len());
        assert_eq!(docketed.new_cursor(), None, "what was left out may count again after a start");
        let all = read(&db, "2026-10-01");
        assert_eq!(all.first, date("2026-11-01"), "two more are too many as well");
        assert_eq!(read(&db, "2026-12-01").cases.len(), 0);
    }

    #[test]
    fn a_start_reads_on_where_the_oldest_month_begins() {
        let db = chain(&[("2026-09-30", 5_000), ("2026-10-01", 2), ("2026-11-02", 1)]);
        let first = read(&db, "2026-10-01");
        assert_eq!((first.seen, first.cases.len()), (10_006, 3));
        assert_eq!(first.new_cursor(), Some(10_001));
        for begin in [1, 10_001] {
            put_cursor(&db, &cursor(first.from, begin)).unwrap();
        }
        let again = Docketed::open(&db, date("2026-10-01")).unwrap();
        assert_eq!((again.seen, again.cursor), (10_000, 10_001));
        let again = read(&db, "2026-10-01");
        assert_eq!((again.cases.len(), again.new_cursor()), (3, None), "it stands already");
        let later = read(&db, "2026-11-01");
        assert_eq!(
            (later.cases.len(), later.new_cursor()),
            (1, None),
            "four rows are not worth it"
        );
        let older = read(&db, "2026-09-01");
        assert_eq!((older.cursor, older.cases.len()), (0, 5_003), "the place is not of that month");
        assert_eq!(read(&db, "2026-12-01").cases.len(), 0);
    }

    #[test]
    fn with_nothing_on_the_docket_a_start_reads_what_is_new() {
        let db = chain(&[("2026-09-30", 5_000)]);
        let none = read(&db, "2026-10-01");
        assert_eq!((none.cases.len(), none.new_cursor()), (0, Some(10_001)));
    }
}
