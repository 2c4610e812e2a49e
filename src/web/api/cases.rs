//! Cases, listed and one by one, as whoever asks may see them.

use super::asked::{WORDS_MAX, days};
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{CaseSummary, CaseView, json as answer, reads_whole, shown};
use super::{On, waiting};
use crate::domain::access::{Access, Function, Shown, View, best, may_know_of_seals};
use crate::domain::anonymise::anonymise;
use crate::domain::case::{Actor, Case, CaseEvent, Channel, State, apply};
use crate::domain::search::Question;
use crate::domain::suggest::RiskFilter;
use crate::store::{
    CaseFile, CaseName, CaseRecording, PageFilter, Reader, SearchFilter, StoreError, city_time,
};
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Path, State as Shared};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Cases on one page.
pub const CASES_PAGE_MAX: usize = 100;
/// Cases on a page unless told otherwise.
const PAGE_DEFAULT: usize = 50;

/// What cases are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only cases in this state.
    state: Option<State>,
    /// Only cases of this lead unit, by its id.
    unit: Option<String>,
    /// Only cases that came this way.
    channel: Option<Channel>,
    /// Only cases received on this day or later.
    #[param(value_type = Option<String>)]
    from: Option<Date>,
    /// Only cases received on this day or earlier.
    #[param(value_type = Option<String>)]
    to: Option<Date>,
    /// Only cases that a wrap-up left without a code of their domain: still to be classified.
    #[serde(default)]
    uncoded: bool,
    /// Only cases whose words raise a flag of this concern (`crowd`, `suicide`, `petition`, `explosives`,
    /// `minor`) or of `any`, and that this person may read.
    risk: Option<String>,
    /// Words that number and summary must all have; the newest that do, without further pages.
    q: Option<String>,
    /// Cases on the page, 1 to 100.
    limit: Option<usize>,
    /// Where the page before ended: its `next`.
    after: Option<i64>,
}

/// A page of cases, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct CaseList {
    /// The cases that this person may know of. There may be fewer than asked for, even none, and
    /// still a further page.
    cases: Vec<CaseSummary>,
    /// What asks for the next page, as `after`, which may be empty; `null`: there is none.
    next: Option<i64>,
}

/// List cases.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", params(Asked), responses(
    (status = 200, description = "A page of cases", body = CaseList),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role sees cases", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn list(
    Shared(house): On,
    Extension(person): Extension<Person>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(asked) = asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let sees = [Function::CaseText, Function::SealedContent];
    if sees.iter().all(|one| best(&person.actor.roles, *one) <= Access::Public) {
        return Err(Problem::forbidden());
    }
    let limit = asked.limit.unwrap_or(PAGE_DEFAULT);
    if !(1..=CASES_PAGE_MAX).contains(&limit) {
        return Err(Problem::malformed("limit must be 1 to 100"));
    }
    let api = house.api.clone();
    let list = waiting(move || {
        let reader = api.reader()?;
        match &asked.q {
            Some(question) => found(&reader, &person.actor, &asked, question, limit),
            None => page(&reader, &person.actor, &asked, limit),
        }
    })
    .await?;
    Ok(answer(&list))
}

fn page(reader: &Reader, actor: &Actor, asked: &Asked, limit: usize) -> Result<CaseList, Problem> {
    let (from_ms, to_ms) = days(asked.from, asked.to)?;
    let (state, unit, channel) = (asked.state, asked.unit.clone(), asked.channel);
    let names_unit = actor.unit.clone().filter(|_| actor.is_of_unit());
    let uncoded = asked.uncoded;
    let filter = PageFilter { state, unit, channel, from_ms, to_ms, names_unit, uncoded };
    let risk = risk_of(asked)?;
    let rows = reader.page(&filter, asked.after)?;
    let mut cases = vec![];
    for id in rows.ids {
        let file = reader.file_of(id)?;
        let view = shown(actor, &file).filter(|view| risk.is_none_or(|it| raises(it, view, &file)));
        let Some(view) = view else { continue };
        cases.push(CaseSummary::of(&file, &view));
        if cases.len() == limit {
            // Of the rows behind it nothing is told, whether they are for him or not.
            return Ok(CaseList { cases, next: Some(id) });
        }
    }
    Ok(CaseList { cases, next: rows.looked_to })
}

fn found(
    reader: &Reader,
    actor: &Actor,
    asked: &Asked,
    question: &str,
    limit: usize,
) -> Result<CaseList, Problem> {
    let short = question.chars().count() <= WORDS_MAX;
    let question = Question::parse(question).filter(|_| short);
    let question = question.ok_or_else(|| Problem::malformed("q has no word, or too many"))?;
    let (from_ms, to_ms) = days(asked.from, asked.to)?;
    let filter = SearchFilter { state: asked.state, unit: asked.unit.clone(), from_ms, to_ms };
    let rows = reader.search(&question, &filter, crate::store::SCANNED_MAX)?;
    let risk = risk_of(asked)?;
    let mut cases = vec![];
    for row in rows.cases {
        let file = reader.file_of(row.id)?;
        let wanted = asked.channel.is_none_or(|channel| file.case.channel == Some(channel))
            && (!asked.uncoded || file.case.is_uncoded());
        let view = shown(actor, &file)
            .filter(|view| wanted && may_find(view, &file))
            .filter(|view| risk.is_none_or(|it| raises(it, view, &file)));
        cases.extend(view.map(|view| CaseSummary::of(&file, &view)));
        if cases.len() == limit {
            break;
        }
    }
    Ok(CaseList { cases, next: None })
}

/// The flags that are asked for.
fn risk_of(asked: &Asked) -> Result<Option<RiskFilter>, Problem> {
    let unknown = || Problem::malformed("risk is no concern, and not any");
    asked.risk.as_deref().map(|name| RiskFilter::parse(name).ok_or_else(unknown)).transpose()
}

