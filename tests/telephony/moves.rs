//! The citizen of a three-way call changes hands while all speak: the seat leaves and comes back,
//! hands over, transfers blindly by its page and by the key of its telephone (REFER).

use crate::carrier::Talk;
use crate::hearing::Hears::{Nothing, Of};
use crate::hearing::{Party, SEAT, SECOND, THIRD, UNIT, heard};
use crate::seats::{PASSWORD, SOON, phone};
use crate::support::desk::Desk;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::{DUTY, pages};
use crate::verbs::{join, settings};
use serde_json::{Value, json};

/// Citizen and unit, who stay.
struct Pair<'a> {
    talk: &'a Talk,
    citizen: Party<'a>,
    unit: Party<'a>,
}

impl Pair<'_> {
    /// The two and one more hear each other.
    fn hear(&self, when: &str, third: &Party<'_>) {
        let Self { citizen, unit, .. } = self;
        heard(
            when,
            &[
                (third, Of(&[citizen, unit])),
                (citizen, Of(&[third, unit])),
                (unit, Of(&[third, citizen])),
            ],
        );
    }

    /// 退出 and 返回: the two go on (W07), and hear the seat again.
    fn the_seat_leaves_and_returns(&self) {
        let Self { talk, citizen, unit } = self;
        let call = talk.desk.event("conversation", |_| true)["call"].clone();
        talk.desk.done(json!({"do": "leave"}));
        assert!(talk.seat.wait_over(SOON), "the seat's telephone is free");
        heard("without the seat", &[(citizen, Of(&[unit])), (unit, Of(&[citizen]))]);
        talk.desk.done(json!({"do": "return", "call": call}));
        assert!(talk.seat.wait_talking(SOON), "the seat is back");
    }

    /// 移交: all go on while the other seat rings; then it has the place of the first.
    fn the_seat_hands_over(&self, seat: &Party<'_>, second: &Phone) {
        let wish = talk_begins(&self.talk.desk, &json!({"do": "hand_over", "seat": "802"}), second);
        self.hear("while the second seat rings", seat);
        answered(&self.talk.desk, wish, second);
        assert!(self.talk.seat.wait_over(SOON), "the first seat is out");
    }

    /// 盲转: whoever transfers is with the one who rings, the two others go on.
    fn the_second_seat_transfers(&self, desk: &Desk, second: &Party<'_>, third: &Phone) {
        let Self { citizen, unit, .. } = self;
        let target = json!({"kind": "seat", "seat": "803"});
        let wish = talk_begins(desk, &json!({"do": "transfer", "target": target}), third);
        heard(
            "while the third seat rings",
            &[(citizen, Of(&[unit])), (unit, Of(&[citizen])), (second, Nothing)],
        );
        answered(desk, wish, third);
    }
}

/// A wish that rings a telephone.
fn talk_begins(desk: &Desk, wish: &Value, rung: &Phone) -> u64 {
    let id = desk.begin(wish);
    assert!(rung.wait_ringing(SOON), "{wish}: it does not ring");
    id
}

/// It is lifted, and the wish done.
fn answered(desk: &Desk, wish: u64, rung: &Phone) {
    rung.answer();
    let answer = desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    assert!(rung.wait_talking(SOON));
}

pub(crate) fn who_leaves_returns_hands_over_and_transfers_is_heard_as_far_as_he_is_there() {
    let port = free_udp_port();
    let seats = ["801", "802", "803", "804"];
    let talk = Talk::with("19900000072", &seats, &settings(&[port], &[("unit.13", &[DUTY])]));
    let house = &talk.house;
    let [second, third, fourth] =
        ["802", "803", "804"].map(|seat| phone(house, seat, Habit::Rings));
    let duty = Phone::outside(house.service.udp(), DUTY, port).habit(Habit::Rings);
    join(&talk, "unit.13", &duty);
    let (citizen, unit) = (Party::citizen(&talk.call), Party::phone("the unit", UNIT, &duty));
    let pair = Pair { talk: &talk, citizen, unit };
    pair.hear("at first", &Party::phone("the seat", SEAT, &talk.seat));
    pair.the_seat_leaves_and_returns();
    let first_voice = Party::phone("the seat", SEAT, &talk.seat);
    pair.hear("when the seat is back", &first_voice);

    pair.the_seat_hands_over(&first_voice, &second);
    let second_voice = Party::phone("the second seat", SECOND, &second);
    pair.hear("after the hand-over", &second_voice);

    let desk = Desk::open(pages(house), "802", PASSWORD);
    pair.the_second_seat_transfers(&desk, &second_voice, &third);
    assert!(second.wait_over(SOON), "the second seat is out");
    let third_voice = Party::phone("the third seat", THIRD, &third);
    pair.hear("after the transfer", &third_voice);

    assert_eq!(third.refer("sip:804@127.0.0.1"), Some(202), "the transfer key is taken");
    assert!(fourth.wait_ringing(SOON), "the fourth seat rings");
    fourth.answer();
    assert!(third.wait_over(SOON), "the third seat is out");
    let told = wait_for(SOON, || (third.notified().len() > 1).then(|| third.notified()));
    assert_eq!(told.unwrap_or_default(), ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]);
    assert!(fourth.wait_talking(SOON));
    pair.hear("after the transfer key", &Party::phone("the fourth seat", SEAT, &fourth));
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    fourth.hang_up();
    assert!(duty.wait_over(2 * SOON), "the last leg ends, after goodbye");
}
