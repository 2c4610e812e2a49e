//! The SIP UDP socket.

use crate::proto::{Flow, Transmit, Transport};
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;

/// Bytes of kernel buffer asked for, so that a burst of calls is not dropped before it is read.
const BUFFER_BYTES: usize = 4 << 20;
/// Longest datagram there is.
const DATAGRAM_MAX: usize = 65_535;
/// Peers whose route is remembered while the socket is bound to the wildcard address.
const ROUTES_MAX: usize = 4096;

/// A bound UDP socket.
pub struct UdpPort {
    socket: UdpSocket,
    local: SocketAddr,
    /// Our address towards a peer, known once per peer: only asked for on a wildcard socket.
    routes: HashMap<IpAddr, IpAddr>,
    datagram: Vec<u8>,
}

impl UdpPort {
    /// Binds; port 0 takes a free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // The kernel gives what its own limit allows; less is not an error.
        let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(BUFFER_BYTES);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let local = socket.local_addr()?;
        Ok(Self { socket, local, routes: HashMap::new(), datagram: vec![0; DATAGRAM_MAX] })
    }

    /// The bound address.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits until a datagram can be read.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// The next datagram with its flow; `None` when there is none now.
    pub fn receive(&mut self) -> Option<(Flow, &[u8])> {
        let (n, remote) = self.socket.try_recv_from(&mut self.datagram).ok()?;
        let local = self.local_towards(remote);
        let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
        Some((flow, &self.datagram[..n]))
    }

    /// Sends; what the kernel cannot take now is lost and sent again by the transaction's timer.
    pub fn send(&self, transmit: &Transmit) {
        if let Err(error) = self.socket.try_send_to(&transmit.bytes, transmit.flow.remote) {
            tracing::debug!(%error, "a SIP datagram was not sent");
        }
    }

    /// A wildcard address says nothing to a peer: the kernel's routing gives the one it can reach.
    fn local_towards(&mut self, remote: SocketAddr) -> SocketAddr {
        if !self.local.ip().is_unspecified() {
            return self.local;
        }
        if self.routes.len() >= ROUTES_MAX {
            self.routes.clear();
        }
        let bound = self.local.ip();
        let ip = *self.routes.entry(remote.ip()).or_insert_with(|| {
            let probe = std::net::UdpSocket::bind((bound, 0));
            let found = probe.and_then(|p| p.connect(remote).and_then(|()| p.local_addr()));
            found.map_or(bound, |address| address.ip())
        });
        SocketAddr::new(ip, self.local.port())
    }
}
