//! Due dates: "5日内" in the three readings that the rules in force allow, with their explanation.
//!
//! The first day is not counted (民法典 art. 201). Pure: the instant, the calendar and the rules
//! come from outside, and the same three give the same date for ever.

use crate::domain::calendar::{Calendar, DayKind};
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

/// Days of the seed's rule 5日内答复.
pub const REPLY_DAYS: u16 = 5;

/// Longest period that can be asked for; a longer one is cut to it.
pub const DAYS_MAX: u16 = 366;

/// Calendar days looked at, at most, to find [`DAYS_MAX`] working days.
const SEARCH_DAYS_MAX: u16 = 2000;

/// The time zone of the city, named here and never taken from the machine.
pub const CITY_ZONE: &str = "Asia/Shanghai";

/// How days are counted (`deadline.mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineMode {
    /// Calendar days.
    Calendar,
    /// Calendar days; a last day off moves to the next working day (民法典 art. 203).
    #[default]
    CalendarRoll,
    /// Working days (Shandong's rule of 2020).
    Working,
}

/// How the city counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRules {
    /// The reading of "日".
    pub mode: DeadlineMode,
    /// When offices close, local time; the due time of day in working mode.
    pub office_close: Time,
    /// In working mode, what comes after `office_close` counts as of the next working day.
    pub late_counts_next_day: bool,
}

impl Default for DeadlineRules {
    fn default() -> Self {
        Self {
            mode: DeadlineMode::default(),
            office_close: time(17, 30, 0, 0),
            late_counts_next_day: true,
        }
    }
}

/// One step on the way to a due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The day it began on; not counted.
    Began {
        /// That day.
        on: Date,
    },
    /// It began after office hours and counts as begun on this day.
    AfterHours {
        /// The next working day.
        counts_as: Date,
    },
    /// Calendar days were counted to here.
    CountedTo {
        /// The last of them.
        on: Date,
        /// How many.
        days: u16,
    },
    /// Hours were counted, without regard to days off (特急, 紧急).
    Hours {
        /// How many.
        hours: u16,
    },
    /// Days off that were not counted (working mode).
    DaysOff {
        /// How many.
        days: u16,
    },
    /// The last day is off and the next working day takes its place.
    Rolled {
        /// The last day by counting.
        from: Date,
        /// The day that holds.
        to: Date,
    },
    /// A year without a holiday table was touched: the date may change once it is there.
    NoTable {
        /// That year.
        year: i16,
    },
    /// The citizen was told a later day before, which stands.
    Promised {
        /// That day.
        on: Date,
    },
}

/// A due date with how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The last day, local.
    pub on: Date,
    /// The instant after which it is overdue.
    pub at: Timestamp,
    /// A year without a table is involved.
    pub provisional: bool,
    /// The steps, first to last.
    pub explained: Vec<Step>,
}

impl Deadline {
    /// The date that lies `days` days after `from` by the city's rules.
    ///
    /// ```
    /// use mayorline::domain::calendar::Calendar;
    /// use mayorline::domain::case::{Deadline, DeadlineRules};
    /// let assigned = "2026-09-28T10:00:00+08:00".parse()?;
    /// let due = Deadline::due(assigned, 5, &DeadlineRules::default(), &Calendar::built_in());
    /// assert_eq!(due.on.to_string(), "2026-10-08");
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn due(from: Timestamp, days: u16, rules: &DeadlineRules, calendar: &Calendar) -> Self {
        let days = days.min(DAYS_MAX);
        let began = local(from);
        let mut explained = vec![Step::Began { on: began.date() }];
        let on = match rules.mode {
            DeadlineMode::Calendar => count_calendar(began.date(), days, &mut explained),
            DeadlineMode::CalendarRoll => {
                let last = count_calendar(began.date(), days, &mut explained);
                roll(last, calendar, &mut explained)
            }
            DeadlineMode::Working => {
                let first = first_day(&began, rules, calendar, &mut explained);
                count_working(first, days, calendar, &mut explained)
            }
        };
        let provisional = note_missing_tables(began.date(), on, calendar, &mut explained);
        Self { on, at: end_of(on, rules), provisional, explained }
    }

