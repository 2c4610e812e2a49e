//! What goes into the queue and what comes out of it.

use crate::domain::desk::{PauseReason, SeatRole, SeatView};
use crate::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use serde::Serialize;
use std::time::{Duration, Instant};

/// Now, on both clocks: the one that never jumps for waits, the wall's for hours and views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// For every wait and timer.
    pub at: Instant,
    /// For opening hours, the figures of the day and what is shown.
    pub wall: Timestamp,
}

/// A caller who waits, or the kept place of one who is to be called back. The switch numbers them
/// and uses no number again while the queue holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Waiter(pub u32);

/// A group of seats (技能组): its place in [`super::QueueRules::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct GroupId(pub u16);

/// A seat as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatSetup {
    /// Its number.
    pub seat: SeatNumber,
    /// The person's name.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
    /// The groups it serves, each with its tier; 1 is asked first. See
    /// [`super::QueueRules::memberships`].
    pub groups: Vec<(GroupId, u8)>,
    /// A phone that registers makes the seat ready; otherwise its person signs in ([`Wish::Ready`]).
    pub ready_when_reachable: bool,
}

/// A caller who wants to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// His number in the queue.
    pub waiter: Waiter,
    /// His call.
    pub call: CallId,
    /// The group he wants.
    pub group: GroupId,
    /// His telephone number where it is shown; by it his place is found again.
    pub number: Option<PhoneNumber>,
    /// His first arrival, when he has waited before in this call (left for a message and came back,
    /// was transferred); `None`: now.
    pub since: Option<Instant>,
}

/// A caller was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// Those before him.
    pub ahead: u32,
    /// He has the place again that he had before he hung up.
    pub resumed: bool,
    /// Say X10 to him: a supervisor has approved it for this number.
    pub warn: bool,
}

/// Why a caller was not taken in. Nothing is kept of him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEntered {
    /// Outside the hours (A01); when they begin next, within a month.
    Closed {
        /// The next opening, in civil time of the city.
        next: Option<jiff::civil::DateTime>,
        /// The public holiday, where it is one.
        holiday: Option<String>,
    },
    /// The group was closed by a person or by the listening day.
    Shut,
    /// Nobody is signed in, or everybody has been away for the time of grace.
    NoOne(NoOneReason),
    /// As many wait as may wait (`waiting_max`).
    Full,
    /// The service is stopping.
    Draining,
    /// There is no such group, or the waiter's number is in use.
    Malformed,
}

/// Why nobody can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoOneReason {
    /// Every seat is signed out or cannot be reached.
    SignedOut,
    /// Every seat that is signed in has been paused for the time of grace.
    AllPaused,
    /// The group was closed.
    Shut,
    /// He has waited as long as anybody may.
    WaitedOut,
    /// The service is stopping.
    Draining,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A seat exists, or is configured anew. It begins signed out.
    Seat(SeatSetup),
    /// A seat exists no more.
    SeatRemoved(SeatNumber),
    /// A phone or page of the seat can be reached; say so at every registration, refreshes
    /// included.
    Reachable(SeatNumber),
    /// The last phone or page of the seat is gone.
    Gone(SeatNumber),
    /// A caller no longer waits.
    Left {
        /// Who.
        waiter: Waiter,
        /// How.
        how: LeaveHow,
    },
    /// The phones of an offer could not be made to ring.
    Undeliverable(OfferId),
    /// After [`Output::Connect`]: the two hear each other.
    Connected(OfferId),
    /// After [`Output::Connect`]: they do not.
    ConnectFailed(OfferId, ConnectFault),
    /// The seat talks outside the queue: an own call, a hand-over, a supervision.
    TalkBegan {
        /// Who.
        seat: SeatNumber,
        /// In which call.
        call: CallId,
    },
    /// The seat talks no more.
    TalkEnded {
        /// Who.
        seat: SeatNumber,
        /// Who ended it.
        by: TalkEnd,
        /// Work after the call follows.
        wrap_up: bool,
    },
    /// A person or the listening day opens or shuts a group.
    Gate(GroupId, Gate),
    /// The service is about to stop: who is not being offered is told so, nobody is taken in.
    Drain,
    /// The instant given by `poll_timeout` has come.
    Timeout,
}

