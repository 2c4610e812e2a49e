//! A conversation with several parties (三方通话) as a sans-IO machine: who is in it, who hears
//! whom, what seats may do in it, and what must come of it.

mod contract;
mod entry;
mod rules;
mod targets;

pub use contract::{
    Action, CITIZEN, CallBack, Destination, Hearing, Input, Matter, Parting, Recording, SeatCard,
    Then, Wish, WrapUp,
};
pub use entry::{Entry, Leaving};
pub use rules::{CONTACTS_MAX, PARTIES_EVER_MAX, PARTIES_MAX, RoomRules, WATCHERS_MAX};
pub use targets::{Directory, Reach, resolve, wanted_target};
