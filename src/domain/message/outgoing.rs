//! The rules of messages that go out: where one can stand, what overtakes what, when it is tried again,
//! and how much is sent to one person, by one account and in one hour (docs/limits.md).

use crate::domain::case::city_zone;
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp};

/// By which way a message comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Short texts (短信).
    Sms,
    /// Mail (电子信箱).
    Mail,
}

/// What a message is for; it decides when it may go and how many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Says at once that something has come in, or answers a question.
    Receipt,
    /// Tells a citizen of his own case.
    Answer,
    /// Tells what nobody asked for: stopped by T.
    Notice,
    /// Tells a unit or a leader what is to be done.
    Order,
    /// A code for signing in.
    Secret,
}

/// Where a message, or one part of it, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendState {
    /// It waits to be sent.
    Queued,
    /// It is being handed over.
    Submitting,
    /// It may have been handed over: an answer, a report or a person will tell.
    Uncertain,
    /// The carrier has it.
    Submitted,
    /// No report came for [`REPORT_WAIT`].
    Unknown,
    /// It was not asked for again in time.
    Expired,
    /// The carrier could not bring it.
    Undelivered,
    /// It arrived.
    Delivered,
    /// It was refused for good, or given up.
    Failed,
    /// It is not to be sent any more.
    Withdrawn,
}

macro_rules! named {
    ($kind:ident, $($name:literal => $value:ident),+ $(,)?) => {
        impl $kind {
            /// Every value with its name in the store and in JSON.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$value, $name)),+];

            /// Its name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                Self::NAMES.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
            }

            /// Reads what [`Self::as_str`] gave.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::NAMES.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
            }
        }
    };
}

named!(Medium, "sms" => Sms, "mail" => Mail);
named!(
    Class,
    "receipt" => Receipt, "answer" => Answer, "notice" => Notice, "order" => Order, "secret" => Secret,
);
named!(
    SendState,
    "queued" => Queued, "submitting" => Submitting, "uncertain" => Uncertain,
    "submitted" => Submitted, "unknown" => Unknown, "expired" => Expired,
    "undelivered" => Undelivered, "delivered" => Delivered, "failed" => Failed,
    "withdrawn" => Withdrawn,
);

impl Class {
    /// Whose turn it is first: what somebody waits for.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Secret | Self::Receipt => 0,
            Self::Order => 1,
            Self::Answer => 2,
            Self::Notice => 3,
        }
    }
}

impl SendState {
    /// How far it has come. What comes later and tells less changes nothing: an answer of the carrier
    /// that was overtaken by the report, a report of an earlier try.
    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Submitting => 1,
            Self::Uncertain => 2,
            Self::Submitted => 3,
            Self::Unknown => 4,
            Self::Withdrawn | Self::Failed => 5,
            Self::Expired | Self::Undelivered => 6,
            Self::Delivered => 7,
        }
    }

    /// Where it stands after this was heard.
    #[must_use]
    pub fn heard(self, news: Self) -> Self {
        if news.rank() > self.rank() { news } else { self }
    }

    /// Nothing more is to be done for it; a late report may still tell more.
    #[must_use]
    pub fn is_end(self) -> bool {
        self.rank() > Self::Submitted.rank()
    }

    /// Where a message stands whose parts stand so; what is worst for the citizen counts.
    #[must_use]
    pub fn of_parts(parts: &[Self]) -> Self {
        let order = [
            Self::Uncertain,
            Self::Failed,
            Self::Undelivered,
            Self::Expired,
            Self::Withdrawn,
            Self::Queued,
            Self::Submitting,
            Self::Submitted,
            Self::Unknown,
            Self::Delivered,
        ];
        order.into_iter().find(|state| parts.contains(state)).unwrap_or(Self::Queued)
    }
}

/// How long a report is waited for.
pub const REPORT_WAIT: SignedDuration = SignedDuration::from_hours(72);

/// How long a message is tried at all, where it says nothing else.
pub const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Pauses between tries; the last one again and again until the message is too old.
const PAUSES: [SignedDuration; 5] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
];

/// How long until the try after `failures` failed ones; up to a fifth more by `dice`, so that what
/// failed together is not tried together.
#[must_use]
pub fn pause(failures: u32, dice: u64) -> SignedDuration {
    let at = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES[at.min(PAUSES.len() - 1)];
    let fifth = pause.as_millis() / 5;
    let more = i64::try_from(i128::from(dice % 1_000) * fifth / 1_000).unwrap_or(0);
    pause + SignedDuration::from_millis(more)
}

