//! The interface for programs and pages of people with accounts: JSON over HTTP below `/api/v1`, on
//! the server of the seats' pages and by its rules of TLS. `GET /api/v1/openapi.json` describes it.
//!
//! * `people`: sessions, tokens, who asks; `session`: how long and how often.
//! * `cases`: lists and single cases, as each may see them; `views`: how they are shown.
//! * `intake`: contacts that people take down; `asked`: what is asked for, as values.
//! * `acting`: commands, each on a case as it was seen; `command`: how they are written.
//! * `opening`: contact, recording and sealed content, each with a reason that is audited first; `files`:
//!   what came with mails, in the same way.
//! * `flags`: flags of risk words that were raised for nothing.
//! * `exports`: cases with their contacts as a table, of more than fifty persons by two persons.
//! * `reports`: figures; `drill`: the cases behind the numbers of a report.
//! * `administration`: accounts, the audit.
//! * `messages`: what goes out by text and mail, and what waits for a person.
//! * `webhooks`: who is told what happens to cases.
//! * `problem`: why something is not done.
//!
//! What a person may see or do is decided by `domain::access` and the table of transitions; nothing
//! here knows a role by name.

mod acting;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod administration;
mod asked;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod cases;
mod command;
mod document;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod drill;
mod exports;
mod files;
mod flags;
mod hints;
mod intake;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod messages;
mod opening;
mod people;
mod problem;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod reports;
mod session;
mod views;
#[allow(unused_qualifications, reason = "utoipa writes out the paths of parameters")]
mod webhooks;

pub use cases::CASES_PAGE_MAX;
pub use command::{CommandFault, CommandForm};
pub use document::openapi;
pub use drill::DRILL_CASES_MAX;
pub use exports::{EXPORT_ROWS_MAX, EXPORTS_MAX};
pub use people::REFUSAL_WAIT;
pub use session::{ACCOUNT_SESSIONS_MAX, API_SESSIONS_MAX, REQUESTS_PER_MINUTE_MAX};

use super::guard::Guard;
use super::open311::Open311Config;
use super::pace::Pace;
use super::pages::Shared;
use crate::domain::desk::Disposition;
use crate::domain::webhook::Reach;
use crate::store::{Answer, AuditEntry, AuditKind, DataFolder, Reader, StoreError, StoreHandle};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use exports::Exports;
use jiff::Timestamp;
use people::Person;
use problem::Problem;
use session::ApiSessions;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Largest body of a request, in bytes.
pub const API_BODY_BYTES_MAX: usize = 64 * 1_024;
/// An answer of the store must come within this.
const STORE_WAIT: Duration = Duration::from_secs(10);
/// Passwords that are checked at once.
const CHECKS_MAX: usize = 1;

/// What the interface works on.
#[derive(Clone)]
pub struct ApiConfig {
    /// The data folder with its key, for reading.
    pub folder: DataFolder,
    /// The running store, for writing.
    pub store: StoreHandle,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
    /// Answer others than this machine.
    pub remote: bool,
    /// The city's own dispositions, each with the one of the seven whose rules hold.
    pub dispositions: BTreeMap<String, Disposition>,
    /// How far messages of subscriptions may go.
    pub reach: Reach,
    /// The requests of the city for the programs of others; `None`: they are not served.
    pub open311: Option<Open311Config>,
}

/// What all requests share.
pub(super) struct Api {
    config: ApiConfig,
    sessions: Mutex<ApiSessions>,
    pace: Mutex<Pace<String>>,
    exports: Mutex<Exports>,
    guard: Mutex<Guard>,
    checks: Semaphore,
}

/// A thread that panicked while it held a lock left a value that is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Api {
    fn reader(&self) -> Result<Reader, Problem> {
        Ok(Reader::open(self.config.folder.clone())?)
    }

    fn now(&self) -> Timestamp {
        (self.config.wall)()
    }

    /// Asks the store and waits for its answer; only on a thread that may wait.
    fn ask<T: Send + 'static>(
        &self,
        send: impl FnOnce(&StoreHandle, Answer<T>) -> bool,
    ) -> Result<T, StoreError> {
        self.config.store.wait(STORE_WAIT, send)
    }

    /// Stores who does what to which and why; returns after the commit.
    fn audit(
        &self,
        person: &Person,
        kind: AuditKind,
        subject: String,
        words: &str,
    ) -> Result<(), Problem> {
        let (actor, reason) = (person.actor.person.clone(), person.says(words));
        let (now, entry) = (self.now(), AuditEntry { actor, kind, subject, reason });
        Ok(self.ask(|store, answer| store.audit(now, entry, answer))?)
    }
}

/// What every handler works with: the pages' server and the interface.
#[derive(Clone)]
pub(super) struct House {
    shared: Arc<Shared>,
    api: Arc<Api>,
}

type On = State<House>;

/// Runs work that waits for a disk or a hash on a thread that may.
async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Problem::down()))
}

/// Every path there is, below `/api/v1`.
pub(super) fn router(shared: Arc<Shared>, config: ApiConfig) -> Router {
    let api = Arc::new(Api {
        config,
        sessions: Mutex::default(),
        pace: Mutex::default(),
        exports: Mutex::default(),
        guard: Mutex::default(),
        checks: Semaphore::new(CHECKS_MAX),
    });
    let house = House { shared, api };
    let known = Router::new()
        .route("/cases", get(cases::list).post(intake::take_down))
        .route("/cases/{case}", get(cases::show))
        .route("/cases/{case}/history", get(cases::history))
        .route("/cases/{case}/commands", post(acting::command))
        .route("/cases/{case}/contact", post(opening::contact))
        .route("/cases/{case}/sealed-content", post(opening::sealed_content))
        .route("/cases/{case}/recordings/{recording}", post(opening::recording))
        .route("/cases/{case}/false-alarms", post(flags::mark))
        .route("/cases/{case}/files", get(files::list))
        .route("/cases/{case}/files/{message}/{file}", post(files::open))
        .route("/figures/kpi", get(reports::kpi))
        .route("/reports/{report}/cases", get(drill::cases))
        .route("/exports", get(exports::list).post(exports::ask))
        .route("/exports/{export}", get(exports::fetch))
        .route("/exports/{export}/confirm", post(exports::confirm))
        .route("/webhooks", get(webhooks::list).post(webhooks::add))
        .route("/webhooks/{webhook}", delete(webhooks::remove))
        .route("/webhooks/{webhook}/confirm", post(webhooks::confirm))
        .route("/webhooks/{webhook}/rotate", post(webhooks::rotate))
        .route("/webhooks/{webhook}/resume", post(webhooks::resume))
        .route("/webhooks/{webhook}/test", post(webhooks::test))
        .route("/webhook-deliveries", get(webhooks::deliveries))
        .route("/webhook-deliveries/{delivery}/resend", post(webhooks::resend))
        .route("/messages", get(messages::list))
        .route("/messages/{message}/decision", post(messages::decide))
        .route("/message-accounts", get(messages::accounts))
        .route("/held-messages", get(messages::held))
        .route("/accounts", get(administration::accounts))
        .route("/audit", get(administration::audit))
        .route("/session", get(people::session).delete(people::sign_out))
        .route_layer(from_fn_with_state(house.clone(), people::identify));
    Router::new()
        .route("/session", post(people::sign_in))
        .route("/openapi.json", get(document::serve))
        .merge(known)
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(house.clone(), people::near))
        .layer(from_fn(problem::speak))
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
        .with_state(house)
}
