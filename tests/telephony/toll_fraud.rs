//! Toll fraud at a seat (`hardening.md` T13): the password of a telephone or page may be in wrong
//! hands. Only what the rules name is dialled, only so often, and who tries is an alarm.

use crate::carrier::{CALLED, Talk, hears};
use crate::line::House;
use crate::seats::{PASSWORD, SOON, house_with, phone};
use crate::support::clients::carrier::{Carrier, EARLY_HZ, VOICE_HZ};
use crate::support::desk::Desk;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::pages;
use serde_json::{Value, json};
use std::time::Duration;

/// Abroad, as it is written; premium; short numbers; ourselves.
const NOT_DIALLED: [&str; 8] = [
    "0085299990000",
    "+85299990000",
    "+19995550100",
    "16899990",
    "4008001234",
    "9695555",
    "95555",
    "12345",
];
const TOO_MANY: &str = "ALARM a seat wanted more calls than it may make";
const WRONG_NUMBER: &str = "ALARM a seat wanted a number that is not dialled";
/// T13: an alarm within so long; it is written at once.
const ALARM_LIMIT: Duration = Duration::from_secs(60);

fn consult(desk: &Desk, number: &str) -> Value {
    let target = json!({"kind": "outside", "number": number});
    desk.command(json!({"do": "consult", "target": target}))
}

fn refused(answer: &Value, why: &str) {
    assert_eq!((&answer["result"], &answer["why"]), (&json!("refused"), &json!(why)), "{answer}");
}

fn busy(answer: &Value) {
    assert_eq!((&answer["result"], &answer["why"]), (&json!("failed"), &json!("busy")), "{answer}");
}

fn alarm(house: &House, words: &str, seat: &str) {
    let told = wait_for(ALARM_LIMIT, || {
        let log = house.service.stderr();
        log.lines().any(|line| line.contains(words) && line.contains(seat)).then_some(())
    });
    assert!(told.is_some(), "no {words:?} of {seat}\n{}", house.service.stderr());
}

/// A trunk to `port` and two seats with these limits.
fn settings(port: u16, limits: &[&str]) -> Vec<String> {
    let trunk =
        format!("outgoing.trunk=[{{ address = \"127.0.0.1:{port}\", options_seconds = 0 }}]");
    let mut settings = vec!["outgoing.number=053712345000".to_owned(), trunk];
    settings.extend(limits.iter().map(|limit| (*limit).to_owned()));
    settings
}

pub(crate) fn a_seat_dials_only_what_and_as_often_as_it_may() {
    let port = free_udp_port();
    let limits = ["outgoing.seat_hour_max=3", "outgoing.house_day_max=4"];
    let talk = Talk::with("19900000061", &["801", "802"], &settings(port, &limits));
    let network = Phone::outside(talk.house.service.udp(), CALLED, port).habit(Habit::Refuses(486));
    for number in NOT_DIALLED {
        refused(&consult(&talk.desk, number), "number_not_allowed");
    }
    alarm(&talk.house, WRONG_NUMBER, "801");
    // The transfer key of the telephone is under the same rules.
    assert_eq!(talk.seat.refer(&format!("sip:{}@127.0.0.1", NOT_DIALLED[0])), Some(202));
    let told = || talk.seat.notified().iter().any(|line| line.contains(" 403 ")).then_some(());
    assert!(wait_for(SOON, told).is_some(), "{:?}", talk.seat.notified());
    assert_eq!(network.calls(), 0, "nothing of it is dialled");
    for _ in 0..3 {
        busy(&consult(&talk.desk, CALLED));
    }
    refused(&consult(&talk.desk, CALLED), "too_many_calls");
    alarm(&talk.house, TOO_MANY, "801");
    assert_eq!(network.calls(), 3, "the seat's hour is full");
    let help = json!({"kind": "emergency", "number": "120"});
    busy(&talk.desk.command(json!({"do": "consult", "target": help})));
    assert_eq!(network.calls(), 4, "an ambulance is past all rules");
    another_seat_fills_the_day(&talk, &network);
    let log = talk.house.service.stderr();
    assert!(!log.contains(CALLED) && !log.contains(NOT_DIALLED[0]), "numbers in clear: {log}");
}

