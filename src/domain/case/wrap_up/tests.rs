//! Where each disposition sends a new case, and that an old one only keeps what was said.

use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::{Command, DeadlineRules, decide};
use crate::units::{CaseNumber, PhoneNumber, QueryCode};

fn with_context<T>(test: impl FnOnce(&Context<'_>) -> T) -> T {
    let (calendar, rules) = (Calendar::built_in(), DeadlineRules::default());
    let identity = CaseNumber::new(2026, 11, 22, 1).zip(QueryCode::new(4821));
    let now = "2026-11-22T10:00:00+08:00".parse().unwrap();
    test(&Context { now, calendar: &calendar, rules: &rules, identity })
}

fn fold(case: Case, events: &[CaseEvent]) -> Case {
    events.iter().fold(case, apply)
}

/// A contact without a number yet.
fn draft() -> Case {
    let intake = NewIntake {
        key: "k".to_owned(),
        kind: IntakeKind::Abandoned,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        received_at: "2026-11-22T09:59:00+08:00".parse().unwrap(),
        recording: None,
        text: None,
        callback: false,
    };
    let receive = Command::Receive(Box::new(intake));
    with_context(|context| {
        fold(Case::default(), &decide(&Case::default(), receive, context).unwrap())
    })
}

fn numbered() -> Case {
    let accept = Command::Accept { summary: "电话".to_owned(), by: "801".to_owned() };
    with_context(|context| fold(draft(), &decide(&draft(), accept, context).unwrap()))
}

fn order(disposition: Disposition) -> WrapUp {
    WrapUp {
        seat: SeatNumber::parse("801").unwrap(),
        call: CallId::new("g1", 1_795_000_000_000, 1),
        disposition,
        nature: Some(Nature::Help),
        summary: " 北宿镇路灯不亮 ".to_owned(),
        unit: None,
        outcome: None,
    }
}

fn decided(case: &Case, order: WrapUp) -> Result<Case, Refusal> {
    let command = Command::WrapUp(Box::new(order));
    with_context(|context| Ok(fold(case.clone(), &decide(case, command, context)?)))
}

#[test]
fn each_disposition_sends_a_new_case_on_its_way() {
    use Disposition as D;
    for (disposition, state) in [
        (D::Answered, State::Callback),
        (D::ThreeWay, State::Classified),
        (D::Kept, State::Kept),
        (D::Circulated, State::Circulated),
        (D::Assigned, State::Assigned),
        (D::LeaderReview, State::LeaderReview),
        (D::Discipline, State::Classified),
        (D::NoMatter, State::Kept),
    ] {
        for case in [draft(), numbered()] {
            let unit = (disposition == D::Assigned).then(|| "unit.07".to_owned());
            let after = decided(&case, WrapUp { unit, ..order(disposition) }).unwrap();
            assert_eq!(after.state, Some(state), "{disposition:?}");
            assert_eq!(after.summary.as_deref(), Some("北宿镇路灯不亮"), "{disposition:?}");
            let stays_draft = case.number.is_none() && disposition == D::NoMatter;
            assert_eq!(after.number.is_none(), stays_draft, "{disposition:?}");
        }
    }
}

#[test]
fn to_the_discipline_commission_a_talk_proposes_and_decides_nothing() {
    let assigned = WrapUp { unit: Some("unit.07".to_owned()), ..order(Disposition::Assigned) };
    let at_unit = decided(&numbered(), assigned).unwrap();
    for (case, state) in
        [(draft(), State::Classified), (numbered(), State::Classified), (at_unit, State::Assigned)]
    {
        let call = CallId::new("g1", 1_795_000_000_000, 2);
        let after = decided(&case, WrapUp { call, ..order(Disposition::Discipline) }).unwrap();
        assert_eq!((after.state, after.told_state()), (Some(state), Some(State::Sealed)));
        let (by, at) = after.work.seal_proposed.clone().unwrap();
        assert_eq!((by.as_str(), at.to_string().as_str()), ("801", "2026-11-22T02:00:00Z"));
        // Another talk while it waits proposes nothing anew.
        let other = SeatNumber::parse("802").unwrap();
        let again = WrapUp { seat: other, ..order(Disposition::Discipline) };
        let later = decided(&after, again).unwrap();
        assert_eq!(later.work.seal_proposed, after.work.seal_proposed);
        assert_eq!(later.state, after.state);
    }
}

#[test]
fn to_the_discipline_commission_a_case_at_its_end_does_not_go_and_keeps_no_words() {
    let answered = decided(&numbered(), order(Disposition::Answered)).unwrap();
    let on = jiff::civil::date(2026, 11, 22);
    let closed = fold(answered, &[CaseEvent::Closed { on }]);
    let archived = fold(closed.clone(), &[CaseEvent::Archived]);
    let kept = |case: &Case| decided(case, order(Disposition::Kept)).unwrap();
    let circulated = decided(&numbered(), order(Disposition::Circulated)).unwrap();
    let no_matter = decided(&draft(), order(Disposition::NoMatter)).unwrap();
    let merged = CaseEvent::Merged { into: CaseNumber::new(2026, 11, 22, 2).unwrap() };
    let merged = fold(decided(&numbered(), order(Disposition::ThreeWay)).unwrap(), &[merged]);
    for case in [closed, archived, kept(&numbered()), circulated, no_matter, merged] {
        let call = CallId::new("g1", 1_795_000_000_000, 2);
        let refused =
            decided(&case, WrapUp { call: call.clone(), ..order(Disposition::Discipline) });
        assert_eq!(refused, Err(Refusal::State { from: case.state, event: "seal" }));
        assert!(decided(&case, WrapUp { call, ..order(Disposition::Answered) }).is_ok());
    }
}

#[test]
fn an_assignment_needs_a_unit_and_gives_it_its_date() {
    let assigned = |unit: Option<&str>| {
        let unit = unit.map(str::to_owned);
        decided(&numbered(), WrapUp { unit, ..order(Disposition::Assigned) })
    };
    assert_eq!(assigned(None), Err(Refusal::Unit));
    assert_eq!(assigned(Some("the fire brigade")), Err(Refusal::Unit));
    let case = assigned(Some("unit.07")).unwrap();
    assert_eq!(case.unit.as_deref(), Some("unit.07"));
    assert_eq!(case.unit_due.unwrap().on.to_string(), "2026-11-27");
}

#[test]
fn a_three_way_call_that_solved_it_needs_no_assignment_and_one_that_did_not_does() {
    let after = |outcome, unit: Option<&str>| {
        let unit = unit.map(str::to_owned);
        let order = WrapUp { outcome: Some(outcome), unit, ..order(Disposition::ThreeWay) };
        decided(&numbered(), order).unwrap()
    };
    let solved = after(Outcome::Solved, Some("unit.07"));
    assert_eq!((solved.state, solved.answered_directly), (Some(State::Callback), true));
    let by = jiff::civil::date(2026, 12, 1);
    for outcome in [Outcome::Promised { by }, Outcome::Refused, Outcome::NobodyReached] {
        assert_eq!(after(outcome.clone(), Some("unit.07")).state, Some(State::Assigned));
        assert_eq!(after(outcome, None).state, Some(State::Classified));
    }
}

#[test]
fn a_case_on_its_way_keeps_what_was_said_and_stays_where_it_is() {
    let assigned = WrapUp { unit: Some("unit.07".to_owned()), ..order(Disposition::Assigned) };
    let case = decided(&numbered(), assigned).unwrap();
    let later = WrapUp {
        call: CallId::new("g1", 1_795_000_000_000, 2),
        summary: "又来电催办".to_owned(),
        ..order(Disposition::Answered)
    };
    let after = decided(&case, later).unwrap();
    assert_eq!((after.state, after.unit), (Some(State::Assigned), case.unit));
    assert_eq!(after.summary.as_deref(), Some("又来电催办"));
}

#[test]
fn the_same_seat_wraps_the_same_call_up_once_and_another_seat_again() {
    let case = decided(&numbered(), order(Disposition::Answered)).unwrap();
    assert_eq!(decided(&case, order(Disposition::Kept)).unwrap(), case);
    let other_words = WrapUp { summary: "路灯已修".to_owned(), ..order(Disposition::Answered) };
    let corrected = decided(&case, other_words).unwrap();
    assert_eq!(corrected.summary.as_deref(), Some("路灯已修"), "they are kept");
    assert_eq!(corrected.state, case.state);
    let other = SeatNumber::parse("802").unwrap();
    let by_other = WrapUp { seat: other.clone(), ..order(Disposition::Kept) };
    let after = decided(&case, by_other).unwrap();
    assert_eq!(after.wrapped_up.map(|(_, seat)| seat), Some(other));
}

#[test]
fn an_empty_summary_leaves_the_one_before_and_a_long_one_is_cut() {
    let empty =
        decided(&numbered(), WrapUp { summary: " ".to_owned(), ..order(Disposition::Kept) });
    assert_eq!(empty.unwrap().summary.as_deref(), Some("电话"));
    let summary = "路".repeat(desk::SUMMARY_CHARS_MAX + 1);
    let long = decided(&numbered(), WrapUp { summary, ..order(Disposition::Kept) }).unwrap();
    assert_eq!(long.summary.unwrap().chars().count(), desk::SUMMARY_CHARS_MAX);
}

#[test]
fn the_operators_words_stand_in_the_private_part() {
    let command = Command::WrapUp(Box::new(order(Disposition::Answered)));
    let events = with_context(|context| decide(&numbered(), command, context)).unwrap();
    let json = serde_json::to_value(&events[0]).unwrap();
    assert_eq!(json["private"]["summary"], "北宿镇路灯不亮");
    assert_eq!((&json["event"], &json["seat"]), (&"wrapped_up".into(), &"801".into()));
    assert_eq!(serde_json::from_value::<CaseEvent>(json).unwrap(), events[0]);
}