    /// The date that lies `days` working days after `from`, whatever the mode: the periods that the
    /// rules name in working days (return, signature, consultation). Ends when offices close.
    #[must_use]
    pub fn working(from: Timestamp, days: u16, rules: &DeadlineRules, calendar: &Calendar) -> Self {
        let rules = DeadlineRules { mode: DeadlineMode::Working, ..rules.clone() };
        Self::due(from, days, &rules, calendar)
    }

    /// The instant `hours` hours after `from`.
    #[must_use]
    pub fn hours(from: Timestamp, hours: u16) -> Self {
        let at = from.saturating_add(i64::from(hours).hours()).unwrap_or(from);
        let explained = vec![Step::Began { on: local_day(from) }, Step::Hours { hours }];
        Self { on: local_day(at), at, provisional: false, explained }
    }

    /// The same deadline, `days` working days later (T18).
    #[must_use]
    pub fn extended(mut self, days: u16, rules: &DeadlineRules, calendar: &Calendar) -> Self {
        let began = self.on;
        self.on = count_working(began, days.min(DAYS_MAX), calendar, &mut self.explained);
        self.provisional |= note_missing_tables(began, self.on, calendar, &mut self.explained);
        self.at = end_of(self.on, rules);
        self
    }

    /// The same deadline, but never earlier than the citizen was told.
    #[must_use]
    pub fn not_before(mut self, told: &Self) -> Self {
        if told.on > self.on {
            self.explained.push(Step::Promised { on: told.on });
            self.on = told.on;
            self.at = self.at.max(told.at);
        }
        self
    }
}

/// The time zone of the city.
#[must_use]
pub fn city_zone() -> TimeZone {
    // The zone data is part of the program; China has kept UTC+8 without change since 1991.
    TimeZone::get(CITY_ZONE).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8)))
}

/// The local day of an instant.
#[must_use]
pub fn local_day(at: Timestamp) -> Date {
    local(at).date()
}

fn local(at: Timestamp) -> Zoned {
    at.to_zoned(city_zone())
}

/// When a last day ends: at 24:00, or when offices close.
fn end_of(on: Date, rules: &DeadlineRules) -> Timestamp {
    match rules.mode {
        DeadlineMode::Working => instant(on, rules.office_close),
        _ => instant(on.tomorrow().unwrap_or(on), Time::midnight()),
    }
}

/// A local date and time as an instant; the end of time where there is none.
pub(super) fn instant(date: Date, at: Time) -> Timestamp {
    date.to_datetime(at).to_zoned(city_zone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn count_calendar(began: Date, days: u16, explained: &mut Vec<Step>) -> Date {
    let on = began.saturating_add(i64::from(days).days());
    explained.push(Step::CountedTo { on, days });
    on
}

fn roll(last: Date, calendar: &Calendar, explained: &mut Vec<Step>) -> Date {
    let to = calendar.next_working(last);
    if to != last {
        explained.push(Step::Rolled { from: last, to });
    }
    to
}

/// The day that counts as the one it began on.
fn first_day(
    began: &Zoned,
    rules: &DeadlineRules,
    calendar: &Calendar,
    explained: &mut Vec<Step>,
) -> Date {
    let day = began.date();
    let late = rules.late_counts_next_day && began.time() > rules.office_close;
    if !late || !calendar.is_working(day) {
        return day;
    }
    let counts_as = calendar.next_working(day.tomorrow().unwrap_or(day));
    explained.push(Step::AfterHours { counts_as });
    counts_as
}

fn count_working(began: Date, days: u16, calendar: &Calendar, explained: &mut Vec<Step>) -> Date {
    let (mut day, mut counted, mut off) = (began, 0, 0);
    for _ in 0..SEARCH_DAYS_MAX {
        if counted == days {
            break;
        }
        day = day.tomorrow().unwrap_or(day);
        match calendar.kind(day) {
            DayKind::Working | DayKind::MakeUp => counted += 1,
            DayKind::Weekend | DayKind::Holiday => off += 1,
        }
    }
    explained.push(Step::DaysOff { days: off });
    explained.push(Step::CountedTo { on: day, days: counted });
    day
}

fn note_missing_tables(from: Date, to: Date, calendar: &Calendar, out: &mut Vec<Step>) -> bool {
    let missing = (from.year()..=to.year()).filter(|year| !calendar.has_table(*year));
    let before = out.len();
    out.extend(missing.map(|year| Step::NoTable { year }));
    out.len() > before
}

#[cfg(test)]
mod tests;
