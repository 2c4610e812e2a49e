//! Texts and mails, in and out, for those who classify: what goes out and where it stands, what may have
//! been sent, how the accounts fare, what waits for a person. Never what is said.

use super::asked::json;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{House, On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::message::SendState;
use crate::store::{
    AccountRow, HeldRow, OutboxFilter, OutboxRow, ROWS_MAX, SendDecision, StoreError,
};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Messages of a list unless told otherwise.
const MESSAGES_DEFAULT: usize = 200;

/// A message that goes out.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageView {
    /// Its number.
    message: i64,
    /// `sms` or `mail`.
    medium: String,
    /// By which account.
    account: String,
    /// Which text of the table, such as `S01`.
    template: String,
    /// `receipt`, `answer`, `notice`, `order` or `secret`.
    class: String,
    /// The case that it tells of.
    case: Option<String>,
    /// What its receiver is: `citizen`, `unit` or `leader`.
    #[schema(example = "unit")]
    recipient: &'static str,
    /// To whom, masked.
    to: Option<String>,
    /// `queued`, `submitting`, `uncertain`, `submitted`, `unknown`, `expired`, `undelivered`, `delivered`,
    /// `failed` or `withdrawn`.
    state: String,
    /// Tries.
    attempts: u32,
    /// When it was written, RFC 3339 with the city's offset.
    created_at: String,
    /// When it may leave.
    not_before: String,
    /// Why the last try failed.
    fault: Option<String>,
    /// Who decided about it.
    decided_by: Option<String>,
}

impl From<OutboxRow> for MessageView {
    fn from(row: OutboxRow) -> Self {
        Self {
            message: row.id,
            medium: row.medium,
            account: row.account,
            template: row.template,
            class: row.class,
            case: row.case,
            recipient: row.recipient,
            to: row.to,
            state: row.state,
            attempts: row.attempts,
            created_at: row.created_at,
            not_before: row.not_before,
            fault: row.fault,
            decided_by: row.decided_by,
        }
    }
}

/// How an account fares.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageAccountView {
    /// Its name.
    account: String,
    /// Messages that wait to be sent.
    queued: u32,
    /// Since when the oldest that may leave waits.
    oldest: Option<String>,
    /// Messages of which nobody knows whether they were sent.
    uncertain: u32,
    /// Nothing is sent before.
    paused_until: Option<String>,
    /// `throttled` or `breaker`.
    paused_why: Option<String>,
    /// When it answered last.
    well_at: Option<String>,
    /// When it failed last.
    fault_at: Option<String>,
    /// How, where it has not answered since.
    fault: Option<String>,
}

impl From<AccountRow> for MessageAccountView {
    fn from(row: AccountRow) -> Self {
        Self {
            account: row.account,
            queued: row.queued,
            oldest: row.oldest,
            uncertain: row.uncertain,
            paused_until: row.paused_until,
            paused_why: row.paused_why,
            well_at: row.well_at,
            fault_at: row.fault_at,
            fault: row.fault,
        }
    }
}

/// A message that came in and waits for a person.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldView {
    /// Its number.
    message: i64,
    /// `sms` or `mail`.
    medium: String,
    /// By which account.
    account: String,
    /// When it came.
    received_at: String,
    /// `held`: it was read, and is of a machine or suspect; `poison`: it cannot be read.
    state: String,
    /// Why, in a word.
    why: Option<String>,
}

impl From<HeldRow> for HeldView {
    fn from(row: HeldRow) -> Self {
        Self {
            message: row.id,
            medium: row.medium,
            account: row.account,
            received_at: row.received_at,
            state: row.state,
            why: row.why,
        }
    }
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Messages {
    /// Only those that stand so, such as `uncertain`.
    state: Option<String>,
    /// Messages at most, the newest; 200 unless told otherwise.
    limit: Option<usize>,
}

/// What is decided about a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionForm {
    /// `sent`: it was, as its receiver or the carrier says; `resend`: it goes once more; `withdraw`: it does
    /// not go any more.
    decision: String,
}

/// Where a message stands.
#[derive(Serialize, ToSchema)]
pub(super) struct StandsView {
    /// Its number.
    message: i64,
    /// Where it stands now.
    state: String,
}

