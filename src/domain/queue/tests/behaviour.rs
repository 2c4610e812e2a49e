//! Callers: order, offers, overflow, places, ends.

use super::*;

#[test]
fn an_offer_rings_at_once_and_becomes_a_talk() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    assert_eq!((desk.pairs(), desk.state(801)), (vec![(1, 801)], SeatState::Offered));
    let offer = desk.pick_up(801);
    assert_eq!(desk.count(|o| matches!(o, Output::Connect { .. })), 1);
    assert_eq!(desk.state(801), SeatState::Talking);
    assert_eq!(desk.view(801).call, Some(CallId::new("a1", 0, 1).to_string()));
    desk.pass(3);
    desk.tell(Input::Connected(offer));
    assert_eq!(desk.acd.ahead(Waiter(1)), None);
    let connect = QueueEvent::Connect { offer, origin: 1, wait_ms: 0 };
    assert!(desk.events().contains(&&connect));
    desk.pass(60);
    desk.end(801, true);
    let complete =
        QueueEvent::Complete { by: TalkEnd::Caller, origin: 1, wait_ms: 0, talk_ms: 60_000 };
    assert!(desk.events().contains(&&complete));
    assert_eq!(desk.state(801), SeatState::WrapUp);
}

#[test]
fn an_unanswered_offer_moves_on_after_twelve_seconds_and_pauses_the_seat() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    desk.pass(11);
    assert_eq!(desk.pairs(), [(1, 801)]);
    desk.pass(1);
    assert_eq!(desk.pairs(), [(1, 802)]);
    let view = desk.view(801);
    assert_eq!(view.state, SeatState::Paused);
    assert_eq!(view.reason, Some(crate::domain::desk::PauseReason::NoAnswer));
    assert_eq!(view.since.to_string(), "2026-12-01T02:00:14Z");
}

#[test]
fn a_declined_offer_moves_on_at_once_and_the_seat_stays_ready_but_rests() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    let (offer, ..) = desk.ringing()[0];
    assert_eq!(desk.wish(801, Wish::Decline(offer)), DeskReply::Done);
    assert_eq!((desk.pairs(), desk.state(801)), (vec![(1, 802)], SeatState::Ready));
    desk.call(2);
    desk.pass(9);
    assert_eq!(desk.pairs(), [(1, 802)]);
    desk.pass(1);
    assert_eq!(desk.pairs(), [(1, 802), (2, 801)]);
}

#[test]
fn a_late_answer_is_refused() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    let (offer, ..) = desk.ringing()[0];
    desk.leave(1, LeaveHow::HungUp);
    let refused = DeskReply::Refused { why: crate::domain::desk::Refusal::NoSuchOffer };
    assert_eq!(desk.wish(801, Wish::Answer(offer)), refused);
    assert_eq!(desk.state(801), SeatState::Ready);
    let over =
        |output: &Output| matches!(output, Output::OfferOver { how: OfferEnd::CallerGone, .. });
    assert_eq!(desk.count(over), 1);
}

#[test]
fn a_seat_that_drops_before_the_connection_gives_the_caller_back_to_the_head() {
    let mut desk = Desk::simple(&[801]);
    for caller in 1..=3 {
        desk.call(caller);
    }
    let offer = desk.pick_up(801);
    desk.tell(Input::ConnectFailed(offer, ConnectFault::SeatDropped));
    assert_eq!(desk.acd.waiting(G).collect::<Vec<_>>(), [Waiter(1), Waiter(2), Waiter(3)]);
    desk.pass(10);
    assert_eq!(desk.pairs(), [(1, 801)]);
}

#[test]
fn in_ring_all_the_other_seats_ring_again_when_the_first_drops_before_the_connection() {
    let mut group = GroupRules::new("operators");
    group.strategy = Strategy::RingAll;
    let mut desk = Desk::new(vec![group]);
    for number in 801..=803 {
        desk.add(number, &[(G, 1)]);
    }
    desk.call(1);
    assert_eq!(desk.pairs().len(), 3);
    let offer = desk.pick_up(802);
    assert_eq!(desk.pairs(), []);
    assert_eq!(desk.state(801), SeatState::Ready);
    desk.tell(Input::ConnectFailed(offer, ConnectFault::SeatDropped));
    assert_eq!(desk.pairs(), [(1, 801), (1, 803)]);
}

#[test]
fn a_connection_that_nobody_tells_of_is_given_up_in_time() {
    let mut desk = Desk::simple(&[801, 802]);
    desk.call(1);
    desk.pick_up(801);
    desk.pass(5);
    let over =
        |output: &Output| matches!(output, Output::ConnectOver { why: ConnectFault::TimedOut, .. });
    assert_eq!(desk.count(over), 1);
    assert_eq!(desk.pairs().len(), 1);
}

