//! Each leg is dropped in turn: whoever stays is never left in silence.

use super::*;

/// Who is in the conversation when the leg dies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum With {
    Seat,
    SeatAndUnit,
    SeatUnitAndLeader,
    UnitAlone,
}

fn stage_with(with: With) -> Stage {
    match with {
        With::Seat => Stage::talk(),
        With::SeatAndUnit => Stage::three(),
        With::SeatUnitAndLeader => {
            let mut stage = Stage::three();
            stage.bring_in(at_seat("900"), THIRD);
            stage
        }
        With::UnitAlone => {
            let mut stage = Stage::three();
            stage.ask("801", DeskCommand::Leave);
            stage.say_all();
            stage
        }
    }
}

#[test]
fn every_leg_that_dies_leaves_a_defined_constellation() {
    // who was there, whose leg dies, who hears whom then, where the citizen goes
    let table: [(With, PartyId, &str, Option<Then>); 11] = [
        (With::Seat, CITIZEN, "", None),
        (With::Seat, SEAT, "", Some(Then::Survey)),
        (With::SeatAndUnit, CITIZEN, "1:2 2:1", None),
        (With::SeatAndUnit, SEAT, "0:2 2:0", None),
        (With::SeatAndUnit, SECOND, "0:1 1:0", None),
        (With::SeatUnitAndLeader, CITIZEN, "1:2,3 2:1,3 3:1,2", None),
        (With::SeatUnitAndLeader, SEAT, "0:2,3 2:0,3 3:0,2", None),
        (With::SeatUnitAndLeader, SECOND, "0:1,3 1:0,3 3:0,1", None),
        (With::SeatUnitAndLeader, THIRD, "0:1,2 1:0,2 2:0,1", None),
        (With::UnitAlone, CITIZEN, "", None),
        (With::UnitAlone, SECOND, "", Some(Then::Survey)),
    ];
    for (with, dies, matrix, then) in table {
        let mut stage = stage_with(with);
        stage.gone(dies);
        assert_eq!(stage.matrix(), matrix, "{with:?} without {dies:?}\n{}", stage.log);
        assert_eq!(stage.alone(), then.as_ref(), "{with:?} without {dies:?}");
        stage.say_all();
        if matrix.is_empty() {
            assert!(stage.room.is_finished(), "{with:?} without {dies:?}\n{}", stage.log);
        }
    }
}

#[test]
fn who_stays_is_told() {
    let mut stage = Stage::three();
    stage.gone(SEAT);
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W07"));
    assert_eq!(stage.said_to(SECOND).last(), Some(&"W07"));
    stage.gone(CITIZEN);
    assert_eq!(stage.said_to(SECOND).last(), Some(&"C08"), "a unit alone is told goodbye");
    assert!(!stage.hung_up(SECOND));
    stage.say_all();
    assert!(stage.hung_up(SECOND) && stage.room.is_finished());
    let mut stage = Stage::three();
    stage.gone(SECOND);
    assert_eq!(stage.said_to(CITIZEN).last(), Some(&"W06"));
    assert_eq!(stage.said_to(SEAT).last(), Some(&"W06"));
}

#[test]
fn a_goodbye_whose_end_is_never_reported_ends_all_the_same() {
    let mut stage = stage_with(With::UnitAlone);
    stage.gone(CITIZEN);
    stage.wait(31);
    assert!(stage.hung_up(SECOND) && stage.room.is_finished());
}

#[test]
fn a_citizen_whose_operator_is_cut_off_goes_back_to_the_head_of_the_queue() {
    let mut stage = Stage::talk();
    stage.give(Input::Gone(SEAT, Parting::Lost));
    assert_eq!(stage.alone(), Some(&Then::Queue { group: None }));
    assert!(!stage.room.is_finished());
    stage.gone(CITIZEN);
    assert!(stage.room.is_finished());
    assert!(stage.did(|a| matches!(a, Action::SeatLeft { wrap_up: true, .. })));
}

#[test]
fn a_citizen_nobody_has_talked_with_goes_back_to_the_queue() {
    let mut stage = Stage::talk();
    stage.give(Input::Gone(SEAT, Parting::Lost));
    // The next seat answers and is gone again before a word: it mutes itself first.
    stage.give(Input::Seated(card("802")));
    stage.give(Input::Gone(SECOND, Parting::Lost));
    assert_eq!(stage.alone(), Some(&Then::Queue { group: None }));
}

