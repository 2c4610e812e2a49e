//! A case's status in the sentences of the script: one for each state, then the deadline.
//! Never a name, never the words of the matter.

use super::words::{Sentence, Value, case_no, phone, sentence, with};
use crate::domain::case::{CaseStatus, Due, State};
use jiff::civil::Date;

/// The list entry that is spoken for a unit that is not known: "承办单位".
const UNKNOWN_UNIT: &str = "unit.00";

/// The whole answer to a look-up.
pub(super) fn answer(status: &CaseStatus) -> Vec<Sentence> {
    let sealed = status.state == State::Sealed;
    let mut words = vec![heading(status, sealed), state(status)];
    if !sealed {
        words.extend(status.due.filter(|_| is_open(status.state)).iter().flat_map(deadline));
        words.extend(status.unit_phone.iter().map(|n| with("DL08", "phone", phone(n))));
    }
    words
}

/// L07, or L07N where the type may not be told or is not known.
fn heading(status: &CaseStatus, sealed: bool) -> Sentence {
    let mut values =
        vec![("case_no", case_no(status.number)), ("date", Value::Date(status.received_on))];
    match status.nature.clone().filter(|_| !sealed) {
        Some(nature) => {
            values.push(("type", Value::Name(nature)));
            Sentence::Script("L07", values)
        }
        None => Sentence::Script("L07N", values),
    }
}

/// The sentence of the state (ST00 to ST16).
fn state(status: &CaseStatus) -> Sentence {
    let unit = || {
        let unit = status.unit.clone().unwrap_or_else(|| UNKNOWN_UNIT.to_owned());
        ("dept", Value::Name(unit))
    };
    match status.state {
        State::Draft => sentence("ST00"),
        State::Accepted | State::Classified => sentence("ST01"),
        State::Consulting => sentence("ST02"),
        State::LeaderReview => sentence("ST03"),
        State::Assigned => Sentence::Script("ST04", vec![unit()]),
        State::Handling => Sentence::Script("ST05", vec![unit()]),
        State::Feedback => Sentence::Script("ST06", vec![unit()]),
        State::Callback | State::Closed | State::Archived if status.answered_directly => {
            sentence("ST10")
        }
        State::Callback => sentence("ST07"),
        State::Redo => {
            let round = ("round", Value::Count(u32::from(status.round)));
            Sentence::Script("ST08", vec![unit(), round])
        }
        State::Closed | State::Archived => match status.closed_on {
            Some(on) => with("ST09", "date", Value::Date(on)),
            None => sentence("ST09N"),
        },
        State::Circulated => sentence("ST11"),
        State::Kept => sentence("ST12"),
        State::Sealed => sentence("ST13"),
        State::Merged => match status.merged_into {
            Some(number) => with("ST14", "case_no", case_no(number)),
            None => sentence("ST14N"),
        },
        State::Declined => match status.channel.clone() {
            Some(channel) => with("ST15N", "channel", Value::Name(channel)),
            None => sentence("ST15M"),
        },
        State::Withdrawn => sentence("ST16"),
    }
}

/// A deadline is told while the citizen still waits for a reply.
fn is_open(state: State) -> bool {
    use State::{
        Accepted, Assigned, Classified, Consulting, Feedback, Handling, LeaderReview, Redo,
    };
    matches!(
        state,
        Accepted | Classified | Consulting | LeaderReview | Assigned | Handling | Feedback | Redo
    )
}

/// The last day (DL01, or DL05 when extended), then how far it is.
fn deadline(due: &Due) -> Vec<Sentence> {
    let on = ("date", Value::Date(due.on));
    let last_day = match due.extended {
        Some("") => Sentence::Script("DL05N", vec![on]),
        Some(reason) => {
            Sentence::Script("DL05", vec![on, ("reason", Value::Name(reason.to_owned()))])
        }
        None => Sentence::Script("DL01", vec![on, ("wd", Value::Weekday(due.on))]),
    };
    let distance = match days_between(due.today, due.on) {
        0 => sentence("DL03"),
        left if left > 0 => with("DL02", "n", Value::Count(left.unsigned_abs())),
        // DL04 also says that the case is supervised, which the status does not know.
        over => with("DL04N", "n", Value::Count(over.unsigned_abs())),
    };
    vec![last_day, distance]
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
