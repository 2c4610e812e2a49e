//! Opening hours: several periods a day, holidays, make-up working days (调休) and single dates.

use crate::domain::calendar::{Calendar, DayKind};
use jiff::civil::{Date, DateTime, Time, Weekday};
use std::collections::BTreeMap;

/// How far ahead the next opening is looked for.
const HORIZON_DAYS: usize = 31;
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Periods of one day; more are a mistake of whoever wrote them.
pub const PERIODS_MAX: usize = 8;

/// Hours that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hours \"{0}\": {1}")]
pub struct HoursError(String, &'static str);

/// A stretch of one day, in minutes from midnight: from the first, until just before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    from: u16,
    to: u16,
}

impl Period {
    /// The whole day.
    pub const WHOLE_DAY: Self = Self { from: 0, to: DAY_MINUTES };

    /// Reads `08:30-12:00`; the end may be `24:00`.
    ///
    /// ```
    /// use mayorline::domain::queue::Period;
    /// assert!(Period::parse("08:30-12:00").is_ok());
    /// assert_eq!(Period::parse("00:00-24:00"), Ok(Period::WHOLE_DAY));
    /// assert!(["12:00-08:30", "8-12", "00:00-24:01"].iter().all(|t| Period::parse(t).is_err()));
    /// ```
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let wrong = || HoursError(text.to_owned(), "write them as 08:30-12:00");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let from = minutes(from).ok_or_else(wrong)?;
        let to = minutes(to).ok_or_else(wrong)?;
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(HoursError(text.to_owned(), "the end must be later than the beginning"))
        }
    }

    fn contains(self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute)
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sum = hours * 60 + minutes;
    (minutes < 60 && sum <= DAY_MINUTES).then_some(sum)
}

/// The periods of each weekday, Monday first, each day's in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeekHours([Vec<Period>; 7]);

impl WeekHours {
    /// Round the clock.
    #[must_use]
    pub fn always() -> Self {
        Self(std::array::from_fn(|_| vec![Period::WHOLE_DAY]))
    }

    /// Reads lines such as `mon-fri 08:30-12:00 14:00-17:30` or `sat 09:00-12:00`. A weekday that
    /// stands in none is closed; periods of one day may not overlap.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, HoursError> {
        let mut week = Self::default();
        for line in lines {
            let wrong = |why| HoursError(line.to_owned(), why);
            let mut words = line.split_whitespace();
            let days = words.next().and_then(weekdays).ok_or_else(|| wrong("which weekdays?"))?;
            for period in periods(words, line)? {
                for &day in &days {
                    week.0[day].push(period);
                }
            }
        }
        for day in &mut week.0 {
            sort(day, "a weekday")?;
        }
        Ok(week)
    }

    fn of(&self, day: Weekday) -> &[Period] {
        let index = usize::from(day.to_monday_zero_offset().unsigned_abs());
        self.0.get(index).map_or(&[], Vec::as_slice)
    }
}

/// The periods of one day in order, none over another.
fn sort(day: &mut [Period], whose: &str) -> Result<(), HoursError> {
    day.sort_unstable();
    let overlap = day.windows(2).any(|two| matches!(two, [a, b] if a.to > b.from));
    match (overlap, day.len() > PERIODS_MAX) {
        (true, _) => Err(HoursError(whose.to_owned(), "periods overlap")),
        (_, true) => Err(HoursError(whose.to_owned(), "too many periods")),
        _ => Ok(()),
    }
}

fn periods<'a>(
    words: impl Iterator<Item = &'a str>,
    line: &str,
) -> Result<Vec<Period>, HoursError> {
    let found = words.map(Period::parse).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() { Err(HoursError(line.to_owned(), "which hours?")) } else { Ok(found) }
}

/// `mon`, `mon-fri`, `daily`, as indices from Monday.
fn weekdays(word: &str) -> Option<Vec<usize>> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let index = |name: &str| NAMES.iter().position(|known| *known == name);
    if word == "daily" {
        return Some((0..7).collect());
    }
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (index(first)?, index(last)?);
    (first <= last).then(|| (first..=last).collect())
}

/// What holds on public holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HolidayHours {
    /// The hours of the weekday, as if it were none.
    #[default]
    AsWeekday,
    /// Closed.
    Closed,
    /// These (a holiday roster).
    Periods(Vec<Period>),
}

