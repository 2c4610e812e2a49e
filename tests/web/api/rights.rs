//! T18: every role tries every function of the matrix on a case of its own, of another unit, of a
//! citizen who asked for secrecy, and under seal.

use super::world::{PHONE, World, roles};
use crate::http::Answer;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::Role;
use serde_json::{Value, json};

use Role as R;

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// What one case of each kind is read as.
struct Row {
    role: Role,
    /// Text of the own case, of another's, of one with secrecy.
    text: [u16; 3],
    /// Contact with a reason, of the same.
    contact: [u16; 3],
    /// Whether it is in clear.
    clear: [bool; 3],
    /// Whether the citizen's grade of his own case is shown.
    grade: bool,
}

const fn row(role: Role, text: [u16; 3], contact: [u16; 3], clear: [bool; 3], grade: bool) -> Row {
    Row { role, text, contact, clear, grade }
}

/// The rows "case text", "contact in clear", "contact if secrecy asked" and "callback, rating" of the
/// matrix.
#[rustfmt::skip] // the table, one role a line
const READING: [Row; 17] = [
    row(R::Operator, [200, 200, 200], [200, 200, 403], [true, true, false], false),
    row(R::Clerk, [200, 200, 200], [200, 200, 200], [true, true, false], false),
    row(R::MessageClerk, [200, 404, 200], [200, 404, 403], [true, false, false], false),
    row(R::Supervisor, [200, 200, 200], [200, 200, 200], [true, true, false], true),
    row(R::CallbackAgent, [200, 200, 200], [200, 200, 200], [true, true, true], true),
    row(R::Director, [200, 200, 200], [200, 200, 200], [true, true, true], true),
    row(R::UnitContact, [200, 404, 200], [200, 404, 403], [true, false, false], false),
    row(R::Handler, [200, 404, 200], [200, 404, 403], [true, false, false], false),
    row(R::UnitLeader, [200, 404, 200], [200, 404, 403], [false, false, false], true),
    row(R::CityLeader, [200, 200, 200], [403, 403, 403], [false, false, false], false),
    row(R::Host, [200, 200, 200], [403, 403, 403], [false, false, false], false),
    row(R::VillageOfficer, [404, 404, 404], [404, 404, 404], [false, false, false], false),
    row(R::Liaison, [404, 404, 404], [404, 404, 404], [false, false, false], false),
    row(R::Evaluator, [404, 404, 404], [404, 404, 404], [false, false, false], false),
    row(R::Auditor, [404, 404, 404], [404, 404, 404], [false, false, false], false),
    row(R::Administrator, [404, 404, 404], [404, 404, 404], [false, false, false], false),
    row(R::Security, [404, 404, 404], [404, 404, 404], [false, false, false], false),
];

