//! The rules of the queue: the city's groups and how each is served.

use super::{GroupId, Hours};
use crate::domain::desk::SeatRole;
use crate::units::SeatNumber;
use std::time::Duration;

/// Groups of one city.
pub const GROUPS_MAX: usize = 64;
/// Seats of one city.
pub const SEATS_MAX: usize = 500;
/// Other groups that may help one group.
pub const OVERFLOWS_MAX: usize = 3;
/// Tiers of one group.
pub const TIERS_MAX: u8 = 9;

/// Rules that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// No group, or more than [`GROUPS_MAX`].
    #[error("the queue needs 1 to {GROUPS_MAX} groups")]
    Groups,
    /// A name is empty or used twice.
    #[error("group {0:?}: the name is empty or used twice")]
    Name(String),
    /// A wait or bound is out of its range.
    #[error("group {0:?}: {1}")]
    Value(String, &'static str),
}

/// Which free seat of the lowest tier is offered the next caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The one that has been idle longest.
    LongestIdle,
    /// The next one after the last that was offered a caller, in the order of the seats.
    RoundRobin,
    /// The one with the fewest calls of the day.
    FewestCalls,
    /// The one that has talked least on the day.
    LeastTalk,
    /// All at once; the first that answers has the caller.
    RingAll,
    /// Any, all alike.
    Random,
    /// The first in the order of the seats.
    Linear,
}

/// From when on another group may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// After this wait, counted from the first arrival.
    pub after: Duration,
    /// Which group.
    pub group: GroupId,
}

/// Which seats serve a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Every operator and supervisor, in tier 1.
    Everybody,
    /// These, with their tiers.
    Listed(Vec<(SeatNumber, u8)>),
}

/// One group (技能组).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRules {
    /// Its name, as commands and views say it.
    pub name: String,
    /// Who serves it.
    pub members: Members,
    /// Which free seat is next.
    pub strategy: Strategy,
    /// From which wait on each further tier may be offered a caller: the first value is of tier 2.
    /// Tiers beyond the list use its last value; an empty list opens all tiers at once.
    pub widen: Vec<Duration>,
    /// When callers are taken in.
    pub hours: Hours,
    /// Other groups that help.
    pub overflow: Vec<Overflow>,
    /// Callers who may wait, kept places included; one more is told so honestly.
    pub waiting_max: usize,
    /// How long a seat rings.
    pub answer: Duration,
    /// Longest work after a call.
    pub wrap_up: Duration,
    /// A seat whose work after a call ran out without a disposition is paused for paperwork;
    /// without this it is ready again.
    pub disposition_required: bool,
    /// Longest wait on the line; then the caller is told that nobody comes.
    pub wait_max: Duration,
    /// How long callers wait for seats that are all paused.
    pub nobody: Duration,
}

impl GroupRules {
    /// A group of this name that everybody serves round the clock, longest idle first.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            members: Members::Everybody,
            strategy: Strategy::LongestIdle,
            widen: Vec::new(),
            hours: Hours::always(),
            overflow: Vec::new(),
            waiting_max: 50,
            answer: Duration::from_secs(12), // domain.md A3: skipped and not ready after 12 s
            wrap_up: Duration::from_secs(120),
            disposition_required: true,
            wait_max: Duration::from_secs(20 * 60),
            nobody: Duration::from_secs(30),
        }
    }

    /// From which wait on a seat of this tier may be offered a caller.
    #[must_use]
    pub fn opens_tier(&self, tier: u8) -> Duration {
        let Some(last) = self.widen.last().filter(|_| tier > 1) else { return Duration::ZERO };
        *self.widen.get(usize::from(tier) - 2).unwrap_or(last)
    }
}

