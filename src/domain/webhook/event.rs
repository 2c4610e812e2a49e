//! Which events of a case are told, and what is told of them: number, state, unit and dates. Never who
//! the citizen is, never a word of anybody, and nothing at all of a case under seal, proposed or in
//! force.

use crate::domain::case::{Case, CaseEvent, Record, State};
use serde::Serialize;

/// What happened, as a receiver is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookKind {
    /// T2: numbered.
    Accepted,
    /// T4: nature and domain are known.
    Classified,
    /// T7: a consultation was called.
    Consulted,
    /// T8: laid before a leader.
    ReportedToLeader,
    /// T9: given to a unit.
    Assigned,
    /// T15: the unit signed for it.
    HandlingStarted,
    /// T17: given back by the unit, or taken back from it.
    Returned,
    /// T18: extended.
    Extended,
    /// T19: the unit reported its result.
    FedBack,
    /// T5, T6, T20: answered.
    Answered,
    /// T23, T28: to be handled again.
    Redone,
    /// T22, T24, T26.
    Closed,
    /// T27.
    Archived,
    /// T3, T11: kept without reply.
    Kept,
    /// T10: sent to readers.
    Circulated,
    /// T13: not taken on.
    Declined,
    /// T14: the same matter as another.
    Merged,
    /// T14: taken back.
    Unmerged,
    /// T29: the citizen took it back.
    Withdrawn,
    /// 3.5: a warning whose instant has come.
    Warned,
    /// 3.5: on the docket of supervision (督办).
    Docketed,
    /// Dates were worked out again.
    Rescheduled,
    /// A test that an administrator asked for; it is about no case.
    Ping,
}

impl HookKind {
    /// Every kind with its name in JSON and on the command line.
    pub const NAMES: [(Self, &'static str); 23] = [
        (Self::Accepted, "case.accepted"),
        (Self::Classified, "case.classified"),
        (Self::Consulted, "case.consulted"),
        (Self::ReportedToLeader, "case.reported_to_leader"),
        (Self::Assigned, "case.assigned"),
        (Self::HandlingStarted, "case.handling_started"),
        (Self::Returned, "case.returned"),
        (Self::Extended, "case.extended"),
        (Self::FedBack, "case.fed_back"),
        (Self::Answered, "case.answered"),
        (Self::Redone, "case.redone"),
        (Self::Closed, "case.closed"),
        (Self::Archived, "case.archived"),
        (Self::Kept, "case.kept"),
        (Self::Circulated, "case.circulated"),
        (Self::Declined, "case.declined"),
        (Self::Merged, "case.merged"),
        (Self::Unmerged, "case.unmerged"),
        (Self::Withdrawn, "case.withdrawn"),
        (Self::Warned, "case.warned"),
        (Self::Docketed, "case.docketed"),
        (Self::Rescheduled, "case.rescheduled"),
        (Self::Ping, "webhook.ping"),
    ];

    /// Its name in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Reads what [`HookKind::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// Whether a subscription may name it; a ping goes to whom it is meant for.
    #[must_use]
    pub fn is_subscribed(self) -> bool {
        self != Self::Ping
    }

    /// What an event of a case is told as; `None`: it is not told.
    #[must_use]
    pub fn of(event: &CaseEvent) -> Option<Self> {
        Some(match event {
            CaseEvent::Accepted(_) => Self::Accepted,
            CaseEvent::Classified { .. } => Self::Classified,
            CaseEvent::Consulted => Self::Consulted,
            CaseEvent::ReportedToLeader => Self::ReportedToLeader,
            CaseEvent::Assigned { .. } => Self::Assigned,
            CaseEvent::HandlingStarted => Self::HandlingStarted,
            CaseEvent::Extended { .. } => Self::Extended,
            CaseEvent::FedBack => Self::FedBack,
            CaseEvent::CallbackDue { .. } => Self::Answered,
            CaseEvent::Redone { .. } => Self::Redone,
            CaseEvent::Closed { .. } => Self::Closed,
            CaseEvent::Archived => Self::Archived,
            CaseEvent::Kept => Self::Kept,
            CaseEvent::Circulated => Self::Circulated,
            CaseEvent::Declined { .. } => Self::Declined,
            CaseEvent::Merged { .. } => Self::Merged,
            CaseEvent::Withdrawn => Self::Withdrawn,
            CaseEvent::Record(record) => match **record {
                Record::Returned { .. } | Record::Recalled { .. } => Self::Returned,
                Record::Unmerged { .. } => Self::Unmerged,
                Record::Warned { .. } => Self::Warned,
                Record::Docketed { .. } => Self::Docketed,
                Record::Recomputed { .. } => Self::Rescheduled,
                _ => return None,
            },
            CaseEvent::Received(_)
            | CaseEvent::CallbackAsked { .. }
            | CaseEvent::CalledBack { .. }
            | CaseEvent::WrappedUp(_)
            | CaseEvent::Sealed => return None,
        })
    }
}

/// The body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told<'a> {
    /// The id of the delivery, the same in every attempt and in the header `webhook-id`.
    pub id: &'a str,
    /// What happened, such as `case.assigned`.
    pub kind: &'static str,
    /// When, RFC 3339 with the city's offset.
    pub at: &'a str,
    /// The case as it stands after the change; a ping has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<ToldCase<'a>>,
}

