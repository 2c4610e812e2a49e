//! Level 4 by the month (domain.md 3.5): the third time that a unit comes on the docket (挂号督办)
//! within a calendar month proposes an admonition (约谈), once, on the case that was the third. It is
//! a rule over all cases of a unit; [`thirds`] looks at what [`docketings`] tells of each. Only months
//! of which everything is known are looked at: half a month hides the mark of its own proposal.

use super::deadline::{instant, local_day};
use super::event::CaseEvent;
use super::fold::Case;
use super::reasons::LiftReason;
use super::status::State;
use super::supervision::{Due, Warning, is_late, warned};
use super::workflow::Context;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeMap;

/// So often on the docket within a calendar month.
pub const DOCKETS_A_MONTH: usize = 3;

/// A case of a unit came on the docket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Docketing {
    /// When it was due to: after the service had been down that is earlier than it was noted.
    pub at: Timestamp,
    /// The row of the case.
    pub case: i64,
    /// The unit that had it.
    pub unit: String,
    /// It is held against the unit.
    pub counts: bool,
    /// An admonition was proposed because it was the third.
    pub proposed: bool,
}

/// Every docketing of a case that had a unit. What was found to be unfounded does not count, nor does
/// a merged case, whose matter goes on in another, nor one whose seal is proposed; of a sealed one
/// there is nothing but that its month had its proposal. A citizen who withdraws takes nothing from
/// what the unit had let lie.
#[must_use]
pub fn docketings(id: i64, case: &Case) -> Vec<Docketing> {
    let sealed = case.state == Some(State::Sealed);
    let stands = !matches!(case.told_state(), Some(State::Sealed | State::Merged));
    let told = case.work.dockets.iter().filter(|docket| docket.third || !sealed);
    let dockets = told.filter_map(|docket| {
        let unfounded = docket.lifted == Some(LiftReason::Unfounded);
        let (at, proposed, counts) = (docket.at, docket.third, stands && !unfounded);
        Some(Docketing { at, case: id, unit: docket.unit.clone()?, counts, proposed })
    });
    dockets.collect()
}

/// The first day of the first calendar month that lies wholly in the last so many days.
#[must_use]
pub fn first_whole_month(now: Timestamp, days: i64) -> Date {
    let since = now.saturating_sub(SignedDuration::from_hours(days * 24));
    next_month(local_day(since.unwrap_or(Timestamp::MIN)))
}

/// The first day of the month after that of a day.
#[must_use]
pub fn next_month(day: Date) -> Date {
    day.first_of_month().saturating_add(1.month())
}

/// When a day of the city begins.
#[must_use]
pub fn begin_of(day: Date) -> Timestamp {
    instant(day, Time::midnight())
}

/// Those that are the third of their unit in a calendar month for which nothing was proposed yet, in
/// order. What lies before `first`, a first day of a month, is not looked at.
#[must_use]
pub fn thirds(all: &[Docketing], first: Date) -> Vec<&Docketing> {
    let mut months: BTreeMap<_, Vec<&Docketing>> = BTreeMap::new();
    for one in all {
        let day = local_day(one.at);
        if day >= first {
            months.entry((&one.unit, day.year(), day.month())).or_default().push(one);
        }
    }
    let mut thirds: Vec<_> = months.into_values().filter_map(third_of).collect();
    thirds.sort();
    thirds
}

fn third_of(month: Vec<&Docketing>) -> Option<&Docketing> {
    let proposed = month.iter().any(|one| one.proposed);
    let mut counted: Vec<_> = month.into_iter().filter(|one| one.counts).collect();
    counted.sort();
    counted.get(DOCKETS_A_MONTH - 1).copied().filter(|_| !proposed)
}

