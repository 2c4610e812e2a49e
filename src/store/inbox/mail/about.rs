//! What is kept beside a mail, sealed by its key: whoever can read the mail can read it.

use super::{InboundMail, key_of, owner};
use crate::domain::message::mail::Reference;
use crate::store::error::{StoreError, unless_damaged};
use crate::store::inbox::MailFile;
use crate::store::read::Reader;
use crate::store::read_call::all;
use crate::store::vault::Vault;
use crate::wire::mime::Mail;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

/// What was read out of a mail.
#[derive(Serialize, Deserialize)]
struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<MailFile>,
    /// Keyed hash of who wrote what, without what says that it is written again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrote: Option<String>,
}

/// What the seal is bound to.
fn place(id: i64) -> String {
    format!("{}/about", owner(id))
}

/// What is kept beside a mail.
pub(super) fn sealed(
    db: &Connection,
    vault: &Vault,
    id: i64,
    (read, wrote): (&InboundMail, &str),
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(key) = key_of(db, vault, id)? else { return Ok(None) };
    let Reference { message_id, references } = read.reference.clone();
    let (files, wrote) = (read.files.clone(), Some(wrote.to_owned()));
    let about = About { message_id, references, files, wrote };
    let json = serde_json::to_vec(&about).map_err(|_| StoreError::Damaged("mail"))?;
    key.seal(&place(id), &json).map(Some)
}

fn opened(db: &Connection, vault: &Vault, id: i64) -> Result<Option<About>, StoreError> {
    let Some(key) = key_of(db, vault, id)? else { return Ok(None) };
    let sql = "SELECT about FROM inbound WHERE id = ?1";
    let sealed: Option<Vec<u8>> = db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    let Some(sealed) = sealed else { return Ok(None) };
    let json = key.open(&place(id), &sealed)?;
    serde_json::from_slice(&json).map(Some).map_err(|_| StoreError::Damaged("mail"))
}

/// Whether a mail says these words, as far as it can be read.
pub(super) fn says(
    db: &Connection,
    vault: &Vault,
    id: i64,
    wrote: &str,
) -> Result<bool, StoreError> {
    let about = unless_damaged(opened(db, vault, id), |error| {
        tracing::error!(message = id, %error, "ALARM a mail cannot be read back");
    })?;
    Ok(about.flatten().and_then(|about| about.wrote).is_some_and(|said| said == wrote))
}

/// A file of a case, as it is listed. `Debug` does not show its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMailFile {
    /// The row of the mail it came in.
    pub message: i64,
    /// Its place in that, from 1.
    pub place: usize,
    /// What it is.
    pub file: MailFile,
}

impl Reader {
    /// The files of the mails of a case, in the order in which they came; of one under seal, where only its
    /// keeper could read them, none. Whoever asks has seen that they may be shown.
    pub fn files_of_case(&self, case: i64) -> Result<Vec<CaseMailFile>, StoreError> {
        let sql = "SELECT id FROM inbound WHERE case_id = ?1 AND medium = 'mail' ORDER BY id";
        let mails: Vec<i64> = all(&self.db, sql, [case], |row| row.get(0))?;
        let mut found = vec![];
        for message in mails {
            let about = unless_damaged(opened(&self.db, &self.vault, message), |error| {
                tracing::error!(message, %error, "ALARM a mail cannot be read back");
            })?;
            let files = about.flatten().map(|about| about.files).unwrap_or_default();
            let placed = (1..).zip(files);
            found.extend(placed.map(|(place, file)| CaseMailFile { message, place, file }));
        }
        Ok(found)
    }

    /// The bytes of one of them, out of the mail as it came.
    pub fn file_of_case(
        &self,
        case: i64,
        (message, place): (i64, usize),
    ) -> Result<(MailFile, Vec<u8>), StoreError> {
        let listed = self.files_of_case(case)?.into_iter();
        let mut listed = listed.filter(|one| (one.message, one.place) == (message, place));
        let file = listed.next().ok_or(StoreError::NotFound)?.file;
        let key = key_of(&self.db, &self.vault, message)?.ok_or(StoreError::NotFound)?;
        let sql = "SELECT raw FROM inbound_raw WHERE inbound = ?1";
        let sealed: Option<Vec<u8>> =
            self.db.prepare_cached(sql)?.query_row([message], |row| row.get(0)).optional()?;
        let raw = key.open(&owner(message), &sealed.ok_or(StoreError::NotFound)?)?;
        let attachments = Mail::read(&raw, None).attachments;
        let found = place.checked_sub(1).and_then(|at| attachments.get(at));
        let bytes = found.ok_or(StoreError::NotFound)?.bytes(&raw).into_owned();
        Ok((file, bytes))
    }
}

/// The newest mail of a case, which what we write of it answers; none where there is none that is readable.
pub(in crate::store) fn answered_mail(
    db: &Connection,
    vault: &Vault,
    case: i64,
) -> Result<Reference, StoreError> {
    let sql = "SELECT id FROM inbound WHERE case_id = ?1 AND medium = 'mail'
               ORDER BY id DESC LIMIT 1";
    let id: Option<i64> = db.prepare_cached(sql)?.query_row([case], |row| row.get(0)).optional()?;
    let about = id.map(|id| opened(db, vault, id)).transpose()?.flatten();
    Ok(about.map_or_else(Reference::default, |About { message_id, references, .. }| Reference {
        message_id,
        references,
    }))
}