/// What is told of a case. A new field is an addition; none of these goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldCase<'a> {
    /// Eleven digits.
    pub number: String,
    /// Where it stands.
    pub status: State,
    /// The unit at work, by its id of `units.toml`.
    pub unit: Option<&'a str>,
    /// Which time it is handled, from 1.
    pub round: u8,
    /// The citizen's due date, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// The unit's due date.
    pub unit_due_on: Option<String>,
    /// The day it was closed on.
    pub closed_on: Option<String>,
}

/// What may be told of a case as it stands; `None` of a draft and of one under seal.
#[must_use]
pub fn told(case: &Case) -> Option<ToldCase<'_>> {
    let number = case.number?.to_string();
    let status = case.told_state().filter(|state| *state != State::Sealed)?;
    Some(ToldCase {
        number,
        status,
        unit: case.unit.as_deref(),
        round: case.round,
        due_on: case.due.as_ref().map(|due| due.on.to_string()),
        unit_due_on: case.unit_due.as_ref().map(|due| due.on.to_string()),
        closed_on: case.closed_on.map(|on| on.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::RecordingSummary;
    use crate::domain::case::{DueDate, Note, Private, apply};
    use crate::units::{CaseNumber, PhoneNumber, QueryCode};
    use jiff::Timestamp;
    use jiff::civil::date;

    /// A word that stands in every private field.
    const CANARY: &str = "金丝雀";

    fn due() -> DueDate {
        let on = date(2026, 11, 27);
        DueDate { on, at: Timestamp::UNIX_EPOCH, provisional: false, explained: vec![] }
    }

    fn case() -> Case {
        let phone = PhoneNumber::parse("19900000017").ok();
        Case {
            state: Some(State::Handling),
            number: CaseNumber::new(2026, 11, 22, 1),
            summary: Some(CANARY.to_owned()),
            unit: Some("unit.07".to_owned()),
            round: 1,
            due: Some(due()),
            unit_due: Some(due()),
            private: Private {
                contact: phone.clone(),
                caller: phone,
                mail: Some(CANARY.to_owned()),
                display: Some(CANARY.to_owned()),
                text: Some(CANARY.to_owned()),
                code: QueryCode::new(4321),
                summary: Some(CANARY.to_owned()),
            },
            ..Case::default()
        }
    }

    #[test]
    fn every_kind_has_one_name() {
        for (kind, name) in HookKind::NAMES {
            assert_eq!((HookKind::parse(name), kind.as_str()), (Some(kind), name));
        }
        assert_eq!(HookKind::parse("case.sealed"), None);
    }

    /// The same body for every kind of event: what is known of the case and nothing of a person.
    #[test]
    fn what_is_told_names_nobody() {
        let case = case();
        for (kind, name) in HookKind::NAMES {
            let (id, at) = ("msg_1", "2026-11-22T10:00:00.000+08:00");
            let body = Told { id, kind: kind.as_str(), at, case: told(&case) };
            let text = serde_json::to_string(&body).unwrap();
            let number = case.number.unwrap();
            assert_eq!(
                text,
                format!(
                    r#"{{"id":"msg_1","kind":"{name}","at":"{at}","case":{{"number":"{number}","#
                ) + r#""status":"handling","unit":"unit.07","round":1,"due_on":"2026-11-27","#
                    + r#""unit_due_on":"2026-11-27","closed_on":null}}"#
            );
            for hidden in [CANARY, "1990000", "4321"] {
                assert!(!text.contains(hidden), "{name}: {text}");
            }
        }
    }

    #[test]
    fn a_draft_and_a_case_under_seal_give_nothing() {
        assert!(told(&case()).is_some());
        let draft = Case { number: None, state: Some(State::Draft), ..case() };
        assert_eq!(told(&draft), None);
        let at = Timestamp::UNIX_EPOCH;
        let proposed = Record::SealProposed { by: "li".to_owned(), at };
        let proposed = apply(case(), &proposed.into());
        assert_eq!(told(&proposed), None);
        let sealed = apply(case(), &CaseEvent::Sealed);
        assert_eq!(told(&sealed), None);
        let shown = apply(proposed, &Record::SealRefused { by: "zhao".to_owned() }.into());
        assert!(told(&shown).is_some());
    }

    #[test]
    fn seals_contacts_and_what_people_write_are_no_kind() {
        use crate::domain::case::{Channel, Received};
        let received = Received {
            key: "k".to_owned(),
            channel: Channel::Voicemail,
            at: Timestamp::UNIX_EPOCH,
            call: None,
            recording: None::<&RecordingSummary>.map(Into::into),
            private: Private::default(),
        };
        let by = || "li".to_owned();
        let at = Timestamp::UNIX_EPOCH;
        for silent in [
            CaseEvent::Received(Box::new(received)),
            CaseEvent::Sealed,
            Record::SealProposed { by: by(), at }.into(),
            Record::SealRefused { by: by() }.into(),
            Record::SealConfirmed { by: by() }.into(),
            Record::ReceiptFiled { receipt: by(), by: by() }.into(),
            Record::ViewGiven { unit: None, by: by(), private: Note::default() }.into(),
            Record::PersonRecused { person: by(), by: by() }.into(),
            Record::AccusedNamed { unit: by(), by: by() }.into(),
        ] {
            assert_eq!(HookKind::of(&silent), None, "{silent:?}");
        }
        let assigned = CaseEvent::Assigned { unit: "unit.07".to_owned(), due: due() };
        assert_eq!(HookKind::of(&assigned), Some(HookKind::Assigned));
        let recalled = Record::Recalled { by: by() }.into();
        assert_eq!(HookKind::of(&recalled), Some(HookKind::Returned));
    }
}
