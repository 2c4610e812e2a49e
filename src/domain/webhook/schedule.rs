//! When a message that failed is tried again, how long its receiver is left alone meanwhile, and when
//! its subscription is paused.

use jiff::{SignedDuration, Timestamp};

/// Attempts of one message; the last one is made some three days after the first.
pub const ATTEMPTS_MAX: u32 = 11;

/// A receiver may ask for a later attempt (`Retry-After`) by so much, in seconds.
pub const LATER_SECONDS_MAX: u64 = 3_600;

/// A receiver that fails is left alone for so long at most, in seconds, whatever waits for it.
pub const REST_SECONDS_MAX: u64 = 300;

/// So many failures in a row are an outage of the receiver: what waits is sent at its end.
pub const OUTAGE_FAILURES_MIN: u32 = 3;

/// A subscription is paused after so many failures in a row …
pub const PAUSE_FAILURES_MIN: u32 = 20;

/// … over so many hours.
pub const PAUSE_HOURS: i64 = 24;

/// Before the second attempt, in seconds.
const FIRST_SECONDS: u64 = 10;
/// Each wait is so many times the one before.
const FACTOR: u64 = 4;
/// The longest wait between two attempts, in seconds: 20 hours.
const WAIT_SECONDS_MAX: u64 = 72_000;
/// How far a wait is moved either way, in thousandths.
const JITTER_PER_MILLE: u64 = 100;

/// How long after its `attempts`-th attempt, from 1, a message that failed is tried again; `None`: that
/// was the last one. `dice` is any number: it moves the time by up to a tenth either way, so that what
/// failed together is not tried together. `later` is what the receiver asked for.
#[must_use]
pub fn retry(attempts: u32, dice: u64, later: Option<u64>) -> Option<SignedDuration> {
    if attempts >= ATTEMPTS_MAX {
        return None;
    }
    let factor = FACTOR.saturating_pow(attempts.saturating_sub(1));
    let seconds = FIRST_SECONDS.saturating_mul(factor).min(WAIT_SECONDS_MAX);
    let moved = 1_000 - JITTER_PER_MILLE + dice % (2 * JITTER_PER_MILLE + 1);
    let ms = i64::try_from(seconds.saturating_mul(moved)).unwrap_or(i64::MAX);
    Some(SignedDuration::from_millis(ms).max(asked(later)))
}

/// How long a receiver is left alone after so many failures in a row: 1, 2, 4 … seconds.
fn rest(failures: u32) -> SignedDuration {
    let seconds = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
    let seconds = if failures == 0 { 0 } else { seconds.min(REST_SECONDS_MAX) };
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The same of a receiver that asked for a later attempt: it is heard for everything that waits for it.
#[must_use]
pub fn rest_asked(failures: u32, later: Option<u64>) -> SignedDuration {
    rest(failures).max(asked(later))
}

/// What a receiver asked for, as far as it is heard.
fn asked(later: Option<u64>) -> SignedDuration {
    let seconds = later.unwrap_or(0).min(LATER_SECONDS_MAX);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// So many failures were an outage.
#[must_use]
pub fn is_outage(failures: u32) -> bool {
    failures >= OUTAGE_FAILURES_MIN
}

/// Whether a subscription is to be paused after so many failures in a row, the first of them then.
#[must_use]
pub fn is_to_be_paused(failures: u32, since: Timestamp, now: Timestamp) -> bool {
    let long = now.duration_since(since) >= SignedDuration::from_hours(PAUSE_HOURS);
    failures >= PAUSE_FAILURES_MIN && long
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No dice: the middle.
    const EVEN: u64 = JITTER_PER_MILLE;

    #[test]
    fn waits_grow_fourfold_to_twenty_hours_and_end_after_some_three_days() {
        let waits: Vec<i64> =
            (1..ATTEMPTS_MAX).map(|n| retry(n, EVEN, None).unwrap().as_secs()).collect();
        assert_eq!(
            waits,
            [10, 40, 160, 640, 2_560, 10_240, 40_960, 72_000, 72_000, 72_000],
            "in seconds"
        );
        let hours = waits.iter().sum::<i64>() / 3_600;
        assert!((70..=80).contains(&hours), "{hours} h");
        assert_eq!(retry(ATTEMPTS_MAX, EVEN, None), None);
        assert_eq!(retry(u32::MAX, EVEN, None), None);
        assert_eq!(retry(0, EVEN, None), retry(1, EVEN, None));
    }

    #[test]
    fn dice_move_a_wait_by_a_tenth_either_way_and_no_further() {
        let waits: Vec<i64> = (0..1_000).map(|dice| millis(retry(2, dice, None))).collect();
        assert_eq!((waits.iter().min(), waits.iter().max()), (Some(&36_000), Some(&44_000)));
        assert!((36_000..=44_000).contains(&millis(retry(2, u64::MAX, None))));
    }

    fn millis(wait: Option<SignedDuration>) -> i64 {
        i64::try_from(wait.unwrap().as_millis()).unwrap()
    }

    #[test]
    fn a_receiver_may_ask_for_later_by_an_hour_and_never_for_sooner() {
        assert_eq!(retry(1, EVEN, Some(120)).unwrap().as_secs(), 120);
        assert_eq!(retry(1, EVEN, Some(u64::MAX)).unwrap().as_secs(), 3_600);
        assert_eq!(retry(6, EVEN, Some(1)).unwrap().as_secs(), 10_240);
    }

    #[test]
    fn a_receiver_that_fails_is_left_alone_for_longer_and_longer() {
        let rests: Vec<i64> = [0, 1, 2, 3, 9, 10, 64, u32::MAX].map(|n| rest(n).as_secs()).to_vec();
        assert_eq!(rests, [0, 1, 2, 4, 256, 300, 300, 300]);
        let asked = |n, later| rest_asked(n, later).as_secs();
        assert_eq!((asked(1, None), asked(1, Some(120)), asked(10, Some(120))), (1, 120, 300));
        assert_eq!(asked(1, Some(u64::MAX)), 3_600, "an hour, never longer");
    }

    #[test]
    fn a_subscription_is_paused_after_many_failures_over_a_day() {
        let hour = |h: i64| Timestamp::from_second(h * 3_600).unwrap();
        assert!(is_to_be_paused(20, hour(0), hour(24)));
        assert!(!is_to_be_paused(19, hour(0), hour(48)), "few events, few failures");
        assert!(!is_to_be_paused(500, hour(0), hour(23)), "a day's outage is waited for");
        assert!(!is_outage(2) && is_outage(3));
    }
}
