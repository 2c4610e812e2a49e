//! Seats: states, wishes, phones that come and go.

use super::*;
use crate::domain::desk::{Failure, PauseReason, Refusal};

fn refused(why: Refusal) -> DeskReply {
    DeskReply::Refused { why }
}

#[test]
fn a_phone_that_registers_makes_its_seat_ready_unless_its_person_signs_in() {
    let mut desk = Desk::simple(&[801]);
    assert_eq!(desk.state(801), SeatState::Ready);
    let setup = SeatSetup {
        seat: seat(802),
        name: "agent 802".to_owned(),
        role: SeatRole::Operator,
        groups: vec![(G, 1)],
        ready_when_reachable: false,
    };
    desk.tell(Input::Seat(setup));
    let unreachable = DeskReply::Failed { why: Failure::Unreachable };
    assert_eq!(desk.wish(802, Wish::Ready), unreachable);
    desk.tell(Input::Reachable(seat(802)));
    assert_eq!(desk.state(802), SeatState::SignedOut);
    assert_eq!(desk.wish(802, Wish::Ready), DeskReply::Done);
    assert_eq!(desk.state(802), SeatState::Ready);
}

#[test]
fn who_signed_out_stays_out_when_the_phone_refreshes_its_registration() {
    let mut desk = Desk::simple(&[801]);
    assert_eq!(desk.wish(801, Wish::SignOut), DeskReply::Done);
    desk.tell(Input::Reachable(seat(801)));
    assert_eq!(desk.state(801), SeatState::SignedOut);
    desk.tell(Input::Gone(seat(801)));
    desk.tell(Input::Reachable(seat(801)));
    assert_eq!(desk.state(801), SeatState::Ready);
}

#[test]
fn a_phone_that_is_gone_pauses_the_seat_until_it_is_back() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    desk.tell(Input::Gone(seat(801)));
    assert_eq!(desk.view(801).reason, Some(PauseReason::Unreachable));
    assert_eq!(desk.pairs(), [(1, 802)]);
    desk.tell(Input::Reachable(seat(801)));
    assert_eq!(desk.state(801), SeatState::Ready);
    // A break is a break, with or without a phone.
    desk.wish(801, Wish::Pause(PauseReason::Break));
    desk.tell(Input::Gone(seat(801)));
    desk.tell(Input::Reachable(seat(801)));
    assert_eq!(desk.view(801).reason, Some(PauseReason::Break));
}

#[test]
fn an_offer_that_cannot_be_delivered_pauses_the_seat_as_unreachable() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    let (offer, ..) = desk.ringing()[0];
    desk.tell(Input::Undeliverable(offer));
    assert_eq!(desk.view(801).reason, Some(PauseReason::Unreachable));
    assert_eq!(desk.pairs(), [(1, 802)]);
}

#[test]
fn a_seat_without_a_disposition_is_not_ready_and_not_stuck() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.end(801, true);
    assert_eq!(desk.wish(801, Wish::Ready), refused(Refusal::DispositionMissing));
    desk.pass(120);
    assert_eq!(desk.view(801).reason, Some(PauseReason::Paperwork));
    assert_eq!(desk.wish(801, Wish::Ready), refused(Refusal::DispositionMissing));
    assert_eq!(desk.wish(801, Wish::WrapUpDone), DeskReply::Done);
    assert_eq!(desk.state(801), SeatState::Ready);
    assert_eq!(desk.wish(801, Wish::WrapUpDone), refused(Refusal::WrongState));
}

#[test]
fn a_seat_is_ready_without_the_disposition_that_cannot_be_stored() {
    for later in [0, 120] {
        let mut desk = Desk::simple(&[801]);
        desk.call(1);
        desk.take(801);
        desk.end(801, true);
        desk.pass(later);
        assert_eq!(desk.wish(801, Wish::Ready), refused(Refusal::DispositionMissing));
        assert_eq!(desk.wish(801, Wish::WrapUpExcused), DeskReply::Done);
        assert_ne!(desk.state(801), SeatState::Ready, "it may still write");
        assert_eq!(desk.wish(801, Wish::Ready), DeskReply::Done);
        assert_eq!(desk.state(801), SeatState::Ready);
    }
}

#[test]
fn a_pause_for_a_disposition_ends_when_it_is_stored_after_all() {
    for later in [0, 120] {
        let mut desk = Desk::simple(&[801]);
        desk.call(1);
        desk.take(801);
        desk.end(801, true);
        desk.pass(later);
        assert_eq!(desk.wish(801, Wish::WrapUpExcused), DeskReply::Done);
        assert_ne!(desk.state(801), SeatState::Ready, "it may still write");
        assert_eq!(desk.wish(801, Wish::WrapUpDone), DeskReply::Done);
        assert_eq!(desk.state(801), SeatState::Ready, "after {later} s");
    }
}

