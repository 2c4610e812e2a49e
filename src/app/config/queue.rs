//! `[queue]`: the groups of seats and how callers wait for them.

use crate::domain::queue::{
    GroupId, GroupRules, HolidayHours, Hours, Members, Overflow, QueueRules, Strategy, WeekHours,
};
use crate::gateway::switch::Warned;
use crate::units::{PhoneNumber, SeatNumber};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers whose holders are asked to be brief.
const WARNED_MAX: usize = 500;

/// `[queue]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct QueueKeys {
    pub resume_seconds: u64,
    pub decline_rest_seconds: u64,
    pub place_first_seconds: u64,
    pub place_every_seconds: u64,
    pub callback_wait_minutes: u64,
    pub duty_group: String,
    pub warned: Vec<WarnedKeys>,
    pub group: Vec<GroupKeys>,
}

/// One who is asked to be brief.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct WarnedKeys {
    pub number: String,
    pub until: Date,
    pub approved_by: String,
}

/// `[[queue.group]]`; every key but the name may be left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct GroupKeys {
    pub name: String,
    pub members: Vec<String>,
    pub strategy: Strategy,
    pub widen_seconds: Vec<u64>,
    pub hours: Vec<String>,
    pub holidays: String,
    pub dates: Vec<String>,
    pub overflow: Vec<OverflowKeys>,
    pub waiting_max: usize,
    pub answer_seconds: u64,
    pub wrap_up_seconds: u64,
    pub disposition_required: bool,
    pub wait_minutes: u64,
    pub nobody_seconds: u64,
}

/// One helper of a group.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct OverflowKeys {
    pub group: String,
    pub after_seconds: u64,
}

impl Default for GroupKeys {
    fn default() -> Self {
        let rules = GroupRules::new("");
        Self {
            name: rules.name,
            members: Vec::new(),
            strategy: rules.strategy,
            widen_seconds: Vec::new(),
            hours: vec!["daily 00:00-24:00".to_owned()],
            holidays: "as_weekday".to_owned(),
            dates: Vec::new(),
            overflow: Vec::new(),
            waiting_max: rules.waiting_max,
            answer_seconds: rules.answer.as_secs(),
            wrap_up_seconds: rules.wrap_up.as_secs(),
            disposition_required: rules.disposition_required,
            wait_minutes: rules.wait_max.as_secs() / 60,
            nobody_seconds: rules.nobody.as_secs(),
        }
    }
}

impl QueueKeys {
    /// The rules of the queue; the error names the group and the key.
    pub fn rules(&self, time_zone: TimeZone) -> Result<QueueRules, String> {
        for (key, value, max) in [
            ("resume_seconds", self.resume_seconds, 3600),
            ("decline_rest_seconds", self.decline_rest_seconds, 600),
            ("place_first_seconds", self.place_first_seconds, 600),
            ("place_every_seconds", self.place_every_seconds, 600),
            ("callback_wait_minutes", self.callback_wait_minutes, 1440),
        ] {
            super::require((1..=max).contains(&value), &format!("queue.{key} must be 1 to {max}"))?;
        }
        let named = |group: &GroupKeys, why: &str| format!("queue.group {:?}: {why}", group.name);
        let read = |group| self.group_rules(group).map_err(|why| named(group, &why));
        let groups = self.group.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let rules = QueueRules {
            resume: Duration::from_secs(self.resume_seconds),
            decline_rest: Duration::from_secs(self.decline_rest_seconds),
            place_first: Duration::from_secs(self.place_first_seconds),
            place_every: Duration::from_secs(self.place_every_seconds),
            callback_wait_max: Duration::from_secs(self.callback_wait_minutes * 60),
            time_zone,
            ..QueueRules::new(groups)
        };
        rules.check().map(|()| rules).map_err(|error| format!("queue.{error}"))
    }

