//! `mayorline case history`: who did what to a case and when, and who held it for how long.

use super::casework::case_name;
use super::exit::Exit;
use super::output::{Output, refused};
use super::{clock, common};
use crate::domain::case::{Case, CaseEvent, Record, State, apply, holding, whom};
use crate::store::{CaseName, city_time};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write;

/// The history of one case. The holding times add up to its age.
#[derive(Debug, Serialize)]
struct History {
    number: Option<String>,
    received_at: String,
    now: String,
    age_ms: i64,
    holding: Vec<HeldRow>,
    events: Vec<EventRow>,
}

/// A stretch of time in one state with one unit.
#[derive(Debug, Serialize)]
struct HeldRow {
    state: State,
    title: &'static str,
    unit: Option<String>,
    from: String,
    ms: i64,
}

/// One event.
#[derive(Debug, Serialize)]
struct EventRow {
    at: String,
    actor: String,
    state: State,
    title: &'static str,
    /// Whom a warning went to, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    whom: Option<String>,
    what: Option<serde_json::Value>,
}

/// Reads the events of a case and prints them.
pub(super) fn history(number: &str, output: &Output) -> Result<(), Exit> {
    let reader = output.reader()?;
    let found = match case_name(number)? {
        CaseName::Draft(id) => reader.case_by_id(id),
        CaseName::Number(number) => reader.case(number),
    };
    let detail = found.map_err(|error| refused(&error))?;
    let events = reader.events(detail.row.id).map_err(|error| refused(&error))?;
    let history = told(detail.row.number, &events, (clock::system().wall)());
    match output.is_json() {
        true => output.print(&history),
        false => common::say(&text(&history)),
    }
}

fn told(
    number: Option<String>,
    events: &[(Timestamp, String, CaseEvent)],
    now: Timestamp,
) -> History {
    let case = events.iter().fold(Case::default(), |case, (.., event)| apply(case, event));
    let received = case.received_at.unwrap_or(now);
    let times = events.iter().map(|(at, _, event)| (*at, event));
    let holding = holding(times, now).into_iter().map(|held| HeldRow {
        state: held.state,
        title: held.state.title(),
        unit: held.unit,
        from: city_time(held.from),
        ms: held.ms,
    });
    let mut so_far = Case::default();
    let rows = events.iter().map(|(at, actor, event)| {
        so_far = apply(std::mem::take(&mut so_far), event);
        let state = so_far.state.unwrap_or(State::Draft);
        EventRow {
            at: city_time(*at),
            actor: actor.clone(),
            state,
            title: state.title(),
            whom: named(event),
            what: public(event),
        }
    });
    History {
        number,
        received_at: city_time(received),
        now: city_time(now),
        age_ms: now.as_millisecond() - received.as_millisecond(),
        holding: holding.collect(),
        events: rows.collect(),
    }
}

/// Whom a warning went to.
fn named(event: &CaseEvent) -> Option<String> {
    let CaseEvent::Record(record) = event else { return None };
    let Record::Warned { told, copied, .. } = &**record else { return None };
    Some(whom(told, copied.as_deref())).filter(|words| !words.is_empty())
}

/// An event without its private part.
fn public(event: &CaseEvent) -> Option<serde_json::Value> {
    let mut value = serde_json::to_value(event).ok()?;
    value.as_object_mut()?.remove("private");
    Some(value)
}

fn text(history: &History) -> String {
    let mut text = format!(
        "{} 收到 {}，至今 {} 毫秒\n",
        history.number.as_deref().unwrap_or("草稿"),
        history.received_at,
        history.age_ms
    );
    for held in &history.holding {
        let unit = held.unit.as_deref().unwrap_or("受理中心");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {} {} {} 毫秒 自 {}", held.title, unit, held.ms, held.from);
    }
    for event in &history.events {
        let what = event.what.as_ref().and_then(|what| what["event"].as_str()).unwrap_or("—");
        let actor = &event.actor;
        let _ = write!(text, "{} {} {} {}", event.at, event.title, actor, what);
        if let Some(whom) = &event.whom {
            let _ = write!(text, " {whom}");
        }
        text.push('\n');
    }
    text
}
