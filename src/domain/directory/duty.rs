//! Duty items (职责事项): what a unit does, by which law, within which limit, and who answers for it.

use super::limit::Limit;
use super::people::{Level, Term};
use serde::{Deserialize, Serialize};

/// What kind of duty it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DutyKind {
    /// Approval.
    #[serde(rename = "审批")]
    Approval,
    /// Licence.
    #[serde(rename = "许可")]
    Licence,
    /// Registration.
    #[serde(rename = "登记")]
    Registration,
    /// Verification.
    #[serde(rename = "核准")]
    Verification,
    /// Filing, which needs no approval (能备案的不再审批).
    #[serde(rename = "备案")]
    Filing,
    /// Administrative penalty.
    #[serde(rename = "处罚")]
    Penalty,
    /// Service.
    #[serde(rename = "服务")]
    Service,
}

impl DutyKind {
    /// All of them with their names.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::Approval, "审批"),
        (Self::Licence, "许可"),
        (Self::Registration, "登记"),
        (Self::Verification, "核准"),
        (Self::Filing, "备案"),
        (Self::Penalty, "处罚"),
        (Self::Service, "服务"),
    ];

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// What was done to an item (量化、简化、固化、强化), and whether a first slight offence goes free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FourIzations {
    /// 量化: it has a measure.
    pub quantified: bool,
    /// 简化: its limit was shortened.
    pub simplified: bool,
    /// 固化: the discretion of a penalty was fixed.
    pub fixed: bool,
    /// 强化: the duty was strengthened.
    pub strengthened: bool,
    /// 首违不罚: a first slight offence is not punished.
    pub first_offence_free: bool,
}

/// A duty item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyItem {
    /// Its code, unique in the catalogue.
    pub code: String,
    /// The unit by its id, or a town as `town.NN`.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: DutyKind,
    /// The law it rests on.
    pub basis: String,
    /// The limit before it was shortened.
    pub old_limit: Option<Limit>,
    /// The limit that holds; an item without one is not published.
    pub limit: Option<Limit>,
    /// What was done to it.
    #[serde(flatten)]
    pub done: FourIzations,
    /// The bands of a penalty, in the words of the catalogue.
    pub band: String,
    /// Words by which citizens name the matter.
    pub words: Vec<String>,
    /// Six digits of the domain (domain.md 3.6); empty where none is given.
    pub domain: String,
    /// The four persons by name, in the order of [`Level::FOUR`]; empty: whoever holds the unit's
    /// only post of that level.
    pub persons: [String; 4],
    /// It stands on the public page.
    pub public: bool,
    /// When it is in force.
    #[serde(flatten)]
    pub term: Term,
}

impl DutyItem {
    /// How a case names it with its version: `KC-014/v2`.
    #[must_use]
    pub fn reference(&self, version: u32) -> String {
        format!("{}/v{version}", self.code)
    }

    /// Working days that its limit was shortened by; `None` where the two cannot be compared.
    #[must_use]
    pub fn saved_days(&self) -> Option<u16> {
        saved_days(self.old_limit, self.limit)
    }

    /// The person named for a level; empty where none is.
    #[must_use]
    pub fn person(&self, level: Level) -> &str {
        let names = Level::FOUR.iter().zip(&self.persons);
        names.into_iter().find(|(of, _)| **of == level).map_or("", |(_, name)| name)
    }
}

/// Working days between an old limit and a new one; `None` for calendar days, and where the new one
/// is not shorter.
#[must_use]
pub fn saved_days(old: Option<Limit>, new: Option<Limit>) -> Option<u16> {
    let (old, new) = (old?.working_days()?, new?.working_days()?);
    old.checked_sub(new).filter(|saved| *saved > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saving_is_told_in_working_days_only() {
        let limit = |text: &str| Some(text.parse::<Limit>().unwrap());
        assert_eq!(saved_days(limit("20个工作日内"), limit("5个工作日内")), Some(15));
        assert_eq!(saved_days(limit("3个工作日内"), limit("2小时内")), Some(2));
        assert_eq!(saved_days(limit("20日内"), limit("5日内")), None);
        assert_eq!(saved_days(limit("5个工作日内"), limit("5个工作日内")), None);
        assert_eq!(saved_days(limit("5个工作日内"), limit("9个工作日内")), None);
        assert_eq!(saved_days(None, limit("5个工作日内")), None);
    }
}
