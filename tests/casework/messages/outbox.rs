//! What goes out: at most once as far as anybody can know, in order, and within bounds.

use super::*;
use mayorline::domain::message::{AUTOMATIC_PER_HOUR_MAX, SendState::*};
use mayorline::store::{CarrierReport, MESSAGE_LEASE_MS};

fn house_with_one() -> (House, i64) {
    let house = House::open();
    house.text(1, "北宿镇路口路灯不亮");
    let id = house.outbox()[0].id;
    (house, id)
}

fn after_lease(at: Timestamp) -> Timestamp {
    at + SignedDuration::from_millis(MESSAGE_LEASE_MS + 1)
}

fn report(reference: &str, state: SendState) -> Parsed {
    Parsed::Report(CarrierReport {
        reference: reference.to_owned(),
        // As networks write it.
        to: Some("+8619900000017".to_owned()),
        state,
        code: "0".to_owned(),
        at: None,
    })
}

#[test]
fn a_message_goes_its_way_and_its_report_ends_it() {
    let (house, id) = house_with_one();
    let leased = house.lease(minutes(2));
    assert_eq!((leased.len(), leased[0].id, leased[0].to.as_str()), (1, id, "19900000017"));
    assert!(house.lease(minutes(2)).is_empty(), "somebody has it");
    for number in [1, 2] {
        assert!(house.submitting(minutes(2), id, (number, 2)));
        assert!(!house.submitting(minutes(2), id, (number, 2)), "a part is handed over once");
        let taken = PartOutcome::Submitted(Some(format!("{}", 40 + number)));
        let state = house.outcome(minutes(2), (id, number), taken);
        assert_eq!(state, if number == 1 { Submitting } else { Submitted });
    }
    let heard = |key: u8, reference: &str, state| {
        let report_id = house.put(MODEM, key, minutes(3)).id();
        assert_eq!(
            house.settle(report_id, minutes(3), report(reference, state)),
            SettledInbound::Done
        );
    };
    heard(10, "41", Delivered);
    assert_eq!(house.state(id), "submitted");
    heard(11, "42", Delivered);
    assert_eq!(house.state(id), "delivered");
    // Failure 24: again, and what tells less.
    heard(12, "42", Delivered);
    heard(13, "42", Undelivered);
    assert_eq!(house.state(id), "delivered");
}

/// Failure 24: the report overtakes the answer; 27: it writes the reference otherwise.
#[test]
fn a_report_before_the_answer_is_kept_and_found_later() {
    let (house, id) = house_with_one();
    house.lease(minutes(2));
    house.submitting(minutes(2), id, (1, 1));
    let early = house.put(MODEM, 10, minutes(2)).id();
    house.settle(early, minutes(2), report("000000002A", Delivered));
    assert_eq!(house.state(id), "submitting");
    let state = house.outcome(minutes(2), (id, 1), PartOutcome::Submitted(Some("42".to_owned())));
    assert_eq!(state, Delivered);
}

/// A modem counts to 255 and begins again: the name is ours by chance.
#[test]
fn a_report_of_a_text_to_another_tells_nothing_of_ours() {
    let (house, id) = house_with_one();
    house.lease(minutes(2));
    house.submitting(minutes(2), id, (1, 1));
    let Parsed::Report(ours) = report("mr-17", Undelivered) else { panic!("a report") };
    let theirs = CarrierReport { to: Some("19900000018".to_owned()), ..ours };
    let early = house.put(MODEM, 10, minutes(2)).id();
    house.settle(early, minutes(2), Parsed::Report(theirs));
    let taken = PartOutcome::Submitted(Some("mr-17".to_owned()));
    assert_eq!(house.outcome(minutes(2), (id, 1), taken), Submitted);
}

/// Failure 23: the one who had it died before anything left.
#[test]
fn a_lease_that_ends_before_the_mark_goes_back() {
    let (house, id) = house_with_one();
    house.lease(minutes(2));
    let house = house.reopened();
    let later = after_lease(minutes(2));
    assert_eq!(house.sweep(later).taken_back, 1);
    assert_eq!(house.lease(later)[0].id, id);
}

/// Failure 30, and the lost final OK: what may have left is never sent again by itself.
#[test]
fn a_lease_that_ends_behind_the_mark_is_uncertain_until_somebody_tells() {
    for (decision, state) in [
        (SendDecision::Sent, Submitted),
        (SendDecision::Resend, Queued),
        (SendDecision::Withdraw, Withdrawn),
    ] {
        let (house, id) = house_with_one();
        house.lease(minutes(2));
        assert!(house.submitting(minutes(2), id, (1, 1)));
        let house = house.reopened();
        let later = after_lease(minutes(2));
        assert_eq!(house.sweep(later).uncertain, 1);
        assert_eq!(house.state(id), "uncertain");
        assert!(house.lease(later).is_empty());
        assert_eq!(house.decide(later, id, decision).unwrap(), state);
        let leased = house.lease(after_lease(later));
        assert_eq!(leased.len(), usize::from(decision == SendDecision::Resend));
        house.verified();
    }
}

