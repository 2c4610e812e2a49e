//! Listening to recordings (调听): who may, and what must be said before. Leaders and their assistants
//! hear none, whoever takes calls his own of the last day, a supervisor all. What was passed to the
//! discipline commission under seal is heard by nobody here.

use super::desk::SeatRole;
use crate::units::SeatNumber;
use jiff::{SignedDuration, Timestamp};

/// Longest reason, in characters.
pub const PLAYBACK_REASON_CHARS_MAX: usize = 200;
/// A reason says something.
const REASON_CHARS_MIN: usize = 2;
/// How long an operator may hear his own calls.
const OWN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Which recordings a person may hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hears {
    /// Those of every call.
    All,
    /// Those of calls that the seat took part in and that began since then.
    Own {
        /// The seat.
        seat: SeatNumber,
        /// Since when.
        since: Timestamp,
    },
}

/// Which recordings a seat may hear at `now`; `None`: none.
#[must_use]
pub fn hears(role: SeatRole, seat: &SeatNumber, now: Timestamp) -> Option<Hears> {
    match role {
        SeatRole::Supervisor => Some(Hears::All),
        SeatRole::Operator => {
            let since = now.checked_sub(OWN_FOR).unwrap_or(Timestamp::MIN);
            Some(Hears::Own { seat: seat.clone(), since })
        }
        SeatRole::Leader | SeatRole::Assistant => None,
    }
}

/// The reason as it is kept, on one line; `None` when it says nothing or too much.
#[must_use]
pub fn reason(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let reason = words.join(" ");
    let fits = (REASON_CHARS_MIN..=PLAYBACK_REASON_CHARS_MAX).contains(&reason.chars().count());
    fits.then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_hears_his_own_calls_of_a_day_a_supervisor_all_others_none() {
        let seat = SeatNumber::parse("801").unwrap();
        let now: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        let since = "2026-11-25T10:00:00Z".parse().unwrap();
        let own = Hears::Own { seat: seat.clone(), since };
        assert_eq!(hears(SeatRole::Operator, &seat, now), Some(own));
        assert_eq!(hears(SeatRole::Supervisor, &seat, now), Some(Hears::All));
        assert_eq!(hears(SeatRole::Leader, &seat, now), None);
        assert_eq!(hears(SeatRole::Assistant, &seat, now), None);
    }

    #[test]
    fn a_reason_says_something_on_one_line() {
        assert_eq!(reason(" 核实\r\n承诺\u{7}期限 ").as_deref(), Some("核实 承诺 期限"));
        for nothing in ["", "  \n", "x", "\u{0}"] {
            assert_eq!(reason(nothing), None, "{nothing:?}");
        }
        let long = "核".repeat(PLAYBACK_REASON_CHARS_MAX);
        assert_eq!(reason(&long), Some(long.clone()));
        assert_eq!(reason(&format!("{long}实")), None);
    }
}
