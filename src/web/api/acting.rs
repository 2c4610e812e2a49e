//! Commands on a case. Each names the case as it was seen (`If-Match`): where it has changed since,
//! nothing is done, and the answer says who changed it and how it is now.

use super::asked::json;
use super::cases::{case_view, named, tag};
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{CaseView, json as answer, shown};
use super::{Api, CommandForm, On, waiting};
use crate::domain::access::{View, WhySealed, may_know_of_seals};
use crate::domain::case::{Actor, Order, State, Task};
use crate::store::{CaseFile, CaseName, PersonOrder, Reader, StoreError, city_time};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// Where the case stands.
    state: State,
    /// The case as this person sees it now; `null`: he may not know of it any more.
    case: Option<CaseView>,
}

/// The case is not as it was seen.
#[derive(Serialize, ToSchema)]
pub(super) struct ConflictBody {
    /// `HTTP`.
    rule: String,
    /// One sentence for whoever asked.
    sentence: String,
    #[serde(flatten)]
    now: Now,
}

/// The case as it is, and who made it so.
#[derive(Serialize, ToSchema)]
pub(super) struct Now {
    /// Who changed it last: roles and person, a seat, or `system`.
    changed_by: String,
    /// When.
    changed_at: String,
    /// The case now.
    case: CaseView,
}

/// Give a command on a case.
#[utoipa::path(post, path = "/api/v1/cases/{case}/commands", tag = "cases",
    params(
        ("case" = String, Path, description = "Its number, or `draft-N`"),
        (
            "If-Match" = String, Header,
            description = "Its last event as it was seen, quoted; `*` from an invited unit"
        ),
    ),
    request_body = CommandForm,
    responses(
        (status = 200, description = "Done", body = Done),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role may do this", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 409, description = "Not in this state", body = ProblemBody),
        (status = 412, description = "The case has changed; nothing was done", body = ConflictBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "A rule forbids it", body = ProblemBody),
        (status = 428, description = "The case as it was seen is not named", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "Nothing can be stored", body = ProblemBody),
    )
)]
pub(super) async fn command(
    Shared(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let seen = if_match(&headers)?;
    let form: CommandForm = json(body)?;
    let api = house.api.clone();
    let known = |code: &str| api.config.dispositions.get(code).copied();
    let task = form.task(known).map_err(|fault| Problem::malformed(fault.to_string()))?;
    let api = house.api.clone();
    waiting(move || {
        let order = Order { actor: person.actor, task };
        carry_out(&api, named(&case)?, seen, order)
    })
    .await
}

/// What a person saw of the case: `None` for `*`, whatever it is now.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let missing = || {
        let chinese = "请注明您所见的事项版本（If-Match），以免覆盖他人的办理。";
        let english = "If-Match must name the case as it was seen";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, "HTTP", chinese, english)
    };
    let value = headers.get(header::IF_MATCH).ok_or_else(missing)?;
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let number = number.and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| Problem::malformed("If-Match must be one quoted number"))
}

fn carry_out(
    api: &Api,
    case: CaseName,
    seen: Option<i64>,
    order: Order,
) -> Result<Response, Problem> {
    let reader = api.reader()?;
    let file = reader.file(case, may_know_of_seals(&order.actor))?;
    let view = shown(&order.actor, &file);
    if !may_ask(&file, view.as_ref(), &order) {
        return Err(Problem::unknown());
    }
    let invited = view.is_none();
    if seen.is_none() && !invited {
        return Err(Problem::malformed("If-Match must be one quoted number"));
    }
    let actor = order.actor.clone();
    let wish = PersonOrder { case, seen, order };
    let now = api.now();
    match api.ask(|store, answer| store.act(now, wish, answer)) {
        Ok(done) => {
            let file = reader.file_of(done.id)?;
            let view = shown(&actor, &file);
            let case = |view| case_view(&reader, &actor, (&file, &view), now);
            let case = view.map(case).transpose()?;
            let done = answer(&Done { state: told(&file), case });
            Ok((tag(file.last_event), done).into_response())
        }
        // Whoever is invited learns nothing of a case that does not invite him.
        Err(StoreError::Refused(_)) if invited => Err(Problem::unknown()),
        Err(StoreError::Changed(_)) => Err(conflict(&reader, &actor, file.id, now)?),
        Err(error) => Err(error.into()),
    }
}

/// What may be wanted of a case that a person is shown in this way, or not at all.
fn may_ask(file: &CaseFile, view: Option<&View>, order: &Order) -> bool {
    let task = &order.task;
    match view.map(|view| view.sealed) {
        Some(None) => true,
        Some(Some(WhySealed::Decides)) => matches!(task, Task::ConfirmSeal | Task::RefuseSeal),
        Some(Some(WhySealed::Keeps)) => {
            matches!(task, Task::ConfirmSeal | Task::RefuseSeal | Task::FileReceipt(_))
        }
        // B5: a unit is asked for its view before it has a part in the case.
        None => {
            order.actor.is_of_unit()
                && matches!(task, Task::Claim(_) | Task::GiveView(_))
                && file.case.told_state() != Some(State::Sealed)
        }
    }
}

/// Where a case stands, as everybody may be told who has just acted on it.
fn told(file: &CaseFile) -> State {
    file.case.told_state().unwrap_or(State::Draft)
}

fn conflict(reader: &Reader, actor: &Actor, id: i64, now: Timestamp) -> Result<Problem, Problem> {
    let file = reader.file_of(id)?;
    let view = shown(actor, &file).ok_or_else(Problem::unknown)?;
    let case = case_view(reader, actor, (&file, &view), now)?;
    let (changed_by, changed_at) = (file.changed_by, city_time(file.changed_at));
    let chinese = "事项已被他人办理，您的操作没有执行；请按最新情况重新办理。";
    let english = "somebody else has changed the case; nothing was done";
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED, "HTTP", chinese, english);
    Ok(problem.with(&Now { changed_by, changed_at, case }))
}
