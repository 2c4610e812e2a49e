//! Accounts and the audit, each for those whose office it is.

use super::asked::days;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::case::Role;
use crate::store::ROWS_MAX;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An account.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountView {
    /// Its name.
    name: String,
    /// The person's name.
    title: String,
    /// The unit he belongs to.
    unit: Option<String>,
    /// Nobody can sign in with it.
    locked: bool,
    /// Its roles.
    roles: Vec<RoleView>,
}

/// A role of an account.
#[derive(Serialize, ToSchema)]
pub(super) struct RoleView {
    /// Which.
    role: Role,
    /// Who granted it.
    granted_by: String,
    /// Who confirmed it; `null`: it does not hold yet.
    confirmed_by: Option<String>,
}

/// List the accounts.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "administration", responses(
    (status = 200, description = "Every account", body = [AccountView]),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn accounts(
    State(house): On,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    if best(&person.actor.roles, Function::Accounts) == Access::None {
        return Err(Problem::forbidden());
    }
    let api = house.api.clone();
    let accounts = waiting(move || Ok(api.reader()?.accounts()?)).await?;
    let shown = accounts.into_iter().map(|account| AccountView {
        name: account.name,
        title: account.title,
        unit: account.unit,
        locked: account.locked,
        roles: account
            .roles
            .into_iter()
            .map(|one| RoleView {
                role: one.role,
                granted_by: one.granted_by,
                confirmed_by: one.confirmed_by,
            })
            .collect(),
    });
    Ok(answer(&shown.collect::<Vec<_>>()))
}

/// Which entries of the audit.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Entries {
    /// The first day, `YYYY-MM-DD`.
    #[param(value_type = Option<String>)]
    from: Option<Date>,
    /// The last day, itself included.
    #[param(value_type = Option<String>)]
    to: Option<Date>,
    /// Entries at most; of more, the newest.
    limit: Option<usize>,
}

/// One entry of the audit.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryView {
    /// Its place in the chain, from 1.
    seq: i64,
    /// When, RFC 3339 with the city's offset.
    at: String,
    /// Who.
    actor: String,
    /// What.
    kind: String,
    /// To which call, file, case, seat or account.
    subject: String,
    /// Why.
    reason: String,
}

/// Entries unless told otherwise.
const ENTRIES_DEFAULT: usize = 1_000;

/// List the audit, newest last; for the audit administrator alone.
#[utoipa::path(get, path = "/api/v1/audit", tag = "administration", params(Entries), responses(
    (status = 200, description = "The entries", body = [EntryView]),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn audit(
    State(house): On,
    Extension(person): Extension<Person>,
    asked: Result<Form<Entries>, FormRejection>,
) -> Result<Response, Problem> {
    if best(&person.actor.roles, Function::AuditLog) != Access::Read {
        return Err(Problem::forbidden());
    }
    let Form(asked) = asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let (from_ms, to_ms) = days(asked.from, asked.to)?;
    let at = |ms: Option<i64>, otherwise| {
        ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(otherwise)
    };
    let (from, to) = (at(from_ms, Timestamp::MIN), at(to_ms, Timestamp::MAX));
    let limit = asked.limit.unwrap_or(ENTRIES_DEFAULT).min(ROWS_MAX);
    let api = house.api.clone();
    let rows = waiting(move || Ok(api.reader()?.audit(from, to, limit)?)).await?;
    let shown = rows.into_iter().map(|row| EntryView {
        seq: row.seq,
        at: row.at,
        actor: row.actor,
        kind: row.kind,
        subject: row.subject,
        reason: row.reason,
    });
    Ok(answer(&shown.collect::<Vec<_>>()))
}
