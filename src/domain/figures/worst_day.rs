//! The continuous 24 hours of a span in which the fewest calls were answered: GB/T 33358-2016 asks for its
//! share in any of them, which the share of a whole month can hide.

use super::calls::CallFacts;
use jiff::Timestamp;

/// 24 hours, in ms.
const DAY_MS: i64 = 24 * 3_600_000;

/// How many count, of how many that could.
#[derive(Clone, Copy, Default)]
struct Share {
    counted: u64,
    all: u64,
}

impl Share {
    /// One more call: it counts, could, or is in no share.
    fn with(self, counts: Option<bool>) -> Self {
        let Self { counted, all } = self;
        Self {
            counted: counted + u64::from(counts == Some(true)),
            all: all + u64::from(counts.is_some()),
        }
    }

    fn less(self, earlier: Self) -> Self {
        Self { counted: self.counted - earlier.counted, all: self.all - earlier.all }
    }

    /// Lower, or as low of more calls. Compared without division.
    fn is_worse_than(self, other: Self) -> bool {
        let (here, there) = (self.counted * other.all, other.counted * self.all);
        here < there || (here == there && self.all > other.all)
    }
}

/// Since when the worst 24 hours run that lie in a span from its first instant to before its last, and their
/// calls; of equal ones those with the most calls, then the earliest. `None`: the span is shorter than that,
/// or no call of it could count. `counts` says which calls do, could, or are in no share.
pub(super) fn worst_day(
    calls: &[CallFacts],
    (from, to): (Timestamp, Timestamp),
    counts: impl Fn(&CallFacts) -> Option<bool>,
) -> Option<(Timestamp, Vec<&CallFacts>)> {
    let mut calls: Vec<&CallFacts> = calls.iter().collect();
    calls.sort_by_key(|call| call.started_at);
    let starts: Vec<i64> = calls.iter().map(|call| call.started_at.as_millisecond()).collect();
    // What was counted before each call, and after the last.
    let mut sums = vec![Share::default()];
    let mut so_far = Share::default();
    for call in calls.iter().copied() {
        so_far = so_far.with(counts(call));
        sums.push(so_far);
    }
    let (from, last) = (from.as_millisecond(), to.as_millisecond().saturating_sub(DAY_MS));
    // Other 24 hours have the calls of those that begin here: where they start, just behind a call, and where
    // they just reach one.
    let begins = starts.iter().flat_map(|at| [at + 1, at + 1 - DAY_MS]).chain([from]);
    let mut begins: Vec<i64> = begins.filter(|begin| (from..=last).contains(begin)).collect();
    begins.sort_unstable();
    let mut worst: Option<(Share, i64, usize, usize)> = None;
    for begin in begins {
        let first = starts.partition_point(|at| *at < begin);
        let end = starts.partition_point(|at| *at < begin.saturating_add(DAY_MS));
        let share = sums[end].less(sums[first]);
        if share.all > 0 && worst.is_none_or(|(known, ..)| share.is_worse_than(known)) {
            worst = Some((share, begin, first, end));
        }
    }
    let (_, begin, first, end) = worst?;
    Some((Timestamp::from_millisecond(begin).ok()?, calls[first..end].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::figures::Wish;
    use crate::units::CallId;
    use std::time::Duration;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00+08:00").parse().unwrap()
    }

    /// Calls of November by day and hour; `!`: nobody answered, `-`: in no share.
    fn calls(rows: &[&str]) -> Vec<CallFacts> {
        let call = |(serial, row): (u32, &&str)| {
            let time = row.trim_end_matches(['!', '-']);
            let answered = (*row == time).then_some(Duration::from_secs(9));
            CallFacts {
                call: CallId::new("g1", 1_795_000_000_000, serial),
                case: None,
                started_at: at(time),
                answered_after: answered,
                wish: if row.ends_with('-') { Wish::LookUp } else { Wish::Person },
                lasted: Duration::from_secs(60),
                hung_up: false,
            }
        };
        (1..).zip(rows).map(call).collect()
    }

    fn worst(rows: &[&str], from: &str, to: &str) -> Option<(String, usize)> {
        let calls = calls(rows);
        let counts = |call: &CallFacts| match call.wish {
            Wish::Person => Some(call.answered_after.is_some()),
            Wish::LookUp | Wish::Other => None,
        };
        let (since, those) = worst_day(&calls, (at(from), at(to)), counts)?;
        Some((since.to_string(), those.len()))
    }

    #[test]
    fn a_bad_night_over_midnight_is_found_though_each_day_is_half_good() {
        let rows = ["21T09:00", "21T20:00!", "22T02:00-", "22T08:00!", "22T20:00", "23T10:00"];
        // From behind the first to before the fourth that was answered: two missed, one left out.
        let found = worst(&rows, "21T00:00", "24T00:00");
        assert_eq!(found, Some(("2026-11-21T01:00:00.001Z".to_owned(), 3)));
        // One calendar day has one 24 hours: its own.
        let found = worst(&rows, "22T00:00", "23T00:00");
        assert_eq!(found, Some(("2026-11-21T16:00:00Z".to_owned(), 3)));
    }

    #[test]
    fn no_24_hours_reach_out_of_the_span_and_without_calls_there_is_no_share() {
        assert_eq!(worst(&["22T08:00!"], "22T00:00", "22T23:00"), None);
        assert_eq!(worst(&["22T08:00-"], "22T00:00", "24T00:00"), None);
        assert_eq!(worst(&[], "22T00:00", "24T00:00"), None);
        // A missed call in the last hour counts with the day before it, never alone.
        let found = worst(&["22T09:00", "22T10:00", "22T23:30!"], "22T00:00", "23T00:00");
        assert_eq!(found, Some(("2026-11-21T16:00:00Z".to_owned(), 3)));
    }
}
