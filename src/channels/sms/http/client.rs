//! One request and its answer. What surely did not leave is told apart from what may have.

use super::request::Asked;
use crate::client::{Connection, connect, head, read, secured};
use axum::body::Body;
use axum::http::Request;
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for a connection, and for an answer to what was sent.
pub const ANSWER_WAIT: Duration = Duration::from_secs(20);
/// Longest answer that is read, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Why there is no answer, in a word that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Nothing left.
    NotSent(&'static str),
    /// It may have been read.
    Sent(&'static str),
}

/// The status and the body of the answer.
pub(super) async fn ask(
    tls: Option<&Arc<ClientConfig>>,
    asked: &Asked,
) -> Result<(u16, Vec<u8>), Unanswered> {
    let connected = timeout(ANSWER_WAIT, connect(&asked.target)).await;
    let stream = connected.ok().and_then(Result::ok).ok_or(Unanswered::NotSent("connect"))?;
    let request = request(asked).ok_or(Unanswered::NotSent("request"))?;
    let stream = timeout(ANSWER_WAIT, secured(&asked.target, tls, stream)).await;
    let stream = stream.ok().and_then(Result::ok).ok_or(Unanswered::NotSent("tls"))?;
    let connection = Connection::open(stream).await;
    let mut connection = connection.map_err(|_| Unanswered::NotSent("http"))?;
    let answer = async {
        let answer = connection.ask(request).await.map_err(|_| Unanswered::Sent("http"))?;
        let status = answer.status().as_u16();
        let (body, _) = read(&mut answer.into_body(), ANSWER_BYTES_MAX).await;
        Ok((status, body))
    };
    timeout(ANSWER_WAIT, answer).await.unwrap_or(Err(Unanswered::Sent("timeout")))
}

fn request(asked: &Asked) -> Option<Request<Body>> {
    let mut request = head(&asked.target, &asked.path).method(asked.method);
    for (name, value) in &asked.headers {
        request = request.header(name, value);
    }
    request.body(Body::from(asked.body.clone())).ok()
}
