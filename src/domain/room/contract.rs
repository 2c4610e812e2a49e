//! What a room hears from the world and what it asks of it. The switch owns legs, sockets and
//! sound; this room only names parties and what should happen to them.

use super::entry::Entry;
use super::targets::Reach;
use crate::domain::call::PlayId;
use crate::domain::case::Nature;
use crate::domain::desk::{
    CallBackOutcome, ConversationView, DeskReply, DeskRequest, Disposition, Failure, Outcome,
    Refusal, SeatRole,
};
use crate::domain::speech::Plan;
use crate::units::{CallId, Digit, PartyId, PhoneNumber, SeatNumber};
use std::time::Duration;

/// The citizen's number within every room.
pub const CITIZEN: PartyId = PartyId(0);

/// A person at a seat, as far as a room must know him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatCard {
    /// The seat's number.
    pub seat: SeatNumber,
    /// What it may do.
    pub role: SeatRole,
    /// How a leader is announced (D05): a word of the script such as `title.mayor`.
    pub title: Option<String>,
}

/// A command of a seat with what the room cannot know by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Who wants what.
    pub request: DeskRequest,
    /// Who that is.
    pub card: SeatCard,
    /// What became of [`wanted_target`](super::wanted_target); `None` when that gave none.
    pub reach: Option<Result<Reach, Refusal>>,
}

/// What the case file says that concerns the conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matter {
    /// Its nature, spoken to units that are rung (W02).
    pub nature: Option<Nature>,
    /// Ids of units that are accused in it: they are never rung, and put out at once.
    pub accused: Vec<String>,
}

/// How a party's leg ended when we did not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parting {
    /// The person hung up.
    HungUp,
    /// The network, the phone or the page failed.
    Lost,
}

/// What happens to a room.
///
/// After [`Action::HangUp`] nothing more is reported of that party's leg, and after
/// [`Action::Dial`] reports are about the leg that was dialled last.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A seat takes the citizen from the queue: its leg is up. The first comes with
    /// [`Room::attended`](super::Room::attended), further ones after [`Then::Queue`].
    Seated(SeatCard),
    /// A command of a seat.
    Asked(Box<Wish>),
    /// A dialled party rings.
    Ringing(PartyId),
    /// A dialled party answered; sound can flow.
    Answered(PartyId),
    /// A dialled party was not reached.
    Unreached(PartyId, Failure),
    /// A party pressed a key.
    Key(PartyId, Digit),
    /// A party's leg is over; also the citizen's while the call or the queue has him.
    Gone(PartyId, Parting),
    /// A play ran to its end (not when it was replaced or stopped).
    PlayDone(PlayId),
    /// What is known of the matter changed.
    Matter(Matter),
    /// What became of [`Action::StoreWrapUp`]. Late news of an earlier attempt does no harm.
    WrapUpStored {
        /// Which.
        attempt: u32,
        /// It is committed, or why it is not.
        stored: Result<(), NotStored>,
    },
    /// The seat signs out or vanishes for good: its wrap-up will never come.
    SignedOff(SeatNumber),
    /// The service is about to stop: nobody new is rung.
    Drain,
    /// The instant given by `poll_timeout` has come.
    Timeout,
}

/// Why a wrap-up is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotStored {
    /// The store cannot commit now, or does not know the call yet.
    Down,
    /// The rules of the case do not take it.
    Refused,
    /// It gives the case its number, and the day has none left: it can be stored after midnight.
    NoNumber,
}

/// Whom to ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The phone or page of a seat.
    Seat(SeatNumber),
    /// A number through a trunk.
    Number(PhoneNumber),
    /// 110, 119 or 120, past all number rules.
    Emergency(PhoneNumber),
}

/// What a party hears: a complete statement that holds until the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hearing {
    /// The parties that are heard, ascending; never the party itself.
    pub of: Vec<PartyId>,
    /// Hold music; only when `of` is empty.
    pub music: bool,
}

/// What is kept of the sound. Where the call keeps a recording of its own from the answer to the
/// end, `On` and `Off` change nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recording {
    /// Nothing: nobody has heard another yet, or all have left.
    Off,
    /// Everything, a track for each party.
    On,
    /// Silence with a mark (隐私暂停).
    Secret,
}

/// Where the citizen goes when nobody of the room is left to talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// He is asked for a rating (V01), then goodbye.
    Survey,
    /// Goodbye.
    Goodbye,
    /// Back to the queue with the place of his first arrival.
    Queue {
        /// Which group; `None`: the one he came from, at its head.
        group: Option<String>,
    },
}

