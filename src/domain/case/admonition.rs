//! The admonition (约谈) that the ladder of warnings proposes (domain.md 3.5, level 4).

/// How far an admonition (约谈) has come; a leader decides, never the service (D9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admonition {
    /// The ladder proposes it.
    Proposed,
    /// A director signed.
    Signed,
    /// A leader decided: yes or no.
    Decided(bool),
}

impl Admonition {
    /// Its name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Signed => "signed",
            Self::Decided(true) => "decided",
            Self::Decided(false) => "declined",
        }
    }
}
