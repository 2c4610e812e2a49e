//! `case classify …`, `case history` and `calendar due`: what is printed, and what is refused.

use crate::desk::*;
use crate::directory::{DUTIES, imported, places};
use crate::support::service::{Start, json};
use crate::{run, text};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{Role, WrapUp};
use mayorline::domain::desk::Disposition;
use mayorline::store::WrapUpOrder;
use std::path::Path;

/// A numbered case in a folder whose service is stopped.
fn stopped(data: &Path) -> String {
    let store = open(data);
    let (number, _) = new_case(&store.handle(), "k");
    store.close();
    number.to_string()
}

fn case(data: &Path, verb: &str, number: &str, who: &[&str], rest: &[&str]) -> crate::Outcome {
    let data = ["--data", data.to_str().unwrap()];
    run(&[&["case", verb, number, "--as"], who, rest, &data].concat())
}

const CLERK: [&str; 3] = ["li", "--role", "clerk"];
const CONTACT: [&str; 5] = ["zhao", "--role", "unit_contact", "--of-unit", "unit.07"];
const CLASSIFIED: [&str; 6] = ["--nature", "help", "--domain", "050100", "--place", "北宿镇"];

#[test]
fn a_case_is_worked_on_the_command_line_beside_a_service_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    let early = case(data, "archive", &number, &CLERK, &[]);
    assert_eq!((early.code, early.out.as_str()), (65, ""), "{early:?}");
    let sentence = "事项现为“已受理”，不能归档；只有“办结”的事项可以。（规则 T27）";
    assert!(early.err.contains(sentence), "{early:?}");
    let done = case(data, "classify", &number, &CLERK, &CLASSIFIED);
    assert_eq!((done.code, done.out), (0, format!("{number} classified 已分类\n")), "{}", done.err);
    let service = Start::new(data).run();
    // Both writers append to one chain, each after the other.
    assert!((200..300).contains(&text(service.udp(), "19900000021", "停水")));
    let done = case(data, "assign", &number, &CLERK, &["--to", "unit.07"]);
    assert_eq!((done.code, done.out), (0, format!("{number} assigned 已交办\n")), "{}", done.err);
    let done = case(data, "accept-assignment", &number, &CONTACT, &["--handler", "王某"]);
    assert_eq!((done.code, done.out), (0, format!("{number} handling 办理中\n")), "{}", done.err);
    assert!((200..300).contains(&text(service.udp(), "19900000022", "路灯不亮")));
    let other = case(data, "redo", &number, &["wang", "--role", "supervisor"], &[]);
    assert!(other.code == 65 && other.err.contains("规则 T23"), "{other:?}");
    assert_eq!(service.stop().code(), Some(0));
    for (wrong, code) in [("26112200019", 64), ("26112299991", 66)] {
        let refused = case(data, "archive", wrong, &CLERK, &[]);
        assert_eq!(refused.code, code, "{refused:?}");
    }
    assert_eq!(json(data, &["case", "list"]).as_array().unwrap().len(), 3);
    let verified = run(&["verify", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn what_a_talk_assigned_is_listed_until_it_is_coded_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let (handle, call) = (store.handle(), call_id(1));
    let mut contact = intake("talk", IntakeKind::Text);
    contact.call = Some(call.clone());
    let number = store_intake(&handle, contact).0.unwrap().to_string();
    let wrap_up = WrapUp {
        seat: seat("801"),
        call,
        disposition: Disposition::Assigned,
        nature: None,
        summary: "路灯不亮".to_owned(),
        unit: Some("unit.07".to_owned()),
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    answered(|answer| handle.wrap_up(noonish(), order, answer)).unwrap();
    new_case(&handle, "other");
    store.close();
    let listed = || json(data, &["case", "list", "--uncoded"]);
    let before = listed();
    assert_eq!(
        (before.as_array().unwrap().len(), &before[0]["number"]),
        (1, &number.clone().into())
    );
    assert_eq!(json(data, &["case", "show", &number])["uncoded"], true);
    let coded = case(data, "classify", &number, &CLERK, &CLASSIFIED);
    let out = format!("{number} assigned 已交办\n");
    assert_eq!((coded.code, coded.out), (0, out), "it stays with the unit: {}", coded.err);
    assert_eq!(listed(), serde_json::json!([]));
    let shown = json(data, &["case", "show", &number]);
    assert_eq!((&shown["uncoded"], &shown["nature"]), (&false.into(), &"nature.help".into()));
    let again = case(data, "classify", &number, &CLERK, &CLASSIFIED);
    assert!(again.code == 65 && again.err.contains("规则 T4"), "{again:?}");
}

#[test]
fn a_dead_number_is_told_in_the_work_list_and_with_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    case(data, "classify", &number, &CLERK, &CLASSIFIED);
    case(data, "assign", &number, &CLERK, &["--to", "unit.07"]);
    case(data, "accept-assignment", &number, &CONTACT, &["--handler", "王某"]);
    let of_unit = |role| ["sun", "--role", role, "--of-unit", "unit.07"];
    let result = ["--text", "已修复", "--contacted", "--evidence"];
    case(data, "feed-back", &number, &of_unit("handler"), &result);
    let leader = ["qian", "--role", "unit_leader", "--of-unit", "unit.07"];
    case(data, "confirm", &number, &leader, &["--what", "feedback"]);
    case(data, "review", &number, &CLERK, &[]);
    // A fixed one, which takes no texts.
    case(data, "correct", &number, &CLERK, &["--phone", "05370000017"]);
    let told = || {
        let list = json(data, &["follow-up", "list"]);
        let shown = json(data, &["case", "show", &number]);
        assert_eq!(list["cases"][0]["number"], number.as_str(), "{list}");
        assert_eq!(list["cases"][0]["dead"], shown["contact_dead"]);
        (shown["contact_dead"] == true, list["cases"][0]["next"]["means"].clone())
    };
    let agent = ["zhou", "--role", "callback_agent"];
    for times in 0..3 {
        assert_eq!(told(), (false, "phone".into()), "after {times}");
        let tried = case(data, "follow-up", &number, &agent, &["--outcome", "unobtainable"]);
        assert_eq!(tried.code, 0, "{tried:?}");
    }
    assert_eq!(told(), (true, serde_json::Value::Null), "there is no other channel");
    let put_right = case(data, "correct", &number, &CLERK, &["--phone", "19900000077"]);
    assert_eq!(put_right.code, 0, "{put_right:?}");
    assert_eq!(told(), (false, "phone".into()), "the new number was never called");
}

#[test]
fn a_duty_item_is_cited_in_todays_version_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    places(data);
    imported(data, "duties", DUTIES);
    let item = json(data, &["duty", "search", "路灯"])[0]["reference"].clone();
    let (code, _) = item.as_str().unwrap().split_once("/v").unwrap();
    let classify = |who: &[&str], duty: &str| {
        case(data, "classify", &number, who, &[&CLASSIFIED[..], &["--duty", duty]].concat())
    };
    let refused = classify(&CLERK, "没有的事项");
    let sentence = "职责目录中没有这一事项，请查明编号后再填，确无对应事项的填“none”。（规则 E1）";
    assert!(refused.code == 65 && refused.err.contains(sentence), "{refused:?}");
    // Who may not classify learns nothing of the catalogue.
    let stranger = classify(&["wang", "--role", "evaluator"], "没有的事项");
    assert!(!stranger.err.contains("职责目录"), "{stranger:?}");
    let row = &json(data, &["case", "list"])[0];
    assert_eq!(row["state"], "accepted", "{row}");
    let done = classify(&CLERK, &format!("{code}/v9"));
    assert_eq!(done.code, 0, "{done:?}");
    let history = json(data, &["case", "history", &number]).to_string();
    assert!(history.contains(item.as_str().unwrap()), "{history}");
    assert!(!history.contains("/v9"), "{history}");
}

