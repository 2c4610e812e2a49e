//! Connections, always under TLS.

use super::{MailFault, Pace};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A server and who is believed to be it.
#[derive(Clone)]
pub struct Server {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The authorities that are believed.
    pub trust: Arc<ClientConfig>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A connection under TLS.
pub(super) type Secure = TlsStream<TcpStream>;

impl Server {
    pub(super) async fn connect_plain(&self, pace: &Pace) -> Result<TcpStream, MailFault> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream =
            tokio::time::timeout(pace.connect, connecting).await.map_err(|_| MailFault::Silent)?;
        let stream = stream.map_err(|_| MailFault::Unreachable)?;
        stream.set_nodelay(true).map_err(|_| MailFault::Unreachable)?;
        Ok(stream)
    }

    pub(super) async fn secure(&self, stream: TcpStream, pace: &Pace) -> Result<Secure, MailFault> {
        let name = ServerName::try_from(self.host.clone()).map_err(|_| MailFault::Tls)?;
        let securing = TlsConnector::from(Arc::clone(&self.trust)).connect(name, stream);
        let secure =
            tokio::time::timeout(pace.connect, securing).await.map_err(|_| MailFault::Silent)?;
        secure.map_err(|_| MailFault::Tls)
    }

    pub(super) async fn connect(&self, pace: &Pace) -> Result<Secure, MailFault> {
        let stream = self.connect_plain(pace).await?;
        self.secure(stream, pace).await
    }
}