#[test]
fn a_pause_of_the_person_s_own_outlasts_an_excused_disposition() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.end(801, true);
    desk.pass(120);
    desk.wish(801, Wish::WrapUpExcused);
    assert_eq!(desk.wish(801, Wish::Pause(PauseReason::Paperwork)), DeskReply::Done);
    assert_eq!(desk.wish(801, Wish::WrapUpDone), refused(Refusal::WrongState));
    assert_eq!(desk.view(801).reason, Some(PauseReason::Paperwork));
}

#[test]
fn where_no_disposition_is_required_the_work_after_a_call_ends_by_itself() {
    let mut group = GroupRules::new("operators");
    group.disposition_required = false;
    let mut desk = Desk::new(vec![group]);
    desk.add(801, &[(G, 1)]);
    for caller in 1..=2 {
        desk.call(caller);
        desk.take(801);
        desk.end(801, true);
        assert_eq!(desk.state(801), SeatState::WrapUp);
        if caller == 1 {
            desk.pass(120);
        } else {
            assert_eq!(desk.wish(801, Wish::Ready), DeskReply::Done);
        }
        assert_eq!(desk.state(801), SeatState::Ready);
    }
}

#[test]
fn a_pause_or_sign_out_during_a_talk_holds_after_it() {
    for (wish, state) in [
        (Wish::Pause(PauseReason::Meal), SeatState::Paused),
        (Wish::SignOut, SeatState::SignedOut),
        (Wish::Ready, SeatState::Ready),
    ] {
        let mut desk = Desk::simple(&[801]);
        desk.call(1);
        desk.take(801);
        assert_eq!(desk.wish(801, Wish::Pause(PauseReason::Break)), DeskReply::Done);
        assert_eq!(desk.wish(801, wish), DeskReply::Done);
        assert_eq!(desk.state(801), SeatState::Talking);
        desk.end(801, true);
        assert_eq!(desk.state(801), SeatState::WrapUp);
        desk.wish(801, Wish::WrapUpDone);
        assert_eq!(desk.state(801), state, "{wish:?}");
    }
}

#[test]
fn the_queue_keeps_its_own_reasons_to_itself() {
    let mut desk = Desk::simple(&[801]);
    for reason in [PauseReason::NoAnswer, PauseReason::Unreachable] {
        assert_eq!(desk.wish(801, Wish::Pause(reason)), refused(Refusal::Malformed));
    }
    assert_eq!(desk.wish(999, Wish::Ready), refused(Refusal::NotAllowed));
}

#[test]
fn an_own_talk_takes_the_seat_out_of_the_queue_and_gives_it_back() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    let call = CallId::new("a1", 1, 1);
    desk.tell(Input::TalkBegan { seat: seat(801), call: call.clone() });
    assert_eq!((desk.state(801), desk.pairs()), (SeatState::Talking, vec![(1, 802)]));
    desk.end(801, false);
    assert_eq!(desk.state(801), SeatState::Ready);
    desk.wish(801, Wish::Pause(PauseReason::Break));
    desk.tell(Input::TalkBegan { seat: seat(801), call });
    desk.end(801, false);
    assert_eq!(desk.view(801).reason, Some(PauseReason::Break));
}

#[test]
fn a_talk_whose_end_is_never_told_does_not_hold_the_seat_for_ever() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.pass(4 * 3600);
    assert_eq!(desk.state(801), SeatState::WrapUp);
    let overdue =
        |event: &&&QueueEvent| matches!(event, QueueEvent::Complete { by: TalkEnd::Overdue, .. });
    assert_eq!(desk.events().iter().filter(overdue).count(), 1);
}

#[test]
fn a_removed_seat_is_gone_and_its_caller_moves_on() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    desk.tell(Input::SeatRemoved(seat(801)));
    assert_eq!(desk.pairs(), [(1, 802)]);
    assert_eq!(desk.acd.seat_view(&seat(801)), None);
    desk.add(803, &[(G, 1)]);
    let numbers: Vec<String> = desk.acd.seat_views().map(|view| view.seat.to_string()).collect();
    assert_eq!(numbers, ["802", "803"]);
    let view = desk.acd.queue_view(desk.now, G).unwrap();
    assert_eq!(view.seats, [1, 1, 0, 0, 0]);
}
