//! Who a citizen is, in clear on the command line: whoever needs to know says who he is and why, and it
//! stands in the audit before anything is shown, as over the interface.

use super::clock;
use super::common::Common;
use super::exit::{Exit, Failure};
use super::output::unwritten;
use crate::domain::playback::reason;
use crate::store::Administration;
use clap::Args;

/// Who asks and why; neither: what says who a citizen is, is masked.
#[derive(Debug, Args)]
pub(super) struct InClear {
    /// Why the citizen's name and number are shown in clear; it stands in the audit. Without it they are
    /// masked.
    #[arg(long, value_name = "TEXT", requires = "person")]
    reason: Option<String>,
    /// The person who asks, with a reason.
    #[arg(long = "as", value_name = "PERSON", requires = "reason")]
    person: Option<String>,
}

impl InClear {
    /// Whether `subject`, a case or a call, is shown in clear; that stands in the audit then.
    pub(super) fn is_allowed(&self, subject: &str, common: &Common) -> Result<bool, Exit> {
        let (Some(person), Some(words)) = (&self.person, &self.reason) else { return Ok(false) };
        let wrong = |why: &str| Exit::new(Failure::Usage, why);
        let person = person.trim();
        if person.is_empty() {
            return Err(wrong("请写明查看人（--as）"));
        }
        let reason = reason(words).ok_or_else(|| wrong("请写明理由，二至二百字（--reason）"))?;
        let folder = common.folder(&common.load()?);
        let now = (clock::system().wall)();
        Administration::open(folder, now)
            .and_then(|mut store| store.note_contact_shown(now, person, subject, &reason))
            .map_err(|error| unwritten(&error))?;
        Ok(true)
    }
}
