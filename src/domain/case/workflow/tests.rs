//! What a contact becomes, and that no case leaves the table of transitions.

use super::*;
use crate::domain::call::{Caller, RecordingSummary};
use crate::domain::case::{DueDate, ExtensionReason, LawfulChannel, Nature, apply};
use crate::units::PhoneNumber;
use proptest::prelude::*;
use std::time::Duration;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn intake(kind: IntakeKind) -> NewIntake {
    NewIntake {
        key: "g1-call:1".to_owned(),
        kind,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        received_at: at("2026-11-22T10:00:00.123456789+08:00"),
        recording: Some(RecordingSummary {
            file: "recordings/x.wav".to_owned(),
            duration: Duration::from_secs(9),
            speech: Duration::from_secs(7),
            sha256: [7; 32],
        }),
        text: Some("路灯不亮".to_owned()),
        callback: false,
    }
}

/// Runs `test` with a context that has a number set aside.
fn with_context<T>(test: impl FnOnce(&Context<'_>) -> T) -> T {
    let (calendar, rules) = (Calendar::built_in(), DeadlineRules::default());
    let identity = CaseNumber::new(2026, 11, 22, 1).zip(QueryCode::new(4821));
    let now = at("2026-11-22T10:00:01+08:00");
    test(&Context { now, calendar: &calendar, rules: &rules, identity })
}

fn fold(case: Case, events: &[CaseEvent]) -> Case {
    events.iter().fold(case, apply)
}

fn accepted() -> Case {
    with_context(|context| {
        let receive = Command::Receive(Box::new(intake(IntakeKind::Voicemail)));
        let draft = fold(Case::default(), &decide(&Case::default(), receive, context).unwrap());
        let accept =
            Command::Accept { summary: "语音留言".to_owned(), by: "system".to_owned() };
        let events = decide(&draft, accept, context).unwrap();
        fold(draft, &events)
    })
}

#[test]
fn a_message_becomes_a_numbered_case_with_a_date() {
    let case = accepted();
    assert_eq!(case.state, Some(State::Accepted));
    assert_eq!(case.number.unwrap().to_string(), "26112200012");
    assert_eq!(case.due.as_ref().unwrap().on.to_string(), "2026-11-27");
    assert_eq!(case.private.contact, case.private.caller);
    assert_eq!(case.received_at, Some(at("2026-11-22T10:00:00.123+08:00")));
    assert_eq!((case.round, case.callback), (1, None));
}

#[test]
fn an_abandoned_call_stays_a_draft_with_a_callback_within_30_minutes() {
    let events = with_context(|context| {
        decide(&Case::default(), Command::Receive(Box::new(intake(IntakeKind::Abandoned))), context)
    });
    let case = fold(Case::default(), &events.unwrap());
    assert_eq!((case.state, case.number), (Some(State::Draft), None));
    let task = case.callback.unwrap();
    assert_eq!(task.reason, CallbackReason::Missed);
    assert_eq!(task.due_at, at("2026-11-22T10:30:01+08:00"));
}

#[test]
fn nothing_left_is_refused_and_so_is_a_second_beginning() {
    with_context(|context| {
        let refuse = |case: &Case, change: fn(&mut NewIntake)| {
            let mut intake = intake(IntakeKind::Voicemail);
            change(&mut intake);
            decide(case, Command::Receive(Box::new(intake)), context).unwrap_err()
        };
        let blank = Case::default();
        assert_eq!(refuse(&blank, |intake| intake.recording = None), Refusal::Empty);
        assert_eq!(refuse(&blank, |intake| intake.key.clear()), Refusal::Key);
        assert!(matches!(refuse(&accepted(), |_| ()), Refusal::State { .. }));
        let accept =
            |summary: &str| Command::Accept { summary: summary.to_owned(), by: "x".into() };
        assert!(matches!(decide(&blank, accept("x"), context), Err(Refusal::State { .. })));
        let draft = Case { state: Some(State::Draft), ..Case::default() };
        assert_eq!(decide(&draft, accept(" "), context), Err(Refusal::Summary));
        let none = Context { identity: None, ..context.clone() };
        assert_eq!(decide(&draft, accept("x"), &none), Err(Refusal::NoNumber));
    });
}

fn due(day: i8) -> DueDate {
    DueDate {
        on: jiff::civil::date(2026, 12, day),
        at: Timestamp::UNIX_EPOCH,
        provisional: false,
        explained: vec![],
    }
}

#[test]
fn an_extension_moves_the_citizens_date_only_later_and_only_once() {
    let mut case = Case { state: Some(State::Handling), ..accepted() };
    let extend = |day| CaseEvent::Extended { due: due(day), reason: ExtensionReason::Construction };
    assert_eq!(may_follow(&case, &extend(4)), Ok(()));
    case = apply(case, &extend(4));
    assert_eq!(case.due.as_ref().unwrap().on, due(4).on);
    assert_eq!(may_follow(&case, &extend(9)), Err(Refusal::ExtendedBefore));
    let redone = apply(case, &CaseEvent::Redone { due: due(1) });
    assert_eq!((redone.due.unwrap().on, redone.round), (due(4).on, 2));
}

#[test]
fn a_sealed_case_tells_nothing() {
    let case = [
        CaseEvent::Classified { nature: Nature::Report, domain: "120101".to_owned() },
        CaseEvent::Assigned { unit: "unit.13".to_owned(), due: due(1) },
        CaseEvent::Sealed,
    ];
    let status = fold(accepted(), &case).status(Timestamp::UNIX_EPOCH, None).unwrap();
    assert_eq!(status.state, State::Sealed);
    assert_eq!((status.nature, status.unit, status.due), (None, None, None));
}

fn any_event() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        Just(CaseEvent::Classified { nature: Nature::Help, domain: "050101".to_owned() }),
        Just(CaseEvent::Consulted),
        Just(CaseEvent::ReportedToLeader),
        Just(CaseEvent::Assigned { unit: "unit.27".to_owned(), due: due(2) }),
        Just(CaseEvent::HandlingStarted),
        Just(CaseEvent::FedBack),
        any::<bool>().prop_map(|answered_directly| CaseEvent::CallbackDue { answered_directly }),
        (1_i8..28).prop_map(|day| CaseEvent::Redone { due: due(day) }),
        Just(CaseEvent::Closed { on: due(3).on }),
        Just(CaseEvent::Archived),
        Just(CaseEvent::Kept),
        Just(CaseEvent::Circulated),
        Just(CaseEvent::Sealed),
        Just(CaseEvent::Declined { channel: LawfulChannel::Litigation }),
        Just(CaseEvent::Merged { into: CaseNumber::new(2026, 11, 22, 9).unwrap() }),
        Just(CaseEvent::Withdrawn),
        (1_i8..28).prop_map(|day| CaseEvent::Extended {
            due: due(day),
            reason: ExtensionReason::Complex,
        }),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_first_responsible_and_the_number_stay_and_the_date_never_shrinks(
        events in proptest::collection::vec(any_event(), 0..60)
    ) {
        let first = accepted();
        let mut case = first.clone();
        for event in &events {
            let from = case.state.unwrap();
            if may_follow(&case, event).is_err() {
                continue;
            }
            let next = apply(case.clone(), event);
            // The terminal states of 3.3, of which 留存, 转阅 and (T28) 归档 may be taken up again.
            let ended = matches!(
                from, State::Sealed | State::Declined | State::Merged | State::Withdrawn
            );
            prop_assert!(!ended, "{event:?} after {from:?}");
            prop_assert_eq!(next.number, first.number);
            prop_assert_eq!(&next.first_responsible, &first.first_responsible);
            prop_assert!(next.due.as_ref().unwrap().on >= case.due.as_ref().unwrap().on);
            prop_assert!(next.status(Timestamp::UNIX_EPOCH, None).is_some());
            case = next;
        }
    }

    #[test]
    fn every_event_reads_back_as_it_was_written(event in any_event()) {
        let text = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<CaseEvent>(&text).unwrap(), event);
    }
}

#[test]
fn a_number_that_could_not_be_told_is_called_back_once_while_the_case_is_open() {
    let case = accepted();
    let events = with_context(|context| decide(&case, Command::CallBack, context).unwrap());
    let [CaseEvent::CallbackAsked { reason: CallbackReason::NumberUntold, due_at }] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(*due_at, at("2026-11-22T10:30:01+08:00"));
    let asked = fold(case.clone(), &events);
    let again = with_context(|context| decide(&asked, Command::CallBack, context).unwrap());
    let withdrawn = fold(case, &[CaseEvent::Withdrawn]);
    let late = with_context(|context| decide(&withdrawn, Command::CallBack, context).unwrap());
    assert_eq!((again, late), (vec![], vec![]));
}