/// Whether a case has a flag that is asked for, and this person may read the words that raised it.
fn raises(risk: RiskFilter, view: &View, file: &CaseFile) -> bool {
    view.sealed.is_none() && view.text > Shown::Topic && risk.fits(&file.risks)
}

/// Words are looked for in the summary as it was written: a hit says that they stand there. So whoever
/// reads it without names and numbers finds it only where there are none in it.
fn may_find(view: &View, file: &CaseFile) -> bool {
    let summary = file.case.summary.as_deref();
    let whole = summary.is_none_or(|summary| anonymise(summary).1.is_empty());
    view.text > Shown::Topic && (reads_whole(view) || whole)
}

/// A case that this person may know of, and how.
pub(super) fn seen(
    reader: &Reader,
    actor: &Actor,
    name: CaseName,
) -> Result<(CaseFile, View), Problem> {
    let file = reader.file(name, may_know_of_seals(actor))?;
    let view = shown(actor, &file).ok_or_else(Problem::unknown)?;
    Ok((file, view))
}

/// What is named in a path; nothing that could be a case is an unknown one.
pub(super) fn named(case: &str) -> Result<CaseName, Problem> {
    CaseName::parse(case).ok_or_else(Problem::unknown)
}

/// The recordings of a case that may be heard now.
pub(super) fn heard(
    reader: &Reader,
    file: &CaseFile,
    view: &View,
    now: Timestamp,
) -> Result<Vec<CaseRecording>, StoreError> {
    if view.sealed.is_some() {
        return Ok(vec![]);
    }
    let recordings = reader.recordings_of(file)?;
    Ok(recordings.into_iter().filter(|one| view.hearing.allows(one.began, now)).collect())
}

/// A case as this person sees it.
pub(super) fn case_view(
    reader: &Reader,
    actor: &Actor,
    (file, view): (&CaseFile, &View),
    now: Timestamp,
) -> Result<CaseView, Problem> {
    let recordings = heard(reader, file, view, now)?;
    let shown = CaseView::of(file, view, recordings);
    // The other case of a merge may be one that he may not know of.
    let other = file.case.merged_into.map(CaseName::Number);
    let known = other.is_none_or(|other| seen(reader, actor, other).is_ok());
    Ok(if known { shown } else { shown.without_merge() })
}

/// The tag that a command names in `If-Match`.
pub(super) fn tag(last_event: i64) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{last_event}\""))]
}

/// Show a case. What is masked, or missing, this person may not see.
#[utoipa::path(get, path = "/api/v1/cases/{case}", tag = "cases",
    params(("case" = String, Path, description = "Its number, or `draft-N`")),
    responses(
        (status = 200, description = "The case", body = CaseView),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn show(
    Shared(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
) -> Result<Response, Problem> {
    let api = house.api.clone();
    waiting(move || {
        let reader = api.reader()?;
        let (file, view) = seen(&reader, &person.actor, named(&case)?)?;
        let shown = case_view(&reader, &person.actor, (&file, &view), api.now())?;
        Ok((tag(file.last_event), answer(&shown)).into_response())
    })
    .await
}

/// What happened to a case, first to last.
#[derive(Serialize, ToSchema)]
pub(super) struct History {
    /// Its events.
    events: Vec<HistoryEvent>,
}

/// One event.
#[derive(Serialize, ToSchema)]
pub(super) struct HistoryEvent {
    /// When, RFC 3339 with the city's offset.
    at: String,
    /// Who: roles and person, a seat, or `system`.
    by: Option<String>,
    /// Where the case stood after it.
    state: State,
    /// What, by its name in the chain, without what a citizen or an official wrote and without the
    /// call and its recordings.
    #[schema(value_type = Option<Object>)]
    what: Option<serde_json::Value>,
}

/// Show what happened to a case.
#[utoipa::path(get, path = "/api/v1/cases/{case}/history", tag = "cases",
    params(("case" = String, Path, description = "Its number, or `draft-N`")),
    responses(
        (status = 200, description = "Its events", body = History),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn history(
    Shared(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
) -> Result<Response, Problem> {
    let api = house.api.clone();
    waiting(move || {
        let reader = api.reader()?;
        let (file, view) = seen(&reader, &person.actor, named(&case)?)?;
        if view.sealed.is_some() {
            return Err(Problem::unknown());
        }
        let events = reader.events(file.id)?;
        let mut so_far = Case::default();
        let told = events.iter().map(|(at, by, event)| {
            so_far = apply(std::mem::take(&mut so_far), event);
            let whole = view.text > Shown::Topic;
            HistoryEvent {
                at: city_time(*at),
                by: whole.then(|| by.clone()),
                state: so_far.state.unwrap_or(State::Draft),
                what: told(event, &view).filter(|_| whole),
            }
        });
        Ok(answer(&History { events: told.collect() }))
    })
    .await
}

/// What of an event is in no history: what a citizen or an official wrote; the key of the intake and
/// the call, which name each other; the file of a recording.
const UNTOLD: [&str; 4] = ["private", "key", "call", "recording"];

/// An event as it is told.
fn told(event: &CaseEvent, view: &View) -> Option<serde_json::Value> {
    let mut value = serde_json::to_value(event).ok()?;
    let fields = value.as_object_mut()?;
    fields.retain(|name, _| !UNTOLD.contains(&name.as_str()) && (view.rating || name != "grade"));
    // The other case of a merge may be one that he may not know of.
    if matches!(
        fields.get("event").and_then(|name| name.as_str()),
        Some("merged" | "joined" | "parted")
    ) {
        fields.retain(|name, _| name == "event");
    }
    Some(value)
}
