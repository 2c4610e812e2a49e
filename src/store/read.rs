//! The reading side for the command line: beside a running service, or on a stopped one.
//!
//! Numbers of citizens are masked in lists and in clear only where one case or call is asked for
//! by its id. The query code is never part of a row; [`Reader::code`] is the one way to it.

use super::audit::{self, AuditRow};
use super::call_private;
use super::callback::{self, CallbackList};
use super::case_file;
use super::case_key;
use super::config::DataFolder;
use super::dials::{self, DialledCall};
use super::directory;
use super::error::StoreError;
use super::facts::{self, Period};
use super::follow_up::{self, FollowUps};
use super::intake::{read_code, read_number};
use super::listening_day;
use super::playback::{self, Hearable, PastCall};
use super::read_call::{self, EntryRow, LegRow, QueueRow, TrackRow};
use super::row_private::{self, KEY_JOIN, RowPrivate, of_row, unreadable};
use super::schema;
use super::seal::{is_call_sealed, sealed};
use super::search::{self, Found, SearchFilter};
use super::seat::{self, BindingRecord, SeatRecord};
use super::suggest::{self, FalseAlarm, TextOfCase};
use super::vault::Vault;
use crate::domain::case::{CaseEvent, Standing, State, city_zone};
use crate::domain::directory::{Directory, Kind, Record, Version};
use crate::domain::figures::Facts;
use crate::domain::listening_day::DayCall;
use crate::domain::playback::Hears;
use crate::domain::search::Question;
use crate::domain::suggest::{PastCase, RiskFlag};
use crate::units::{CallId, CaseNumber, PhoneNumber, QueryCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::Serialize;

/// Most rows of one answer.
pub const ROWS_MAX: usize = 10_000;

/// One case in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    /// Row id; the only name of a draft.
    pub id: i64,
    /// Eleven digits; `null` for a draft.
    pub number: Option<String>,
    /// Where it stands (`draft`, `accepted` …).
    pub state: String,
    /// How it came (`voicemail`, `callback_request`, `abandoned`, `text`).
    pub channel: String,
    /// When it came, RFC 3339 with the city's offset.
    pub received_at: String,
    /// The call it came by.
    pub call: Option<String>,
    /// Whom to call back; masked in lists.
    pub contact: Option<String>,
    /// What it is about.
    pub summary: Option<String>,
    /// The unit at work.
    pub unit: Option<String>,
    /// The citizen's due date, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// A year without a holiday table is involved in it.
    pub due_provisional: bool,
    /// Somebody must call back: until when.
    pub callback_due_at: Option<String>,
    /// Why (`asked`, `missed`, `number_untold`).
    pub callback_reason: Option<String>,
    /// The original recording, below the data folder.
    pub recording: Option<String>,
    /// Flags that its words raise (C6), for a person to confirm; none that was marked as false.
    pub risks: Vec<RiskFlag>,
}

/// One case with everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CaseDetail {
    /// What a list shows, the contact in clear.
    #[serde(flatten)]
    pub row: CaseRow,
    /// The number that called, in clear.
    pub caller: Option<String>,
    /// The address that a mail came from, in clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The citizen's own words.
    pub text: Option<String>,
    /// Which time it is handled.
    pub round: i64,
    /// Nature by its script id.
    pub nature: Option<String>,
    /// The day it was closed on.
    pub closed_on: Option<String>,
    /// The case it was merged into.
    pub merged_into: Option<String>,
    /// Supervision, and whether the citizen can be called.
    #[serde(flatten)]
    pub standing: Standing,
    /// What happened, first to last, without private parts.
    pub events: Vec<EventRow>,
    /// Its recordings.
    pub recordings: Vec<RecordingRow>,
}

/// One event of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Place in the chain.
    pub seq: i64,
    /// When.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// What, without its private part.
    pub body: serde_json::Value,
}

/// One recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordingRow {
    /// Path below the data folder.
    pub file: String,
    /// `whole_call` or `message`.
    pub kind: String,
    /// Length of the audio.
    pub duration_ms: i64,
    /// How much of it is speech; 0 for one that was found after a crash.
    pub speech_ms: i64,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Found without a row after a crash.
    pub found: bool,
    /// The file was found gone.
    pub missing: bool,
    /// What each track holds; empty when it was not told.
    pub tracks: Vec<TrackRow>,
}

