//! Periods of reports: a local day from 00:00 to 24:00, an ISO week from Monday to Sunday, a month;
//! when each is ready and which are missing after the service was down (domain.md C1).

use crate::domain::calendar::Calendar;
use crate::domain::case::{city_zone, local_day};
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Daily reports that are made up for at once after the service was down; older ones by a person.
pub const DAYS_MISSED_MAX: usize = 62;
/// Weekly reports that are made up for.
pub const WEEKS_MISSED_MAX: usize = 26;
/// Monthly reports that are made up for.
pub const MONTHS_MISSED_MAX: usize = 24;

/// The hour a daily report is ready at, on the day after.
const DAY_READY_HOUR: i8 = 8;
/// The hour a weekly or monthly report is ready at.
const LONG_READY_HOUR: i8 = 9;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// 日汇总.
    Day,
    /// 周报告.
    Week,
    /// 月分析.
    Month,
}

impl ReportKind {
    /// All of them with their names in the store and on the command line, and as they are published.
    pub const NAMES: [(Self, &'static str, &'static str); 3] = [
        (Self::Day, "day", "日汇总"),
        (Self::Week, "week", "周报告"),
        (Self::Month, "month", "月分析"),
    ];

    /// Its name in the store and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// As it is published.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., title)| title)
    }

    /// Reads what [`ReportKind::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }

    /// How many reports of this kind are made up for at once.
    #[must_use]
    pub fn missed_max(self) -> usize {
        match self {
            Self::Day => DAYS_MISSED_MAX,
            Self::Week => WEEKS_MISSED_MAX,
            Self::Month => MONTHS_MISSED_MAX,
        }
    }
}

/// One day, week or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    kind: ReportKind,
    first: Date,
}

impl Period {
    /// The period that a day lies in.
    #[must_use]
    pub fn containing(kind: ReportKind, day: Date) -> Self {
        let first = match kind {
            ReportKind::Day => day,
            ReportKind::Week => {
                day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
            }
            ReportKind::Month => day.first_of_month(),
        };
        Self { kind, first }
    }

    /// Reads what [`Period::name`] gave.
    ///
    /// ```
    /// use mayorline::domain::report::{Period, ReportKind};
    /// let week = Period::parse(ReportKind::Week, "2026-W53").unwrap();
    /// assert_eq!((week.first().to_string(), week.last().to_string()),
    ///            ("2026-12-28".to_owned(), "2027-01-03".to_owned()));
    /// assert_eq!(Period::parse(ReportKind::Week, "2025-W53"), None);
    /// ```
    #[must_use]
    pub fn parse(kind: ReportKind, name: &str) -> Option<Self> {
        let first = match kind {
            ReportKind::Day => name.parse().ok()?,
            ReportKind::Week => {
                let (year, week) = name.split_once("-W")?;
                let (year, week) = (year.parse().ok()?, week.parse().ok()?);
                ISOWeekDate::new(year, week, Weekday::Monday).ok()?.date()
            }
            ReportKind::Month => format!("{name}-01").parse().ok()?,
        };
        let period = Self { kind, first };
        (period.name() == name).then_some(period)
    }

    /// Reads what [`Period::id`] gave.
    #[must_use]
    pub fn parse_id(id: &str) -> Option<Self> {
        let (kind, name) = id.split_once('-')?;
        Self::parse(ReportKind::parse(kind)?, name)
    }

    /// How long it is.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        self.kind
    }

    /// Its first day.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last(&self) -> Date {
        self.after().saturating_sub(1.day())
    }

    /// The first day that is no longer of it.
    #[must_use]
    pub fn after(&self) -> Date {
        match self.kind {
            ReportKind::Day => self.first.saturating_add(1.day()),
            ReportKind::Week => self.first.saturating_add(7.days()),
            ReportKind::Month => self.first.saturating_add(1.month()),
        }
    }

    /// The period before it.
    #[must_use]
    pub fn before(&self) -> Self {
        Self::containing(self.kind, self.first.saturating_sub(1.day()))
    }

    /// The same a year earlier: the day of the same date, the week of the same number (of a 53rd
    /// week the last of that year), the month of the same name.
    #[must_use]
    pub fn year_ago(&self) -> Self {
        let earlier = match self.kind {
            ReportKind::Week => {
                let week = self.first.iso_week_date();
                let same = |number| ISOWeekDate::new(week.year() - 1, number, Weekday::Monday);
                same(week.week()).or_else(|_| same(52)).map_or(self.first, ISOWeekDate::date)
            }
            _ => self.first.saturating_sub(1.year()),
        };
        Self::containing(self.kind, earlier)
    }

    /// `2026-11-22`, `2026-W47` or `2026-11`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.kind {
            ReportKind::Day => self.first.to_string(),
            ReportKind::Week => {
                let week = self.first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            ReportKind::Month => format!("{:04}-{:02}", self.first.year(), self.first.month()),
        }
    }

    /// Kind and name: `day-2026-11-22`, `week-2026-W47`, `month-2026-11`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.kind.as_str(), self.name())
    }

    /// As it stands in a headline.
    #[must_use]
    pub fn headline(&self) -> String {
        let (first, last) = (self.first, self.last());
        let day = |day: Date| format!("{}年{}月{}日", day.year(), day.month(), day.day());
        match self.kind {
            ReportKind::Day => day(first),
            ReportKind::Week => {
                let week = first.iso_week_date().week();
                format!("第{week}周（{}至{}）", day(first), day(last))
            }
            ReportKind::Month => format!("{}年{}月", first.year(), first.month()),
        }
    }

    /// A day lies in it.
    #[must_use]
    pub fn has(&self, day: Date) -> bool {
        (self.first..self.after()).contains(&day)
    }

    /// From when to when it lasts; `None` only at the end of the calendar.
    #[must_use]
    pub fn range(&self) -> Option<(Timestamp, Timestamp)> {
        Some((instant(self.first, 0)?, instant(self.after(), 0)?))
    }

    /// When its report is ready: 08:00 of the next day, Monday 09:00, the first working day of the
    /// next month 09:00. A report tells what was so at that instant.
    #[must_use]
    pub fn ready_at(&self, calendar: &Calendar) -> Option<Timestamp> {
        match self.kind {
            ReportKind::Day => instant(self.after(), DAY_READY_HOUR),
            ReportKind::Week => instant(self.after(), LONG_READY_HOUR),
            ReportKind::Month => instant(calendar.next_working(self.after()), LONG_READY_HOUR),
        }
    }
}