#[tokio::test]
async fn every_role_reads_text_and_contact_as_the_matrix_has_it() {
    let world = World::open().await;
    let cases = [
        world.handled("own", "unit.07"),
        world.assigned("other", "unit.09", IntakeKind::CallbackRequest),
        world.secret("secret"),
    ];
    assert_eq!(READING.len(), roles().len());
    for row in &READING {
        let name = row.role.as_str();
        for (at, case) in cases.iter().enumerate() {
            let what = format!("{name}: case {at}");
            let text = world.get(name, &format!("/cases/{case}")).await;
            assert_eq!(text.status, row.text[at], "{what}: {}", text.body);
            // The citizen's words have his number, for those who may know it.
            assert!(row.clear[at] || !text.body.contains(PHONE), "{what}: {}", text.body);
            let history = world.get(name, &format!("/cases/{case}/history")).await;
            assert_eq!(history.status, row.text[at], "{what}");
            assert!(!history.body.contains(PHONE) && !history.body.contains("张三丰"), "{what}");
            let reason = json!({"reason": "核实情况"});
            let contact = world.post(name, &format!("/cases/{case}/contact"), reason).await;
            assert_eq!(contact.status, row.contact[at], "{what}: {}", contact.body);
            assert_eq!(contact.body.contains(PHONE), row.clear[at], "{what}: {}", contact.body);
            if contact.status == 200 && !row.clear[at] {
                let told = body(&contact);
                assert_eq!(told["contact"], "199****0017", "{what}");
                assert_eq!(told["citizen"], "张**", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_grade_is_shown_to_those_who_have_a_part_in_the_callback() {
    let world = World::open().await;
    let case = world.answered("graded");
    let rate = json!({"do": "rate", "grade": "4"});
    assert_eq!(world.command("callback_agent", &case, rate).await.status, 200);
    for row in &READING {
        let name = row.role.as_str();
        let shown = world.get(name, &format!("/cases/{case}")).await;
        assert_eq!(shown.status, row.text[0], "{name}: {}", shown.body);
        let history = world.get(name, &format!("/cases/{case}/history")).await;
        if shown.status == 200 {
            assert_eq!(!body(&shown)["grade"].is_null(), row.grade, "{name}: {}", shown.body);
        }
        assert_eq!(history.body.contains("\"grade\""), row.grade, "{name}: {}", history.body);
    }
}

#[tokio::test]
async fn words_that_say_who_the_citizen_is_are_taken_out_for_whoever_may_not_know_him() {
    let world = World::open().await;
    let (own, secret) = (world.handled("own", "unit.07"), world.secret("secret"));
    let text = async |name: &str, case: &str| {
        let case = world.get(name, &format!("/cases/{case}")).await;
        body(&case)["text"].as_str().map(str::to_owned)
    };
    for name in ["unit_leader", "city_leader"] {
        let words = text(name, &own).await.unwrap();
        assert!(words.contains("路灯不亮"), "{name}: {words}");
        assert!(!words.contains("1990000") && !words.contains("三丰"), "{name}: {words}");
    }
    // What is in clear where the contact may be known is masked where it is secret.
    let words = text("handler", &secret).await.unwrap();
    assert!(words.contains("路灯") && !words.contains("三丰"), "{words}");
    assert_eq!(text("host", &own).await, None, "a host reads the topic alone");
    let topic = body(&world.get("host", &format!("/cases/{own}")).await);
    assert_eq!((&topic["nature"], &topic["summary"]), (&"help".into(), &Value::Null));
    assert_eq!((&topic["contact"], &topic["handler"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn what_is_under_seal_is_answered_like_what_does_not_exist_to_the_byte() {
    let world = World::open().await;
    let (sealed, unknown) = (world.sealed("sealed"), world.unknown());
    let open = world.handled("open", "unit.07");
    let reason = json!({"reason": "核实情况"}).to_string();
    let remind = json!({"do": "remind"}).to_string();
    for role in roles() {
        let name = role.as_str();
        for (method, tail, body) in [
            ("GET", "", ""),
            ("GET", "/history", ""),
            ("POST", "/contact", &reason),
            ("POST", "/sealed-content", &reason),
            ("POST", "/recordings/1", &reason),
            ("POST", "/commands", &remind),
        ] {
            let seen = ["If-Match: \"7\"".to_owned()];
            let path = |case: &str| format!("/cases/{case}{tail}");
            let of_sealed = world.ask(name, method, &path(&sealed), &seen, body).await;
            let of_unknown = world.ask(name, method, &path(&unknown), &seen, body).await;
            let opens = [("GET", ""), ("POST", "/sealed-content")].contains(&(method, tail));
            if role == R::Liaison && opens {
                assert_eq!(
                    (of_sealed.status, of_unknown.status),
                    (200, 404),
                    "{name}: {method} {tail}"
                );
                continue;
            }
            let (a, b) = (World::bytes(&of_sealed), World::bytes(&of_unknown));
            assert_eq!(a, b, "{name}: {method} {tail}");
            assert_eq!(of_sealed.status, 404, "{name}: {method} {tail}");
        }
        let list = world.get(name, "/cases?limit=100").await;
        let shown = list.body.contains(&sealed);
        assert_eq!(shown, role == R::Liaison, "{name}: {}", list.body);
        let found = world.get(name, &format!("/cases?q={sealed}")).await;
        assert!(!found.body.contains(&sealed), "{name}: {}", found.body);
        if list.status == 200 && role != R::Liaison {
            let others = ["village_officer", "evaluator"].contains(&name);
            assert_eq!(list.body.contains(&open), !others, "{name}: the list is no empty one");
        }
    }
}

#[tokio::test]
async fn a_proposed_seal_is_seen_by_whoever_decides_it_by_number_date_and_channel() {
    let world = World::open().await;
    let (case, unknown) = (world.proposed("proposed"), world.unknown());
    for role in roles() {
        let name = role.as_str();
        let shown = world.get(name, &format!("/cases/{case}")).await;
        if !matches!(role, R::Director | R::Liaison) {
            let none = world.get(name, &format!("/cases/{unknown}")).await;
            assert_eq!(World::bytes(&shown), World::bytes(&none), "{name}");
            continue;
        }
        let told = body(&shown);
        assert_eq!((&told["seal"], &told["state"]), (&"proposed".into(), &"sealed".into()));
        for hidden in ["路灯", "unit.07", "199", "王某", "张", "\"help\"", "050100"] {
            assert!(!shown.body.contains(hidden), "{name} reads {hidden}: {}", shown.body);
        }
        assert!(told["channel"] == "text" && told["received_at"].is_string(), "{name}");
    }
    let confirm = json!({"do": "confirm_seal"});
    for name in ["clerk", "handler", "operator"] {
        assert_eq!(world.command(name, &case, confirm.clone()).await.status, 404, "{name}");
    }
    let other = world.command("director", &case, json!({"do": "remind"})).await;
    assert_eq!(other.status, 404, "nothing but the seal is decided");
    let done = world.command("director", &case, confirm).await;
    assert_eq!((done.status, &body(&done)["case"]), (200, &Value::Null), "{}", done.body);
    assert_eq!(world.get("director", &format!("/cases/{case}")).await.status, 404);
    let receipt = json!({"do": "receipt", "receipt": "2026-7"});
    assert_eq!(world.command("liaison", &case, receipt).await.status, 200);
}

/// A command of one function of the matrix.
struct Tried {
    name: &'static str,
    /// The case it begins with.
    begin: fn(&World, &str) -> String,
    command: Value,
    may: &'static [Role],
}

fn tried(begin: fn(&World, &str) -> String, command: Value, may: &'static [Role]) -> Tried {
    let name = command["do"].as_str().unwrap().to_owned().leak();
    Tried { name, begin, command, may }
}

#[rustfmt::skip] // the table, one command a line
fn commands() -> Vec<Tried> {
    vec![
        tried(|w, k| w.accepted(k), json!({"do": "classify", "nature": "help", "domain": "050100", "place": "北宿镇"}), &[R::Operator, R::Clerk, R::MessageClerk]),
        tried(|w, k| w.accepted(k), json!({"do": "dispose", "disposition": "assigned"}), &[R::Operator, R::Clerk, R::MessageClerk]),
        tried(|w, k| w.classified(k), json!({"do": "consult", "trigger": "other"}), &[R::Clerk, R::Supervisor]),
        tried(|w, k| w.consulting(k), json!({"do": "give_view", "text": "由我单位承办"}), &[R::UnitContact, R::UnitLeader, R::Clerk, R::Supervisor]),
        tried(|w, k| w.classified(k), json!({"do": "assign", "to": "unit.08"}), &[R::Clerk, R::Director]),
        tried(|w, k| w.assigned(k, "unit.07", IntakeKind::Text), json!({"do": "accept_assignment", "handler": "王某"}), &[R::UnitContact]),
        tried(|w, k| w.handled(k, "unit.07"), json!({"do": "extend", "days": 3, "reason": "weather"}), &[R::UnitLeader]),
        tried(|w, k| w.handled(k, "unit.07"), json!({"do": "feed_back", "text": "已修复", "contacted": true, "evidence": true}), &[R::Handler]),
        tried(|w, k| w.answered(k), json!({"do": "rate", "grade": "1"}), &[R::CallbackAgent]),
        tried(|w, k| w.answered(k), json!({"do": "publish", "text": "路灯已修复"}), &[R::Director]),
        tried(|w, k| w.handled(k, "unit.07"), json!({"do": "recuse", "person": "somebody"}), &[R::Director]),
        tried(|w, k| w.handled(k, "unit.07"), json!({"do": "remind"}), &[R::Clerk, R::Supervisor]),
    ]
}

#[tokio::test]
async fn commands_are_carried_out_for_those_who_may_and_for_nobody_else() {
    let world = World::open().await;
    for Tried { name, begin, command, may } in commands() {
        let case = begin(&world, &format!("refused-{name}"));
        let before = world.last_event(&case);
        for role in roles().into_iter().filter(|role| !may.contains(role)) {
            let refused = world.command(role.as_str(), &case, command.clone()).await;
            let status = refused.status;
            assert!([403, 404].contains(&status), "{name} by {role:?}: {status} {}", refused.body);
            assert_eq!(world.last_event(&case), before, "{name} by {role:?}: something was done");
        }
        let stranger = world.command("handler9", &case, command.clone()).await;
        assert_eq!(stranger.status, 404, "{name} by another unit");
        for role in may {
            let case = begin(&world, &format!("{name}-{}", role.as_str()));
            let invited = name == "give_view" && role.is_of_unit();
            let done = match invited {
                // Not a party yet: whatever has happened to the case meanwhile.
                true => {
                    let path = format!("/cases/{case}/commands");
                    let any = ["If-Match: *".to_owned()];
                    let command = command.to_string();
                    world.ask(role.as_str(), "POST", &path, &any, &command).await
                }
                false => world.command(role.as_str(), &case, command.clone()).await,
            };
            assert_eq!(done.status, 200, "{name} by {role:?}: {}", done.body);
            assert!(world.last_event(&case) > before, "{name} by {role:?}");
        }
    }
}

#[tokio::test]
async fn a_recused_person_is_told_that_the_case_does_not_exist() {
    let world = World::open().await;
    let (case, unknown) = (world.handled("k", "unit.07"), world.unknown());
    let recuse = json!({"do": "recuse", "person": "handler"});
    assert_eq!(world.command("director", &case, recuse).await.status, 200);
    let (a, b) = (
        world.get("handler", &format!("/cases/{case}")).await,
        world.get("handler", &format!("/cases/{unknown}")).await,
    );
    assert_eq!(World::bytes(&a), World::bytes(&b));
    assert!(!world.get("handler", "/cases").await.body.contains(&case));
    assert!(world.get("unit_leader", "/cases").await.body.contains(&case));
}
