//! What a room writes into the ledger.

use crate::domain::desk::{Failure, Outcome, PartyKind, Supervision};
use crate::units::{PartyId, SeatNumber};

/// One thing that happened in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A party is rung.
    Rung {
        /// Which.
        party: PartyId,
        /// Who it is.
        kind: PartyKind,
        /// Seat number, unit name or masked number.
        label: String,
        /// The first contact, the second …
        contact: u32,
    },
    /// It was not reached.
    Unreached {
        /// Which.
        party: PartyId,
        /// Why.
        why: Failure,
    },
    /// It is there, for the asking seat alone.
    Consulted(PartyId),
    /// It is in the conversation.
    Joined {
        /// Which.
        party: PartyId,
        /// Who it is.
        kind: PartyKind,
        /// Seat number, unit name or masked number.
        label: String,
    },
    /// It is gone.
    Left {
        /// Which.
        party: PartyId,
        /// How.
        how: Leaving,
    },
    /// 保持, or its end.
    Held(PartyId, bool),
    /// 静音, or its end.
    Muted(PartyId, bool),
    /// 闭听, or its end.
    Deafened(PartyId, bool),
    /// The seat hears and is heard by these alone; none: the end of it.
    Private(PartyId, Vec<PartyId>),
    /// The citizen goes from one party to another.
    Transferred {
        /// From the seat.
        from: PartyId,
        /// To the party; `None`: to the queue.
        to: Option<PartyId>,
    },
    /// 监听、耳语、强插 or its end. Belongs into the audit as well.
    Supervised {
        /// By whom.
        seat: SeatNumber,
        /// How.
        mode: Supervision,
    },
    /// The outcome of a three-way call.
    Outcome {
        /// Who says so; `None`: the line found nobody.
        seat: Option<SeatNumber>,
        /// What came of it.
        outcome: Outcome,
    },
    /// A secret began or ended; the recording is silent between.
    Secret(bool),
}

/// How a party left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leaving {
    /// By itself.
    HungUp,
    /// Its line failed.
    Lost,
    /// A seat put it out.
    Dropped,
    /// The seat gave the citizen to somebody else.
    HandedOver,
    /// The seat left and the others went on (退出).
    SteppedOut,
    /// Nobody was left to talk to.
    Alone,
    /// The unit is accused in the matter.
    Accused,
    /// The longest time without a seat was reached.
    TooLong,
}
