//! When a speech engine is asked, and when no more: pure, on whatever clock the caller has.

use jiff::{SignedDuration, Timestamp};

/// What the service speaks with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechRules {
    /// What the voice is known by: another engine, model or voice is another one.
    pub voice: String,
    /// It is said first that an engine speaks (DL11).
    pub announced: bool,
}

/// Tries of one reply; then it is told by text or by a person.
pub const SPEECH_TRIES_MAX: u32 = 8;
/// Longest pause between two tries of one reply, in minutes.
pub const SPEECH_PAUSE_MINUTES_MAX: i64 = 60;
/// An engine that fails rests at first so long, in seconds, then twice as long each time.
pub const ENGINE_REST_SECONDS: i64 = 5;
/// It never rests longer, in seconds.
pub const ENGINE_REST_SECONDS_MAX: i64 = 300;

/// Doublings of a pause that count; its bound comes long before.
const DOUBLINGS_MAX: u32 = 16;

/// How long a reply waits after its try number `tries`, from 1.
#[must_use]
pub fn pause(tries: u32) -> SignedDuration {
    let minutes = 1_i64 << tries.saturating_sub(1).min(DOUBLINGS_MAX);
    SignedDuration::from_mins(minutes.min(SPEECH_PAUSE_MINUTES_MAX))
}

/// Whether the engine may be asked: one that fails rests, so that a dead one costs each reply few tries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineRest {
    failures: u32,
    until: Option<Timestamp>,
}

impl EngineRest {
    /// It may be asked.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// It answered.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// It failed; `true`: for the first time in a row, which is told aloud.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        let rest = ENGINE_REST_SECONDS << self.failures.min(DOUBLINGS_MAX);
        let rest = rest.min(ENGINE_REST_SECONDS_MAX);
        self.until = now.saturating_add(SignedDuration::from_secs(rest)).ok();
        self.failures = self.failures.saturating_add(1);
        self.failures == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    #[test]
    fn pauses_grow_and_end() {
        let minutes: Vec<_> = (1..=9).map(|tries| pause(tries).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(u32::MAX), SignedDuration::from_mins(60));
    }

    #[test]
    fn a_dead_engine_is_asked_seldom_and_one_that_is_back_at_once() {
        let mut rest = EngineRest::default();
        assert!(rest.is_over(at(0)));
        assert!(rest.failed(at(0)), "told aloud");
        assert!(!rest.is_over(at(4)) && rest.is_over(at(5)));
        assert!(!rest.failed(at(5)), "once");
        assert!(!rest.is_over(at(14)) && rest.is_over(at(15)));
        // A day of failures: the clock moves to each end of the rest.
        let (mut now, mut asked) = (15, 0);
        while now < 86_400 {
            if rest.is_over(at(now)) {
                rest.failed(at(now));
                asked += 1;
            }
            now += 1;
        }
        assert!((280..=300).contains(&asked), "{asked}");
        rest.answered();
        assert_eq!(rest, EngineRest::default());
        for _ in 0..100 {
            rest.failed(at(0));
        }
        assert!(rest.is_over(at(ENGINE_REST_SECONDS_MAX)));
        assert!(!rest.is_over(at(ENGINE_REST_SECONDS_MAX - 1)));
    }
}
