//! Level 4 by the month (domain.md 3.5): the third time that a unit comes on the docket (挂号督办)
//! within a calendar month proposes an admonition (约谈), once, on the case that was the third. It is
//! a rule over all cases of a unit; [`thirds`] looks at what [`docketings`] tells of each.

use super::deadline::local_day;
use super::event::CaseEvent;
use super::fold::Case;
use super::reasons::LiftReason;
use super::record::Record;
use super::status::State;
use super::supervision::{Warning, is_late};
use super::workflow::Context;
use jiff::Timestamp;
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
/// there is nothing. A citizen who withdraws takes nothing from what the unit had let lie.
#[must_use]
pub fn docketings(id: i64, case: &Case) -> Vec<Docketing> {
    if case.state == Some(State::Sealed) {
        return vec![];
    }
    let stands = !matches!(case.told_state(), Some(State::Sealed | State::Merged));
    let dockets = case.work.dockets.iter().filter_map(|docket| {
        let unfounded = docket.lifted == Some(LiftReason::Unfounded);
        let (at, proposed, counts) = (docket.at, docket.third, stands && !unfounded);
        Some(Docketing { at, case: id, unit: docket.unit.clone()?, counts, proposed })
    });
    dockets.collect()
}

/// Those that are the third of their unit in a calendar month for which nothing was proposed yet, in
/// order.
#[must_use]
pub fn thirds(all: &[Docketing]) -> Vec<&Docketing> {
    let mut months: BTreeMap<_, Vec<&Docketing>> = BTreeMap::new();
    for one in all {
        let day = local_day(one.at);
        months.entry((&one.unit, day.year(), day.month())).or_default().push(one);
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
    let (warning, clock) = (Warning::ThirdDocket, docket.clock);
    let (late, posts) = (is_late(at, context.now), warning.posts().to_vec());
    vec![Record::Warned { warning, clock, at, late, posts }.into()]
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
            let found: Vec<i64> = thirds(&all).into_iter().map(|one| one.case).collect();
            assert_eq!(found, expected, "{rows:?}");
        }
    }

    #[test]
    fn thirds_of_several_months_and_units_come_in_order() {
        let rows = ["12-02T09 a", "12-03T09 a", "12-04T09 a", "02T09 b", "03T09 b", "09T09 b"];
        let more = ["01T09 a", "02T09 a", "05T09 a"];
        let all = month(&[&rows[..], &more[..]].concat());
        let found: Vec<i64> = thirds(&all).into_iter().map(|one| one.case).collect();
        assert_eq!(found, [9, 6, 3]);
    }
}
