//! Exports: fifty persons by one person, more by two, each step in the audit.

use super::world::{PHONE, World, roles};
use crate::folder::{intake, phone};
use crate::http::Answer;
use jiff::Timestamp;
use mayorline::domain::access::EXPORT_ALONE_MAX;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::Role;
use serde_json::{Value, json};

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn wanted() -> Value {
    json!({"from": "2026-11-22", "to": "2026-11-22", "reason": "年度核查"})
}

/// Cases of so many persons.
fn persons(world: &World, count: usize) {
    for n in 0..count {
        let mut new = intake(&format!("p{n}"), IntakeKind::Text);
        new.caller.number = Some(phone(u32::try_from(n).unwrap() + 1_000));
        world.store(new);
    }
}

fn audited(world: &World) -> Vec<String> {
    let rows = world.reader().audit(Timestamp::MIN, Timestamp::MAX, 1_000).unwrap();
    let rows = rows.into_iter().filter(|row| row.kind.starts_with("export"));
    rows.map(|row| format!("{} {}: {}", row.kind, row.actor, row.reason)).collect()
}

#[tokio::test]
async fn fifty_persons_are_exported_by_one_and_one_more_needs_a_second() {
    let world = World::open().await;
    persons(&world, EXPORT_ALONE_MAX);
    let small = body(&world.post("clerk", "/exports", wanted()).await);
    assert_eq!((&small["persons"], &small["waits"]), (&50.into(), &false.into()), "{small}");
    let path = |export: &Value| format!("/exports/{}", export["export"]);
    let table = world.get("clerk", &path(&small)).await;
    assert_eq!(table.body.lines().count(), 51, "{}", table.body);
    // The same person once more is no further person.
    let case = world.accepted("same");
    world.accepted("same again");
    let sealed = world.sealed("sealed");
    let large = body(&world.post("clerk", "/exports", wanted()).await);
    assert_eq!((&large["persons"], &large["cases"]), (&51.into(), &52.into()), "{large}");
    assert_eq!(large["waits"], true);
    let waits = world.get("clerk", &path(&large)).await;
    assert_eq!((waits.status, waits.body.contains(PHONE)), (409, false), "{}", waits.body);
    let confirm = format!("{}/confirm", path(&large));
    assert_eq!(world.post("clerk", &confirm, json!({})).await.status, 422, "oneself is no second");
    assert_eq!(world.post("operator", &confirm, json!({})).await.status, 403);
    assert_eq!(world.get("clerk", &path(&large)).await.status, 409);
    let agreed = body(&world.post("supervisor", &confirm, json!({})).await);
    assert_eq!(agreed["confirmed_by"], "supervisor");
    assert_eq!(world.get("supervisor", &path(&large)).await.status, 404, "it is the clerk's");
    let table = world.get("clerk", &path(&large)).await;
    assert!(table.body.starts_with("\u{feff}编号,") && table.body.contains(PHONE));
    assert!(table.body.contains(&case) && !table.body.contains(&sealed));
    assert_eq!(
        world.get("clerk", &path(&large)).await.status,
        404,
        "what two agreed to is made once"
    );
    assert_eq!(world.get("clerk", &path(&small)).await.status, 200, "one's own is kept for a day");
    let told = audited(&world);
    let begins = [
        "export_asked clerk: asked for 50 cases, 50 persons: 年度核查 [127.0.0.1]",
        "exported clerk: fetched: 年度核查",
        "export_asked clerk: asked for 52 cases, 51 persons: 年度核查",
        "export_approved supervisor: agreed to what clerk asked for",
        "exported clerk: fetched: 年度核查",
        "exported clerk: fetched: 年度核查",
    ];
    assert_eq!(told.len(), begins.len(), "{told:?}");
    for (told, begins) in told.iter().zip(begins) {
        assert!(told.starts_with(begins), "{told}: {begins}");
    }
}

#[tokio::test]
async fn there_is_no_export_whose_request_is_not_in_the_audit() {
    let mut world = World::open().await;
    persons(&world, 1);
    let asked = body(&world.post("clerk", "/exports", wanted()).await);
    world.close_store();
    assert_eq!(world.post("clerk", "/exports", wanted()).await.status, 503);
    let list = body(&world.get("supervisor", "/exports").await);
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!((&list[0]["export"], &list[0]["by"]), (&asked["export"], &"clerk".into()));
    let fetched = world.get("clerk", &format!("/exports/{}", asked["export"])).await;
    assert_eq!((fetched.status, fetched.body.contains("199")), (503, false), "{}", fetched.body);
}

#[tokio::test]
async fn whoever_gives_a_name_and_no_number_is_a_person_too() {
    let world = World::open().await;
    for n in 0..=EXPORT_ALONE_MAX {
        let given = json!({
            "key": n.to_string(), "summary": "北宿镇路灯不亮", "text": "路灯不亮", "citizen": "张三丰",
            "anonymous": "will_not_say",
        });
        let made = world.post("clerk", "/cases", given).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let export = body(&world.post("clerk", "/exports", wanted()).await);
    assert_eq!((&export["persons"], &export["waits"]), (&51.into(), &true.into()), "{export}");
    let table = world.get("clerk", &format!("/exports/{}", export["export"])).await;
    assert_eq!((table.status, table.body.contains("张三丰")), (409, false), "{}", table.body);
}

#[tokio::test]
async fn what_is_sealed_meanwhile_is_not_in_the_table_and_few_may_export_at_all() {
    let world = World::open().await;
    let (case, kept) = (world.handled("k", "unit.07"), world.accepted("other"));
    let export = body(&world.post("director", "/exports", wanted()).await);
    world.act(&case, Role::Clerk, "", mayorline::domain::case::Task::ProposeSeal);
    let table = world.get("director", &format!("/exports/{}", export["export"])).await;
    assert!(table.body.contains(&kept) && !table.body.contains(&case), "{}", table.body);
    for role in roles() {
        let may = matches!(role, Role::Clerk | Role::Supervisor | Role::Director);
        let asked = world.post(role.as_str(), "/exports", wanted()).await;
        assert_eq!(asked.status, if may { 201 } else { 403 }, "{role:?}: {}", asked.body);
    }
    let silent = json!({"from": "2026-11-22", "to": "2026-11-22", "reason": ""});
    assert_eq!(world.post("clerk", "/exports", silent).await.status, 422);
}
