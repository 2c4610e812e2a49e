//! Whom a message that goes out is meant for.

/// What its receiver is to the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// Who brought a matter.
    Citizen,
    /// A unit and its people.
    Unit,
    /// A leader of the city.
    Leader,
}

impl Recipient {
    /// By the number of its text or mail in domain.md 4.3 and 4.4.
    #[must_use]
    pub fn of(template: &str) -> Self {
        match template {
            "S19" | "S20" | "S21" | "S29" | "S30" | "S31" | "M9" | "M11" | "M12" => Self::Unit,
            "S22" | "M10" => Self::Leader,
            _ => Self::Citizen,
        }
    }

    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Unit => "unit",
            Self::Leader => "leader",
        }
    }
}
