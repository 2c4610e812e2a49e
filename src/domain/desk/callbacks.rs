//! The callback tasks (回拨任务) as the pages show them: how many are open, and the most urgent of
//! them to call back by a click.

use crate::units::SeatNumber;
use serde::Serialize;

/// Open tasks that are listed, the most urgent first; all are counted.
pub const CALLBACKS_LISTED_MAX: usize = 50;

/// All open tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallbacksView {
    /// How many there are.
    pub open: u32,
    /// How many of them are late.
    pub overdue: u32,
    /// The most urgent ones, at most [`CALLBACKS_LISTED_MAX`].
    pub tasks: Vec<CallbackView>,
}

/// One open task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackView {
    /// Its number, for the command `call_back`.
    pub task: i64,
    /// Whom to call, masked: the line dials. `None`: the number was withheld, nobody can be called.
    pub contact: Option<String>,
    /// Why: `asked`, `missed` or `number_untold`.
    pub reason: String,
    /// Until when.
    pub due_at: jiff::Timestamp,
    /// Attempts so far, one that runs included.
    pub attempts: u32,
    /// Who is calling at this moment.
    pub calling: Option<SeatNumber>,
}
