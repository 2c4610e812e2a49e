//! `mayorline follow-up`: whose word on the answer is still to be asked for, and when.

use super::clock;
use super::common::say;
use super::exit::Exit;
use super::output::{ListArguments, refused};
use clap::Subcommand;

/// `mayorline follow-up …`
#[derive(Debug, Subcommand)]
pub(super) enum FollowUpVerb {
    /// The cases that wait for the citizen's word (待回访), each with what was tried, by which means
    /// the next try is made and from when it counts. Whoever can be called first comes first;
    /// numbers are masked.
    List(ListArguments),
}

/// The work list of those who ask.
pub(super) fn follow_up(verb: FollowUpVerb) -> Result<(), Exit> {
    let FollowUpVerb::List(list) = verb;
    let now = (clock::system().wall)();
    let all = list.output.reader()?.follow_ups(now, list.limit).map_err(|e| refused(&e))?;
    if list.output.is_json() {
        return list.output.print(&all);
    }
    say(&format!("waiting={} ready={}\n", all.waiting, all.ready))?;
    list.output.print(&all.cases)
}
