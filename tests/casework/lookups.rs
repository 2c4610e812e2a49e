//! Look-ups: every state, the locks, and the same way for every wrong try.

use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, Lookup};
use mayorline::domain::case::{
    CaseEvent, CaseStatus, Deadline, DeadlineRules, DueDate, ExtensionReason, LawfulChannel,
    Nature, State,
};
use mayorline::store::{CALLER_FAILURES_MAX, CASE_FAILURES_MAX, StoreHandle};
use mayorline::units::{CaseNumber, QueryCode};

fn due(from: &str) -> DueDate {
    Deadline::due(at(from), 5, &DeadlineRules::default(), &Calendar::built_in()).into()
}

fn classified() -> CaseEvent {
    CaseEvent::Classified { nature: Nature::Complaint, domain: "050101".to_owned() }
}

fn assigned() -> CaseEvent {
    CaseEvent::Assigned { unit: "unit.27".to_owned(), due: due("2026-11-23T09:00:00+08:00") }
}

fn found(store: &StoreHandle, number: CaseNumber, code: QueryCode) -> CaseStatus {
    match look_up(store, noonish(), number, code, Some(17)) {
        Lookup::Found(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// The way to each state that a numbered case can be in.
fn ways() -> Vec<(State, Vec<CaseEvent>)> {
    use CaseEvent as E;
    let handling = vec![classified(), assigned(), E::HandlingStarted];
    let with = |base: &[CaseEvent], more: Vec<CaseEvent>| [base, &more].concat();
    let callback = with(&handling, vec![E::FedBack, E::CallbackDue { answered_directly: false }]);
    let closed = with(&callback, vec![E::Closed { on: jiff::civil::date(2026, 11, 26) }]);
    let into = CaseNumber::new(2026, 11, 22, 1).unwrap();
    vec![
        (State::Accepted, vec![]),
        (State::Classified, vec![classified()]),
        (State::Consulting, vec![classified(), E::Consulted]),
        (State::LeaderReview, vec![classified(), E::ReportedToLeader]),
        (State::Assigned, vec![classified(), assigned()]),
        (State::Handling, handling.clone()),
        (State::Feedback, with(&handling, vec![E::FedBack])),
        (State::Callback, callback.clone()),
        (State::Redo, with(&callback, vec![E::Redone { due: due("2026-11-26T09:00:00+08:00") }])),
        (State::Closed, closed.clone()),
        (State::Archived, with(&closed, vec![E::Archived])),
        (State::Kept, vec![classified(), E::Kept]),
        (State::Circulated, vec![classified(), E::Circulated]),
        (State::Sealed, with(&handling, vec![E::Sealed])),
        (State::Declined, vec![classified(), E::Declined { channel: LawfulChannel::Litigation }]),
        (State::Merged, vec![classified(), E::Merged { into }]),
        (State::Withdrawn, vec![classified(), E::Withdrawn]),
    ]
}

#[test]
fn every_state_is_looked_up_as_it_stands_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let mut cases = vec![];
    for (state, events) in ways() {
        let (number, code) = new_case(&handle, state.as_str());
        record(&handle, number, events).unwrap();
        assert_eq!(found(&handle, number, code).state, state);
        cases.push((number, code, found(&handle, number, code)));
    }
    assert_eq!(cases.len(), State::NAMES.len() - 1, "all but the draft, which has no number");
    store.close();
    let store = open(folder.path());
    for (number, code, before) in cases {
        assert_eq!(found(&store.handle(), number, code), before);
    }
    store.close();
    let report = mayorline::store::verify(folder.path()).unwrap();
    assert!(report.is_sound() && report.cases == 17, "{report:?}");
}

#[test]
fn each_status_tells_its_facts_and_a_sealed_one_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let status = |wanted: State| {
        let (_, events) = ways().into_iter().find(|(state, _)| *state == wanted).unwrap();
        let (number, code) = new_case(&store.handle(), wanted.as_str());
        record(&store.handle(), number, events).unwrap();
        found(&store.handle(), number, code)
    };
    let handling = status(State::Handling);
    assert_eq!(handling.unit.as_deref(), Some("unit.27"));
    assert_eq!(handling.nature.as_deref(), Some("nature.complaint"));
    let due = handling.due.unwrap();
    assert_eq!(
        (due.on.to_string(), due.today.to_string()),
        ("2026-11-27".into(), "2026-11-22".into())
    );
    let redo = status(State::Redo);
    assert_eq!((redo.round, redo.due.unwrap().on.to_string()), (2, "2026-12-01".to_owned()));
    assert_eq!(status(State::Closed).closed_on, Some(jiff::civil::date(2026, 11, 26)));
    assert_eq!(status(State::Merged).merged_into, CaseNumber::new(2026, 11, 22, 1));
    assert_eq!(status(State::Declined).channel.as_deref(), Some("channel.litigation"));
    assert_eq!(status(State::Callback).due, None);
    let sealed = status(State::Sealed);
    assert_eq!(
        (sealed.nature, sealed.unit, sealed.due, sealed.unit_phone),
        (None, None, None, None)
    );
}

#[test]
fn an_extension_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    let due = due("2026-12-01T09:00:00+08:00");
    let extended = CaseEvent::Extended { due, reason: ExtensionReason::Construction };
    let events = vec![classified(), assigned(), CaseEvent::HandlingStarted, extended.clone()];
    record(&store.handle(), number, events).unwrap();
    let told = found(&store.handle(), number, code).due.unwrap();
    assert_eq!(
        (told.on.to_string(), told.extended),
        ("2026-12-07".into(), Some("reason.construction"))
    );
    assert!(record(&store.handle(), number, vec![extended]).is_err());
    assert_eq!(found(&store.handle(), number, code).due.unwrap(), told);
}

