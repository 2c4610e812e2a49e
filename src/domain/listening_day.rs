//! The listening day (领导接听日): on which dates a leader of the city takes calls himself, who
//! does, and how such a day runs. Pure: dates from a rule, a calendar and what people decided.
//!
//! "每月第一周、第三周的周二" can be read in three ways ([`Reading`]). They differ only in months
//! whose first day is the weekday itself or lies late in its week.

mod record;
mod roster;
mod session;

pub use record::{DayCall, DayRecord, RECORD_CASES_MAX, RECORD_TOPICS_MAX, TOPIC_CHARS_MAX};
pub use roster::{Duty, LEADERS_MAX, Leader, Roster, StandIn, title_word};
pub use session::{Phase, Session};

use super::calendar::{Calendar, DayKind};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Dates that are listed at once.
pub const DATES_MAX: usize = 120;
/// Decisions on single dates that are kept.
pub const OVERRIDES_MAX: usize = 200;
/// Months that are looked through for the next dates.
const MONTHS_MAX: usize = 240;
/// A date that is moved must be published so long before.
const PUBLISH_DAYS: i32 = 3;
/// Weeks that a date is put off at most before it is given up.
const WEEKS_OFF_MAX: usize = 4;

/// How "the Tuesday of the n-th week" is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The n-th Tuesday of the month.
    NthWeekday,
    /// The Tuesday of the n-th week, Monday to Sunday, that lies wholly in the month.
    FullWeek,
    /// The Tuesday of the n-th calendar week; the first is the one that holds the 1st, so its
    /// Tuesday may lie in the month before.
    CalendarWeek,
}

/// What becomes of a date that is a public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffDay {
    /// The same weekday of the next week that is none.
    NextSameWeekday,
    /// The next working day, make-up days included.
    NextWorkday,
    /// The date falls out.
    Skip,
}

/// A decision of people; it wins over the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Override {
    /// One more date.
    Add {
        /// Which.
        date: Date,
        /// Why.
        why: String,
    },
    /// Another date instead of this one.
    Move {
        /// The date of the rule, planned or already put off.
        from: Date,
        /// The new one.
        to: Date,
        /// Why.
        why: String,
    },
    /// No listening day on this date.
    Cancel {
        /// Which.
        date: Date,
        /// Why.
        why: String,
    },
}

/// When listening days are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListeningRules {
    /// How the weeks are counted.
    pub reading: Reading,
    /// The weekday.
    pub weekday: Weekday,
    /// Which weeks of the month, 1 to 5.
    pub weeks: Vec<i8>,
    /// What becomes of a holiday.
    pub off_day: OffDay,
    /// From when until when a leader takes calls, in civil time.
    pub window: (Time, Time),
    /// Decisions on single dates.
    pub overrides: Vec<Override>,
}

impl Default for ListeningRules {
    /// The first and third Tuesday, 09:00 to 11:00; a holiday is put off by a week.
    fn default() -> Self {
        Self {
            reading: Reading::NthWeekday,
            weekday: Weekday::Tuesday,
            weeks: vec![1, 3],
            off_day: OffDay::NextSameWeekday,
            window: (Time::constant(9, 0, 0, 0), Time::constant(11, 0, 0, 0)),
            overrides: Vec::new(),
        }
    }
}

/// Why a date is a listening day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Reason {
    /// By the rule: this week of that month.
    Rule {
        /// Which week.
        week: i8,
        /// First day of the month.
        month: Date,
    },
    /// The date of the rule is a holiday.
    Holiday {
        /// That date.
        planned: Date,
        /// Its name.
        holiday: String,
    },
    /// People moved it.
    Moved {
        /// From this date.
        planned: Date,
        /// Why.
        why: String,
    },
    /// People added it.
    Added {
        /// Why.
        why: String,
    },
}

/// One date with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListeningDay {
    /// The date.
    pub date: Date,
    /// Why it is one.
    pub reason: Reason,
    /// The holidays of its year are not known yet; it may still move.
    pub provisional: bool,
    /// The last day on which a changed date may be published.
    pub publish_by: Date,
}

impl ListeningRules {
    /// The next dates from `from` on, at most [`DATES_MAX`], each with its reason.
    ///
    /// ```
    /// use mayorline::domain::{calendar::Calendar, listening_day::ListeningRules};
    /// let days = ListeningRules::default().next(&Calendar::built_in(), "2026-10-01".parse()?, 2);
    /// // The 6th is in the National Day holiday.
    /// assert_eq!(days[0].date.to_string(), "2026-10-13");
    /// assert_eq!(days[1].date.to_string(), "2026-10-20");
    /// # Ok::<(), jiff::Error>(())
    /// ```
    #[must_use]
    pub fn next(&self, calendar: &Calendar, from: Date, count: usize) -> Vec<ListeningDay> {
        let count = count.min(DATES_MAX);
        let mut found = BTreeMap::new();
        self.add_overrides(&mut found);
        // A date may be put off from the months before, and a calendar week reach back from the
        // month after.
        let Ok(mut month) = from.first_of_month().checked_sub(2.months()) else { return vec![] };
        for _ in 0..MONTHS_MAX {
            self.add_month(calendar, month, &mut found);
            let settled = month.checked_sub(7.days()).unwrap_or(month);
            if found.range(from..).take_while(|(date, _)| **date < settled).count() >= count {
                break;
            }
            let Ok(next) = month.checked_add(1.month()) else { break };
            month = next;
        }
        let found = found.into_iter().filter(|(date, _)| *date >= from).take(count);
        found.map(|(date, reason)| finish(calendar, date, reason)).collect()
    }

