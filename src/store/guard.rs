//! Wrong tries of look-ups (A6): five in total on one case lock it for 24 hours, and one caller
//! has only so many tries a day over all cases.
//!
//! The counts are held in memory under one lock, so a hundred tries at the same moment are still
//! counted one by one; the writer stores each before its answer is given.

use super::error::StoreError;
use crate::units::CaseNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::{HashMap, VecDeque};

/// Wrong tries on one case number before it is locked.
pub const CASE_FAILURES_MAX: u32 = 5;

/// Wrong tries of one caller within a day before the caller is locked.
pub const CALLER_FAILURES_MAX: u32 = 10;

/// The same for all callers together who withhold their number.
pub const WITHHELD_FAILURES_MAX: u32 = 50;

/// How long a lock lasts, and how far back a caller's tries count, in milliseconds.
pub const LOCK_MS: i64 = 24 * 60 * 60 * 1000;

/// How long wrong tries on a case are remembered on disk, in milliseconds: 400 days.
pub const CASE_KEPT_MS: i64 = 400 * LOCK_MS;

/// Messages whose try is remembered, so that a transaction that is done again does not count it twice.
const MESSAGES_REMEMBERED: usize = 16;

/// Subjects that are counted at once; the oldest without a lock gives way.
pub const SUBJECTS_MAX: usize = 100_000;

/// Counts against one case or one caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    failures: u32,
    since: i64,
    locked_until: Option<i64>,
}

impl Count {
    fn locked(self, now: i64) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// A lock that has run out takes its count with it.
    fn fresh(self, now: i64) -> Self {
        if self.locked_until.is_some_and(|until| until <= now) { Self::default() } else { self }
    }
}

/// A count as it is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    subject: String,
    count: Count,
}

/// All counts.
#[derive(Debug, Default)]
pub(super) struct Guard {
    counts: HashMap<String, Count>,
    /// The last texts and mails, by their rows in the journal, and what was judged of each.
    messages: VecDeque<(i64, Verdict)>,
}

/// What a try is to be answered with, and what to store before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The code is right. Counts to store, if any.
    Right(Vec<Tally>),
    /// Number or code is wrong.
    Wrong(Vec<Tally>),
    /// Locked, whatever the code.
    Locked,
}

impl Guard {
    /// The counts as they were stored.
    pub(super) fn load(db: &Connection) -> Result<Self, StoreError> {
        let sql = "SELECT subject, failures, since, locked_until FROM lookup_guard
                   ORDER BY since DESC LIMIT ?1";
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([i64::try_from(SUBJECTS_MAX).unwrap_or(0)], |row| {
            let count =
                Count { failures: row.get(1)?, since: row.get(2)?, locked_until: row.get(3)? };
            Ok((row.get(0)?, count))
        })?;
        Ok(Self { counts: rows.collect::<Result<_, _>>()?, messages: VecDeque::new() })
    }

    /// Judges one try; a caller is named by the keyed hash of his number. A locked subject is
    /// neither counted nor compared further.
    pub(super) fn judge(
        &mut self,
        number: CaseNumber,
        caller: Option<&str>,
        right: bool,
        now: Timestamp,
    ) -> Verdict {
        let now = now.as_millisecond();
        let case = format!("case:{number}");
        let (from, from_max) = match caller {
            Some(caller) => (format!("caller:{caller}"), CALLER_FAILURES_MAX),
            None => ("caller:withheld".to_owned(), WITHHELD_FAILURES_MAX),
        };
        if self.count(&case, now).locked(now) || self.count(&from, now).locked(now) {
            return Verdict::Locked;
        }
        if !right {
            let case = self.fail(case, CASE_FAILURES_MAX, now);
            return Verdict::Wrong(vec![case, self.fail(from, from_max, now)]);
        }
        // A right code proves the owner: the case starts again at none. The caller's count stays.
        match self.counts.remove(&case) {
            Some(_) => Verdict::Right(vec![Tally { subject: case, count: Count::default() }]),
            None => Verdict::Right(vec![]),
        }
    }

