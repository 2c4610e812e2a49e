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
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};
use std::time::Duration;

/// As long as the leader's window is on a quiet machine: two callers are brought to him well within it.
/// Where one was too short the next is tried, with a house of its own.
const WINDOWS: [Duration; 3] =
    [Duration::from_secs(50), Duration::from_secs(110), Duration::from_secs(240)];
const BRIEFING: &str = "张先生，钢山街道，供暖不热";

/// The city's time, with this window and what follows it left of today.
fn now(window: Duration) -> Zoned {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let rest = window + SENTENCE_LIMIT;
    let fits = || {
        let now = Timestamp::now().to_zoned(zone.clone());
        let end = now.checked_add(jiff::SignedDuration::try_from(rest).unwrap()).unwrap();
        (end.date() == now.date()).then_some(now)
    };
    wait_for(rest + SENTENCE_LIMIT, fits).expect("midnight passes")
}

/// Today is a listening day; what says so.
fn settings(begun: &Zoned, ends: &Zoned) -> [String; 3] {
    let date = begun.date();
    let day =
        format!("listening_day.change=[{{ do = \"add\", date = \"{date}\", why = \"演练\" }}]");
    let window = format!("listening_day.window=[\"00:00\", \"{}\"]", ends.strftime("%H:%M:%S"));
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

/// A leader who talks with a citizen, and another citizen who waits for him.
struct Scene {
    begun: Zoned,
    ends: Zoned,
    settings: [String; 3],
    house: House,
    /// Of the operator who has put the second caller into the queue.
    desk: Desk,
    second: Phone,
    leader: Phone,
    call: Call,
    waiting: Call,
    _others: (Desk, Desk, Phone),
}

/// What is refused because the window is over already says nothing about the service.
fn done_within(ends: &Zoned, answer: &Value) -> Option<()> {
    if answer["result"] == "done" {
        return Some(());
    }
    assert!(Timestamp::now() >= ends.timestamp(), "refused within the window: {answer}");
    None
}

impl Scene {
    /// Both are brought to the leader within his window; `None`: it was too short for this machine.
    fn within(window: Duration) -> Option<Self> {
        let begun = now(window);
        let ends = begun.checked_add(jiff::SignedDuration::try_from(window).unwrap()).unwrap();
        let settings = settings(&begun, &ends);
        let house = open(&settings);
        let web = pages(&house);
        let open = |seat| Desk::open(web, seat, PASSWORD);
        let (desk, leaders_desk, second_desk) = (open("801"), open("901"), open("802"));
        let answers = Habit::Answers(Duration::from_millis(300));
        let (seat, leader) = (phone(&house, "801", answers), phone(&house, "901", Habit::Rings));
        let call = caller(&house, &seat, &desk, "19900000061");
        assert!(leader.caller().is_none(), "no call comes to the leader of itself");
        // A second caller is put into the queue for the leader as soon as he talks.
        let second = phone(&house, "802", answers);
        let waiting = caller(&house, &second, &second_desk, "19900000062");
        with_leader(&ends, &desk, &leaders_desk, &leader)?;
        let group = json!({"kind": "group", "group": "leaders"});
        let transfer = second_desk.command(json!({"do": "transfer", "target": group}));
        done_within(&ends, &transfer)?;
        // What was done on its last instant may have come too late for the second caller.
        let desks = (desk, leaders_desk, seat);
        let scene = Self {
            begun,
            ends,
            settings,
            house,
            desk: second_desk,
            second,
            leader,
            call,
            waiting,
            _others: desks,
        };
        (Timestamp::now() < scene.ends.timestamp()).then_some(scene)
    }

    /// How long his window goes on.
    fn left(&self) -> Duration {
        let left = self.ends.timestamp().duration_since(Timestamp::now());
        Duration::try_from(left).unwrap_or_default()
    }
}

pub(crate) fn the_leader_is_briefed_takes_the_citizen_and_is_left_alone_after_his_window() {
    let scene = WINDOWS.into_iter().find_map(Scene::within);
    let scene = scene.expect("two callers are brought to the leader within the longest window");
    let Scene { house, desk, second, leader, call, waiting, .. } = &scene;
    PROMPTS.wait(call, "D05.2", SENTENCE_LIMIT);
    assert!(PROMPTS.ids(call).iter().any(|id| id == "title.mayor"), "D05 names him");
    quiet(|| call.samples(0));
    hear_each_other(call, leader);
    // His window ends while the leader still talks.
    PROMPTS.wait(waiting, "D06", scene.left() + SENTENCE_LIMIT);
    let consult = json!({"do": "consult", "target": {"kind": "seat", "seat": "901"}});
    desk.done(json!({"do": "wrap_up", "disposition": "answered"}));
    assert!(second.wait_talking(SENTENCE_LIMIT), "an operator has him again");
    desk.party("citizen", "talking");
    let late = desk.command(consult);
    assert_eq!((&late["result"], &late["why"]), (&json!("refused"), &json!("wrong_state")));
    hear_each_other(call, leader);
    leader.hang_up();
    second.hang_up();
    assert!(call.wait_ended(SENTENCE_LIMIT) && waiting.wait_ended(SENTENCE_LIMIT));
    the_record_tells_it(house, &scene.begun, &scene.settings);
}

/// The operator writes what it is about, calls the leader and leaves him the citizen; `None` when the
/// window was over before.
fn with_leader(ends: &Zoned, desk: &Desk, leaders_desk: &Desk, leader: &Phone) -> Option<()> {
    desk.done(json!({"do": "brief", "text": BRIEFING}));
    let consult = json!({"do": "consult", "target": {"kind": "seat", "seat": "901"}});
    let wish = desk.begin(&consult);
    if !leader.wait_ringing(SOON) {
        // An answer without a ring is a refusal.
        return done_within(ends, &desk.answer(wish));
    }
    let offer = leaders_desk.event("offer", |offer| !offer["briefing"].is_null());
    assert_eq!(offer["briefing"], BRIEFING);
    leader.answer();
    assert!(leader.wait_talking(SOON));
    assert_eq!(desk.answer(wish)["result"], "done");
    let party = desk.party("leader", "consulting");
    done_within(ends, &desk.command(json!({"do": "complete", "party": party})))
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
