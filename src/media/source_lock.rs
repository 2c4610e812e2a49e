//! Symmetric RTP with a source lock: who is heard, and where audio goes.
//!
//! ```text
//! signalled --packet from the signalled address--------------------> locked
//! signalled --steady stream from elsewhere, signalled one silent---> locked (NAT)
//! locked ----steady stream from a better-founded address-----------> locked (there)
//! locked ----locked source silent, steady stream from same host----> locked (new NAT port)
//! any -------re-offer with a new address----------------------------> signalled
//! ```
//! Until it is locked, audio goes to the signalled address only and nothing else is heard. How
//! steady a stream must be depends on how well its address is founded: the host that was
//! signalled, the host that signals, or, only when the signalled address is a private one that
//! cannot be meant, anybody. So a stranger who sprays the port range is never heard and gets
//! nothing (RTP bleed, RTP injection).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Consecutive packets from the signalled or signalling host, other port, before it is believed.
pub const STEADY_PACKETS_HOST: u32 = 3;
/// Consecutive packets from an unknown host, when the signalled address is private.
pub const STEADY_PACKETS_UNKNOWN: u32 = 25;
/// The signalled address is silent for this long before its host's other port is believed.
pub const SILENT_HOST: Duration = Duration::from_millis(100);
/// The same before an unknown host is believed, and before a lock is moved to a better address.
pub const SILENT: Duration = Duration::from_millis(500);
/// The locked source must be silent for this long before its host's new port is believed.
pub const RELOCK_SILENT: Duration = Duration::from_secs(3);

/// How well an address is founded, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Footing {
    Signalled,
    Host,
    Unknown,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    sequence: u16,
    count: u32,
}

/// The lock of one leg.
#[derive(Debug)]
pub struct SourceLock {
    signalled: Option<SocketAddr>,
    /// The host that signals the call, from the SIP transport.
    peer: Option<IpAddr>,
    locked: Option<(SocketAddr, Footing)>,
    /// When the locked source, or before the lock the beginning, was last heard.
    heard: Instant,
    candidate: Option<Candidate>,
    refused: u64,
}

impl SourceLock {
    /// A lock that trusts nobody yet.
    #[must_use]
    pub fn new(signalled: Option<SocketAddr>, peer: Option<IpAddr>, now: Instant) -> Self {
        Self { signalled, peer, locked: None, heard: now, candidate: None, refused: 0 }
    }

    /// A new offer or answer. The lock stays when the signalled address is the same.
    pub fn signal(&mut self, signalled: Option<SocketAddr>, now: Instant) {
        if self.signalled != signalled {
            let refused = self.refused;
            *self = Self { refused, ..Self::new(signalled, self.peer, now) };
        }
    }

    /// Where audio goes now.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.locked.map(|(address, _)| address).or(self.signalled)
    }

    /// The address that is heard.
    #[must_use]
    pub fn locked(&self) -> Option<SocketAddr> {
        self.locked.map(|(address, _)| address)
    }

    /// Packets of strangers that were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Judges a packet that is valid RTP of an expected payload type: true when it may be heard.
    pub fn admit(&mut self, now: Instant, from: SocketAddr, ssrc: u32, sequence: u16) -> bool {
        if self.locked() == Some(from) {
            self.heard = now;
            self.candidate = None;
            return true;
        }
        let footing = self.footing(from);
        let steady = self.count(from, ssrc, sequence);
        if self.may_lock(now, from, footing, steady) {
            self.locked = Some((from, footing));
            self.heard = now;
            self.candidate = None;
            return true;
        }
        self.refused += 1;
        false
    }

    fn footing(&self, from: SocketAddr) -> Footing {
        let host = Some(from.ip());
        if self.signalled == Some(from) {
            Footing::Signalled
        } else if host == self.peer || host == self.signalled.map(|s| s.ip()) {
            Footing::Host
        } else {
            Footing::Unknown
        }
    }

    /// How many packets in a row this stranger has sent; another stranger starts at one again.
    fn count(&mut self, from: SocketAddr, ssrc: u32, sequence: u16) -> u32 {
        let count = match self.candidate {
            Some(c)
                if (c.from, c.ssrc) == (from, ssrc) && c.sequence.wrapping_add(1) == sequence =>
            {
                c.count.saturating_add(1)
            }
            // A spray of strangers must not keep the true source from counting up.
            Some(c) if c.from != from && self.footing(c.from) < self.footing(from) => return 1,
            _ => 1,
        };
        self.candidate = Some(Candidate { from, ssrc, sequence, count });
        count
    }

    fn may_lock(&self, now: Instant, from: SocketAddr, footing: Footing, steady: u32) -> bool {
        let silent = now.saturating_duration_since(self.heard);
        let enough = match footing {
            Footing::Signalled => self.locked.is_none() || steady >= STEADY_PACKETS_HOST,
            Footing::Host => steady >= STEADY_PACKETS_HOST,
            Footing::Unknown => steady >= STEADY_PACKETS_UNKNOWN && self.signalled_is_unreachable(),
        };
        enough
            && match self.locked {
                None => match footing {
                    Footing::Signalled => true,
                    Footing::Host => silent >= SILENT_HOST,
                    Footing::Unknown => silent >= SILENT,
                },
                Some((_, held)) if footing < held => silent >= SILENT || held == Footing::Unknown,
                Some((locked, _)) => locked.ip() == from.ip() && silent >= RELOCK_SILENT,
            }
    }

    /// A private address in SDP seen from outside cannot be meant: the caller is behind a NAT that
    /// nobody on the way corrected.
    fn signalled_is_unreachable(&self) -> bool {
        let private = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => {
                // RFC 1918, RFC 3927 and RFC 6598 (carrier-grade NAT).
                let [a, b, ..] = ip.octets();
                ip.is_private() || ip.is_link_local() || (a == 100 && b & 0xC0 == 64)
            }
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        let signalled = self.signalled.map(|s| s.ip());
        signalled.is_some_and(private) && !self.peer.is_some_and(private)
    }
}
