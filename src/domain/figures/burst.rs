//! Hot issues (热点): what comes much more often than it used to (domain.md C3).

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// When something is a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstRules {
    /// So many similar matters at least.
    pub count_min: u32,
    /// Within so many days up to the day of the report.
    pub days: u16,
    /// And so many times as many as the mean of as many days, over the weeks before.
    pub times_min: u32,
    /// How many periods the mean is taken over.
    pub periods: u16,
}

impl Default for BurstRules {
    /// 3 in 7 days and twice the mean of the four weeks before (proposed, domain.md C3).
    fn default() -> Self {
        Self { count_min: 3, days: 7, times_min: 2, periods: 4 }
    }
}

impl BurstRules {
    /// The first day that is looked at for a report on `on`.
    #[must_use]
    pub fn first_day(&self, on: Date) -> Date {
        let periods = i64::from(self.periods) + 1;
        on.saturating_sub((i64::from(self.days) * periods - 1).days())
    }

    /// The first day of the period up to `on`, behind the periods it is measured by.
    #[must_use]
    pub fn begin(&self, on: Date) -> Date {
        on.saturating_sub((i64::from(self.days) - 1).days())
    }
}

/// One matter: on which day, and what makes it similar to others (type, town, unit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The local day it was received on.
    pub on: Date,
    /// What it is alike by.
    pub key: String,
}

/// Something comes much more often than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Burst {
    /// What.
    pub key: String,
    /// How often in the period up to the day of the report.
    pub count: u32,
    /// How often in the periods before, all together.
    pub before: u32,
    /// How many periods these are.
    pub periods: u16,
}

/// The bursts up to and with `today`, the greatest first; ties by name.
#[must_use]
pub fn bursts(seen: &[Sighting], today: Date, rules: &BurstRules) -> Vec<Burst> {
    let begin = rules.begin(today);
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for sighting in seen.iter().filter(|s| (rules.first_day(today)..=today).contains(&s.on)) {
        let (now, earlier) = counts.entry(&sighting.key).or_default();
        if sighting.on >= begin { *now += 1 } else { *earlier += 1 }
    }
    let mut found: Vec<Burst> = counts
        .into_iter()
        .map(|(key, (count, before))| Burst {
            key: key.to_owned(),
            count,
            before,
            periods: rules.periods,
        })
        .filter(|burst| is_burst(burst, rules))
        .collect();
    found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
    found
}

/// Compared without division: count >= times * before / periods.
fn is_burst(burst: &Burst, rules: &BurstRules) -> bool {
    let grown = u64::from(burst.count) * u64::from(rules.periods)
        >= u64::from(rules.times_min) * u64::from(burst.before);
    burst.count >= rules.count_min && grown
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn seen(key: &str, days_ago: &[i64]) -> Vec<Sighting> {
        let today = date(2026, 11, 22);
        let on = |ago: &i64| today.saturating_sub(ago.days());
        days_ago.iter().map(|ago| Sighting { on: on(ago), key: key.to_owned() }).collect()
    }

    fn found(seen: &[Sighting]) -> Vec<(String, u32)> {
        let bursts = bursts(seen, date(2026, 11, 22), &BurstRules::default());
        bursts.into_iter().map(|burst| (burst.key, burst.count)).collect()
    }

    #[test]
    fn six_complaints_about_water_in_one_town_come_first() {
        let mut all = seen("停水·北宿镇", &[0, 1, 1, 2, 3, 6]);
        all.extend(seen("路灯·中心店镇", &[0, 2, 5, 40]));
        all.extend(seen("占道·千泉街道", &[0, 4]));
        let expected = [("停水·北宿镇".to_owned(), 6), ("路灯·中心店镇".to_owned(), 3)];
        assert_eq!(found(&all), expected);
    }

    #[test]
    fn what_comes_every_day_is_no_burst() {
        let every_day: Vec<i64> = (0..60).collect();
        assert_eq!(found(&seen("物业", &every_day)), []);
    }

    #[test]
    fn the_mean_of_four_weeks_is_the_measure() {
        // 8 in the four weeks before are a mean of 2: four are a burst, three are not.
        let before: Vec<i64> = vec![7, 9, 14, 16, 21, 23, 28, 34];
        let with = |mut now: Vec<i64>| {
            now.extend(&before);
            found(&seen("停电", &now)).len()
        };
        assert_eq!((with(vec![0, 1, 2]), with(vec![0, 1, 2, 3])), (0, 1));
    }

    #[test]
    fn days_outside_the_periods_do_not_count() {
        assert_eq!(found(&seen("燃气", &[-1, -2, 35, 36, 0, 1])), []);
        assert_eq!(found(&seen("燃气", &[0, 1, 6, 35, 36, 37])), [("燃气".to_owned(), 3)]);
    }
}
