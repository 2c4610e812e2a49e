//! Lists: what cursors, filters and words tell of cases that are not for the one who asks.

use super::world::World;
use crate::http::Answer;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{Role, Task};
use serde_json::{Value, json};

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// The names on every page of one case each, and the cursors between them.
async fn walk(world: &World, account: &str) -> (Vec<String>, Vec<i64>) {
    let (mut names, mut cursors) = (vec![], vec![]);
    loop {
        let after = cursors.last().map_or_else(String::new, |next| format!("&after={next}"));
        let page = body(&world.get(account, &format!("/cases?limit=1{after}")).await);
        let cases = page["cases"].as_array().unwrap();
        names.extend(cases.iter().map(|case| case["name"].as_str().unwrap().to_owned()));
        match page["next"].as_i64() {
            Some(next) => cursors.push(next),
            None => return (names, cursors),
        }
    }
}

/// What a case between two of his unit is to a handler.
#[derive(Debug, Clone, Copy)]
enum Between {
    OfAnother,
    Accusing,
    AccusingUnderSeal,
    Recused,
}

fn between(world: &World, what: Between) {
    let accuse = |case: &str| {
        world.act(case, Role::Clerk, "", Task::NameAccused("unit.07".to_owned()));
    };
    match what {
        Between::OfAnother => drop(world.assigned("between", "unit.09", IntakeKind::Text)),
        Between::Accusing => accuse(&world.classified("between")),
        Between::AccusingUnderSeal => {
            let case = world.classified("between");
            accuse(&case);
            world.seal(&case);
        }
        Between::Recused => {
            let case = world.handled("between", "unit.07");
            world.act(&case, Role::Director, "", Task::Recuse("handler".to_owned()));
        }
    }
}

#[tokio::test]
async fn cursors_tell_a_unit_nothing_of_a_case_between_that_is_not_for_it() {
    let mut ordinary = None;
    for what in
        [Between::OfAnother, Between::Accusing, Between::AccusingUnderSeal, Between::Recused]
    {
        let world = World::open().await;
        let first = world.handled("a", "unit.07");
        between(&world, what);
        let last = world.handled("b", "unit.07");
        let seen = walk(&world, "handler").await;
        assert_eq!(seen.0, [last, first], "{what:?}: the newest first");
        assert_eq!(*ordinary.get_or_insert_with(|| seen.clone()), seen, "{what:?}");
    }
}

#[tokio::test]
async fn a_proposed_seal_is_not_found_by_the_unit_that_it_had() {
    let world = World::open().await;
    let (open, proposed) = (world.handled("open", "unit.07"), world.proposed("proposed"));
    for name in ["director", "liaison"] {
        let all = world.get(name, "/cases?state=sealed").await;
        assert!(all.body.contains(&proposed), "{name}: {}", all.body);
        let of_unit = world.get(name, "/cases?unit=unit.07").await;
        assert!(!of_unit.body.contains(&proposed), "{name}: {}", of_unit.body);
        assert_eq!(of_unit.body.contains(&open), name == "director", "{name}: {}", of_unit.body);
    }
}

#[tokio::test]
async fn whoever_reads_without_names_and_numbers_does_not_find_by_them() {
    let world = World::open().await;
    let take_down = async |summary: &str| {
        let given = json!({"summary": summary, "text": summary, "phone": "19900000018"});
        let made = world.post("clerk", "/cases", given).await;
        assert_eq!(made.status, 201, "{}", made.body);
    };
    take_down("居民王建国反映路灯不亮，电话19900000017").await;
    take_down("太平镇路灯不亮").await;
    let found = async |account: &str, word: &str| {
        let path = format!("/cases?q={}", crate::http::escape(word));
        let list = world.get(account, &path).await;
        assert_eq!(list.status, 200, "{account} {word}: {}", list.body);
        body(&list)["cases"].as_array().unwrap().len()
    };
    for (word, clerk, leader) in [("王建国", 1, 0), ("19900000017", 1, 0), ("路灯", 2, 1)] {
        assert_eq!(found("clerk", word).await, clerk, "clerk: {word}");
        assert_eq!(found("city_leader", word).await, leader, "city_leader: {word}");
        assert_eq!(found("host", word).await, 0, "who is shown the topic alone: {word}");
    }
}
