//! `mayorline case`, `call` and `verify`: they read the store, beside a running service too.

use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{ListArguments, Output, refused};
use crate::domain::case::{State, city_zone};
use crate::domain::search::Question;
use crate::store::{Administration, CaseFilter, SearchFilter, VerifyReport};
use crate::units::{CallId, CaseNumber};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt::{Display, Write};

/// `mayorline case …`
#[derive(Debug, Subcommand)]
pub(super) enum CaseVerb {
    /// The newest cases first; contacts are masked.
    List(ListArguments),
    /// One case with its events.
    Show {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
    /// The newest cases whose number and summary have all these words; any two characters of them
    /// are enough. Sealed cases and those that nobody has summed up are not found.
    Search(SearchArguments),
    /// Make the index of `search` anew from the events, beside a running service too.
    Reindex(Common),
}

/// What is looked for.
#[derive(Debug, Args)]
pub(super) struct SearchArguments {
    /// Words that must all be there, in any order; digits too.
    #[arg(required = true)]
    words: Vec<String>,
    /// Only cases in this state (`accepted`, `assigned` …).
    #[arg(long)]
    state: Option<String>,
    /// Only cases of this unit, by its id.
    #[arg(long)]
    unit: Option<String>,
    /// Only cases received on this day or later, YYYY-MM-DD.
    #[arg(long)]
    from: Option<Date>,
    /// Only cases received on this day or earlier, YYYY-MM-DD.
    #[arg(long)]
    to: Option<Date>,
    #[command(flatten)]
    list: ListArguments,
}

/// `mayorline call …`
#[derive(Debug, Subcommand)]
pub(super) enum CallVerb {
    /// The newest calls first; numbers are masked.
    List(ListArguments),
    /// One call: every party's leg, times, digits pressed, prompts heard, what the parties did, the
    /// queue ledger, recording file and tracks. Keys of menus stand in clear, every other digit as
    /// `*`: it may belong to a query code or a number.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

/// Cases.
pub(super) fn case(verb: CaseVerb) -> Result<(), Exit> {
    match verb {
        CaseVerb::List(list) => {
            let rows = list
                .output
                .reader()?
                .cases(&CaseFilter::default(), list.limit)
                .map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        CaseVerb::Show { number, output } => {
            let usage = |error: &dyn Display| Exit::new(Failure::Usage, error);
            let found = match number.strip_prefix("draft-") {
                Some(id) => {
                    let id = id.parse().map_err(|_| usage(&"not the id of a draft"))?;
                    output.reader()?.case_by_id(id)
                }
                None => {
                    let number = CaseNumber::parse(&number).map_err(|error| usage(&error))?;
                    output.reader()?.case(number)
                }
            };
            output.print(&found.map_err(|e| refused(&e))?)
        }
        CaseVerb::Search(search) => found(&search),
        CaseVerb::Reindex(common) => reindex(&common),
    }
}

fn found(search: &SearchArguments) -> Result<(), Exit> {
    let usage = |error: &str| Exit::new(Failure::Usage, error);
    let question = Question::parse(&search.words.join(" "));
    let question = question.ok_or_else(|| usage("there is no letter, digit or ideograph"))?;
    let state = search.state.as_deref().map(|name| State::parse(name).ok_or(name));
    let state = state.transpose().map_err(|name| usage(&format!("`{name}` is no state")))?;
    let begin = |day: Date| {
        day.to_zoned(city_zone()).map_or(i64::MAX, |at| at.timestamp().as_millisecond())
    };
    let filter = SearchFilter {
        state,
        unit: search.unit.clone(),
        from_ms: search.from.map(begin),
        to_ms: search.to.map(|day| begin(day.tomorrow().unwrap_or(day))),
    };
    let reader = search.list.output.reader()?;
    let found = reader.search(&question, &filter, search.list.limit).map_err(|e| refused(&e))?;
    if search.list.output.is_json() {
        return search.list.output.print(&found);
    }
    search.list.output.print(&found.cases)?;
    say(&format!("{}{} found\n", found.count, if found.more { "+" } else { "" }))
}

fn reindex(common: &Common) -> Result<(), Exit> {
    common.load()?;
    let mut store =
        Administration::open(&common.data, Timestamp::now()).map_err(|e| refused(&e))?;
    let count = store.rebuild_search().map_err(|e| refused(&e))?;
    say(&format!("{count} cases can be found by words\n"))
}

/// Calls.
pub(super) fn call(verb: CallVerb) -> Result<(), Exit> {
    match verb {
        CallVerb::List(list) => {
            let rows = list.output.reader()?.calls(list.limit).map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        CallVerb::Show { id, output } => {
            let id = CallId::parse(&id).map_err(|error| Exit::new(Failure::Usage, error))?;
            output.print(&output.reader()?.call(&id).map_err(|e| refused(&e))?)
        }
    }
}

/// `mayorline verify`
pub(super) fn verify(common: &Common) -> Result<(), Exit> {
    common.load()?;
    let report = crate::store::verify(&common.data).map_err(|e| refused(&e))?;
    say(&described(&report))?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(Exit::new(Failure::Data, format!("{} faults", report.fault_count)))
    }
}

fn described(report: &VerifyReport) -> String {
    let mut text = format!(
        "events {}, cases {}, recordings {}, days {}, erased {}\n\
         queue rows {}, callback attempts {}, audit entries {}\nhead {}\n",
        report.events,
        report.cases,
        report.recordings,
        report.days,
        report.erased,
        report.queue_rows,
        report.attempts,
        report.audited,
        report.head
    );
    for fault in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAULT {} {}: {}", fault.area, fault.subject, fault.problem);
    }
    text
}
