//! The cases behind the numbers of a report: for whoever gets the report, and only cases that he may know of.

use super::world::World;
use crate::folder::noonish;
use jiff::ToSpan;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::report::Period;
use mayorline::store::Administration;
use serde_json::{Value, json};

const REPORT: &str = "day-2026-11-22";

/// 本期受理, at the head of a report.
const ACCEPTED: &str = "table=&row=%E6%9C%AC%E6%9C%9F%E5%8F%97%E7%90%86";

/// The next day: the report of the day is ready.
fn issue(world: &World) {
    let now = noonish() + 24.hours();
    let mut beside = Administration::open(world.folder.path(), now).unwrap();
    let period = Period::parse_id(REPORT).unwrap();
    assert_eq!(beside.make_report(now, &Calendar::built_in(), period).unwrap(), Some(1));
}

async fn drilled(world: &World, name: &str, query: &str) -> Value {
    let answer = world.get(name, &format!("/reports/{REPORT}/cases?{query}")).await;
    assert_eq!(answer.status, 200, "{name} {query}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_number_of_a_report_names_the_cases_that_its_reader_may_know_of() {
    let world = World::open().await;
    let own = world.handled("own", "unit.07");
    let other = world.assigned("other", "unit.09", IntakeKind::CallbackRequest);
    let sealed = world.sealed("sealed");
    issue(&world);
    for name in ["clerk", "director", "city_leader", "auditor"] {
        let told = drilled(&world, name, ACCEPTED).await;
        assert_eq!((&told["report"], &told["version"]), (&REPORT.into(), &1.into()), "{name}");
        let [number] = told["numbers"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!((&number["row"], &number["count"]), (&"本期受理".into(), &3.into()), "{name}");
        assert_eq!(number["cases"], json!([own, other]), "{name}");
        assert_eq!((&number["withheld"], &number["left_off"]), (&1.into(), &0.into()), "{name}");
        assert!(!told.to_string().contains(&sealed), "{name}");
    }
    let all = drilled(&world, "clerk", "").await;
    let all = all["numbers"].as_array().unwrap();
    let rows: Vec<&str> = all.iter().filter_map(|one| one["row"].as_str()).collect();
    for row in ["密件", "文字消息", "办复率", "15秒接通率"] {
        assert!(rows.contains(&row), "{row}: {rows:?}");
    }
    let rest = drilled(&world, "clerk", &format!("{ACCEPTED}&skip=1")).await;
    assert_eq!(rest["numbers"][0]["cases"], json!([other]), "what stood first is passed over");
    // Of his own report a unit gets its own cases, a reader of counts gets none.
    let of_unit = drilled(&world, "unit_contact", "").await;
    let [number] = of_unit["numbers"].as_array().unwrap().as_slice() else { panic!("{of_unit}") };
    assert_eq!((&number["row"], &number["count"]), (&"本期事项".into(), &1.into()));
    assert_eq!(number["cases"], json!([own]));
    let counts = drilled(&world, "liaison", "").await;
    let numbers = counts["numbers"].as_array().unwrap();
    assert!(numbers.iter().all(|one| one["cases"] == json!([])), "{counts}");
    assert_eq!((&numbers[0]["count"], &numbers[0]["withheld"]), (&3.into(), &3.into()));
}

#[tokio::test]
async fn whoever_gets_no_report_gets_no_number_of_it() {
    let world = World::open().await;
    world.handled("own", "unit.07");
    issue(&world);
    let path = format!("/reports/{REPORT}/cases");
    for name in ["administrator", "handler"] {
        assert_eq!(world.get(name, &path).await.status, 403, "{name}");
    }
    for path in ["/reports/day-2026-11-23/cases", "/reports/nonsense/cases"] {
        let none = world.get("clerk", path).await;
        assert!(none.status == 404 && none.body.contains("没有这期报告"), "{path}: {}", none.body);
    }
    assert_eq!(world.get("clerk", &format!("{path}?version=9")).await.status, 404);
    assert_eq!(world.get("clerk", &format!("{path}?page=2")).await.status, 400);
}
