//! What is served over HTTP: the sign-in, the seat page and its files, and the way into `/desk`.

use super::guard::Guard;
use super::hub::Hub;
use super::playback::{self, Grants};
use super::protocol::DESK_MESSAGE_BYTES_MAX;
use super::session::{Sessions, TokenHash, hash};
use super::{Archive, SeatDirectory, Sources, WebConfig, hex, risk, socket};
use crate::domain::desk_link::{FromDesk, SeatIdentity, ToDesk};
use crate::units::SeatNumber;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, Request, State, WebSocketUpgrade};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest form.
const FORM_BYTES_MAX: usize = 4_096;
/// Longest password that is looked at, in bytes.
const PASSWORD_BYTES_MAX: usize = 256;
/// A request must be whole and answered within this.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Passwords that are checked at once: the next may only be tried when this one is counted.
const CHECKS_MAX: usize = 1;

/// Nothing but our own files, no inline script or style, no frame around us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

#[derive(rust_embed::RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

/// What all connections share.
pub(super) struct Shared {
    pub(super) config: WebConfig,
    pub(super) directory: Arc<dyn SeatDirectory>,
    pub(super) archive: Arc<dyn Archive>,
    pub(super) sources: Sources,
    pub(super) to_line: Sender<FromDesk>,
    sessions: Mutex<Sessions>,
    guard: Mutex<Guard>,
    hub: Mutex<Hub>,
    grants: Mutex<Grants>,
    checks: Semaphore,
}

/// A thread that panicked while it held a lock left a value that is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(
        config: WebConfig,
        (directory, archive): (Arc<dyn SeatDirectory>, Arc<dyn Archive>),
        sources: Sources,
        to_line: Sender<FromDesk>,
        run: String,
    ) -> Self {
        Self {
            config,
            directory,
            archive,
            sources,
            to_line,
            sessions: Mutex::default(),
            guard: Mutex::default(),
            hub: Mutex::new(Hub::new(run)),
            grants: Mutex::default(),
            checks: Semaphore::new(CHECKS_MAX),
        }
    }

    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        lock(&self.hub)
    }

    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
    }

    /// Something came from the line.
    pub(super) fn deliver(&self, message: ToDesk) {
        let ToDesk::SeatChanged { seat, changed_at } = message else {
            return self.hub().deliver(message);
        };
        if lock(&self.sessions).changed(&seat, changed_at) {
            tracing::info!(%seat, "signed out: the account was changed");
            self.hub().close_pages(&seat);
        }
    }

    /// A page of a session was opened or closed.
    pub(super) fn page(&self, token: &TokenHash, opened: bool) {
        lock(&self.sessions).page(token, opened, (self.sources.monotonic)());
    }

    fn cookie_name(&self) -> &'static str {
        // A name with this prefix is taken by browsers only from HTTPS, for this host and every path.
        if self.config.is_secure() { "__Host-mayorline" } else { "mayorline" }
    }

    fn cookie(&self, token: &str, ends: bool) -> HeaderValue {
        let secure = if self.config.is_secure() { "; Secure" } else { "" };
        let age = if ends { "; Max-Age=0" } else { "" };
        let name = self.cookie_name();
        let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The token of the request, as it is kept.
    fn token(&self, headers: &HeaderMap) -> Option<TokenHash> {
        let name = self.cookie_name();
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, token)| hash(token))
    }

    /// Whether the session still holds.
    pub(super) fn is_signed_in(&self, token: &TokenHash) -> bool {
        lock(&self.sessions).seat(token, (self.sources.monotonic)()).is_some()
    }

    /// Who is signed in.
    pub(super) fn seat(&self, headers: &HeaderMap) -> Option<(TokenHash, SeatNumber)> {
        let token = self.token(headers)?;
        let seat = lock(&self.sessions).seat(&token, (self.sources.monotonic)())?;
        Some((token, seat))
    }

    /// Whether the request was made by one of our own pages. Browsers name the origin of every POST
    /// and of every WebSocket, and no script of another site can change it (RFC 6455 §10.2). With
    /// our referrer policy the origin of a form is `null`; then the fetch metadata must vouch for it.
    pub(super) fn is_ours(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(origin), Some(host)) = (text("origin"), text("host")) else { return false };
        let scheme = if self.config.is_secure() { "https" } else { "http" };
        let is_own = origin.split_once("://") == Some((scheme, host));
        match text("sec-fetch-site") {
            Some("same-origin") => is_own || origin == "null",
            Some(_) => false,
            None => is_own,
        }
    }

    /// Whose failures are counted: the peer, or whom a trusted proxy names last.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.config.trusted_proxy != Some(peer) {
            return peer;
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
        let last = forwarded.and_then(|value| value.to_str().ok()?.split(',').next_back());
        last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
    }
}

/// Where a connection came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The place of a connection among [`super::CONNECTIONS_MAX`]; given back with its last copy, which
/// an open page holds.
#[derive(Debug, Clone)]
pub(super) struct Place(
    #[allow(dead_code, reason = "held, not read")] pub(super) Option<Arc<OwnedSemaphorePermit>>,
);

pub(super) type App = State<Arc<Shared>>;

