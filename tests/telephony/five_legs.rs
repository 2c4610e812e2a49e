//! A conversation of five: citizen, seat, two units and a leader's mobile telephone. Each hears the
//! four others; each leg is dropped in turn.

use crate::carrier::Talk;
use crate::hearing::Hears::Of;
use crate::hearing::{Party, SEAT, SECOND, THIRD, UNIT, heard};
use crate::seats::SOON;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::three_way::DUTY;
use crate::verbs::{consult, join, settings};
use serde_json::{Value, json};

/// The duty telephone of unit.07.
const OTHER_DUTY: &str = "19900000023";
/// A leader's mobile telephone.
const LEADER: &str = "19900000024";

/// Each of them hears all the others and nobody else.
fn hear_each_other(when: &str, parties: &[&Party<'_>]) {
    let mut others = Vec::new();
    for at in 0..parties.len() {
        let mut rest = parties.to_vec();
        rest.remove(at);
        others.push(rest);
    }
    let wanted: Vec<_> =
        parties.iter().zip(&others).map(|(party, others)| (*party, Of(others))).collect();
    heard(when, &wanted);
}

fn consult_leader() -> Value {
    json!({"do": "consult", "target": {"kind": "outside", "number": LEADER}})
}

/// The leader's telephone rings, is lifted and joined.
fn join_leader(talk: &Talk, phone: &Phone) {
    let wish = talk.desk.begin(&consult_leader());
    assert!(phone.wait_ringing(SOON), "the leader's telephone rings");
    assert!(phone.called().is_some_and(|uri| uri.contains(LEADER)));
    phone.answer();
    let answer = talk.desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    let party = talk.desk.party("outside", "consulting");
    talk.desk.done(json!({"do": "join", "party": party}));
    assert!(phone.wait_talking(SOON));
}

pub(crate) fn five_hear_each_other_and_each_leg_is_dropped_in_turn() {
    let ports = [free_udp_port(), free_udp_port(), free_udp_port()];
    let contacts: [(&str, &[&str]); 2] = [("unit.13", &[DUTY]), ("unit.07", &[OTHER_DUTY])];
    let talk = Talk::with("19900000075", &["801"], &settings(&ports, &contacts));
    // A trunk whose line is taken says so, and the next one is tried.
    let phones = ports.map(|port| {
        let phone = Phone::outside(talk.house.service.udp(), DUTY, port);
        phone.habit(Habit::Rings).refuses_others(503)
    });
    let [unit_phone, second_phone, leader_phone] = &phones;
    let unit_party = join(&talk, "unit.13", unit_phone);
    let citizen = Party::citizen(&talk.call);
    let seat = Party::phone("the seat", SEAT, &talk.seat);
    let unit = Party::phone("the unit", UNIT, unit_phone);
    hear_each_other("as three", &[&citizen, &seat, &unit]);

    let second_party = consult(&talk, "unit.07", second_phone);
    let second = Party::phone("the second unit", SECOND, second_phone);
    hear_each_other("on the floor", &[&citizen, &unit]);
    hear_each_other("while the second unit is consulted", &[&seat, &second]);
    talk.desk.done(json!({"do": "join", "party": second_party}));
    hear_each_other("as four", &[&citizen, &seat, &unit, &second]);

    join_leader(&talk, leader_phone);
    let leader = Party::phone("the leader", THIRD, leader_phone);
    hear_each_other("as five", &[&citizen, &seat, &unit, &second, &leader]);
    let sixth = talk.desk.command(consult_leader());
    let refused = (&json!("refused"), &json!("too_many_parties"));
    assert_eq!((&sixth["result"], &sixth["why"]), refused, "{sixth}");

    talk.desk.done(json!({"do": "drop", "party": second_party}));
    assert!(second_phone.wait_over(SOON), "the second unit's leg ends");
    hear_each_other("without the second unit", &[&citizen, &seat, &unit, &leader]);
    leader_phone.hang_up();
    hear_each_other("without the leader", &[&citizen, &seat, &unit]);
    talk.desk.done(json!({"do": "drop", "party": unit_party}));
    assert!(unit_phone.wait_over(SOON), "the unit's leg ends");
    hear_each_other("without the unit", &[&citizen, &seat]);
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    assert!(talk.seat.wait_over(SOON), "the seat's leg ends");
}
