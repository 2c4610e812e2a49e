//! A message is leased, tried again, given up.

use super::*;

#[test]
fn a_message_that_somebody_sends_is_sent_by_nobody_else_until_he_is_dead() {
    let house = House::open();
    house.subscribe(&[]);
    new_case(&house.handle(), "k");
    let now = noonish();
    let id = house.due(now).remove(0);
    let parcel = house.lease(now, &id).unwrap();
    assert_eq!((parcel.id.as_str(), parcel.url.as_str(), parcel.attempt), (id.as_str(), URL, 1));
    assert_eq!((house.lease(now, &id), house.due(now)), (None, vec![]));
    // The service was killed; another one begins.
    let handle = house.handle();
    assert_eq!(answered(|answer| handle.webhooks_begin(answer)).unwrap(), 1);
    assert_eq!(house.due(now), [id.as_str()]);
    let again = house.lease(now, &id).unwrap();
    assert_eq!((again.id.as_str(), again.body.as_str()), (id.as_str(), parcel.body.as_str()));
    assert_eq!(again.attempt, 2, "an attempt that kills is counted");
    // Nobody settles: the lease ends by itself.
    let late = now + SignedDuration::from_millis(LEASE_MS);
    assert_eq!(house.lease(late, &id).map(|parcel| parcel.attempt), Some(3));
    let settled = house.settle(late, &id, Outcome::Delivered { status: 204 });
    assert_eq!(settled, Settled { state: SettledState::Delivered, paused: None });
    assert_eq!((house.lease(late, &id), house.state(&id).0.as_str()), (None, "delivered"));
    house.is_sound();
}

#[test]
fn a_message_that_kills_whoever_sends_it_is_not_sent_for_ever() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "k");
    new_case(&house.handle(), "next");
    let id = house.due(noonish()).remove(0);
    let handle = house.handle();
    for attempt in 1..=ATTEMPTS_MAX {
        assert_eq!(house.lease(noonish(), &id).map(|parcel| parcel.attempt), Some(attempt));
        assert_eq!(answered(|answer| handle.webhooks_begin(answer)).unwrap(), 1, "it was killed");
    }
    assert_eq!(house.due(noonish()), [id.as_str()]);
    let last = answered(|answer| handle.webhook_lease(noonish(), id.clone(), answer)).unwrap();
    assert_eq!((last, house.state(&id)), (Lease::Killed, ("failed".to_owned(), 11)));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    let failed = house.reader().webhook_deliveries(&failed, 10).unwrap();
    assert_eq!(failed[0].fault.as_deref(), Some("killed"));
    assert_eq!(house.due(noonish()), [house.ids()[1].as_str()], "the next one goes");
    house.order("sys", WebhookOrder::Resend(id.clone())).unwrap();
    assert_eq!(house.lease(noonish(), &id).map(|parcel| parcel.attempt), Some(1));
    house.is_sound();
}

#[test]
fn a_message_fails_after_its_last_attempt_and_can_be_sent_again() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "k");
    let (mut now, mut days) = (noonish(), 0);
    let id = house.due(now).remove(0);
    for attempt in 1..=ATTEMPTS_MAX {
        let settled = house.attempt(now, &id, FAILED);
        let last = attempt == ATTEMPTS_MAX;
        let expected = if last { SettledState::Failed } else { SettledState::Waiting };
        assert_eq!(settled.state, expected, "attempt {attempt}");
        assert_eq!(house.row().failures, i64::from(attempt));
        assert_eq!(house.due(now), Vec::<String>::new(), "not at once");
        if !last {
            let next = house.reader().webhook_deliveries(&DeliveryFilter::default(), 1).unwrap();
            now = next[0].next_at.as_ref().unwrap().parse().unwrap();
            assert_eq!(house.due(now), [id.as_str()]);
            days = now.duration_since(noonish()).as_hours() / 24;
        }
    }
    assert_eq!((days, house.state(&id)), (3, ("failed".to_owned(), 11)));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    assert_eq!(house.reader().webhook_deliveries(&failed, 10).unwrap()[0].status, Some(503));
    house.is_sound();
    let again = house.order_at(now, "sys", WebhookOrder::Resend(id.clone())).unwrap();
    assert_eq!(again.delivery, Some(id.clone()));
    assert_eq!(house.state(&id), ("waiting".to_owned(), 0));
    let twice = house.order_at(now, "sys", WebhookOrder::Resend(id.clone()));
    assert!(matches!(twice, Err(StoreError::Taken(_))), "{twice:?}");
    let rested = now + SignedDuration::from_secs(300);
    house.attempt(rested, &id, Outcome::Delivered { status: 200 });
    assert_eq!((house.row().failures, house.row().failing_since), (0, None));
    house.is_sound();
}

