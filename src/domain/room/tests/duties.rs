//! What must be written down, and the callback.

use super::*;
use crate::domain::desk::CallBackOutcome;

fn refused(why: Refusal) -> Option<DeskReply> {
    Some(DeskReply::Refused { why })
}

fn wrap_up(disposition: Disposition, unit: Option<&str>) -> DeskCommand {
    let unit = unit.map(str::to_owned);
    DeskCommand::WrapUp { call: None, disposition, nature: None, summary: String::new(), unit }
}

fn wrapped(stage: &Stage) -> Vec<WrapUp> {
    let of = |action: &Action| match action {
        Action::WrappedUp(wrap_up) => Some((**wrap_up).clone()),
        _ => None,
    };
    stage.actions.iter().filter_map(of).collect()
}

#[test]
fn a_wrap_up_needs_a_disposition_but_no_prose() {
    let mut stage = Stage::talk();
    let answered = || wrap_up(Disposition::Answered, None);
    assert_eq!(stage.ask("801", answered()), refused(Refusal::WrongState), "still talking");
    stage.gone(SEAT);
    assert_eq!(stage.ask("802", answered()), refused(Refusal::NoSuchCall));
    let assigned = stage.ask("801", wrap_up(Disposition::Assigned, None));
    assert_eq!(assigned, refused(Refusal::DispositionMissing), "to which unit?");
    let three = stage.ask("801", wrap_up(Disposition::ThreeWay, None));
    assert_eq!(three, refused(Refusal::DispositionMissing), "there was none");
    let unknown = stage.ask("801", wrap_up(Disposition::Assigned, Some("unit.98")));
    assert_eq!(unknown, refused(Refusal::NoSuchTarget));
    let long = DeskCommand::WrapUp {
        call: None,
        disposition: Disposition::Answered,
        nature: None,
        summary: "很".repeat(2_001),
        unit: None,
    };
    assert_eq!(stage.ask("801", long), refused(Refusal::Malformed));
    assert_eq!(stage.ask("801", answered()), Some(DeskReply::Done));
    assert_eq!(stage.ask("801", answered()), refused(Refusal::NoSuchCall), "only once");
    assert!(stage.room.is_over());
}

#[test]
fn the_outcome_of_a_three_way_call_must_be_recorded_and_decides() {
    for (outcome, fits) in [
        (Outcome::Solved, Disposition::ThreeWay),
        (Outcome::Refused, Disposition::Assigned),
        (Outcome::Promised { by: jiff::civil::date(2026, 12, 1) }, Disposition::Assigned),
    ] {
        let mut stage = Stage::three();
        stage.gone(CITIZEN);
        stage.gone(SECOND);
        let missing = stage.ask("801", wrap_up(fits, None));
        assert_eq!(missing, refused(Refusal::OutcomeMissing));
        let recorded = stage.ask("801", DeskCommand::Outcome { outcome: outcome.clone() });
        assert_eq!(recorded, Some(DeskReply::Done));
        let contrary = stage.ask("801", wrap_up(Disposition::Kept, None));
        assert_eq!(contrary, refused(Refusal::DispositionMissing));
        assert_eq!(stage.ask("801", wrap_up(fits, None)), Some(DeskReply::Done));
        let record = &wrapped(&stage)[0];
        assert_eq!((&record.outcome, record.disposition), (&Some(outcome), Some(fits)));
        let unit = (fits == Disposition::Assigned).then(|| "unit.07".to_owned());
        assert_eq!(record.unit, unit, "the unit of the conversation is proposed");
    }
}

#[test]
fn a_consultation_alone_is_no_three_way_call() {
    let mut stage = Stage::talk();
    stage.reach(unit("unit.07"), SECOND);
    stage.ask("801", DeskCommand::Drop { party: SECOND });
    let outcome = DeskCommand::Outcome { outcome: Outcome::Solved };
    assert_eq!(stage.ask("801", outcome), refused(Refusal::WrongState));
    stage.gone(CITIZEN);
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), Some(DeskReply::Done));
}

