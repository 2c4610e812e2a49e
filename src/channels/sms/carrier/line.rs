//! The connection to a gateway: TCP, or TLS over it.

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Both directions of a connection.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection.
pub(super) type Line = Box<dyn Duplex>;

/// Connects; with `tls` the gateway proves its name.
pub(super) async fn connect(
    (host, port): (String, u16),
    tls: Option<Arc<ClientConfig>>,
) -> io::Result<Line> {
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    match TlsConnector::from(tls).connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => {
            // Without its name the log would only say that nobody listens.
            tracing::warn!(%error, "no TLS with a carrier");
            Err(error)
        }
    }
}
