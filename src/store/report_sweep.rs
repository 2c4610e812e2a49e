//! Reports while the service runs: each when it is ready, those of a time when the service was down
//! as soon as it is up, and the next version where something corrected an issued one. Corrections
//! are gathered until 08:00 of the day, so a busy day makes one version and not twenty.

use super::error::StoreError;
use super::report::{self, NewReport};
use super::report_corrected::is_corrected;
use super::sweep::Sweeper;
use crate::domain::report::{Period, ReportKind, gathered_until, missing};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Reports that one look issues or finds damaged; the next goes on with the rest.
pub const REPORTS_AT_ONCE_MAX: usize = 20;

/// What one look issued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Issued {
    /// First issues.
    pub made: usize,
    /// Later versions.
    pub corrected: usize,
    /// Not made, because a case that they look at cannot be read.
    pub damaged: usize,
}

impl Issued {
    fn is_full(self) -> bool {
        self.made + self.corrected + self.damaged >= REPORTS_AT_ONCE_MAX
    }
}

/// How far the looks have come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Up to when corrections of issued reports were looked for.
    corrected_until: Option<Timestamp>,
    /// What cannot be worked out, since the last 08:00: others have their turn, and one alarm a day
    /// is enough.
    damaged: BTreeSet<Period>,
    /// The 08:00 after which these are tried again.
    damaged_since: Option<Timestamp>,
}

impl Progress {
    /// Forgets what was damaged when another day of reports begins.
    fn begin(&mut self, now: Timestamp) {
        let since = gathered_until(now);
        if self.damaged_since != since {
            self.damaged.clear();
            self.damaged_since = since;
        }
    }
}

impl Sweeper {
    /// Issues what is ready at `now`.
    pub(super) fn report(&mut self, now: Timestamp) -> Result<Issued, StoreError> {
        let db = super::schema::open_reader(&self.folder.path)?;
        let mut done = Issued::default();
        self.reports.begin(now);
        let Some(since) = report::since(&db)? else { return Ok(done) };
        for (kind, ..) in ReportKind::NAMES {
            let have = report::periods(&report::issued(&db, kind)?);
            for period in missing(kind, since, now, &self.calendar, |one| have.contains(one)) {
                let Some(ready) = period.ready_at(&self.calendar) else { continue };
                if self.reports.damaged.contains(&period) {
                    continue;
                }
                if done.is_full() || self.handle.shared.closing.load(Ordering::Acquire) {
                    return Ok(done);
                }
                match self.issue(&db, (period, 0), ready, now)? {
                    true => done.made += 1,
                    false => done.damaged += 1,
                }
            }
        }
        self.correct(&db, now, &mut done)?;
        Ok(done)
    }

    /// Looks once for each 08:00 through the newest reports of each kind.
    fn correct(
        &mut self,
        db: &Connection,
        now: Timestamp,
        done: &mut Issued,
    ) -> Result<(), StoreError> {
        let until = gathered_until(now);
        let Some(until) = until.filter(|until| self.reports.corrected_until != Some(*until)) else {
            return Ok(());
        };
        for (kind, ..) in ReportKind::NAMES {
            let newest = report::issued(db, kind)?;
            for (period, (version, as_of)) in newest.into_iter().rev().take(kind.missed_max()) {
                let tried = as_of >= until || self.reports.damaged.contains(&period);
                if tried || !is_corrected(db, &period, as_of, until)? {
                    continue;
                }
                if done.is_full() || self.handle.shared.closing.load(Ordering::Acquire) {
                    return Ok(());
                }
                match self.issue(db, (period, version), until, now)? {
                    true => done.corrected += 1,
                    false => done.damaged += 1,
                }
            }
        }
        self.reports.corrected_until = Some(until);
        Ok(())
    }

    /// Works a report out beside the writer and has it stored; `false`: a case that it looks at is
    /// damaged, which a person must mend (`verify` names it).
    fn issue(
        &mut self,
        db: &Connection,
        (period, after_version): (Period, u32),
        as_of: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let content = match report::work_out(db, &self.vault, period, as_of) {
            Ok(content) => content,
            Err(StoreError::Damaged(what)) => {
                tracing::error!(report = %period.id(), what, "ALARM no report: a case is damaged");
                self.reports.damaged.insert(period);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let new = NewReport { period, after_version, generated_at: now, as_of, content };
        let new = Arc::new(new);
        let asked = Arc::clone(&new);
        self.ask(move |db, _| report::insert(db, &asked))?;
        report::tell(&new);
        Ok(true)
    }
}
