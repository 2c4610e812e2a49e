//! What is asked of others over HTTP/1.1: each request on a connection of its own, in clear or under TLS.
//! Redirects are not followed: where something goes is decided by the configuration or a person. Who asks
//! keeps the time and says what each fault means.

use crate::domain::webhook::{Scheme, Target};
use axum::body::Body;
use axum::http::{Request, Response, header, request};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Largest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Who asks.
const USER_AGENT: &str = concat!("mayorline/", env!("CARGO_PKG_VERSION"));

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to where a target is, by its name.
///
/// # Errors
/// When nobody takes it.
pub async fn connect(target: &Target) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The same stream, under TLS where the target asks for it.
///
/// # Errors
/// When the other side speaks no TLS, or is not believed.
pub async fn secured(
    target: &Target,
    tls: Option<&Arc<ClientConfig>>,
    stream: TcpStream,
) -> io::Result<Box<dyn Stream>> {
    match target.scheme {
        Scheme::Http => Ok(Box::new(stream)),
        Scheme::Https => {
            let tls = tls.ok_or_else(|| io::Error::other("nobody is believed"))?;
            let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(tls));
            Ok(Box::new(connector.connect(name, stream).await?))
        }
    }
}

/// The head of a request to a path of a target, whose connection is closed after it.
pub fn head(target: &Target, path: &str) -> request::Builder {
    Request::builder()
        .uri(path)
        .header(header::HOST, target.authority())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close")
}

/// A connection that speaks HTTP; it ends when it is dropped.
pub struct Connection {
    sender: http1::SendRequest<Body>,
    _running: JoinSet<()>,
}

impl Connection {
    /// Begins to speak; nothing has left yet.
    ///
    /// # Errors
    /// When the stream is over.
    pub async fn open(stream: Box<dyn Stream>) -> Result<Self, hyper::Error> {
        let mut builder = http1::Builder::new();
        let handshake = builder.max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await?;
        let mut running = JoinSet::new();
        running.spawn(async {
            let _ = connection.await;
        });
        Ok(Self { sender, _running: running })
    }

    /// Asks, and gives the answer without its body. After an error the request may have been read.
    ///
    /// # Errors
    /// When what comes is no answer.
    pub async fn ask(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.send_request(request).await
    }
}

/// How the body of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All of it is there.
    Whole,
    /// It broke off.
    Broken,
    /// There is more than is read.
    Long,
}

/// The body of an answer, as far as it came and at most so many bytes of it.
pub async fn read(body: &mut Incoming, bytes_max: usize) -> (Vec<u8>, End) {
    let mut read = Vec::new();
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return (read, End::Whole),
            Some(Err(_)) => return (read, End::Broken),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    read.extend_from_slice(data);
                }
            }
        }
        if read.len() > bytes_max {
            read.truncate(bytes_max);
            return (read, End::Long);
        }
    }
}