    /// The same for a text or mail of the journal, once: inside a transaction that may be taken back and done
    /// again.
    pub(super) fn judge_message(
        &mut self,
        message: i64,
        (number, caller): (CaseNumber, &str),
        right: bool,
        now: Timestamp,
    ) -> Verdict {
        if let Some((_, judged)) = self.messages.iter().find(|(known, _)| *known == message) {
            return judged.clone();
        }
        let judged = self.judge(number, Some(caller), right, now);
        if self.messages.len() == MESSAGES_REMEMBERED {
            self.messages.pop_front();
        }
        self.messages.push_back((message, judged.clone()));
        judged
    }

    /// The count of a subject as it holds now. A caller's tries of yesterday are forgotten; those
    /// on a case are not.
    fn count(&self, subject: &str, now: i64) -> Count {
        let count = self.counts.get(subject).copied().unwrap_or_default().fresh(now);
        let stale = subject.starts_with("caller:") && now - count.since >= LOCK_MS;
        if stale { Count::default() } else { count }
    }

    fn fail(&mut self, subject: String, failures_max: u32, now: i64) -> Tally {
        let mut count = self.count(&subject, now);
        if count.failures == 0 {
            count.since = now;
        }
        count.failures = count.failures.saturating_add(1);
        if count.failures >= failures_max {
            count.locked_until = Some(now.saturating_add(LOCK_MS));
        }
        self.make_room();
        self.counts.insert(subject.clone(), count);
        Tally { subject, count }
    }

    /// Forgets the oldest counts when there are too many: first those without a lock.
    fn make_room(&mut self) {
        if self.counts.len() < SUBJECTS_MAX {
            return;
        }
        let key = |count: &Count| (count.locked_until.is_some(), count.since);
        let mut ages: Vec<_> = self.counts.values().map(key).collect();
        let tenth = ages.len() / 10;
        let (_, &mut limit, _) = ages.select_nth_unstable(tenth);
        self.counts.retain(|_, count| key(count) > limit);
    }
}

