//! Flags of risk words (C6): whoever classifies cases marks one that was raised for nothing as false, and
//! says why. Nothing else of the case changes by it.

use super::asked::json;
use super::cases::{named, seen};
use super::hints::RiskView;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::{Access, Function, Shown, best};
use crate::domain::playback::reason;
use crate::domain::suggest::RiskGroup;
use crate::store::FalseAlarm;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which flag is false, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FalseAlarmForm {
    /// The concern.
    risk: RiskGroup,
    /// 2 to 200 characters; kept with the case.
    reason: String,
}

fn no_such_flag() -> Problem {
    let chinese = "该事项没有这条风险提示，或者已标为误报。";
    let english = "the case has no such flag, or it was marked as false before";
    Problem::new(StatusCode::CONFLICT, "C6", chinese, english)
}

/// Mark a flag of risk words as false.
#[utoipa::path(post, path = "/api/v1/cases/{case}/false-alarms", tag = "cases",
    params(("case" = String, Path, description = "Its number, or `draft-N`")),
    request_body = FalseAlarmForm,
    responses(
        (status = 200, description = "The flags that are left", body = [RiskView]),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "No role classifies cases", body = ProblemBody),
        (status = 404, description = "No such case for this person", body = ProblemBody),
        (status = 409, description = "It has no such flag", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 422, description = "The reason is missing", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "Nothing can be stored", body = ProblemBody),
    )
)]
pub(super) async fn mark(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(case): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let FalseAlarmForm { risk, reason: words } = json(body)?;
    let reason = reason(&words).ok_or_else(Problem::reason)?;
    if best(&person.actor.roles, Function::Classify) < Access::Confirm {
        return Err(Problem::forbidden());
    }
    let api = house.api.clone();
    waiting(move || {
        let (name, reader) = (named(&case)?, api.reader()?);
        let (file, view) = seen(&reader, &person.actor, name)?;
        if view.sealed.is_some() || view.text <= Shown::Topic {
            return Err(Problem::unknown());
        }
        if file.risks.iter().all(|flag| flag.group != risk) {
            return Err(no_such_flag());
        }
        let alarm = FalseAlarm { risk, person: person.actor.person.clone(), reason };
        let now = api.now();
        api.ask(|store, answer| store.mark_false_alarm(now, name, alarm, answer))?;
        let left = seen(&reader, &person.actor, name)?.0.risks;
        Ok(answer(&left.iter().map(RiskView::from).collect::<Vec<_>>()))
    })
    .await
}
