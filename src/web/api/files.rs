//! The files that came with the mails of a case: listed to whoever reads the case whole, and given out with a
//! reason that stands in the audit before. They are never opened here, and a browser is told to save them.

use super::cases::{named, seen};
use super::opening::{Reason, reason_of};
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::{json as answer, name_of, reads_whole};
use super::{On, waiting};
use crate::domain::access::View;
use crate::store::{AuditKind, CaseMailFile, StoreError};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A file of a case.
#[derive(Serialize, ToSchema)]
pub(super) struct FileView {
    /// The mail it came in, by its number.
    message: i64,
    /// Its place in that, from 1.
    file: usize,
    /// Its name as its sender gave it, fit to be saved.
    name: Option<String>,
    /// What its sender says it is.
    media_type: String,
    /// Bytes.
    size: u64,
    /// SHA-256 of its bytes.
    sha256: String,
}

impl From<CaseMailFile> for FileView {
    fn from(one: CaseMailFile) -> Self {
        let CaseMailFile { message, place, file } = one;
        Self {
            message,
            file: place,
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            sha256: file.sha256,
        }
    }
}

/// A file says who its citizen is as often as not: whoever may not know that may not have it.
fn may_open(view: &View) -> Result<(), Problem> {
    match view.sealed.is_none() && reads_whole(view) {
        true => Ok(()),
        false => Err(Problem::unknown()),
    }
}

/// List the files that came with the mails of a case.
#[utoipa::path(get, path = "/api/v1/cases/{case}/files", tag = "cases",
    params(("case" = String, Path, description = "Its number, or `draft-N`")),
    responses(
        (status = 200, description = "In the order in which they came", body = [FileView]),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "None that this person may have", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn list(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
) -> Result<Response, Problem> {
    let api = house.api.clone();
    let files = waiting(move || {
        let reader = api.reader()?;
        let (file, view) = seen(&reader, &person.actor, named(&case)?)?;
        may_open(&view)?;
        Ok(reader.files_of_case(file.id)?)
    })
    .await?;
    Ok(answer(&files.into_iter().map(FileView::from).collect::<Vec<_>>()))
}

/// Give out a file, having said why.
#[utoipa::path(post, path = "/api/v1/cases/{case}/files/{message}/{file}", tag = "cases",
    params(
        ("case" = String, Path, description = "Its number, or `draft-N`"),
        ("message" = i64, Path, description = "The mail it came in"),
        ("file" = usize, Path, description = "Its place in that, from 1"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "Its bytes, to be saved", content_type = "application/octet-stream"),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 404, description = "None that this person may have", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "The reason is missing", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The audit cannot be stored", body = ProblemBody),
    )
)]
pub(super) async fn open(
    State(house): On,
    Extension(person): Extension<Person>,
    Path((case, message, place)): Path<(String, i64, usize)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let reason = reason_of(body)?;
    let api = house.api.clone();
    let bytes = waiting(move || {
        let reader = api.reader()?;
        let (file, view) = seen(&reader, &person.actor, named(&case)?)?;
        may_open(&view)?;
        let found = reader.file_of_case(file.id, (message, place));
        let (_, bytes) = found.map_err(|error| match error {
            StoreError::NotFound => Problem::unknown(),
            other => other.into(),
        })?;
        api.audit(&person, AuditKind::MessageShown, name_of(&file), &reason)?;
        Ok(bytes)
    })
    .await?;
    // Whatever its sender says it is: nothing of a stranger is shown by a browser as a page.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}