impl HolidayHours {
    /// Reads `as_weekday`, `closed` or periods such as `09:00-11:00 14:00-16:00`.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        match text.trim() {
            "as_weekday" => Ok(Self::AsWeekday),
            "closed" => Ok(Self::Closed),
            other => {
                let mut found = periods(other.split_whitespace(), other)?;
                sort(&mut found, other)?;
                Ok(Self::Periods(found))
            }
        }
    }
}

/// When a group is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The ordinary week.
    pub week: WeekHours,
    /// Public holidays.
    pub holidays: HolidayHours,
    /// Single dates, which win over everything: a half day, a day of repairs (empty: closed).
    pub dates: BTreeMap<Date, Vec<Period>>,
}

impl Hours {
    /// Round the clock, holidays included.
    #[must_use]
    pub fn always() -> Self {
        let dates = BTreeMap::new();
        Self { week: WeekHours::always(), holidays: HolidayHours::AsWeekday, dates }
    }

    /// Reads one date and its hours: `2026-12-31 08:30-12:00`, or `2026-12-31 closed`.
    pub fn add_date(&mut self, line: &str) -> Result<(), HoursError> {
        let wrong = || HoursError(line.to_owned(), "write 2026-12-31 08:30-12:00");
        let (date, rest) = line.trim().split_once(' ').ok_or_else(wrong)?;
        let date: Date = date.parse().map_err(|_| wrong())?;
        let mut found =
            if rest.trim() == "closed" { vec![] } else { periods(rest.split_whitespace(), line)? };
        sort(&mut found, line)?;
        self.dates.insert(date, found);
        Ok(())
    }

    /// Whether it is open at a civil time, and if not, when next.
    #[must_use]
    pub fn at(&self, now: DateTime, calendar: &Calendar) -> Opening {
        let minute = minute_of(now.time());
        if self.on(now.date(), calendar).iter().any(|period| period.contains(minute)) {
            return Opening::Open;
        }
        let holiday = match calendar.kind(now.date()) {
            DayKind::Holiday => calendar.holiday(now.date()).map(str::to_owned),
            _ => None,
        };
        Opening::Closed { next: self.next(now, calendar), holiday }
    }

    /// From the first opening of a date to its last closing; none where the day is closed or ends
    /// at midnight, which is no hour to be told.
    #[must_use]
    pub fn span(&self, date: Date, calendar: &Calendar) -> Option<(Time, Time)> {
        let periods = self.on(date, calendar);
        Some((time_at(periods.first()?.from)?, time_at(periods.last()?.to)?))
    }

    /// The periods of a date.
    fn on(&self, date: Date, calendar: &Calendar) -> &[Period] {
        if let Some(periods) = self.dates.get(&date) {
            return periods;
        }
        match (calendar.kind(date), &self.holidays) {
            (DayKind::Holiday, HolidayHours::Closed) => &[],
            (DayKind::Holiday, HolidayHours::Periods(periods)) => periods,
            // A Saturday or Sunday that was made working has the hours of a Monday.
            (DayKind::MakeUp, _) => self.week.of(Weekday::Monday),
            _ => self.week.of(date.weekday()),
        }
    }

    fn next(&self, now: DateTime, calendar: &Calendar) -> Option<DateTime> {
        let mut day = now.date();
        let mut after = Some(minute_of(now.time()));
        for _ in 0..HORIZON_DAYS {
            let later = |period: &&Period| after.is_none_or(|minute| period.from > minute);
            if let Some(period) = self.on(day, calendar).iter().find(later) {
                return Some(day.to_datetime(time_at(period.from)?));
            }
            (day, after) = (day.tomorrow().ok()?, None);
        }
        None
    }
}