/// E4: a warning names the person of its post; a post without one says who stands in.
#[test]
fn a_reminder_names_who_holds_the_post_or_who_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    places(data);
    let posts = folder.path().join("posts.csv");
    let unit = json(data, &["directory", "list", "units"])[26]["name"].clone();
    let row = format!("单位,姓名,职务,责任层级\n{},丙,科长,科室负责人\n", unit.as_str().unwrap());
    std::fs::write(&posts, row).unwrap();
    imported(data, "posts", posts.to_str().unwrap());
    case(data, "classify", &number, &CLERK, &CLASSIFIED);
    case(data, "assign", &number, &CLERK, &["--to", "unit.27"]);
    let reminded = case(data, "remind", &number, &CLERK, &[]);
    assert_eq!(reminded.code, 0, "{reminded:?}");
    let shown = run(&["case", "history", &number, "--data", data.to_str().unwrap()]);
    assert!(shown.out.contains("warned 承办人员空缺，由科室负责人丙（科长）代"), "{shown:?}");
    let shown = json(data, &["case", "show", &number]).to_string();
    assert!(shown.contains("\"instead\":\"section_head\"") && shown.contains("丙"), "{shown}");
}

#[test]
fn the_history_adds_up_and_keeps_private_parts_and_sealed_cases_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    case(data, "classify", &number, &CLERK, &CLASSIFIED);
    case(data, "assign", &number, &CLERK, &["--to", "unit.07"]);
    let history = json(data, &["case", "history", &number]);
    let held = history["holding"].as_array().unwrap();
    let sum: i64 = held.iter().map(|stretch| stretch["ms"].as_i64().unwrap()).sum();
    assert_eq!(sum, history["age_ms"].as_i64().unwrap());
    assert_eq!(held.last().unwrap()["unit"], "unit.07");
    let text = history.to_string();
    assert!(text.contains("clerk/li") && !text.contains("北宿镇") && !text.contains("private"));
    let shown = run(&["case", "history", &number, "--data", data.to_str().unwrap()]);
    assert!(shown.code == 0 && shown.out.contains("已交办 unit.07"), "{shown:?}");
    case(data, "seal", &number, &CLERK, &[]);
    let told = json(data, &["case", "list"]).to_string();
    assert!(told.contains(&number) && told.contains("sealed"), "{told}");
    for hidden in ["unit.07", "clerk", "0017", "路灯", "文字消息", "help"] {
        assert!(!told.contains(hidden), "the list tells {hidden}: {told}");
    }
    // By its number it is answered for like one that was never given, byte for byte.
    let never = "26112299991";
    let folder = ["--data", data.to_str().unwrap()];
    for verb in ["show", "history", "trace"] {
        let asked = |number: &str| run(&[&["case", verb, number][..], &folder].concat());
        let (sealed, none) = (asked(&number), asked(never));
        assert_eq!((sealed.code, sealed.out, sealed.err), (66, none.out, none.err), "{verb}");
    }
    for (_, name, _) in Role::NAMES {
        if ["director", "liaison"].contains(&name) {
            continue;
        }
        let who = ["li", "--role", name];
        for verb in ["archive", "seal", "confirm-seal", "refuse-seal", "claim", "redo"] {
            let sealed = case(data, verb, &number, &who, &[]);
            let none = case(data, verb, never, &who, &[]);
            let (sealed, none) =
                ((sealed.code, sealed.out, sealed.err), (none.code, none.out, none.err));
            assert_eq!(sealed, none, "{name} {verb}");
        }
    }
    assert_eq!(case(data, "refuse-seal", &number, &["wang", "--role", "director"], &[]).code, 0);
    assert_eq!(json(data, &["case", "show", &number])["number"], number);
}

