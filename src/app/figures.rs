//! `mayorline figures`: what is counted about the cases of a period, each figure with its cases.

use super::clock;
use super::common::say;
use super::exit::{Exit, Failure};
use super::output::{Output, refused};
use crate::domain::case::city_zone;
use crate::domain::figures::{Kpi, Measured, measure};
use crate::store::Period;
use clap::Subcommand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::fmt::Write;

/// Days of a period at most: two years.
const DAYS_MAX: i32 = 732;

/// `mayorline figures …`
#[derive(Debug, Subcommand)]
pub(super) enum FiguresVerb {
    /// The key figures of the cases received in a period: numerator, denominator, what is left out
    /// and why; with --json the numbers of the cases behind each.
    Kpi {
        /// First day, YYYY-MM-DD.
        #[arg(long)]
        from: Date,
        /// Last day, YYYY-MM-DD.
        #[arg(long)]
        to: Date,
        /// As the cases stood then, RFC 3339; now unless told otherwise.
        #[arg(long, value_name = "TIME")]
        as_of: Option<Timestamp>,
        #[command(flatten)]
        output: Output,
    },
}

/// Figures.
pub(super) fn figures(verb: &FiguresVerb) -> Result<(), Exit> {
    let FiguresVerb::Kpi { from, to, as_of, output } = verb;
    let days = from.until(*to).map_or(i32::MAX, |span| span.get_days());
    if !(0..DAYS_MAX).contains(&days) {
        let wrong = format!("a period has 1 to {DAYS_MAX} days, first day first");
        return Err(Exit::new(Failure::Usage, wrong));
    }
    let begin = |day: Date| -> Result<i64, Exit> {
        let at = day.to_zoned(city_zone()).map_err(|error| Exit::new(Failure::Usage, error))?;
        Ok(at.timestamp().as_millisecond())
    };
    let as_of = as_of.unwrap_or_else(|| (clock::system().wall)());
    let (from_ms, to_ms) = (begin(*from)?, begin(to.saturating_add(1.day()))?);
    let period = Period { from_ms, to_ms, as_of_ms: as_of.as_millisecond() };
    let facts = output.reader()?.facts(period).map_err(|error| refused(&error))?;
    let measured = measure(&facts, as_of);
    if output.is_json() { output.print(&measured) } else { say(&described(&measured)) }
}

fn described(measured: &Measured) -> String {
    let mut text = format!("受理量 {}\n", measured.accepted);
    for kpi in &measured.kpis {
        text.push_str(&line(kpi));
    }
    text
}

fn line(kpi: &Kpi) -> String {
    let share = kpi.permille.map_or_else(
        || "—".to_owned(),
        |permille| format!("{}.{} %", permille / 10, permille % 10),
    );
    let mut line = format!("{} {}/{} {share}", kpi.title, kpi.numerator, kpi.denominator);
    // Writing to a String cannot fail.
    if let Some(goal) = kpi.goal_percent {
        let _ = write!(line, "，目标 {goal} %");
    }
    for (reason, cases) in &kpi.excluded {
        let _ = write!(line, "，不计{} {}", reason.title(), cases.len());
    }
    line.push('\n');
    line
}
