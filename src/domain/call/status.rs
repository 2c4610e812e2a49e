//! A case's status in the sentences of the script: one for each state, then the deadline.
//! Never a name, never the words of the matter; the reply as a speech engine said it.

use super::words::{Sentence, Value, sentence, with};
use crate::domain::case::{CaseStatus, Due, ReplyTold, State};
use crate::domain::speech::PromptId;
use crate::domain::speech::lexicon::Lexicon;
use jiff::civil::Date;

/// The whole answer to a look-up. `seats`: a person can be asked for by key 0.
pub(super) fn answer(status: &CaseStatus, seats: bool) -> Vec<Sentence> {
    let sealed = status.state == State::Sealed;
    let mut words = vec![heading(status, sealed), state(status)];
    if !sealed {
        words.extend(reply(status, seats));
        words.extend(status.due.filter(|_| is_open(status.state)).iter().flat_map(deadline));
        words.extend(
            status
                .unit_phone
                .iter()
                .map(|n| with(PromptId::DL08, "phone", Value::Phone(n.clone()))),
        );
    }
    words
}

/// L07, or L07N where the type may not be told or is not known.
fn heading(status: &CaseStatus, sealed: bool) -> Sentence {
    let number = status.voiced.number.clone().filter(|_| !sealed);
    let number = number.map_or(Value::Case(status.number), Value::Rendered);
    let mut values = vec![("case_no", number), ("date", Value::Date(status.received_on))];
    match status.nature.clone().filter(|id| !sealed && recorded(id)) {
        Some(nature) => {
            values.push(("type", Value::Word(nature)));
            Sentence::Script(PromptId::L07, values)
        }
        None => Sentence::Script(PromptId::L07N, values),
    }
}

/// The sentence of the state (ST00 to ST16).
fn state(status: &CaseStatus) -> Sentence {
    let unit = || {
        // A unit without a recording is spoken as 承办单位.
        ("dept", Value::Word(status.unit.clone().unwrap_or_default()))
    };
    match status.state {
        State::Draft => sentence(PromptId::ST00),
        State::Accepted | State::Classified => sentence(PromptId::ST01),
        State::Consulting => sentence(PromptId::ST02),
        State::LeaderReview => sentence(PromptId::ST03),
        State::Assigned => Sentence::Script(PromptId::ST04, vec![unit()]),
        State::Handling => Sentence::Script(PromptId::ST05, vec![unit()]),
        State::Feedback => Sentence::Script(PromptId::ST06, vec![unit()]),
        State::Callback | State::Closed | State::Archived if status.answered_directly => {
            sentence(PromptId::ST10)
        }
        State::Callback => sentence(PromptId::ST07),
        State::Redo => {
            let round = ("round", Value::Count(u32::from(status.round)));
            Sentence::Script(PromptId::ST08, vec![unit(), round])
        }
        State::Closed | State::Archived => match status.closed_on {
            Some(on) => with(PromptId::ST09, "date", Value::Date(on)),
            None => sentence(PromptId::ST09N),
        },
        State::Circulated => sentence(PromptId::ST11),
        State::Kept => sentence(PromptId::ST12),
        State::Sealed => sentence(PromptId::ST13),
        State::Merged => match status.merged_into {
            Some(number) => with(PromptId::ST14, "case_no", Value::Case(number)),
            None => sentence(PromptId::ST14N),
        },
        State::Declined => match status.channel.clone() {
            Some(channel) => with(PromptId::ST15N, "channel", Value::Word(channel)),
            None => sentence(PromptId::ST15M),
        },
        State::Withdrawn => sentence(PromptId::ST16),
    }
}

/// The reply, or how the citizen gets it. Where it cannot be heard that is said as it is.
fn reply(status: &CaseStatus, seats: bool) -> Vec<Sentence> {
    let Some(reply) = status.voiced.reply.as_ref().filter(|_| status.state.is_answered()) else {
        return vec![];
    };
    match reply {
        ReplyTold::Spoken { sentences, announced } => {
            let notice = announced.then(|| sentence(PromptId::DL11));
            let said = Sentence::Rendered(sentences.clone());
            notice.into_iter().chain([sentence(PromptId::DL06), said]).collect()
        }
        ReplyTold::ByText => vec![sentence(PromptId::DL09)],
        ReplyTold::ByPerson if seats => vec![sentence(PromptId::DL10)],
        ReplyTold::ByPerson => vec![sentence(PromptId::DL10N)],
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
        Some(reason) if recorded(reason) => {
            let reason = ("reason", Value::Word(reason.to_owned()));
            Sentence::Script(PromptId::DL05, vec![on, reason])
        }
        Some(_) => Sentence::Script(PromptId::DL05N, vec![on]),
        None => Sentence::Script(PromptId::DL01, vec![on, ("wd", Value::Date(due.on))]),
    };
    let distance = match days_between(due.today, due.on) {
        0 => sentence(PromptId::DL03),
        left if left > 0 => with(PromptId::DL02, "n", Value::Count(left.unsigned_abs())),
        // DL04 also says that the case is supervised, which the status does not know.
        over => with(PromptId::DL04N, "n", Value::Count(over.unsigned_abs())),
    };
    vec![last_day, distance]
}

/// A word that can be spoken; a general one in its place would say something untrue.
fn recorded(id: &str) -> bool {
    Lexicon::builtin().word(id).is_some()
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests;
