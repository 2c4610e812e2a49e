//! A listening day (领导接听日): the operator briefs the leader, who takes the citizen over; whoever
//! waits for him when his window ends is told so and goes on waiting for an operator.

use crate::line::{House, PROMPTS, SENTENCE_LIMIT};
use crate::seats::{PASSWORD, SOON, hear_each_other, house_with, phone, quiet};
use crate::support::citizen::Call;
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::pages;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};
use std::time::Duration;

/// Two callers are brought to the leader well within it.
const WINDOW: Duration = Duration::from_secs(50);
const BRIEFING: &str = "张先生，钢山街道，供暖不热";

/// The city's time, with a whole window left of today.
fn now() -> Zoned {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let fits = || {
        let now = Timestamp::now().to_zoned(zone.clone());
        let end = now.checked_add(2.minutes()).unwrap();
        (end.date() == now.date()).then_some(now)
    };
    wait_for(Duration::from_secs(150), fits).expect("midnight passes")
}

/// Today is a listening day; what says so.
fn settings(begun: &Zoned) -> [String; 3] {
    let date = begun.date();
    let end = begun.checked_add(jiff::SignedDuration::try_from(WINDOW).unwrap()).unwrap();
    let day =
        format!("listening_day.change=[{{ do = \"add\", date = \"{date}\", why = \"演练\" }}]");
    let window = format!("listening_day.window=[\"00:00\", \"{}\"]", end.strftime("%H:%M:%S"));
    let leader = "listening_day.leader=[{ title = \"市长\", seat = \"901\" }]".to_owned();
    [day, window, leader]
}

fn open(settings: &[String; 3]) -> House {
    let house = house_with(&["801", "802"], &settings.each_ref().map(String::as_str));
    house.service.add_seat("901", "leader", PASSWORD);
    std::thread::sleep(Duration::from_millis(1_300));
    house
}

/// A citizen who talks with the seat.
fn caller(house: &House, seat: &Phone, desk: &Desk, from: &str) -> Call {
    let call = house.dial(from);
    assert!(seat.wait_talking(SOON), "the seat answers");
    desk.party("citizen", "talking");
    std::thread::sleep(Duration::from_secs(1));
    quiet(|| call.samples(0));
    call
}

pub(crate) fn the_leader_is_briefed_takes_the_citizen_and_is_left_alone_after_his_window() {
    let begun = now();
    let settings = settings(&begun);
    let house = open(&settings);
    let web = pages(&house);
    let (desk, leaders_desk) = (Desk::open(web, "801", PASSWORD), Desk::open(web, "901", PASSWORD));
    let answers = Habit::Answers(Duration::from_millis(300));
    let (seat, leader) = (phone(&house, "801", answers), phone(&house, "901", Habit::Rings));
    let call = caller(&house, &seat, &desk, "19900000061");
    assert!(leader.caller().is_none(), "no call comes to the leader of itself");
    with_leader(&desk, &leaders_desk, &leader);
    PROMPTS.wait(&call, "D05.2", SENTENCE_LIMIT);
    assert!(PROMPTS.ids(&call).iter().any(|id| id == "title.mayor"), "D05 names him");
    quiet(|| call.samples(0));
    hear_each_other(&call, &leader);
    // A second caller is put into the queue for the leader.
    let second_desk = Desk::open(web, "802", PASSWORD);
    let second = phone(&house, "802", Habit::Answers(Duration::from_millis(300)));
    let waiting = caller(&house, &second, &second_desk, "19900000062");
    let to = json!({"do": "transfer", "target": {"kind": "group", "group": "leaders"}});
    second_desk.done(to);
    // His window ends while the leader still talks.
    PROMPTS.wait(&waiting, "D06", WINDOW + SENTENCE_LIMIT);
    let consult = json!({"do": "consult", "target": {"kind": "seat", "seat": "901"}});
    second_desk.done(json!({"do": "wrap_up", "disposition": "answered"}));
    assert!(second.wait_talking(SENTENCE_LIMIT), "an operator has him again");
    second_desk.party("citizen", "talking");
    let late = second_desk.command(consult);
    assert_eq!((&late["result"], &late["why"]), (&json!("refused"), &json!("wrong_state")));
    hear_each_other(&call, &leader);
    leader.hang_up();
    second.hang_up();
    assert!(call.wait_ended(SENTENCE_LIMIT) && waiting.wait_ended(SENTENCE_LIMIT));
    the_record_tells_it(&house, &begun, &settings);
}

/// The operator writes what it is about, calls the leader and leaves him the citizen.
fn with_leader(desk: &Desk, leaders_desk: &Desk, leader: &Phone) {
    desk.done(json!({"do": "brief", "text": BRIEFING}));
    let consult = json!({"do": "consult", "target": {"kind": "seat", "seat": "901"}});
    let wish = desk.begin(&consult);
    assert!(leader.wait_ringing(SOON), "the leader's telephone rings");
    let offer = leaders_desk.event("offer", |offer| !offer["briefing"].is_null());
    assert_eq!(offer["briefing"], BRIEFING);
    leader.answer();
    assert!(leader.wait_talking(SOON));
    assert_eq!(desk.answer(wish)["result"], "done");
    let party = desk.party("leader", "consulting");
    desk.done(json!({"do": "complete", "party": party}));
}

fn the_record_tells_it(house: &House, begun: &Zoned, settings: &[String; 3]) {
    let date = begun.date().to_string();
    let mut verb = vec!["calendar", "listening-record", &date];
    verb.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    let record = wait_for(SENTENCE_LIMIT, || {
        let record = house.service.json(&verb);
        (record["running"] == 0).then_some(record)
    });
    let record: Value = record.expect("both calls end");
    assert_eq!((&record["attempts"], &record["with_leader"]), (&json!(2), &json!(1)), "{record:#}");
    assert_eq!(record["answered"], json!({"801": 1, "802": 1}), "{record:#}");
    assert_eq!(record["leader"]["title"], "市长");
    assert_eq!(record["cases_count"], 2, "{record:#}");
}
