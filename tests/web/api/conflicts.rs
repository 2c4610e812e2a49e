//! Two clerks on one case: one acts, the other is told who did, and nothing is overwritten.

use super::world::World;
use serde_json::{Value, json};

fn body(answer: &crate::http::Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn urgency(urgency: &str) -> Value {
    json!({"do": "urgency", "urgency": urgency, "reason": "misjudged"})
}

#[tokio::test]
async fn of_two_clerks_on_one_case_one_acts_and_the_other_is_told_and_nothing_is_overwritten() {
    let world = World::open().await;
    let case = world.accepted("k");
    let shown = world.get("clerk", &format!("/cases/{case}")).await;
    let seen = body(&shown)["last_event"].as_i64().unwrap();
    assert_eq!(shown.header("etag"), Some(format!("\"{seen}\"").as_str()));
    let both = tokio::join!(
        world.command_on("clerk", &case, seen, urgency("urgent")),
        world.command_on("clerk2", &case, seen, urgency("immediate")),
    );
    let (done, late, winner, wanted) = match (both.0.status, both.1.status) {
        (200, 412) => (both.0, both.1, "clerk/clerk", "urgent"),
        (412, 200) => (both.1, both.0, "clerk/clerk2", "immediate"),
        other => panic!("{other:?}: {} {}", both.0.body, both.1.body),
    };
    let told = body(&late);
    assert_eq!(told["changed_by"], winner);
    assert_eq!(told["case"]["urgency"], wanted, "what the other did stands");
    assert!(told["sentence"].as_str().unwrap().starts_with("事项已被他人办理"), "{told}");
    let now = told["case"]["last_event"].as_i64().unwrap();
    assert_eq!(done.header("etag"), Some(format!("\"{now}\"").as_str()));
    assert_eq!(world.last_event(&case), now, "one event and no more");
    // Whoever looks again acts.
    let again = if wanted == "urgent" { "immediate" } else { "urgent" };
    assert_eq!(world.command_on("clerk", &case, now, urgency(again)).await.status, 200);
}

#[tokio::test]
async fn a_command_that_does_not_say_what_it_saw_is_not_carried_out() {
    let world = World::open().await;
    let case = world.accepted("k");
    let before = world.last_event(&case);
    let path = format!("/cases/{case}/commands");
    let command = urgency("urgent").to_string();
    assert_eq!(world.ask("clerk", "POST", &path, &[], &command).await.status, 428);
    for wrong in ["*", "7", "\"x\"", "\"1\", \"2\"", "W/\"1\""] {
        let header = [format!("If-Match: {wrong}")];
        let refused = world.ask("clerk", "POST", &path, &header, &command).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
    }
    for wrong in [
        json!({"do": "vanish"}),
        json!({"do": "urgency", "urgency": "urgent"}),
        json!({"do": "urgency", "urgency": "urgent", "reason": "misjudged", "more": 1}),
        json!({"do": "merge", "into": "26112200019"}),
        json!({"do": "dispose", "disposition": "vanished"}),
        json!([]),
    ] {
        let refused = world.command("clerk", &case, wrong.clone()).await;
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.body);
    }
    assert_eq!(world.last_event(&case), before);
}

#[tokio::test]
async fn a_refusal_has_its_rule_and_a_sentence_in_the_language_that_is_wanted() {
    let world = World::open().await;
    let case = world.accepted("k");
    let archive = json!({"do": "archive"});
    let refused = world.command("clerk", &case, archive.clone()).await;
    assert_eq!((refused.status, &body(&refused)["rule"]), (409, &"T27".into()));
    let sentence = "事项现为“已受理”，不能归档；只有“办结”的事项可以。";
    assert_eq!(body(&refused)["sentence"], sentence);
    let seen = format!("If-Match: \"{}\"", world.last_event(&case));
    let english = [seen, "Accept-Language: en-GB, zh;q=0.5".to_owned()];
    let path = format!("/cases/{case}/commands");
    let refused = world.ask("clerk", "POST", &path, &english, &archive.to_string()).await;
    let told = body(&refused)["sentence"].as_str().unwrap().to_owned();
    assert!(told.is_ascii() && told.contains("T27"), "{told}");
    let role = world.command("callback_agent", &case, urgency("urgent")).await;
    assert_eq!((role.status, &body(&role)["rule"]), (403, &"T4".into()));
    let guard = world.command("clerk", &case, urgency("normal")).await;
    assert_eq!((guard.status, &body(&guard)["rule"]), (422, &"T4".into()));
}
