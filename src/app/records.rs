//! `mayorline case`, `call` and `verify`: they read the store, beside a running service too.

use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{ListArguments, Output, refused};
use super::{call_show, case_show, casework, history, search, suggest, trace};
use crate::domain::report::hashes_in;
use crate::domain::suggest::RiskFilter;
use crate::store::VerifyReport;
use clap::{Args, Subcommand};
use std::fmt::Write;

/// `mayorline case …`
#[derive(Debug, Subcommand)]
pub(super) enum CaseVerb {
    /// The newest cases first, each with the flags of its words; contacts are masked.
    List {
        /// Only those that a wrap-up left without a code of their domain, the oldest first: each is
        /// still to be classified, wherever it is by now.
        #[arg(long)]
        uncoded: bool,
        /// Only those whose words raise a flag of this concern: crowd, suicide, petition, explosives,
        /// minor, or any; of the newest 10,000. None under seal, and no flag that was marked as false.
        #[arg(long, value_parser = suggest::risk_filter)]
        risk: Option<RiskFilter>,
        #[command(flatten)]
        list: ListArguments,
    },
    /// One case with its events.
    Show(case_show::ShowArguments),
    /// The newest cases whose number and summary have all these words; any two characters of them
    /// are enough. Sealed cases and those that nobody has summed up are not found.
    Search(search::SearchArguments),
    /// Make the index of `search` anew from the events, beside a running service too.
    Reindex(Common),
    /// What happened to a case: who, when, and who held it for how long, up to now.
    History {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
    /// The trace sheet (责任倒查): who held the case when, up to now; the times add up to the whole.
    Trace {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
    /// Hints on a new text or a case: nature, units with their reasons, cases that may be the same,
    /// risk words. Nothing is changed.
    Suggest(suggest::SuggestArguments),
    /// C6: a flag of risk words was raised for nothing.
    FalseAlarm(suggest::FalseAlarmArguments),
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
    Show(call_show::CallShowArguments),
}

/// Bytes of a file with anchors.
const ANCHOR_FILE_BYTES_MAX: u64 = 16 << 20;

/// `mayorline verify`
#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// A hash that was printed or kept elsewhere, or a text file with such hashes (a report as JSON or
    /// HTML, a log): the chains must still go through each. May be given more than once.
    #[arg(long = "anchor", value_name = "HASH|FILE")]
    anchors: Vec<String>,
    #[command(flatten)]
    output: Output,
}

/// Cases.
pub(super) fn case(verb: CaseVerb) -> Result<(), Exit> {
    match verb {
        CaseVerb::List { uncoded, risk, list } => {
            let reader = list.output.reader()?;
            let rows = match risk {
                Some(risk) => reader.flagged_cases(risk, uncoded, list.limit),
                None if uncoded => reader.uncoded_cases(list.limit),
                None => reader.cases(list.limit),
            };
            list.output.print(&rows.map_err(|e| refused(&e))?)
        }
        CaseVerb::Show(arguments) => case_show::show(&arguments),
        CaseVerb::Search(search) => search::found(&search),
        CaseVerb::Reindex(common) => search::reindex(&common),
        CaseVerb::History { number, output } => history::history(&number, &output),
        CaseVerb::Trace { number, output } => trace::trace(&number, &output),
        CaseVerb::Suggest(arguments) => suggest::hints(&arguments),
        CaseVerb::FalseAlarm(arguments) => suggest::mark_false(arguments),
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
        CallVerb::Show(arguments) => call_show::show(&arguments),
    }
}

/// `mayorline verify`
pub(super) fn verify(arguments: &VerifyArguments) -> Result<(), Exit> {
    let VerifyArguments { anchors, output } = arguments;
    let folder = output.common.folder(&output.common.load()?);
    let mut hashes = vec![];
    for anchor in anchors {
        hashes.extend(hashes_of(anchor)?);
    }
    let report = crate::store::verify_anchored(folder, &hashes).map_err(|e| refused(&e))?;
    match output.is_json() {
        true => output.print(&report)?,
        false => say(&described(&report))?,
    }
    if report.is_sound() {
        Ok(())
    } else {
        Err(Exit::new(Failure::Data, format!("{} faults", report.fault_count)))
    }
}

/// What was typed, or what stands in a file: a report as text, a log.
fn hashes_of(anchor: &str) -> Result<Vec<String>, Exit> {
    let typed = hashes_in(anchor);
    if !typed.is_empty() {
        return Ok(typed);
    }
    let unread = |error| Exit::new(Failure::NoInput, format!("{anchor}: {error}"));
    let size = std::fs::metadata(anchor).map_err(unread)?.len();
    if size > ANCHOR_FILE_BYTES_MAX {
        return Err(Exit::new(Failure::Data, format!("{anchor}: larger than 16 MiB")));
    }
    let found = hashes_in(&String::from_utf8_lossy(&std::fs::read(anchor).map_err(unread)?));
    if found.is_empty() {
        return Err(Exit::new(Failure::Data, format!("{anchor}: no hash of 64 digits in it")));
    }
    Ok(found)
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
    if report.erased_cases + report.erased_recordings > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "erased cases {}, erased recordings {}",
            report.erased_cases, report.erased_recordings
        );
    }
    if report.sealed + report.unclaimed > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "private parts under seal {}, sealed cases without the liaison's key {}",
            report.sealed, report.unclaimed
        );
    }
    for (chain, seq) in &report.anchored {
        let _ = writeln!(text, "anchor found: {chain} {seq}");
    }
    if report.unscrubbed {
        let told = "what was sealed or erased is still on the disk: the service takes it off";
        let _ = writeln!(text, "{told}");
    }
    if report.in_clear_count > 0 {
        let count = report.in_clear_count;
        let _ = writeln!(text, "recordings in clear {count}: the running service seals them");
        for file in &report.in_clear {
            let _ = writeln!(text, "in clear: {file}");
        }
    }
    for fault in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAULT {} {}: {}", fault.area, fault.subject, fault.problem);
    }
    text
}