/// Failure 26: the answer comes after the time that it was waited for.
#[test]
fn a_late_answer_ends_the_uncertainty() {
    let (house, id) = house_with_one();
    house.lease(minutes(2));
    house.submitting(minutes(2), id, (1, 1));
    let state = house.outcome(minutes(3), (id, 1), PartOutcome::Uncertain("timeout"));
    assert_eq!(state, Uncertain);
    let state = house.outcome(minutes(9), (id, 1), PartOutcome::Submitted(Some("9".to_owned())));
    assert_eq!(state, Submitted);
    assert!(
        house.decide(minutes(9), id, SendDecision::Resend).is_err(),
        "nothing is to be decided"
    );
}

/// Failure 20: a number that no carrier takes parks alone.
#[test]
fn a_number_that_is_refused_keeps_no_other() {
    let house = House::open();
    house.text_at(1, minutes(1), CITIZEN, "路灯不亮");
    house.text_at(2, minutes(1), "19900000018", "停水了");
    let leased = house.lease(minutes(2));
    assert_eq!(leased.len(), 2);
    for message in &leased {
        assert!(house.submitting(minutes(2), message.id, (1, 1)));
    }
    let refused = PartOutcome::Rejected("CMS 38".to_owned());
    assert_eq!(house.outcome(minutes(2), (leased[0].id, 1), refused), Failed);
    let taken = PartOutcome::Submitted(None);
    assert_eq!(house.outcome(minutes(2), (leased[1].id, 1), taken), Submitted);
    assert_eq!(house.decide(minutes(3), leased[0].id, SendDecision::Resend).unwrap(), Queued);
}

#[test]
fn what_was_surely_not_taken_is_tried_again_later_and_later_and_given_up_in_a_day() {
    let (house, id) = house_with_one();
    let mut now = minutes(2);
    let mut tries = 0;
    loop {
        let leased = house.lease(now);
        let Some(message) = leased.first() else { panic!("not due at {now}") };
        tries += 1;
        assert_eq!(message.attempt, tries);
        assert!(house.submitting(now, id, (1, 1)));
        let state = house.outcome(now, (id, 1), PartOutcome::Retry("busy", None));
        if state == Failed {
            break;
        }
        assert_eq!(state, Queued);
        let due = house.outbox()[0].not_before.parse::<Timestamp>().unwrap();
        assert!(house.lease(due - SignedDuration::from_millis(1)).is_empty());
        now = due;
    }
    assert!((10..20).contains(&tries), "{tries} tries in a day");
}

/// Failure 22: throttling rests the account, counts nothing against the message and changes no order.
#[test]
fn throttling_rests_the_account_and_keeps_the_order() {
    let house = House::open();
    house.text(1, "路灯不亮");
    house.text(2, "帮助");
    let first = house.lease(minutes(3));
    assert_eq!(first.len(), 1, "the second is to the same person and waits for the first");
    assert!(house.submitting(minutes(3), first[0].id, (1, 1)));
    let until = minutes(10);
    house.outcome(minutes(3), (first[0].id, 1), PartOutcome::Throttled(until));
    assert!(house.lease(minutes(9)).is_empty());
    let again = house.lease(until);
    assert_eq!((again.len(), again[0].id, again[0].attempt), (1, first[0].id, 1));
    assert!(house.submitting(until, again[0].id, (1, 1)));
    house.outcome(until, (again[0].id, 1), PartOutcome::Submitted(None));
    assert_eq!(house.lease(until)[0].template, "S24");
}

#[test]
fn so_many_messages_in_an_hour_rest_the_account_until_it_is_over() {
    let house = House::open();
    let most = usize::try_from(AUTOMATIC_PER_HOUR_MAX).unwrap();
    for n in 0..most + 20 {
        let mut raw = raw(MODEM, 0, minutes(1));
        raw.dedup_key[..8].copy_from_slice(&n.to_be_bytes());
        let id = answered(|answer| house.handle().inbound_put(vec![raw], answer)).unwrap()[0].id();
        house.settle(id, minutes(1), whole(&format!("199000{n:05}"), "路灯不亮"));
    }
    let mut sent = 0;
    for _ in 0..5 {
        for message in house.lease(minutes(2)) {
            if house.submitting(minutes(2), message.id, (1, 1)) {
                house.outcome(minutes(2), (message.id, 1), PartOutcome::Submitted(None));
                sent += 1;
            }
        }
    }
    assert_eq!(sent, most);
    let accounts = house.reader().message_accounts(minutes(2)).unwrap();
    assert_eq!(accounts[0].paused_why.as_deref(), Some("breaker"));
    house.sweep(after_lease(minutes(2)));
    assert_eq!(house.sent(minutes(63)).len(), 20);
}

#[test]
fn what_nobody_asked_for_again_in_time_is_not_sent() {
    let (house, id) = house_with_one();
    let later = minutes(24 * 60 + 2);
    assert!(house.lease(later).is_empty());
    assert_eq!(house.sweep(later).expired, 1);
    assert_eq!(house.state(id), "expired");
    assert_eq!(house.decide(later, id, SendDecision::Resend).unwrap(), Queued);
    assert_eq!(house.sent(later).len(), 1);
    assert_eq!(house.sweep(later + SignedDuration::from_hours(72)).unknown, 1);
    assert_eq!(house.state(id), "unknown");
}

/// The list tells nothing of what is said, and of whom only what a mask shows.
#[test]
fn the_list_is_masked() {
    let (house, _) = house_with_one();
    let shown = format!("{:?} {:?}", house.outbox(), house.lease(minutes(2)));
    assert!(shown.contains("199****0017"), "{shown}");
    for secret in ["19900000017", "查询码", "路灯"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
