//! Exports of cases with who the citizens are, in clear, as a table for a spreadsheet: with a reason,
//! audited, and of more than fifty persons only when a second person has agreed, and once.
//!
//! What is kept of an export until it is fetched are the rows' numbers, never a person; what is under
//! seal by then, or not for the one who fetches it any more, is not in it.

use super::asked::{days, json};
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{json as answer, name_of, shown};
use super::{On, lock, waiting};
use crate::domain::access::{
    Access, EXPORT_ALONE_MAX, Function, Shown, best, csv_line, is_second_person,
    needs_second_person,
};
use crate::domain::case::{Actor, Guard, Refusal, State};
use crate::domain::playback::reason;
use crate::store::{AuditKind, CaseFile, PageFilter, Reader, city_time};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Exports that wait or may still be fetched; the oldest gives way.
pub const EXPORTS_MAX: usize = 64;
/// Cases of one export.
pub const EXPORT_ROWS_MAX: usize = 5_000;
/// How long an export may be confirmed and fetched, in ms.
const LIFE_MS: i64 = 24 * 3_600_000;

/// An export that was asked for.
#[derive(Debug, Clone)]
struct Export {
    by: String,
    at: Timestamp,
    reason: String,
    rows: Vec<i64>,
    persons: usize,
    confirmed_by: Option<String>,
}

impl Export {
    fn is_ready(&self) -> bool {
        self.confirmed_by.is_some() || !needs_second_person(self.persons)
    }
}

/// All of them, by number.
#[derive(Debug, Default)]
pub(super) struct Exports {
    last: u64,
    open: BTreeMap<u64, Export>,
}

impl Exports {
    /// The number of the next export, for the audit: there is none of it before [`Self::put`].
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn put(&mut self, number: u64, export: Export) {
        let now = export.at.as_millisecond();
        self.open.retain(|_, one| now - one.at.as_millisecond() < LIFE_MS);
        if self.open.len() >= EXPORTS_MAX && !self.open.contains_key(&number) {
            self.open.pop_first();
        }
        self.open.insert(number, export);
    }

    /// An export for whoever asked for it. One that two persons agreed to is made once: from now on
    /// it is gone.
    fn take(&mut self, number: u64, person: &str, now: Timestamp) -> Result<Export, Problem> {
        let export = self.find(number, now).filter(|export| export.by == person);
        let export = export.ok_or_else(Problem::unknown)?.clone();
        if !export.is_ready() {
            let chinese = format!("超过{EXPORT_ALONE_MAX}人的导出须由另一人确认。");
            let english = "more than fifty persons: a second person must agree first";
            return Err(Problem::new(StatusCode::CONFLICT, "3.7", &chinese, english));
        }
        if needs_second_person(export.persons) {
            self.open.remove(&number);
        }
        Ok(export)
    }

    fn find(&mut self, number: u64, now: Timestamp) -> Option<&mut Export> {
        let export = self.open.get_mut(&number)?;
        (now.as_millisecond() - export.at.as_millisecond() < LIFE_MS).then_some(export)
    }
}

/// Which cases, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The first day of receipt, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    from: Date,
    /// The last day, itself included.
    #[schema(value_type = String)]
    to: Date,
    /// Only cases in this state.
    state: Option<State>,
    /// Only cases of this lead unit, by its id.
    unit: Option<String>,
    /// 2 to 200 characters; kept in the audit.
    reason: String,
}

/// An export as it is shown to those who may confirm or fetch it.
#[derive(Serialize, ToSchema)]
pub(super) struct ExportView {
    /// Its number.
    export: u64,
    /// Who asked for it.
    by: String,
    /// When.
    at: String,
    /// Why.
    reason: String,
    /// Cases in it.
    cases: usize,
    /// Persons in it.
    persons: usize,
    /// A second person must agree first.
    waits: bool,
    /// Who agreed.
    confirmed_by: Option<String>,
}

impl ExportView {
    fn of(number: u64, export: &Export) -> Self {
        Self {
            export: number,
            by: export.by.clone(),
            at: city_time(export.at),
            reason: export.reason.clone(),
            cases: export.rows.len(),
            persons: export.persons,
            waits: !export.is_ready(),
            confirmed_by: export.confirmed_by.clone(),
        }
    }
}

/// Whoever reads every contact and every report may export.
fn may_export(actor: &Actor) -> Result<(), Problem> {
    let reads = |function| best(&actor.roles, function) == Access::Read;
    match reads(Function::Contact) && reads(Function::Reports) {
        true => Ok(()),
        false => Err(Problem::forbidden()),
    }
}

/// An export as the audit names it.
fn subject(number: u64) -> String {
    format!("export {number}")
}

/// Ask for an export.
#[utoipa::path(post, path = "/api/v1/exports", tag = "exports", request_body = Wanted, responses(
    (status = 201, description = "Kept for a day", body = ExportView),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role exports", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 422, description = "The reason is missing, or there are too many cases", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn ask(
    Shared(house): On,
    Extension(person): Extension<Person>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    may_export(&person.actor)?;
    let wanted: Wanted = json(body)?;
    let why = reason(&wanted.reason).ok_or_else(Problem::reason)?;
    let api = house.api.clone();
    let view = waiting(move || {
        let (rows, persons) = gather(&api.reader()?, &person.actor, &wanted)?;
        let words = format!("asked for {} cases, {persons} persons: {why}", rows.len());
        let by = person.actor.person.clone();
        let at = api.now();
        let export = Export { by, at, reason: why, rows, persons, confirmed_by: None };
        let number = lock(&api.exports).number();
        api.audit(&person, AuditKind::ExportAsked, subject(number), &words)?;
        let view = ExportView::of(number, &export);
        lock(&api.exports).put(number, export);
        Ok(view)
    })
    .await?;
    Ok((StatusCode::CREATED, answer(&view)).into_response())
}

