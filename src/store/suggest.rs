//! What suggestions are made of: past cases that are not under seal, and flags that a person marked
//! as false.

use super::audit::{self, AuditEntry, AuditKind};
use super::case_key::{self, Access};
use super::casework::{self, CaseName};
use super::error::StoreError;
use super::intake::read_number;
use super::read::{CaseRow, ROWS_MAX, Reader};
use super::read_call;
use super::row_private::{self, KEY_JOIN, RowPrivate, of_row};
use super::seal::sealed;
use super::vault::Vault;
use crate::domain::case::{Case, Channel, State, local_day};
use crate::domain::suggest::{
    NewText, PastCase, RiskFilter, RiskFlag, RiskGroup, SUGGEST_CHARS_MAX, Suggestion, risks,
    suggest,
};
use crate::units::{CaseNumber, PhoneNumber};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

/// Past cases that a text is compared with, the newest.
pub const PAST_CASES_MAX: usize = 3_000;

/// Characters of past cases that a text is compared with, all together: what hints cost follows them.
pub const PAST_CHARS_MAX: usize = 600_000;

/// How far back past cases are looked at.
const PAST_DAYS: i64 = 400;

/// The hints on a text, and what a person found of its flags before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hints {
    /// The hints.
    #[serde(flatten)]
    pub suggestion: Suggestion,
    /// Flags that were marked as false.
    pub false_alarms: Vec<FalseAlarm>,
}

/// A flag that a person marked as false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FalseAlarm {
    /// The concern.
    pub risk: RiskGroup,
    /// Who found it to be false.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// A text that suggestions are made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOfCase {
    /// The row id of its case.
    pub id: i64,
    /// Its summary and the citizen's words.
    pub text: String,
    /// Whom to answer.
    pub contact: Option<PhoneNumber>,
    /// When it came.
    pub received_at: Timestamp,
}

impl Reader {
    /// Hints on a text or a case, by the directory and the past cases of now. They change nothing.
    pub fn hints(&self, asked: &TextOfCase, now: Timestamp) -> Result<Hints, StoreError> {
        let TextOfCase { id, text, contact, received_at } = asked;
        let directory = self.directory(local_day(now))?;
        let from = *received_at - SignedDuration::from_hours(24 * PAST_DAYS);
        // Row ids begin at 1: no case is left out for a text.
        let past = self.past_cases(from, *id)?;
        let new = NewText { text, contact: contact.as_ref(), at: *received_at };
        let suggestion = suggest(&new, &directory, &past);
        Ok(Hints { suggestion, false_alarms: self.false_alarms(*id)? })
    }

    /// The flags that the words of a case raise, by whatever channel it came, without those that a
    /// person marked as false.
    pub(super) fn flags(&self, id: i64, case: &Case) -> Result<Vec<RiskFlag>, StoreError> {
        let said = both(case.channel, case.summary.as_deref(), case.private.text.as_deref());
        unmarked(&self.db, id, risks(&said))
    }

    /// The newest cases whose words raise a flag that is asked for and that nobody marked as false,
    /// of the newest [`ROWS_MAX`]; where `uncoded`, the oldest of those that are still to be coded.
    /// None under seal; contacts are masked.
    pub fn flagged_cases(
        &self,
        risk: RiskFilter,
        uncoded: bool,
        limit: usize,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let rows = if uncoded { self.uncoded_cases(ROWS_MAX) } else { self.cases(ROWS_MAX) };
        Ok(rows?.into_iter().filter(|row| risk.fits(&row.risks)).take(limit).collect())
    }
}

/// The flags that the words of a row of `case_file` raise, those that were marked as false too.
pub(super) fn flags_of(channel: &str, private: &RowPrivate) -> Vec<RiskFlag> {
    risks(&both(channel_of(channel), private.summary.as_deref(), private.text.as_deref()))
}

/// Flags of a case without those that a person marked as false.
pub(super) fn unmarked(
    db: &Connection,
    case: i64,
    mut flags: Vec<RiskFlag>,
) -> Result<Vec<RiskFlag>, StoreError> {
    if !flags.is_empty() {
        let sql = "SELECT risk FROM risk_false_alarm WHERE case_id = ?1";
        let marked: Vec<String> = read_call::all(db, sql, [case], |row| row.get(0))?;
        flags.retain(|flag| marked.iter().all(|risk| risk != flag.group.as_str()));
    }
    Ok(flags)
}

/// Numbered cases that were received from `from` on, the newest [`PAST_CASES_MAX`] as far as
/// [`PAST_CHARS_MAX`] goes, without the one that is asked about. None under seal.
pub(super) fn past_cases(
    db: &Connection,
    vault: &Vault,
    from: Timestamp,
    without: i64,
) -> Result<Vec<PastCase>, StoreError> {
    let sql = format!(
        "SELECT c.number, c.state, c.unit, c.domain, c.received_at, c.channel, {}
         FROM case_file c {KEY_JOIN}
         WHERE c.number IS NOT NULL AND c.received_at >= ?1 AND c.id <> ?2 AND NOT {}
         ORDER BY c.received_at DESC, c.id DESC LIMIT ?3",
        row_private::COLUMNS,
        sealed("c")
    );
    let limit = i64::try_from(PAST_CASES_MAX).unwrap_or(i64::MAX);
    let values = params![from.as_millisecond(), without, limit];
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let (mut found, mut chars) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let private = of_row(vault, row, 6)?;
        let case = Stored {
            unit: row.get(2)?,
            domain: row.get(3)?,
            contact: contact(&private),
            text: said(&row.get::<_, String>(5)?, &private),
            received_at: row.get(4)?,
        };
        chars += case.text.chars().count();
        if chars > PAST_CHARS_MAX {
            break;
        }
        found.push(past(row.get(0)?, &row.get::<_, String>(1)?, case)?);
    }
    Ok(found)
}

