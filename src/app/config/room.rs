//! `[survey]` and `[room]`: the rating after a talk, and how long things take in a conversation.

use super::require;
use crate::domain::room::RoomRules;
use serde::Deserialize;
use std::time::Duration;

/// Most repeats of the question for a rating.
const REPEATS_MAX: u8 = 3;
/// Seconds that one contact of a unit may ring and think: two of them and what is said to them stay
/// below the 150 s after which a page gives its command up.
const CONTACT_SECONDS_MAX: u64 = 40;

/// `[survey]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct SurveyKeys {
    pub ask: bool,
    pub repeats: u8,
}

impl SurveyKeys {
    pub(super) fn check(&self) -> Result<(), String> {
        require(
            self.repeats <= REPEATS_MAX,
            &format!("survey.repeats must be at most {REPEATS_MAX}"),
        )
    }
}

/// `[room]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RoomKeys {
    pub ring_seconds: u64,
    pub ring_citizen_seconds: u64,
    pub key_wait_seconds: u64,
    pub remind_seconds: u64,
    pub secret_seconds_max: u64,
    pub unattended_minutes_max: u64,
    pub store_seconds_max: u64,
    pub wrap_up_minutes_max: u64,
}

impl RoomKeys {
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, value, min, max) in [
            ("ring_seconds", self.ring_seconds, 5, CONTACT_SECONDS_MAX),
            ("ring_citizen_seconds", self.ring_citizen_seconds, 10, 120),
            ("key_wait_seconds", self.key_wait_seconds, 3, CONTACT_SECONDS_MAX),
            ("remind_seconds", self.remind_seconds, 10, 600),
            ("secret_seconds_max", self.secret_seconds_max, 10, 3_600),
            ("unattended_minutes_max", self.unattended_minutes_max, 1, 240),
            ("store_seconds_max", self.store_seconds_max, 1, 60),
            ("wrap_up_minutes_max", self.wrap_up_minutes_max, 1, 1_440),
        ] {
            let holds = (min..=max).contains(&value);
            require(holds, &format!("room.{key} must be {min} to {max}"))?;
        }
        require(
            self.ring_seconds + self.key_wait_seconds <= CONTACT_SECONDS_MAX,
            &format!(
                "room.ring_seconds and key_wait_seconds: at most {CONTACT_SECONDS_MAX} together"
            ),
        )
    }

    /// As the rooms are told.
    pub(in crate::app) fn rules(&self) -> RoomRules {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        RoomRules {
            ring: Duration::from_secs(self.ring_seconds),
            ring_citizen: Duration::from_secs(self.ring_citizen_seconds),
            key_wait: Duration::from_secs(self.key_wait_seconds),
            remind: Duration::from_secs(self.remind_seconds),
            secret_max: Duration::from_secs(self.secret_seconds_max),
            unattended_max: minutes(self.unattended_minutes_max),
            store_max: Duration::from_secs(self.store_seconds_max),
            wrap_up_max: minutes(self.wrap_up_minutes_max),
            ..RoomRules::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn the_documented_defaults_are_those_of_the_rooms_and_pages_wait_longer() {
        let config = Config::from_text("", "", &[]).ok().unwrap();
        assert_eq!(config.room.rules(), RoomRules::default());
        let longest = ["room.ring_seconds=37".to_owned(), "room.key_wait_seconds=3".to_owned()];
        let config = Config::from_text("", "", &longest);
        let text = "[room]\nring_seconds = 30\nring_citizen_seconds = 120\n";
        assert!(config.is_err(), "37 + 10 is too long, whatever follows");
        let config = Config::from_text("", text, &[]).ok().unwrap();
        assert!(config.room.rules().dial_max() < Duration::from_secs(150), "the hub's ANSWER_WAIT");
    }
}
