//! What each command does, heard by ear: the matrix says who hears whom, `m` is music.

use super::*;

fn done(stage: &mut Stage, command: DeskCommand) {
    assert_eq!(stage.ask("801", command), Some(DeskReply::Done), "{}", stage.log);
}

#[test]
fn help_that_is_busy_is_told_at_once_and_not_rung_again() {
    let mut stage = Stage::talk();
    let target = Target::Emergency { number: phone("120") };
    assert_eq!(stage.ask("801", DeskCommand::Consult { target }), None);
    stage.give(Input::Unreached(SECOND, Failure::Busy));
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::Busy }));
    let dials = stage.actions.iter().filter(|action| matches!(action, Action::Dial { .. }));
    assert_eq!(dials.count(), 1);
}

#[test]
fn while_a_unit_is_consulted_the_citizen_hears_music_and_w08_every_thirty_seconds() {
    let mut stage = Stage::talk();
    assert_eq!(stage.matrix(), "0:1 1:0");
    stage.reach(unit("unit.07"), SECOND);
    assert_eq!(stage.matrix(), "0:m 1:2 2:1");
    let before = stage.said_to(CITIZEN).len();
    stage.wait(95);
    let said = stage.said_to(CITIZEN);
    assert_eq!(said.len() - before, 3);
    assert!(said.iter().all(|id| *id == "W08"));
    done(&mut stage, DeskCommand::Join { party: SECOND });
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1");
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W03"));
    let before = stage.said_to(CITIZEN).len();
    stage.wait(100);
    assert_eq!(stage.said_to(CITIZEN).len(), before, "nobody waits any more");
}

#[test]
fn while_it_rings_the_seat_hears_the_line_and_the_line_hears_nobody() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    assert_eq!(stage.matrix(), "0:m");
    stage.give(Input::Ringing(SECOND));
    assert_eq!(stage.matrix(), "0:m 1:2");
    stage.give(Input::Unreached(SECOND, Failure::Busy));
    assert_eq!(stage.matrix(), "0:m", "the second contact does not ring yet");
    assert_eq!(stage.said_to(SEAT), ["W05"]);
}

#[test]
fn a_unit_that_presses_two_or_another_key_is_not_connected() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.08") });
    stage.give(Input::Answered(SECOND));
    assert_eq!(stage.said_to(SECOND), ["W02"]);
    stage.press(SECOND, '5');
    assert_eq!(stage.matrix(), "0:m 1:2", "the seat hears who is there, not he the seat");
    stage.press(SECOND, '2');
    assert!(stage.hung_up(SECOND));
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::Declined }));
    assert_eq!(stage.matrix(), "0:1 1:0");
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W04"));
}

#[test]
fn a_unit_may_press_one_before_the_sentence_is_over() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.08") });
    stage.give(Input::Answered(SECOND));
    stage.press(SECOND, '1');
    assert_eq!(stage.answer_to(1), Some(DeskReply::Done));
    assert!(stage.did(|action| *action == Action::StopPlay(SECOND)));
}

#[test]
fn a_seat_turns_from_one_to_the_other_and_back_to_all() {
    let mut stage = Stage::three();
    done(&mut stage, DeskCommand::Private { with: vec![CITIZEN] });
    assert_eq!(stage.matrix(), "0:1 1:0 2:m");
    done(&mut stage, DeskCommand::Private { with: vec![SECOND] });
    assert_eq!(stage.matrix(), "0:m 1:2 2:1");
    done(&mut stage, DeskCommand::Private { with: vec![] });
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1");
}

#[test]
fn a_seat_swaps_between_the_citizen_and_whom_it_consults() {
    let mut stage = Stage::talk();
    stage.reach(unit("unit.07"), SECOND);
    done(&mut stage, DeskCommand::Hold { party: CITIZEN, on: false });
    assert_eq!(stage.matrix(), "0:1 1:0 2:m");
    done(&mut stage, DeskCommand::Hold { party: SECOND, on: false });
    assert_eq!(stage.matrix(), "0:m 1:2 2:1");
    done(&mut stage, DeskCommand::Hold { party: CITIZEN, on: false });
    done(&mut stage, DeskCommand::Join { party: SECOND });
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1");
}

