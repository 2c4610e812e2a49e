//! From whom a seat wants to who that is: the directory of the house and the number rules.

use super::contract::SeatCard;
use crate::domain::desk::{DeskCommand, DeskRequest, Refusal, Target};
use crate::units::{PhoneNumber, SeatNumber};

/// A target with everything that is needed to ring it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A seat that is free.
    Seat(SeatCard),
    /// A unit by its duty roster.
    Unit {
        /// Its id, such as `unit.07`.
        unit: String,
        /// Its name.
        name: String,
        /// First contact, second contact; empty when it has none that may be rung.
        contacts: Vec<PhoneNumber>,
    },
    /// An outside number.
    Outside {
        /// The number.
        number: PhoneNumber,
        /// The unit it belongs to, where the directory knows one.
        unit: Option<String>,
    },
    /// 110, 119 or 120.
    Emergency(PhoneNumber),
    /// A group of the queue.
    Group(String),
}

/// What the house knows of those who can be reached. The switch has it at hand.
pub trait Directory {
    /// A seat that exists; `Err` says why it cannot be rung now. `by` is who asks: a seat that wants
    /// its own phone to ring is not busy with the call it wants to come into.
    fn seat(&self, seat: &SeatNumber, by: &SeatNumber) -> Result<SeatCard, Refusal>;
    /// Name and contacts of a unit.
    fn unit(&self, unit: &str) -> Option<(String, Vec<PhoneNumber>)>;
    /// The unit whose contact or published number this is.
    fn unit_of(&self, number: &PhoneNumber) -> Option<String>;
    /// Whether the queue has such a group.
    fn has_group(&self, group: &str) -> bool;
    /// Whether the number rules let `by` dial this number now.
    fn may_dial(&self, by: &SeatNumber, number: &PhoneNumber) -> Result<(), Refusal>;
}

/// Whom a command wants to reach, if anybody: to be given to [`resolve`].
#[must_use]
pub fn wanted_target(request: &DeskRequest) -> Option<Target> {
    match &request.command {
        DeskCommand::Consult { target } | DeskCommand::Transfer { target } => Some(target.clone()),
        DeskCommand::HandOver { seat } => Some(Target::Seat { seat: seat.clone() }),
        DeskCommand::Return { .. } | DeskCommand::Supervise { .. } => {
            Some(Target::Seat { seat: request.seat.clone() })
        }
        DeskCommand::WrapUp { unit: Some(unit), .. } => Some(Target::Unit { unit: unit.clone() }),
        _ => None,
    }
}

/// Looks a target up. A unit keeps those of its contacts that may be dialled; it is refused when
/// it has some and none of them may.
pub fn resolve(
    target: &Target,
    by: &SeatNumber,
    directory: &impl Directory,
) -> Result<Reach, Refusal> {
    match target {
        Target::Seat { seat } => directory.seat(seat, by).map(Reach::Seat),
        Target::Group { group } if directory.has_group(group) => Ok(Reach::Group(group.clone())),
        Target::Group { .. } => Err(Refusal::NoSuchTarget),
        Target::Unit { unit } => {
            let (name, contacts) = directory.unit(unit).ok_or(Refusal::NoSuchTarget)?;
            let contacts = allowed(contacts, by, directory)?;
            Ok(Reach::Unit { unit: unit.clone(), name, contacts })
        }
        Target::Outside { number } if crate::domain::dial_rules::is_emergency(number) => {
            Ok(Reach::Emergency(number.clone()))
        }
        Target::Outside { number } => {
            directory.may_dial(by, number)?;
            Ok(Reach::Outside { number: number.clone(), unit: directory.unit_of(number) })
        }
        Target::Emergency { number } if crate::domain::dial_rules::is_emergency(number) => {
            Ok(Reach::Emergency(number.clone()))
        }
        Target::Emergency { .. } => Err(Refusal::NumberNotAllowed),
    }
}

/// The contacts that may be dialled now.
fn allowed(
    contacts: Vec<PhoneNumber>,
    by: &SeatNumber,
    directory: &impl Directory,
) -> Result<Vec<PhoneNumber>, Refusal> {
    let mut refused = None;
    let mut kept = Vec::with_capacity(contacts.len());
    for number in contacts {
        match directory.may_dial(by, &number) {
            Ok(()) => kept.push(number),
            Err(why) => refused = Some(why),
        }
    }
    match refused {
        Some(why) if kept.is_empty() => Err(why),
        _ => Ok(kept),
    }
}