/// The proposal on the case whose docketing at `at` was the third; nothing where that does not stand
/// any more, or was noted before.
pub(super) fn propose(case: &Case, at: Timestamp, context: &Context<'_>) -> Vec<CaseEvent> {
    let stands = docketings(0, case).iter().any(|one| one.at == at && one.counts);
    let Some(docket) = case.work.dockets.iter().find(|docket| stands && docket.is_third(at)) else {
        return vec![];
    };
    let due = Due { warning: Warning::ThirdDocket, at, late: is_late(at, context.now) };
    vec![warned(case, due, docket.clock)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Day and hour of November 2026 unless the month is told, unit, marks: `-` does not count, `!`
    /// proposed.
    fn month(rows: &[&str]) -> Vec<Docketing> {
        let row = |(case, row): (i64, &&str)| {
            let (at, rest) = row.split_once(' ').unwrap();
            let at = if at.len() == 5 { format!("2026-11-{at}") } else { format!("2026-{at}") };
            let unit = rest.trim_end_matches(['-', '!']).to_owned();
            let at = format!("{at}:00:00+08:00").parse().unwrap();
            let (counts, proposed) = (!rest.contains('-'), rest.contains('!'));
            Docketing { at, case, unit, counts, proposed }
        };
        (1..).zip(rows).map(row).collect()
    }

    #[test]
    fn the_third_of_a_unit_in_a_calendar_month_and_no_other() {
        for (rows, expected) in [
            (&[][..], &[][..]),
            (&["02T09 a", "03T09 a"], &[]),
            (&["02T09 a", "03T09 a", "30T23 a"], &[3]),
            (&["30T23 a", "03T09 a", "02T09 a"], &[1]),
            (&["02T09 a", "03T09 a", "04T09 b"], &[]),
            (&["02T09 a", "03T09 a", "12-01T00 a"], &[]),
            (&["10-31T23 a", "01T00 a", "02T00 a", "03T00 a"], &[4]),
            (&["02T09 a", "02T09 a", "02T09 a"], &[3]),
            (&["02T09 a", "03T09 a", "04T09 a", "05T09 a", "06T09 a"], &[3]),
            (&["02T09 a", "03T09 a-", "04T09 a"], &[]),
            (&["02T09 a", "03T09 a-", "04T09 a", "05T09 a"], &[4]),
            (&["02T09 a", "03T09 a", "04T09 a!"], &[]),
            (&["02T09 a", "03T09 a", "04T09 a-!", "05T09 a"], &[]),
            (&["02T09 a", "03T09 a", "04T09 a!", "05T09 a", "06T09 a"], &[]),
        ] {
            let all = month(rows);
            let found: Vec<i64> = thirds(&all, Date::MIN).into_iter().map(|one| one.case).collect();
            assert_eq!(found, expected, "{rows:?}");
        }
    }

    #[test]
    fn only_months_that_are_known_whole_are_looked_at() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (now, first) in [
            ("2027-01-01T00:00:00+08:00", "2027-01-01"),
            // The 1st was not there from its beginning.
            ("2027-01-31T23:59:59+08:00", "2027-02-01"),
            ("2027-03-02T09:00:00+08:00", "2027-02-01"),
            ("2027-03-03T09:00:00+08:00", "2027-03-01"),
        ] {
            let expected: Date = first.parse().unwrap();
            assert_eq!(first_whole_month(at(now), 30), expected, "{now}");
        }
        let begin = begin_of("2027-01-01".parse().unwrap());
        assert_eq!(begin, at("2027-01-01T00:00:00+08:00"));
        // The mark stands on the third; seen without it the month would get a second proposal.
        let all = month(&["02T09 a", "03T09 a", "04T09 a!", "05T09 a", "06T09 a", "07T09 a"]);
        let (half, first) = (&all[3..], "2026-12-01".parse().unwrap());
        assert_eq!(thirds(half, Date::MIN).len(), 1);
        assert!(thirds(half, first).is_empty() && thirds(&all, Date::MIN).is_empty());
    }

    #[test]
    fn thirds_of_several_months_and_units_come_in_order() {
        let rows = ["12-02T09 a", "12-03T09 a", "12-04T09 a", "02T09 b", "03T09 b", "09T09 b"];
        let more = ["01T09 a", "02T09 a", "05T09 a"];
        let all = month(&[&rows[..], &more[..]].concat());
        let found: Vec<i64> = thirds(&all, Date::MIN).into_iter().map(|one| one.case).collect();
        assert_eq!(found, [9, 6, 3]);
        let december = "2026-12-01".parse().unwrap();
        assert_eq!(thirds(&all, december).first().map(|one| one.case), Some(3));
    }
}