/// How a caller left the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaveHow {
    /// He hung up.
    HungUp,
    /// He chose something else by a key.
    Key(KeyExit),
    /// He wants to be called back and keeps his place; the waiter's number goes on to name it.
    Callback(PhoneNumber),
    /// He was taken elsewhere by the switch (picked up, moved to another group).
    Moved,
}

/// What a caller chose instead of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyExit {
    /// To leave a message (key 2).
    Message,
    /// The menu.
    Menu,
}

/// Why an answered offer did not become a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectFault {
    /// The seat dropped first; the caller goes back to his place.
    SeatDropped,
    /// The caller was gone.
    CallerGone,
    /// Callback: the citizen was not reached.
    NotReached,
    /// Neither success nor failure was told in time.
    TimedOut,
}

/// Who ended a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TalkEnd {
    /// The person at the seat.
    Agent,
    /// The caller.
    Caller,
    /// The seat gave the caller to somebody else.
    Transfer,
    /// Nobody said so within `talk_max`; an alarm.
    Overdue,
}

/// Whether a group takes callers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// By its hours.
    Hours,
    /// Open whatever the hours say.
    Open,
    /// Shut to newcomers; who waits is served.
    Shut,
    /// Shut, and who waits is told so ([`NoOneReason::Shut`]).
    ShutAndTell,
}

/// A wish of a seat that concerns the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To take calls; also signs in. Refused while a disposition is missing.
    Ready,
    /// To take none; while talking or in wrap-up it holds from then on.
    Pause(PauseReason),
    /// To go; while talking or in wrap-up it holds from then on.
    SignOut,
    /// To take the offered call.
    Answer(OfferId),
    /// Not to take it.
    Decline(OfferId),
    /// The work after the call is done and its disposition given.
    WrapUpDone,
    /// What the seat owes cannot be stored: it counts as free without it.
    WrapUpExcused,
}

/// What is offered to a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferKind {
    /// A caller who waits on the line.
    Call,
    /// A kept place: after the seat has answered, this citizen is to be rung.
    Callback(PhoneNumber),
}

/// How an offer ended; each ends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// The seat took it.
    Answered,
    /// The seat did not want it.
    Declined,
    /// Nobody took it in time.
    NoAnswer,
    /// The phones could not be made to ring, or vanished.
    Undeliverable,
    /// Ring-all: another seat was faster.
    TakenElsewhere,
    /// The caller left.
    CallerGone,
    /// The seat went (signed out, paused, began an own call), or the service stops.
    Withdrawn,
}

impl OfferEnd {
    /// The word of [`crate::domain::desk::DeskEvent::OfferEnded`].
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::NoAnswer => "no_answer",
            Self::CallerGone => "caller_gone",
            Self::Undeliverable | Self::TakenElsewhere | Self::Withdrawn => "withdrawn",
        }
    }
}

/// How a kept place ended, when not in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackEnd {
    /// He called again himself and has his place on the line.
    CalledAgain,
    /// He was rung and not reached; the task goes on by its own ladder (B6).
    NotReached,
    /// Its turn came outside the hours: nobody is rung then.
    Closed,
    /// Nobody can come; the task remains.
    NoOne(NoOneReason),
    /// The switch took it back.
    Cancelled,
}