#[test]
fn after_an_outage_what_waits_goes_at_once_in_order_and_one_bad_message_holds_up_nobody() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    for key in ["a", "b", "c"] {
        new_case(&house.handle(), key);
    }
    let ids = house.ids();
    let mut now = noonish();
    for id in &ids {
        assert_eq!(house.due(now), [id.as_str()], "one after the other");
        house.attempt(now, id, FAILED);
        assert_eq!(house.due(now), Vec::<String>::new(), "its receiver is left alone");
        now += SignedDuration::from_secs(4);
    }
    // They were tried at 0, 4 and 8 s and again 10 s later; the first is answered.
    now = after(13);
    assert_eq!(house.due(now), [ids[0].as_str()]);
    house.attempt(now, &ids[0], Outcome::Delivered { status: 200 });
    assert_eq!(house.due(now), [ids[1].as_str()], "before its own time");
    house.attempt(now, &ids[1], Outcome::Delivered { status: 200 });
    // One failure is no outage: this one waits for its own time, the next one passes it.
    house.attempt(now, &ids[2], FAILED);
    new_case(&house.handle(), "d");
    let fourth = house.ids().remove(3);
    let rested = now + SignedDuration::from_secs(1);
    assert_eq!(house.due(rested), [fourth.as_str()]);
    house.attempt(rested, &fourth, Outcome::Delivered { status: 200 });
    assert_eq!(house.due(rested), Vec::<String>::new());
    house.is_sound();
}

#[test]
fn a_receiver_that_asks_for_time_is_sent_nothing_meanwhile_whatever_waits() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "a");
    new_case(&house.handle(), "b");
    let ids = house.ids();
    let busy = Outcome::Failed { status: Some(429), fault: "status", later: Some(120) };
    house.attempt(noonish(), &ids[0], busy);
    assert_eq!((house.due(after(119)), house.due(after(120))), (vec![], vec![ids[0].clone()]));
    house.attempt(after(120), &ids[0], Outcome::Delivered { status: 200 });
    assert_eq!(house.due(after(120)), [ids[1].as_str()], "it answers again");
}

#[test]
fn a_receiver_that_wants_no_more_is_paused_at_once_and_nothing_is_lost() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    let other = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "a");
    let id = house.due(noonish()).remove(0);
    let settled = house.attempt(noonish(), &id, Outcome::Gone);
    assert_eq!(settled, Settled { state: SettledState::Waiting, paused: Some("gone") });
    new_case(&house.handle(), "b");
    let later = after(3_600);
    let due = house.reader().webhooks_due(later).unwrap();
    assert_eq!(due.iter().map(|due| due.webhook).collect::<Vec<_>>(), [other], "the other goes on");
    let row = house.row();
    assert_eq!((row.state.as_str(), row.paused_why.as_deref()), ("paused", Some("gone")));
    assert_eq!(row.waiting, 2, "what happens meanwhile waits too");
    let test = house.order("sys", WebhookOrder::Ping(webhook));
    assert!(matches!(test, Err(StoreError::Taken(_))), "{test:?}");
    house.order_at(later, "sys", WebhookOrder::Resume(webhook)).unwrap();
    assert_eq!(house.due(later)[0], id, "the oldest first");
    let again = house.order("sys", WebhookOrder::Resume(webhook));
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
    house.is_sound();
}

#[test]
fn a_receiver_that_fails_for_a_day_is_paused_and_told() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    let (mut paused, mut tries) = (None, 0);
    for hour in 0..=26 {
        let now = after(hour * 3_600);
        new_case(&house.handle(), &format!("h{hour}"));
        let Some(id) = house.due(now).into_iter().next() else { break };
        let settled = house.attempt(now, &id, FAILED);
        tries += 1;
        paused = paused.or_else(|| settled.paused.map(|why| (hour, why)));
    }
    assert_eq!((paused, tries), (Some((24, "failures")), 25));
    assert_eq!(house.row().waiting, 26, "none is dropped");
    house.is_sound();
}