    /// The group of the duty after hours; the error names the key.
    pub fn duty_group(&self) -> Result<Option<String>, String> {
        let known = self.group.iter().any(|group| group.name == self.duty_group);
        match (self.duty_group.as_str(), known) {
            ("", _) => Ok(None),
            (name, true) => Ok(Some(name.to_owned())),
            (name, false) => Err(format!("queue.duty_group: no group {name:?}")),
        }
    }

    /// Who is asked to be brief; the error names the key, not the number.
    pub fn warned(&self) -> Result<Vec<Warned>, String> {
        super::require(
            self.warned.len() <= WARNED_MAX,
            &format!("queue.warned: at most {WARNED_MAX}"),
        )?;
        let read = |keys: &WarnedKeys| {
            let number = PhoneNumber::parse(&keys.number);
            let number = number.map_err(|error| format!("queue.warned: {error}"))?;
            let approved = !keys.approved_by.trim().is_empty();
            super::require(approved, "queue.warned: approved_by must name the supervisor")?;
            Ok(Warned { number, until: keys.until })
        };
        self.warned.iter().map(read).collect()
    }

    fn group_rules(&self, keys: &GroupKeys) -> Result<GroupRules, String> {
        let seconds = Duration::from_secs;
        Ok(GroupRules {
            name: keys.name.clone(),
            members: members(&keys.members)?,
            strategy: keys.strategy,
            widen: keys.widen_seconds.iter().copied().map(seconds).collect(),
            hours: hours(keys)?,
            overflow: keys.overflow.iter().map(|to| self.overflow(to)).collect::<Result<_, _>>()?,
            waiting_max: keys.waiting_max,
            answer: seconds(keys.answer_seconds),
            wrap_up: seconds(keys.wrap_up_seconds),
            disposition_required: keys.disposition_required,
            wait_max: seconds(keys.wait_minutes.saturating_mul(60)),
            nobody: seconds(keys.nobody_seconds),
        })
    }

    fn overflow(&self, keys: &OverflowKeys) -> Result<Overflow, String> {
        let at = self.group.iter().position(|group| group.name == keys.group);
        let at = at.and_then(|at| u16::try_from(at).ok());
        let group = at.ok_or_else(|| format!("overflow: no group {:?}", keys.group))?;
        let after = Duration::from_secs(keys.after_seconds);
        Ok(Overflow { after, group: GroupId(group) })
    }
}

/// `801` or `801:2`, the tier after the colon.
fn members(listed: &[String]) -> Result<Members, String> {
    if listed.is_empty() {
        return Ok(Members::Everybody);
    }
    let read = |text: &String| {
        let (seat, tier) = text.split_once(':').unwrap_or((text, "1"));
        let seat = SeatNumber::parse(seat).map_err(|error| format!("members: {text}: {error}"))?;
        let tier = tier.parse().map_err(|_| format!("members: {text}: the tier must be 1 to 9"))?;
        Ok::<_, String>((seat, tier))
    };
    listed.iter().map(read).collect::<Result<_, _>>().map(Members::Listed)
}

