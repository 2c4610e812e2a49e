//! `mayorline figures`: what is counted about the cases of a period, each figure with its cases.

use super::common::{midnight, say};
use super::exit::{Exit, Failure};
use super::figures_cases::{CasesAsked, of_bursts};
use super::output::{Output, refused};
use super::{clock, figures_inputs};
use crate::domain::case::local_day;
use crate::domain::figures::{
    Burst, BurstRules, CallKpi, Facts, Measured, Sighting, bursts, measure, measure_calls,
};
use crate::domain::report::{Axis, city_minute};
use crate::store::Period;
use clap::Subcommand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use std::fmt::Write;

/// Days of a period at most: two years.
const DAYS_MAX: i32 = 732;

/// `mayorline figures …`
#[derive(Debug, Subcommand)]
pub(super) enum FiguresVerb {
    /// The key figures of the cases and calls received in a period: numerator, denominator, what is left
    /// out and why; with --json the cases and calls behind each.
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
    /// Hot issues: domains, towns and units with three cases or more in seven days, twice as many as in
    /// the mean of the four weeks before. Sealed cases are not among them.
    Hot {
        /// The last of the seven days, YYYY-MM-DD; today unless told otherwise.
        #[arg(long)]
        on: Option<Date>,
        #[command(flatten)]
        asked: CasesAsked,
        #[command(flatten)]
        output: Output,
    },
    /// What each channel has taken in since the line was opened: opening balance and cases.
    Totals {
        #[command(flatten)]
        asked: CasesAsked,
        #[command(flatten)]
        output: Output,
    },
    /// What a channel had taken in before this service; typed in by a person.
    #[command(subcommand)]
    Opening(figures_inputs::OpeningVerb),
    /// Outcomes that are measured elsewhere, typed in by a person with their source.
    #[command(subcommand)]
    Indicator(figures_inputs::IndicatorVerb),
    /// Improvement items (改进事项) tied to a kind of matter, with the count before and after.
    #[command(subcommand)]
    Improvement(figures_inputs::ImprovementVerb),
}

/// The figures of cases and those of calls.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    measured: Measured,
    calls: Vec<CallKpi>,
}

/// Figures.
pub(super) fn figures(verb: FiguresVerb) -> Result<(), Exit> {
    match verb {
        FiguresVerb::Kpi { from, to, as_of, output } => kpi(from, to, as_of, &output),
        FiguresVerb::Hot { on, asked, output } => hot(on, &asked, &output),
        FiguresVerb::Totals { asked, output } => figures_inputs::totals(&asked, &output),
        FiguresVerb::Opening(verb) => figures_inputs::opening(verb),
        FiguresVerb::Indicator(verb) => figures_inputs::indicator(verb),
        FiguresVerb::Improvement(verb) => figures_inputs::improvement(verb),
    }
}

fn kpi(from: Date, to: Date, as_of: Option<Timestamp>, output: &Output) -> Result<(), Exit> {
    let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..DAYS_MAX).contains(&days) {
        let wrong = format!("a period has 1 to {DAYS_MAX} days, first day first");
        return Err(Exit::new(Failure::Usage, wrong));
    }
    let as_of = as_of.unwrap_or_else(|| (clock::system().wall)());
    let period = period(from, to.saturating_add(1.day()), as_of)?;
    let reader = output.reader()?;
    let facts = reader.facts(period).map_err(|error| refused(&error))?;
    let calls = reader.call_facts(period).map_err(|error| refused(&error))?;
    let told =
        Told { measured: measure(&facts, as_of), calls: measure_calls(&calls, period.span()) };
    if output.is_json() { output.print(&told) } else { say(&described(&told)) }
}

fn hot(on: Option<Date>, asked: &CasesAsked, output: &Output) -> Result<(), Exit> {
    let now = (clock::system().wall)();
    let (on, rules) = (on.unwrap_or_else(|| local_day(now)), BurstRules::default());
    let period = period(rules.first_day(on), on.saturating_add(1.day()), now)?;
    let facts = output.reader()?.facts(period).map_err(|error| refused(&error))?;
    let seen: Vec<Sighting> = facts.iter().flat_map(sightings).collect();
    let bursts = bursts(&seen, on, &rules);
    if asked.is_wanted() {
        return asked.tell(of_bursts(&bursts, &facts, (on, &rules), sightings), output);
    }
    if output.is_json() {
        return output.print(&bursts);
    }
    let lines = bursts.iter().map(|burst| {
        let Burst { key, count, before, periods } = burst;
        format!("{key}：近{}日 {count} 件，此前{periods}期共 {before} 件\n", rules.days)
    });
    say(&lines.collect::<String>())
}

/// The axes that are looked at, as they are told.
const AXES: [(Axis, &str); 3] =
    [(Axis::Domain, "领域"), (Axis::Town, "镇街"), (Axis::Unit, "单位")];

/// What a case is alike others by.
fn sightings(case: &Facts) -> Vec<Sighting> {
    let on = |(axis, title): (Axis, &str)| {
        let Sighting { on, key } = axis.sighting(case)?;
        Some(Sighting { on, key: format!("{title} {key}") })
    };
    AXES.into_iter().filter_map(on).collect()
}

/// From the beginning of one day to that of another.
fn period(from: Date, to: Date, as_of: Timestamp) -> Result<Period, Exit> {
    let [from_ms, to_ms] = [midnight(from)?, midnight(to)?].map(Timestamp::as_millisecond);
    Ok(Period { from_ms, to_ms, as_of_ms: as_of.as_millisecond() })
}

fn described(told: &Told) -> String {
    let mut text = format!("受理量 {}\n", told.measured.accepted);
    for kpi in &told.measured.kpis {
        let excluded = kpi.excluded.iter().map(|(why, cases)| (why.title(), cases.len()));
        let share = (kpi.numerator, kpi.denominator, kpi.permille);
        line(&mut text, kpi.title, share, (kpi.goal_percent, None), excluded);
    }
    for kpi in &told.calls {
        let excluded = kpi.excluded.iter().map(|(why, calls)| (why.title(), calls.len()));
        let share = (kpi.numerator, kpi.denominator, kpi.permille);
        line(&mut text, kpi.title, share, (kpi.goal_percent, kpi.since), excluded);
    }
    text
}

/// One figure: numerator, denominator and share, goal, since when the worst of it was, what is left out.
fn line<'a>(
    text: &mut String,
    title: &str,
    (numerator, denominator, permille): (usize, usize, Option<u32>),
    (goal, since): (Option<u8>, Option<Timestamp>),
    excluded: impl Iterator<Item = (&'a str, usize)>,
) {
    let share = permille.map_or_else(
        || "—".to_owned(),
        |permille| format!("{}.{} %", permille / 10, permille % 10),
    );
    // Writing to a String cannot fail.
    let _ = write!(text, "{title} {numerator}/{denominator} {share}");
    if let Some(goal) = goal {
        let _ = write!(text, "，目标 {goal} %");
    }
    if let Some(since) = since {
        let _ = write!(text, "，自 {} 起", city_minute(since));
    }
    for (reason, count) in excluded {
        let _ = write!(text, "，不计{reason} {count}");
    }
    text.push('\n');
}
