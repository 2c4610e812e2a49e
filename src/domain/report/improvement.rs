//! Improvement items (domain.md C5): what the city changes so that a kind of matter stops coming,
//! with the count of such matters before and after.

use crate::domain::case::local_day;
use crate::domain::figures::Facts;
use crate::domain::town::TOWNS;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Days that are counted before an item begins, and at the end of the period.
pub const EFFECT_DAYS: i32 = 28;

/// Which matters an item is about: all parts that are named must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// First digits of the domain's code.
    pub domain: Option<String>,
    /// The town.
    pub town: Option<String>,
    /// The lead unit, by its id.
    pub unit: Option<String>,
}

impl Cluster {
    /// Reads `domain:0801+town:北宿镇+unit:unit.07`, each part once at most and one at least.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut cluster = Self::default();
        for part in text.split('+') {
            let (name, value) = part.split_once(':')?;
            let (slot, known) = match name {
                "domain" => (&mut cluster.domain, is_code(value)),
                "town" => (&mut cluster.town, TOWNS.contains(&value)),
                "unit" => (&mut cluster.unit, value.starts_with("unit.")),
                _ => return None,
            };
            if !known || slot.replace(value.to_owned()).is_some() {
                return None;
            }
        }
        Some(cluster)
    }

    /// A case belongs to it; a sealed one to none.
    #[must_use]
    pub fn has(&self, case: &Facts) -> bool {
        let domain = |code: &String| case.domain.as_ref().is_some_and(|of| of.starts_with(code));
        !case.sealed
            && self.domain.as_ref().is_none_or(domain)
            && self.town.as_deref().is_none_or(|town| case.town == Some(town))
            && self.unit.as_ref().is_none_or(|unit| case.unit.as_ref() == Some(unit))
    }
}

fn is_code(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As [`Cluster::parse`] reads it.
impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("domain", &self.domain), ("town", &self.town), ("unit", &self.unit)];
        let mut gap = "";
        for (name, value) in parts {
            if let Some(value) = value {
                write!(f, "{gap}{name}:{value}")?;
                gap = "+";
            }
        }
        Ok(())
    }
}

/// One open item as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Improvement {
    /// Its number.
    pub id: i64,
    /// Which matters.
    pub cluster: Cluster,
    /// What is to be improved.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// What is done.
    pub measure: String,
    /// Until when.
    pub due_on: Date,
    /// Such matters in the [`EFFECT_DAYS`] before it began.
    pub before: u32,
    /// The day it began on.
    pub opened_on: Date,
}

/// The same in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImprovementRow {
    /// Its number.
    pub id: i64,
    /// What is to be improved.
    pub title: String,
    /// Which matters, as [`Cluster::parse`] reads it.
    pub cluster: String,
    /// Who answers for it.
    pub owner: String,
    /// What is done.
    pub measure: String,
    /// Until when.
    pub due_on: Date,
    /// Such matters in the [`EFFECT_DAYS`] before it began.
    pub before: u32,
    /// Such matters in the last days of the period, since it began.
    pub after: u32,
    /// How many days these are, [`EFFECT_DAYS`] at most.
    pub after_days: i32,
}

impl Improvement {
    /// Its row in a report whose last day is `last`; `recent` has all cases of the last
    /// [`EFFECT_DAYS`].
    pub(super) fn row(&self, recent: &[Facts], last: Date) -> ImprovementRow {
        let (days, after) = self.after(recent, last);
        ImprovementRow {
            id: self.id,
            title: self.title.clone(),
            cluster: self.cluster.to_string(),
            owner: self.owner.clone(),
            measure: self.measure.clone(),
            due_on: self.due_on,
            before: self.before,
            after: u32::try_from(after.len()).unwrap_or(u32::MAX),
            after_days: days,
        }
    }

    /// How many days up to `last` are counted, and such matters of these days.
    pub(super) fn after<'a>(&self, recent: &'a [Facts], last: Date) -> (i32, Vec<&'a Facts>) {
        let lasted = self.opened_on.until(last).map_or(0, |span| span.get_days()) + 1;
        let days = lasted.clamp(0, EFFECT_DAYS);
        let since = last.saturating_sub(i64::from(days - 1).days());
        let counts = |case: &&Facts| {
            let on = case.received_at.map(local_day);
            on.is_some_and(|on| (since..=last).contains(&on)) && self.cluster.has(case)
        };
        (days, recent.iter().filter(counts).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_read_as_it_is_written() {
        for text in ["domain:0801+town:北宿镇", "unit:unit.07", "town:太平镇"] {
            assert_eq!(Cluster::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "domain:", "domain:x", "town:月球", "a:b", "domain:08+domain:09"] {
            assert_eq!(Cluster::parse(wrong), None, "{wrong}");
        }
    }
}
