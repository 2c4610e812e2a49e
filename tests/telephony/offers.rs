//! What a page is shown of who calls: his open cases, over the WebSocket of the running program.

use crate::line::{House, case_row};
use crate::seats::{PASSWORD, SOON, house_with, phone};
use crate::support::citizen::text;
use crate::support::desk::Desk;
use crate::support::phone::Habit;
use crate::support::wait_for;
use crate::three_way::pages;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Whose matter is open.
const CALLER: &str = "19900000076";
/// Who has none.
const STRANGER: &str = "19900000077";

/// The views of the offers of this caller so far, in their order.
fn views(desk: &Desk, caller: &str) -> Vec<Value> {
    let of_caller = |view: &Value| view["caller"] == caller;
    desk.events("offer").into_iter().filter(of_caller).collect()
}

/// The newest view of the offer of this caller once it has been filled with his cases: it is shown at
/// once, and again when the store has said which they are.
fn filled(desk: &Desk, caller: &str) -> Value {
    let found = wait_for(SOON, || {
        let mut views = views(desk, caller);
        (views.len() > 1).then(|| views.pop()).flatten()
    });
    found.unwrap_or_else(|| panic!("shown once at most: {:#?}", views(desk, caller)))
}

fn second(at: &Value) -> i64 {
    let at = at.as_str().expect("a time");
    at.parse::<Timestamp>().unwrap_or_else(|e| panic!("{at}: {e}")).as_second()
}

pub(crate) fn a_caller_is_offered_with_his_open_cases_and_a_stranger_with_none() {
    let house = house_with(&["801"], &[]);
    let words = "北宿镇路灯不亮三天了，孩子放学害怕";
    assert_eq!(text(house.service.udp(), CALLER, words, 1), [Some(200)]);
    let row = case_row(&house.service, |row| row["channel"] == "text" && !row["number"].is_null());
    let desk = Desk::open(pages(&house), "801", PASSWORD);
    let seat = phone(&house, "801", Habit::Rings);

    let call = house.dial(CALLER);
    assert!(seat.wait_ringing(SOON), "the seat rings");
    let offer = filled(&desk, CALLER);
    let cases = offer["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 1, "{offer:#}");
    for key in ["number", "state", "due_on"] {
        assert_eq!(cases[0][key], row[key], "{key} of {offer:#} and {row:#}");
    }
    assert_eq!(second(&cases[0]["received_at"]), second(&row["received_at"]));
    let flags = json!([{"group": "minor", "title": "未成年人", "words": ["孩子"]}]);
    assert_eq!((&cases[0]["risks"], &row["risks"]), (&flags, &flags));
    call.hang_up();
    assert!(seat.wait_over(SOON), "the telephone stops ringing");
    a_flag_is_marked_as_false(&house, &desk, &row);

    let call = house.dial(STRANGER);
    assert!(seat.wait_ringing(SOON), "the seat rings again");
    assert_eq!(filled(&desk, STRANGER)["cases"], json!([]));
    call.hang_up();
    assert!(seat.wait_over(SOON));
}

/// From the seat, with a reason; no list has it then, and where the case stands does not change.
fn a_flag_is_marked_as_false(house: &House, desk: &Desk, row: &Value) {
    let number = row["number"].as_str().expect("a number");
    let listed = || house.service.json(&["case", "list", "--risk", "minor"]);
    assert_eq!(listed().as_array().map(Vec::len), Some(1));
    let flag = [("case", number), ("risk", "minor")];
    let told = desk.post("/false-alarm", &flag);
    assert!(told.contains(" 400 ") && told.contains("reason_missing"), "{told}");
    let with_reason = [&flag[..], &[("reason", "只是说孩子放学")]].concat();
    let told = desk.post("/false-alarm", &with_reason);
    assert!(told.contains(" 200 ") && told.contains(r#"{"marked":true}"#), "{told}");
    let told = desk.post("/false-alarm", &with_reason);
    assert!(told.contains(" 404 ") && told.contains("no_such_flag"), "once: {told}");
    assert_eq!(listed(), json!([]));
    let now = case_row(&house.service, |row| row["number"] == number);
    assert_eq!((&now["risks"], &now["state"]), (&json!([]), &row["state"]));
    let hints = house.service.json(&["case", "suggest", "--number", number]);
    let alarm = &hints["false_alarms"][0];
    assert_eq!((&alarm["person"], &alarm["reason"]), (&"801".into(), &"只是说孩子放学".into()));
}
