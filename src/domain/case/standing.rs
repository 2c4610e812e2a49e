//! What the casework says of a case beside its state: supervision, and whether its citizen can be called.

use super::fold::Case;
use serde::Serialize;

/// How a case stands with its supervisors and its citizen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The highest level of the ladder since the unit's clock began (催办 0 to 约谈 4).
    pub level: Option<u8>,
    /// Its number on the docket (挂号督办), while it is there.
    pub docket: Option<String>,
    /// An admonition (约谈): `proposed`, `signed`, `decided`, `declined`; named persons sign each step.
    pub admonition: Option<&'static str>,
    /// The contact could not be put through three times (号码无法接通): it is to be put right.
    pub contact_dead: bool,
    /// A wrap-up left it without a code of its domain: it is still to be classified.
    pub uncoded: bool,
}

impl Standing {
    /// Of a case as it is folded.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let work = &case.work;
        let docket = work.dockets.last().filter(|_| work.is_docketed());
        Self {
            level: work.warned(),
            docket: docket.map(|docket| docket.number.clone()),
            admonition: work.admonition.map(|stage| stage.as_str()),
            contact_dead: work.is_contact_dead(),
            uncoded: case.is_uncoded(),
        }
    }
}