fn time_at(minute: u16) -> Option<Time> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Time::new(hour, minute, 0, 0).ok()
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// Whether a group is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is.
    Open,
    /// It is not.
    Closed {
        /// When it opens next, within a month.
        next: Option<DateTime>,
        /// The public holiday of today.
        holiday: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn office() -> Hours {
        let week = WeekHours::parse(["mon-fri 14:00-17:30 08:30-12:00", "sat 09:00-12:00"]);
        let dates = BTreeMap::new();
        let mut hours = Hours { week: week.unwrap(), holidays: HolidayHours::Closed, dates };
        hours.add_date("2026-12-31 08:30-12:00").unwrap();
        hours.add_date("2026-12-30 closed").unwrap();
        hours
    }

    fn at(hours: &Hours, when: &str) -> Opening {
        hours.at(when.parse().unwrap(), &Calendar::built_in())
    }

    fn next(hours: &Hours, when: &str) -> String {
        match at(hours, when) {
            Opening::Open => "open".to_owned(),
            Opening::Closed { next, holiday } => {
                let next = next.map_or_else(|| "never".to_owned(), |next| next.to_string());
                format!("{next} {}", holiday.unwrap_or_default())
            }
        }
    }

    #[test]
    fn a_day_may_have_several_periods_with_a_break_at_noon() {
        let hours = office();
        for (when, shown) in [
            ("2026-11-26T08:29", "2026-11-26T08:30:00 "),
            ("2026-11-26T08:30", "open"),
            ("2026-11-26T11:59:59", "open"),
            ("2026-11-26T12:00", "2026-11-26T14:00:00 "),
            ("2026-11-26T17:29", "open"),
            ("2026-11-27T17:30", "2026-11-28T09:00:00 "),
            ("2026-11-28T12:00", "2026-11-30T08:30:00 "),
        ] {
            assert_eq!(next(&hours, when), shown, "{when}");
        }
    }

    #[test]
    fn a_holiday_is_closed_and_named_and_a_make_up_day_is_open_like_a_monday() {
        let hours = office();
        // 2026-02-14 is a Saturday that was made working before 春节 (15 to 23 February).
        assert_eq!(next(&hours, "2026-02-14T15:00"), "open");
        assert_eq!(next(&hours, "2026-02-17T10:00"), "2026-02-24T08:30:00 春节");
        let roster = Hours { holidays: HolidayHours::parse("09:00-11:00").unwrap(), ..office() };
        assert_eq!(next(&roster, "2026-02-17T10:00"), "open");
        assert_eq!(next(&roster, "2026-02-17T11:00"), "2026-02-18T09:00:00 春节");
        let open = Hours { holidays: HolidayHours::AsWeekday, ..office() };
        assert_eq!(next(&open, "2026-02-17T10:00"), "open");
    }

    #[test]
    fn the_hours_of_a_day_are_told_from_the_first_opening_to_the_last_closing() {
        let told = |day: Date| {
            office().span(day, &Calendar::built_in()).map(|(from, to)| format!("{from} {to}"))
        };
        assert_eq!(told(date(2026, 11, 26)).as_deref(), Some("08:30:00 17:30:00"));
        assert_eq!(told(date(2026, 11, 28)).as_deref(), Some("09:00:00 12:00:00"));
        assert_eq!(told(date(2026, 11, 29)), None, "a Sunday");
        assert_eq!(Hours::always().span(date(2026, 11, 29), &Calendar::built_in()), None);
    }

    #[test]
    fn a_single_date_wins() {
        let hours = office();
        assert_eq!(next(&hours, "2026-12-31T14:30"), "2027-01-02T09:00:00 ");
        assert_eq!(next(&hours, "2026-12-30T09:00"), "2026-12-31T08:30:00 ");
    }

    #[test]
    fn round_the_clock_is_never_closed_and_no_hours_are_never_open() {
        let (always, never) =
            (Hours::always(), Hours { week: WeekHours::default(), ..Hours::always() });
        for day in 1..=28 {
            let now = date(2026, 2, day).at(23, 59, 59, 0);
            assert_eq!(always.at(now, &Calendar::built_in()), Opening::Open);
            let closed = never.at(now, &Calendar::built_in());
            assert!(matches!(closed, Opening::Closed { next: None, .. }));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for wrong in [
            "mon",
            "08:30-12:00",
            "fri-mon 08:00-09:00",
            "mon 08:00-09:00 08:30-10:00",
            "mon 8:00-9:00",
            "mon 09:00-09:00",
            "moon 08:00-09:00",
            "mon 08:00-25:00",
        ] {
            assert!(WeekHours::parse([wrong]).is_err(), "{wrong}");
        }
        assert!(Hours::always().add_date("2026-13-01 closed").is_err());
        assert!(HolidayHours::parse("").is_err());
    }
}