#[test]
fn a_caller_who_calls_again_within_a_minute_has_his_place_again() {
    let mut desk = Desk::simple(&[801]);
    for caller in 1..=4 {
        desk.call(caller);
        desk.pass(1);
    }
    desk.take(801);
    desk.leave(2, LeaveHow::HungUp);
    desk.pass(59);
    let again = |desk: &mut Desk, waiter| {
        let call = CallId::new("a1", 0, waiter);
        let number = Some(phone(2));
        desk.arrive(Arrival { waiter: Waiter(waiter), call, group: G, number, since: None })
    };
    assert_eq!(again(&mut desk, 12), Ok(Entered { ahead: 0, resumed: true, warn: false }));
    desk.leave(12, LeaveHow::HungUp);
    desk.pass(61);
    assert_eq!(again(&mut desk, 22), Ok(Entered { ahead: 2, resumed: false, warn: false }));
}

#[test]
fn a_caller_who_left_for_a_message_comes_back_to_his_place() {
    let mut desk = Desk::simple(&[801]);
    let since = desk.now.at;
    for caller in 1..=3 {
        desk.call(caller);
        desk.pass(1);
    }
    desk.leave(2, LeaveHow::Key(KeyExit::Message));
    desk.pass(30);
    let arrival = Arrival {
        waiter: Waiter(9),
        call: CallId::new("a1", 0, 9),
        group: G,
        number: None,
        since: Some(since + secs(1)),
    };
    let entered = desk.arrive(arrival).unwrap();
    assert_eq!((entered.ahead, entered.resumed), (1, false));
}

#[test]
fn a_place_is_told_only_when_it_has_improved_and_at_most_every_thirty_seconds() {
    let mut desk = Desk::simple(&[801]);
    for caller in 1..=4 {
        desk.call(caller);
    }
    desk.take(801);
    desk.said.clear();
    let told = |desk: &Desk| -> Vec<(u32, Option<u32>)> {
        let place = |output: &Output| match output {
            Output::Place { waiter: Waiter(4), ahead, minutes } => Some((*ahead, *minutes)),
            _ => None,
        };
        desk.said.iter().filter_map(place).collect()
    };
    desk.pass(11);
    assert_eq!(told(&desk), []);
    desk.pass(1);
    assert_eq!(told(&desk), [(2, None)]);
    desk.pass(60);
    assert_eq!(told(&desk), [(2, None)]);
    desk.leave(2, LeaveHow::HungUp);
    desk.leave(3, LeaveHow::HungUp);
    assert_eq!(told(&desk), [(2, None)]);
    desk.pass(30);
    assert_eq!(told(&desk), [(2, None), (0, None)]);
}

#[test]
fn the_estimate_is_that_of_the_calls_that_were_handled() {
    let mut desk = Desk::simple(&[801]);
    for caller in 1..=3 {
        desk.call(caller);
        desk.take(801);
        desk.pass(100);
        desk.end(801, true);
        desk.pass(20);
        assert_eq!(desk.wish(801, Wish::WrapUpDone), DeskReply::Done);
    }
    for caller in 4..=6 {
        desk.call(caller);
    }
    desk.take(801);
    desk.said.clear();
    desk.pass(12);
    let place = |minutes| Output::Place { waiter: Waiter(6), ahead: 1, minutes };
    // 120 s a call and one seat: the second in line is answered in four minutes.
    assert!(desk.said.contains(&place(Some(4))), "{:?}", desk.said);
}

#[test]
fn another_group_helps_after_the_named_wait_and_the_place_is_kept() {
    let mut first = GroupRules::new("operators");
    first.overflow = vec![Overflow { after: secs(30), group: H }];
    let mut desk = Desk::new(vec![first, GroupRules::new("night")]);
    desk.add(801, &[(G, 1)]);
    desk.add(901, &[(H, 1)]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    desk.pass(29);
    assert_eq!(desk.pairs(), []);
    desk.pass(1);
    assert_eq!(desk.pairs(), [(2, 901)]);
    assert_eq!(desk.acd.ahead(Waiter(2)), Some(0));
    desk.take(901);
    assert_eq!(desk.acd.today(G).unwrap().answered, 2);
}

#[test]
fn too_many_are_refused_honestly() {
    let mut group = GroupRules::new("operators");
    group.waiting_max = 2;
    let mut desk = Desk::new(vec![group]);
    desk.add(801, &[(G, 1)]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    desk.call(3);
    assert_eq!(desk.arrive_at(G, 4), Err(NotEntered::Full));
    assert_eq!(desk.arrive_at(GroupId(7), 5), Err(NotEntered::Malformed));
    assert_eq!(desk.acd.today(G).unwrap().refused, 1);
}

#[test]
fn nobody_is_taken_in_outside_the_hours_and_the_next_opening_is_told() {
    let mut group = GroupRules::new("operators");
    group.hours.week = WeekHours::parse(["mon-fri 08:30-10:01 14:00-17:30"]).unwrap();
    let mut desk = Desk::new(vec![group]);
    desk.add(801, &[(G, 1)]);
    desk.call(1);
    desk.take(801);
    desk.pass(60);
    let next = Some("2026-12-01T14:00".parse().unwrap());
    assert_eq!(desk.arrive_at(G, 2), Err(NotEntered::Closed { next, holiday: None }));
    desk.tell(Input::Gate(G, Gate::Open));
    assert!(desk.arrive_at(G, 3).is_ok());
    desk.tell(Input::Gate(G, Gate::Shut));
    assert_eq!(desk.arrive_at(G, 4), Err(NotEntered::Shut));
}

#[test]
fn who_waits_for_a_group_that_is_shut_is_told_so() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    desk.tell(Input::Gate(G, Gate::ShutAndTell));
    let told = Output::NoOne { waiter: Waiter(2), why: NoOneReason::Shut };
    assert!(desk.said.contains(&told));
    assert_eq!(desk.state(801), SeatState::Talking);
}

#[test]
fn when_the_last_seat_signs_out_everybody_is_told_at_once() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    desk.end(801, false);
    desk.pass(1);
    assert_eq!(desk.wish(801, Wish::SignOut), DeskReply::Done);
    let told = Output::NoOne { waiter: Waiter(2), why: NoOneReason::SignedOut };
    assert!(desk.said.contains(&told));
    assert_eq!(desk.arrive_at(G, 3), Err(NotEntered::NoOne(NoOneReason::SignedOut)));
}

