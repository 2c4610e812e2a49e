//! What passes between the pages of the seats and the line, over two bounded channels that `app`
//! wires: [`FromDesk`] towards the line, [`ToDesk`] back. Neither side waits for the other; what
//! finds no room is refused where it began.

use super::desk::{DeskEvent, DeskMessage, DeskRequest, SeatRole};
use crate::units::{CallId, OfferId, SeatNumber};
use jiff::Timestamp;

/// One open page of a seat. A page that comes back after a broken connection gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatIdentity {
    /// The seat.
    pub seat: SeatNumber,
    /// The person's name.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
}

/// What a page's sound is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioFor {
    /// A call that is offered. The page asks while it rings, so that its sound is there when the
    /// person answers.
    Offer(OfferId),
    /// A call that the seat talks in, or that a supervisor wants to take part in. One that has sound
    /// already gets it anew: the page was loaded again or its network changed.
    Call(CallId),
}

/// From the pages to the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromDesk {
    /// A command. Its id is unique among all pages; [`DeskMessage::Reply`] brings it back, exactly
    /// once for every request.
    Request(DeskRequest),
    /// A page is open.
    Connected {
        /// Whose.
        who: SeatIdentity,
        /// Which.
        connection: ConnectionId,
    },
    /// A page is gone: closed, or its connection is broken. A seat that has no phone and no page
    /// for 3 s cannot be reached; its call goes on meanwhile.
    Gone {
        /// Whose.
        seat: SeatNumber,
        /// Which.
        connection: ConnectionId,
    },
    /// A page offers sound (SDP offer of a browser, RFC 8829). [`ToDesk::AudioAnswer`] or
    /// [`ToDesk::AudioRefused`] brings `id` back.
    AudioOffer {
        /// Which page.
        connection: ConnectionId,
        /// Whose.
        seat: SeatNumber,
        /// Unique among all pages, and no id of a request.
        id: u64,
        /// What for.
        wanted: AudioFor,
        /// The description.
        sdp: String,
    },
}

/// Whom an event is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Every page of one seat.
    Seat(SeatNumber),
    /// The pages of all supervisors.
    Supervisors,
    /// The pages of all who take calls: operators and supervisors.
    Operators,
    /// Every page.
    Everybody,
}

/// From the line to the pages.
///
/// The pages' side keeps what was said last of each seat, offer, conversation and group, so that a
/// page that comes later or comes back is shown the present state. The line therefore tells every
/// change, whether or not a page is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToDesk {
    /// The answer to a command, or an event of one seat.
    Message(SeatNumber, DeskMessage),
    /// Something happened.
    Event(Audience, Box<DeskEvent>),
    /// The answer to an [`FromDesk::AudioOffer`].
    AudioAnswer {
        /// Its id.
        id: u64,
        /// The description.
        sdp: String,
    },
    /// The account of a seat is another one than before: whoever signed in with the former one is
    /// signed out.
    SeatChanged {
        /// The seat.
        seat: SeatNumber,
        /// Since when its account is as it is; `None`: it was removed.
        changed_at: Option<Timestamp>,
    },
    /// An [`FromDesk::AudioOffer`] that was not taken.
    AudioRefused {
        /// Its id.
        id: u64,
        /// Why.
        why: AudioRefusal,
    },
}

/// Why a page gets no sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioRefusal {
    /// No such offer or call, or it is over.
    NoSuchCall,
    /// The seat has no right to it.
    NotAllowed,
    /// The description cannot be read, or offers neither PCMA nor PCMU.
    Malformed,
    /// No port or no room.
    Busy,
    /// Another open page of the seat has the sound.
    Elsewhere,
}
