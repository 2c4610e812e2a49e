//! `mayorline calendar …`: what the city's calendar comes to, with the reason of every date.

use super::common::say;
use super::config::Config;
use super::exit::{Exit, Failure};
use super::output::{Output, refused};
use super::{clock, serve};
use crate::domain::calendar::Calendar;
use crate::domain::listening_day::{DATES_MAX, DayRecord, Duty, ListeningDay, Reason, Roster};
use clap::{Args, Subcommand};
use jiff::civil::{Date, Weekday};
use serde::Serialize;

mod due;

/// `mayorline calendar …`
#[derive(Debug, Subcommand)]
pub(super) enum CalendarVerb {
    /// The next listening days (领导接听日), each with the reason of its date and who is on duty.
    ListeningDays(Arguments),
    /// How "5日内" resolves for a date, step by step.
    Due(due::Arguments),
    /// The minutes of a listening day: attempts, who answered, topics and cases, from the ledger.
    ListeningRecord {
        /// Which day, YYYY-MM-DD.
        date: Date,
        #[command(flatten)]
        output: Output,
    },
}

/// Which dates, and how they are printed.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first date that counts, YYYY-MM-DD; today unless it is given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// How many, at most 120.
    #[arg(long, default_value_t = 12)]
    count: usize,
    #[command(flatten)]
    output: Output,
}

/// One row.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    day: ListeningDay,
    weekday: &'static str,
    window: [String; 2],
    duty: Option<Duty>,
}

/// Carries the verb out.
pub(super) fn calendar(verb: CalendarVerb) -> Result<(), Exit> {
    let arguments = match verb {
        CalendarVerb::ListeningDays(arguments) => arguments,
        CalendarVerb::Due(arguments) => return due::due(&arguments),
        CalendarVerb::ListeningRecord { date, output } => return record(date, &output),
    };
    if !(1..=DATES_MAX).contains(&arguments.count) {
        return Err(Exit::new(Failure::Usage, format!("--count must be 1 to {DATES_MAX}")));
    }
    let config = arguments.output.common.load()?;
    let rows = rows(&config, &arguments)?;
    if arguments.output.is_json() {
        return arguments.output.print(&rows);
    }
    say(&rows.iter().map(|row| line(row) + "\n").collect::<String>())
}

fn rows(config: &Config, arguments: &Arguments) -> Result<Vec<Row>, Exit> {
    let refuse = |why: String| Exit::new(Failure::Config, why);
    let rules = config.listening_day.rules().map_err(refuse)?;
    let roster: Roster = config.listening_day.roster().map_err(refuse)?;
    let calendar: Calendar = serve::calendar(config)?;
    let zone = serve::time_zone(config)?;
    let from = arguments.from.unwrap_or_else(|| (clock::system().wall)().to_zoned(zone).date());
    let window = [rules.window.0, rules.window.1].map(|time| time.strftime("%H:%M").to_string());
    let row = |day: ListeningDay| Row {
        weekday: weekday(day.date),
        window: window.clone(),
        duty: roster.duty(&rules, &calendar, day.date),
        day,
    };
    Ok(rules.next(&calendar, from, arguments.count).into_iter().map(row).collect())
}

fn record(date: Date, output: &Output) -> Result<(), Exit> {
    let config = output.common.load()?;
    let refuse = |why: String| Exit::new(Failure::Config, why);
    let rules = config.listening_day.rules().map_err(refuse)?;
    let roster = config.listening_day.roster().map_err(refuse)?;
    let calendar = serve::calendar(&config)?;
    if rules.on(&calendar, date).is_none() {
        return Err(Exit::new(Failure::NoInput, format!("{date} is no listening day")));
    }
    let window = rules.window_on(date, &serve::time_zone(&config)?);
    let (from, to) = window.ok_or_else(|| refuse(format!("{date} has no such window")))?;
    let calls = output.reader()?.day_calls(from, to).map_err(|error| refused(&error))?;
    let mut record = DayRecord::new(date, roster.duty(&rules, &calendar, date));
    calls.into_iter().for_each(|call| record.add(call));
    output.print(&record)
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

/// `2026-10-13 tuesday 09:00-11:00: instead of 2026-10-06, 国庆节`
fn line(row: &Row) -> String {
    let why = match &row.day.reason {
        Reason::Rule { week, month } => format!("week {week} of {}", month.strftime("%Y-%m")),
        Reason::Holiday { planned, holiday } => format!("instead of {planned}, {holiday}"),
        Reason::Moved { planned, why } => format!("moved from {planned}: {why}"),
        Reason::Added { why } => format!("added: {why}"),
    };
    let [from, to] = &row.window;
    let mut text = format!("{} {} {from}-{to}: {why}", row.day.date, row.weekday);
    if let Some(duty) = &row.duty {
        text += &format!("; {} ({})", duty.title, duty.seat);
        if let Some(whose) = &duty.instead_of {
            text += &format!(" for {whose}");
        }
    }
    if row.day.provisional {
        text += "; provisional: the year has no holiday table";
    }
    text
}
