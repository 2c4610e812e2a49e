//! Who asks: a session (cookie), for pages, or a token (`Authorization: Bearer`), for programs. Either is
//! looked up anew with every request, so that a lock or a revoked role holds at once.

use super::problem::{Problem, ProblemBody};
use super::views::Me;
use super::{House, On, REQUESTS_PER_MINUTE_MAX, lock, waiting};
use crate::domain::case::Actor;
use crate::store::{ACCOUNT_NAME_BYTES_MAX, AccountRecord, PASSWORD_CHARS_MAX, PasswordHash};
use crate::web::hex;
use crate::web::pages::Peer;
use crate::web::session::{TokenHash, hash};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// A sign-in is refused no sooner than this after its turn began: longer than a hash and a commit, so
/// that the time does not tell an account that there is from one that there is not.
pub const REFUSAL_WAIT: Duration = Duration::from_millis(500);

/// Whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Who, in which roles, of which unit.
    pub(super) actor: Actor,
    /// Where from, for the audit.
    address: IpAddr,
    /// His session, where it is one.
    session: Option<TokenHash>,
}

impl Person {
    /// What he says as it is audited: with the address that he says it from.
    pub(super) fn says(&self, words: &str) -> String {
        format!("{words} [{}]", self.address)
    }
}

/// Answers this machine only, unless it is configured to answer others.
pub(super) async fn near(
    State(house): On,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let address = house.shared.client(peer, request.headers());
    if !house.api.config.remote && !address.is_loopback() {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// Finds out who asks, or refuses.
pub(super) async fn identify(
    State(house): On,
    Extension(Peer(peer)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let (headers, method) = (request.headers().clone(), request.method().clone());
    match who(&house, peer, &headers, &method).await {
        Ok(person) => {
            request.extensions_mut().insert(person);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn who(
    house: &House,
    peer: IpAddr,
    headers: &HeaderMap,
    method: &Method,
) -> Result<Person, Problem> {
    let address = house.shared.client(peer, headers);
    let (actor, session) = match bearer(headers) {
        Some(token) => (token_actor(house, hash(token)).await?, None),
        None => {
            let token = cookie(house, headers).ok_or_else(Problem::unauthenticated)?;
            if !method.is_safe() && !house.shared.is_ours(headers) {
                return Err(another_site());
            }
            (session_actor(house, token).await?, Some(token))
        }
    };
    let now = (house.shared.sources.monotonic)();
    if !lock(&house.api.pace).count(actor.person.clone(), REQUESTS_PER_MINUTE_MAX, now) {
        let (chinese, english) =
            ("请求过于频繁，请稍后再试。", "too many requests of this account");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "HTTP", chinese, english));
    }
    Ok(Person { actor, address, session })
}

fn another_site() -> Problem {
    let chinese = "请求不是由本系统的页面发出的。";
    Problem::new(StatusCode::FORBIDDEN, "HTTP", chinese, "the request comes from another site")
}

/// The token of a program, as it was brought.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie_name(house: &House) -> &'static str {
    if house.shared.config.is_secure() { "__Host-mayorline-api" } else { "mayorline-api" }
}

fn cookie(house: &House, headers: &HeaderMap) -> Option<TokenHash> {
    let name = cookie_name(house);
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';'));
    let own = pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(hash(own))
}

fn set_cookie(house: &House, token: &str, ends: bool) -> HeaderValue {
    let secure = if house.shared.config.is_secure() { "; Secure" } else { "" };
    let age = if ends { "; Max-Age=0" } else { "" };
    let name = cookie_name(house);
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

async fn token_actor(house: &House, token: TokenHash) -> Result<Actor, Problem> {
    let api = house.api.clone();
    waiting(move || {
        let found = api.reader()?.token_actor(&token, api.now())?;
        found.ok_or_else(Problem::unauthenticated)
    })
    .await
}

async fn session_actor(house: &House, token: TokenHash) -> Result<Actor, Problem> {
    let now = (house.shared.sources.monotonic)();
    let found = lock(&house.api.sessions).find(&token, now);
    let (name, as_of) = found.ok_or_else(Problem::unauthenticated)?;
    let api = house.api.clone();
    let account = waiting(move || Ok(api.reader()?.account(&name)?)).await?;
    let holds = account.filter(|account| !account.locked && account.changed_at == as_of);
    let Some(account) = holds else {
        lock(&house.api.sessions).end(&token);
        return Err(Problem::unauthenticated());
    };
    Ok(account.actor())
}

/// What signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// Name of the account.
    name: String,
    /// Its password.
    password: String,
}

/// Sign in; the answer sets the cookie of the session.
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = Credentials, responses(
    (status = 201, description = "Signed in", body = Me),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Name or password is wrong, or the account is locked", body = ProblemBody),
    (status = 403, description = "Sent by another site", body = ProblemBody),
    (status = 413, description = "Too large", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn sign_in(
    State(house): On,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    // A program names no origin; a page of another site cannot hide its own.
    let named = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if named && !house.shared.is_ours(&headers) {
        return Err(another_site());
    }
    let given: Credentials = super::asked::json(body)?;
    let address = house.shared.client(peer, &headers);
    let account = checked(&house, given, address).await?;
    let random = (house.shared.sources.random)().ok_or_else(Problem::down)?;
    let token = hex(&random);
    let now = (house.shared.sources.monotonic)();
    let (name, as_of) = (account.name.as_str(), account.changed_at);
    lock(&house.api.sessions).begin(hash(&token), name, as_of, now);
    tracing::info!(account = name, %address, "signed in");
    let set = [(header::SET_COOKIE, set_cookie(&house, &token, false))];
    Ok((StatusCode::CREATED, set, super::views::json(&Me::of(&account.actor()))).into_response())
}

/// The account whose password was given. An unknown name, a locked account and a wrong password look
/// the same; the store waits for a commit for a known name alone, so all of them wait for
/// [`REFUSAL_WAIT`].
async fn checked(
    house: &House,
    given: Credentials,
    address: IpAddr,
) -> Result<AccountRecord, Problem> {
    // Held until the failure is counted: many at once are not more tries.
    let turn = house.api.checks.acquire().await.map_err(|_| Problem::down())?;
    let began = (house.shared.sources.monotonic)();
    let found = proved(house, given, address, began).await;
    drop(turn);
    if found.is_err() {
        let spent = (house.shared.sources.monotonic)().saturating_duration_since(began);
        tokio::time::sleep(REFUSAL_WAIT.saturating_sub(spent)).await;
    }
    found
}

async fn proved(
    house: &House,
    given: Credentials,
    address: IpAddr,
    now: Instant,
) -> Result<AccountRecord, Problem> {
    let Credentials { name, password } = given;
    let long = name.len() > ACCOUNT_NAME_BYTES_MAX || password.len() > PASSWORD_CHARS_MAX;
    if long || !lock(&house.api.guard).may_try(&name, address, now) {
        return Err(Problem::unauthenticated());
    }
    let (api, asked) = (house.api.clone(), name.clone());
    let found = waiting(move || {
        let at = api.now();
        let account = api.reader()?.account(&asked)?.filter(|account| account.may_try(at));
        let stored = account.as_ref().and_then(|account| account.password.clone());
        let proves = stored.unwrap_or_else(PasswordHash::of_nobody).proves(&password);
        if account.is_some() {
            api.ask(|store, answer| store.count_sign_in(at, asked, proves, answer))?;
        }
        Ok(account.filter(|_| proves))
    })
    .await?;
    let mut guard = lock(&house.api.guard);
    match found {
        Some(account) => {
            guard.succeeded(&name, address);
            Ok(account)
        }
        None => {
            guard.failed(&name, address, now);
            tracing::info!(%address, "a sign-in was refused");
            Err(Problem::unauthenticated())
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "people", responses(
    (status = 200, description = "Who asks", body = Me),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn session(Extension(person): Extension<Person>) -> Response {
    super::views::json(&Me::of(&person.actor)).into_response()
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "people", responses(
    (status = 204, description = "Signed out"),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "Sent by another site", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn sign_out(State(house): On, Extension(person): Extension<Person>) -> Response {
    if let Some(session) = person.session {
        lock(&house.api.sessions).end(&session);
    }
    let ended = [(header::SET_COOKIE, set_cookie(&house, "", true))];
    (StatusCode::NO_CONTENT, ended).into_response()
}
