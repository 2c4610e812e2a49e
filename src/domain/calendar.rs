//! Working days, public holidays and make-up working days (调休) of the years that have a table.
//!
//! A year without a table has its weekends and the three holidays of a fixed date; every answer
//! that touches such a year is provisional ([`Calendar::has_table`]).

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Holidays of a fixed date (全国年节及纪念日放假办法): New Year, Labour Day, National Day.
const FIXED_HOLIDAYS: [(i8, i8, &str); 3] = [(1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节")];

/// Longest run of days off that [`Calendar::next_working`] looks across. The longest real one had
/// nine days; a table that closes a whole month is a mistake of whoever wrote it.
const DAYS_OFF_MAX: usize = 31;

/// From its first day on the table of the next year is asked for: the State Council tells the holidays in
/// autumn.
const NOTICE_MONTH: i8 = 11;

/// A year table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not the TOML that is asked for; the text names line and column.
    #[error("calendar table: {0}")]
    Syntax(String),
    /// A holiday ends before it begins or is longer than a month.
    #[error("calendar table of {0}: holiday {1} has an impossible range")]
    Range(i16, String),
    /// A make-up day is in another year or is itself a holiday.
    #[error("calendar table of {0}: {1} cannot be a make-up working day")]
    MakeUp(i16, Date),
}

/// What kind of day a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Monday to Friday, nothing special.
    Working,
    /// A Saturday or Sunday that was made working.
    MakeUp,
    /// Saturday or Sunday.
    Weekend,
    /// A public holiday, also where it falls on a weekend.
    Holiday,
}

impl DayKind {
    /// Offices are open.
    #[must_use]
    pub fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::MakeUp)
    }
}

/// One year as it stands in `config/calendar/<year>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: i16,
    #[serde(default)]
    holiday: Vec<HolidayFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    name: String,
    from: Date,
    to: Date,
    #[serde(default)]
    work: Vec<Date>,
}

/// One year, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Year {
    holidays: BTreeMap<Date, String>,
    make_up: BTreeSet<Date>,
}

/// All years that have a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
}

impl Calendar {
    /// No table at all: weekends and the fixed holidays only.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The tables that are part of the program: 2013 and 2024 to 2026.
    #[must_use]
    pub fn built_in() -> Self {
        let mut calendar = Self::empty();
        for table in [
            include_str!("../../config/calendar/2013.toml"),
            include_str!("../../config/calendar/2024.toml"),
            include_str!("../../config/calendar/2025.toml"),
            include_str!("../../config/calendar/2026.toml"),
        ] {
            // Every table is parsed by a unit test, so none is left out here.
            let _ = calendar.add(table);
        }
        calendar
    }

    /// Adds or replaces one year from the text of its TOML table; gives the year.
    ///
    /// ```
    /// use mayorline::domain::calendar::Calendar;
    /// let mut calendar = Calendar::empty();
    /// assert_eq!(calendar.add("year = 2027"), Ok(2027));
    /// assert!(calendar.has_table(2027));
    /// assert!(calendar.add("jahr = 2027").is_err());
    /// ```
    pub fn add(&mut self, table: &str) -> Result<i16, CalendarError> {
        let file: YearFile =
            toml::from_str(table).map_err(|error| CalendarError::Syntax(error.to_string()))?;
        let year = check(&file)?;
        self.years.insert(file.year, year);
        Ok(file.year)
    }

    /// Whether the notice of that year has been entered.
    #[must_use]
    pub fn has_table(&self, year: i16) -> bool {
        self.years.contains_key(&year)
    }

    /// The year whose notice the administrator has to enter by now: that of `day`, and from 1 November, when
    /// the notice has come out, the next.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use mayorline::domain::calendar::Calendar;
    /// let mut calendar = Calendar::empty();
    /// calendar.add("year = 2026").unwrap();
    /// assert_eq!(calendar.year_wanted(date(2026, 10, 31)), None);
    /// assert_eq!(calendar.year_wanted(date(2026, 11, 1)), Some(2027));
    /// assert_eq!(calendar.year_wanted(date(2027, 1, 1)), Some(2027));
    /// ```
    #[must_use]
    pub fn year_wanted(&self, day: Date) -> Option<i16> {
        let next = (day.month() >= NOTICE_MONTH).then(|| day.year().saturating_add(1));
        std::iter::once(day.year()).chain(next).find(|year| !self.has_table(*year))
    }

    /// What kind of day it is.
    #[must_use]
    pub fn kind(&self, date: Date) -> DayKind {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        match self.years.get(&date.year()) {
            Some(year) if year.make_up.contains(&date) => DayKind::MakeUp,
            _ if self.holiday(date).is_some() => DayKind::Holiday,
            _ if weekend => DayKind::Weekend,
            _ => DayKind::Working,
        }
    }

