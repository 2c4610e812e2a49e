//! For whom a report is made: which of its cases are his by his role (domain.md 3.7, row Reports). How
//! a case is shown to him is [`view`]'s word.

use crate::domain::access::{Access, File, Function, Hearing, Shown, View, access, view};
use crate::domain::case::{Actor, Case, Role};

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

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Who.
    pub actor: Actor,
    /// Which rows are his.
    pub rows: Rows,
}

/// Who reads reports and no case: how many there are and how far they have come.
const COUNTED: View = View {
    text: Shown::Hidden,
    contact: Shown::Hidden,
    hearing: Hearing::Nothing,
    rating: false,
    sealed: None,
};

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
        Some(Self { actor: Actor::new(person, role, unit), rows })
    }

    /// A case, under seal or not, stands in his sheet. One from which he is recused never does.
    pub(super) fn has(&self, case: &Case, sealed: bool) -> bool {
        let is_his = match &self.rows {
            Rows::All => true,
            Rows::OfUnit(unit) => !sealed && case.unit.as_ref() == Some(unit),
            Rows::OfPerson(person) => !sealed && case.first_responsible.as_ref() == Some(person),
            Rows::None => false,
        };
        is_his && !case.work.recused.contains(&self.actor.person)
    }

    /// A case behind a number may be named to him: it stands in his sheet, and he may know of it; under seal
    /// only where he may know of that.
    #[must_use]
    pub fn lists(&self, case: &Case, sealed: bool) -> bool {
        let may_know = match sealed {
            true => view(&self.actor, &File { case, creator: "" }).is_some(),
            false => self.view(case).is_some(),
        };
        self.has(case, sealed) && may_know
    }

    /// What he is shown of a case of his sheet; `None`: it does not exist for him.
    pub(super) fn view(&self, case: &Case) -> Option<View> {
        // Rows that depend on who took the case are of those who took it first.
        let seen = view(&self.actor, &File { case, creator: "" });
        let reads = |role: &Role| access(*role, Function::CaseText) != Access::None;
        if self.actor.roles.iter().any(reads) { seen } else { Some(COUNTED) }
    }
}

/// Who gets a report of what he took first.
const TAKES_CASES: [Role; 3] = [Role::Operator, Role::MessageClerk, Role::CallbackAgent];
