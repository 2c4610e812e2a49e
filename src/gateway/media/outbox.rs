//! The packets of one slot, sent one behind the other when all its legs have spoken.
//!
//! A packet that is sent as soon as it is made wakes whoever waits for it, and he sleeps again
//! before the next one is ready; the code of the kernel and that of the legs push each other out
//! of the cache besides.

use crate::media::leg::{MediaLeg, PACKET_MAX};
use std::net::SocketAddr;

/// What waits to be sent; as large as the fullest slot was.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    packets: Vec<Packet>,
}

struct Packet {
    /// The leg, by its index on the thread.
    leg: usize,
    /// Where it ends in the bytes; it begins where the one before ends.
    end: usize,
    to: SocketAddr,
}

impl Outbox {
    /// Takes what a leg has ready.
    pub(super) fn gather(&mut self, leg: usize, media: &mut MediaLeg) {
        let mut packet = [0; PACKET_MAX];
        while let Some((n, to)) = media.poll_packet(&mut packet) {
            self.bytes.extend_from_slice(&packet[..n]);
            self.packets.push(Packet { leg, end: self.bytes.len(), to });
        }
    }

    /// Gives every packet with its leg and its destination to `send`, in order.
    pub(super) fn empty(&mut self, mut send: impl FnMut(usize, &[u8], SocketAddr)) {
        let mut start = 0;
        for Packet { leg, end, to } in self.packets.drain(..) {
            send(leg, &self.bytes[start..end], to);
            start = end;
        }
        self.bytes.clear();
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Instants are only handed through.
mod tests {
    use super::*;
    use crate::media::leg::{Agreed, LegSetup};
    use crate::wire::g711::Codec;
    use crate::wire::rtp;
    use std::time::Instant;

    fn leg(ssrc: u32, remote: SocketAddr) -> MediaLeg {
        let agreed = Agreed {
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf_payload_type: None,
            ptime_ms: 20,
            remote: Some(remote),
            remote_rtcp: None,
            send: true,
            receive: true,
            keys: None,
        };
        let (first_sequence, first_timestamp, cname) = (1, 1, "test".to_owned());
        let setup = LegSetup { ssrc, first_sequence, first_timestamp, cname, peer: None, agreed };
        MediaLeg::new(setup, Instant::now())
    }

    #[test]
    fn every_packet_leaves_once_in_order_for_the_peer_of_its_leg() {
        let peers: [SocketAddr; 2] =
            ["192.0.2.1:4000", "192.0.2.2:4002"].map(|a| a.parse().unwrap());
        let mut legs = [leg(10, peers[0]), leg(11, peers[1])];
        let mut outbox = Outbox::default();
        for _ in 0..2 {
            for (at, leg) in legs.iter_mut().enumerate() {
                leg.tick(Instant::now());
                outbox.gather(at, leg);
            }
        }
        let mut sent = Vec::new();
        outbox.empty(|at, bytes, to| {
            let header = rtp::parse(bytes).unwrap().header;
            sent.push((at, header.ssrc, header.sequence, to));
        });
        let expected = [(0, 10, 1), (1, 11, 1), (0, 10, 2), (1, 11, 2)];
        assert_eq!(sent, expected.map(|(at, ssrc, sequence)| (at, ssrc, sequence, peers[at])));
        outbox.empty(|_, _, _| panic!("a packet is sent twice"));
    }
}