#[test]
fn events_that_the_table_does_not_allow_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    assert!(record(&store.handle(), number, vec![classified(), CaseEvent::Archived]).is_err());
    assert_eq!(found(&store.handle(), number, code).state, State::Accepted);
    let unknown = CaseNumber::new(2026, 11, 22, 77).unwrap();
    assert!(record(&store.handle(), unknown, vec![classified()]).is_err());
}

#[test]
fn five_wrong_tries_lock_a_case_for_a_day_and_the_lock_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    for tail in 0..CASE_FAILURES_MAX {
        let answer = look_up(&store.handle(), noonish(), number, wrong(code), Some(tail));
        assert_eq!(answer, Lookup::Wrong);
    }
    assert_eq!(look_up(&store.handle(), noonish(), number, code, Some(99)), Lookup::Locked);
    store.close();
    let store = open(folder.path());
    assert_eq!(look_up(&store.handle(), noonish(), number, code, Some(99)), Lookup::Locked);
    let tomorrow = at("2026-11-23T10:00:00+08:00");
    let answer = look_up(&store.handle(), tomorrow, number, code, Some(99));
    assert!(matches!(answer, Lookup::Found(_)), "{answer:?}");
}

#[test]
fn wrong_tries_on_a_case_add_up_over_weeks_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let (number, code) = new_case(&open(folder.path()).handle(), "k");
    for (tail, day) in (0..).zip(["11-23", "11-30", "12-07", "12-14", "12-21"]) {
        let store = open(folder.path());
        let when = at(&format!("2026-{day}T10:00:00+08:00"));
        assert_eq!(look_up(&store.handle(), when, number, wrong(code), Some(tail)), Lookup::Wrong);
        // Tries on other numbers sweep the counts of callers that are no longer needed.
        let other = CaseNumber::new(2026, 11, 22, 99).unwrap();
        look_up(&store.handle(), when, other, code, Some(50 + tail));
    }
    let store = open(folder.path());
    let when = at("2026-12-21T11:00:00+08:00");
    assert_eq!(look_up(&store.handle(), when, number, code, Some(99)), Lookup::Locked);
}

#[test]
fn an_unknown_number_is_answered_and_locked_like_a_wrong_code() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    let unknown = CaseNumber::new(2026, 11, 22, 4321).unwrap();
    let tries = |number| -> Vec<Lookup> {
        (0..7)
            .map(|tail| look_up(&store.handle(), noonish(), number, wrong(code), Some(tail)))
            .collect()
    };
    assert_eq!(tries(unknown), tries(number));
}

#[test]
fn a_hundred_tries_at_the_same_moment_are_counted_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, code) = new_case(&store.handle(), "k");
    let answers: Vec<Lookup> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..100)
            .map(|tail| {
                let handle = store.handle();
                scope.spawn(move || look_up(&handle, noonish(), number, wrong(code), Some(tail)))
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let wrong = answers.iter().filter(|answer| **answer == Lookup::Wrong).count();
    assert_eq!(wrong, usize::try_from(CASE_FAILURES_MAX).unwrap());
}

#[test]
fn ten_thousand_guesses_find_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let cases: Vec<_> = (0..200).map(|n| new_case(&store.handle(), &format!("k{n}"))).collect();
    let (mut wrong, mut locked) = (0, 0);
    for guess in 0..10_000_u16 {
        let (number, _) = cases[usize::from(guess) % cases.len()];
        let code = QueryCode::new(guess).unwrap();
        match look_up(&store.handle(), noonish(), number, code, Some(1)) {
            Lookup::Found(_) => panic!("guessed {number} at try {guess}"),
            Lookup::Wrong => wrong += 1,
            Lookup::Locked => locked += 1,
        }
    }
    assert_eq!(wrong, CALLER_FAILURES_MAX);
    assert_eq!(locked, 10_000 - wrong);
}

#[test]
fn a_draft_cannot_be_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(store_intake(&store.handle(), intake("a", IntakeKind::Abandoned)), (None, None));
    let number = CaseNumber::new(2026, 11, 22, 1).unwrap();
    let zero = QueryCode::new(0).unwrap();
    assert_eq!(look_up(&store.handle(), noonish(), number, zero, None), Lookup::Wrong);
}
