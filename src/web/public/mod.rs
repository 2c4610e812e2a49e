//! What everybody may read without signing in: the notices that a director approved (办理公示, B7) and the
//! next listening days (C4), as a page, a feed and JSON below `/public`.
//!
//! * `asked`: what is asked for.
//! * `page`: HTML that is made here, without a script; `listening`: the days of the leaders.
//! * `feed`: Atom; `json`: for programs; `words`: both languages; `escape`: text is never markup.
//!
//! What may be read is decided in `domain::publication` and `store::published`, each time it is asked for.

mod asked;
mod escape;
mod feed;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
pub(super) mod json;
mod listening;
mod page;
mod words;

use super::pace::{Pace, source};
use super::pages::{Peer, Shared};
use super::turns::{Turns, Unread};
use crate::domain::calendar::Calendar;
use crate::domain::case::local_day;
use crate::domain::listening_day::ListeningRules;
use crate::store::{DataFolder, PublishedFilter, Reader, StoreError};
use crate::units::CaseNumber;
use asked::{Asked, Wanted};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use words::Words;

/// Requests of one source in a minute. Many citizens may stand behind one address of their carrier.
pub const PUBLIC_REQUESTS_PER_MINUTE_MAX: u32 = 300;
/// Requests that read the database at once; further ones wait for their turn.
pub const PUBLIC_READS_MAX: usize = 2;
/// So long a request waits for its turn; then it is told to come back.
const TURN_WAIT: Duration = Duration::from_secs(3);
/// Notices of the feed, the last approved.
const FEED_ENTRIES: usize = 50;
/// An answer may be kept so long: a notice that is taken back is gone everywhere within a minute.
const KEPT: &str = "public, max-age=30";

/// What is told to everybody.
#[derive(Clone)]
pub struct PublicConfig {
    /// The data folder with its key, for reading.
    pub folder: DataFolder,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
    /// When listening days are.
    pub rules: ListeningRules,
    /// Holidays and working days.
    pub calendar: Arc<Calendar>,
}

/// What all requests share.
pub(super) struct Public {
    shared: Arc<Shared>,
    config: PublicConfig,
    pace: Mutex<Pace<IpAddr>>,
    reads: Turns,
}

type On = State<Arc<Public>>;

/// Why there is nothing to read: a status with a sentence, in Chinese and English.
#[derive(Debug, Clone, Copy)]
struct Nothing(StatusCode, &'static str, &'static str);

impl Nothing {
    /// Nobody has published it, or not any more; whether there is such a case is not told.
    const UNKNOWN: Self =
        Self(StatusCode::NOT_FOUND, "没有这条公示，或者已经撤下。", "There is no such notice.");
    const DOWN: Self = Self(
        StatusCode::SERVICE_UNAVAILABLE,
        "暂时不能查看，请稍后再试。",
        "This cannot be read at the moment.",
    );

    const fn malformed(chinese: &'static str, english: &'static str) -> Self {
        Self(StatusCode::BAD_REQUEST, chinese, english)
    }

    /// As a page for a person.
    fn page(self, words: Words) -> Response {
        let Self(status, chinese, english) = self;
        let page = page::failure(words, words.pick(chinese, english));
        self.with_retry((status, page).into_response(), "text/html; charset=utf-8")
    }

    /// As a line for a program.
    fn line(self, words: Words) -> Response {
        let Self(status, chinese, english) = self;
        let line = format!("{}\n", words.pick(chinese, english));
        self.with_retry((status, line).into_response(), "text/plain; charset=utf-8")
    }

    fn with_retry(self, mut response: Response, kind: &'static str) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

impl Public {
    fn words(&self, english: bool) -> Words {
        Words { english, demo: self.shared.config.demo }
    }

    /// Whether a source may ask once more.
    fn count(&self, source: IpAddr, now: Instant) -> bool {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.count(source, PUBLIC_REQUESTS_PER_MINUTE_MAX, now)
    }

    fn today(&self) -> Date {
        local_day((self.config.wall)())
    }

    /// Reads the database in its turn.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader, Date) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Nothing> {
        let today = self.today();
        self.reads.read(move |reader| work(reader, today)).await.map_err(|unread| {
            if let Unread::Failed(error) = unread {
                tracing::error!(%error, "the public notices cannot be read");
            }
            Nothing::DOWN
        })
    }
}

/// Every path there is, below `/public`.
pub(super) fn router(shared: Arc<Shared>, config: PublicConfig) -> Router {
    let reads = Turns::new(config.folder.clone(), PUBLIC_READS_MAX, TURN_WAIT);
    let public = Arc::new(Public { shared, config, pace: Mutex::default(), reads });
    Router::new()
        .route("/public", get(list))
        .route("/public/feed", get(recent))
        .route("/public/notices.json", get(json::notices))
        .route("/public/listening-days.json", get(json::listening_days))
        .route("/public/{number}", get(one))
        .layer(from_fn_with_state(Arc::clone(&public), admitted))
        .with_state(public)
}

/// Lets nobody ask too often, and says how long an answer may be kept.
async fn admitted(
    State(public): On,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let from = source(public.shared.client(peer, request.headers()));
    let now = (public.shared.sources.monotonic)();
    if !public.count(from, now) {
        let after = (header::RETRY_AFTER, HeaderValue::from_static("60"));
        return (StatusCode::TOO_MANY_REQUESTS, [after]).into_response();
    }
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    }
    response
}

/// What is asked for, or why it cannot be understood.
fn wanted(asked: Result<Form<Asked>, FormRejection>) -> Result<Wanted, Nothing> {
    let unread = Nothing::malformed("地址有误。", "The address is malformed.");
    let Form(asked) = asked.map_err(|_| unread)?;
    Wanted::read(&asked)
}

/// `GET /public`
async fn list(State(public): On, asked: Result<Form<Asked>, FormRejection>) -> Response {
    let wanted = match wanted(asked) {
        Ok(wanted) => wanted,
        Err(nothing) => return nothing.page(public.words(false)),
    };
    let words = public.words(wanted.english);
    let (filter, rows) = (wanted.filter(), wanted.rows());
    match public.read(move |reader, day| reader.published(&filter, day, rows)).await {
        Ok(page) => {
            let days = listening::next(&public.config, public.today());
            html(page::list(words, &wanted, &page, &days, public.today()))
        }
        Err(nothing) => nothing.page(words),
    }
}

/// `GET /public/{number}`
async fn one(
    State(public): On,
    Path(number): Path<String>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let words = public.words(wanted(asked).is_ok_and(|wanted| wanted.english));
    let Ok(number) = CaseNumber::parse(&number) else { return Nothing::UNKNOWN.page(words) };
    match public.read(move |reader, day| reader.published_one(number, day)).await {
        Ok(Some(notice)) => html(page::one(words, &notice)),
        Ok(None) => Nothing::UNKNOWN.page(words),
        Err(nothing) => nothing.page(words),
    }
}

/// `GET /public/feed`
async fn recent(State(public): On) -> Response {
    let filter = PublishedFilter { by_approval: true, ..PublishedFilter::default() };
    let read = public.read(move |reader, day| reader.published(&filter, day, (0, FEED_ENTRIES)));
    match read.await {
        Ok(page) => {
            let kind = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
            let now = (public.config.wall)();
            (kind, feed::atom(&page.notices, now, public.shared.config.demo)).into_response()
        }
        Err(nothing) => nothing.line(public.words(false)),
    }
}

fn html(page: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
