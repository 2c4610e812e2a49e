//! Whole conversations, word for word.

use super::*;

fn golden(name: &str, stage: &Stage) {
    insta::assert_snapshot!(name, &stage.log);
}

fn wrap_up(disposition: Disposition) -> DeskCommand {
    DeskCommand::WrapUp {
        call: None,
        disposition,
        nature: None,
        summary: String::new(),
        unit: None,
    }
}

#[test]
fn a_three_way_call_that_solves_the_matter() {
    let mut stage = Stage::talk();
    stage.wait(20);
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    stage.wait(4);
    stage.give(Input::Ringing(SECOND));
    stage.wait(6);
    stage.give(Input::Answered(SECOND));
    stage.wait(16);
    stage.say_all();
    stage.press(SECOND, '1');
    stage.wait(10);
    stage.ask("801", DeskCommand::Join { party: SECOND });
    stage.say_all();
    stage.wait(60);
    stage.gone(SECOND);
    stage.say_all();
    stage.ask("801", DeskCommand::HangUp);
    stage.ask("801", wrap_up(Disposition::ThreeWay));
    stage.ask("801", DeskCommand::Outcome { outcome: Outcome::Solved });
    stage.ask("801", wrap_up(Disposition::ThreeWay));
    assert!(stage.room.is_over());
    golden("solved", &stage);
}

#[test]
fn the_second_contact_answers_when_the_first_does_not() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    stage.wait(26);
    stage.give(Input::Answered(SECOND));
    stage.say_all();
    stage.press(SECOND, '1');
    assert_eq!(stage.answer_to(1), Some(DeskReply::Done));
    golden("second_contact", &stage);
}

#[test]
fn nobody_of_the_unit_is_reached_and_the_matter_is_assigned() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    stage.wait(3);
    stage.give(Input::Unreached(SECOND, Failure::Busy));
    stage.wait(5);
    // A machine takes the call, is told, and never presses a key.
    stage.give(Input::Answered(SECOND));
    stage.wait(16);
    stage.say_all();
    stage.wait(11);
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::NoAnswer }));
    stage.say_all();
    stage.ask("801", DeskCommand::HangUp);
    stage.ask("801", wrap_up(Disposition::Assigned));
    assert!(stage.room.is_over());
    golden("nobody_reached", &stage);
}

#[test]
fn the_operator_leaves_and_returns() {
    let mut stage = Stage::three();
    stage.log.clear();
    stage.wait(5);
    stage.ask("801", DeskCommand::Leave);
    stage.say_all();
    stage.wait(40);
    stage.ask("801", DeskCommand::Return { call: call() });
    stage.give(Input::Ringing(THIRD));
    stage.wait(2);
    stage.give(Input::Answered(THIRD));
    stage.wait(10);
    stage.gone(CITIZEN);
    stage.gone(SECOND);
    golden("leaves_and_returns", &stage);
}

#[test]
fn a_leader_is_briefed_and_takes_the_citizen() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: at_seat("900") });
    stage.give(Input::Ringing(SECOND));
    stage.wait(3);
    stage.give(Input::Answered(SECOND));
    stage.wait(33);
    stage.ask("801", DeskCommand::Complete { party: SECOND });
    stage.say_all();
    stage.ask("801", wrap_up(Disposition::LeaderReview));
    stage.wait(100);
    stage.gone(SECOND);
    assert!(stage.alone() == Some(&Then::Survey));
    golden("leader", &stage);
}

#[test]
fn a_supervisor_listens_whispers_and_barges_in() {
    let mut stage = Stage::talk();
    let supervise = |mode| DeskCommand::Supervise { call: call(), mode };
    stage.ask("700", supervise(Supervision::Listen));
    stage.give(Input::Answered(SECOND));
    stage.ask("700", supervise(Supervision::Whisper));
    stage.ask("700", supervise(Supervision::Barge));
    stage.ask("700", supervise(Supervision::Listen));
    stage.ask("700", supervise(Supervision::Stop));
    golden("supervision", &stage);
}

#[test]
fn an_emergency_goes_through_at_once() {
    let mut stage = Stage::talk();
    let target = Target::Emergency { number: phone("120") };
    stage.ask("801", DeskCommand::Transfer { target });
    stage.give(Input::Ringing(SECOND));
    stage.wait(2);
    stage.give(Input::Answered(SECOND));
    stage.wait(60);
    stage.gone(SECOND);
    assert_eq!(stage.alone(), Some(&Then::Goodbye));
    golden("emergency", &stage);
}

#[test]
fn a_citizen_is_called_back() {
    let mut stage = Stage::callback();
    stage.give(Input::Answered(SEAT));
    stage.give(Input::Ringing(CITIZEN));
    stage.wait(8);
    stage.give(Input::Answered(CITIZEN));
    assert_eq!(stage.answer_to(1_000), Some(DeskReply::Done));
    stage.say_all();
    stage.wait(30);
    stage.ask("801", DeskCommand::HangUp);
    stage.say_all();
    stage.ask("801", wrap_up(Disposition::Answered));
    golden("callback", &stage);
}