    /// The name of the public holiday on that day.
    #[must_use]
    pub fn holiday(&self, date: Date) -> Option<&str> {
        match self.years.get(&date.year()) {
            Some(year) => year.holidays.get(&date).map(String::as_str),
            None => FIXED_HOLIDAYS
                .iter()
                .find(|(month, day, _)| (*month, *day) == (date.month(), date.day()))
                .map(|(_, _, name)| *name),
        }
    }

    /// Offices are open on that day.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.kind(date).is_working()
    }

    /// The first working day on or after `date`; `date` itself when a month brings none.
    #[must_use]
    pub fn next_working(&self, date: Date) -> Date {
        let mut day = date;
        for _ in 0..DAYS_OFF_MAX {
            if self.is_working(day) {
                return day;
            }
            day = day.tomorrow().unwrap_or(day);
        }
        date
    }
}

/// Holidays in order and of a length that can be, make-up days in the same year.
fn check(file: &YearFile) -> Result<Year, CalendarError> {
    let mut year = Year::default();
    for holiday in &file.holiday {
        let bad_range = || CalendarError::Range(file.year, holiday.name.clone());
        let mut day = holiday.from;
        let inside = day.year() == file.year && holiday.to.year() == file.year;
        if !inside || holiday.to < day {
            return Err(bad_range());
        }
        for _ in 0..DAYS_OFF_MAX {
            year.holidays.insert(day, holiday.name.clone());
            if day == holiday.to {
                break;
            }
            day = day.tomorrow().map_err(|_| bad_range())?;
        }
        if !year.holidays.contains_key(&holiday.to) {
            return Err(bad_range());
        }
        year.make_up.extend(&holiday.work);
    }
    let wrong = |day: &&Date| day.year() != file.year || year.holidays.contains_key(*day);
    match year.make_up.iter().find(wrong) {
        Some(day) => Err(CalendarError::MakeUp(file.year, *day)),
        None => Ok(year),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_shipped_table_is_read() {
        let calendar = Calendar::built_in();
        for year in [2013, 2024, 2025, 2026] {
            assert!(calendar.has_table(year), "{year}");
        }
    }

    #[test]
    fn the_tables_have_the_days_of_the_notices() {
        let calendar = Calendar::built_in();
        // Days off and make-up days a year, as a public data set of the notices counts them.
        for (year, off, made_up) in [(2013, 29, 12), (2024, 28, 8), (2025, 28, 5), (2026, 33, 6)] {
            let table = &calendar.years[&year];
            assert_eq!((table.holidays.len(), table.make_up.len()), (off, made_up), "{year}");
        }
    }

    #[test]
    fn days_are_of_their_kind() {
        let calendar = Calendar::built_in();
        assert_eq!(calendar.kind(date(2026, 2, 14)), DayKind::MakeUp);
        assert_eq!(calendar.kind(date(2026, 2, 17)), DayKind::Holiday);
        assert_eq!(calendar.kind(date(2026, 2, 7)), DayKind::Weekend);
        assert_eq!(calendar.kind(date(2026, 2, 9)), DayKind::Working);
        assert_eq!(calendar.holiday(date(2026, 2, 17)), Some("春节"));
        assert_eq!(calendar.next_working(date(2026, 2, 15)), date(2026, 2, 24));
    }

    #[test]
    fn a_year_without_a_table_keeps_the_fixed_holidays() {
        let calendar = Calendar::built_in();
        assert_eq!(calendar.kind(date(2027, 1, 1)), DayKind::Holiday);
        assert_eq!(calendar.kind(date(2027, 10, 1)), DayKind::Holiday);
        assert_eq!(calendar.kind(date(2027, 10, 4)), DayKind::Working);
    }

    #[test]
    fn a_table_that_cannot_be_is_refused() {
        let holiday = |from: &str, to: &str, work: &str| {
            let text = format!(
                "year = 2027\n[[holiday]]\nname = 'x'\nfrom = '{from}'\nto = '{to}'\nwork = [{work}]"
            );
            Calendar::empty().add(&text)
        };
        assert_eq!(holiday("2027-02-05", "2027-02-08", "'2027-02-20'"), Ok(2027));
        assert!(matches!(holiday("2027-02-05", "2027-02-04", ""), Err(CalendarError::Range(..))));
        assert!(matches!(holiday("2027-02-05", "2027-08-04", ""), Err(CalendarError::Range(..))));
        assert!(matches!(holiday("2026-02-05", "2026-02-06", ""), Err(CalendarError::Range(..))));
        let inside = holiday("2027-02-05", "2027-02-08", "'2027-02-06'");
        assert!(matches!(inside, Err(CalendarError::MakeUp(..))));
        assert!(matches!(holiday("tomorrow", "2027-02-08", ""), Err(CalendarError::Syntax(_))));
    }
}