/// The rules of the whole queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRules {
    /// The groups; a [`GroupId`] is an index of these.
    pub groups: Vec<GroupRules>,
    /// A caller who hung up and calls again within this time has his place again.
    pub resume: Duration,
    /// A seat that declined stays ready and is offered nobody for so long.
    pub decline_rest: Duration,
    /// The wait before a caller's place is told first (Q01 comes before it).
    pub place_first: Duration,
    /// The shortest time between two tellings (Q02).
    pub place_every: Duration,
    /// An answered offer that is neither connected nor failed after this is taken as failed.
    pub connect: Duration,
    /// The same for a citizen who is called back and must be rung.
    pub callback_ring: Duration,
    /// A kept place is given up after this.
    pub callback_wait_max: Duration,
    /// A talk whose end nobody told is taken as over.
    pub talk_max: Duration,
    /// A call answered within this is in time (GB/T 33358-2016: 15 s).
    pub in_time: Duration,
    /// The city's civil time.
    pub time_zone: jiff::tz::TimeZone,
}

impl QueueRules {
    /// These groups with the waits of `config/mayorline.toml`, in China's time.
    #[must_use]
    pub fn new(groups: Vec<GroupRules>) -> Self {
        Self {
            groups,
            resume: Duration::from_secs(60),
            decline_rest: Duration::from_secs(10),
            place_first: Duration::from_secs(12),
            place_every: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            callback_ring: Duration::from_secs(45),
            callback_wait_max: Duration::from_secs(4 * 3600),
            talk_max: Duration::from_secs(4 * 3600),
            in_time: Duration::from_secs(15),
            time_zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(8)),
        }
    }

    /// The group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<GroupId> {
        let at = self.groups.iter().position(|group| group.name == name)?;
        u16::try_from(at).ok().map(GroupId)
    }

    /// The groups that a seat serves, each with its tier.
    #[must_use]
    pub fn memberships(&self, seat: &SeatNumber, role: SeatRole) -> Vec<(GroupId, u8)> {
        let takes_calls = matches!(role, SeatRole::Operator | SeatRole::Supervisor);
        let tier = |group: &GroupRules| match &group.members {
            Members::Everybody => takes_calls.then_some(1),
            Members::Listed(seats) => {
                seats.iter().find(|(listed, _)| listed == seat).map(|(_, tier)| *tier)
            }
        };
        let numbered = (0..).map(GroupId).zip(&self.groups);
        numbered.filter_map(|(id, group)| Some((id, tier(group)?))).collect()
    }

    /// Says what contradicts itself.
    pub fn check(&self) -> Result<(), RulesError> {
        if !(1..=GROUPS_MAX).contains(&self.groups.len()) {
            return Err(RulesError::Groups);
        }
        for (at, group) in self.groups.iter().enumerate() {
            let twice = self.groups[..at].iter().any(|other| other.name == group.name);
            if group.name.is_empty() || twice {
                return Err(RulesError::Name(group.name.clone()));
            }
            if let Some(why) = self.fault(at, group) {
                return Err(RulesError::Value(group.name.clone(), why));
            }
        }
        Ok(())
    }

    fn fault(&self, at: usize, group: &GroupRules) -> Option<&'static str> {
        let elsewhere = |overflow: &Overflow| {
            let to = usize::from(overflow.group.0);
            to != at && to < self.groups.len()
        };
        let tiers = match &group.members {
            Members::Everybody => true,
            Members::Listed(seats) => {
                seats.len() <= SEATS_MAX
                    && seats.iter().all(|(_, tier)| (1..=TIERS_MAX).contains(tier))
            }
        };
        let seconds = |wait: Duration, max: u64| (1..=max).contains(&wait.as_secs());
        [
            (seconds(group.answer, 60), "answer_seconds must be 1 to 60"),
            (seconds(group.wrap_up, 1800), "wrap_up_seconds must be 1 to 1800"),
            (seconds(group.wait_max, 7200), "wait_seconds_max must be 1 to 7200"),
            (group.nobody.as_secs() <= 600, "nobody_seconds must be at most 600"),
            ((1..=10_000).contains(&group.waiting_max), "waiting_max must be 1 to 10000"),
            (group.widen.is_sorted(), "widen_seconds must not fall"),
            (tiers, "members: a tier must be 1 to 9"),
            (group.overflow.len() <= OVERFLOWS_MAX, "overflow: at most 3 groups"),
            (group.overflow.iter().all(elsewhere), "overflow: to another group"),
        ]
        .iter()
        .find_map(|(holds, why)| (!holds).then_some(*why))
    }
}
