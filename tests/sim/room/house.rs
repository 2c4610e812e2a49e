//! The house around a conversation: seats, units, numbers.

use mayorline::domain::desk::{Refusal, SeatRole};
use mayorline::domain::room::{Directory, SeatCard};
use mayorline::units::{PhoneNumber, SeatNumber};

pub(super) struct House;

/// The contacts of the two units.
const UNITS: [(&str, &[&str]); 2] =
    [("unit.07", &["05370000071", "19900000072"]), ("unit.08", &["05370000081"])];

pub(super) fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

pub(super) fn card(number: &str) -> SeatCard {
    let role = match number {
        "700" | "701" => SeatRole::Supervisor,
        "900" => SeatRole::Leader,
        "901" => SeatRole::Assistant,
        _ => SeatRole::Operator,
    };
    SeatCard { seat: seat(number), role, title: None }
}

/// The unit that a number belongs to.
pub(super) fn owner(number: &PhoneNumber) -> Option<&'static str> {
    let owns = |contacts: &[&str]| contacts.contains(&number.as_str());
    UNITS.iter().find(|(_, contacts)| owns(contacts)).map(|(unit, _)| *unit)
}

impl Directory for House {
    fn seat(&self, seat: &SeatNumber, _by: &SeatNumber) -> Result<SeatCard, Refusal> {
        Ok(card(seat.as_str()))
    }

    fn unit(&self, unit: &str) -> Option<(String, Vec<PhoneNumber>)> {
        let (_, contacts) = UNITS.iter().find(|(id, _)| *id == unit)?;
        let contacts = contacts.iter().map(|number| PhoneNumber::parse(number).unwrap());
        Some((unit.to_owned(), contacts.collect()))
    }

    fn unit_of(&self, number: &PhoneNumber) -> Option<String> {
        owner(number).map(str::to_owned)
    }

    fn has_group(&self, group: &str) -> bool {
        group == "legal"
    }

    fn may_dial(&self, _by: &SeatNumber, number: &PhoneNumber) -> Result<(), Refusal> {
        let abroad = number.as_str().starts_with("00");
        if abroad { Err(Refusal::NumberNotAllowed) } else { Ok(()) }
    }
}