#[test]
fn when_all_are_paused_callers_wait_for_the_time_of_grace() {
    let mut desk = Desk::simple(&[801]);
    let meal = Wish::Pause(crate::domain::desk::PauseReason::Meal);
    assert_eq!(desk.wish(801, meal), DeskReply::Done);
    desk.call(1);
    desk.pass(29);
    assert_eq!(desk.acd.ahead(Waiter(1)), Some(0));
    desk.pass(1);
    let told = Output::NoOne { waiter: Waiter(1), why: NoOneReason::AllPaused };
    assert!(desk.said.contains(&told));
    assert_eq!(desk.arrive_at(G, 2), Err(NotEntered::NoOne(NoOneReason::AllPaused)));
    assert_eq!(desk.wish(801, Wish::Ready), DeskReply::Done);
    assert!(desk.arrive_at(G, 3).is_ok());
}

#[test]
fn nobody_waits_for_ever() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    desk.pass(20 * 60);
    let told = Output::NoOne { waiter: Waiter(2), why: NoOneReason::WaitedOut };
    assert!(desk.said.contains(&told));
}

#[test]
fn an_abandoned_call_is_accounted_with_both_positions_and_its_wait() {
    let mut desk = Desk::simple(&[801]);
    for caller in 1..=4 {
        desk.call(caller);
    }
    desk.take(801);
    desk.pass(40);
    desk.leave(4, LeaveHow::HungUp);
    let abandon = QueueEvent::Abandon { position: 3, origin: 4, wait_ms: 40_000 };
    assert!(desk.events().contains(&&abandon));
    desk.leave(4, LeaveHow::HungUp);
    assert_eq!(desk.acd.today(G).unwrap().abandoned, 1);
}

#[test]
fn a_warning_needs_a_supervisor_and_is_never_a_block() {
    let mut desk = Desk::simple(&[801]);
    let setup = SeatSetup {
        seat: seat(700),
        name: "班长".to_owned(),
        role: SeatRole::Supervisor,
        groups: vec![],
        ready_when_reachable: false,
    };
    desk.tell(Input::Seat(setup));
    let until = desk.now.wall + jiff::SignedDuration::from_secs(10);
    let not_allowed = Err(crate::domain::desk::Refusal::NotAllowed);
    assert_eq!(desk.acd.warn(desk.now, phone(1), &seat(801), until), not_allowed);
    assert_eq!(desk.acd.warn(desk.now, phone(1), &seat(700), until), Ok(()));
    assert!(desk.arrive_at(G, 1).unwrap().warn);
    assert!(!desk.arrive_at(G, 2).unwrap().warn);
    desk.leave(1, LeaveHow::HungUp);
    desk.pass(11);
    assert!(!desk.arrive_at(G, 1).unwrap().warn);
}

#[test]
fn a_stopping_service_tells_those_who_wait_and_finishes_what_rings() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.call(2);
    desk.tell(Input::Drain);
    let told = Output::NoOne { waiter: Waiter(2), why: NoOneReason::Draining };
    assert!(desk.said.contains(&told));
    assert_eq!(desk.arrive_at(G, 3), Err(NotEntered::Draining));
    desk.take(801);
    assert_eq!(desk.acd.today(G).unwrap().answered, 1);
}

#[test]
fn the_figures_begin_anew_at_midnight() {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    desk.end(801, false);
    let view = desk.acd.queue_view(desk.now, G).unwrap();
    assert_eq!((view.today, view.seats), ([1, 1, 0, 1], [1, 0, 0, 0, 0]));
    desk.pass(14 * 3600);
    desk.call(2);
    let view = desk.acd.queue_view(desk.now, G).unwrap();
    assert_eq!((view.today, view.waiting), ([1, 0, 0, 0], 1));
    assert!(desk.start < desk.now.at);
}
