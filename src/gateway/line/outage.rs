//! Wrap-ups that the store does not take: pages send them again every few seconds, so an outage is
//! one alarm, whatever the number of seats that wait for its end.

use crate::domain::case::Refusal;
use crate::domain::room::NotStored;
use crate::store::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an outage lasts; the line and the store's thread share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage(Arc<AtomicBool>);

impl Outage {
    /// Takes what became of a wrap-up, says it in the log, and tells whether sending it again can
    /// help.
    pub(super) fn note<T>(&self, stored: Result<T, StoreError>) -> Result<(), NotStored> {
        let Err(error) = stored else {
            if self.0.swap(false, Ordering::Relaxed) {
                tracing::info!("wrap-ups are stored again");
            }
            return Ok(());
        };
        if matches!(error, StoreError::Refused(Refusal::NoNumber)) {
            // The store has told the administrator.
            tracing::info!(%error, "a wrap-up is not stored; its seat is told so");
            return Err(NotStored::NoNumber);
        }
        if lasts(&error) {
            tracing::error!(%error, "ALARM a wrap-up is never stored; its seat is told so");
            return Err(NotStored::Refused);
        }
        if self.begins() {
            tracing::error!(%error, "ALARM wrap-ups are not stored; their seats are told so");
        } else {
            tracing::info!(%error, "a wrap-up is not stored either");
        }
        Err(NotStored::Down)
    }

    /// The first of an outage.
    fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// The same words will be refused again.
fn lasts(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(_) | StoreError::Malformed(_) | StoreError::Damaged(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_begins_once_and_ends_with_the_next_wrap_up_that_is_stored() {
        let line = Outage::default();
        let store = line.clone();
        for _ in 0..2 {
            assert!(line.begins());
            for _ in 0..3 {
                assert_eq!(store.note::<()>(Err(StoreError::NotFound)), Err(NotStored::Down));
                assert!(!line.begins(), "it lasts");
            }
            let damaged = Err(StoreError::Damaged("case"));
            assert_eq!(store.note::<()>(damaged), Err(NotStored::Refused));
            assert!(!line.begins(), "what is refused for ever ends no outage");
            let spent = Err(StoreError::Refused(Refusal::NoNumber));
            assert_eq!(store.note::<()>(spent), Err(NotStored::NoNumber), "until midnight");
            assert_eq!(store.note(Ok(())), Ok(()));
        }
    }
}
