//! Who answers for a unit: a machine presses nothing (W02) and gets no citizen; where nobody lifts,
//! the second contact rings.

use crate::carrier::{ABSENT_MAX, Talk};
use crate::hearing::Hears::{Music, Nothing, Of};
use crate::hearing::{Party, SEAT, UNIT, heard};
use crate::seats::SOON;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::DUTY;
use crate::verbs::{consult_unit, lift_and_confirm, settings};
use serde_json::json;
use std::time::Duration;

/// The second contact of the unit.
const DEPUTY: &str = "19900000022";
/// `room.ring_seconds` of these tests, and what it takes to ring the next one.
const FIRST_RINGS: Duration = Duration::from_secs(5 + 3);

/// A citizen who talks with seat 801, and the telephone that all contacts of unit.13 are at.
fn open(from: &str, contacts: &[&str], more: &[&str], habit: Habit) -> (Talk, Phone) {
    let port = free_udp_port();
    let mut settings = settings(&[port], &[("unit.13", contacts)]);
    settings.extend(more.iter().map(|setting| (*setting).to_owned()));
    let talk = Talk::with(from, &["801"], &settings);
    let unit = Phone::outside(talk.house.service.udp(), DUTY, port).habit(habit);
    (talk, unit)
}

pub(crate) fn a_machine_that_answers_for_the_unit_never_hears_the_citizen_and_is_not_heard() {
    let waits = ["room.key_wait_seconds=3"];
    let at_once = Habit::Answers(Duration::ZERO);
    let (talk, machine) = open("19900000073", &[DUTY], &waits, at_once);
    let citizen = Party::citizen(&talk.call);
    let seat = Party::phone("the seat", SEAT, &talk.seat);
    heard("at first", &[(&citizen, Of(&[&seat])), (&seat, Of(&[&citizen]))]);
    let mark = citizen.mark();
    let wish = talk.desk.begin(&consult_unit("unit.13"));
    assert!(machine.wait_talking(SOON), "the machine answers");
    let voice = Party::phone("the machine", UNIT, &machine);
    talk.desk.party("unit", "asked");
    // The seat hears the line that it has called, as anybody would.
    heard("while it is asked", &[(&citizen, Music), (&seat, Of(&[&voice]))]);
    heard("after it was asked", &[(&voice, Nothing)]);
    let answer = talk.desk.answer(wish);
    assert_eq!((&answer["result"], &answer["why"]), (&json!("failed"), &json!("no_answer")));
    assert!(machine.wait_over(SOON), "the machine is hung up");
    for (listener, other, mark) in
        [(&voice, &citizen, 0), (&voice, &seat, 0), (&citizen, &voice, mark)]
    {
        let share = listener.clearest(other, mark);
        assert!(share < ABSENT_MAX, "half a second of it is heard at {share:.3}");
    }
    talk.desk.event("conversation", |view| view["proposed"] == "assigned");
    heard("afterwards", &[(&citizen, Of(&[&seat])), (&seat, Of(&[&citizen]))]);
    assert_eq!(machine.calls(), 1, "it is not tried again");
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    assert!(talk.seat.wait_over(SOON));
}

pub(crate) fn the_second_contact_rings_when_the_first_does_not_lift_and_talks() {
    let waits = ["room.ring_seconds=5"];
    let (talk, unit) = open("19900000074", &[DUTY, DEPUTY], &waits, Habit::Rings);
    let citizen = Party::citizen(&talk.call);
    let seat = Party::phone("the seat", SEAT, &talk.seat);
    let wish = talk.desk.begin(&consult_unit("unit.13"));
    assert!(unit.wait_ringing(SOON), "the first contact rings");
    let called = unit.called().unwrap_or_default();
    assert!(called.contains(DUTY), "{called}");
    heard("while the first contact rings", &[(&citizen, Music)]);
    let second = wait_for(FIRST_RINGS, || (unit.calls() == 2).then_some(()));
    assert!(second.is_some(), "the second contact does not ring");
    assert!(unit.wait_ringing(SOON));
    let called = unit.called().unwrap_or_default();
    assert!(called.contains(DEPUTY), "{called}");
    lift_and_confirm(&unit);
    let answer = talk.desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    let party = talk.desk.party("unit", "consulting");
    let voice = Party::phone("the unit", UNIT, &unit);
    heard(
        "while it is consulted",
        &[(&citizen, Music), (&seat, Of(&[&voice])), (&voice, Of(&[&seat]))],
    );
    talk.desk.done(json!({"do": "join", "party": party}));
    heard(
        "when it is joined",
        &[
            (&citizen, Of(&[&seat, &voice])),
            (&seat, Of(&[&citizen, &voice])),
            (&voice, Of(&[&citizen, &seat])),
        ],
    );
    unit.hang_up();
    heard("when it has hung up", &[(&citizen, Of(&[&seat])), (&seat, Of(&[&citizen]))]);
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    assert!(talk.seat.wait_over(SOON));
}
