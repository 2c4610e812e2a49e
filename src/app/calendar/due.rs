//! `mayorline calendar due`: a due date with the steps that led to it.

use crate::app::common::{Common, say};
use crate::app::exit::{Exit, Failure};
use crate::app::serve;
use crate::domain::case::{Deadline, DeadlineMode, DeadlineRules, REPLY_DAYS, Step, city_zone};
use crate::store::city_time;
use clap::{Args, ValueEnum};
use jiff::civil::{Date, DateTime, time};
use serde::Serialize;

/// When offices open: the time of a date that is given without one.
const OFFICE_OPEN: jiff::civil::Time = time(9, 0, 0, 0);

/// Which date, and how days are counted.
#[derive(Debug, Args)]
pub(in crate::app) struct Arguments {
    /// When the period begins, local time: YYYY-MM-DD (09:00) or YYYY-MM-DDTHH:MM.
    from: String,
    /// How days are counted; as configured unless it is given.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// How many days, at most 366.
    #[arg(long, default_value_t = REPLY_DAYS)]
    days: u16,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// [`DeadlineMode`] as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Mode {
    /// Calendar days.
    Calendar,
    /// Calendar days; a last day off moves to the next working day.
    CalendarRoll,
    /// Working days.
    Working,
}

impl From<Mode> for DeadlineMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Calendar => Self::Calendar,
            Mode::CalendarRoll => Self::CalendarRoll,
            Mode::Working => Self::Working,
        }
    }
}

/// The answer.
#[derive(Debug, Serialize)]
struct Row {
    from: String,
    mode: DeadlineMode,
    days: u16,
    due_on: Date,
    due_at: String,
    provisional: bool,
    explained: Vec<Step>,
}

/// Carries the verb out.
pub(super) fn due(arguments: &Arguments) -> Result<(), Exit> {
    let config = arguments.common.load()?;
    let configured = serve::deadline_rules(&config);
    let mode = arguments.mode.map_or(configured.mode, DeadlineMode::from);
    let rules = DeadlineRules { mode, ..configured };
    let usage = |error: jiff::Error| Exit::new(Failure::Usage, error);
    let from = match arguments.from.parse::<Date>() {
        Ok(date) if !arguments.from.contains('T') => date.to_datetime(OFFICE_OPEN),
        _ => arguments.from.parse::<DateTime>().map_err(usage)?,
    };
    let from = from.to_zoned(city_zone()).map_err(usage)?.timestamp();
    let calendar = serve::calendar(&config)?;
    let deadline = Deadline::due(from, arguments.days, &rules, &calendar);
    let row = Row {
        from: city_time(from),
        mode,
        days: arguments.days,
        due_on: deadline.on,
        due_at: city_time(deadline.at),
        provisional: deadline.provisional,
        explained: deadline.explained,
    };
    match arguments.json {
        true => {
            let json = serde_json::to_string_pretty(&row);
            say(&(json.map_err(|error| Exit::new(Failure::Software, error))? + "\n"))
        }
        false => say(&text(&row)),
    }
}

/// One line with the date, then one a step.
fn text(row: &Row) -> String {
    let provisional = if row.provisional { "，暂定" } else { "" };
    let steps = row.explained.iter().map(|step| format!("  {}\n", sentence(step)));
    format!("最迟 {}（{}{provisional}）\n{}", row.due_on, row.due_at, steps.collect::<String>())
}

/// A step as a clerk reads it.
fn sentence(step: &Step) -> String {
    match step {
        Step::Began { on } => format!("{on} 起算，当日不计"),
        Step::AfterHours { counts_as } => format!("下班后收到，按 {counts_as} 起算"),
        Step::CountedTo { on, days } => format!("数满 {days} 日至 {on}"),
        Step::Hours { hours } => format!("数满 {hours} 小时"),
        Step::DaysOff { days } => format!("其间休息日 {days} 天不计"),
        Step::Rolled { from, to } => format!("{from} 为休息日，顺延至 {to}"),
        Step::NoTable { year } => format!("{year} 年节假日安排未录入，日期暂定"),
        Step::Promised { on } => format!("已告知群众 {on}，不提前"),
    }
}
