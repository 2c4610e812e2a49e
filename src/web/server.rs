//! Sockets: accepts connections, shows the certificate, and lets nobody hold a connection for nothing.

use super::pages::{Peer, Place, Shared, router};
use super::{Archive, DeskLink, SeatDirectory, Sources, WebConfig, hex, web_fault};
use axum::Router;
use axum::extract::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{interval, sleep, timeout};

/// Connections at once, open pages included; a further one waits in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 2_048;

/// A request's head must be whole so soon after the last answer.
const HEAD_WAIT: Duration = Duration::from_secs(15);
/// A TLS handshake must be done so soon.
const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);
/// How often commands are looked at that the line has not answered.
const SWEEP: Duration = Duration::from_secs(5);
/// After a failed accept, for instance without file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The bound server.
pub struct Web {
    listener: TcpListener,
    shared: Arc<Shared>,
    from_line: Receiver<crate::domain::desk_link::ToDesk>,
}

impl Web {
    /// Binds.
    ///
    /// # Errors
    /// When the address cannot be had, must not be served ([`web_fault`]), or the machine has
    /// no random bytes.
    pub async fn bind(
        config: WebConfig,
        (directory, archive): (Arc<dyn SeatDirectory>, Arc<dyn Archive>),
        sources: Sources,
        link: DeskLink,
    ) -> io::Result<Self> {
        let fault = web_fault(config.listen, config.tls.is_some(), config.trusted_proxy);
        if let Some(fault) = fault {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, fault));
        }
        let no_random = || io::Error::other("no random bytes from the operating system");
        let run = (sources.random)().ok_or_else(no_random)?;
        let listener = TcpListener::bind(config.listen).await?;
        let run = hex(&run[..8]);
        let shared =
            Arc::new(Shared::new(config, (directory, archive), sources, link.to_line, run));
        Ok(Self { listener, shared, from_line: link.from_line })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is ready; open connections end with the runtime.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, shared, mut from_line } = self;
        let router = router(Arc::clone(&shared));
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut sweep = interval(SWEEP);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                message = from_line.recv() => match message {
                    Some(message) => shared.deliver(message),
                    None => return,
                },
                _ = sweep.tick() => shared.hub().sweep((shared.sources.monotonic)()),
                (stream, peer, place) = accept(&listener, &places) => {
                    let router = router
                        .clone()
                        .layer(Extension(Peer(peer.ip())))
                        .layer(Extension(Place(place)));
                    tokio::spawn(connection(stream, shared.config.tls.clone(), router));
                }
            }
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<Arc<OwnedSemaphorePermit>>) {
    // The semaphore is never closed, so there is always a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok().map(Arc::new);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::debug!(%error, "a connection to the seat page was not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<Arc<rustls::ServerConfig>>, router: Router) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return answer(stream, router).await };
    let acceptor = tokio_rustls::TlsAcceptor::from(tls);
    if let Ok(Ok(stream)) = timeout(HANDSHAKE_WAIT, acceptor.accept(stream)).await {
        answer(stream, router).await;
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = TowerToHyperService::new(router);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the seat page ended");
    }
}
