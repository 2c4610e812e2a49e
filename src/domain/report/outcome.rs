//! Outcome indicators (domain.md C7): typed in by a person with their source, shown against the year
//! before. A share that grew from 86.70 % to 89.04 % grew by 2.34 percentage points, not percent.

use super::period::{Period, ReportKind};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeUnit {
    /// A share in percent; it changes by percentage points.
    Percent,
    /// A number of things; it changes by percent.
    Count,
}

impl OutcomeUnit {
    /// Its name in the store and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Count => "count",
        }
    }

    /// Reads what [`OutcomeUnit::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Percent, Self::Count].into_iter().find(|unit| unit.as_str() == name)
    }
}

/// A year or a month of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutcomePeriod {
    year: i16,
    month: Option<i8>,
}

impl OutcomePeriod {
    /// Reads `2026` or `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = match text.split_once('-') {
            None => (text, None),
            Some((year, month)) => (year, Some(month.parse().ok()?)),
        };
        let period = Self { year: year.parse().ok()?, month };
        let is_one =
            (1900..2200).contains(&period.year) && month.is_none_or(|m| (1..=12).contains(&m));
        (is_one && period.to_string() == text).then_some(period)
    }

    /// The same a year earlier.
    #[must_use]
    pub fn year_ago(self) -> Self {
        Self { year: self.year - 1, ..self }
    }

    /// It has ended by the end of that month; a year ends with December.
    #[must_use]
    pub fn has_ended_by(self, year: i16, month: i8) -> bool {
        self.end() <= (year, month)
    }

    /// Year and month of its end.
    fn end(self) -> (i16, i8) {
        (self.year, self.month.unwrap_or(12))
    }
}

/// As [`OutcomePeriod::parse`] reads it.
impl fmt::Display for OutcomePeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            None => write!(f, "{:04}", self.year),
            Some(month) => write!(f, "{:04}-{month:02}", self.year),
        }
    }
}

/// One value that was typed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is measured.
    pub name: String,
    /// Of which period.
    pub period: OutcomePeriod,
    /// In hundredths.
    pub value: i64,
    /// What the value is.
    pub unit: OutcomeUnit,
    /// Where it comes from.
    pub source: String,
}

/// The same in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRow {
    /// What is measured.
    pub name: String,
    /// Of which period.
    pub period: String,
    /// As it is printed: `89.04 %`, `126`.
    pub value: String,
    /// Against the year before: `↑ 2.34 个百分点`, `↓ 36.9 %`; `None` where that is not known.
    pub change: Option<String>,
    /// Where it comes from.
    pub source: String,
}

/// What the report of a period says of them: that of a month alone.
#[must_use]
pub fn outcome_rows(all: &[Outcome], period: &Period) -> Vec<OutcomeRow> {
    match period.kind() {
        ReportKind::Month => rows(all, period.first().year(), period.first().month()),
        ReportKind::Day | ReportKind::Week => vec![],
    }
}

/// The newest value of each name that has ended by a month, against the one a year before it. Of
/// values for the same name and period the last in the list counts.
fn rows(all: &[Outcome], year: i16, month: i8) -> Vec<OutcomeRow> {
    let mut newest: Vec<&Outcome> = vec![];
    for one in all.iter().filter(|one| one.period.has_ended_by(year, month)) {
        match newest.iter_mut().find(|known| known.name == one.name) {
            Some(known) if known.period.end() <= one.period.end() => *known = one,
            Some(_) => {}
            None => newest.push(one),
        }
    }
    newest.sort_by(|a, b| a.name.cmp(&b.name));
    newest.into_iter().map(|one| row(one, all)).collect()
}

