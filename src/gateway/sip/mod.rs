//! SIP over UDP, TCP and TLS sockets: bytes in, bytes out, nothing understood.

mod tcp;
mod tls;
mod udp;

pub use tcp::{TcpConfig, TcpInput, TcpListeners, TlsPort};
pub use tls::{TlsError, tls_config};
pub use udp::UdpPort;
