//! What was kept long enough, and what waits for too long.

use super::*;

#[test]
fn what_was_kept_for_a_month_goes_and_what_still_waits_then_has_failed() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "a");
    new_case(&house.handle(), "b");
    let ids = house.ids();
    house.attempt(noonish(), &ids[0], Outcome::Delivered { status: 200 });
    house.attempt(noonish(), &ids[1], Outcome::Gone);
    let tidy = |now| {
        let handle = house.handle();
        let done = answered(|answer| handle.webhooks_tidy(now, answer)).unwrap();
        (done.deleted, done.given_up)
    };
    let month = DELIVERY_DAYS * 86_400;
    assert_eq!(tidy(after(month)), (0, 0));
    assert_eq!(tidy(after(month + 1)), (1, 1));
    let old = house.order_at(after(month + 1), "sys", WebhookOrder::Resend(ids[1].clone()));
    assert!(matches!(old, Err(StoreError::Taken(_))), "it would fail at once: {old:?}");
    let still = house.order_at(after(month), "sys", WebhookOrder::Resend(ids[1].clone()));
    assert!(still.is_ok(), "{still:?}");
    assert_eq!(tidy(after(month + 1)), (0, 1));
    assert_eq!((house.ids(), house.state(&ids[1]).0.as_str()), (vec![ids[1].clone()], "failed"));
    assert_eq!(tidy(after(2 * month + 2)), (1, 0));
    house.order_at(after(month), "sys", WebhookOrder::Resume(webhook)).unwrap();
    assert_eq!(house.row().waiting, 0);
    house.is_sound();
}

#[test]
fn of_more_messages_than_may_wait_the_oldest_have_failed() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    let other = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "oldest");
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
               INSERT INTO webhook_delivery (id, webhook, kind, body, created_at, state, next_at)
               SELECT 'many-' || i, ?1, 'webhook.ping', '{}', ?2, 'waiting', ?2 FROM n";
    let many = i64::try_from(DELIVERY_WAITING_MAX).unwrap();
    let ms = noonish().as_millisecond();
    house.db().execute(sql, rusqlite::params![webhook, ms, many]).unwrap();
    let oldest = house.due(noonish()).remove(0);
    let handle = house.handle();
    let done = answered(|answer| handle.webhooks_tidy(noonish(), answer)).unwrap();
    assert_eq!((done.deleted, done.given_up), (0, 1));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    let failed = house.reader().webhook_deliveries(&failed, 10).unwrap();
    assert_eq!((failed.len(), &failed[0].id), (1, &oldest));
    assert_eq!(failed[0].fault.as_deref(), Some("crowded"));
    let rows = house.reader().webhooks(noonish()).unwrap();
    assert_eq!((rows[0].waiting, rows[1].waiting, rows[1].id), (many, 1, other));
}

#[test]
fn what_waits_for_a_subscription_that_is_removed_fails_by_and_by() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "under way");
    let under_way = house.ids().remove(0);
    assert!(house.lease(noonish(), &under_way).is_some());
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
               INSERT INTO webhook_delivery (id, webhook, kind, body, created_at, state, next_at)
               SELECT 'many-' || i, ?1, 'webhook.ping',
                   '{\"id\":\"many-' || i || '\",\"kind\":\"webhook.ping\"}', ?2, 'waiting', ?2 FROM n";
    let ms = noonish().as_millisecond();
    house.db().execute(sql, rusqlite::params![webhook, ms]).unwrap();
    house.order("sys", WebhookOrder::Remove(webhook)).unwrap();
    let waiting = || -> i64 {
        let sql = "SELECT count(*) FROM webhook_delivery WHERE state = 'waiting'";
        house.db().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(
        (waiting(), house.due(noonish())),
        (701, vec![]),
        "not all of it in one transaction"
    );
    house.is_sound();
    let tidy = |now| {
        let handle = house.handle();
        answered(|answer| handle.webhooks_tidy(now, answer)).unwrap().removed
    };
    assert_eq!((tidy(noonish()), tidy(noonish()), tidy(noonish())), (500, 200, 0));
    // Its receiver did not take it, and nobody waits for it any more.
    let settled = house.settle(noonish(), &under_way, FAILED);
    assert_eq!((settled.state, waiting()), (SettledState::Withdrawn, 0));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    let failed = house.reader().webhook_deliveries(&failed, 2_000).unwrap();
    assert!(failed.iter().all(|row| row.fault.as_deref() == Some("removed")), "{failed:?}");
    house.is_sound();
}