fn row(one: &Outcome, all: &[Outcome]) -> OutcomeRow {
    let ago = one.period.year_ago();
    let same =
        |other: &&Outcome| other.name == one.name && other.period == ago && other.unit == one.unit;
    let earlier = all.iter().rev().find(same).map(|other| other.value);
    OutcomeRow {
        name: one.name.clone(),
        period: one.period.to_string(),
        value: match one.unit {
            OutcomeUnit::Percent => format!("{} %", decimal(one.value)),
            OutcomeUnit::Count => decimal(one.value),
        },
        change: earlier.and_then(|earlier| change(one.unit, earlier, one.value)),
        source: one.source.clone(),
    }
}

fn change(unit: OutcomeUnit, earlier: i64, now: i64) -> Option<String> {
    let arrow = match now.cmp(&earlier) {
        std::cmp::Ordering::Less => "↓",
        std::cmp::Ordering::Equal => "→",
        std::cmp::Ordering::Greater => "↑",
    };
    let by = now.abs_diff(earlier);
    match unit {
        OutcomeUnit::Percent => {
            Some(format!("{arrow} {} 个百分点", decimal(i64::try_from(by).ok()?)))
        }
        OutcomeUnit::Count => {
            let base = earlier.unsigned_abs();
            // In tenths of a percent, rounded half up.
            let permille = (by.checked_mul(2_000)?.checked_add(base)?).checked_div(base * 2)?;
            Some(format!("{arrow} {}.{} %", permille / 10, permille % 10))
        }
    }
}

/// Hundredths as they are written, without zeros at the end: `89.04`, `126`.
fn decimal(hundredths: i64) -> String {
    let (sign, value) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    let text = format!("{sign}{}.{:02}", value / 100, value % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with two decimals at most, in hundredths.
///
/// ```
/// use mayorline::domain::report::hundredths;
/// assert_eq!((hundredths("89.04"), hundredths("126"), hundredths("-0.5")),
///            (Some(8904), Some(12600), Some(-50)));
/// assert_eq!((hundredths("1.234"), hundredths("x"), hundredths("")), (None, None, None));
/// ```
#[must_use]
pub fn hundredths(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, period: &str, value: &str, unit: OutcomeUnit) -> Outcome {
        Outcome {
            name: name.to_owned(),
            period: OutcomePeriod::parse(period).unwrap(),
            value: hundredths(value).unwrap(),
            unit,
            source: "考核办".to_owned(),
        }
    }

    #[test]
    fn percentage_points_are_not_percent() {
        use OutcomeUnit::{Count, Percent};
        let all = [
            outcome("群众满意度", "2012", "86.70", Percent),
            outcome("群众满意度", "2013", "89.04", Percent),
            outcome("越级信访", "2012-08", "1000", Count),
            outcome("越级信访", "2013-08", "999", Count),
            // Typed in again: the last one counts.
            outcome("越级信访", "2013-08", "631", Count),
            outcome("新指标", "2013", "5", Count),
        ];
        let shown = |year, month| -> Vec<(String, String, Option<String>)> {
            let rows = rows(&all, year, month);
            rows.into_iter().map(|row| (row.name, row.value, row.change)).collect()
        };
        let row = |name: &str, value: &str, change: Option<&str>| {
            (name.to_owned(), value.to_owned(), change.map(str::to_owned))
        };
        let expected = [
            row("新指标", "5", None),
            row("群众满意度", "89.04 %", Some("↑ 2.34 个百分点")),
            row("越级信访", "631", Some("↓ 36.9 %")),
        ];
        assert_eq!(shown(2013, 12), expected);
        // In August the year had not ended.
        let august = shown(2013, 8);
        assert_eq!(august[0], row("群众满意度", "86.7 %", None));
        assert_eq!(change(Count, 0, 5), None);
        assert_eq!(change(Percent, 500, 500).unwrap(), "→ 0 个百分点");
    }

    #[test]
    fn a_period_is_a_year_or_a_month() {
        for text in ["2013", "2013-08"] {
            assert_eq!(OutcomePeriod::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "13", "2013-13", "2013-8", "2013-08-01", "x"] {
            assert_eq!(OutcomePeriod::parse(wrong), None, "{wrong}");
        }
    }
}