#[test]
fn the_work_list_tells_whom_to_ask_by_what_and_when() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    let list = || json(data, &["follow-up", "list"]);
    assert_eq!(list(), serde_json::json!({ "waiting": 0, "ready": 0, "cases": [] }));
    case(data, "classify", &number, &CLERK, &CLASSIFIED);
    let operator = ["sun", "--role", "operator"];
    let answered = case(data, "answer", &number, &operator, &["--text", "已告知"]);
    assert!(answered.out.contains("待回访"), "{answered:?}");
    let asks = ["wu", "--role", "callback_agent"];
    let wrong = case(data, "follow-up", &number, &asks, &["--means", "sms", "--outcome", "busy"]);
    assert!(wrong.code == 65 && wrong.err.contains("先打电话"), "{wrong:?}");
    let tried = case(data, "follow-up", &number, &asks, &["--outcome", "busy"]);
    assert_eq!(tried.code, 0, "{tried:?}");
    let told = list();
    assert_eq!((&told["waiting"], &told["ready"]), (&1.into(), &0.into()), "{told}");
    let row = &told["cases"][0];
    let (tries, next) = (&row["tries"], &row["next"]);
    assert_eq!((&row["number"], &row["contact"]), (&number.into(), &"199****0017".into()));
    assert_eq!((&tries[0]["means"], &tries[0]["outcome"]), (&"phone".into(), &"busy".into()));
    assert_eq!((&next["means"], &next["last"]), (&"phone".into(), &false.into()));
    let moment =
        |value: &serde_json::Value| -> jiff::Timestamp { value.as_str().unwrap().parse().unwrap() };
    assert!(
        moment(&next["from"]) > moment(&tries[0]["at"])
            && moment(&next["until"]) > moment(&next["from"])
    );
    let shown = run(&["follow-up", "list", "--data", data.to_str().unwrap()]);
    assert!(shown.out.starts_with("waiting=1 ready=0\n"), "{shown:?}");
}