/// Corrections of issued reports are gathered until then: the last 08:00.
#[must_use]
pub fn gathered_until(now: Timestamp) -> Option<Timestamp> {
    let today = local_day(now);
    let of = |day| instant(day, DAY_READY_HOUR);
    of(today).filter(|at| *at <= now).or_else(|| of(today.saturating_sub(1.day())))
}

/// The periods that have ended since the service knows cases (`since`), are ready and have no report,
/// the newest [`ReportKind::missed_max`] of them, oldest first.
#[must_use]
pub fn missing(
    kind: ReportKind,
    since: Date,
    now: Timestamp,
    calendar: &Calendar,
    has: impl Fn(&Period) -> bool,
) -> Vec<Period> {
    let newest = Period::containing(kind, local_day(now)).before();
    let back = std::iter::successors(Some(newest), |period| Some(period.before()));
    let ended = back.take(kind.missed_max()).take_while(|period| period.after() > since);
    let ready = |period: &Period| period.ready_at(calendar).is_some_and(|at| at <= now);
    let mut found: Vec<Period> = ended.filter(|period| ready(period) && !has(period)).collect();
    found.reverse();
    found
}

fn instant(day: Date, hour: i8) -> Option<Timestamp> {
    day.at(hour, 0, 0, 0).to_zoned(city_zone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn ready(kind: ReportKind, name: &str) -> String {
        let ready = Period::parse(kind, name).unwrap().ready_at(&Calendar::built_in()).unwrap();
        ready.to_zoned(city_zone()).strftime("%F %H:%M").to_string()
    }

    #[test]
    fn reports_are_ready_when_the_city_wants_them() {
        assert_eq!(ready(ReportKind::Day, "2026-11-22"), "2026-11-23 08:00");
        assert_eq!(ready(ReportKind::Week, "2026-W47"), "2026-11-23 09:00");
        // 1 October to 7 October are off, 1 November is a Sunday.
        assert_eq!(ready(ReportKind::Month, "2026-09"), "2026-10-08 09:00");
        assert_eq!(ready(ReportKind::Month, "2026-10"), "2026-11-02 09:00");
    }

    #[test]
    fn a_period_is_named_and_read_back() {
        for (kind, name, first, last) in [
            (ReportKind::Day, "2026-02-28", date(2026, 2, 28), date(2026, 2, 28)),
            (ReportKind::Week, "2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
            (ReportKind::Month, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ] {
            let period = Period::parse(kind, name).unwrap();
            assert_eq!((period.first(), period.last()), (first, last), "{name}");
            assert_eq!(Period::parse_id(&period.id()), Some(period));
            assert_eq!(period.before().after(), period.first());
            assert!(period.has(first) && period.has(last) && !period.has(period.after()));
        }
        for wrong in ["day-2026-13-01", "week-2026-W00", "month-2026-1", "year-2026", "day-x", ""] {
            assert_eq!(Period::parse_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_year_ago_is_the_week_of_the_same_number() {
        let ago = |id: &str| Period::parse_id(id).unwrap().year_ago().id();
        assert_eq!(ago("week-2026-W47"), "week-2025-W47");
        assert_eq!(ago("week-2026-W53"), "week-2025-W52");
        assert_eq!(ago("month-2026-11"), "month-2025-11");
        assert_eq!(ago("day-2024-02-29"), "day-2023-02-28");
    }

    #[test]
    fn three_days_down_are_three_daily_reports_and_none_is_made_twice() {
        let calendar = Calendar::built_in();
        let have = [Period::containing(ReportKind::Day, date(2026, 11, 20))];
        let at = |now: &str| {
            let now = now.parse().unwrap();
            let found =
                missing(ReportKind::Day, date(2026, 11, 20), now, &calendar, |p| have.contains(p));
            found.iter().map(Period::name).collect::<Vec<_>>()
        };
        let three = ["2026-11-21", "2026-11-22", "2026-11-23"];
        assert_eq!(at("2026-11-24T08:00:00+08:00"), three);
        assert_eq!(at("2026-11-24T07:59:59+08:00"), three[..2]);
        // Years later only the newest are made up for.
        assert_eq!(at("2029-11-24T08:00:00+08:00").len(), DAYS_MISSED_MAX);
    }

    #[test]
    fn corrections_are_gathered_until_eight() {
        let until = |now: &str| {
            gathered_until(now.parse().unwrap()).unwrap().to_zoned(city_zone()).to_string()
        };
        assert!(until("2026-11-24T08:00:00+08:00").starts_with("2026-11-24T08:00"));
        assert!(until("2026-11-24T07:59:59+08:00").starts_with("2026-11-23T08:00"));
    }
}
