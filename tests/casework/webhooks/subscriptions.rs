//! Who makes, changes and takes away a subscription.

use super::*;

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let house = House::open();
    let new = NewWebhook { url: URL.to_owned(), kinds: vec![] };
    let made = house.order("sys", WebhookOrder::Add(new)).unwrap();
    house.order("sec", WebhookOrder::Confirm(made.webhook)).unwrap();
    let first = made.secret.unwrap();
    let turned = house.order("sys", WebhookOrder::Rotate(made.webhook)).unwrap();
    let second = turned.secret.unwrap();
    assert_ne!(first, second);
    new_case(&house.handle(), "k");
    let id = house.due(noonish()).remove(0);
    let parcel = house.lease(noonish(), &id).unwrap();
    assert_eq!(parcel.secrets, [second.clone(), first.clone()]);
    let day = after(86_400);
    let secrets = house.lease(day, &id).unwrap().secrets;
    assert_eq!(secrets.iter().collect::<Vec<_>>(), [&second]);
    // Twice in a day: what the receiver has signs on, whatever it was told between.
    let turn = |at| house.order_at(at, "sys", WebhookOrder::Rotate(made.webhook)).unwrap().secret;
    let (_, fourth) = (turn(day), turn(after(86_460)).unwrap());
    let next = house.lease(after(86_460 + 60), &id).unwrap();
    assert_eq!(next.secrets, [fourth.clone(), second.clone()]);
    let fifth = turn(after(3 * 86_400)).unwrap();
    let next = house.lease(after(3 * 86_400), &id).unwrap();
    assert_eq!(next.secrets, [fifth, fourth], "the older one had its day");
    // Neither stands in clear in any file.
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        for secret in [&first, &second] {
            assert!(!bytes.windows(32).any(|window| window == secret.bytes()));
        }
    }
    house.is_sound();
}

#[test]
fn a_subscription_is_changed_by_system_administrators_alone_and_every_act_is_audited() {
    let house = House::open();
    let add = |url: &str| {
        WebhookOrder::Add(NewWebhook { url: url.to_owned(), kinds: vec![HookKind::Closed] })
    };
    for by in ["sec", "aud", "nobody"] {
        let refused = house.order(by, add(URL));
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{by}: {refused:?}");
    }
    let refused = house.order("sys", add("http://receiver.example/"));
    assert!(matches!(refused, Err(StoreError::Malformed(_))), "{refused:?}");
    let ids: Vec<i64> =
        (0..WEBHOOKS_MAX).map(|_| house.order("sys", add(URL)).unwrap().webhook).collect();
    assert!(matches!(house.order("sys", add(URL)), Err(StoreError::Taken(_))));
    house.order("sec", WebhookOrder::Confirm(ids[0])).unwrap();
    let ping = house.order("sys", WebhookOrder::Ping(ids[0])).unwrap().delivery.unwrap();
    house.order("sys", WebhookOrder::Rotate(ids[1])).unwrap();
    house.order("sys", WebhookOrder::Remove(ids[0])).unwrap();
    assert_eq!(house.state(&ping).0, "failed", "what waited for it");
    for order in [
        WebhookOrder::Remove(ids[0]),
        WebhookOrder::Rotate(ids[0]),
        WebhookOrder::Resume(ids[0]),
        WebhookOrder::Confirm(ids[0]),
        WebhookOrder::Ping(99),
        WebhookOrder::Resend("msg_none".to_owned()),
    ] {
        let refused = house.order("sys", order);
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    let refused = house.order("sys", WebhookOrder::Resend(ping));
    assert!(matches!(refused, Err(StoreError::Taken(_))), "{refused:?}");
    // There is room again, and the number is a new one.
    let next = house.order("sys", add(URL)).unwrap().webhook;
    assert!(!ids.contains(&next));
    let audit = house.reader().audit(Timestamp::MIN, Timestamp::MAX, 100).unwrap();
    let acts: Vec<_> = audit.iter().filter(|row| row.kind == "webhook_changed").collect();
    assert_eq!(acts.len(), WEBHOOKS_MAX + 5);
    assert_eq!((acts[0].actor.as_str(), acts[0].subject.as_str()), ("sys", "webhook 1"));
    assert_eq!(acts[0].reason, "added https://receiver.example:8443: case.closed");
    assert!(acts.iter().all(|row| !row.reason.contains("canaryzqxj")), "{acts:?}");
    house.is_sound();
}

#[test]
fn nothing_is_told_to_a_subscription_until_a_second_administrator_has_confirmed_it() {
    let house = House::open();
    let new = NewWebhook { url: URL.to_owned(), kinds: vec![HookKind::Accepted] };
    let webhook = house.order("sys", WebhookOrder::Add(new)).unwrap().webhook;
    assert_eq!((house.row().state.as_str(), house.row().confirmed_by), ("proposed", None));
    new_case(&house.handle(), "before");
    assert_eq!(house.bodies(), Vec::<String>::new(), "it is not told later either");
    let test = house.order("sys", WebhookOrder::Ping(webhook));
    assert!(matches!(test, Err(StoreError::Taken(_))), "{test:?}");
    let resumed = house.order("sys", WebhookOrder::Resume(webhook));
    assert!(matches!(resumed, Err(StoreError::Taken(_))), "{resumed:?}");
    let alone = house.order("sys", WebhookOrder::Confirm(webhook));
    assert!(matches!(alone, Err(StoreError::Refused(_))), "{alone:?}");
    for by in ["aud", "nobody"] {
        let refused = house.order(by, WebhookOrder::Confirm(webhook));
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{by}: {refused:?}");
    }
    assert_eq!(house.row().state, "proposed");
    house.order("sec", WebhookOrder::Confirm(webhook)).unwrap();
    assert_eq!(
        (house.row().state.as_str(), house.row().confirmed_by.as_deref()),
        ("active", Some("sec"))
    );
    let twice = house.order("sec", WebhookOrder::Confirm(webhook));
    assert!(matches!(twice, Err(StoreError::Taken(_))), "{twice:?}");
    new_case(&house.handle(), "after");
    assert_eq!((house.bodies().len(), house.due(noonish()).len()), (1, 1));
    let audit = house.reader().audit(Timestamp::MIN, Timestamp::MAX, 100).unwrap();
    let acts = audit.iter().filter(|row| row.kind == "webhook_changed");
    let acts: Vec<_> = acts.map(|row| (row.actor.as_str(), row.reason.as_str())).collect();
    let confirmed = "confirmed https://receiver.example:8443 of sys";
    assert_eq!(acts[1..], [("sec", confirmed)], "{acts:?}");
    house.is_sound();
    // Nobody confirms what is withdrawn.
    let new = NewWebhook { url: URL.to_owned(), kinds: vec![] };
    let other = house.order("sys", WebhookOrder::Add(new)).unwrap().webhook;
    house.order("sys", WebhookOrder::Remove(other)).unwrap();
    let gone = house.order("sec", WebhookOrder::Confirm(other));
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    house.is_sound();
}
