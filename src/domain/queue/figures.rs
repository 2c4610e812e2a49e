//! The figures of the day and the honest estimate of a wait.

use std::time::Duration;

/// Calls that must have been handled before a wait is estimated.
const SAMPLES_MIN: u32 = 3;
/// Weight of the newest call in the running mean of the handling time: one in so many.
const SMOOTHING: u32 = 8;
/// Longest estimate that is told, in minutes; a longer one is too unsure to be honest.
pub const ESTIMATE_MINUTES_MAX: u32 = 60;

/// What became of the callers of one group since midnight. What was taken in and what became of it
/// add up: `entered = answered + abandoned + by_key + told_no_one + moved + kept + waiting`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // named as the entries of the account
pub struct Today {
    /// Taken in.
    pub entered: u32,
    /// Not taken in, and told why.
    pub refused: u32,
    /// Joined with a seat.
    pub answered: u32,
    /// Of these within [`super::QueueRules::in_time`].
    pub in_time: u32,
    /// Hung up while waiting.
    pub abandoned: u32,
    /// Chose something else by a key.
    pub by_key: u32,
    /// Told that nobody comes.
    pub told_no_one: u32,
    /// Taken elsewhere by the switch.
    pub moved: u32,
    /// To be called back in their place.
    pub kept: u32,
    /// Kept places that ended in a talk.
    pub kept_answered: u32,
    /// Kept places that were given up.
    pub kept_over: u32,
}

/// The running mean of what one call takes a seat, talk and work after it together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Handling {
    mean: Duration,
    samples: u32,
}

impl Handling {
    /// One more call was handled.
    pub(super) fn add(&mut self, took: Duration) {
        self.samples = self.samples.saturating_add(1);
        let weight = self.samples.min(SMOOTHING);
        self.mean = (self.mean * (weight - 1) + took) / weight;
    }

    /// Minutes until a caller with so many before him is answered by so many seats, rounded up;
    /// `None` where too little is known or the wait is beyond [`ESTIMATE_MINUTES_MAX`].
    pub(super) fn estimate(&self, ahead: u32, seats: u32) -> Option<u32> {
        if self.samples < SAMPLES_MIN || seats == 0 {
            return None;
        }
        // With all seats busy one of them is free every `mean / seats`; his turn is the next after
        // those before him.
        let wait = self.mean.saturating_mul(ahead.saturating_add(1)) / seats;
        let minutes = u32::try_from(wait.as_secs().div_ceil(60)).ok()?.max(1);
        (minutes <= ESTIMATE_MINUTES_MAX).then_some(minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_estimated_before_three_calls_nor_without_a_seat_nor_beyond_an_hour() {
        let mut handling = Handling::default();
        handling.add(Duration::from_secs(180));
        handling.add(Duration::from_secs(180));
        assert_eq!(handling.estimate(0, 3), None);
        handling.add(Duration::from_secs(180));
        assert_eq!(handling.estimate(0, 3), Some(1));
        assert_eq!(handling.estimate(4, 3), Some(5));
        assert_eq!(handling.estimate(5, 3), Some(6));
        assert_eq!(handling.estimate(59, 3), Some(60));
        assert_eq!(handling.estimate(60, 3), None);
        assert_eq!(handling.estimate(0, 0), None);
    }

    #[test]
    fn the_mean_follows_calls_that_become_longer() {
        let mut handling = Handling::default();
        for _ in 0..3 {
            handling.add(Duration::from_secs(60));
        }
        assert_eq!(handling.estimate(0, 1), Some(1));
        for _ in 0..40 {
            handling.add(Duration::from_secs(240));
        }
        assert_eq!(handling.estimate(0, 1), Some(4));
    }
}