/// What was written down after a call.
#[derive(Debug, Clone, PartialEq)]
pub struct WrapUp {
    /// By whom.
    pub seat: SeatNumber,
    /// What becomes of the matter; `None` when the seat never said so (see [`Input::SignedOff`]).
    pub disposition: Option<Disposition>,
    /// The nature of the matter.
    pub nature: Option<Nature>,
    /// In the operator's words.
    pub summary: String,
    /// The unit of an assignment.
    pub unit: Option<String>,
    /// What came of the three-way call, where there was one.
    pub outcome: Option<Outcome>,
    /// False when another seat has taken the matter over and decides about it.
    pub decides: bool,
    /// The seat was excused before ([`Action::Excused`]): it does other work meanwhile.
    pub excused: bool,
}

/// What a room wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Ring somebody; `Answered` or `Unreached` follows, or we hang up.
    Dial {
        /// Under which number he will be known. The same as before for a second contact.
        party: PartyId,
        /// Whom.
        to: Destination,
        /// How long it may ring; the room hangs up by itself then.
        ring: Duration,
        /// On whose account (number rules); `None` for an emergency.
        by: Option<SeatNumber>,
    },
    /// End a party's leg, ringing or talking.
    HangUp(PartyId),
    /// From now on the party hears this.
    Hear(PartyId, Hearing),
    /// From now on this is kept.
    Record(Recording),
    /// Play to one party, over what it hears or instead of it, replacing what plays.
    Play {
        /// Its number, never one of the call's own.
        play: PlayId,
        /// To whom.
        to: PartyId,
        /// What is said.
        plan: Plan,
        /// Mixed over what the party hears.
        over: bool,
    },
    /// Stop what plays to the party.
    StopPlay(PartyId),
    /// Send keys to a party's telephone menu.
    Keys(PartyId, Vec<Digit>),
    /// The answer to a command; exactly one for each.
    Reply {
        /// Whose command.
        seat: SeatNumber,
        /// Its id.
        id: u64,
        /// The answer.
        reply: DeskReply,
    },
    /// What the seats of this conversation are shown from now on.
    View {
        /// Seats in it, and those that still owe a wrap-up.
        to: Vec<SeatNumber>,
        /// What they see.
        view: Box<ConversationView>,
    },
    /// A seat is in the conversation: it is busy.
    SeatTalks {
        /// Its number in the room.
        party: PartyId,
        /// Which.
        seat: SeatNumber,
    },
    /// A seat is out of the conversation.
    SeatLeft {
        /// Its number in the room.
        party: PartyId,
        /// Which.
        seat: SeatNumber,
        /// It talked with the citizen and owes a wrap-up: `WrappedUp` follows, unless it returns.
        wrap_up: bool,
    },
    /// The seat that is first-responsible (首问负责); once, never changed.
    FirstResponsible(SeatNumber),
    /// Nobody is left to talk to the citizen: the call has him again.
    CitizenAlone(Then),
    /// A seat's wrap-up is over: it may take calls.
    WrappedUp(Box<WrapUp>),
    /// Store what a seat decided; [`Input::WrapUpStored`] follows, and only then `WrappedUp`.
    StoreWrapUp {
        /// Comes back with the outcome; grows within a room.
        attempt: u32,
        /// What.
        wrap_up: Box<WrapUp>,
    },
    /// The store did not take the wrap-up of this seat, which owes it still: it may take calls
    /// without it meanwhile.
    Excused(SeatNumber),
    /// How the attempt to call back ended; once for a callback.
    CalledBack {
        /// The task.
        task: i64,
        /// How; `None`: the citizen was never rung, it counts as no attempt.
        outcome: Option<CallBackOutcome>,
    },
    /// For the ledger, at the instant of the input.
    Note(Entry),
    /// No party is left. Once; only what belongs to wrap-ups follows.
    Finished,
}

/// A callback (回拨): the seat is rung, then the citizen.
#[derive(Debug, Clone, PartialEq)]
pub struct CallBack {
    /// The call.
    pub call: CallId,
    /// The task.
    pub task: i64,
    /// Who calls back.
    pub card: SeatCard,
    /// The id of the command, answered when the citizen has answered or was not reached.
    pub request: u64,
    /// The citizen's number.
    pub number: PhoneNumber,
}
