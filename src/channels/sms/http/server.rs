//! The listener for what providers bring. It stands behind whoever ends TLS; its paths begin with a secret,
//! because most providers sign nothing.

use super::push::{PUSH_BYTES_MAX, Push, answer_to, pushed};
use super::signature::Secret;
use crate::domain::message::Medium;
use crate::store::{Journalled, RawInbound, StoreError, StoreHandle};
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections at once; a further one waits.
const CONNECTIONS: usize = 64;
/// Longest life of a connection, which brings one thing.
const CONNECTION_WAIT: Duration = Duration::from_secs(60);
/// Longest head, from its first byte to its last.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// What all connections share.
pub(super) struct Door {
    pub(super) store: StoreHandle,
    pub(super) account: String,
    /// What stands first in a path.
    pub(super) secret: Secret,
    pub(super) wall: fn() -> Timestamp,
}

/// Takes connections until it is dropped.
pub(super) async fn serve(listener: TcpListener, door: Arc<Door>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut running = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection could be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while running.try_join_next().is_some() {}
        let door = Arc::clone(&door);
        running.spawn(async move {
            let _ = timeout(CONNECTION_WAIT, connection(stream, door)).await;
            drop(permit);
        });
    }
}

async fn connection(stream: TcpStream, door: Arc<Door>) {
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WAIT).keep_alive(false);
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Some(push) = self.push(head.uri.path()) else { return refused(StatusCode::NOT_FOUND) };
        let brought = match (push.is_query(), head.method) {
            (true, Method::GET) => head.uri.query().unwrap_or_default().as_bytes().to_vec(),
            (false, Method::POST) => match to_bytes(Body::new(body), PUSH_BYTES_MAX).await {
                Ok(body) => body.to_vec(),
                Err(_) => return refused(StatusCode::PAYLOAD_TOO_LARGE),
            },
            _ => return refused(StatusCode::METHOD_NOT_ALLOWED),
        };
        match self.keep(push, &brought).await {
            Ok(kept) => vouched(push, kept),
            Err(error) => {
                let account = &self.account;
                tracing::warn!(account, %error, "what a provider brings is not kept");
                refused(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    /// What is brought to that path; `None` without the secret.
    fn push(&self, path: &str) -> Option<Push> {
        let (secret, name) = path.strip_prefix('/')?.split_once('/')?;
        // By their digests, so that the time tells nothing of how far a guess is right.
        let is_known = Sha256::digest(secret) == Sha256::digest(&self.secret.0);
        Push::of(name).filter(|_| is_known)
    }

    /// All of it in one transaction.
    async fn keep(&self, push: Push, brought: &[u8]) -> Result<Vec<Journalled>, StoreError> {
        let received_at = (self.wall)();
        let raw = |row: super::push::Pushed| RawInbound {
            medium: Medium::Sms,
            account: self.account.clone(),
            dedup_key: row.dedup_key,
            form: push.name(),
            received_at,
            raw: row.raw,
        };
        let rows = pushed(push, brought).into_iter().map(raw).collect();
        self.store.answered(|store, answer| store.inbound_put(rows, answer)).await
    }
}

/// Whoever has the tokens may say that all of it is kept.
fn vouched(push: Push, _: Vec<Journalled>) -> Response<Body> {
    let kind = if push.is_query() { "text/plain" } else { "application/json; charset=utf-8" };
    let answer = Response::builder().header(header::CONTENT_TYPE, kind);
    answer.body(Body::from(answer_to(push))).unwrap_or_default()
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut answer = Response::builder().status(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer = answer.header(header::RETRY_AFTER, 30);
    }
    answer.body(Body::empty()).unwrap_or_default()
}
