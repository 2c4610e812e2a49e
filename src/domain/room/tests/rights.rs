//! Who may do what: every command by everybody, and the whisper that the citizen never hears.

use super::*;

fn refused(why: Refusal) -> Option<DeskReply> {
    Some(DeskReply::Refused { why })
}

fn supervise(mode: Supervision) -> DeskCommand {
    DeskCommand::Supervise { call: call(), mode }
}

#[test]
fn a_seat_that_is_not_in_the_conversation_may_do_nothing_in_it() {
    let mut stage = Stage::talk();
    for command in [
        DeskCommand::HangUp,
        DeskCommand::Hold { party: CITIZEN, on: true },
        DeskCommand::Mute { party: CITIZEN, on: true },
        DeskCommand::Deafen { party: CITIZEN, on: true },
        DeskCommand::Drop { party: SEAT },
        DeskCommand::Private { with: vec![CITIZEN] },
        DeskCommand::Consult { target: unit("unit.07") },
        DeskCommand::Join { party: CITIZEN },
        DeskCommand::Leave,
        DeskCommand::HandOver { seat: seat("803") },
        DeskCommand::Transfer { target: unit("unit.07") },
        DeskCommand::Complete { party: CITIZEN },
        DeskCommand::Secret { on: true },
        DeskCommand::Outcome { outcome: Outcome::Solved },
    ] {
        let answer = stage.ask("802", command.clone());
        assert_eq!(answer, refused(Refusal::NoSuchCall), "{command:?}");
    }
    assert_eq!(stage.matrix(), "0:1 1:0");
    assert_eq!(
        stage.ask("802", DeskCommand::Return { call: call() }),
        refused(Refusal::NotAllowed)
    );
}

#[test]
fn only_supervisors_listen_and_an_assistant_only_to_the_leader() {
    let mut stage = Stage::talk();
    let listen = || supervise(Supervision::Listen);
    for by in ["802", "900", "901"] {
        assert_eq!(stage.ask(by, listen()), refused(Refusal::NotAllowed), "{by}");
    }
    stage.reach(at_seat("900"), SECOND);
    stage.ask("801", DeskCommand::Complete { party: SECOND });
    assert_eq!(stage.ask("901", supervise(Supervision::Whisper)), refused(Refusal::NotAllowed));
    assert_eq!(stage.ask("901", supervise(Supervision::Barge)), refused(Refusal::NotAllowed));
    assert_eq!(stage.ask("901", listen()), None);
    stage.give(Input::Answered(THIRD));
    assert_eq!(stage.matrix(), "0:2 2:0 3:0,2");
    assert!(stage.did(|a| matches!(a, Action::Note(Entry::Supervised { .. }))));
    stage.gone(SECOND);
    assert!(stage.hung_up(THIRD), "without the leader there is no right to listen");
}

#[test]
fn a_whisper_reaches_the_seat_alone_and_nobody_hears_a_listener() {
    let mut stage = Stage::three();
    stage.ask("700", supervise(Supervision::Listen));
    stage.give(Input::Answered(THIRD));
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1 3:0,1,2");
    assert_eq!(stage.ask("700", supervise(Supervision::Whisper)), Some(DeskReply::Done));
    assert_eq!(stage.matrix(), "0:1,2 1:0,2,3 2:0,1 3:0,1,2");
    // The seat goes aside with the unit, and the supervisor with the seat.
    stage.ask("801", DeskCommand::Private { with: vec![SECOND] });
    assert_eq!(stage.matrix(), "0:m 1:2,3 2:1 3:1,2");
    assert_eq!(stage.ask("700", supervise(Supervision::Barge)), Some(DeskReply::Done));
    assert_eq!(stage.matrix(), "0:m 1:2,3 2:1,3 3:1,2");
    assert_eq!(stage.ask("700", supervise(Supervision::Stop)), Some(DeskReply::Done));
    assert_eq!(stage.matrix(), "0:m 1:2 2:1");
    let audited =
        stage.actions.iter().filter(|a| matches!(a, Action::Note(Entry::Supervised { .. })));
    assert_eq!(audited.count(), 4, "each change is in the audit");
}

#[test]
fn a_listener_who_stays_after_the_seat_hears_the_others_and_whispers_to_nobody() {
    let mut stage = Stage::three();
    stage.ask("700", supervise(Supervision::Whisper));
    stage.give(Input::Answered(THIRD));
    stage.ask("801", DeskCommand::Leave);
    assert_eq!(stage.matrix(), "0:2 2:0 3:0,2");
}

#[test]
fn two_listen_and_a_third_does_not() {
    let mut stage = Stage::talk();
    for (by, party) in [("700", SECOND), ("701", THIRD)] {
        assert_eq!(stage.ask(by, supervise(Supervision::Listen)), None);
        stage.give(Input::Answered(party));
    }
    assert_eq!(stage.ask("702", supervise(Supervision::Listen)), refused(Refusal::TooManyParties));
    assert_eq!(stage.matrix(), "0:1 1:0 2:0,1 3:0,1");
}

