//! A conversation with several parties (三方通话) as a sans-IO machine: who is in it, who hears
//! whom, what seats may do in it, and what must come of it. It knows no leg, socket or sample.
//!
//! ```text
//! a party:  Ringing -> (Asked) -> Up -> Gone          the citizen: Up <-> Elsewhere (call, queue)
//! a seat:   Up -> left, owes a wrap-up -> wrapped up
//! ```
//! Invariants (`docs/testing.md`): R1 nobody hears himself; R2 who is held hears nobody and is heard
//! by nobody, and who is in another circle is not heard either; R3 a watcher is heard by nobody, a
//! whisperer by his seat alone; R4 every command is answered exactly once; R5 the recording runs
//! whenever two parties hear each other, and is silent in secrets alone; R6 every dial and every
//! goodbye ends within a bound; R7 `Finished` comes once, and then no party is left; R8 the room
//! comes to rest; R9 a citizen who waits hears music, and W08 at once and every 30 s; R10 a unit
//! that is accused is never rung and never stays; R11 the first-responsible seat never changes; R12 a
//! wrap-up that decides is done only after its commit.

mod balance;
mod callback;
#[cfg(debug_assertions)]
mod check;
mod contract;
mod dialling;
mod duty;
mod entry;
mod hearing;
mod machine;
mod obey;
mod party;
mod rules;
mod speaking;
mod storing;
mod supervision;
mod targets;
#[cfg(test)]
mod tests;
mod view;

pub use contract::{
    Action, CITIZEN, CallBack, Destination, Hearing, Input, Matter, NotStored, Parting, Recording,
    SeatCard, Then, Wish, WrapUp,
};
pub use entry::{Entry, Leaving};
pub use machine::{Opening, Room};
pub use rules::{
    CONTACTS_MAX, PARTIES_EVER_MAX, PARTIES_MAX, RoomRules, WATCHERS_MAX, WRAP_UP_ATTEMPTS_MAX,
};
pub use targets::{Directory, Reach, resolve, wanted_target};
