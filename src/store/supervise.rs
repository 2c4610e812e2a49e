//! Warnings of the casework while the service runs (domain.md 3.5): every half minute the cases
//! that are not at an end are looked through, and what has fallen due is fired once, in order; also
//! what fell due while the service was down. Dates that a missing holiday table had left
//! provisional are worked out again here once the table is there.

use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk, SYSTEM};
use super::sweep::Sweeper;
use crate::domain::case::{Case, Command, Context, State, decide, local_day, next_warning};
use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Between two looks, in seconds.
pub const SUPERVISE_INTERVAL_SECONDS: u64 = 30;

/// Cases that one look fires for; the next goes on with the rest.
pub const SUPERVISED_CASES_MAX: usize = 500;

/// Cases in one transaction.
const GROUP_MAX: usize = 50;

/// What one look did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Supervised {
    /// Cases that were looked at because something about them is new.
    pub looked_at: usize,
    /// Cases that got a warning or another date.
    pub fired: usize,
    /// The year whose holiday table is missing, where one is.
    pub table_wanted: Option<i16>,
}

/// When each open case is due next, as of its last event.
pub(super) type Ahead = BTreeMap<i64, (i64, Option<Timestamp>)>;

impl Sweeper {
    /// One look at all open cases, as at `now`.
    pub(super) fn supervise(&mut self, now: Timestamp) -> Result<Supervised, StoreError> {
        let db = super::schema::open_reader(&self.folder.path)?;
        super::schema::require_current(&db)?;
        let table_wanted = self.ask_for_table(now);
        let mut done = Supervised { table_wanted, ..Supervised::default() };
        let open = open_cases(&db)?;
        self.ahead.retain(|id, _| open.contains_key(id));
        let mut due = vec![];
        for (id, last_event) in open {
            let known = self.ahead.get(&id).filter(|(as_of, _)| *as_of == last_event);
            let next = match known {
                Some((_, next)) => *next,
                None => {
                    done.looked_at += 1;
                    let next = match case_file::load(&db, &self.vault, id) {
                        Ok(case) => self.next_of(&case, now),
                        Err(StoreError::Damaged(what)) => {
                            tracing::error!(
                                case = id,
                                what,
                                "ALARM no warnings for a damaged case"
                            );
                            None
                        }
                        Err(error) => return Err(error),
                    };
                    self.ahead.insert(id, (last_event, next));
                    next
                }
            };
            if next.is_some_and(|at| at <= now) && due.len() < SUPERVISED_CASES_MAX {
                due.push(id);
            }
        }
        for group in due.chunks(GROUP_MAX) {
            if self.handle.shared.closing.load(Ordering::Acquire) {
                return Ok(done);
            }
            let group: Arc<[i64]> = group.into();
            done.fired += self.ask(move |db, desk| fire(db, desk, now, &group))?;
        }
        // Which docket is the third of a month is known once all that are due are noted.
        if due.len() < SUPERVISED_CASES_MAX {
            done.fired += self.third_dockets(&db, now)?;
        }
        Ok(done)
    }

    /// Tells the administrator once a day of a year without a holiday table (domain.md 6.1).
    fn ask_for_table(&mut self, now: Timestamp) -> Option<i16> {
        let day = local_day(now);
        let year = self.calendar.year_wanted(day)?;
        if self.asked_on.replace(day) != Some(day) {
            tracing::error!(
                year,
                "ALARM no holiday table: dates that touch this year are provisional until \
                 deadline.calendar_folder has it"
            );
        }
        Some(year)
    }

    /// When something about the case is due: now, where a provisional date can be settled.
    fn next_of(&self, case: &Case, now: Timestamp) -> Option<Timestamp> {
        let (calendar, rules) = (&self.calendar, &self.rules);
        let context = Context { now, calendar, rules, identity: None };
        let settled = decide(case, Command::Recompute, &context);
        match settled.is_ok_and(|events| !events.is_empty()) {
            true => case.accepted_at,
            false => next_warning(case, calendar, rules),
        }
    }
}

/// Cases that are not at an end, or still to be read, with their last event.
fn open_cases(db: &Connection) -> Result<BTreeMap<i64, i64>, StoreError> {
    let states = State::NAMES.iter().map(|(state, _)| *state);
    let states = states.filter(|state| state.is_open() || *state == State::Circulated);
    let states: Vec<&str> = states.map(State::as_str).collect();
    let places = vec!["?"; states.len()].join(", ");
    let sql = format!(
        "SELECT id, last_event FROM case_file WHERE number IS NOT NULL AND state IN ({places})"
    );
    let mut statement = db.prepare(&sql)?;
    let rows =
        statement.query_map(params_from_iter(states), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Fires for these cases; gives for how many there was something.
pub(super) fn fire(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    group: &[i64],
) -> Result<usize, StoreError> {
    let mut fired = 0;
    for id in group {
        let before = case_file::load(db, &desk.vault, *id)?;
        let case = intake::command(db, desk, now, *id, before.clone(), Command::Recompute, SYSTEM)?;
        let case = intake::command(db, desk, now, *id, case, Command::Supervise, SYSTEM)?;
        fired += usize::from(case != before);
    }
    Ok(fired)
}
