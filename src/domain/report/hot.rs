//! Hot issues (热点、焦点问题, domain.md C3): what came most by type, town and unit, against the period
//! before and the year before, and what is a burst.

use crate::domain::case::{DOMAIN_UNCODED, local_day};
use crate::domain::figures::{BurstRules, Facts, Sighting, bursts};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Issues of one axis in a report.
pub const HOT_MAX: usize = 10;

/// What cases are alike by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// The same domain in the same town.
    DomainInTown,
    /// The same domain.
    Domain,
    /// The same town.
    Town,
    /// The same lead unit.
    Unit,
}

impl Axis {
    const ALL: [Self; 4] = [Self::DomainInTown, Self::Domain, Self::Town, Self::Unit];

    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::DomainInTown => "类型与镇街",
            Self::Domain => "类型",
            Self::Town => "镇街",
            Self::Unit => "单位",
        }
    }

    /// What a case is alike others by; nothing of a sealed case. Cases that a wrap-up has left without
    /// a code have no domain in common.
    pub(super) fn key(self, case: &Facts) -> Option<String> {
        if case.sealed {
            return None;
        }
        let domain = case.domain.as_ref().filter(|code| *code != DOMAIN_UNCODED);
        match self {
            Self::Domain => domain.cloned(),
            Self::Town => case.town.map(str::to_owned),
            Self::Unit => case.unit.clone(),
            Self::DomainInTown => {
                let (domain, town) = domain.zip(case.town)?;
                Some(format!("{domain}·{town}"))
            }
        }
    }

    /// A case as the bursts of this axis count it.
    #[must_use]
    pub fn sighting(self, case: &Facts) -> Option<Sighting> {
        let on = local_day(case.received_at?);
        self.key(case).map(|key| Sighting { on, key })
    }
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hot {
    /// What its cases are alike by.
    pub axis: Axis,
    /// Code of a domain, name of a town, id of a unit; domain and town with `·` between them.
    pub key: String,
    /// Cases of the period.
    pub count: u32,
    /// Cases of the period before.
    pub previous: u32,
    /// Cases of the same period a year earlier.
    pub last_year: u32,
    /// Cases of the seven days up to the end of the period, where that is a burst.
    pub burst: Option<u32>,
}

/// The cases of the three periods and of the weeks that a burst is measured by.
pub(super) struct Seen<'a> {
    /// Of the period.
    pub(super) now: Vec<&'a Facts>,
    /// Of the period before.
    pub(super) previous: Vec<&'a Facts>,
    /// Of a year ago.
    pub(super) last_year: &'a [Facts],
    /// All that were received up to `last`, as far back as the rule looks.
    pub(super) recent: &'a [Facts],
    /// The last day of the period.
    pub(super) last: Date,
}

/// The issues: bursts first, then the most frequent; [`HOT_MAX`] of each axis.
pub(super) fn hot(seen: &Seen<'_>) -> Vec<Hot> {
    let mut all: Vec<Hot> = Axis::ALL.into_iter().flat_map(|axis| of_axis(axis, seen)).collect();
    all.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| (a.axis, &a.key).cmp(&(b.axis, &b.key))));
    all
}

fn rank(hot: &Hot) -> (bool, u32, u32) {
    (hot.burst.is_some(), hot.burst.unwrap_or(0), hot.count)
}

fn of_axis(axis: Axis, seen: &Seen<'_>) -> Vec<Hot> {
    let now = counts(axis, seen.now.iter().copied());
    let previous = counts(axis, seen.previous.iter().copied());
    let last_year = counts(axis, seen.last_year.iter());
    let sightings: Vec<Sighting> =
        seen.recent.iter().filter_map(|case| axis.sighting(case)).collect();
    let bursts: BTreeMap<String, u32> = bursts(&sightings, seen.last, &BurstRules::default())
        .into_iter()
        .map(|burst| (burst.key, burst.count))
        .collect();
    let keys: BTreeSet<&String> = now.keys().chain(bursts.keys()).collect();
    let of = |table: &BTreeMap<String, u32>, key: &str| table.get(key).copied().unwrap_or(0);
    let mut rows: Vec<Hot> = keys
        .into_iter()
        .map(|key| Hot {
            axis,
            key: key.clone(),
            count: of(&now, key),
            previous: of(&previous, key),
            last_year: of(&last_year, key),
            burst: bursts.get(key).copied(),
        })
        .collect();
    rows.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.key.cmp(&b.key)));
    rows.truncate(HOT_MAX);
    rows
}

fn counts<'a>(axis: Axis, cases: impl Iterator<Item = &'a Facts>) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for key in cases.filter_map(|case| axis.key(case)) {
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Missing, State};
    use crate::units::CaseNumber;
    use jiff::civil::date;

    fn facts(serial: u16, domain: &str) -> Facts {
        Facts {
            number: CaseNumber::new(2026, 11, 22, serial).unwrap(),
            received_at: "2026-11-22T10:00:00+08:00".parse().ok(),
            channel: None,
            state: State::Classified,
            sealed: false,
            disposition: None,
            answered_directly: false,
            nature: None,
            domain: Some(domain.to_owned()),
            town: Some("北宿镇"),
            first_responsible: None,
            unit: Some("unit.07".to_owned()),
            reply: None,
            due_at: None,
            first_grade: None,
            final_grade: None,
            asked_in_vain: false,
            unreasonable: false,
            round: 1,
            missing: Missing::default(),
        }
    }

    #[test]
    fn cases_without_a_code_have_their_town_and_unit_in_common_and_no_domain() {
        let mut all: Vec<Facts> = (1..=4).map(|serial| facts(serial, DOMAIN_UNCODED)).collect();
        all.push(facts(5, "080100"));
        let last = date(2026, 11, 22);
        let (now, previous) = (all.iter().collect(), vec![]);
        let hot = hot(&Seen { now, previous, last_year: &[], recent: &all, last });
        let told: Vec<_> = hot.iter().map(|one| (one.key.as_str(), one.count, one.burst)).collect();
        let expected = [
            ("北宿镇", 5, Some(5)),
            ("unit.07", 5, Some(5)),
            ("080100·北宿镇", 1, None),
            ("080100", 1, None),
        ];
        assert_eq!(told, expected);
        let sealed = Facts { sealed: true, ..facts(6, "080100") };
        assert!(Axis::ALL.iter().all(|axis| axis.sighting(&sealed).is_none()));
    }
}