#[test]
fn who_handed_over_writes_down_without_deciding() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::HandOver { seat: seat("802") });
    stage.give(Input::Answered(SECOND));
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), Some(DeskReply::Done));
    stage.gone(CITIZEN);
    assert_eq!(stage.ask("802", wrap_up(Disposition::Answered, None)), Some(DeskReply::Done));
    assert_eq!(wrapped(&stage).iter().map(|w| w.decides).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_leader_owes_nothing_and_the_operator_who_brought_him_decides() {
    let mut stage = Stage::talk();
    stage.reach(at_seat("900"), SECOND);
    stage.ask("801", DeskCommand::Complete { party: SECOND });
    assert_eq!(stage.room.owing().collect::<Vec<_>>(), [&seat("801")]);
    stage.gone(SECOND);
    assert_eq!(stage.room.owing().count(), 1);
    assert_eq!(stage.ask("801", wrap_up(Disposition::LeaderReview, None)), Some(DeskReply::Done));
    assert!(wrapped(&stage)[0].decides);
}

#[test]
fn a_seat_that_was_only_asked_owes_nothing() {
    let mut stage = Stage::talk();
    stage.reach(at_seat("802"), SECOND);
    stage.gone(SECOND);
    let left = |a: &Action| matches!(a, Action::SeatLeft { party, wrap_up: false, .. } if *party == SECOND);
    assert!(stage.did(left));
}

#[test]
fn a_wrap_up_that_never_comes_is_closed() {
    let mut stage = Stage::talk();
    stage.gone(SEAT);
    stage.wait(5 * 3_600);
    assert!(stage.room.is_over());
    assert_eq!(wrapped(&stage)[0].disposition, None);
    let mut stage = Stage::talk();
    stage.gone(SEAT);
    stage.give(Input::SignedOff(seat("801")));
    assert!(stage.room.is_over());
}

#[test]
fn the_matter_is_never_assigned_to_the_unit_it_accuses() {
    let matter = Matter { nature: None, accused: vec!["unit.08".to_owned()] };
    let mut stage = Stage::talk_of(matter);
    stage.gone(SEAT);
    let assigned = stage.ask("801", wrap_up(Disposition::Assigned, Some("unit.08")));
    assert_eq!(assigned, refused(Refusal::Accused));
}

fn called_back(stage: &Stage) -> Vec<Option<CallBackOutcome>> {
    let of = |action: &Action| match action {
        Action::CalledBack { task: 42, outcome } => Some(*outcome),
        _ => None,
    };
    stage.actions.iter().filter_map(of).collect()
}

#[test]
fn a_callback_tells_its_task_how_it_ended_exactly_once() {
    use CallBackOutcome as Told;
    for (why, told) in [
        (Failure::NoAnswer, Some(Told::NoAnswer)),
        (Failure::Busy, Some(Told::Busy)),
        (Failure::Declined, Some(Told::Refused)),
        (Failure::Unreachable, None),
    ] {
        let mut stage = Stage::callback();
        stage.give(Input::Answered(SEAT));
        stage.give(Input::Unreached(CITIZEN, why));
        assert_eq!(called_back(&stage), [told]);
        assert_eq!(stage.answer_to(1_000), Some(DeskReply::Failed { why }));
        assert!(stage.hung_up(SEAT) && stage.room.is_over(), "{}", stage.log);
    }
}

#[test]
fn a_callback_whose_seat_does_not_answer_is_no_attempt() {
    let mut stage = Stage::callback();
    stage.wait(26);
    assert_eq!(called_back(&stage), [None]);
    assert_eq!(stage.answer_to(1_000), Some(DeskReply::Failed { why: Failure::NoAnswer }));
    assert!(stage.room.is_over());
    let mut stage = Stage::callback();
    stage.give(Input::Answered(SEAT));
    stage.gone(SEAT);
    assert_eq!(called_back(&stage), [None]);
    assert!(stage.hung_up(CITIZEN) && stage.room.is_over());
}

#[test]
fn the_seat_says_when_somebody_else_answered() {
    let mut stage = Stage::callback();
    stage.give(Input::Answered(SEAT));
    stage.give(Input::Answered(CITIZEN));
    stage.gone(CITIZEN);
    assert_eq!(called_back(&stage), [], "the seat may still say so");
    let outcome = CallBackOutcome::WrongPerson;
    let other = stage.ask("801", DeskCommand::CallBackOutcome { task: 7, outcome });
    assert_eq!(other, refused(Refusal::NoSuchTarget));
    let told = stage.ask("801", DeskCommand::CallBackOutcome { task: 42, outcome });
    assert_eq!(told, Some(DeskReply::Done));
    stage.ask("801", wrap_up(Disposition::NoMatter, None));
    assert_eq!(called_back(&stage), [Some(CallBackOutcome::WrongPerson)]);
}

#[test]
fn a_citizen_who_is_called_back_is_greeted_and_told_of_the_recording() {
    let mut stage = Stage::callback();
    stage.give(Input::Answered(SEAT));
    stage.give(Input::Ringing(CITIZEN));
    assert_eq!(stage.matrix(), "1:0");
    stage.give(Input::Answered(CITIZEN));
    assert_eq!(stage.said_to(CITIZEN), ["G01", "G02"]);
    assert_eq!(stage.matrix(), "0:1 1:0");
    stage.ask("801", DeskCommand::HangUp);
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"C08"));
    stage.say_all();
    assert!(stage.hung_up(CITIZEN) && stage.room.is_finished());
}

