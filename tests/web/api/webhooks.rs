//! Subscriptions, for system administrators; the other administrators see them, nobody sees a case.

use super::world::{World, roles};
use mayorline::domain::case::Role;
use serde_json::{Value, json};

fn body(answer: &crate::http::Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

const URL: &str = "https://127.0.0.1:9443/hook?key=1";

#[tokio::test]
async fn a_subscription_is_made_tried_changed_and_taken_away() {
    let world = World::open().await;
    let wanted = json!({"url": URL, "events": ["case.accepted", "case.closed"]});
    let made = world.post("administrator", "/webhooks", wanted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (webhook, secret) = (body(&made)["webhook"].clone(), body(&made)["secret"].clone());
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    let list = world.get("administrator", "/webhooks").await;
    assert!(!list.body.contains("whsec_"), "shown once: {}", list.body);
    let shown = &body(&list)[0];
    assert_eq!((&shown["url"], &shown["state"]), (&URL.into(), &"proposed".into()));
    assert_eq!(shown["events"], json!(["case.accepted", "case.closed"]));
    assert_eq!(shown["created_by"], "administrator");
    world.accepted("told to nobody");
    let path = format!("/webhooks/{webhook}");
    let confirm = format!("{path}/confirm");
    let early = world.post("administrator", &format!("{path}/test"), json!({})).await;
    assert_eq!(early.status, 409, "nobody confirmed it: {}", early.body);
    assert_eq!(world.post("administrator", &confirm, json!({})).await.status, 422, "alone");
    assert_eq!(world.post("auditor", &confirm, json!({})).await.status, 403);
    let confirmed = world.post("security", &confirm, json!({})).await;
    assert_eq!(confirmed.status, 204, "{}", confirmed.body);
    assert_eq!(world.post("security", &confirm, json!({})).await.status, 409, "already");
    let list = world.get("administrator", "/webhooks").await;
    let shown = &body(&list)[0];
    assert_eq!((&shown["state"], &shown["confirmed_by"]), (&"active".into(), &"security".into()));
    let case = world.accepted("k");
    let tried = world.post("administrator", &format!("{path}/test"), json!({})).await;
    assert_eq!(tried.status, 202, "{}", tried.body);
    let all = world.get("administrator", "/webhook-deliveries").await;
    let kinds: Vec<_> =
        body(&all).as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["webhook.ping", "case.accepted"]);
    assert!(!all.body.contains(&case), "which case stands in no list: {}", all.body);
    let waiting = world.get("administrator", "/webhook-deliveries?state=waiting&limit=1").await;
    assert_eq!(body(&waiting)[0]["delivery"], body(&tried)["delivery"]);
    let none = world.get("administrator", "/webhook-deliveries?state=failed").await;
    assert_eq!(none.body, "[]");
    let turned = world.post("administrator", &format!("{path}/rotate"), json!({})).await;
    assert!(turned.status == 200 && body(&turned)["secret"] != secret, "{}", turned.body);
    let delivery = body(&tried)["delivery"].as_str().unwrap().to_owned();
    let again = format!("/webhook-deliveries/{delivery}/resend");
    assert_eq!(world.post("administrator", &again, json!({})).await.status, 409, "it waits");
    let resumed = world.post("administrator", &format!("{path}/resume"), json!({})).await;
    assert_eq!(resumed.status, 409, "it is not paused");
    let removed = world.ask("administrator", "DELETE", &path, &[], "").await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(world.get("administrator", "/webhooks").await.body, "[]");
    for gone in ["rotate", "test", "resume", "confirm"].map(|verb| format!("{path}/{verb}")) {
        assert_eq!(world.post("administrator", &gone, json!({})).await.status, 404, "{gone}");
    }
    assert_eq!(world.post("administrator", &again, json!({})).await.status, 409, "it is removed");
    let none = "/webhook-deliveries/msg_none/resend";
    assert_eq!(world.post("administrator", none, json!({})).await.status, 404);
    let audit = world.get("auditor", "/audit?limit=1000").await;
    let acts = body(&audit);
    let acts = acts.as_array().unwrap().iter().filter(|row| row["kind"] == "webhook_changed");
    let acts: Vec<_> = acts.map(|row| row["reason"].as_str().unwrap()).collect();
    assert_eq!(acts.len(), 5, "{acts:?}");
    assert!(acts[0].starts_with("added https://127.0.0.1:9443: "), "{acts:?}");
}

#[tokio::test]
async fn what_is_no_subscription_is_refused() {
    let world = World::open().await;
    for (wanted, status) in [
        (json!({"url": "http://receiver.example/"}), 422),
        (json!({"url": "https://127.1/"}), 422),
        // This service sends nothing outside of the machine.
        (json!({"url": "https://10.0.0.1/"}), 422),
        (json!({"url": "https://receiver.example/"}), 422),
        (json!({"url": URL, "events": ["case.sealed"]}), 400),
        (json!({"url": URL, "events": ["webhook.ping"]}), 400),
        (json!({"url": URL, "secret": "mine"}), 400),
    ] {
        let refused = world.post("administrator", "/webhooks", wanted.clone()).await;
        assert_eq!(refused.status, status, "{wanted}: {}", refused.body);
        assert!(!body(&refused)["sentence"].as_str().unwrap().is_ascii(), "{}", refused.body);
    }
    for query in ["?state=lost", "?limit=many", "?case=1"] {
        let refused = world.get("administrator", &format!("/webhook-deliveries{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {}", refused.body);
    }
}

#[tokio::test]
async fn each_role_reads_and_changes_subscriptions_as_the_matrix_has_it() {
    let world = World::open().await;
    let wanted = json!({"url": URL});
    assert_eq!(world.post("administrator", "/webhooks", wanted.clone()).await.status, 201);
    for role in roles() {
        let name = role.as_str();
        let (writes, reads) = match role {
            Role::Administrator => (true, true),
            Role::Security | Role::Auditor => (false, true),
            _ => (false, false),
        };
        for path in ["/webhooks", "/webhook-deliveries"] {
            let status = world.get(name, path).await.status;
            assert_eq!(status, if reads { 200 } else { 403 }, "{name}: {path}");
        }
        if reads {
            // A key of the receiver is for those who give it.
            let list = body(&world.get(name, "/webhooks").await);
            let shown = if writes { URL } else { "https://127.0.0.1:9443" };
            assert_eq!(list[0]["url"], shown, "{name}");
        }
        let made = world.post(name, "/webhooks", wanted.clone()).await;
        assert_eq!(made.status, if writes { 201 } else { 403 }, "{name}");
        let confirms = world.post(name, "/webhooks/1/confirm", json!({})).await.status;
        let expected = match role {
            Role::Administrator => 422,
            // The second person; roles come in their order, so that it is confirmed once.
            Role::Security => 204,
            _ => 403,
        };
        assert_eq!(confirms, expected, "{name}");
        if !writes {
            for path in [
                "/webhooks/1/rotate",
                "/webhooks/1/resume",
                "/webhooks/1/test",
                "/webhook-deliveries/m/resend",
            ] {
                let refused = world.post(name, path, json!({})).await;
                assert_eq!(refused.status, 403, "{name}: {path}");
            }
            let refused = world.ask(name, "DELETE", "/webhooks/1", &[], "").await;
            assert_eq!(refused.status, 403, "{name}");
        }
    }
}