/// One call in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallRow {
    /// Its id.
    pub id: String,
    /// The number that called; masked in lists; `null` when withheld.
    pub caller: Option<String>,
    /// The number that was dialled.
    pub called: String,
    /// When it arrived, RFC 3339 with the city's offset.
    pub started_at: String,
    /// When it ended; `null` while it runs.
    pub ended_at: Option<String>,
    /// How long it lasted.
    pub lasted_ms: Option<i64>,
    /// `citizen`, `seat`, `service`, `network`, `shutdown`, `crash`; `null` while it runs.
    pub ended_by: Option<String>,
    /// Numbers of the cases that came of it.
    pub cases: Vec<String>,
}

/// One call with everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallDetail {
    /// What a list shows, the caller in clear ([`CallDetail::masked`] says it without).
    #[serde(flatten)]
    pub row: CallRow,
    /// The display name the network showed.
    pub display: Option<String>,
    /// Where the signalling came from.
    pub peer: String,
    /// The keys that were pressed, in order: choices of menus in clear, all other digits as `*`,
    /// because a query code or a number may have been keyed in.
    pub digits: String,
    /// The prompts that were heard, in order.
    pub prompts: Vec<String>,
    /// Everything that happened, in order.
    pub entries: Vec<EntryRow>,
    /// The parties' halves.
    pub legs: Vec<LegRow>,
    /// Its rows of the queue ledger.
    pub queue: Vec<QueueRow>,
    /// The callback task that it was an attempt of: the id of its case.
    pub callback: Option<i64>,
    /// Its recordings.
    pub recordings: Vec<RecordingRow>,
}

/// Reads a data folder and changes nothing.
pub struct Reader {
    pub(super) db: Connection,
    pub(super) vault: Vault,
}

pub(super) const CASE_COLUMNS: &str = "c.id, c.number, c.state, c.channel, c.received_at, c.call, \
    c.private, k.wrapped, c.unit, c.due_on, c.due_provisional, t.due_at, t.reason, c.recording, \
    (c.state = 'sealed' OR c.seal_proposed)";

pub(super) const CASE_TABLES: &str = "case_file c \
     LEFT JOIN callback_task t ON t.case_id = c.id AND t.done_at IS NULL \
     LEFT JOIN case_key k ON k.case_id = c.id AND k.holder IS NULL";

const CALL_COLUMNS: &str = "id, called, started_at, ended_at, lasted_ms, ended_by";

impl Reader {
    /// Opens the database of a data folder; fails when there is none or a newer program wrote it.
    pub fn open(data: impl Into<DataFolder>) -> Result<Self, StoreError> {
        let (db, vault) = schema::open_reader_with(&data.into())?;
        Ok(Self { db, vault })
    }