fn hours(keys: &GroupKeys) -> Result<Hours, String> {
    let week = WeekHours::parse(keys.hours.iter().map(String::as_str));
    let mut hours = Hours {
        week: week.map_err(|error| error.to_string())?,
        holidays: HolidayHours::parse(&keys.holidays).map_err(|error| error.to_string())?,
        dates: BTreeMap::new(),
    };
    for line in &keys.dates {
        hours.add_date(line).map_err(|error| error.to_string())?;
    }
    Ok(hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Config;
    use crate::domain::calendar::Calendar;
    use crate::domain::desk::SeatRole;
    use crate::domain::queue::Opening;

    fn load(text: &str) -> Result<QueueRules, String> {
        let config = Config::from_text("test.toml", text, &[]).map_err(|exit| exit.message)?;
        config.queue.rules(TimeZone::UTC)
    }

    #[test]
    fn the_documented_defaults_are_those_of_the_rules() {
        let rules = load("").unwrap();
        let defaults = QueueRules::new(vec![GroupRules::new("operators")]);
        assert_eq!(rules, QueueRules { time_zone: TimeZone::UTC, ..defaults });
    }

    #[test]
    fn the_duty_after_hours_and_who_is_asked_to_be_brief_are_read() {
        let keys = |text: &str| Config::from_text("test.toml", text, &[]).unwrap().queue;
        assert_eq!((keys("").duty_group(), keys("").warned()), (Ok(None), Ok(vec![])));
        let night = keys("[queue]\nduty_group = 'night'\n[[queue.group]]\nname = 'night'");
        assert_eq!(night.duty_group(), Ok(Some("night".to_owned())));
        let one = |number: &str, by: &str| {
            keys(&format!(
                "[queue]\nwarned = [{{ number = '{number}', until = '2026-12-31', approved_by = '{by}' }}]"
            ))
        };
        assert_eq!(one("19900000009", "王芳").warned().unwrap()[0].until.to_string(), "2026-12-31");
        assert!(one("19900000009", " ").warned().unwrap_err().contains("approved_by"));
        assert!(one("nobody", "王芳").warned().unwrap_err().starts_with("queue.warned"));
        let none = keys("[queue]\nduty_group = 'night'");
        assert_eq!(none.duty_group(), Err("queue.duty_group: no group \"night\"".to_owned()));
    }

    #[test]
    fn groups_are_read_with_their_tiers_hours_and_helpers() {
        let text = r#"
            [[queue.group]]
            name = "operators"
            members = ["801", "802:2"]
            strategy = "round_robin"
            widen_seconds = [20]
            hours = ["mon-fri 08:30-12:00 14:00-17:30"]
            holidays = "closed"
            dates = ["2026-12-31 08:30-12:00"]
            overflow = [{ group = "night", after_seconds = 60 }]
            waiting_max = 5
            [[queue.group]]
            name = "night"
        "#;
        let rules = load(text).unwrap();
        let group = &rules.groups[0];
        assert_eq!((group.strategy, group.waiting_max), (Strategy::RoundRobin, 5));
        assert_eq!(group.overflow[0].group, rules.group("night").unwrap());
        assert_eq!(group.opens_tier(2), Duration::from_secs(20));
        let seat = |number: &str| SeatNumber::parse(number).unwrap();
        let first = rules.memberships(&seat("802"), SeatRole::Operator);
        assert_eq!(first, [(GroupId(0), 2), (GroupId(1), 1)]);
        assert_eq!(rules.memberships(&seat("803"), SeatRole::Leader), []);
        let noon = "2026-11-26T13:00".parse().unwrap();
        assert_ne!(group.hours.at(noon, &Calendar::built_in()), Opening::Open);
    }

    #[test]
    fn a_group_that_cannot_be_is_refused_with_its_name_and_key() {
        for (group, complaint) in [
            ("name = ''", "the name is empty"),
            ("name = 'a'\nhours = ['sometimes']", "hours \"sometimes\""),
            ("name = 'a'\nanswer_seconds = 0", "answer_seconds must be 1 to 60"),
            ("name = 'a'\nmembers = ['1']", "members: 1: not a valid seat number"),
            ("name = 'a'\nmembers = ['801:0']", "a tier must be 1 to 9"),
            ("name = 'a'\noverflow = [{ group = 'b', after_seconds = 1 }]", "no group \"b\""),
            ("name = 'a'\nstrategy = 'best'", "unknown variant"),
            ("name = 'a'\nnames = 'b'", "unknown field"),
        ] {
            let error = load(&format!("[[queue.group]]\n{group}")).unwrap_err();
            assert!(error.contains(complaint), "{group}: {error}");
            assert!(error.starts_with("test.toml:1:"), "{group}: {error}");
        }
        assert!(load("[queue]\nresume_seconds = 0").unwrap_err().contains("queue.resume_seconds"));
    }
}
