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