/// Stores counts; a count of none is removed, and what no longer matters is swept a little.
pub(super) fn put(db: &Connection, tallies: &[Tally], now: Timestamp) -> Result<(), StoreError> {
    for Tally { subject, count } in tallies {
        if count.failures == 0 {
            db.prepare_cached("DELETE FROM lookup_guard WHERE subject = ?1")?.execute([subject])?;
            continue;
        }
        db.prepare_cached("INSERT OR REPLACE INTO lookup_guard VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![subject, count.failures, count.since, count.locked_until])?;
    }
    sweep(db, now.as_millisecond())
}

/// Removes a few callers of yesterday and cases whose tries were long ago.
fn sweep(db: &Connection, now: i64) -> Result<(), StoreError> {
    // ';' is the character after ':': the range holds the callers and nothing else.
    for (from, to, age) in [("caller:", "caller;", LOCK_MS), ("case:", "case;", CASE_KEPT_MS)] {
        db.prepare_cached(
            "DELETE FROM lookup_guard WHERE subject IN (
                 SELECT subject FROM lookup_guard
                 WHERE subject >= ?1 AND subject < ?2 AND since < ?3
                   AND COALESCE(locked_until, 0) < ?4
                 LIMIT 4)",
        )?
        .execute(params![from, to, now.saturating_sub(age), now])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;

    fn number(sequence: u16) -> CaseNumber {
        CaseNumber::new(2026, 11, 22, sequence).unwrap()
    }

    fn caller(tail: u16) -> Option<String> {
        Some(format!("{tail:064x}"))
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap()
    }

    fn wrong(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Wrong(_))
    }

    #[test]
    fn the_sixth_try_on_a_case_is_locked_for_a_day_whoever_asks() {
        let mut guard = Guard::default();
        for tail in 0..5 {
            assert!(wrong(&guard.judge(number(1), caller(tail).as_deref(), false, at(0))));
        }
        let owner = caller(99);
        let right_at =
            |guard: &mut Guard, ms| guard.judge(number(1), owner.as_deref(), true, at(ms));
        assert_eq!(right_at(&mut guard, 0), Verdict::Locked);
        assert_eq!(right_at(&mut guard, LOCK_MS - 1), Verdict::Locked);
        assert!(matches!(right_at(&mut guard, LOCK_MS), Verdict::Right(_)));
        assert!(wrong(&guard.judge(number(1), owner.as_deref(), false, at(LOCK_MS))));
    }

    #[test]
    fn a_message_that_is_settled_again_counts_once() {
        let mut guard = Guard::default();
        let from = caller(1).unwrap();
        let first = guard.judge_message(7, (number(1), &from), false, at(0));
        let Verdict::Wrong(tallies) = &first else { panic!("{first:?}") };
        assert_eq!(tallies[0].count.failures, 1);
        assert_eq!(guard.judge_message(7, (number(1), &from), false, at(0)), first, "taken back");
        let Verdict::Wrong(tallies) = guard.judge_message(8, (number(1), &from), false, at(0))
        else {
            panic!()
        };
        assert_eq!(tallies[0].count.failures, 2);
        // What must be stored of a right one is told again as well.
        let right = guard.judge_message(9, (number(1), &from), true, at(0));
        assert!(matches!(&right, Verdict::Right(tallies) if tallies.len() == 1));
        assert_eq!(guard.judge_message(9, (number(1), &from), true, at(0)), right);
    }

    #[test]
    fn tries_on_a_case_count_in_total_over_days_until_the_right_code() {
        let mut guard = Guard::default();
        for day in 0..4 {
            guard.judge(number(1), caller(1).as_deref(), false, at(day * LOCK_MS));
        }
        let now = at(4 * LOCK_MS);
        assert!(
            matches!(guard.judge(number(1), None, true, now), Verdict::Right(t) if t.len() == 1)
        );
        for _ in 0..4 {
            assert!(wrong(&guard.judge(number(1), caller(1).as_deref(), false, now)));
        }
        assert_eq!(
            guard.judge(number(1), None, true, now),
            Verdict::Right(vec![Tally {
                subject: format!("case:{}", number(1)),
                count: Count::default(),
            }])
        );
    }

    #[test]
    fn a_caller_has_ten_wrong_tries_a_day_over_all_cases() {
        let mut guard = Guard::default();
        for sequence in 1..=10 {
            assert!(wrong(&guard.judge(number(sequence), caller(1).as_deref(), false, at(HOUR))));
        }
        assert_eq!(guard.judge(number(50), caller(1).as_deref(), true, at(HOUR)), Verdict::Locked);
        assert_eq!(
            guard.judge(number(50), caller(2).as_deref(), true, at(HOUR)),
            Verdict::Right(vec![])
        );
        let next_day = at(HOUR + LOCK_MS);
        assert_eq!(
            guard.judge(number(50), caller(1).as_deref(), true, next_day),
            Verdict::Right(vec![])
        );
    }

    #[test]
    fn callers_who_withhold_their_number_share_their_tries() {
        let mut guard = Guard::default();
        for sequence in 1..=50 {
            assert!(wrong(&guard.judge(number(sequence), None, false, at(0))));
        }
        assert_eq!(guard.judge(number(99), None, true, at(0)), Verdict::Locked);
    }

    #[test]
    fn the_counts_stay_bounded_and_locks_go_last() {
        let mut guard = Guard::default();
        for _ in 0..CASE_FAILURES_MAX {
            guard.fail("case:locked".to_owned(), CASE_FAILURES_MAX, 0);
        }
        for n in 0..SUBJECTS_MAX + 10 {
            guard.fail(format!("case:{n}"), CASE_FAILURES_MAX, i64::try_from(n).unwrap());
        }
        assert!(guard.counts.len() <= SUBJECTS_MAX);
        assert!(guard.count("case:locked", 1).locked(1));
    }
}