    /// Whether that date is a listening day, and why.
    #[must_use]
    pub fn on(&self, calendar: &Calendar, date: Date) -> Option<ListeningDay> {
        self.next(calendar, date, 1).into_iter().find(|day| day.date == date)
    }

    /// The window of a date; `None` where the zone does not have its times.
    #[must_use]
    pub fn window_on(&self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let at = |time| date.to_datetime(time).to_zoned(zone.clone()).ok();
        Some((at(self.window.0)?.timestamp(), at(self.window.1)?.timestamp()))
    }

    /// Says what contradicts itself.
    ///
    /// # Errors
    /// One sentence that names the key.
    pub fn check(&self) -> Result<(), &'static str> {
        let (from, to) = self.window;
        let weeks = !self.weeks.is_empty() && self.weeks.iter().all(|week| (1..=5).contains(week));
        match () {
            () if from >= to => Err("window must end after it begins"),
            () if !weeks => Err("weeks must be of 1 to 5"),
            () if self.overrides.len() > OVERRIDES_MAX => Err("too many overrides"),
            () => Ok(()),
        }
    }

    fn add_overrides(&self, found: &mut BTreeMap<Date, Reason>) {
        for one in &self.overrides {
            let (date, reason) = match one.clone() {
                Override::Add { date, why } => (date, Reason::Added { why }),
                Override::Move { from: planned, to, why } => (to, Reason::Moved { planned, why }),
                Override::Cancel { .. } => continue,
            };
            found.insert(date, reason);
        }
        for one in &self.overrides {
            if let Override::Cancel { date, .. } = one {
                found.remove(date);
            }
        }
    }

    fn add_month(&self, calendar: &Calendar, month: Date, found: &mut BTreeMap<Date, Reason>) {
        for &week in &self.weeks {
            let Some(planned) = self.planned(month, week) else { continue };
            let Some((date, reason)) = self.placed(calendar, planned, week, month) else {
                continue;
            };
            if self.is_overridden(planned) || self.is_overridden(date) {
                continue;
            }
            // Two dates may fall together; one that nobody moved keeps its own reason.
            let by_rule = matches!(reason, Reason::Rule { .. });
            let entry = found.entry(date).or_insert_with(|| reason.clone());
            if by_rule && matches!(entry, Reason::Holiday { .. }) {
                *entry = reason;
            }
        }
    }

    /// People have moved or cancelled the date.
    fn is_overridden(&self, date: Date) -> bool {
        self.overrides.iter().any(|one| match one {
            Override::Add { .. } => false,
            Override::Move { from, .. } => *from == date,
            Override::Cancel { date: cancelled, .. } => *cancelled == date,
        })
    }

    /// The date of the rule, before holidays.
    fn planned(&self, month: Date, week: i8) -> Option<Date> {
        let in_week = i32::from(self.weekday.to_monday_zero_offset());
        let weeks = i32::from(week - 1) * 7;
        let first = i32::from(month.weekday().to_monday_zero_offset());
        let days = match self.reading {
            Reading::NthWeekday => (in_week - first).rem_euclid(7) + weeks,
            Reading::FullWeek => (-first).rem_euclid(7) + in_week + weeks,
            Reading::CalendarWeek => in_week - first + weeks,
        };
        let date = month.checked_add(Span::new().days(days)).ok()?;
        // A fifth week that the month does not have.
        (date.first_of_month() <= month).then_some(date)
    }

    /// The date after holidays, with its reason.
    fn placed(
        &self,
        calendar: &Calendar,
        planned: Date,
        week: i8,
        month: Date,
    ) -> Option<(Date, Reason)> {
        let is_off = |date| calendar.kind(date) == DayKind::Holiday;
        if !is_off(planned) {
            return Some((planned, Reason::Rule { week, month }));
        }
        let date = match self.off_day {
            OffDay::Skip => return None,
            OffDay::NextWorkday => calendar.next_working(planned),
            OffDay::NextSameWeekday => {
                let later =
                    std::iter::successors(Some(planned), |day| day.checked_add(7.days()).ok());
                later.take(WEEKS_OFF_MAX + 1).find(|day| !is_off(*day))?
            }
        };
        let holiday = calendar.holiday(planned).unwrap_or_default().to_owned();
        Some((date, Reason::Holiday { planned, holiday }))
    }
}

fn finish(calendar: &Calendar, date: Date, reason: Reason) -> ListeningDay {
    let planned_year = match &reason {
        Reason::Holiday { planned, .. } => planned.year(),
        _ => date.year(),
    };
    let decided = matches!(reason, Reason::Added { .. } | Reason::Moved { .. });
    let known = calendar.has_table(date.year()) && calendar.has_table(planned_year);
    let publish_by = date.checked_sub(Span::new().days(PUBLISH_DAYS)).unwrap_or(date);
    ListeningDay { date, reason, provisional: !known && !decided, publish_by }
}

#[cfg(test)]
mod tests;
