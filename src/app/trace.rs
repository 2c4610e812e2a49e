//! `mayorline case trace`: who held a case when (责任倒查).

use super::casework::case_name;
use super::exit::{Exit, Failure};
use super::output::{Output, refused};
use super::{clock, common};
use crate::domain::case::State;
use crate::domain::report::{Share, Stretch, Trace, trace as trace_of};
use crate::store::{CaseName, city_time};
use serde::Serialize;
use std::fmt::Write;

/// The sheet as it is printed.
#[derive(Debug, Serialize)]
struct TraceSheet {
    number: Option<String>,
    from: String,
    to: String,
    ms: i64,
    /// 超期, 第N次办理, 虚假反馈N次.
    causes: Vec<String>,
    stretches: Vec<StretchRow>,
    shares: Vec<Share>,
}

/// A stretch.
#[derive(Debug, Serialize)]
struct StretchRow {
    holder: String,
    person: Option<String>,
    state: State,
    title: &'static str,
    round: u8,
    from: String,
    to: String,
    ms: i64,
    overdue: bool,
    ended_by: Option<String>,
}

/// Reads the events of a case and prints who held it.
pub(super) fn trace(number: &str, output: &Output) -> Result<(), Exit> {
    let reader = output.reader()?;
    let found = match case_name(number)? {
        CaseName::Draft(id) => reader.case_by_id(id),
        CaseName::Number(number) => reader.case(number),
    };
    let row = found.map_err(|error| refused(&error))?.row;
    let events = reader.events(row.id).map_err(|error| refused(&error))?;
    let events = events.iter().map(|(at, actor, event)| (*at, actor.as_str(), event));
    let trace = trace_of(events, (clock::system().wall)());
    let trace = trace.ok_or_else(|| Exit::new(Failure::Data, "a case without events"))?;
    let sheet = told(row.number, trace);
    match output.is_json() {
        true => output.print(&sheet),
        false => common::say(&text(&sheet)),
    }
}

fn told(number: Option<String>, trace: Trace) -> TraceSheet {
    TraceSheet {
        number,
        from: city_time(trace.from),
        to: city_time(trace.to),
        ms: trace.ms(),
        causes: trace.causes(),
        shares: trace.shares(),
        stretches: trace.stretches.into_iter().map(row).collect(),
    }
}

fn row(stretch: Stretch) -> StretchRow {
    let ms = stretch.ms();
    let Stretch { holder, person, state, round, from, to, overdue, ended_by } = stretch;
    StretchRow {
        holder,
        person,
        state,
        title: state.title(),
        round,
        from: city_time(from),
        to: city_time(to),
        ms,
        overdue,
        ended_by,
    }
}

fn text(sheet: &TraceSheet) -> String {
    let number = sheet.number.as_deref().unwrap_or("草稿");
    let mut text = format!("{number} 自 {} 至 {}，共 {} 毫秒\n", sheet.from, sheet.to, sheet.ms);
    // Writing to a String cannot fail.
    if !sheet.causes.is_empty() {
        let _ = writeln!(text, "倒查原因：{}", sheet.causes.join("、"));
    }
    for one in &sheet.stretches {
        let person = one.person.as_deref().map_or_else(String::new, |person| format!(" {person}"));
        let overdue = if one.overdue { " 超期" } else { "" };
        let StretchRow { holder, from, to, ms, title, .. } = one;
        let _ = writeln!(text, "{from} 至 {to} {holder}{person} {title} {ms} 毫秒{overdue}");
    }
    for share in &sheet.shares {
        let _ = writeln!(text, "合计 {} {} 毫秒", share.holder, share.ms);
    }
    text
}
