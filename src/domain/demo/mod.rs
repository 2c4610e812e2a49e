//! An invented city for trying things out (domain.md 5): its directory as tables to be imported, and
//! what happened in it over two months as a script of contacts and commands.
//!
//! Everything here follows from a seed and a last day: the same two give the same city. Nothing is
//! stored and nothing decided: the script is carried out by the real store, which may refuse it.
//! The names of towns and units are real; everything else is invented and says so: telephone numbers
//! are 1990000xxxx and 0537-0000xxx, and every person's name ends with [`MARK`].
//!
//! * [`City`]: the tables and the script; [`Script`]: one contact and what became of it.
//! * `tables`, `duties`, `people`: the directory.
//! * `arrivals`, `topics`, `contacts`: who says what, when, by which channel.
//! * `messages`, `examples`: the 44 examples of domain.md 5.3.
//! * `story`, `courses`, `answers`: what the centre and the units make of it.

mod answers;
mod arrivals;
mod contacts;
mod courses;
mod dice;
mod duties;
mod examples;
mod messages;
mod people;
mod story;
mod tables;
mod topics;

pub use arrivals::Ground;
pub use messages::{Example, examples};

use super::call::{IntakeKind, NewIntake};
use super::case::{Actor, AttemptOutcome, Order, Role, Task, WrapUp};
use super::directory::Kind;
use crate::units::{CallId, PhoneNumber, SeatNumber};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;
use std::time::Duration;

/// Said wherever something of the demo is shown.
pub const DEMO_TITLE: &str = "演示数据（虚构）";

/// Ends the name of every invented person.
pub const MARK: &str = "（虚构）";

/// Contacts of the two months (domain.md 5.1), the 44 examples among them.
pub const CONTACTS: usize = 600;

/// The queue that calls of the demo waited in.
pub const QUEUE: &str = "default";

/// How long the script is, in months.
const MONTHS: i64 = 2;

/// What the city is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The same seed gives the same city.
    pub seed: u64,
    /// The last day of the two months.
    pub until: Date,
    /// How many contacts there are besides the 44 examples.
    pub generated: usize,
}

impl Wish {
    /// The 600 contacts of domain.md 5.1.
    #[must_use]
    pub fn new(seed: u64, until: Date) -> Self {
        Self { seed, until, generated: CONTACTS - examples::COUNT }
    }

    /// The first day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.until.tomorrow().map_or(self.until, |day| day.saturating_sub(MONTHS.months()))
    }
}

/// A table of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFile {
    /// Which.
    pub kind: Kind,
    /// What the audit calls it.
    pub name: &'static str,
    /// CSV, as an administrator would import it.
    pub csv: String,
}

/// What a channel had taken in before the two months began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Which, by its name in the store.
    pub channel: &'static str,
    /// Matters.
    pub count: u32,
    /// Who types it in.
    pub by: String,
}

/// The opening balances (domain.md 5.1): 5,914 matters together.
const OPENINGS: [(&str, u32); 4] =
    [("radio", 562), ("phone", 2_667), ("email", 2_210), ("leader_sms", 475)];

/// The invented city.
#[derive(Debug, Clone, PartialEq)]
pub struct City {
    /// In the order they can be imported in.
    pub tables: Vec<TableFile>,
    /// What was there before.
    pub openings: Vec<Opening>,
    /// The contacts, in no order.
    pub scripts: Vec<Script>,
}

/// One contact and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What it is stored under.
    pub key: String,
    /// What happens, first to last.
    pub steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub deed: Deed,
}

/// What happens. Cases are named by their place in [`City::scripts`].
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A call arrives.
    Rings(Arc<Talk>),
    /// It is over.
    HangsUp(Arc<Talk>),
    /// The line takes a contact in, for a seat that talks with the citizen.
    Open(Box<NewIntake>, Option<SeatNumber>),
    /// The citizen leaves a spoken message of so many seconds.
    LeavesMessage(Box<NewIntake>, u32),
    /// A person takes a contact down, and accepts it where he may.
    TakesDown(Box<NewIntake>, Actor, Option<Task>),
    /// A person gives a command on the case.
    Acts(Box<Order>),
    /// The same on the case of another contact.
    ActsOn(usize, Box<Order>),
    /// A clerk merges the case into that of another contact.
    Merges(usize, Actor),
    /// An operator ends his talk; on the case of another contact where one is named.
    WrapsUp(Box<WrapUp>, Option<usize>),
    /// A seat tries to call the citizen back.
    CallsBack(SeatNumber, CallId, Duration, AttemptOutcome),
}

impl Deed {
    /// The contact has its number by this.
    fn numbers(&self) -> bool {
        match self {
            // Whoever leaves while he waits is a draft.
            Self::Open(intake, _) => intake.kind != IntakeKind::Abandoned,
            Self::LeavesMessage(..) => true,
            Self::TakesDown(_, _, accepted) => accepted.is_some(),
            Self::Acts(order) => matches!(order.task, Task::Accept { .. }),
            _ => false,
        }
    }
}

/// A call for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Its id.
    pub call: CallId,
    /// Who calls; `None`: withheld.
    pub caller: Option<PhoneNumber>,
    /// When it arrives.
    pub at: Timestamp,
    /// What comes of it.
    pub kind: TalkKind,
    /// From its arrival to its end.
    pub lasts: Duration,
    /// The grade the citizen keys in at the end.
    pub grade: Option<u8>,
}

/// What comes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TalkKind {
    /// A person talks with the citizen.
    Attended {
        /// At which seat.
        seat: SeatNumber,
        /// After how long.
        waited: Duration,
        /// The leader's seat that it is passed to on a listening day.
        leader: Option<SeatNumber>,
        /// The unit that is rung for a talk of three, and whether that solved it.
        unit: Option<(&'static str, bool)>,
    },
    /// A seat calls the citizen.
    Outgoing {
        /// Which.
        seat: SeatNumber,
        /// How long it rings.
        rang: Duration,
        /// He answers.
        reached: bool,
    },
    /// The citizen leaves while he waits.
    Abandoned,
    /// The citizen speaks a message.
    Message,
}

impl City {
    /// The city of a wish, by the days and dates of the ground it stands on.
    #[must_use]
    pub fn new(wish: &Wish, ground: &Ground) -> Self {
        let by = people::of_centre(Role::Director).person;
        let openings = OPENINGS.map(|(channel, count)| Opening { channel, count, by: by.clone() });
        let (tables, scripts) = (tables::all(wish.seed), contacts::all(wish, ground));
        Self { tables, openings: openings.into(), scripts }
    }

    /// Every step with the contact it belongs to, in the order of time, up to the end of the last day.
    #[must_use]
    pub fn timeline(&self, until: Timestamp) -> Vec<(usize, &Step)> {
        let scripts = self.scripts.iter().enumerate();
        let all = scripts.flat_map(|(at, script)| script.steps.iter().map(move |step| (at, step)));
        let mut steps: Vec<_> = all.filter(|(_, step)| step.at < until).collect();
        // Stable: the steps of one contact stay in their order.
        steps.sort_by_key(|(at, step)| (step.at, *at));
        steps
    }
}

#[cfg(test)]
mod tests;
