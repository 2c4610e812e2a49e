//! What goes out and what waits for a person, for those whose office it is, and never what is said.

use super::world::{World, roles};
use crate::folder::{answered, noonish};
use jiff::SignedDuration;
use mayorline::domain::case::Role;
use mayorline::domain::message::Medium;
use mayorline::store::{InboundText, Parsed, RawInbound, StoreHandle, Words};
use serde_json::{Value, json};

fn body(answer: &crate::http::Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// A text that comes by a modem and is settled.
fn text(store: &StoreHandle, key: u8, from: &str, words: &str) {
    let raw = RawInbound {
        medium: Medium::Sms,
        account: "modem".to_owned(),
        dedup_key: [key; 32],
        form: "test",
        received_at: noonish(),
        raw: vec![key],
    };
    let id = answered(|answer| store.inbound_put(vec![raw], answer)).unwrap()[0].id();
    let words = Words::Whole { text: words.to_owned(), suspect: false };
    let parsed = InboundText { from: from.to_owned(), to: None, sent_at: None, words };
    let parsed = Parsed::Text(Box::new(parsed));
    answered(|answer| store.inbound_settle(noonish(), id, parsed, answer)).unwrap();
}

/// Somebody had it and is gone: nobody knows whether it was sent.
fn uncertain(store: &StoreHandle) -> i64 {
    let now = noonish();
    let lease = |answer| store.outbox_lease(now, "modem".to_owned(), 1, answer);
    let id = answered(lease).unwrap()[0].id;
    assert!(answered(|answer| store.outbox_submitting(now, id, (1, 1), answer)).unwrap());
    let later = now + SignedDuration::from_mins(3);
    assert_eq!(answered(|answer| store.outbox_sweep(later, answer)).unwrap().uncertain, 1);
    id
}

#[tokio::test]
async fn those_who_classify_see_and_decide_and_nobody_sees_what_is_said() {
    let world = World::open().await;
    text(&world.handle(), 1, "19900000017", "北宿镇canaryzqxj路灯不亮");
    text(&world.handle(), 2, "10086", "canaryzqxj您的余额不足");
    let id = uncertain(&world.handle());
    for role in roles() {
        let name = role.as_str();
        let classifies = matches!(
            role,
            Role::Operator | Role::Clerk | Role::MessageClerk | Role::Supervisor | Role::Director
        );
        let keeps = matches!(role, Role::Administrator | Role::Security | Role::Auditor);
        let expected = if classifies { 200 } else { 403 };
        for path in ["/messages?state=uncertain", "/held-messages"] {
            let answer = world.get(name, path).await;
            assert_eq!(answer.status, expected, "{name} {path}: {}", answer.body);
            assert!(!answer.body.contains("canary") && !answer.body.contains("19900000017"));
        }
        let accounts = world.get(name, "/message-accounts").await.status;
        assert_eq!(accounts == 200, classifies || keeps, "{name}: {accounts}");
        if !classifies {
            let form = json!({"decision": "resend"});
            let answer = world.post(name, &format!("/messages/{id}/decision"), form).await;
            assert_eq!(answer.status, 403, "{name}");
        }
    }
    let listed = body(&world.get("clerk", "/messages").await);
    assert_eq!(listed[0]["to"], "199****0017");
    assert_eq!(listed[0]["template"], "S01");
    let held = body(&world.get("clerk", "/held-messages").await);
    assert_eq!((held.as_array().unwrap().len(), &held[0]["why"]), (1, &json!("machine")));
    let accounts = body(&world.get("clerk", "/message-accounts").await);
    assert_eq!(accounts[0]["uncertain"], 1);
}

#[tokio::test]
async fn what_may_have_been_sent_is_decided_once_by_a_person_whom_the_audit_names() {
    let world = World::open().await;
    text(&world.handle(), 1, "19900000017", "路灯不亮");
    let id = uncertain(&world.handle());
    let path = format!("/messages/{id}/decision");
    let decided = world.post("clerk", &path, json!({"decision": "sent"})).await;
    assert_eq!(body(&decided)["state"], "submitted");
    let again = world.post("clerk", &path, json!({"decision": "resend"})).await;
    assert_eq!(again.status, 409, "{}", again.body);
    assert_eq!(world.post("clerk", &path, json!({"decision": "maybe"})).await.status, 400);
    let nothing = world.post("clerk", "/messages/99/decision", json!({"decision": "sent"})).await;
    assert_eq!(nothing.status, 404);
    assert_eq!(world.get("clerk", "/messages?state=lost").await.status, 400);
    let listed = body(&world.get("clerk", "/messages").await);
    assert_eq!(listed[0]["decided_by"], "clerk");
    let audit = world.get("auditor", "/audit").await.body;
    assert!(
        audit.contains("message_decided") && audit.contains(&format!("outbox/{id}")),
        "{audit}"
    );
}