/// Every path there is.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let api = shared.config.api.clone();
    let open311 = api.clone().and_then(|config| super::open311::router(&shared, config));
    let api = api.map(|config| super::api::router(Arc::clone(&shared), config));
    let public = shared.config.public.clone();
    let public = public.map(|config| super::public::router(Arc::clone(&shared), config));
    let pages = Router::new()
        .route("/", get(seat_page))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/session", get(session))
        .route("/desk", get(desk))
        .route("/assets/{name}", get(asset))
        .route("/calls", get(playback::calls))
        .route("/playback", post(playback::ask))
        .route("/playback/{token}", get(playback::sound))
        .route("/risks", post(risk::typed).layer(DefaultBodyLimit::max(risk::TYPED_BYTES_MAX)))
        .route("/false-alarm", post(risk::mark))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(Arc::clone(&shared));
    let pages = match public {
        Some(public) => pages.merge(public),
        None => pages,
    };
    let all = match api {
        Some(api) => pages.nest("/api/v1", api),
        None => pages,
    };
    let all = match open311 {
        Some(open311) => all.nest("/open311/v2", open311),
        None => all,
    };
    all.layer(from_fn_with_state(shared, with_headers))
}

/// The headers of every answer, whatever it is.
async fn with_headers(State(shared): App, request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(ANSWER_WAIT, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response());
    let headers = response.headers_mut();
    // What everybody may read says itself how long it may be kept.
    let kept = headers.remove(header::CACHE_CONTROL);
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "microphone=(self), camera=(), geolocation=()"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(kept) = kept {
        headers.insert(header::CACHE_CONTROL, kept);
    }
    if shared.config.demo {
        headers.insert(HeaderName::from_static("mayorline-demo"), HeaderValue::from_static("1"));
    }
    if shared.config.tls.is_some() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

fn file(name: &str) -> Option<Vec<u8>> {
    Assets::get(name).map(|file| file.data.into_owned())
}

/// A page; that of a demo says that everything on it is invented.
fn html(shared: &Shared, name: &str, shown: Option<&str>) -> Response {
    let mut page = String::from_utf8(file(name).unwrap_or_default()).unwrap_or_default();
    let demo = shared.config.demo.then_some("demo");
    for id in shown.into_iter().chain(demo) {
        page = page.replace(&format!("id=\"{id}\" hidden"), &format!("id=\"{id}\""));
    }
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

async fn asset(Path(name): Path<String>) -> Response {
    let kind = match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match file(&name) {
        Some(data) => ([(header::CONTENT_TYPE, kind)], data).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn seat_page(State(shared): App, headers: HeaderMap) -> Response {
    match shared.seat(&headers) {
        Some(_) => html(&shared, "desk.html", None),
        None => Redirect::to("/sign-in").into_response(),
    }
}

/// Whether a page whose connection broke is still signed in: a WebSocket that is refused does not
/// say why.
async fn session(State(shared): App, headers: HeaderMap) -> StatusCode {
    if shared.seat(&headers).is_some() { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

async fn sign_in_page(State(shared): App, uri: Uri) -> Response {
    let failed = (uri.query() == Some("failed")).then_some("failed");
    html(&shared, "sign-in.html", failed)
}

/// What the sign-in form sends.
#[derive(serde::Deserialize)]
struct Credentials {
    seat: String,
    password: String,
}

async fn sign_in(
    State(shared): App,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let address = shared.client(peer, &headers);
    let now = (shared.sources.monotonic)();
    let seat = given.seat.trim();
    // Held until the failure is counted: many at once are not more tries.
    let Ok(turn) = shared.checks.acquire().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let may_try = lock(&shared.guard).may_try(seat, address, now);
    let known = if may_try { check(&shared, &given).await } else { None };
    // A try that was not looked at does not lengthen the lock.
    if may_try && known.is_none() {
        lock(&shared.guard).failed(seat, address, now);
    }
    drop(turn);
    let Some((who, changed_at)) = known else {
        tracing::info!(%address, locked = !may_try, "a sign-in was refused");
        return Redirect::to("/sign-in?failed").into_response();
    };
    lock(&shared.guard).succeeded(seat, address);
    let Some(random) = (shared.sources.random)() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let token = hex(&random);
    lock(&shared.sessions).begin(&token, who.seat.clone(), changed_at, now);
    tracing::info!(seat = %who.seat, %address, "signed in");
    ([(header::SET_COOKIE, shared.cookie(&token, false))], Redirect::to("/")).into_response()
}

/// Asks the directory, on a thread that may wait.
async fn check(shared: &Arc<Shared>, given: &Credentials) -> Option<(SeatIdentity, Timestamp)> {
    let seat = SeatNumber::parse(given.seat.trim()).ok()?;
    let password = (given.password.len() <= PASSWORD_BYTES_MAX).then(|| given.password.clone())?;
    let directory = Arc::clone(&shared.directory);
    tokio::task::spawn_blocking(move || directory.check(&seat, &password)).await.ok()?
}

async fn sign_out(State(shared): App, headers: HeaderMap) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if let Some((token, seat)) = shared.seat(&headers)
        && lock(&shared.sessions).end(&token)
    {
        shared.hub().close_pages(&seat);
    }
    let ended = shared.cookie("", true);
    ([(header::SET_COOKIE, ended)], Redirect::to("/sign-in")).into_response()
}

async fn desk(
    State(shared): App,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some((token, seat)) = shared.seat(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let directory = Arc::clone(&shared.directory);
    let found = tokio::task::spawn_blocking(move || directory.find(&seat)).await;
    let Ok(Some(who)) = found else { return StatusCode::UNAUTHORIZED.into_response() };
    upgrade
        .max_message_size(DESK_MESSAGE_BYTES_MAX)
        .max_frame_size(DESK_MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            socket::serve(shared, who, token, socket).await;
            drop(place);
        })
}
