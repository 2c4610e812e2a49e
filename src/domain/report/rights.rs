//! What a recipient of a report sees, by his role (domain.md 3.7, rows Reports, Case text, Contact).

use crate::domain::access::{Access, Function, access};
use crate::domain::case::Role;

/// Which rows of the case sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// All.
    All,
    /// Those of one unit, sealed ones not among them.
    OfUnit(String),
    /// Those that one person took first, sealed ones not among them.
    OfPerson(String),
    /// None: the counts alone.
    None,
}

/// How the reporter is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// Name and number.
    Clear,
    /// 张** 199****0017.
    Masked,
    /// Not at all.
    Hidden,
}

/// How summary and answer are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// As they were written.
    Clear,
    /// With people taken out.
    Anonymised,
    /// Not at all.
    Hidden,
}

/// What a recipient sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Which rows.
    pub rows: Rows,
    /// How the reporter is shown.
    pub contact: Contact,
    /// The same where he asked for secrecy.
    pub secret_contact: Contact,
    /// How the words are shown.
    pub words: Words,
}

impl Rights {
    /// Of a person in a role, with his unit, as the matrix of [`access`] has it; `None`: he gets no
    /// report.
    #[must_use]
    pub fn of(role: Role, person: &str, unit: Option<&str>) -> Option<Self> {
        let rows = match access(role, Function::Reports) {
            Access::Read => Rows::All,
            Access::Own if role.is_of_unit() => Rows::OfUnit(unit?.to_owned()),
            Access::Own if TAKES_CASES.contains(&role) => Rows::OfPerson(person.to_owned()),
            Access::Count => Rows::None,
            // Of an episode, a village or a campaign there is no report yet.
            _ => return None,
        };
        Some(Self {
            rows,
            contact: contact(access(role, Function::Contact)),
            secret_contact: contact(access(role, Function::SecretContact)),
            words: words(access(role, Function::CaseText)),
        })
    }
}

/// Who gets a report of what he took first.
const TAKES_CASES: [Role; 3] = [Role::Operator, Role::MessageClerk, Role::CallbackAgent];

/// Whoever sees his own gets rows of his own alone.
fn contact(access: Access) -> Contact {
    match access {
        Access::Read | Access::Own | Access::CreatorOnly => Contact::Clear,
        Access::Masked => Contact::Masked,
        _ => Contact::Hidden,
    }
}

fn words(access: Access) -> Words {
    match access {
        Access::Read | Access::Own => Words::Clear,
        Access::Masked => Words::Anonymised,
        _ => Words::Hidden,
    }
}
