//! What a recipient of a report sees, by his role (domain.md 3.7, rows Reports, Case text, Contact).

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
    /// Of a person in a role, with his unit; `None`: he gets no report.
    #[must_use]
    pub fn of(role: Role, person: &str, unit: Option<&str>) -> Option<Self> {
        let all = |contact, secret_contact, words| {
            Some(Self { rows: Rows::All, contact, secret_contact, words })
        };
        let of_unit = |contact| {
            let rows = Rows::OfUnit(unit?.to_owned());
            Some(Self { rows, contact, secret_contact: Contact::Hidden, words: Words::Clear })
        };
        match role {
            Role::Director => all(Contact::Clear, Contact::Clear, Words::Clear),
            Role::Clerk | Role::Supervisor => all(Contact::Clear, Contact::Masked, Words::Clear),
            Role::CityLeader => all(Contact::Masked, Contact::Hidden, Words::Anonymised),
            Role::Auditor => all(Contact::Hidden, Contact::Hidden, Words::Hidden),
            Role::UnitContact => of_unit(Contact::Clear),
            Role::UnitLeader => of_unit(Contact::Masked),
            Role::Operator | Role::MessageClerk | Role::CallbackAgent => Some(Self {
                rows: Rows::OfPerson(person.to_owned()),
                contact: Contact::Clear,
                secret_contact: Contact::Clear,
                words: Words::Clear,
            }),
            Role::Liaison => Some(Self {
                rows: Rows::None,
                contact: Contact::Hidden,
                secret_contact: Contact::Hidden,
                words: Words::Hidden,
            }),
            Role::System
            | Role::Citizen
            | Role::Handler
            | Role::Host
            | Role::VillageOfficer
            | Role::Evaluator
            | Role::Administrator
            | Role::Security => None,
        }
    }
}
