//! How long a case is kept (3.7): a hold and its end; and who the citizen is, put right.

use super::{Guard, Scene, Verdict};
use crate::domain::case::reasons::HoldReason;
use crate::domain::case::record::{Correction, Record};
use crate::domain::case::workflow::DISPLAY_CHARS_MAX;

impl Scene<'_> {
    /// One hold at a time; another reason takes its place.
    pub(super) fn hold(&self, reason: HoldReason) -> Verdict {
        match self.case.work.hold.as_ref().is_some_and(|hold| hold.reason == reason) {
            true => Err(Guard::SameAgain.into()),
            false => Ok(vec![Record::HoldPlaced { reason, by: self.by() }.into()]),
        }
    }

    pub(super) fn lift_hold(&self) -> Verdict {
        match self.case.work.hold {
            None => Err(Guard::NotHeld.into()),
            Some(_) => Ok(vec![Record::HoldLifted { by: self.by() }.into()]),
        }
    }

    /// PIPL article 46: name and number as the citizen says they are. What he once said stays said.
    pub(super) fn correct(&self, correction: &Correction) -> Verdict {
        let Correction { contact, display } = correction;
        let named = display.as_deref().map(str::trim);
        let fits = named.is_none_or(|name| (1..=DISPLAY_CHARS_MAX).contains(&name.chars().count()));
        let private = &self.case.private;
        let new_number = contact.is_some() && *contact != private.contact;
        let new_name = named.is_some() && named != private.display.as_deref();
        if !fits || !(new_number || new_name) {
            return Err(Guard::Correction.into());
        }
        let (contact, display) = (contact.clone(), named.map(str::to_owned));
        let private = Correction { contact, display };
        Ok(vec![Record::Corrected { by: self.by(), contact: new_number, private }.into()])
    }
}