/// The rows of the cases that this person sees with their contact, and how many persons that are: so
/// many numbers, and one more for every case without a number, which names somebody all the same.
fn gather(reader: &Reader, actor: &Actor, wanted: &Wanted) -> Result<(Vec<i64>, usize), Problem> {
    let (from_ms, to_ms) = days(Some(wanted.from), Some(wanted.to))?;
    let (state, unit) = (wanted.state, wanted.unit.clone());
    let filter = PageFilter { state, unit, from_ms, to_ms, ..PageFilter::default() };
    let (mut rows, mut numbers, mut before) = (vec![], BTreeSet::new(), None);
    let mut numberless = 0;
    loop {
        let page = reader.page(&filter, before)?;
        for id in page.ids {
            let file = reader.file_of(id)?;
            if !is_in(actor, &file) {
                continue;
            }
            rows.push(id);
            if rows.len() > EXPORT_ROWS_MAX {
                let chinese = "事项过多，请缩短期限后再导出。";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Err(Problem::new(
                    status,
                    "3.7",
                    chinese,
                    "too many cases; ask for fewer days",
                ));
            }
            let private = &file.case.private;
            match private.contact.clone().or_else(|| private.caller.clone()) {
                Some(number) => {
                    numbers.insert(number);
                }
                None => numberless += 1,
            }
        }
        before = page.looked_to;
        if before.is_none() {
            return Ok((rows, numbers.len() + numberless));
        }
    }
}

/// A case is exported only to whoever sees it and its contact in clear.
fn is_in(actor: &Actor, file: &CaseFile) -> bool {
    let view = shown(actor, file);
    view.is_some_and(|view| view.contact == Shown::Clear && view.text == Shown::Clear)
}

/// List the exports that may still be confirmed or fetched.
#[utoipa::path(get, path = "/api/v1/exports", tag = "exports", responses(
    (status = 200, description = "The exports", body = [ExportView]),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role exports", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn list(
    Shared(house): On,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    may_export(&person.actor)?;
    let exports = lock(&house.api.exports);
    let views = exports.open.iter().map(|(number, export)| ExportView::of(*number, export));
    Ok(answer(&views.collect::<Vec<_>>()))
}

/// Agree to an export, as its second person.
#[utoipa::path(post, path = "/api/v1/exports/{export}/confirm", tag = "exports",
    params(("export" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "Agreed", body = ExportView),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role exports", body = ProblemBody),
        (status = 404, description = "No such export", body = ProblemBody),
        (status = 422, description = "It needs another person", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn confirm(
    Shared(house): On,
    Extension(person): Extension<Person>,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    may_export(&person.actor)?;
    let api = house.api.clone();
    let view = waiting(move || {
        let now = api.now();
        let by = match lock(&api.exports).find(number, now) {
            Some(export) => export.by.clone(),
            None => return Err(Problem::unknown()),
        };
        if !is_second_person(&by, &person.actor.person) {
            return Err(Refusal::from(Guard::SecondPerson).into());
        }
        let words = format!("agreed to what {by} asked for");
        api.audit(&person, AuditKind::ExportApproved, subject(number), &words)?;
        let mut exports = lock(&api.exports);
        let export = exports.find(number, now).ok_or_else(Problem::unknown)?;
        export.confirmed_by = Some(person.actor.person);
        Ok(ExportView::of(number, export))
    })
    .await?;
    Ok(answer(&view))
}

/// Fetch an export, as whoever asked for it; one of more than fifty persons once.
#[utoipa::path(get, path = "/api/v1/exports/{export}", tag = "exports",
    params(("export" = u64, Path, description = "Its number")),
    responses(
        (status = 200, description = "UTF-8, for spreadsheets", content_type = "text/csv; charset=utf-8"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role exports", body = ProblemBody),
        (status = 404, description = "No such export of this person", body = ProblemBody),
        (status = 409, description = "A second person must agree first", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn fetch(
    Shared(house): On,
    Extension(person): Extension<Person>,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    may_export(&person.actor)?;
    let api = house.api.clone();
    let table = waiting(move || {
        let export = lock(&api.exports).take(number, &person.actor.person, api.now())?;
        let words = format!("fetched: {}", export.reason);
        let made = api.reader().and_then(|reader| table(&reader, &person.actor, &export.rows));
        let made = made.and_then(|table| {
            api.audit(&person, AuditKind::Exported, subject(number), &words).map(|()| table)
        });
        if made.is_err() {
            // Nothing was given out.
            lock(&api.exports).put(number, export);
        }
        made
    })
    .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"export-{number}.csv\"")),
    ];
    Ok((headers, table).into_response())
}

/// The rows as a table.
fn table(reader: &Reader, actor: &Actor, rows: &[i64]) -> Result<String, Problem> {
    let mut text = "\u{feff}编号,状态,收到时间,联系电话,姓名,概述,内容\r\n".to_owned();
    for id in rows {
        let file = reader.file_of(*id)?;
        if !is_in(actor, &file) {
            continue;
        }
        let case = &file.case;
        let contact = case.private.contact.as_ref().map(|phone| phone.as_str());
        let fields = [
            name_of(&file),
            case.told_state().unwrap_or(State::Draft).title().to_owned(),
            case.received_at.map(city_time).unwrap_or_default(),
            contact.unwrap_or_default().to_owned(),
            case.private.display.clone().unwrap_or_default(),
            case.summary.clone().unwrap_or_default(),
            case.private.text.clone().unwrap_or_default(),
        ];
        text.push_str(&csv_line(&fields));
    }
    Ok(text)
}