    /// The newest cases first.
    pub fn cases(&self, limit: usize) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {CASE_COLUMNS} FROM {CASE_TABLES}
             ORDER BY c.received_at DESC, c.id DESC LIMIT ?1"
        );
        listed(&self.db, self.all(&sql, [cap(limit)], |row| case_row(&self.vault, row))?)
    }

    /// The newest cases that have all words of the question.
    pub fn search(
        &self,
        question: &Question,
        filter: &SearchFilter,
        limit: usize,
    ) -> Result<Found, StoreError> {
        search::find(&self.db, &self.vault, question, filter, limit)
    }

    /// One case by its number.
    pub fn case(&self, number: CaseNumber) -> Result<CaseDetail, StoreError> {
        self.case_where("number", &i64::try_from(number.as_u64()).unwrap_or(0))
    }

    /// One case, a draft too, by its row id.
    pub fn case_by_id(&self, id: i64) -> Result<CaseDetail, StoreError> {
        self.case_where("id", &id)
    }

    /// The query code of a case, in clear: to be told to its citizen and to nobody else.
    /// [`StoreError::NotFound`] for a case under seal, from the proposal on.
    pub fn code(&self, number: CaseNumber) -> Result<QueryCode, StoreError> {
        let columns = row_private::COLUMNS;
        let hidden = sealed("c");
        let sql = format!(
            "SELECT {columns} FROM case_file c {KEY_JOIN} WHERE c.number = ?1 AND NOT {hidden}"
        );
        let number = i64::try_from(number.as_u64()).unwrap_or(0);
        let row =
            self.db.query_row(&sql, [number], |row| of_row(&self.vault, row, 0)).optional()?;
        read_code(&row.and_then(|row| row.code).ok_or(StoreError::NotFound)?)
    }

    /// The events of a case with the times they were stored at and who did them, first to last.
    pub fn events(&self, id: i64) -> Result<Vec<(Timestamp, String, CaseEvent)>, StoreError> {
        let sql = "SELECT e.at, e.actor, e.body, e.seq, p.body
                   FROM event e LEFT JOIN event_private p USING (seq)
                   WHERE e.case_id = ?1 ORDER BY e.seq";
        let rows = self.all(sql, [id], |row| {
            let (at, actor, body): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((at, actor, body, row.get::<_, i64>(3)?, row.get::<_, Option<Vec<u8>>>(4)?))
        })?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let key = case_key::of(&self.db, &self.vault, id)?;
        rows.into_iter()
            .map(|(at, actor, body, seq, sealed)| {
                let at = Timestamp::from_millisecond(at).unwrap_or_default();
                let event = case_file::open_event(&key, (id, seq), &body, sealed.as_deref())?;
                Ok((at, actor, event))
            })
            .collect()
    }

    fn case_where(&self, column: &str, value: &i64) -> Result<CaseDetail, StoreError> {
        let sql = format!(
            "SELECT {CASE_COLUMNS}, c.round, c.nature, c.closed_on, c.merged_into
             FROM {CASE_TABLES} WHERE c.{column} = ?1"
        );
        let find = |row: &Row<'_>| case_detail(&self.vault, row);
        let detail = self.db.query_row(&sql, [value], find).optional()?;
        // A case under seal is answered for like one that does not exist.
        let mut detail = detail.flatten().ok_or(StoreError::NotFound)?;
        let id = detail.row.id;
        detail.row.risks = suggest::unmarked(&self.db, id, detail.row.risks)?;
        detail.standing = Standing::of(&case_file::load(&self.db, &self.vault, id)?);
        detail.events = self.all(
            "SELECT seq, at, actor, body FROM event WHERE case_id = ?1 ORDER BY seq",
            [id],
            event_row,
        )?;
        // The recording of a call may hold what another case of it was sealed for.
        let call = detail.row.call.as_deref();
        let sealed = call.map_or(Ok(false), |call| is_call_sealed(&self.db, call))?;
        let (own, call) = ((!sealed).then_some(id), call.filter(|_| !sealed));
        detail.recordings = self.recordings("case_id = ?1 OR call = ?2", params![own, call])?;
        Ok(detail)
    }

    /// The newest calls first.
    pub fn calls(&self, limit: usize) -> Result<Vec<CallRow>, StoreError> {
        let sql = format!("SELECT {CALL_COLUMNS} FROM call ORDER BY started_at DESC, id LIMIT ?1");
        let mut rows = self.all(&sql, [cap(limit)], read_call::call_row)?;
        for row in &mut rows {
            let shown = !is_call_sealed(&self.db, &row.id)?;
            let caller = call_private::of(&self.db, &self.vault, &row.id)?.caller;
            row.caller = caller.filter(|_| shown).map(|caller| masked(&caller));
            row.cases = self.cases_of(&row.id)?;
        }
        Ok(rows)
    }

    /// One call by its id. Of one whose case is under seal, neither people nor what was said.
    pub fn call(&self, id: &CallId) -> Result<CallDetail, StoreError> {
        let sql = format!("SELECT {CALL_COLUMNS}, peer FROM call WHERE id = ?1");
        let detail = self.db.query_row(&sql, [id.as_str()], read_call::call_detail).optional()?;
        let mut detail = detail.ok_or(StoreError::NotFound)?;
        detail.row.cases = self.cases_of(id.as_str())?;
        if is_call_sealed(&self.db, id.as_str())? {
            let row = CallRow { caller: None, ..detail.row };
            return Ok(CallDetail { row, ..CallDetail::default() });
        }
        let private = call_private::of(&self.db, &self.vault, id.as_str())?;
        (detail.row.caller, detail.display) = (private.caller, private.display);
        detail.entries = read_call::entries(&self.db, id.as_str())?;
        let of = |kind| {
            let entries = detail.entries.iter().filter(move |entry| entry.kind == kind);
            entries.map(|entry| entry.value.clone())
        };
        detail.digits = of("digit").collect();
        detail.prompts = of("prompt").collect();
        detail.legs = read_call::legs(&self.db, id.as_str())?;
        detail.queue = read_call::queue(&self.db, id.as_str())?;
        detail.callback = read_call::callback(&self.db, id.as_str())?;
        detail.recordings = self.recordings("call = ?1", [id.as_str()])?;
        Ok(detail)
    }

    fn cases_of(&self, call: &str) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT number FROM case_file c
             WHERE call = ?1 AND number IS NOT NULL AND NOT {} ORDER BY id",
            sealed("c")
        );
        let numbers = self.all(&sql, [call], |row| row.get(0))?;
        numbers.into_iter().map(|number| Ok(read_number(number)?.to_string())).collect()
    }

    fn recordings(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<RecordingRow>, StoreError> {
        let sql = format!(
            "SELECT file, kind, duration_ms, speech_ms, sha256, found, missing, id FROM recording
             WHERE {condition} ORDER BY id"
        );
        let rows = self.all(&sql, values, |row| Ok((recording_row(row)?, row.get(7)?)))?;
        let with_tracks = rows.into_iter().map(|(recording, id)| {
            let tracks = read_call::tracks(&self.db, id)?;
            Ok(RecordingRow { tracks, ..recording })
        });
        with_tracks.collect()
    }

    /// All callback tasks: who was called back, by whom, how many remain at `now`.
    pub fn callbacks(&self, now: Timestamp, limit: usize) -> Result<CallbackList, StoreError> {
        callback::list(&self.db, &self.vault, now, limit.min(ROWS_MAX))
    }

    /// Whose word on the answer is still to be asked for, at most `limit` of them listed.
    pub fn follow_ups(&self, now: Timestamp, limit: usize) -> Result<FollowUps, StoreError> {
        follow_up::list(&self.db, &self.vault, now, limit)
    }

    /// Numbers that were dialled from `from` on, oldest first, at most [`ROWS_MAX`].
    pub fn dialled(&self, from: Timestamp) -> Result<Vec<DialledCall>, StoreError> {
        dials::since(&self.db, from)
    }

    /// The newest `limit` entries of the audit from `from` on and before `to`, newest last.
    pub fn audit(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<AuditRow>, StoreError> {
        audit::list(&self.db, from, to, limit.min(ROWS_MAX))
    }

    /// The calls that came in from `from` on and before `to`, callbacks excepted.
    pub fn day_calls(&self, from: Timestamp, to: Timestamp) -> Result<Vec<DayCall>, StoreError> {
        listening_day::calls(&self.db, from, to)
    }

    /// The numbered cases of a period as the figures look at them.
    pub fn facts(&self, period: Period) -> Result<Vec<Facts>, StoreError> {
        facts::of_period(&self.db, &self.vault, period)
    }

    /// The seats in use, by number.
    pub fn seats(&self) -> Result<Vec<SeatRecord>, StoreError> {
        seat::list(&self.db)
    }

    /// The phones that are registered beyond `now`, as far as they were stored.
    pub fn bindings(&self, now: Timestamp) -> Result<Vec<BindingRecord>, StoreError> {
        seat::bindings(&self.db, now)
    }

    /// The newest calls whose recordings may be heard.
    pub fn past_calls(&self, hears: &Hears) -> Result<Vec<PastCall>, StoreError> {
        playback::past_calls(&self.db, &self.vault, hears)
    }

    /// Where a recording is, if it may be heard.
    pub fn hearable(&self, recording: i64, hears: &Hears) -> Result<Hearable, StoreError> {
        playback::hearable(&self.db, recording, hears)
    }

    /// The directory as it holds on a day.
    pub fn directory(&self, day: Date) -> Result<Directory, StoreError> {
        directory::on(&self.db, day)
    }

    /// Every version of one table of the directory, by key and version.
    pub fn directory_versions(&self, kind: Kind) -> Result<Vec<Version<Record>>, StoreError> {
        directory::versions(&self.db, kind)
    }

    /// Past cases for suggestions, from `from` on, newest first, without one of them; none under seal.
    pub fn past_cases(&self, from: Timestamp, without: i64) -> Result<Vec<PastCase>, StoreError> {
        suggest::past_cases(&self.db, &self.vault, from, without)
    }

    /// What a case says; [`StoreError::NotFound`] for one under seal too.
    pub fn text_of_case(&self, number: CaseNumber) -> Result<TextOfCase, StoreError> {
        suggest::text_of(&self.db, &self.vault, number)
    }

    /// The flags of risk words of a case that were marked as false.
    pub fn false_alarms(&self, case: i64) -> Result<Vec<FalseAlarm>, StoreError> {
        suggest::false_alarms(&self.db, &self.vault, case)
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        read_call::all(&self.db, sql, values, read)
    }
}

pub(super) fn cap(limit: usize) -> impl ToSql {
    i64::try_from(limit.min(ROWS_MAX)).unwrap_or(0)
}

/// A number as a list shows it.
pub(super) fn masked(number: &str) -> String {
    if number.contains('@') {
        return crate::wire::mime::masked(number);
    }
    PhoneNumber::parse(number).map_or_else(|_| "***".to_owned(), |number| number.masked())
}

/// Rows as a list shows them: contacts masked, flags without those that were marked as false.
pub(super) fn listed(db: &Connection, mut rows: Vec<CaseRow>) -> Result<Vec<CaseRow>, StoreError> {
    for row in &mut rows {
        row.contact = row.contact.take().map(|contact| masked(&contact));
        row.risks = suggest::unmarked(db, row.id, std::mem::take(&mut row.risks))?;
    }
    Ok(rows)
}

/// The time of a row as it is printed.
pub(super) fn clock(ms: i64) -> String {
    city_time(Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// A time as it is printed: RFC 3339 with the city's offset.
#[must_use]
pub fn city_time(at: Timestamp) -> String {
    at.to_zoned(city_zone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

fn digits(number: Option<i64>) -> Option<String> {
    number.map(|number| format!("{number:011}"))
}

/// Columns of [`CASE_COLUMNS`].
const CASE_COLUMN_COUNT: usize = 15;

/// A case in a list. Of one under seal, proposed or in force, number, date and channel are told and
/// nothing else (domain.md B9).
pub(super) fn case_row(vault: &Vault, row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    Ok(with_private(vault, row)?.0)
}

/// The same with the private part that it was made of.
fn with_private(vault: &Vault, row: &Row<'_>) -> rusqlite::Result<(CaseRow, RowPrivate)> {
    let told = CaseRow {
        id: row.get(0)?,
        number: digits(row.get(1)?),
        state: row.get(2)?,
        channel: row.get(3)?,
        received_at: clock(row.get(4)?),
        ..CaseRow::default()
    };
    if is_sealed(row)? {
        let told = CaseRow { state: State::Sealed.as_str().to_owned(), ..told };
        return Ok((told, RowPrivate::default()));
    }
    let private = RowPrivate::open(vault, told.id, row.get(6)?, row.get(7)?);
    let private = private.map_err(|error| unreadable(6, error))?;
    let told = CaseRow {
        call: row.get(5)?,
        contact: private.contact.clone(),
        summary: private.summary.clone(),
        unit: row.get(8)?,
        due_on: row.get(9)?,
        due_provisional: row.get(10)?,
        callback_due_at: row.get::<_, Option<i64>>(11)?.map(clock),
        callback_reason: row.get(12)?,
        recording: row.get(13)?,
        risks: suggest::flags_of(&told.channel, &private),
        ..told
    };
    Ok((told, private))
}

fn is_sealed(row: &Row<'_>) -> rusqlite::Result<bool> {
    row.get(CASE_COLUMN_COUNT - 1)
}

/// `None`: it is under seal.
fn case_detail(vault: &Vault, row: &Row<'_>) -> rusqlite::Result<Option<CaseDetail>> {
    if is_sealed(row)? {
        return Ok(None);
    }
    let (told, private) = with_private(vault, row)?;
    let at = |place: usize| CASE_COLUMN_COUNT + place;
    Ok(Some(CaseDetail {
        row: told,
        caller: private.caller,
        mail: private.mail,
        text: private.text,
        round: row.get(at(0))?,
        nature: row.get(at(1))?,
        closed_on: row.get(at(2))?,
        merged_into: digits(row.get(at(3))?),
        standing: Standing::default(),
        events: vec![],
        recordings: vec![],
    }))
}

fn event_row(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let body: String = row.get(3)?;
    let body = serde_json::from_str(&body).unwrap_or(serde_json::Value::Null);
    Ok(EventRow { seq: row.get(0)?, at: clock(row.get(1)?), actor: row.get(2)?, body })
}

fn recording_row(row: &Row<'_>) -> rusqlite::Result<RecordingRow> {
    Ok(RecordingRow {
        file: row.get(0)?,
        kind: row.get(1)?,
        duration_ms: row.get(2)?,
        speech_ms: row.get(3)?,
        sha256: row.get(4)?,
        found: row.get(5)?,
        missing: row.get(6)?,
        tracks: vec![],
    })
}
