//! The journal of what comes in by text and mail (docs/adr/0027-messages.md).
//!
//! * `journal`: a message is on the disk before its carrier is answered; what comes twice is kept once.
//! * `settle`: one transaction from the journal to the case, the count or the list of what a person must
//!   look at; `parts` joins long texts, `text` does what a text asks for, `mail` what a mail does, `citizen`
//!   what both may ask for, `report` says what became of ours.
//! * `read`: what waits to be read; `decide`: what a person makes of what was held; `tidy`: what is over.

mod citizen;
mod decide;
mod journal;
mod mail;
mod parsed;
mod parts;
mod read;
mod report;
mod settle;
mod text;
mod tidy;

pub use decide::{HeldDecision, HeldRow};
pub use journal::{ACCOUNT_BYTES_MAX, Journalled, RAW_BYTES_MAX, RawInbound};
pub use mail::CaseMailFile;
pub(super) use mail::answered_mail;
pub use parsed::{CarrierReport, InboundMail, InboundText, MailFile, Parsed, Words};
pub use parts::{PART_SETS_MAX, PARTS_WAIT_MINUTES_MAX};
pub(super) use read::opened;
pub use read::{INBOUND_AT_ONCE_BYTES_MAX, INBOUND_AT_ONCE_MAX, Waiting};
pub use settle::{READ_TRIES_MAX, SettledInbound};
pub use tidy::INBOUND_KEPT_DAYS;

use super::case_key::{self, Access};
use super::error::StoreError;
use super::vault::{DataKey, Vault};
use rusqlite::{Connection, OptionalExtension, params};

/// What the key of a message is bound to.
fn owner(id: i64) -> String {
    format!("inbound/{id}")
}

/// The key of a message as its row has it: the service's, or the case's it belongs to. `None`: it is
/// erased, or the liaison's.
fn key_of(db: &Connection, vault: &Vault, id: i64) -> Result<Option<DataKey>, StoreError> {
    let sql = "SELECT key, case_id FROM inbound WHERE id = ?1";
    let found =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (key, case): (Option<Vec<u8>>, Option<i64>) = found.ok_or(StoreError::NotFound)?;
    let Some(key) = key else { return Ok(None) };
    let Some(case) = case else { return vault.unwrap(&key, &owner(id)).map(Some) };
    let opened = case_key::of(db, vault, case)?.open(&owner(id), &key)?;
    opened.map(|key| DataKey::of_bytes(&key)).transpose()
}

/// A message belongs to a case from now on: whoever can read the case can read it, and nobody else.
fn give_to_case(db: &Connection, vault: &Vault, id: i64, case: i64) -> Result<(), StoreError> {
    let Some(key) = key_of(db, vault, id)? else { return Ok(()) };
    let access: Access = case_key::of(db, vault, case)?;
    if matches!(access, Access::Gone) {
        // The case was erased: so is what belongs to it.
        let sql = "UPDATE inbound SET key = NULL, raw = NULL, about = NULL, case_id = ?2
                   WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![id, case])?;
        db.prepare_cached("DELETE FROM inbound_raw WHERE inbound = ?1")?.execute([id])?;
        return Ok(());
    }
    let sealed = access.seal(&owner(id), key.bytes())?;
    db.prepare_cached("UPDATE inbound SET key = ?2, case_id = ?3 WHERE id = ?1")?
        .execute(params![id, sealed, case])?;
    Ok(())
}