#[test]
fn hold_mute_and_deaf_act_on_one_party() {
    let mut stage = Stage::three();
    let hold = |party, on| DeskCommand::Hold { party, on };
    done(&mut stage, hold(SECOND, true));
    assert_eq!(stage.matrix(), "0:1 1:0 2:m");
    done(&mut stage, hold(SECOND, false));
    done(&mut stage, DeskCommand::Mute { party: SECOND, on: true });
    assert_eq!(stage.matrix(), "0:1 1:0 2:0,1");
    done(&mut stage, DeskCommand::Mute { party: SECOND, on: false });
    done(&mut stage, DeskCommand::Deafen { party: CITIZEN, on: true });
    assert_eq!(stage.matrix(), "0:m 1:0,2 2:0,1");
    done(&mut stage, DeskCommand::Deafen { party: CITIZEN, on: false });
    done(&mut stage, hold(CITIZEN, true));
    assert_eq!(stage.matrix(), "0:m 1:2 2:1");
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W08"));
    done(&mut stage, hold(CITIZEN, false));
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1");
}

#[test]
fn a_fourth_and_a_fifth_party_fit_and_a_sixth_does_not() {
    let mut stage = Stage::three();
    stage.bring_in(at_seat("900"), THIRD);
    assert_eq!(stage.matrix(), "0:1,2,3 1:0,2,3 2:0,1,3 3:0,1,2");
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"D05"));
    stage.bring_in(unit("unit.08"), FOURTH);
    assert_eq!(stage.matrix(), "0:1,2,3,4 1:0,2,3,4 2:0,1,3,4 3:0,1,2,4 4:0,1,2,3");
    let more = stage.ask("801", DeskCommand::Consult { target: outside("19900000055") });
    assert_eq!(more, Some(DeskReply::Refused { why: Refusal::TooManyParties }));
    // In four-party cases those who are not taken aside go on.
    done(&mut stage, DeskCommand::Private { with: vec![FOURTH] });
    assert_eq!(stage.matrix(), "0:2,3 1:4 2:0,3 3:0,2 4:1");
    done(&mut stage, DeskCommand::Drop { party: FOURTH });
    assert_eq!(stage.matrix(), "0:1,2,3 1:0,2,3 2:0,1,3 3:0,1,2");
}

#[test]
fn joining_may_be_asked_while_the_party_rings() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.08") });
    assert_eq!(stage.ask("801", DeskCommand::Join { party: SECOND }), None);
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W01"));
    stage.give(Input::Answered(SECOND));
    stage.press(SECOND, '1');
    assert_eq!(
        (stage.answer_to(1), stage.answer_to(2)),
        (Some(DeskReply::Done), Some(DeskReply::Done))
    );
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1");
}

#[test]
fn a_consultation_is_called_off_by_dropping_the_party() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    done(&mut stage, DeskCommand::Drop { party: SECOND });
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::Cancelled }));
    assert!(stage.hung_up(SECOND));
    assert_eq!(stage.matrix(), "0:1 1:0");
    assert!(!stage.said_to(CITIZEN).contains(&"W04"), "nobody has failed");
}

#[test]
fn another_seat_takes_the_place_and_the_first_stays_responsible() {
    let mut stage = Stage::three();
    assert_eq!(stage.ask("801", DeskCommand::HandOver { seat: seat("802") }), None);
    assert_eq!(stage.matrix(), "0:1,2 1:0,2 2:0,1", "they go on while it rings");
    stage.give(Input::Answered(THIRD));
    assert!(stage.hung_up(SEAT));
    assert_eq!(stage.hears[&CITIZEN].of, [SECOND, THIRD]);
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"G05"));
    assert_eq!(stage.room.first_responsible(), Some(&seat("801")));
    let handed = DeskCommand::Transfer { target: at_seat("803") };
    assert_eq!(stage.ask("802", handed), None);
    stage.give(Input::Answered(FOURTH));
    assert_eq!(stage.room.first_responsible(), Some(&seat("801")));
    let told = |action: &&Action| matches!(action, Action::FirstResponsible(_));
    assert_eq!(stage.actions.iter().filter(told).count(), 1);
}