/// Texts to one number within an hour that answer what it sent; beyond it silence (hardening: a loop of
/// two machines ends here).
pub const REPLIES_PER_HOUR_MAX: u32 = 3;

/// Texts of all kinds to one number within 24 hours; further ones wait for the next day.
pub const TEXTS_PER_DAY_MAX: u32 = 5;

/// Receipts to one sender within [`RECEIPT_REST`].
pub const RECEIPT_REST: SignedDuration = SignedDuration::from_mins(10);

/// Messages of one account within an hour; beyond it sending pauses until the hour is over and a person
/// is called.
pub const AUTOMATIC_PER_HOUR_MAX: u32 = 200;

/// Nothing that can wait is sent to a telephone in the night.
const QUIET_FROM: Time = time(21, 0, 0, 0);
const QUIET_UNTIL: Time = time(8, 0, 0, 0);

/// When a message that is ready at `now` may leave.
#[must_use]
pub fn may_leave(medium: Medium, class: Class, urgent: bool, now: Timestamp) -> Timestamp {
    let can_wait = matches!(class, Class::Answer | Class::Notice | Class::Order);
    let waits = medium == Medium::Sms && !urgent && can_wait;
    let local = now.to_zoned(city_zone());
    let (day, clock) = (local.date(), local.time());
    let morning = match waits {
        true if clock < QUIET_UNTIL => Some(day),
        true if clock >= QUIET_FROM => day.tomorrow().ok(),
        _ => None,
    };
    let morning = morning.and_then(|day| day.to_datetime(QUIET_UNTIL).to_zoned(city_zone()).ok());
    morning.map_or(now, |morning| morning.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_less_changes_nothing() {
        use SendState::*;
        assert_eq!(Delivered.heard(Submitted), Delivered, "the answer was overtaken by the report");
        assert_eq!(Uncertain.heard(Submitted), Submitted);
        assert_eq!(Uncertain.heard(Delivered), Delivered);
        assert_eq!(Undelivered.heard(Delivered), Delivered, "another try arrived");
        assert_eq!(Delivered.heard(Undelivered), Delivered);
        assert_eq!(Unknown.heard(Delivered), Delivered, "a report after days");
        for (state, name) in SendState::NAMES {
            assert_eq!(SendState::parse(name), Some(*state));
            assert_eq!(state.heard(*state), *state);
        }
    }

    #[test]
    fn a_message_stands_where_its_worst_part_stands() {
        use SendState::*;
        assert_eq!(SendState::of_parts(&[Delivered, Submitted]), Submitted);
        assert_eq!(SendState::of_parts(&[Delivered, Delivered]), Delivered);
        assert_eq!(SendState::of_parts(&[Delivered, Uncertain, Queued]), Uncertain);
        assert_eq!(SendState::of_parts(&[Submitted, Queued]), Queued);
        assert_eq!(SendState::of_parts(&[]), Queued);
    }

    #[test]
    fn tries_come_further_and_further_apart() {
        let seconds: Vec<i64> = (1..8).map(|n| pause(n, 0).as_secs()).collect();
        assert_eq!(seconds, [30, 120, 600, 1_800, 7_200, 7_200, 7_200]);
        assert_eq!(pause(1, 999).as_millis(), 35_994);
    }

    #[test]
    fn nobody_is_woken_by_what_can_wait() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (night, morning) = (at("2026-11-27T22:15:00+08:00"), at("2026-11-28T08:00:00+08:00"));
        let sms = |class, urgent, now| may_leave(Medium::Sms, class, urgent, now);
        assert_eq!(sms(Class::Answer, false, night), morning);
        assert_eq!(sms(Class::Answer, false, at("2026-11-28T07:59:59+08:00")), morning);
        assert_eq!(sms(Class::Answer, false, morning), morning);
        assert_eq!(sms(Class::Order, false, night), morning, "a red card at midnight");
        assert_eq!(sms(Class::Order, true, night), night, "life and limb");
        let evening = at("2026-11-27T20:59:59+08:00");
        assert_eq!(sms(Class::Notice, false, evening), evening);
        for (class, urgent) in
            [(Class::Answer, true), (Class::Receipt, false), (Class::Secret, false)]
        {
            assert_eq!(sms(class, urgent, night), night, "{class:?}");
        }
        assert_eq!(may_leave(Medium::Mail, Class::Answer, false, night), night);
    }
}
