//! Whether a modem answers, and how long what is to be sent has waited.

use jiff::Timestamp;

/// Periods without a word of the modem after which an alarm is raised.
pub const SILENT_PERIODS: i64 = 3;
/// How long a text may wait for a modem that has it.
pub const QUEUED_SECONDS_MAX: i64 = 15 * 60;

/// What is known of one modem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// When it last answered or gave a sign; at first, when it was first looked at.
    pub last_success: Option<Timestamp>,
    /// How many seconds the oldest text has waited that smsd or the modem holds.
    pub oldest_queued_seconds: Option<i64>,
    /// Whether an alarm was raised for its silence.
    pub is_silent: bool,
    /// Whether an alarm was raised for texts that wait.
    pub is_behind: bool,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing was heard for so many seconds: an alarm.
    Silent(i64),
    /// It answers again.
    Answers,
    /// A text has waited for so many seconds: an alarm.
    Behind(i64),
    /// None has waited for long any more.
    KeepsUp,
}

impl Health {
    /// The modem answered.
    pub fn success(&mut self, now: Timestamp) {
        self.last_success = Some(now);
    }

    /// Compares with the limits; the period is how often the modem should give a sign.
    pub fn look(&mut self, now: Timestamp, period_seconds: i64) -> Vec<Change> {
        let last = *self.last_success.get_or_insert(now);
        let quiet = now.duration_since(last).as_secs();
        let is_silent = quiet >= SILENT_PERIODS * period_seconds;
        let waited = self.oldest_queued_seconds.unwrap_or_default();
        let is_behind = waited > QUEUED_SECONDS_MAX;
        let mut changes = Vec::new();
        if is_silent != self.is_silent {
            changes.push(if is_silent { Change::Silent(quiet) } else { Change::Answers });
        }
        if is_behind != self.is_behind {
            changes.push(if is_behind { Change::Behind(waited) } else { Change::KeepsUp });
        }
        (self.is_silent, self.is_behind) = (is_silent, is_behind);
        changes
    }
}

impl Change {
    /// The line in the log.
    pub(super) fn tell(&self, account: &str) {
        match *self {
            Self::Silent(seconds) => {
                tracing::error!(
                    account,
                    seconds,
                    "ALARM a modem gives no sign: no text comes or leaves"
                );
            }
            Self::Behind(seconds) => {
                tracing::error!(account, seconds, "ALARM texts wait too long for their modem");
            }
            Self::Answers => tracing::info!(account, "the modem answers again"),
            Self::KeepsUp => {
                tracing::info!(account, "no text waits for the modem for long any more")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_821_230 + seconds).unwrap()
    }

    #[test]
    fn three_periods_of_silence_raise_one_alarm_until_it_answers() {
        let mut health = Health::default();
        assert_eq!(health.look(at(0), 60), []);
        assert_eq!(health.look(at(179), 60), []);
        assert_eq!(health.look(at(180), 60), [Change::Silent(180)]);
        assert_eq!(health.look(at(900), 60), []);
        health.success(at(901));
        assert_eq!(health.look(at(902), 60), [Change::Answers]);
        assert_eq!(health.look(at(1_081), 60), [Change::Silent(180)]);
    }

    #[test]
    fn a_text_that_waits_for_long_is_told_once() {
        let waits = Some(QUEUED_SECONDS_MAX + 1);
        let mut health = Health { oldest_queued_seconds: waits, ..Health::default() };
        assert_eq!(health.look(at(0), 60), [Change::Behind(901)]);
        assert_eq!(health.look(at(1), 60), []);
        health.oldest_queued_seconds = None;
        assert_eq!(health.look(at(2), 60), [Change::KeepsUp]);
    }
}
