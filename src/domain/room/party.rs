//! One party of a conversation, and the dial that is to bring it in.

use super::contract::{Hearing, SeatCard};
use crate::domain::call::PlayId;
use crate::domain::desk::{PartyKind, SeatRole, Supervision};
use crate::domain::speech::PromptId;
use crate::units::{PartyId, PhoneNumber, SeatNumber};
use std::collections::VecDeque;
use std::time::Instant;

/// The circle that everybody is in who is not taken aside.
pub(super) const FLOOR: u32 = 0;

/// Who a party is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    Citizen(Option<PhoneNumber>),
    Seat(SeatCard),
    Unit { unit: String, name: String },
    Outside { number: PhoneNumber, unit: Option<String> },
    Emergency(PhoneNumber),
}

/// Where a party's leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Rung; `dial` is there.
    Ringing,
    /// Answered and asked to press 1; `dial` is there.
    Asked,
    /// In the conversation.
    Up,
    /// Told goodbye; then hung up.
    Leaving,
    /// The citizen is not with us: the call or the queue has him, or he is not yet rung.
    Elsewhere,
    /// Over.
    Gone,
}

/// What a party is rung for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Consult,
    Transfer,
    HandOver,
    Return,
    Watch(Supervision),
    CallBackSeat,
    CallBackCitizen,
}

impl Purpose {
    /// Whether whoever answers can take the citizen without the seat that asked.
    pub(super) fn takes_citizen(self) -> bool {
        matches!(self, Self::Transfer | Self::HandOver | Self::Return)
    }
}

/// A command that is still to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) seat: SeatNumber,
    pub(super) id: u64,
}

/// The way to a party that is not reached yet.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) purpose: Purpose,
    /// The seat in the conversation that wants it.
    pub(super) by: Option<PartyId>,
    /// On whose account further contacts are dialled.
    pub(super) account: SeatNumber,
    /// The command that asked for it.
    pub(super) request: Option<Request>,
    /// The command that wants it joined as soon as it is reached.
    pub(super) join: Option<Request>,
    /// Contacts that are still to be tried.
    pub(super) contacts: VecDeque<PhoneNumber>,
    /// The one that is tried, from 1.
    pub(super) contact: u32,
    pub(super) until: Instant,
    /// It must press 1 (W02).
    pub(super) asks_key: bool,
    /// The far end rings: what it sends may be heard by the seat (early media).
    pub(super) rings: bool,
}

/// A supervisor's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) whispers: bool,
    /// The seat that is watched; `None` while none is there.
    pub(super) seat: Option<PartyId>,
}

/// What follows a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterPlay {
    Nothing,
    AwaitKey,
    HangUp,
}

/// A sentence that a party hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Playing {
    pub(super) play: PlayId,
    pub(super) what: PromptId,
    pub(super) until: Instant,
    pub(super) then: AfterPlay,
}

/// One party.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) id: PartyId,
    pub(super) kind: PartyKind,
    pub(super) who: Who,
    pub(super) line: Line,
    pub(super) dial: Option<Dial>,
    /// Parties of one circle hear each other.
    pub(super) circle: u32,
    /// It has been in the conversation; a consulted party has not.
    pub(super) joined: bool,
    /// The seat that consults it.
    pub(super) by: Option<PartyId>,
    pub(super) held: bool,
    pub(super) muted: bool,
    pub(super) deaf: bool,
    pub(super) watch: Option<Watch>,
    /// The citizen and a person have heard each other.
    pub(super) talked: bool,
    pub(super) playing: Option<Playing>,
    /// What it was last told to hear.
    pub(super) hears: Hearing,
}

impl Party {
    pub(super) fn new(id: PartyId, kind: PartyKind, who: Who, line: Line) -> Self {
        Self {
            id,
            kind,
            who,
            line,
            dial: None,
            circle: FLOOR,
            joined: false,
            by: None,
            held: false,
            muted: false,
            deaf: false,
            watch: None,
            talked: false,
            playing: None,
            hears: Hearing::default(),
        }
    }

    /// A leg of it exists or is being made.
    pub(super) fn is_present(&self) -> bool {
        !matches!(self.line, Line::Elsewhere | Line::Gone)
    }

    /// It is connected and no mere listener.
    pub(super) fn talks(&self) -> bool {
        self.line == Line::Up && self.watch.is_none()
    }

    /// A person at a seat who is in the conversation and may conduct it.
    pub(super) fn is_operator(&self) -> bool {
        self.talks() && self.joined && self.card().is_some()
    }

    /// Somebody from outside who is in the conversation: unit, leader's mobile, emergency service.
    pub(super) fn is_guest(&self) -> bool {
        self.talks() && self.joined && self.id != super::CITIZEN && self.card().is_none()
    }

    /// Reached for a seat, and not in the conversation.
    pub(super) fn is_consulted(&self) -> bool {
        self.talks() && !self.joined
    }

    pub(super) fn card(&self) -> Option<&SeatCard> {
        match &self.who {
            Who::Seat(card) => Some(card),
            _ => None,
        }
    }

    pub(super) fn is_seat(&self, seat: &SeatNumber) -> bool {
        self.card().is_some_and(|card| card.seat == *seat)
    }

    pub(super) fn is_leader(&self) -> bool {
        self.card().is_some_and(|card| card.role == SeatRole::Leader)
    }

    /// The unit that it speaks for.
    pub(super) fn unit(&self) -> Option<&str> {
        match &self.who {
            Who::Unit { unit, .. } => Some(unit),
            Who::Outside { unit, .. } => unit.as_deref(),
            _ => None,
        }
    }

    /// What seats read: seat number, unit name or masked telephone number.
    pub(super) fn label(&self) -> String {
        match &self.who {
            Who::Citizen(number) => number.as_ref().map(PhoneNumber::masked).unwrap_or_default(),
            Who::Seat(card) => card.seat.to_string(),
            Who::Unit { name, .. } => name.clone(),
            Who::Outside { number, .. } => number.masked(),
            Who::Emergency(number) => number.as_str().to_owned(),
        }
    }

    pub(super) fn purpose(&self) -> Option<Purpose> {
        self.dial.as_ref().map(|dial| dial.purpose)
    }

    /// When something of it is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let dial = self.dial.as_ref().map(|dial| dial.until);
        let play = self.playing.map(|playing| playing.until);
        dial.into_iter().chain(play).min()
    }

    /// Makes it one of the conversation.
    pub(super) fn enter(&mut self, circle: u32) {
        self.line = Line::Up;
        self.joined = true;
        self.by = None;
        self.circle = circle;
    }

    /// Nothing that was done to it outlives the seat that could undo it.
    pub(super) fn release(&mut self) {
        self.held = false;
        self.muted = false;
        self.deaf = false;
    }
}
