//! The queue (ACD): who waits, which seat is offered whom, and what became of it. Sans-IO.
//!
//! The switch feeds [`Acd`] and carries out what it says:
//! * [`Acd::arrive`] takes a caller in or says at once, with the reason, why not;
//! * [`Acd::command`] answers a wish of a seat (ready, pause, answer, decline …);
//! * [`Acd::handle`] takes everything that happened, [`Input::Timeout`] included;
//! * after each of the three, drain [`Acd::poll_output`] until it is empty, then look at
//!   [`Acd::poll_timeout`].
//!
//! ```text
//! a caller:  arrive -> waiting <-> offered -> connecting -> connected
//!                        |  ^________|____________|  (declined, silent, dropped: to his old place)
//!                        +-> left (hung up, message, callback, moved) | told that nobody comes
//! a seat:    signed out <-> ready -> offered -> talking -> wrap-up -> ready
//!                            ^--- paused (reason) <---+-------+
//! ```
//! Callers are ordered by their first arrival, also when they come back or are to be called back.

mod callers;
mod contract;
mod figures;
mod free;
mod hours;
mod machine;
mod offers;
mod resume;
mod rules;
mod seat;
mod seats;
mod timers;
mod views;
mod waiting;

pub use contract::{
    Arrival, CallbackEnd, ConnectFault, Entered, Gate, GroupId, Input, KeyExit, LeaveHow,
    LedgerEntry, Moment, NoOneReason, NotEntered, OfferEnd, OfferKind, Output, QueueEvent,
    SeatSetup, TalkEnd, Waiter, Wish,
};
pub use figures::{ESTIMATE_MINUTES_MAX, Today};
pub use hours::{HolidayHours, Hours, HoursError, Opening, PERIODS_MAX, Period, WeekHours};
pub use machine::{Acd, WARNED_MAX};
pub use resume::RESUMES_MAX;
pub use rules::{
    GROUPS_MAX, GroupRules, Members, OVERFLOWS_MAX, Overflow, QueueRules, RulesError, SEATS_MAX,
    Strategy, TIERS_MAX,
};

#[cfg(test)]
mod tests;
