//! How a leg's packets go and come.

use super::ports::SocketPair;
use crate::gateway::browser::{BROWSER_PEER, BrowserLeg};
use crate::media::leg::Reported;
use rustix::event::epoll;
use rustix::fd::{AsFd, OwnedFd};
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

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
    /// WebRTC on the first port of the pair; reports go inside it.
    Browser(SocketPair, Box<BrowserLeg>),
}

impl Way {
    fn pair(&self) -> &SocketPair {
        let (Self::Plain(pair) | Self::Browser(pair, _)) = self;
        pair
    }

    /// Has epoll report what arrives: `token` for RTP, `token + 1` for RTCP.
    pub(super) fn watch(&self, epoll: &OwnedFd, token: u64) -> io::Result<()> {
        let pair = self.pair();
        for (fd, token) in [(pair.rtp.as_fd(), token), (pair.rtcp.as_fd(), token + 1)] {
            epoll::add(epoll, fd, epoll::EventData::new_u64(token), epoll::EventFlags::IN)?;
        }
        Ok(())
    }

    /// A browser is at the other end from now on; the transport of an earlier page is dropped.
    pub(super) fn become_browser(self, browser: Box<BrowserLeg>) -> Self {
        let (Self::Plain(pair) | Self::Browser(pair, _)) = self;
        let mut way = Self::Browser(pair, browser);
        way.flush();
        way
    }

    /// The next RTP packet or report, without waiting. `None`: nothing is there, or it was for the
    /// transport itself.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        stream: Stream,
        bytes: &mut [u8],
    ) -> Option<(usize, SocketAddr)> {
        match self {
            Self::Plain(pair) => {
                let socket = if stream == Stream::Rtp { &pair.rtp } else { &pair.rtcp };
                socket.recv_from(bytes).ok()
            }
            Self::Browser(pair, browser) => {
                if stream == Stream::Rtcp {
                    // Nobody was told this port; what comes is taken off it.
                    let _ = pair.rtcp.recv_from(bytes);
                    return None;
                }
                let (n, from) = pair.rtp.recv_from(bytes).ok()?;
                browser.receive(now, from, &bytes[..n]);
                self.flush();
                self.heard(bytes)
            }
        }
    }

    /// The next packet that the browser's transport has opened.
    fn heard(&mut self, bytes: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let Self::Browser(_, browser) = self else { return None };
        let packet = browser.poll_rtp()?;
        let room = bytes.get_mut(..packet.len())?;
        room.copy_from_slice(&packet);
        Some((packet.len(), BROWSER_PEER))
    }

    /// Sends a datagram. One that the kernel cannot take now is lost like any on the way.
    pub(super) fn send(&mut self, now: Instant, stream: Stream, bytes: &[u8], to: SocketAddr) {
        match self {
            Self::Plain(pair) => {
                let socket = if stream == Stream::Rtp { &pair.rtp } else { &pair.rtcp };
                let _ = socket.send_to(bytes, to);
            }
            Self::Browser(_, browser) => {
                if stream == Stream::Rtp {
                    browser.send_rtp(now, bytes);
                    self.flush();
                }
            }
        }
    }

    /// Lets the transport's own timers run; called with every frame.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Self::Browser(_, browser) = self
            && browser.poll_timeout().is_some_and(|at| at <= now)
        {
            browser.handle_timeout(now);
            self.flush();
        }
    }

    /// What a browser reported of our packets; what other ends report comes through the leg's machine.
    pub(super) fn reported(&self) -> Option<Reported> {
        match self {
            Self::Plain(_) => None,
            Self::Browser(_, browser) => browser.reported(),
        }
    }

    /// Says goodbye to a browser.
    pub(super) fn close(&mut self) {
        if let Self::Browser(_, browser) = self {
            browser.close();
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Self::Browser(pair, browser) = self else { return };
        while let Some(out) = browser.poll_transmit() {
            let _ = pair.rtp.send_to(&out.bytes, out.to);
        }
        while let Some(event) = browser.poll_event() {
            tracing::debug!(?event, "a browser's transport");
        }
    }
}