/// A past case as it is stored.
struct Stored {
    unit: Option<String>,
    domain: Option<String>,
    contact: Option<PhoneNumber>,
    text: String,
    received_at: i64,
}

fn past(number: i64, state: &str, case: Stored) -> Result<PastCase, StoreError> {
    let state = State::parse(state).ok_or(StoreError::Damaged("state"))?;
    Ok(PastCase {
        number: read_number(number)?,
        state: state.title(),
        closed: matches!(state, State::Callback | State::Closed | State::Archived),
        unit: case.unit,
        domain: case.domain,
        contact: case.contact,
        text: case.text,
        received_at: Timestamp::from_millisecond(case.received_at).unwrap_or_default(),
    })
}

/// Whom to answer.
fn contact(private: &RowPrivate) -> Option<PhoneNumber> {
    let number = private.contact.as_deref().or(private.caller.as_deref())?;
    PhoneNumber::parse(number).ok()
}

/// A summary that a person wrote with the citizen's words behind it, as far as suggestions look at.
fn said(channel: &str, private: &RowPrivate) -> String {
    both(channel_of(channel), private.summary.as_deref(), private.text.as_deref())
}

fn channel_of(name: &str) -> Option<Channel> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn both(channel: Option<Channel>, summary: Option<&str>, text: Option<&str>) -> String {
    let unread = channel.map(Channel::first_summary);
    let summary = summary.filter(|summary| Some(*summary) != unread);
    let both = [summary, text].map(Option::unwrap_or_default).join(" ");
    both.chars().take(SUGGEST_CHARS_MAX).collect()
}

/// What a case says. [`StoreError::NotFound`] for one under seal too.
pub(super) fn text_of(
    db: &Connection,
    vault: &Vault,
    number: CaseNumber,
) -> Result<TextOfCase, StoreError> {
    let sql = format!(
        "SELECT c.received_at, c.channel, {} FROM case_file c {KEY_JOIN}
         WHERE c.number = ?1 AND NOT {}",
        row_private::COLUMNS,
        sealed("c")
    );
    let found = db.query_row(&sql, [stored(number)], |row| {
        let private = of_row(vault, row, 2)?;
        Ok(TextOfCase {
            id: row.get(2)?,
            contact: contact(&private),
            text: said(&row.get::<_, String>(1)?, &private),
            received_at: Timestamp::from_millisecond(row.get(0)?).unwrap_or_default(),
        })
    });
    found.optional()?.ok_or(StoreError::NotFound)
}

fn stored(number: CaseNumber) -> i64 {
    i64::try_from(number.as_u64()).unwrap_or(0)
}

/// The flags of a case that were marked as false.
pub(super) fn false_alarms(
    db: &Connection,
    vault: &Vault,
    case: i64,
) -> Result<Vec<FalseAlarm>, StoreError> {
    let sql = "SELECT risk, person, reason FROM risk_false_alarm WHERE case_id = ?1 ORDER BY at";
    let rows: Vec<(String, String, Vec<u8>)> =
        read_call::all(db, sql, [case], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let key = case_key::of(db, vault, case)?;
    let read = |(risk, person, sealed): (String, String, Vec<u8>)| {
        let reason = key.open(&reason_place(case, &risk), &sealed)?.unwrap_or_default();
        let reason = String::from_utf8(reason).map_err(|_| StoreError::Damaged("reason"))?;
        let risk = RiskGroup::parse(&risk).ok_or(StoreError::Damaged("risk"))?;
        Ok(FalseAlarm { risk, person, reason })
    };
    rows.into_iter().map(read).collect()
}

/// Where the reason of a false alarm stands.
fn reason_place(case: i64, risk: &str) -> String {
    format!("{}/false_alarm/{risk}", case_key::owner(case))
}

/// Stores that a flag is false, once; gives how many rows that made.
pub(super) fn put_false_alarm(
    db: &Connection,
    key: &Access,
    (case, at): (i64, i64),
    (risk, person, reason): (&str, &str, &str),
) -> Result<usize, StoreError> {
    let sealed = key.seal(&reason_place(case, risk), reason.as_bytes())?;
    let put = "INSERT OR IGNORE INTO risk_false_alarm VALUES (?1, ?2, ?3, ?4, ?5)";
    Ok(db.prepare_cached(put)?.execute(params![case, risk, at, person, sealed])?)
}

/// Marks a flag as false, once. [`StoreError::Taken`] where that was done; [`StoreError::NotFound`] for a
/// case under seal too.
pub(super) fn mark_false(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    name: CaseName,
    alarm: &FalseAlarm,
) -> Result<(), StoreError> {
    let case = casework::find(db, name)?.ok_or(StoreError::NotFound)?;
    let open = format!("SELECT 1 FROM case_file c WHERE c.id = ?1 AND NOT {}", sealed("c"));
    if !db.prepare_cached(&open)?.exists([case])? {
        return Err(StoreError::NotFound);
    }
    let FalseAlarm { risk, person, reason } = alarm;
    let key = case_key::of(db, vault, case)?;
    let words = (risk.as_str(), person.as_str(), reason.as_str());
    if put_false_alarm(db, &key, (case, at.as_millisecond()), words)? == 0 {
        return Err(StoreError::Taken("this flag is marked as false already"));
    }
    // Neither flag nor reason: the case may be sealed later, and the audit stays.
    let entry = AuditEntry {
        actor: person.clone(),
        kind: AuditKind::FalseAlarm,
        subject: match name {
            CaseName::Number(number) => number.to_string(),
            CaseName::Draft(id) => format!("draft-{id}"),
        },
        reason: String::new(),
    };
    audit::append(db, at, &entry)
}
