//! One request and its answer. What surely did not leave is told apart from what may have.

use super::request::Asked;
use crate::domain::webhook::{Scheme, Target};
use axum::body::Body;
use axum::http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Longest wait for a connection, and for an answer to what was sent.
pub const ANSWER_WAIT: Duration = Duration::from_secs(20);
/// Longest answer that is read, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Largest head of an answer, in bytes.
const HEAD_BYTES: usize = 16 * 1_024;
/// Who asks.
const USER_AGENT: &str = concat!("mayorline/", env!("CARGO_PKG_VERSION"));

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
    let stream = connected.unwrap_or(Err("connect")).map_err(Unanswered::NotSent)?;
    let request = request(asked).ok_or(Unanswered::NotSent("request"))?;
    match (asked.target.scheme, tls) {
        (Scheme::Http, _) => answered(stream, request).await,
        (Scheme::Https, None) => Err(Unanswered::NotSent("tls")),
        (Scheme::Https, Some(tls)) => {
            let no_tls = |_| Unanswered::NotSent("tls");
            let name = ServerName::try_from(asked.target.host.clone());
            let name = name.map_err(|_| Unanswered::NotSent("tls"))?;
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(tls));
            let stream = timeout(ANSWER_WAIT, connector.connect(name, stream)).await;
            let stream = stream.map_err(|_| Unanswered::NotSent("tls"))?.map_err(no_tls)?;
            answered(stream, request).await
        }
    }
}

async fn connect(target: &Target) -> Result<TcpStream, &'static str> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await;
    let stream = stream.map_err(|_| "connect")?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn request(asked: &Asked) -> Option<Request<Body>> {
    let mut request = Request::builder()
        .method(asked.method)
        .uri(&asked.path)
        .header("host", asked.target.authority())
        .header("user-agent", USER_AGENT)
        .header("connection", "close");
    for (name, value) in &asked.headers {
        request = request.header(name, value);
    }
    request.body(Body::from(asked.body.clone())).ok()
}

async fn answered(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Body>,
) -> Result<(u16, Vec<u8>), Unanswered> {
    let mut builder = http1::Builder::new();
    let handshake = builder.max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Unanswered::NotSent("http"))?;
    let mut running = JoinSet::new();
    running.spawn(async {
        let _ = connection.await;
    });
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|_| Unanswered::Sent("http"))?;
        let status = answer.status().as_u16();
        Ok((status, read(answer.into_body()).await))
    };
    timeout(ANSWER_WAIT, answer).await.unwrap_or(Err(Unanswered::Sent("timeout")))
}

/// The body, as far as it came and is not too long.
async fn read(mut body: Incoming) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < ANSWER_BYTES_MAX {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let Some(Ok(frame)) = frame else { break };
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
    }
    read.truncate(ANSWER_BYTES_MAX);
    read
}
