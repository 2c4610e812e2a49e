//! Subscriptions of other programs to what happens to cases, for system administrators; the other
//! administrators see them. None of them sees a case here.

use super::asked::json;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{House, On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::webhook::{HookKind, Target, TargetFault};
use crate::store::{
    DeliveryFilter, DeliveryRow, NewWebhook, ROWS_MAX, StoreError, WebhookDone, WebhookOrder,
    WebhookRow,
};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::extract::{Extension, Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Messages of a list unless told otherwise.
const DELIVERIES_DEFAULT: usize = 200;

/// A subscription.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookView {
    /// Its number.
    webhook: i64,
    /// Where messages go. It may carry a key of the receiver: who may not change subscriptions sees scheme,
    /// machine and port.
    url: String,
    /// Of what; empty: of everything.
    events: Vec<String>,
    /// `proposed` (it waits for its confirmation), `active` or `paused`.
    state: String,
    /// `gone`: the receiver answered 410; `failures`: nothing arrived for long.
    paused_why: Option<String>,
    /// Failed attempts in a row.
    failures: i64,
    /// The first of them, RFC 3339 with the city's offset.
    failing_since: Option<String>,
    /// Messages that wait.
    waiting: i64,
    /// Messages that have failed and are still kept.
    failed: i64,
    /// The secret before this one signs until then.
    previous_until: Option<String>,
    /// Who made it.
    created_by: String,
    /// Who confirmed it; `null`: nobody yet.
    confirmed_by: Option<String>,
    /// When.
    created_at: String,
}

impl WebhookView {
    fn new(row: WebhookRow, writes: bool) -> Self {
        let origin = || Target::parse(&row.url).map(|target| target.origin()).unwrap_or_default();
        let url = if writes { row.url.clone() } else { origin() };
        Self {
            webhook: row.id,
            url,
            events: row.events,
            state: row.state,
            paused_why: row.paused_why,
            failures: row.failures,
            failing_since: row.failing_since,
            waiting: row.waiting,
            failed: row.failed,
            previous_until: row.previous_until,
            created_by: row.created_by,
            confirmed_by: row.confirmed_by,
            created_at: row.created_at,
        }
    }
}

/// A message.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    /// Its id, as in the header `webhook-id`.
    delivery: String,
    /// Its subscription.
    webhook: i64,
    /// What happened.
    kind: String,
    /// When.
    created_at: String,
    /// `waiting`, `delivered` or `failed`.
    state: String,
    /// Attempts so far.
    attempts: i64,
    /// The next one.
    next_at: Option<String>,
    /// When it arrived or was given up.
    ended_at: Option<String>,
    /// Status of the last answer.
    status: Option<i64>,
    /// Why the last attempt failed.
    fault: Option<String>,
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        Self {
            delivery: row.id,
            webhook: row.webhook,
            kind: row.kind,
            created_at: row.created_at,
            state: row.state,
            attempts: row.attempts,
            next_at: row.next_at,
            ended_at: row.ended_at,
            status: row.status,
            fault: row.fault,
        }
    }
}

/// A subscription that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedWebhook {
    /// Where messages go: `https://…`, or `http://` on this machine.
    url: String,
    /// Of what, such as `case.assigned`; none: of everything.
    #[serde(default)]
    events: Vec<String>,
}

/// A secret, this once.
#[derive(Serialize, ToSchema)]
pub(super) struct SecretView {
    /// The subscription.
    webhook: i64,
    /// What its messages are signed with; it is never shown again.
    secret: String,
}

