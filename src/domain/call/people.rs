//! The words between a call and the people at the seats: who takes calls, how a citizen waits for
//! a person, and what follows when the person has left.

use crate::units::{CaseNumber, PhoneNumber};
use jiff::civil::{Date, Time};

/// Which persons can take calls when a call arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seats {
    /// No seat exists or none is signed in: nothing may promise a person.
    None,
    /// People take calls.
    Open(OnDuty),
    /// Seats exist, but nobody takes calls at this hour.
    Closed {
        /// The hours of today or of the next day that has some, for A01; `None`: not said.
        hours: Option<Hours>,
        /// The group that key 0 of A02 reaches (紧急值班); `None`: there is none (A02N).
        duty: Option<String>,
    },
}

/// How people take calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnDuty {
    /// The group that is sought for whoever presses nothing.
    pub group: String,
    /// A legal holiday with a duty roster (A03).
    pub holiday: bool,
    /// A supervisor has approved the warning to be brief (X10).
    pub brief: bool,
    /// A listening day of the leaders (领导接听日).
    pub listening: Option<ListeningDay>,
}

/// Hours of service on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// From.
    pub open: Time,
    /// To.
    pub close: Time,
}

/// The listening day as it stands when a call arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListeningDay {
    /// The window is open (D01 to D03). The title is the id of a recorded word, such as
    /// `title.mayor`; `None`: D02 is not said.
    Open {
        /// Title of the leader who listens.
        title: Option<String>,
    },
    /// The window of today has ended (D06, D07).
    Over(Option<NextListeningDay>),
}

/// The next listening day (D07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextListeningDay {
    /// Which day.
    pub date: Date,
    /// Its window.
    pub hours: Hours,
}

/// Where a wait begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeekFrom {
    /// At the end of the queue, or where the queue knows this caller from a call cut off before.
    Arrival,
    /// At the head: a person had him already.
    Head,
}

/// Where a citizen stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Callers before him.
    pub ahead: u32,
    /// An honest estimate of the wait; `None`: not known, and nothing is said of time.
    pub minutes: Option<u32>,
}

/// Why a person is no longer sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// The citizen hung up and nothing had come of the call (放弃).
    Abandoned,
    /// A message, a case or an answered look-up came of it.
    Served,
    /// The longest wait was reached.
    WaitedTooLong,
    /// We end the call: it is too long, the network failed, the service stops.
    Ended,
}

/// Why nobody will take a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoPerson {
    /// Nobody is signed in any more, or the group was closed (B01).
    Absent,
    /// There are people, but too many callers: the queue is full, or he has waited as long as
    /// anybody may. B01 would be untrue.
    TooMany,
}

/// How the citizen is told who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tell {
    /// The number of the seat (G05).
    Seat,
    /// The title of a leader (D05), the id of a recorded word such as `title.mayor`.
    Leader(String),
    /// Nothing: he is told otherwise, or knows it.
    Nothing,
}

/// A callback that keeps the place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPlace {
    /// Whom to call.
    pub phone: PhoneNumber,
    /// The case with the callback task, committed; `None` while it is a draft.
    pub case: Option<CaseNumber>,
}

/// What follows when the last person has left the citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterPerson {
    /// The talk was finished: he is asked for a rating (V01).
    Survey,
    /// Goodbye without a question.
    Goodbye,
    /// He waits again, at the head: the seat was lost, or he was transferred to a group.
    Wait {
        /// For which group; `None`: for the one he waited for before.
        group: Option<String>,
        /// For the leader of the listening day (D04).
        leader: bool,
    },
}
