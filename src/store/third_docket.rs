//! Level 4 by the month while the service runs (domain.md 3.5): which cases came on the docket is read
//! from the chain as it grows, and the third of a unit in a calendar month gets its proposal, once, also
//! where it was the third while the service was down.

use super::case_file;
use super::casework;
use super::error::StoreError;
use super::intake::{self, Desk, SYSTEM};
use super::read_call::all;
use super::sweep::Sweeper;
use crate::domain::case::{Command, Docketing, docketings, thirds};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was noted on the docket longer ago is not looked at: no month changes after that.
pub(super) const DOCKETED_DAYS: i64 = 400;

/// Cases that came on the docket, each as of its last event, up to a place of the chain.
#[derive(Default)]
pub(super) struct Docketed {
    seen: i64,
    cases: BTreeMap<i64, (i64, Vec<Docketing>)>,
}

impl Sweeper {
    /// Proposes what is due by the month; gives for how many cases.
    pub(super) fn third_dockets(
        &mut self,
        db: &Connection,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.read_docketed(db, now)?;
        let all: Vec<Docketing> =
            self.docketed.cases.values().flat_map(|(_, dockets)| dockets).cloned().collect();
        let due: Arc<[(i64, Timestamp)]> =
            thirds(&all).into_iter().map(|third| (third.case, third.at)).collect();
        if due.is_empty() {
            return Ok(0);
        }
        self.ask(move |db, desk| propose(db, desk, now, &due))
    }

    /// Brings what is known of dockets up to the chain and to the cases as they stand.
    fn read_docketed(&mut self, db: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let kept = SignedDuration::from_hours(DOCKETED_DAYS * 24);
        let since = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let Docketed { seen, cases } = &mut self.docketed;
        let sql = "SELECT case_id, seq FROM event WHERE seq > ?1 AND at >= ?2
                   AND instr(body, '\"docketed\"') > 0 ORDER BY seq";
        let newest = "SELECT COALESCE(max(seq), 0) FROM event";
        let newest = db.prepare_cached(newest)?.query_row([], |row| row.get(0))?;
        let values = params![*seen, since.as_millisecond()];
        for (id, _) in all(db, sql, values, |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
            cases.entry(id).or_default();
        }
        *seen = newest;
        for (id, (as_of, dockets)) in cases.iter_mut() {
            let last = casework::last_event(db, *id)?;
            if last != *as_of {
                *dockets = docketings(*id, &case_file::load(db, &self.vault, *id)?);
                *as_of = last;
            }
        }
        Ok(())
    }
}

fn propose(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    due: &[(i64, Timestamp)],
) -> Result<usize, StoreError> {
    let mut proposed = 0;
    for (id, at) in due {
        let before = case_file::load(db, &desk.vault, *id)?;
        let command = Command::ThirdDocket(*at);
        let case = intake::command(db, desk, now, *id, before.clone(), command, SYSTEM)?;
        proposed += usize::from(case != before);
    }
    Ok(proposed)
}