#[test]
fn a_supervisor_cannot_be_moved_and_the_citizen_cannot_be_put_out() {
    let mut stage = Stage::talk();
    stage.ask("700", supervise(Supervision::Barge));
    stage.give(Input::Answered(SECOND));
    for command in [
        DeskCommand::Drop { party: SECOND },
        DeskCommand::Mute { party: SECOND, on: true },
        DeskCommand::Hold { party: SECOND, on: true },
        DeskCommand::Drop { party: CITIZEN },
    ] {
        let answer = stage.ask("801", command.clone());
        assert_eq!(answer, refused(Refusal::NotAllowed), "{command:?}");
    }
}

#[test]
fn a_unit_that_is_accused_is_never_rung_by_any_way() {
    let matter = Matter { nature: None, accused: vec!["unit.07".to_owned()] };
    let mut stage = Stage::talk_of(matter);
    let accused = refused(Refusal::Accused);
    for target in [unit("unit.07"), outside("19900000072")] {
        let consult = DeskCommand::Consult { target: target.clone() };
        assert_eq!(stage.ask("801", consult), accused);
        assert_eq!(stage.ask("801", DeskCommand::Transfer { target }), accused);
    }
    assert!(!stage.did(|action| matches!(action, Action::Dial { .. })));
}

#[test]
fn a_unit_that_turns_out_to_be_accused_is_put_out_at_once() {
    let accused = || Input::Matter(Matter { nature: None, accused: vec!["unit.07".to_owned()] });
    let mut stage = Stage::three();
    stage.give(accused());
    assert!(stage.hung_up(SECOND));
    assert_eq!(stage.matrix(), "0:1 1:0");
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    stage.give(accused());
    assert!(stage.hung_up(SECOND));
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::Cancelled }));
    let dials = stage.actions.iter().filter(|action| matches!(action, Action::Dial { .. }));
    assert_eq!(dials.count(), 1, "its second contact is not rung either");
}

#[test]
fn targets_that_cannot_be_rung_are_refused_with_the_reason() {
    let mut stage = Stage::talk();
    for (target, why) in [
        (at_seat("999"), Refusal::NoSuchTarget),
        (at_seat("888"), Refusal::SeatBusy),
        (at_seat("801"), Refusal::SeatBusy),
        (unit("unit.98"), Refusal::NoSuchTarget),
        (unit("unit.09"), Refusal::NumberNotAllowed),
        (outside("008529990000"), Refusal::NumberNotAllowed),
        (Target::Emergency { number: phone("19900000017") }, Refusal::NumberNotAllowed),
        (Target::Group { group: "legal".to_owned() }, Refusal::NoSuchTarget),
    ] {
        let answer = stage.ask("801", DeskCommand::Consult { target: target.clone() });
        assert_eq!(answer, refused(why), "{target:?}");
    }
    assert_eq!(stage.matrix(), "0:1 1:0");
}

#[test]
fn a_command_for_another_call_or_after_the_end_is_refused() {
    let mut stage = Stage::talk();
    let other = CallId::new("g1", 1_795_000_000_000, 2);
    let mode = Supervision::Listen;
    let answer = stage.ask("700", DeskCommand::Supervise { call: other, mode });
    assert_eq!(answer, refused(Refusal::NoSuchCall));
    stage.gone(CITIZEN);
    stage.give(Input::SignedOff(seat("801")));
    assert!(stage.room.is_over());
    assert_eq!(stage.ask("801", DeskCommand::HangUp), refused(Refusal::NoSuchCall));
}

#[test]
fn a_consulted_seat_may_hang_up_and_nothing_else() {
    let mut stage = Stage::talk();
    stage.reach(at_seat("802"), SECOND);
    let join = DeskCommand::Join { party: SECOND };
    assert_eq!(stage.ask("802", join), refused(Refusal::WrongState));
    assert_eq!(stage.ask("802", DeskCommand::HangUp), Some(DeskReply::Done));
    assert_eq!(stage.matrix(), "0:1 1:0");
}

#[test]
fn a_seat_shows_what_it_knows_of_everybody_and_never_a_whole_number() {
    let mut stage = Stage::three();
    stage.ask("801", DeskCommand::Hold { party: SECOND, on: true });
    let view = stage
        .actions
        .iter()
        .rev()
        .find_map(|action| match action {
            Action::View { view, .. } => Some(serde_json::to_value(&**view).unwrap()),
            _ => None,
        })
        .unwrap();
    let parties = view["parties"].as_array().unwrap();
    let shown: Vec<_> =
        parties.iter().map(|p| (p["label"].as_str(), p["state"].as_str())).collect();
    assert_eq!(
        shown,
        [
            (Some("199****0017"), Some("talking")),
            (Some("801"), Some("talking")),
            (Some("财政局"), Some("held")),
        ]
    );
    assert_eq!(view["outcome_missing"], true);
    assert_eq!(view["proposed"], serde_json::Value::Null);
}
