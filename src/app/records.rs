//! `mayorline case`, `call` and `verify`: they read the store, beside a running service too.

use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{ListArguments, Output, refused};
use super::{casework, history, search, trace};
use crate::store::{CaseFilter, CaseName, VerifyReport};
use crate::units::CallId;
use clap::Subcommand;
use std::fmt::Write;

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
    Search(search::SearchArguments),
    /// Make the index of `search` anew from the events, beside a running service too.
    Reindex(Common),
    /// What happened to a case: who, when, and who held it for how long, up to now. Of a sealed case
    /// only the times.
    History {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
    /// The trace sheet (责任倒查): who held the case when, up to now; the times add up to the whole. Of
    /// a sealed case only the times.
    Trace {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
    #[command(flatten)]
    Work(casework::WorkVerb),
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
            let found = match casework::case_name(&number)? {
                CaseName::Draft(id) => output.reader()?.case_by_id(id),
                CaseName::Number(number) => output.reader()?.case(number),
            };
            output.print(&found.map_err(|e| refused(&e))?)
        }
        CaseVerb::Search(search) => search::found(&search),
        CaseVerb::Reindex(common) => search::reindex(&common),
        CaseVerb::History { number, output } => history::history(&number, &output),
        CaseVerb::Trace { number, output } => trace::trace(&number, &output),
        CaseVerb::Work(verb) => casework::work(verb),
    }
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
         queue rows {}, callback attempts {}, audit entries {}, reports {}\nhead {}\n",
        report.events,
        report.cases,
        report.recordings,
        report.days,
        report.erased,
        report.queue_rows,
        report.attempts,
        report.audited,
        report.reports,
        report.head
    );
    for fault in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAULT {} {}: {}", fault.area, fault.subject, fault.problem);
    }
    text
}
