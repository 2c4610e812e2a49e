//! The audit: who listened in, played a recording or changed who may sit at a seat, when and why.
//! Its rows are chained by their hashes like the events of the cases.

use super::administration::Administration;
use super::chain::{self, START};
use super::error::StoreError;
use super::read::city_time;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

/// Says what is hashed; a new format gets a new word.
const CONTEXT: &[u8] = b"mayorline audit 1";

/// Longest reason that is kept, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// What is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditKind {
    /// 监听 began.
    Listen,
    /// 耳语 began.
    Whisper,
    /// 强插 began.
    Barge,
    /// The supervisor left the call.
    StopListening,
    /// A recording was played; the reason is the listener's own, and behind it the address that
    /// he listens from.
    Playback,
    /// A citizen's number was shown in clear: to a seat that his call is offered to, or to a person
    /// who said why.
    ContactShown,
    /// A seat came into use.
    SeatAdded,
    /// A seat was taken out of use.
    SeatRemoved,
    /// A seat got another password.
    PasswordSet,
    /// Somebody wants an export: of a report with more persons than one may export alone, or of a
    /// table of cases, of however many.
    ExportAsked,
    /// Another person allowed it.
    ExportApproved,
    /// The liaison's public key came into use.
    LiaisonKeyAdded,
    /// The liaison read a case under seal.
    SealRead,
    /// An account was made, given or denied a role, locked, or given a password or a token; the
    /// reason says which.
    AccountChanged,
    /// Cases with who the citizens are left the store: as a report, or as a table that a program
    /// fetched.
    Exported,
    /// The content of a sealed case was opened by the liaison, who said why.
    SealOpened,
    /// A table of the directory was imported; the reason has file, digest and counts.
    DirectoryImported,
    /// A flag of risk words was marked as false; nothing of what the case says, it may be sealed later.
    FalseAlarm,
    /// Something whose period has ended was erased; the reason has counts and what is held.
    Erased,
    /// A citizen asked for what is held of him, or to have it put right or deleted.
    PrivacyAsked,
    /// What is held of him was put together for him.
    PrivacyExported,
    /// His request was decided.
    PrivacyDecided,
    /// A subscription to what happens to cases was made, changed, tried or taken away, or a message
    /// sent again; the reason says which.
    WebhookChanged,
    /// What came in by text or mail and belongs to no case was shown to a person.
    MessageShown,
    /// A person decided what becomes of a message: one that was held, one that may have been sent.
    MessageDecided,
}

impl AuditKind {
    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
            Self::StopListening => "stop_listening",
            Self::Playback => "playback",
            Self::ContactShown => "contact_shown",
            Self::SeatAdded => "seat_added",
            Self::SeatRemoved => "seat_removed",
            Self::PasswordSet => "password_set",
            Self::ExportAsked => "export_asked",
            Self::ExportApproved => "export_approved",
            Self::LiaisonKeyAdded => "liaison_key_added",
            Self::SealRead => "seal_read",
            Self::AccountChanged => "account_changed",
            Self::Exported => "exported",
            Self::SealOpened => "seal_opened",
            Self::DirectoryImported => "directory_imported",
            Self::FalseAlarm => "false_alarm",
            Self::Erased => "erased",
            Self::PrivacyAsked => "privacy_asked",
            Self::PrivacyExported => "privacy_exported",
            Self::PrivacyDecided => "privacy_decided",
            Self::WebhookChanged => "webhook_changed",
            Self::MessageShown => "message_shown",
            Self::MessageDecided => "message_decided",
        }
    }
}

/// One entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who: a seat's number, or `administrator` for the command line.
    pub actor: String,
    /// What.
    pub kind: AuditKind,
    /// To which call, file, case, seat, report or subscription.
    pub subject: String,
    /// Why; cut to [`REASON_CHARS_MAX`].
    pub reason: String,
}

/// One entry as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, RFC 3339 with the city's offset.
    pub at: String,
    /// Who: a seat's number, or `administrator`.
    pub actor: String,
    /// What: a name of [`AuditKind`].
    pub kind: String,
    /// To which call, file, case, seat or report.
    pub subject: String,
    /// Why; empty where none is asked for.
    pub reason: String,
}

impl Administration {
    /// Notes that a person was shown on the machine who the citizen of a case is, and why.
    pub fn note_contact_shown(
        &mut self,
        at: Timestamp,
        person: &str,
        case: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            actor: person.to_owned(),
            kind: AuditKind::ContactShown,
            subject: case.to_owned(),
            reason: reason.to_owned(),
        };
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        append(&tx, at, &entry)?;
        Ok(tx.commit()?)
    }
}

/// The newest `limit` entries from `from` on and before `to`, newest last.
pub(super) fn list(
    db: &Connection,
    from: Timestamp,
    to: Timestamp,
    limit: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "SELECT seq, at, actor, kind, subject, reason FROM audit \
               WHERE at >= ?1 AND at < ?2 ORDER BY seq DESC LIMIT ?3";
    let mut rows = db.prepare(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found =
        rows.query_map(params![from.as_millisecond(), to.as_millisecond(), limit], |row| {
            let at = Timestamp::from_millisecond(row.get(1)?).unwrap_or_default();
            Ok(AuditRow {
                seq: row.get(0)?,
                at: city_time(at),
                actor: row.get(2)?,
                kind: row.get(3)?,
                subject: row.get(4)?,
                reason: row.get(5)?,
            })
        })?;
    let mut entries = found.collect::<Result<Vec<_>, _>>()?;
    entries.reverse();
    Ok(entries)
}

/// A row as its hash covers it.
pub(super) struct AuditLink<'a> {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) words: [&'a str; 4],
}

/// The hash of a row: actor, kind, subject and reason, in this order.
pub(super) fn hash(prev: &[u8], link: &AuditLink<'_>) -> [u8; 32] {
    let numbers = [link.seq, link.at].map(i64::to_be_bytes).concat();
    let [actor, kind, subject, reason] = link.words.map(str::as_bytes);
    chain::hash_parts(&[CONTEXT, prev, &numbers, actor, kind, subject, reason])
}

/// Appends an entry to the chain.
pub(super) fn append(db: &Connection, at: Timestamp, entry: &AuditEntry) -> Result<(), StoreError> {
    let mut last = db.prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?;
    let head = last.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (seq, prev): (i64, [u8; 32]) = head.unwrap_or((0, START));
    let (seq, at) = (seq + 1, at.as_millisecond());
    let reason: String = entry.reason.chars().take(REASON_CHARS_MAX).collect();
    let words = [entry.actor.as_str(), entry.kind.as_str(), &entry.subject, &reason];
    let hash = hash(&prev, &AuditLink { seq, at, words });
    let [actor, kind, subject, reason] = words;
    db.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![seq, at, actor, kind, subject, reason, prev, hash])?;
    Ok(())
}