#[test]
fn a_due_date_is_explained_step_by_step() {
    let due = |rest: &[&str]| run(&[&["calendar", "due"], rest].concat());
    let shown = due(&["2026-09-30T18:00", "--mode", "working", "--json"]);
    let row: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&row["due_on"], &row["provisional"]), (&"2026-10-14".into(), &false.into()));
    assert_eq!(row["due_at"], "2026-10-14T17:30:00.000+08:00");
    assert_eq!(row["explained"][1]["step"], "after_hours");
    let shown = due(&["2026-09-28"]);
    assert!(shown.out.starts_with("最迟 2026-10-08"), "{shown:?}");
    assert!(shown.out.contains("2026-10-03 为休息日，顺延至 2026-10-08"), "{shown:?}");
    assert!(due(&["2026-12-31"]).out.contains("暂定"));
    assert_eq!(due(&["someday"]).code, 64);
}

#[test]
fn a_city_has_ways_of_its_own_beside_the_seven() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = stopped(data);
    let local = "casework.dispositions=[{ code = 'to_hotline', name = '转热线', like = 'kept' }]";
    let dispose = |code: &str, settings: &[&str]| {
        let way = ["--disposition", code];
        case(data, "dispose", &number, &CLERK, &[&way, settings].concat())
    };
    assert_eq!(dispose("to_hotline", &[]).code, 64, "not configured");
    let done = dispose("to_hotline", &["--set", local]);
    assert_eq!(done.code, 0, "{done:?}");
    let changed = dispose("assigned", &[]);
    assert!(changed.code == 65 && changed.err.contains("规则 B2"), "{changed:?}");
    let history = json(data, &["case", "history", &number]).to_string();
    assert!(history.contains("to_hotline"), "{history}");
    let taken = "casework.dispositions=[{ code = 'kept', name = '留存', like = 'kept' }]";
    assert_eq!(run(&["check-config", "--set", taken]).code, 78);
}
