//! RTP port pairs: an even port for RTP and the next for RTCP (RFC 3550 §11).

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// The ports that may be used, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The first, even.
    pub first: u16,
    /// The last, odd.
    pub last: u16,
}

/// A bound pair.
#[derive(Debug)]
pub(super) struct SocketPair {
    /// RTP, on the even port.
    pub(super) rtp: UdpSocket,
    /// RTCP, on the next.
    pub(super) rtcp: UdpSocket,
}

/// Hands out pairs in turn, so that a port rests as long as possible before it is used again.
#[derive(Debug)]
pub(super) struct Ports {
    range: PortRange,
    next: u16,
    used: HashSet<u16>,
}

impl Ports {
    /// Bind attempts for one leg before it is refused: another program, or another service with
    /// many calls, may hold a stretch of the range. Some milliseconds at worst, once a stretch.
    const ATTEMPTS_MAX: u32 = 1_024;

    /// All pairs of a range.
    pub(super) fn new(range: PortRange) -> Self {
        let first = range.first + range.first % 2;
        Self { range: PortRange { first, last: range.last }, next: first, used: HashSet::new() }
    }

    /// Binds the next free pair on an address.
    pub(super) fn bind(&mut self, ip: IpAddr) -> io::Result<SocketPair> {
        for _ in 0..Self::ATTEMPTS_MAX {
            let Some(port) = self.take() else { break };
            match bind_pair(ip, port) {
                Ok(pair) => return Ok(pair),
                Err(error) => {
                    self.used.remove(&port);
                    // No other port helps where sockets or the address are missing.
                    if error.kind() != io::ErrorKind::AddrInUse {
                        return Err(error);
                    }
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "no free RTP port pair"))
    }

    /// Gives a pair back by its even port.
    pub(super) fn give_back(&mut self, port: u16) {
        self.used.remove(&port);
    }

    fn take(&mut self) -> Option<u16> {
        let pairs =
            (u32::from(self.range.last) + 1).saturating_sub(u32::from(self.range.first)) / 2;
        for _ in 0..pairs {
            let port = self.next;
            self.next = match port.checked_add(2) {
                Some(next) if next < self.range.last => next,
                _ => self.range.first,
            };
            if self.used.insert(port) {
                return Some(port);
            }
        }
        None
    }
}

fn bind_pair(ip: IpAddr, port: u16) -> io::Result<SocketPair> {
    let rtp = UdpSocket::bind(SocketAddr::new(ip, port))?;
    let rtcp = UdpSocket::bind(SocketAddr::new(ip, port + 1))?;
    rtp.set_nonblocking(true)?;
    rtcp.set_nonblocking(true)?;
    Ok(SocketPair { rtp, rtcp })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_pair_is_used_once_and_rests_before_it_comes_again() {
        let mut ports = Ports::new(PortRange { first: 41_000, last: 41_005 });
        let pairs: Vec<_> = (0..3).map(|_| ports.bind(LOOPBACK).unwrap()).collect();
        assert!(ports.bind(LOOPBACK).is_err());
        let port = pairs[1].rtp.local_addr().unwrap().port();
        assert_eq!((port % 2, pairs[1].rtcp.local_addr().unwrap().port()), (0, port + 1));
        drop(pairs);
        ports.give_back(port);
        assert_eq!(ports.bind(LOOPBACK).unwrap().rtp.local_addr().unwrap().port(), port);
    }

    #[test]
    fn a_port_held_by_another_program_is_passed_over() {
        let held = UdpSocket::bind((LOOPBACK, 41_011)).unwrap();
        let mut ports = Ports::new(PortRange { first: 41_010, last: 41_013 });
        assert_eq!(ports.bind(LOOPBACK).unwrap().rtp.local_addr().unwrap().port(), 41_012);
        drop(held);
    }

    #[test]
    fn a_stretch_held_by_another_service_is_passed_over() {
        let mut other = Ports::new(PortRange { first: 41_100, last: 41_399 });
        let held: Vec<_> = (0..150).map(|_| other.bind(LOOPBACK).unwrap()).collect();
        let mut ports = Ports::new(PortRange { first: 41_100, last: 41_401 });
        assert_eq!(ports.bind(LOOPBACK).unwrap().rtp.local_addr().unwrap().port(), 41_400);
        drop(held);
    }
}