#[test]
fn a_seat_that_hangs_up_while_its_transfer_rings_leaves_the_citizen_to_it() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Transfer { target: outside("19900000055") });
    stage.ask("801", DeskCommand::HangUp);
    assert_eq!(stage.matrix(), "0:m");
    stage.give(Input::Unreached(SECOND, Failure::Busy));
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::Busy }));
    assert_eq!(stage.alone(), Some(&Then::Queue { group: None }), "he was not served");
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Transfer { target: outside("19900000055") });
    stage.ask("801", DeskCommand::HangUp);
    stage.give(Input::Answered(SECOND));
    stage.press(SECOND, '1');
    assert_eq!(stage.matrix(), "0:2 2:0");
    assert_eq!(stage.answer_to(1), Some(DeskReply::Done));
}

#[test]
fn what_a_seat_began_ends_when_the_citizen_hangs_up() {
    let mut stage = Stage::talk();
    stage.ask("801", DeskCommand::Consult { target: unit("unit.07") });
    stage.gone(CITIZEN);
    assert_eq!(stage.answer_to(1), Some(DeskReply::Failed { why: Failure::CallerGone }));
    assert!(stage.hung_up(SECOND) && stage.hung_up(SEAT) && stage.room.is_finished());
}

#[test]
fn a_consulted_unit_goes_with_the_seat_that_asked() {
    let mut stage = Stage::talk();
    stage.reach(unit("unit.07"), SECOND);
    stage.gone(SEAT);
    assert_eq!(stage.alone(), Some(&Then::Survey));
    assert_eq!(stage.said_to(SECOND).last(), Some(&"C08"));
    stage.say_all();
    assert!(stage.hung_up(SECOND) && stage.room.is_finished());
}

#[test]
fn a_consulted_unit_stays_with_the_seat_when_the_citizen_hangs_up() {
    let mut stage = Stage::talk();
    stage.reach(unit("unit.07"), SECOND);
    stage.gone(CITIZEN);
    assert_eq!(stage.matrix(), "1:2 2:1");
    stage.ask("801", DeskCommand::HangUp);
    stage.say_all();
    assert!(stage.room.is_finished());
}

#[test]
fn what_one_seat_held_is_free_when_no_seat_is_left() {
    let mut stage = Stage::three();
    stage.ask("801", DeskCommand::Hold { party: CITIZEN, on: true });
    stage.ask("801", DeskCommand::Mute { party: SECOND, on: true });
    stage.gone(SEAT);
    assert_eq!(stage.matrix(), "0:2 2:0");
}

#[test]
fn citizen_and_unit_go_on_for_a_named_time_and_no_longer() {
    let mut stage = stage_with(With::UnitAlone);
    stage.wait(29 * 60);
    assert_eq!(stage.matrix(), "0:2 2:0");
    stage.wait(2 * 60);
    assert!(stage.hung_up(SECOND));
    assert_eq!(stage.alone(), Some(&Then::Survey));
}

#[test]
fn watchers_do_not_keep_a_conversation_alive() {
    let mut stage = Stage::talk();
    stage.ask("700", DeskCommand::Supervise { call: call(), mode: Supervision::Listen });
    stage.give(Input::Answered(SECOND));
    stage.gone(SEAT);
    assert!(stage.hung_up(SECOND) && stage.room.is_finished());
    assert_eq!(stage.alone(), Some(&Then::Survey));
}

#[test]
fn a_supervisor_who_has_barged_in_can_take_the_conversation_on() {
    let mut stage = Stage::talk();
    stage.ask("700", DeskCommand::Supervise { call: call(), mode: Supervision::Barge });
    stage.give(Input::Answered(SECOND));
    stage.gone(SEAT);
    assert_eq!(stage.matrix(), "0:2 2:0");
    let target = unit("unit.08");
    assert_eq!(stage.ask("700", DeskCommand::Consult { target }), None);
}

#[test]
fn while_the_service_stops_nobody_new_is_rung_but_for_help() {
    let mut stage = Stage::talk();
    stage.give(Input::Drain);
    let refused = Some(DeskReply::Refused { why: Refusal::Draining });
    assert_eq!(stage.ask("801", DeskCommand::Consult { target: unit("unit.07") }), refused);
    let target = Target::Emergency { number: phone("119") };
    assert_eq!(stage.ask("801", DeskCommand::Transfer { target }), None);
    stage.give(Input::Unreached(SECOND, Failure::Busy));
    stage.gone(SEAT);
    assert_eq!(stage.alone(), Some(&Then::Goodbye));
}
