//! `mayorline callback`: who has been called back, by whom, how many remain.

use super::clock;
use super::common::say;
use super::exit::Exit;
use super::output::{ListArguments, refused};
use clap::Subcommand;

/// `mayorline callback …`
#[derive(Debug, Subcommand)]
pub(super) enum CallbackVerb {
    /// All callback tasks: how many remain, how many are late, each with its attempts and by which
    /// seat. Open ones first, the most urgent of them first; numbers are masked.
    List(ListArguments),
}

/// Callback tasks.
pub(super) fn callback(verb: CallbackVerb) -> Result<(), Exit> {
    match verb {
        CallbackVerb::List(list) => {
            let now = (clock::system().wall)();
            let all = list.output.reader()?.callbacks(now, list.limit).map_err(|e| refused(&e))?;
            if list.output.is_json() {
                return list.output.print(&all);
            }
            say(&format!("open={} overdue={} done={}\n", all.open, all.overdue, all.done))?;
            list.output.print(&all.tasks)
        }
    }
}