/// Those who classify what comes in.
fn may(person: &Person) -> Result<(), Problem> {
    match best(&person.actor.roles, Function::Classify) {
        Access::Write | Access::Confirm => Ok(()),
        _ => Err(Problem::forbidden()),
    }
}

/// How the accounts fare concerns those who keep the machine too.
fn may_see_accounts(person: &Person) -> Result<(), Problem> {
    let keeps = best(&person.actor.roles, Function::Accounts) != Access::None;
    if keeps { Ok(()) } else { may(person) }
}

/// List what goes out.
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages", params(Messages), responses(
    (status = 200, description = "The newest messages first", body = [MessageView]),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn list(
    State(house): On,
    Extension(person): Extension<Person>,
    asked: Result<Form<Messages>, FormRejection>,
) -> Result<Response, Problem> {
    may(&person)?;
    let Form(asked) = asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let state = |name: String| {
        SendState::parse(&name)
            .ok_or_else(|| Problem::malformed(format!("state: there is no {name}")))
    };
    let filter = OutboxFilter { state: asked.state.map(state).transpose()? };
    let limit = asked.limit.unwrap_or(MESSAGES_DEFAULT);
    if !(1..=ROWS_MAX).contains(&limit) {
        return Err(Problem::malformed(format!("limit must be 1 to {ROWS_MAX}")));
    }
    let api = house.api.clone();
    let rows = waiting(move || Ok(api.reader()?.outbox(filter, limit)?)).await?;
    Ok(answer(&rows.into_iter().map(MessageView::from).collect::<Vec<_>>()))
}

/// Decide about a message: whether one that may have been sent was, whether it goes once more or at all.
#[utoipa::path(post, path = "/api/v1/messages/{message}/decision", tag = "messages",
    params(("message" = i64, Path, description = "Its number")),
    request_body = DecisionForm,
    responses(
        (status = 200, description = "Where it stands now", body = StandsView),
        (status = 400, description = "Not understood", body = ProblemBody),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such message", body = ProblemBody),
        (status = 409, description = "It does not wait for that decision", body = ProblemBody),
        (status = 413, description = "Too large", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn decide(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(message): Path<i64>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    may(&person)?;
    let DecisionForm { decision } = json(body)?;
    let decision = SendDecision::parse(&decision)
        .ok_or_else(|| Problem::malformed("decision must be sent, resend or withdraw"))?;
    let state = carry_out(&house, person, message, decision).await?;
    Ok(answer(&StandsView { message, state: state.as_str().to_owned() }))
}

async fn carry_out(
    house: &House,
    person: Person,
    message: i64,
    decision: SendDecision,
) -> Result<SendState, Problem> {
    let api = house.api.clone();
    waiting(move || {
        let (now, by) = (api.now(), (decision, person.actor.person.clone()));
        let done = api.ask(|store, answer| store.outbox_decide(now, message, by, answer));
        done.map_err(|error| match error {
            StoreError::Taken(why) => {
                let chinese = "该消息当前的状态不允许这样处理。";
                Problem::new(StatusCode::CONFLICT, "message", chinese, why)
            }
            StoreError::NotFound => {
                let status = StatusCode::NOT_FOUND;
                Problem::new(status, "message", "没有这条消息。", "no such message")
            }
            other => other.into(),
        })
    })
    .await
}

/// List how the accounts fare.
#[utoipa::path(get, path = "/api/v1/message-accounts", tag = "messages", responses(
    (status = 200, description = "Every account that is known", body = [MessageAccountView]),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn accounts(
    State(house): On,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    may_see_accounts(&person)?;
    let api = house.api.clone();
    let rows = waiting(move || Ok(api.reader()?.message_accounts(api.now())?)).await?;
    Ok(answer(&rows.into_iter().map(MessageAccountView::from).collect::<Vec<_>>()))
}

/// List what came in and waits for a person.
#[utoipa::path(get, path = "/api/v1/held-messages", tag = "messages", responses(
    (status = 200, description = "The oldest first", body = [HeldView]),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn held(
    State(house): On,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    may(&person)?;
    let api = house.api.clone();
    let rows = waiting(move || Ok(api.reader()?.held(ROWS_MAX)?)).await?;
    Ok(answer(&rows.into_iter().map(HeldView::from).collect::<Vec<_>>()))
}