const DOWN: Option<DeskReply> = Some(DeskReply::Failed { why: Failure::StoreDown });

fn excused(stage: &Stage) -> usize {
    stage.actions.iter().filter(|action| matches!(action, Action::Excused(_))).count()
}

#[test]
fn a_wrap_up_is_done_after_its_commit_alone() {
    let mut stage = Stage::talk();
    stage.stores = None;
    stage.gone(SEAT);
    let answered = || wrap_up(Disposition::Answered, None);
    assert_eq!(stage.ask("801", answered()), None, "nothing is stored yet");
    assert!(wrapped(&stage).is_empty() && !stage.room.is_over());
    assert_eq!(stage.ask("801", answered()), refused(Refusal::WrongState), "one at a time");
    let come_back = stage.ask("801", DeskCommand::Return { call: call() });
    assert_eq!(come_back, refused(Refusal::WrongState));
    stage.give(Input::WrapUpStored { attempt: 7, stored: Ok(()) });
    assert_eq!(stage.answer_to(1), None, "of another attempt");
    stage.give(Input::WrapUpStored { attempt: 1, stored: Ok(()) });
    assert_eq!(stage.answer_to(1), Some(DeskReply::Done));
    assert!(stage.room.is_over());
    assert_eq!((wrapped(&stage).len(), excused(&stage)), (1, 0));
}

#[test]
fn a_store_that_is_down_excuses_the_seat_and_takes_the_wrap_up_later() {
    let mut stage = Stage::talk();
    stage.gone(SEAT);
    stage.stores = Some(Err(NotStored::Down));
    for _ in 0..3 {
        assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), DOWN);
    }
    assert_eq!(excused(&stage), 1);
    assert_eq!(stage.room.owing().count(), 1, "it is owed still");
    stage.stores = Some(Err(NotStored::Refused));
    let sealed = stage.ask("801", wrap_up(Disposition::Answered, None));
    assert_eq!(sealed, refused(Refusal::CaseRefuses));
    stage.stores = Some(Err(NotStored::NoNumber));
    let spent = stage.ask("801", wrap_up(Disposition::Answered, None));
    assert_eq!(spent, refused(Refusal::NoNumber));
    stage.stores = Some(Ok(()));
    assert_eq!(stage.ask("801", wrap_up(Disposition::Kept, None)), Some(DeskReply::Done));
    assert!(stage.room.is_over());
    assert!(wrapped(&stage)[0].excused);
}

#[test]
fn a_store_that_says_nothing_has_said_no_and_a_late_commit_is_taken() {
    let mut stage = Stage::talk();
    stage.stores = None;
    stage.gone(SEAT);
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), None);
    stage.wait(9);
    assert_eq!(stage.answer_to(1), None);
    stage.wait(2);
    assert_eq!(stage.answer_to(1), DOWN);
    stage.give(Input::WrapUpStored { attempt: 1, stored: Ok(()) });
    assert!(stage.room.is_over());
    assert_eq!(wrapped(&stage).len(), 1);
}

#[test]
fn a_seat_that_vanishes_while_its_wrap_up_is_stored_loses_nothing() {
    for (stored, disposition) in
        [(Ok(()), Some(Disposition::Answered)), (Err(NotStored::Down), None)]
    {
        let mut stage = Stage::talk();
        stage.stores = None;
        stage.gone(SEAT);
        stage.ask("801", wrap_up(Disposition::Answered, None));
        stage.give(Input::SignedOff(seat("801")));
        assert!(!stage.room.is_over(), "what is being stored is waited for");
        stage.give(Input::WrapUpStored { attempt: 1, stored });
        assert!(stage.room.is_over());
        assert_eq!(wrapped(&stage)[0].disposition, disposition);
        let failed = usize::from(stored.is_err());
        assert_eq!(excused(&stage), failed, "what is closed as excused was excused");
        assert_eq!(wrapped(&stage)[0].excused, stored.is_err());
    }
}

