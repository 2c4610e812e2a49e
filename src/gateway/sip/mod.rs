//! SIP over UDP and TCP sockets: bytes in, bytes out, nothing understood.

mod tcp;
mod udp;

pub use tcp::{TcpConfig, TcpInput, TcpListeners};
pub use udp::UdpPort;
