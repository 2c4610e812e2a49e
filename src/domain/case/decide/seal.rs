//! To the discipline commission: T12 and T30. What the words are encrypted with is the store's.

use super::{Guard, Refusal, Scene, Verdict};
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::Notice;
use crate::domain::case::record::Record;
use crate::domain::desk::Disposition;

/// Longest number of a receipt.
const RECEIPT_CHARS_MAX: usize = 100;

impl Scene<'_> {
    /// T12: hides the case at once.
    pub(super) fn propose_seal(&self) -> Verdict {
        Ok(vec![Record::SealProposed { by: self.by(), at: self.now() }.into()])
    }

    /// T12: somebody else decides; the unit loses all access, the citizen hears neutral words.
    pub(super) fn confirm_seal(&self) -> Verdict {
        self.second_of_seal()?;
        let (disposition, by) = (Disposition::Discipline, self.by());
        let disposed =
            Record::DispositionChosen { disposition, code: None, reason: None, by: by.clone() };
        let confirmed = Record::SealConfirmed { by };
        let told = self.notify(Notice::Sealed, None);
        Ok(vec![confirmed.into(), disposed.into(), told, CaseEvent::Sealed])
    }

    /// T12: shows it again where it stood.
    pub(super) fn refuse_seal(&self) -> Verdict {
        self.second_of_seal()?;
        Ok(vec![Record::SealRefused { by: self.by() }.into()])
    }

    fn second_of_seal(&self) -> Result<(), Refusal> {
        let (by, _) = self.case.work.seal_proposed.as_ref().ok_or(Guard::NoSeal)?;
        match *by == self.actor.person {
            true => Err(Guard::OtherPerson.into()),
            false => Ok(()),
        }
    }

    /// T30: the receipt, once; no content comes back.
    pub(super) fn file_receipt(&self, receipt: &str) -> Verdict {
        if self.case.work.receipt.is_some() {
            return Err(Guard::Receipted.into());
        }
        let receipt = receipt.trim();
        if receipt.is_empty() || receipt.chars().count() > RECEIPT_CHARS_MAX {
            return Err(Guard::ReceiptNumber.into());
        }
        Ok(vec![Record::ReceiptFiled { receipt: receipt.to_owned(), by: self.by() }.into()])
    }
}
