//! Cases, listed and one by one, as whoever asks may see them; and contacts that people take down.

use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{CaseSummary, CaseView, json as answer, parse_name, shown, words};
use super::{Api, On, waiting};
use crate::domain::access::{Access, Function, Shown, View, best, may_know_of_seals};
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::{
    Actor, AnonymousReason, Case, CaseEvent, Channel, Guard, Refusal, Role, State, apply, city_zone,
};
use crate::domain::search::Question;
use crate::store::{
    CaseFile, CaseName, CaseRecording, PageFilter, PersonIntake, Reader, SearchFilter, StoreError,
    city_time,
};
use crate::units::PhoneNumber;
use crate::web::hex;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::extract::{Extension, Form, Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Cases on one page.
pub const CASES_PAGE_MAX: usize = 100;
/// Cases on a page unless told otherwise.
const PAGE_DEFAULT: usize = 50;
/// Longest question and key, in characters.
const WORDS_MAX: usize = 100;

/// The body of a request as a value.
pub(super) fn json<T: for<'de> Deserialize<'de>>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let too_large = |rejection: BytesRejection| {
        let status = rejection.status();
        Problem::new(status, "HTTP", "请求内容过大或者没有收全。", rejection.to_string())
    };
    let body = body.map_err(too_large)?;
    serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))
}

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

/// From the first moment of one day to that after another, in ms since 1970.
pub(super) fn days(
    from: Option<Date>,
    to: Option<Date>,
) -> Result<(Option<i64>, Option<i64>), Problem> {
    let begins = |day: Date| -> Result<i64, Problem> {
        let midnight = day.to_zoned(city_zone());
        let midnight = midnight.map_err(|error| Problem::malformed(error.to_string()))?;
        Ok(midnight.timestamp().as_millisecond())
    };
    let after = to.map(|day| begins(day.tomorrow().unwrap_or(day)));
    Ok((from.map(begins).transpose()?, after.transpose()?))
}

fn page(reader: &Reader, actor: &Actor, asked: &Asked, limit: usize) -> Result<CaseList, Problem> {
    let (from_ms, to_ms) = days(asked.from, asked.to)?;
    let (state, unit, channel) = (asked.state, asked.unit.clone(), asked.channel);
    let names_unit = actor.unit.clone().filter(|_| actor.is_of_unit());
    let filter = PageFilter { state, unit, channel, from_ms, to_ms, names_unit };
    let rows = reader.page(&filter, asked.after)?;
    let mut cases = vec![];
    for id in rows.ids {
        let file = reader.file_of(id)?;
        let Some(view) = shown(actor, &file) else { continue };
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
    let mut cases = vec![];
    for row in rows.cases {
        let file = reader.file_of(row.id)?;
        let wanted = asked.channel.is_none_or(|channel| file.case.channel == Some(channel));
        // Words are looked for in the summary: who is not shown it must not find by it.
        let view = shown(actor, &file).filter(|view| wanted && view.text > Shown::Topic);
        cases.extend(view.map(|view| CaseSummary::of(&file, &view)));
        if cases.len() == limit {
            break;
        }
    }
    Ok(CaseList { cases, next: None })
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
    parse_name(case).ok_or_else(Problem::unknown)
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
    api: &Api,
    actor: &Actor,
    (file, view): (&CaseFile, &View),
) -> Result<CaseView, Problem> {
    let reader = api.reader()?;
    let recordings = heard(&reader, file, view, api.now())?;
    let shown = CaseView::of(file, view, recordings);
    // The other case of a merge may be one that he may not know of.
    let other = file.case.merged_into.map(CaseName::Number);
    let known = other.is_none_or(|other| seen(&reader, actor, other).is_ok());
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
        let (file, view) = seen(&api.reader()?, &person.actor, named(&case)?)?;
        let shown = case_view(&api, &person.actor, (&file, &view))?;
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
    /// What, by its name in the chain, without what a citizen or an official wrote.
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

/// An event without its private part, its words as they are shown.
fn told(event: &CaseEvent, view: &View) -> Option<serde_json::Value> {
    let mut value = serde_json::to_value(event).ok()?;
    let fields = value.as_object_mut()?;
    fields.remove("private");
    // Keys of the intake name calls and messages.
    fields.remove("key");
    // The other case of a merge may be one that he may not know of.
    if matches!(
        fields.get("event").and_then(|name| name.as_str()),
        Some("merged" | "joined" | "parted")
    ) {
        fields.retain(|name, _| name == "event");
    }
    if let Some(summary) = fields.get("summary").and_then(|summary| summary.as_str()) {
        let summary = words(view, Some(summary));
        fields.insert("summary".to_owned(), summary.into());
    }
    Some(value)
}

/// What a citizen told a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TakenDown {
    /// Makes sending it twice harmless; the same key gives the same case.
    key: Option<String>,
    /// What it is about, without names.
    summary: String,
    /// The citizen's words.
    text: String,
    /// His name.
    citizen: Option<String>,
    /// His telephone number.
    phone: Option<String>,
    /// Why there is none.
    anonymous: Option<AnonymousReason>,
}

/// A case that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Made {
    /// What it is asked for by: its number, or `draft-N`.
    name: String,
    /// Where it stands.
    state: State,
}

/// Take a contact down (来访). Whoever may accept it gets a number at once.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = TakenDown, responses(
    (status = 201, description = "Stored", body = Made),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role takes contacts down", body = ProblemBody),
    (status = 404, description = "The key is that of a case he may not know of", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 422, description = "A rule forbids it", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "Nothing can be stored", body = ProblemBody),
))]
pub(super) async fn take_down(
    Shared(house): On,
    Extension(person): Extension<Person>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let actor = person.actor;
    if best(&actor.roles, Function::CreateCase) == Access::None {
        return Err(Problem::forbidden());
    }
    let given: TakenDown = json(body)?;
    let random = (house.shared.sources.random)().ok_or_else(Problem::down)?;
    let api = house.api.clone();
    let wish = wish(given, actor, api.now(), &hex(&random[..16]))?;
    let made = waiting(move || {
        let now = api.now();
        let now = api.ask(|store, answer| store.take_down(now, wish, answer))?;
        let draft = || format!("draft-{}", now.id);
        let name = now.number.map_or_else(draft, |number| number.to_string());
        Ok(Made { name, state: now.state })
    })
    .await?;
    Ok((StatusCode::CREATED, answer(&made)).into_response())
}

fn wish(
    given: TakenDown,
    actor: Actor,
    now: Timestamp,
    random: &str,
) -> Result<PersonIntake, Problem> {
    let TakenDown { key, summary, text, citizen, phone, anonymous } = given;
    let key = key.unwrap_or_else(|| random.to_owned());
    if key.trim().is_empty() || key.chars().count() > WORDS_MAX {
        return Err(Problem::malformed("key must have 1 to 100 characters"));
    }
    let phone = phone.map(|phone| PhoneNumber::parse(&phone)).transpose();
    let phone = phone.map_err(|_| Problem::malformed("phone: no telephone number"))?;
    let accepts = actor.has(&[Role::Operator, Role::Clerk]);
    if accepts && phone.is_none() && anonymous.is_none() {
        return Err(Refusal::from(Guard::Contact).into());
    }
    let intake = NewIntake {
        key: format!("person/{}/{key}", actor.person),
        kind: IntakeKind::WalkIn,
        call: None,
        contact: phone,
        caller: Caller { number: None, display: citizen },
        received_at: now,
        recording: None,
        text: Some(text),
        callback: false,
    };
    Ok(PersonIntake { intake, actor, summary, anonymous })
}