#[test]
fn no_other_disposition_is_sent_past_one_that_may_still_be_stored() {
    let mut stage = Stage::talk();
    stage.stores = None;
    stage.gone(SEAT);
    let (answered, kept) =
        (|| wrap_up(Disposition::Answered, None), || wrap_up(Disposition::Kept, None));
    assert_eq!(stage.ask("801", answered()), None);
    stage.wait(11);
    assert_eq!(stage.answer_to(1), DOWN);
    assert_eq!(stage.ask("801", kept()), refused(Refusal::WrongState), "it may be stored yet");
    assert_eq!(stage.ask("801", answered()), None, "the same may be sent again");
    stage.wait(11);
    stage.give(Input::WrapUpStored { attempt: 2, stored: Err(NotStored::Down) });
    assert_eq!(stage.ask("801", kept()), refused(Refusal::WrongState), "the first may be stored");
    stage.give(Input::WrapUpStored { attempt: 1, stored: Ok(()) });
    assert_eq!(stage.ask("801", kept()), refused(Refusal::CaseRefuses), "it was stored");
    stage.stores = Some(Ok(()));
    assert_eq!(stage.ask("801", answered()), Some(DeskReply::Done));
    assert_eq!(wrapped(&stage)[0].disposition, Some(Disposition::Answered));
    assert_eq!(excused(&stage), 1);
}

#[test]
fn another_disposition_is_taken_when_the_first_has_come_to_nothing() {
    let mut stage = Stage::talk();
    stage.stores = None;
    stage.gone(SEAT);
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), None);
    stage.wait(11);
    stage.give(Input::WrapUpStored { attempt: 1, stored: Err(NotStored::Down) });
    stage.stores = Some(Ok(()));
    assert_eq!(stage.ask("801", wrap_up(Disposition::Kept, None)), Some(DeskReply::Done));
    assert_eq!(wrapped(&stage)[0].disposition, Some(Disposition::Kept));
}

#[test]
fn a_store_that_answers_nothing_is_asked_only_so_often() {
    let mut stage = Stage::talk();
    stage.stores = None;
    stage.gone(SEAT);
    let asked = |stage: &Stage| {
        stage.actions.iter().filter(|action| matches!(action, Action::StoreWrapUp { .. })).count()
    };
    for _ in 0..WRAP_UP_ATTEMPTS_MAX {
        assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), None);
        stage.wait(11);
    }
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), DOWN, "at once");
    assert_eq!(asked(&stage), WRAP_UP_ATTEMPTS_MAX);
    stage.give(Input::WrapUpStored { attempt: 1, stored: Err(NotStored::Down) });
    assert_eq!(stage.ask("801", wrap_up(Disposition::Answered, None)), None, "one has come back");
    assert_eq!(asked(&stage), WRAP_UP_ATTEMPTS_MAX + 1);
}

#[test]
fn a_seat_that_comes_back_decides_nothing_past_what_may_still_be_stored() {
    let mut stage = Stage::three();
    stage.stores = None;
    stage.ask("801", DeskCommand::Leave);
    stage.ask("801", DeskCommand::Outcome { outcome: Outcome::Refused });
    let id = stage.serial + 1;
    assert_eq!(stage.ask("801", wrap_up(Disposition::Assigned, None)), None);
    stage.wait(11);
    assert_eq!(stage.answer_to(id), DOWN);
    stage.ask("801", DeskCommand::Return { call: call() });
    stage.give(Input::Answered(THIRD));
    stage.gone(THIRD);
    let upwards = || wrap_up(Disposition::LeaderReview, None);
    assert_eq!(stage.ask("801", upwards()), refused(Refusal::WrongState));
    assert_eq!(excused(&stage), 2, "the store keeps it from its calls, of either duty");
    stage.give(Input::WrapUpStored { attempt: 1, stored: Ok(()) });
    assert_eq!(stage.ask("801", upwards()), refused(Refusal::CaseRefuses));
}