/// A message that waits to be sent.
#[derive(Serialize, ToSchema)]
pub(super) struct QueuedView {
    /// Its subscription.
    webhook: i64,
    /// Its id.
    delivery: String,
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Deliveries {
    /// Only those in this state: `waiting`, `delivered` or `failed`.
    state: Option<String>,
    /// Only those of this subscription.
    webhook: Option<i64>,
    /// Messages at most, the newest; 200 unless told otherwise.
    limit: Option<usize>,
}

/// Whether this much may be done here: to see any access is enough.
fn may(person: &Person, least: &[Access]) -> Result<(), Problem> {
    let access = best(&person.actor.roles, Function::Accounts);
    let granted = if least.is_empty() { access != Access::None } else { least.contains(&access) };
    if granted { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Who makes and changes subscriptions.
const WRITES: &[Access] = &[Access::Write];
/// Who confirms one that another person made.
const CONFIRMS: &[Access] = &[Access::Confirm, Access::Write];
/// Who sees them.
const SEES: &[Access] = &[];

fn no_target(fault: TargetFault) -> Problem {
    let chinese = "不能向这个地址发送消息。";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "webhook", chinese, fault.to_string())
}

/// What an administrator wants, carried out; returns after the commit.
async fn carry_out(
    house: &House,
    person: Person,
    order: WebhookOrder,
) -> Result<WebhookDone, Problem> {
    may(&person, if matches!(order, WebhookOrder::Confirm(_)) { CONFIRMS } else { WRITES })?;
    let api = house.api.clone();
    waiting(move || {
        let (now, by) = (api.now(), person.actor.person.clone());
        let done = api.ask(|store, answer| store.webhook(now, by, order, answer));
        done.map_err(|error| match error {
            StoreError::Taken(why) => {
                let chinese = "订阅或者消息的当前状态不允许这样做。";
                Problem::new(StatusCode::CONFLICT, "webhook", chinese, why)
            }
            StoreError::NotFound => {
                let chinese = "没有这个订阅或者消息。";
                let english = "no such subscription or message";
                Problem::new(StatusCode::NOT_FOUND, "webhook", chinese, english)
            }
            other => other.into(),
        })
    })
    .await
}

fn secret_of(done: &WebhookDone) -> SecretView {
    let secret = done.secret.as_ref().map(|secret| secret.reveal()).unwrap_or_default();
    SecretView { webhook: done.webhook, secret }
}

fn queued(done: WebhookDone) -> Response {
    let view = QueuedView { webhook: done.webhook, delivery: done.delivery.unwrap_or_default() };
    (StatusCode::ACCEPTED, answer(&view)).into_response()
}

/// List the subscriptions.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses(
    (status = 200, description = "Every subscription", body = [WebhookView]),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn list(
    State(house): On,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    may(&person, SEES)?;
    let (api, writes) = (house.api.clone(), may(&person, WRITES).is_ok());
    let rows = waiting(move || Ok(api.reader()?.webhooks(api.now())?)).await?;
    Ok(answer(&rows.into_iter().map(|row| WebhookView::new(row, writes)).collect::<Vec<_>>()))
}

/// Subscribe; the secret is shown once. Nothing is told until another administrator has confirmed it.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = WantedWebhook, responses(
    (status = 201, description = "Subscribed", body = SecretView),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 409, description = "There are too many", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 422, description = "Nothing is sent to such an address", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn add(
    State(house): On,
    Extension(person): Extension<Person>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    may(&person, WRITES)?;
    let WantedWebhook { url, events } = json(body)?;
    let target = Target::parse(&url).map_err(no_target)?;
    house.api.config.reach.allows_target(&target).map_err(no_target)?;
    let kind = |name: &String| {
        let kind = HookKind::parse(name).filter(|kind| kind.is_subscribed());
        kind.ok_or_else(|| Problem::malformed(format!("events: there is no {name}")))
    };
    let kinds = events.iter().map(kind).collect::<Result<_, _>>()?;
    let order = WebhookOrder::Add(NewWebhook { url, kinds });
    let done = carry_out(&house, person, order).await?;
    Ok((StatusCode::CREATED, answer(&secret_of(&done))).into_response())
}

/// Confirm a subscription, as its second person: it is told what happens from now on.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/confirm", tag = "webhooks",
    params(("webhook" = i64, Path, description = "Its number")),
    responses(
        (status = 204, description = "Confirmed"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such subscription", body = ProblemBody),
        (status = 409, description = "It is confirmed already", body = ProblemBody),
        (status = 422, description = "It needs another person than the one who made it", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn confirm(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(webhook): Path<i64>,
) -> Result<Response, Problem> {
    carry_out(&house, person, WebhookOrder::Confirm(webhook)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Send no more to a subscription.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", tag = "webhooks",
    params(("webhook" = i64, Path, description = "Its number")),
    responses(
        (status = 204, description = "Removed; what waits fails"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such subscription", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn remove(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(webhook): Path<i64>,
) -> Result<Response, Problem> {
    carry_out(&house, person, WebhookOrder::Remove(webhook)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Make a new secret; the old one signs beside it for 24 hours.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/rotate", tag = "webhooks",
    params(("webhook" = i64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The new secret", body = SecretView),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such subscription", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn rotate(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(webhook): Path<i64>,
) -> Result<Response, Problem> {
    let done = carry_out(&house, person, WebhookOrder::Rotate(webhook)).await?;
    Ok(answer(&secret_of(&done)))
}

/// Let a paused subscription go on, with what waits for it.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/resume", tag = "webhooks",
    params(("webhook" = i64, Path, description = "Its number")),
    responses(
        (status = 204, description = "It goes on"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such subscription", body = ProblemBody),
        (status = 409, description = "It is not paused", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn resume(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(webhook): Path<i64>,
) -> Result<Response, Problem> {
    carry_out(&house, person, WebhookOrder::Resume(webhook)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Send a message that says nothing, by the way of all others.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/test", tag = "webhooks",
    params(("webhook" = i64, Path, description = "Its number")),
    responses(
        (status = 202, description = "It waits to be sent", body = QueuedView),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such subscription", body = ProblemBody),
        (status = 409, description = "It is not confirmed, or paused", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn test(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(webhook): Path<i64>,
) -> Result<Response, Problem> {
    Ok(queued(carry_out(&house, person, WebhookOrder::Ping(webhook)).await?))
}

/// List the messages, the newest first; never which case they are about.
#[utoipa::path(get, path = "/api/v1/webhook-deliveries", tag = "webhooks", params(Deliveries), responses(
    (status = 200, description = "The messages", body = [DeliveryView]),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Not this person's office", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn deliveries(
    State(house): On,
    Extension(person): Extension<Person>,
    asked: Result<Form<Deliveries>, FormRejection>,
) -> Result<Response, Problem> {
    may(&person, SEES)?;
    let Form(asked) = asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let Deliveries { state, webhook, limit } = asked;
    if state.as_deref().is_some_and(|state| !["waiting", "delivered", "failed"].contains(&state)) {
        return Err(Problem::malformed("state: waiting, delivered or failed"));
    }
    let filter = DeliveryFilter { state, webhook };
    let limit = limit.unwrap_or(DELIVERIES_DEFAULT).min(ROWS_MAX);
    let api = house.api.clone();
    let rows = waiting(move || Ok(api.reader()?.webhook_deliveries(&filter, limit)?)).await?;
    Ok(answer(&rows.into_iter().map(DeliveryView::from).collect::<Vec<_>>()))
}

/// Send a message that arrived or failed once more, under its id.
#[utoipa::path(post, path = "/api/v1/webhook-deliveries/{delivery}/resend", tag = "webhooks",
    params(("delivery" = String, Path, description = "Its id")),
    responses(
        (status = 202, description = "It waits to be sent", body = QueuedView),
        (status = 401, description = "Nobody is signed in", body = ProblemBody),
        (status = 403, description = "Not this person's office", body = ProblemBody),
        (status = 404, description = "No such message", body = ProblemBody),
        (status = 409, description = "It waits already, or its subscription is removed", body = ProblemBody),
        (status = 429, description = "Too many requests", body = ProblemBody),
        (status = 503, description = "The store cannot be used", body = ProblemBody),
    )
)]
pub(super) async fn resend(
    State(house): On,
    Extension(person): Extension<Person>,
    Path(delivery): Path<String>,
) -> Result<Response, Problem> {
    Ok(queued(carry_out(&house, person, WebhookOrder::Resend(delivery)).await?))
}
