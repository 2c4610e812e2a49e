//! Cases as people with accounts read them: whole, folded from their events, so that what each may see
//! is decided on the case itself; in pages from the newest backwards.

use super::account::{self, AccountRecord};
use super::account_token::{self, TokenHash, TokenRecord};
use super::case_key;
use super::casework::{self, CaseName};
use super::error::StoreError;
use super::read::{CaseDetail, CaseRow, Reader, masked};
use super::read_call::all;
use super::seal::{is_call_sealed, sealed};
use super::uncoded::uncoded;
use crate::domain::case::{Actor, Case, Channel, State, apply};
use crate::domain::suggest::RiskFlag;
use jiff::Timestamp;
use rusqlite::params;

/// Cases that are looked at for one page; a page may be short and still have one after it.
pub const SCANNED_MAX: usize = 1_000;

/// Rows of a page: as many as a person is shown at once at most.
pub const PAGE_ROWS_MAX: usize = 100;

/// A case with what its events say of who and when.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFile {
    /// Row of the case.
    pub id: i64,
    /// The fold of its events.
    pub case: Case,
    /// Who took it down: a person, a seat, or `system`.
    pub creator: String,
    /// The place of its last event in the chain.
    pub last_event: i64,
    /// Who did that, roles and person.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
    /// Flags that its words raise (C6), for a person to confirm; none that was marked as false.
    pub risks: Vec<RiskFlag>,
    /// The service holds the key of its private parts; else the discipline liaison alone does, or it
    /// was erased, and they are missing in the fold.
    pub readable: bool,
}

impl CaseDetail {
    /// Without who the citizen is: for whoever has not said why he needs to know.
    #[must_use]
    pub fn masked(self) -> Self {
        let mask = |shown: Option<String>| shown.map(|shown| masked(&shown));
        let row = CaseRow { contact: mask(self.row.contact), ..self.row };
        Self { row, caller: mask(self.caller), mail: mask(self.mail), ..self }
    }
}

/// Which cases a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFilter {
    /// Only cases in this state.
    pub state: Option<State>,
    /// Only cases of this lead unit; under seal a case has none.
    pub unit: Option<String>,
    /// Only cases that came this way.
    pub channel: Option<Channel>,
    /// Only cases received at or after this, in ms since 1970.
    pub from_ms: Option<i64>,
    /// Only cases received before this, in ms since 1970.
    pub to_ms: Option<i64>,
    /// Only cases whose events name this unit: those it can have a part in, none under seal.
    pub names_unit: Option<String>,
    /// Only cases that are still to be coded, none under seal.
    pub uncoded: bool,
}

/// The rows of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CasePage {
    /// Rows that fit, newest first.
    pub ids: Vec<i64>,
    /// The last row that was looked at; `None`: there is no older one.
    pub looked_to: Option<i64>,
}

/// A recording of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRecording {
    /// Its number, by which it is asked for.
    pub recording: i64,
    /// `whole_call` or `message`.
    pub kind: String,
    /// Its length.
    pub duration_ms: i64,
    /// When its call began; that of the case for one without a call.
    pub began: Timestamp,
}

impl Reader {
    /// A case by its name; one under seal only where `sealed_too`, and else it is not looked at any
    /// longer than one that does not exist. What is told of it decides
    /// [`view`](crate::domain::access::view).
    pub fn file(&self, name: CaseName, sealed_too: bool) -> Result<CaseFile, StoreError> {
        let id = casework::find(&self.db, name)?.ok_or(StoreError::NotFound)?;
        let hidden = format!("SELECT 1 FROM case_file c WHERE c.id = ?1 AND {}", sealed("c"));
        if !sealed_too && self.db.prepare_cached(&hidden)?.exists([id])? {
            return Err(StoreError::NotFound);
        }
        self.file_of(id)
    }

    /// The same by its row.
    pub fn file_of(&self, id: i64) -> Result<CaseFile, StoreError> {
        // First, so that what is read is never older than what it is called.
        let last_event = casework::last_event(&self.db, id)?;
        let events = self.events(id)?;
        let (_, first, _) = events.first().ok_or(StoreError::NotFound)?;
        let creator = first.rsplit('/').next().unwrap_or_default().to_owned();
        let (at, by, _) = events.last().ok_or(StoreError::NotFound)?;
        let (changed_at, changed_by) = (*at, by.clone());
        let case = events.iter().fold(Case::default(), |case, (.., event)| apply(case, event));
        let key = case_key::of(&self.db, &self.vault, id)?;
        let readable = matches!(key, case_key::Access::Service(_));
        let risks = self.flags(id, &case)?;
        Ok(CaseFile { id, case, creator, last_event, changed_by, changed_at, risks, readable })
    }

