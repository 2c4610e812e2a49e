//! How a leg's packets go and come.

use super::ports::SocketPair;
use rustix::event::epoll;
use rustix::fd::{AsFd, OwnedFd};
use std::io;
use std::net::SocketAddr;

/// RTP or the reports beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Audio and keys.
    Rtp,
    /// Reports.
    Rtcp,
}

/// The transport of one leg.
#[derive(Debug)]
pub(super) enum Way {
    /// A port pair of its own.
    Plain(SocketPair),
}

impl Way {
    /// Has epoll report what arrives: `token` for RTP, `token + 1` for RTCP.
    pub(super) fn watch(&self, epoll: &OwnedFd, token: u64) -> io::Result<()> {
        let Self::Plain(pair) = self;
        for (fd, token) in [(pair.rtp.as_fd(), token), (pair.rtcp.as_fd(), token + 1)] {
            epoll::add(epoll, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?;
        }
        Ok(())
    }

    /// The next datagram, without waiting.
    pub(super) fn receive(&self, stream: Stream, bytes: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let Self::Plain(pair) = self;
        let socket = if stream == Stream::Rtp { &pair.rtp } else { &pair.rtcp };
        socket.recv_from(bytes).ok()
    }

    /// Sends a datagram. One that the kernel cannot take now is lost like any on the way.
    pub(super) fn send(&self, stream: Stream, bytes: &[u8], to: SocketAddr) {
        let Self::Plain(pair) = self;
        let socket = if stream == Stream::Rtp { &pair.rtp } else { &pair.rtcp };
        let _ = socket.send_to(bytes, to);
    }
}
