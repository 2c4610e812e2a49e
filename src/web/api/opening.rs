//! What is opened with a reason: the contact in clear, a recording, the content of a sealed case. The
//! reason stands in the audit before anything is shown.

use super::asked::json;
use super::cases::{heard, named, seen};
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{ContactView, SealedContent, json as answer, keeps, name_of};
use super::{On, waiting};
use crate::domain::access::Shown;
use crate::domain::playback::reason;
use crate::store::AuditKind;
use crate::web::NotHeard;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// Why it is opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// 2 to 200 characters; kept in the audit.
    reason: String,
}

/// The reason that was given.
pub(super) fn reason_of(body: Result<Bytes, BytesRejection>) -> Result<String, Problem> {
    let given: Reason = json(body)?;
    reason(&given.reason).ok_or_else(Problem::reason)
}

/// Show who the citizen is, having said why.
#[utoipa::path(post, path = "/api/v1/cases/{case}/contact", tag = "cases",
    params(("case" = String, Path, description = "Its number, or `draft-N`")),
    request_body = Reason,
    responses(
        (status = 200, description = "In clear, or masked for whoever may not see more", body = ContactView),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role may see it", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "The reason is missing", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn contact(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let reason = reason_of(body)?;
    let api = house.api.clone();
    waiting(move || {
        let (file, view) = seen(&api.reader()?, &person.actor, named(&case)?)?;
        if view.sealed.is_some() {
            return Err(Problem::unknown());
        }
        if view.contact <= Shown::Topic {
            return Err(Problem::forbidden());
        }
        if view.contact == Shown::Clear {
            api.audit(&person, AuditKind::ContactShown, name_of(&file), &reason)?;
        }
        Ok(answer(&ContactView::of(&file.case, view.contact)))
    })
    .await
}

/// The liaison's own key holds the content: nothing here can open it.
fn held_by_the_liaison() -> Problem {
    let chinese = "内容已用纪委联络员的密钥封存，请用 mayorline seal read 查阅。";
    let english = "the content is sealed to the liaison's key; read it with mayorline seal read";
    Problem::new(StatusCode::CONFLICT, "T12", chinese, english)
}

/// Open a sealed case, having said why; for the discipline liaison alone, and only until the seal has
/// given it to his key.
#[utoipa::path(post, path = "/api/v1/cases/{case}/sealed-content", tag = "cases",
    params(("case" = String, Path, description = "Its number")),
    request_body = Reason,
    responses(
        (status = 200, description = "Its content", body = SealedContent),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 409, description = "It is sealed to the liaison's key", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "The reason is missing", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn sealed_content(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let reason = reason_of(body)?;
    let api = house.api.clone();
    waiting(move || {
        let (file, view) = seen(&api.reader()?, &person.actor, named(&case)?)?;
        if !keeps(&view) {
            return Err(Problem::unknown());
        }
        if !file.readable {
            return Err(held_by_the_liaison());
        }
        api.audit(&person, AuditKind::SealOpened, name_of(&file), &reason)?;
        Ok(answer(&SealedContent::of(&file, &view)))
    })
    .await
}

/// Hear a recording, having said why.
#[utoipa::path(post, path = "/api/v1/cases/{case}/recordings/{recording}", tag = "cases",
    params(
        ("case" = String, Path, description = "Its number, or `draft-N`"),
        ("recording" = i64, Path, description = "Its number in the case"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "One track, 8 kHz", content_type = "audio/wav"),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "None that this person may hear", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "The reason is missing", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn recording(
    State(house): On,
    Extension(person): Extension<Person>,
    Path((case, recording)): Path<(String, i64)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let reason = reason_of(body)?;
    let (api, archive) = (house.api.clone(), house.shared.archive.clone());
    let sound = waiting(move || {
        let reader = api.reader()?;
        let (file, view) = seen(&reader, &person.actor, named(&case)?)?;
        let may = heard(&reader, &file, &view, api.now())?;
        if may.iter().all(|one| one.recording != recording) {
            return Err(Problem::unknown());
        }
        // The archive audits it before it opens it.
        let reason = person.says(&reason);
        archive.play(&person.actor.person, recording, reason).map_err(|why| match why {
            NotHeard::StoreDown => Problem::down(),
            _ => Problem::unknown(),
        })
    })
    .await?;
    let length = sound.bytes();
    let headers = [
        (header::CONTENT_TYPE, "audio/wav".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
    ];
    let body = Body::from_stream(crate::web::playback::pieces(sound, 0, length));
    Ok((headers, body).into_response())
}
