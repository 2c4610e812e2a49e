//! What pages are told, in what order, and after a break.

mod model;

use super::*;
use crate::domain::desk::{
    CallbacksView, ConversationView, DeskReply, PauseReason, QueueView, SeatView,
};
use crate::units::OfferId;
use tokio::sync::mpsc::{Receiver, channel};

fn number(seat: &str) -> SeatNumber {
    SeatNumber::parse(seat).unwrap()
}

fn who(seat: &str, role: SeatRole) -> SeatIdentity {
    SeatIdentity { seat: number(seat), name: "王明".to_owned(), role }
}

fn operator() -> SeatIdentity {
    who("801", SeatRole::Operator)
}

fn hello(page: &str, resume: Option<u64>) -> Hello {
    Hello { page: page.to_owned(), run: Some("run".to_owned()), resume }
}

fn callbacks(open: u32) -> DeskEvent {
    DeskEvent::Callbacks(CallbacksView { open, overdue: 0, tasks: Vec::new() })
}

fn seat_view(seat: &str, state: SeatState) -> DeskEvent {
    seat_paused(seat, state, None)
}

/// With why it is paused, where it is.
fn seat_paused(seat: &str, state: SeatState, reason: Option<PauseReason>) -> DeskEvent {
    DeskEvent::Seat(SeatView {
        seat: number(seat),
        name: "王明".to_owned(),
        role: SeatRole::Operator,
        state,
        reason,
        since: jiff::Timestamp::UNIX_EPOCH,
        call: None,
    })
}

fn queue(waiting: u32) -> DeskEvent {
    DeskEvent::Queue(QueueView {
        group: "main".to_owned(),
        waiting,
        longest_ms: 0,
        seats: [0; 5],
        today: [0; 4],
        callbacks_open: 0,
    })
}

fn conversation(call: &str, outcome_missing: bool) -> DeskEvent {
    let (call, parties) = (call.to_owned(), Vec::new());
    let (recorded, proposed) = (true, None);
    DeskEvent::Conversation(ConversationView { call, parties, recorded, outcome_missing, proposed })
}

fn to_seat(event: DeskEvent) -> ToDesk {
    ToDesk::Event(Audience::Seat(number("801")), Box::new(event))
}