/// The second seat has its own hour, and what is left of the house's day: one call.
fn another_seat_fills_the_day(talk: &Talk, network: &Phone) {
    let desk = Desk::open(pages(&talk.house), "802", PASSWORD);
    let seat = phone(&talk.house, "802", Habit::Answers(Duration::ZERO));
    let call = talk.house.dial("19900000062");
    assert!(seat.wait_talking(SOON), "the second seat answers");
    desk.party("citizen", "talking");
    busy(&consult(&desk, CALLED));
    refused(&consult(&desk, CALLED), "too_many_calls");
    alarm(&talk.house, TOO_MANY, "802");
    assert_eq!(network.calls(), 5, "the day of the house is full");
    call.hang_up();
}

/// The caller id is what the caller wants it to be: a premium number that asks to be called back is
/// not, and the citizen beside it is, with his line heard from the first sound on.
pub(crate) fn a_callback_goes_to_numbers_that_are_dialled_and_to_no_other() {
    let carrier = Carrier::start("carrier_announcing.xml");
    let settings = settings(carrier.address.port(), &[]);
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let house = house_with(&["801"], &settings);
    let seat = phone(&house, "801", Habit::Rings);
    let dear = missed(&house, &seat, "0019995550100", &[]);
    let citizen = missed(&house, &seat, "19900000063", &[dear]);
    seat.set_habit(Habit::Answers(Duration::ZERO));
    let desk = Desk::open(pages(&house), "801", PASSWORD);
    let rung = seat.calls();
    refused(&desk.command(json!({"do": "call_back", "task": dear})), "number_not_allowed");
    alarm(&house, WRONG_NUMBER, "801");
    let wish = desk.begin(&json!({"do": "call_back", "task": citizen}));
    assert!(seat.wait_talking(SOON), "the seat is rung first");
    assert_eq!(seat.calls(), rung + 1, "and only for the number that is dialled");
    hears("the seat", || seat.samples(0), EARLY_HZ);
    let answer = desk.answer(wish);
    assert_eq!(answer["result"], "done", "{answer}");
    hears("the seat", || seat.samples(0), VOICE_HZ);
    seat.hang_up();
    desk.event("wrap_up", |_| true);
    desk.done(json!({"do": "wrap_up", "disposition": "answered", "summary": "已回电"}));
    carrier.wait_successful(1, Duration::from_secs(30));
    let invited = carrier.received("INVITE");
    assert_eq!(invited.len(), 1, "{}", carrier.trace());
    assert!(invited[0].first.contains("19900000063"), "{}", invited[0].first);
    let open = wait_for(SOON, || {
        let list = house.service.json(&["callback", "list"]);
        (list["open"] == 1).then_some(list)
    });
    let list = open.expect("the task of the citizen is done, the other one remains");
    assert_eq!(list["tasks"][0]["task"], dear, "{list:#}");
    assert_eq!(list["tasks"][0]["outcome"], "failed", "{list:#}");
}

/// Somebody calls and gives up while the seat rings; the number of his callback task.
fn missed(house: &House, seat: &Phone, from: &str, known: &[i64]) -> i64 {
    let call = house.dial(from);
    assert!(seat.wait_ringing(SOON));
    // Past the greeting it counts as a call that was missed.
    std::thread::sleep(Duration::from_secs(6));
    call.hang_up();
    assert!(seat.wait_over(SOON));
    let task = wait_for(Duration::from_secs(15), || {
        let list = house.service.json(&["callback", "list"]);
        let mut tasks = list["tasks"].as_array()?.iter().filter_map(|task| task["task"].as_i64());
        tasks.find(|task| !known.contains(task))
    });
    task.unwrap_or_else(|| panic!("no callback task of {from}"))
}