/// What the switch is to do or to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Ring the seat.
    Offer {
        /// The offer.
        offer: OfferId,
        /// For whom.
        waiter: Waiter,
        /// Whom to ring.
        seat: SeatNumber,
        /// Through which group.
        group: GroupId,
        /// A caller on the line or one to be rung.
        kind: OfferKind,
        /// Since his first arrival.
        waited: Duration,
    },
    /// The offer is over: stop ringing unless it was answered. Once for every offer.
    OfferOver {
        /// Which.
        offer: OfferId,
        /// For whom it was.
        waiter: Waiter,
        /// Whose.
        seat: SeatNumber,
        /// How.
        how: OfferEnd,
    },
    /// The seat has answered: join the two (or ring the citizen of a callback), then tell
    /// [`Input::Connected`] or [`Input::ConnectFailed`].
    Connect {
        /// The offer that was answered.
        offer: OfferId,
        /// The caller.
        waiter: Waiter,
        /// The seat.
        seat: SeatNumber,
        /// A caller on the line or one to be rung.
        kind: OfferKind,
    },
    /// They were not joined; the caller of a call has his place again, unless he is gone.
    ConnectOver {
        /// The offer that was answered.
        offer: OfferId,
        /// The caller.
        waiter: Waiter,
        /// The seat.
        seat: SeatNumber,
        /// Why.
        why: ConnectFault,
    },
    /// A seat's state changed.
    Seat(SeatView),
    /// Tell the waiting caller his place (Q02, Q03): it has improved, or is told for the first
    /// time.
    Place {
        /// Whom.
        waiter: Waiter,
        /// Those before him.
        ahead: u32,
        /// Minutes to wait, where there is an honest estimate.
        minutes: Option<u32>,
    },
    /// The seats of this group may take the caller too from now on.
    Overflow {
        /// Who.
        waiter: Waiter,
        /// To which group.
        group: GroupId,
    },
    /// Nobody comes for the caller; he waits no more. Offer him a message or a callback.
    NoOne {
        /// Who.
        waiter: Waiter,
        /// Why.
        why: NoOneReason,
    },
    /// A kept place is given up; its callback task stays open unless he called again.
    CallbackOver {
        /// Whose.
        waiter: Waiter,
        /// Why.
        why: CallbackEnd,
    },
    /// An entry of the queue's account.
    Ledger(LedgerEntry),
}

/// One line of the queue's account, in the manner of a queue log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// When.
    pub at: Timestamp,
    /// The call, where it is about one.
    #[serde(serialize_with = "write_call")]
    pub call: Option<CallId>,
    /// The group.
    pub group: Option<GroupId>,
    /// The seat.
    pub seat: Option<SeatNumber>,
    /// What.
    pub event: QueueEvent,
}

fn write_call<S: serde::Serializer>(call: &Option<CallId>, to: S) -> Result<S::Ok, S::Error> {
    call.as_ref().map(CallId::as_str).serialize(to)
}

/// What an entry of the account tells. Positions count from 1; `origin` is the position at entry;
/// waits are since the first arrival, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs)] // the fields are explained above
pub enum QueueEvent {
    /// Taken in.
    Enter { origin: u32, resumed: bool },
    /// Not taken in.
    Refused { why: &'static str },
    /// A seat rings.
    Offer { offer: OfferId },
    /// An offer ended without an answer (ring-no-answer and its kin) after so long.
    OfferOver { offer: OfferId, how: OfferEnd, rang_ms: u64 },
    /// Two were joined.
    Connect { offer: OfferId, origin: u32, wait_ms: u64 },
    /// An answered offer did not become a talk.
    ConnectOver { offer: OfferId, why: ConnectFault },
    /// The caller hung up while waiting.
    Abandon { position: u32, origin: u32, wait_ms: u64 },
    /// The caller chose something else.
    ExitWithKey { exit: KeyExit, position: u32, origin: u32, wait_ms: u64 },
    /// Nobody came for him.
    ExitEmpty { why: NoOneReason, position: u32, origin: u32, wait_ms: u64 },
    /// The switch took him elsewhere.
    Moved { position: u32, origin: u32, wait_ms: u64 },
    /// He is to be called back and keeps his place.
    CallbackKept { position: u32, origin: u32, wait_ms: u64 },
    /// His kept place was given up.
    CallbackOver { why: CallbackEnd, origin: u32, wait_ms: u64 },
    /// Other seats may take him too.
    Overflow { to: GroupId, wait_ms: u64 },
    /// A talk that came through the queue ended.
    Complete { by: TalkEnd, origin: u32, wait_ms: u64, talk_ms: u64 },
    /// A talk outside the queue ended.
    OwnTalk { by: TalkEnd, talk_ms: u64 },
    /// The seat signed in.
    SignIn,
    /// The seat signed out.
    SignOut,
    /// The seat takes no calls.
    Pause { reason: PauseReason },
    /// The seat takes calls again.
    Unpause,
    /// The work after a call ended.
    WrapUp { lasted_ms: u64, given: bool },
    /// A group was opened or shut.
    Gate { gate: Gate },
}