    /// The first row of a case that was received then or later. Rows are by the order of storing,
    /// which is not quite that of receipt.
    fn first_since(&self, from_ms: Option<i64>) -> Result<i64, StoreError> {
        let Some(from_ms) = from_ms else { return Ok(i64::MIN) };
        let sql = "SELECT min(id) FROM case_file WHERE received_at >= ?1";
        let first: Option<i64> =
            self.db.prepare_cached(sql)?.query_row([from_ms], |row| row.get(0))?;
        Ok(first.unwrap_or(i64::MAX))
    }

    /// The rows of the next page: at most [`PAGE_ROWS_MAX`] that fit of at most [`SCANNED_MAX`] that are
    /// looked at, from below `before` on, and none older than the first that can fit.
    pub fn page(&self, filter: &PageFilter, before: Option<i64>) -> Result<CasePage, StoreError> {
        let open = format!("NOT {}", sealed("c"));
        let uncoded = uncoded("c");
        let sql = format!(
            "SELECT c.id,
                (?3 IS NULL OR CASE WHEN c.seal_proposed THEN 'sealed' ELSE c.state END = ?3)
                AND (?4 IS NULL OR (c.unit IS ?4 AND {open})) AND (?5 IS NULL OR c.channel = ?5)
                AND (?6 IS NULL OR c.received_at >= ?6) AND (?7 IS NULL OR c.received_at < ?7)
                AND (?8 IS NULL OR ({open} AND EXISTS (
                    SELECT 1 FROM event e WHERE e.case_id = c.id AND instr(e.body, ?8) > 0)))
                AND (NOT ?10 OR {uncoded})
            FROM case_file c WHERE c.id < ?1 AND c.id >= ?9 ORDER BY c.id DESC LIMIT ?2"
        );
        let scanned = i64::try_from(SCANNED_MAX).unwrap_or(i64::MAX);
        let named = filter.names_unit.as_ref().map(|unit| format!("\"{unit}\""));
        let values = params![
            before.unwrap_or(i64::MAX),
            scanned,
            filter.state.map(State::as_str),
            filter.unit,
            filter.channel.map(Channel::as_str),
            filter.from_ms,
            filter.to_ms,
            named,
            self.first_since(filter.from_ms)?,
            filter.uncoded
        ];
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(values)?;
        let (mut page, mut looked_at) = (CasePage::default(), 0);
        while let Some(row) = rows.next()? {
            let (id, fits): (i64, bool) = (row.get(0)?, row.get(1)?);
            page.ids.extend(fits.then_some(id));
            looked_at += 1;
            // Nobody reads further on one page, and each row may have to come from the disk.
            if looked_at >= SCANNED_MAX || page.ids.len() >= PAGE_ROWS_MAX {
                page.looked_to = Some(id);
                break;
            }
        }
        Ok(page)
    }

    /// The recordings of a case that is not under seal, its own and those of its call; none where
    /// another case of the call is.
    pub fn recordings_of(&self, file: &CaseFile) -> Result<Vec<CaseRecording>, StoreError> {
        let call = file.case.call.as_ref().map(|call| call.as_str());
        let sealed = call.map_or(Ok(false), |call| is_call_sealed(&self.db, call))?;
        let call = call.filter(|_| !sealed);
        let sql = "SELECT r.id, r.kind, r.duration_ms, c.started_at
                   FROM recording r LEFT JOIN call c ON c.id = r.call
                   WHERE (r.call = ?2 OR (r.case_id = ?1 AND NOT ?3)) AND r.missing = 0
                   ORDER BY r.id";
        let received = file.case.received_at.unwrap_or_default();
        all(&self.db, sql, params![file.id, call, sealed], |row| {
            let began: Option<i64> = row.get(3)?;
            let began = began.and_then(|ms| Timestamp::from_millisecond(ms).ok());
            Ok(CaseRecording {
                recording: row.get(0)?,
                kind: row.get(1)?,
                duration_ms: row.get(2)?,
                began: began.unwrap_or(received),
            })
        })
    }

    /// Every account, by name.
    pub fn accounts(&self) -> Result<Vec<AccountRecord>, StoreError> {
        account::list(&self.db)
    }

    /// One account.
    pub fn account(&self, name: &str) -> Result<Option<AccountRecord>, StoreError> {
        account::find(&self.db, name)
    }

    /// The tokens that are kept.
    pub fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        account_token::list(&self.db)
    }

    /// Who acts with a token at `now`.
    pub fn token_actor(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Actor>, StoreError> {
        account_token::actor(&self.db, hash, now)
    }
}