fn drain(outbox: &mut Receiver<Arc<str>>) -> Vec<Value> {
    std::iter::from_fn(|| outbox.try_recv().ok())
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

fn values(texts: &[Arc<str>]) -> Vec<Value> {
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

struct Open {
    connection: ConnectionId,
    first: Vec<Value>,
    outbox: Receiver<Arc<str>>,
}

fn join(hub: &mut Hub, who: &SeatIdentity, hello: &Hello) -> Open {
    let (sender, outbox) = channel(64);
    let joined = hub.join(who, hello, sender).unwrap();
    Open { connection: joined.connection, first: values(&joined.first), outbox }
}

#[test]
fn a_page_that_comes_back_is_told_what_it_missed_and_nothing_twice() {
    let mut hub = Hub::new("run".to_owned());
    let mut page = join(&mut hub, &operator(), &hello("p", None));
    hub.deliver(to_seat(seat_view("801", SeatState::Ready)));
    let seen = drain(&mut page.outbox);
    assert_eq!(seen[0]["seq"], 1);
    assert!(hub.leave(page.connection));
    let id = hub.request(page.connection, 1, None, Instant::now());
    assert_eq!(id, None, "a page that is gone asks for nothing");
    hub.deliver(to_seat(conversation("a1-1", false)));
    hub.deliver(to_seat(DeskEvent::Left { call: "a1-1".to_owned() }));
    let back = join(&mut hub, &operator(), &hello("p", Some(1)));
    assert_eq!(back.first[0]["welcome"]["resumed"], true);
    let events: Vec<_> = back.first[1..].iter().map(|m| (&m["seq"], &m["event"])).collect();
    assert_eq!(events, [(&2.into(), &"conversation".into()), (&3.into(), &"left".into())]);
}

#[test]
fn too_long_a_break_or_another_run_gives_the_present_state() {
    let mut hub = Hub::new("run".to_owned());
    let page = join(&mut hub, &operator(), &hello("p", None));
    hub.leave(page.connection);
    hub.deliver(to_seat(conversation("a1-1", true)));
    for n in 0..=LOG_MAX as u64 {
        hub.deliver(to_seat(DeskEvent::OfferEnded { offer: OfferId(n), how: "declined" }));
    }
    for hello in [
        hello("p", Some(0)),
        hello("p", Some(100_000)),
        Hello { run: Some("other".to_owned()), ..hello("p", Some(LOG_MAX as u64)) },
    ] {
        let back = join(&mut hub, &operator(), &hello);
        assert_eq!(back.first[0]["welcome"]["resumed"], false);
        let state = back.first[1]["snapshot"].as_array().unwrap();
        assert_eq!(state.len(), 1);
        assert_eq!(state[0]["event"], "conversation");
        assert_eq!(back.first[1]["seq"], 2 + LOG_MAX as u64);
    }
}

#[test]
fn figures_that_are_replaced_do_not_push_out_what_happened() {
    let mut hub = Hub::new("run".to_owned());
    let page = join(&mut hub, &operator(), &hello("p", None));
    hub.leave(page.connection);
    hub.deliver(to_seat(DeskEvent::Left { call: "a1-1".to_owned() }));
    for n in 0..10_000 {
        hub.deliver(ToDesk::Event(Audience::Everybody, Box::new(queue(n))));
    }
    let back = join(&mut hub, &operator(), &hello("p", Some(0)));
    let events: Vec<_> = back.first[1..].iter().map(|m| &m["event"]).collect();
    assert_eq!(events, ["left", "queue"]);
    assert_eq!(back.first[2]["waiting"], 9_999);
}

#[test]
fn every_command_is_answered_on_its_page_alone_also_after_a_break() {
    let (mut hub, now) = (Hub::new("run".to_owned()), Instant::now());
    let mut one = join(&mut hub, &operator(), &hello("one", None));
    let mut two = join(&mut hub, &operator(), &hello("two", None));
    let first = hub.request(one.connection, 1, None, now).unwrap();
    let other = hub.request(two.connection, 1, None, now).unwrap();
    assert_ne!(first, other, "the line can tell them apart");
    let reply = |id| ToDesk::Message(number("801"), DeskMessage::Reply(id, DeskReply::Done));
    hub.deliver(reply(other));
    hub.deliver(reply(other));
    assert!(drain(&mut one.outbox).is_empty());
    let told = drain(&mut two.outbox);
    assert_eq!(told.len(), 1, "a second answer is not passed on");
    assert_eq!((&told[0]["reply"], &told[0]["result"]), (&1.into(), &"done".into()));
    hub.leave(one.connection);
    hub.deliver(reply(first));
    let back = join(&mut hub, &operator(), &hello("one", Some(0)));
    assert_eq!(back.first[0]["welcome"]["received"], 1);
    let replies: Vec<_> = back.first[1..].iter().filter(|m| m["reply"] == 1).collect();
    assert_eq!(replies.len(), 1);
}

#[test]
fn a_command_twice_too_many_or_unanswered_is_answered_all_the_same() {
    let (mut hub, now) = (Hub::new("run".to_owned()), Instant::now());
    let mut page = join(&mut hub, &operator(), &hello("p", None));
    for id in 1..=PENDING_MAX as u64 {
        assert!(hub.request(page.connection, id, None, now).is_some());
    }
    assert!(hub.request(page.connection, 1, None, now).is_none());
    assert!(hub.request(page.connection, 99, None, now).is_none());
    let told = drain(&mut page.outbox);
    assert_eq!((&told[0]["reply"], &told[0]["why"]), (&1.into(), &"malformed".into()));
    assert_eq!((&told[1]["reply"], &told[1]["why"]), (&99.into(), &"too_fast".into()));
    hub.sweep(now + ANSWER_WAIT);
    let told = drain(&mut page.outbox);
    assert_eq!(told.len(), PENDING_MAX);
    assert!(told.iter().all(|m| m["result"] == "failed" && m["why"] == "line_busy"));
}

#[test]
fn supervisors_see_every_seat_and_operators_do_not() {
    let mut hub = Hub::new("run".to_owned());
    let boss = who("901", SeatRole::Supervisor);
    let mut below = join(&mut hub, &operator(), &hello("a", None));
    let mut above = join(&mut hub, &boss, &hello("b", None));
    let event = Box::new(seat_view("802", SeatState::Talking));
    hub.deliver(ToDesk::Event(Audience::Supervisors, event));
    assert!(drain(&mut below.outbox).is_empty());
    assert_eq!(drain(&mut above.outbox)[0]["seat"], "802");
    let later = join(&mut hub, &boss, &hello("c", None));
    assert_eq!(later.first[1]["snapshot"][0]["seat"], "802");
    let later = join(&mut hub, &operator(), &hello("d", None));
    assert_eq!(later.first[1]["snapshot"].as_array().unwrap().len(), 0);
}

#[test]
fn the_work_after_a_call_is_shown_until_the_seat_goes_on() {
    let mut hub = Hub::new("run".to_owned());
    hub.deliver(to_seat(DeskEvent::WrapUp { call: "a1-1".to_owned(), case: None }));
    hub.deliver(to_seat(seat_view("801", SeatState::WrapUp)));
    let page = join(&mut hub, &operator(), &hello("p", None));
    let events = |page: &Open| page.first[1]["snapshot"].as_array().unwrap().len();
    assert_eq!(events(&page), 2);
    hub.deliver(to_seat(seat_paused("801", SeatState::Paused, Some(PauseReason::Paperwork))));
    assert_eq!(events(&join(&mut hub, &operator(), &hello("o", None))), 2, "it is owed still");
    hub.deliver(to_seat(seat_view("801", SeatState::Ready)));
    assert_eq!(events(&join(&mut hub, &operator(), &hello("q", None))), 1);
    hub.deliver(to_seat(DeskEvent::WrapUp { call: "a1-2".to_owned(), case: None }));
    hub.deliver(to_seat(DeskEvent::Left { call: "a1-1".to_owned() }));
    assert_eq!(events(&join(&mut hub, &operator(), &hello("r", None))), 2, "of another call");
    hub.deliver(to_seat(DeskEvent::Left { call: "a1-2".to_owned() }));
    assert_eq!(events(&join(&mut hub, &operator(), &hello("s", None))), 1);
}

#[test]
fn callback_tasks_are_shown_to_those_who_take_calls_and_to_them_alone() {
    let mut hub = Hub::new("run".to_owned());
    let roles = [
        ("801", SeatRole::Operator, 1),
        ("802", SeatRole::Supervisor, 1),
        ("803", SeatRole::Leader, 0),
        ("804", SeatRole::Assistant, 0),
    ];
    let mut pages: Vec<Open> = roles
        .iter()
        .map(|(seat, role, _)| join(&mut hub, &who(seat, *role), &hello("p", None)))
        .collect();
    hub.deliver(ToDesk::Event(Audience::Operators, Box::new(callbacks(1))));
    hub.deliver(ToDesk::Event(Audience::Operators, Box::new(callbacks(2))));
    for ((seat, role, shown), page) in roles.iter().zip(&mut pages) {
        assert_eq!(drain(&mut page.outbox).len(), 2 * shown, "{seat}");
        let later = join(&mut hub, &who(seat, *role), &hello("q", None));
        let state = later.first[1]["snapshot"].as_array().unwrap();
        assert_eq!(state.len(), *shown, "{seat}");
        assert!(state.iter().all(|event| event["open"] == 2));
    }
}

#[test]
fn a_page_that_takes_the_place_of_its_old_connection_names_it() {
    let mut hub = Hub::new("run".to_owned());
    let first = join(&mut hub, &operator(), &hello("p", None));
    let (sender, _outbox) = channel(1);
    let other = hub.join(&operator(), &hello("q", None), sender).unwrap();
    assert_eq!(other.replaced, None);
    let (sender, _outbox) = channel(1);
    let again = hub.join(&operator(), &hello("p", None), sender).unwrap();
    assert_eq!(again.replaced, Some(first.connection));
}

#[test]
fn a_seat_has_few_pages_and_a_slow_one_is_let_go() {
    let mut hub = Hub::new("run".to_owned());
    let names = ["a", "b", "c", "d"];
    let _pages: Vec<_> =
        names.iter().map(|name| join(&mut hub, &operator(), &hello(name, None))).collect();
    let (sender, _outbox) = channel(1);
    assert!(hub.join(&operator(), &hello("e", None), sender).is_none());
    let (sender, mut outbox) = channel(1);
    let again = hub.join(&operator(), &hello("a", None), sender).unwrap();
    hub.deliver(to_seat(queue(1)));
    hub.deliver(to_seat(queue(2)));
    assert!(!hub.leave(again.connection), "its outbox was full");
    assert!(outbox.try_recv().is_ok());
    assert!(matches!(outbox.try_recv(), Err(tokio::sync::mpsc::error::TryRecvError::Disconnected)));
}

#[test]
fn a_command_that_dials_is_waited_for_until_the_last_telephone_has_rung() {
    assert!(ANSWER_WAIT > crate::domain::room::RoomRules::default().dial_max());
}