#[test]
fn a_hand_over_that_nobody_takes_changes_nothing() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::HandOver { seat: seat("802") });
    stage.wait(26);
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::NoAnswer }));
    assert_eq!(stage.matrix(), "0:1 1:0");
    assert!(stage.hung_up(SECOND) && !stage.hung_up(SEAT));
}

#[test]
fn a_blind_transfer_to_a_number_asks_for_key_one_so_no_mailbox_gets_the_citizen() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Transfer { target: outside("19900000055") });
    assert_eq!(stage.matrix(), "0:m");
    stage.give(Input::Answered(SECOND));
    assert_eq!(stage.said_to(SECOND), ["W02"]);
    stage.wait(45);
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::NoAnswer }));
    assert_eq!(stage.matrix(), "0:1 1:0", "the seat has the citizen again");
    stage.ask("801", DeskCommand::Transfer { target: outside("19900000055") });
    stage.give(Input::Answered(THIRD));
    stage.press(THIRD, '1');
    assert_eq!(stage.answer_to(2), Some(DeskReply::Done));
    assert!(stage.hung_up(SEAT));
    assert_eq!(stage.hears[&CITIZEN].of, [THIRD]);
}

#[test]
fn a_transfer_to_a_group_gives_the_citizen_back_to_the_queue_and_the_room_goes_on_with_the_next() {
    let mut stage = Stage::talk();
    let target = Target::Group { group: "legal".to_owned() };
    done(&mut stage, DeskCommand::Transfer { target });
    assert_eq!(stage.alone(), Some(&Then::Queue { group: Some("legal".to_owned()) }));
    assert!(!stage.room.is_finished());
    stage.wait(50);
    stage.give(Input::Seated(card("802")));
    assert_eq!(
        (&stage.hears[&CITIZEN].of, &stage.hears[&SECOND].of),
        (&vec![SECOND], &vec![CITIZEN])
    );
    assert_eq!(stage.room.first_responsible(), Some(&seat("801")));
}

#[test]
fn a_secret_silences_the_recording_and_ends_by_itself() {
    let mut stage = Stage::talk();
    done(&mut stage, DeskCommand::Secret { on: true });
    assert_eq!(stage.room.recording, Recording::Secret);
    stage.wait(181);
    assert_eq!(stage.room.recording, Recording::On);
    done(&mut stage, DeskCommand::Secret { on: true });
    stage.gone(CITIZEN);
    let last = stage.actions.iter().rev().find(|action| matches!(action, Action::Record(_)));
    assert_eq!(last, Some(&Action::Record(Recording::Off)));
    let marks = stage.actions.iter().filter(|a| matches!(a, Action::Note(Entry::Secret(_))));
    assert_eq!(marks.count(), 4, "each beginning has an end");
}

#[test]
fn keys_go_to_units_and_numbers_alone() {
    let mut stage = Stage::three();
    let keys = |party, digits: &str| DeskCommand::Keys { party, digits: digits.to_owned() };
    done(&mut stage, keys(SECOND, "12#"));
    assert!(stage.did(|action| matches!(action, Action::Keys(SECOND, keys) if keys.len() == 3)));
    let refused = |why| Some(DeskReply::Refused { why });
    assert_eq!(stage.ask("801", keys(CITIZEN, "1")), refused(Refusal::NoSuchParty));
    assert_eq!(stage.ask("801", keys(SECOND, "1x")), refused(Refusal::Malformed));
    assert_eq!(stage.ask("801", keys(SECOND, &"1".repeat(33))), refused(Refusal::Malformed));
}

#[test]
fn an_outside_number_is_told_of_the_recording() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: outside("19900000055") });
    stage.give(Input::Answered(SECOND));
    assert_eq!(stage.said_to(SECOND), ["G02"]);
    assert_eq!(
        stage.answer_to(1),
        Some(DeskReply::Done),
        "a seat that talks to him hears a machine"
    );
}
