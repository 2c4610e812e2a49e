//! A unit is told by telephone of what is overdue: its duty telephone behind the trunk rings, hears the
//! recorded words bit for bit, and key 1 (RFC 4733) settles it.

use crate::foreign_seats::microphone;
use crate::seats::SOON;
use crate::support::audio::to_alaw;
use crate::support::clients::baresip::Baresip;
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::prompts::Prompts;
use crate::support::service::{Service, Start};
use crate::support::wait_for;
use crate::three_way::DUTY;
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, NewIntake, StoreRequest};
use mayorline::domain::case::{
    Actor, Classification, DeadlineRules, Nature, Order, Role, Task, Urgency,
};
use mayorline::store::{Administration, CaseName, RequestContext, Store, StoreConfig};
use mayorline::units::PhoneNumber;
use rusqlite::Connection;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// What the unit sees calling.
const NUMBER: &str = "053712345000";

/// The words of one notice take some twenty seconds.
const WORDS_LIMIT: Duration = Duration::from_secs(60);

/// A case of unit.13, and a notice of it that is due; gives its number.
fn prepare(data: &Path) -> String {
    let now = Timestamp::now();
    let before = now - SignedDuration::from_hours(2);
    let store = Store::open(StoreConfig::new(data, before), Calendar::built_in(), [7; 32]).unwrap();
    let number = PhoneNumber::parse("19900000017").ok();
    let intake = NewIntake {
        key: "told".to_owned(),
        kind: IntakeKind::Text,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number, display: None },
        received_at: before,
        recording: None,
        text: Some("北宿镇路灯不亮".to_owned()),
        callback: false,
    };
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| send.send(reply).unwrap());
    let context = RequestContext::default();
    assert!(store.handle().submit(before, StoreRequest::Open(intake), context, reply));
    let opened = receive.recv_timeout(SOON).unwrap();
    let mayorline::domain::call::StoreReply::Opened { number: Some(number), .. } = opened else {
        panic!("{opened:?}")
    };
    store.close();
    let mut beside = Administration::open(data, before).unwrap();
    let found = Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: "北宿镇".to_owned(),
        // Nobody is rung at night for anything less.
        urgency: Urgency::Urgent,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    };
    let assign = Task::Assign { unit: "unit.13".to_owned(), helpers: vec![] };
    for task in [Task::Classify(Box::new(found)), assign] {
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let order = Order { actor: Actor::new("clerk", Role::Clerk, None), task };
        beside.act(before, desk, CaseName::Number(number), &order).unwrap();
    }
    drop(beside);
    let db = Connection::open(data.join("mayorline.db")).unwrap();
    db.execute_batch(
        "INSERT INTO voice_notice (id, unit, kind, day, not_before, state)
             VALUES (1, 'unit.13', 'overdue', '2026-11-20', 0, 'waiting');
         INSERT INTO voice_notice_case SELECT 1, id FROM case_file;",
    )
    .unwrap();
    number.to_string()
}

fn serve(data: &Path, trunk: SocketAddr) -> Service {
    let trunk = format!("outgoing.trunk=[{{ address = \"{trunk}\", options_seconds = 0 }}]");
    let contact = format!("directory.contact=[{{ unit = \"unit.13\", numbers = [\"{DUTY}\"] }}]");
    let number = format!("outgoing.number={NUMBER}");
    let settings = [&number, &trunk, &contact, "messages.voice_tries=3"];
    settings.iter().fold(Start::new(data), |start, setting| start.set(setting)).run()
}

/// How the notice stands.
fn notice(service: &Service) -> Value {
    service.json(&["message", "voice"])[0].clone()
}

/// Waits for the last word of the notice: its clips came in order, and the digits of the case between them.
fn told(service: &Service, number: &str, heard: impl Fn() -> Vec<u8>) {
    let prompts = Prompts::load();
    let told = wait_for(WORDS_LIMIT, || {
        let said = prompts.transcribe(&heard());
        let ids: Vec<String> = said.into_iter().map(|said| said.id).collect();
        ids.iter().any(|id| id == "N03.2").then_some(ids)
    });
    let told = told.unwrap_or_else(|| {
        let said: Vec<_> = prompts.transcribe(&heard()).into_iter().map(|said| said.id).collect();
        panic!("no whole notice: {said:?}\n{}", service.stderr())
    });
    let place = |id: &str| told.iter().position(|said| said == id);
    let [first, rest, case, date] = ["N02.1", "N02.2", "N03.1", "N03.2"].map(place);
    assert!(first.is_some() && first < rest && rest < case && case < date, "{told:?}");
    // Digits are recorded by ones and pairs: `d.26.m`.
    let digits = told.iter().filter_map(|id| id.strip_prefix("d.")?.split('.').next());
    assert_eq!(digits.collect::<String>(), number, "{told:?}");
}

/// The notice is settled by the key, and its call stands in the ledger with the unit's leg.
fn confirmed(service: &Service) {
    let row = wait_for(SOON, || {
        let row = notice(service);
        (row["state"] == "confirmed").then_some(row)
    });
    let row = row.unwrap_or_else(|| panic!("{}\n{}", notice(service), service.stderr()));
    assert_eq!(row["tries"][0]["outcome"], "confirmed", "{row}");
    let call = row["tries"][0]["call"].as_str().unwrap().to_owned();
    let shown = wait_for(SOON, || {
        let shown = service.json(&["call", "show", &call]);
        shown.to_string().contains("unit.13").then_some(shown)
    });
    assert!(shown.is_some(), "no account of {call}");
}

pub(crate) fn a_unit_hears_what_is_overdue_on_its_duty_telephone_and_confirms_by_key_one() {
    let folder = tempfile::tempdir().unwrap();
    let number = prepare(folder.path());
    let port = free_udp_port();
    // Its telephone is behind a trunk whose port is known before the service has its own.
    let early = Phone::outside(([127, 0, 0, 1], 5060).into(), DUTY, port);
    let unit = early.habit(Habit::Answers(Duration::from_millis(200)));
    let service = serve(folder.path(), ([127, 0, 0, 1], port).into());
    assert!(unit.wait_talking(SOON), "{}", service.stderr());
    told(&service, &number, || unit.heard().audio());
    assert_eq!(unit.caller().map(|from| from.contains(NUMBER)), Some(true));
    unit.press("1");
    assert!(unit.wait_over(SOON), "the service hangs up");
    confirmed(&service);
    assert_eq!(unit.calls(), 1, "once");
}

pub(crate) fn baresip_is_the_duty_telephone_of_a_unit_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let number = prepare(folder.path());
    let sounds = tempfile::tempdir().unwrap();
    let mut unit = Baresip::start(DUTY, &microphone(sounds.path()));
    let service = serve(folder.path(), unit.address);
    unit.wait_printed("Call established", SOON);
    told(&service, &number, || to_alaw(&unit.heard()));
    unit.press("1");
    confirmed(&service);
}
