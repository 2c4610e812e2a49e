//! Kept places: order by first arrival, ringing, and how they end.

use super::*;

fn keep(desk: &mut Desk, waiter: u32) {
    desk.leave(waiter, LeaveHow::Callback(phone(waiter)));
}

/// One seat that talks, and three who wait; the first of them is to be called back.
fn kept() -> Desk {
    let mut desk = Desk::simple(&[801]);
    desk.call(1);
    desk.take(801);
    for caller in 2..=4 {
        desk.pass(1);
        desk.call(caller);
    }
    keep(&mut desk, 3);
    desk
}

#[test]
fn a_callback_keeps_its_place_and_overtakes_nobody() {
    let mut desk = kept();
    desk.end(801, false);
    assert_eq!(desk.pairs(), [(2, 801)]);
    desk.take(801);
    desk.end(801, false);
    assert_eq!(desk.pairs(), [(3, 801)]);
    let callback = Output::Offer {
        offer: OfferId(3),
        waiter: Waiter(3),
        seat: seat(801),
        group: G,
        kind: OfferKind::Callback(phone(3)),
        waited: secs(1),
    };
    assert!(desk.said.contains(&callback), "{:?}", desk.said);
    let offer = desk.pick_up(801);
    // The citizen's telephone may ring for a while.
    desk.pass(40);
    desk.tell(Input::Connected(offer));
    assert_eq!(desk.acd.today(G).unwrap().kept_answered, 1);
    desk.end(801, false);
    assert_eq!(desk.pairs(), [(4, 801)]);
}

#[test]
fn a_citizen_who_is_not_reached_frees_the_seat_and_his_task_remains() {
    let mut desk = kept();
    desk.leave(2, LeaveHow::HungUp);
    desk.end(801, false);
    let offer = desk.pick_up(801);
    desk.tell(Input::ConnectFailed(offer, ConnectFault::NotReached));
    let over = Output::CallbackOver { waiter: Waiter(3), why: CallbackEnd::NotReached };
    assert!(desk.said.contains(&over));
    assert_eq!(desk.pairs(), [(4, 801)]);
}

#[test]
fn a_seat_that_does_not_answer_leaves_the_kept_place_where_it_is() {
    let mut desk = kept();
    desk.leave(2, LeaveHow::HungUp);
    desk.end(801, false);
    assert_eq!(desk.pairs(), [(3, 801)]);
    desk.pass(12);
    assert_eq!(desk.acd.ahead(Waiter(3)), Some(0));
    assert_eq!(desk.wish(801, Wish::Ready), DeskReply::Done);
    assert_eq!(desk.pairs(), [(3, 801)]);
}

#[test]
fn a_citizen_who_calls_himself_takes_his_kept_place() {
    let mut desk = kept();
    let arrival = Arrival {
        waiter: Waiter(9),
        call: CallId::new("a1", 0, 9),
        group: G,
        number: Some(phone(3)),
        since: None,
    };
    desk.pass(300);
    let entered = desk.arrive(arrival).unwrap();
    assert_eq!((entered.ahead, entered.resumed), (1, true));
    let over = Output::CallbackOver { waiter: Waiter(3), why: CallbackEnd::CalledAgain };
    assert!(desk.said.contains(&over));
    assert_eq!(desk.acd.waiting(G).collect::<Vec<_>>(), [Waiter(2), Waiter(9), Waiter(4)]);
}

#[test]
fn nobody_is_rung_outside_the_hours() {
    let mut group = GroupRules::new("operators");
    group.hours.week = WeekHours::parse(["daily 08:30-10:05"]).unwrap();
    let mut desk = Desk::new(vec![group]);
    desk.add(801, &[(G, 1)]);
    desk.call(1);
    desk.take(801);
    desk.call(2);
    keep(&mut desk, 2);
    desk.pass(600);
    desk.end(801, false);
    assert_eq!(desk.pairs(), []);
    let over = Output::CallbackOver { waiter: Waiter(2), why: CallbackEnd::Closed };
    assert!(desk.said.contains(&over));
}

#[test]
fn a_kept_place_is_given_up_in_the_end() {
    let mut desk = kept();
    desk.pass(4 * 3600);
    let over =
        Output::CallbackOver { waiter: Waiter(3), why: CallbackEnd::NoOne(NoOneReason::WaitedOut) };
    assert!(desk.said.contains(&over));
    let today = desk.acd.today(G).unwrap();
    assert_eq!((today.kept, today.kept_over, today.kept_answered), (1, 1, 0));
}

#[test]
fn asking_twice_leaves_one_kept_place() {
    let mut desk = kept();
    desk.leave(4, LeaveHow::Callback(phone(3)));
    let view = desk.acd.queue_view(desk.now, G).unwrap();
    assert_eq!((view.callbacks_open, view.waiting), (1, 1));
}
