//! The sending half: one source, its roll-over counter, its tags.

use super::context::{Context, Label};
use super::{MasterKey, RtpHeader, Suite, rtcp_ssrc};

/// RFC 3711 §3.4: the first bit of the SRTCP index says that the packet is encrypted.
pub(super) const ENCRYPTED: u32 = 1 << 31;
/// Octets of an RTCP packet that stay readable: its first header with the source.
pub(super) const RTCP_CLEAR_BYTES: usize = 8;
/// The tag of RTCP has 80 bits in both suites (RFC 4568 §6.2).
pub(super) const RTCP_TAG_BYTES: usize = 10;

/// Protects what we send. Sequence numbers must go up one by one or with small gaps.
pub struct Protector {
    tag_bytes: usize,
    rtp: Context,
    rtcp: Context,
    /// How often the sequence number has begun anew, and the last one.
    rollovers: u32,
    last: Option<u16>,
    rtcp_index: u32,
}

impl Protector {
    /// A source that has sent nothing.
    #[must_use]
    pub fn new(suite: Suite, master: &MasterKey) -> Self {
        Self {
            tag_bytes: suite.tag_bytes(),
            rtp: Context::derive(master, Label::Rtp),
            rtcp: Context::derive(master, Label::Rtcp),
            rollovers: 0,
            last: None,
            rtcp_index: 0,
        }
    }

    /// Another length of tag under the same key: the counters must go on (RFC 3711 §9.1).
    pub fn set_suite(&mut self, suite: Suite) {
        self.tag_bytes = suite.tag_bytes();
    }

    /// Protects the RTP packet in the first `len` bytes; gives its new length. `None` when it is
    /// no RTP or the buffer has no room for the tag.
    pub fn rtp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        let header = RtpHeader::read(buffer.get(..len)?)?;
        let sequence = header.sequence;
        let room = buffer.get_mut(..len + self.tag_bytes)?;
        let (packet, tag) = room.split_at_mut(len);
        let payload = packet.get_mut(header.len..)?;
        if self.last.is_some_and(|last| sequence < last && last - sequence > 1 << 15) {
            self.rollovers = self.rollovers.wrapping_add(1);
        }
        self.last = Some(sequence);
        let index = u64::from(self.rollovers) << 16 | u64::from(sequence);
        self.rtp.crypt(header.ssrc, index, payload);
        let right = self.rtp.tag(packet, &self.rollovers.to_be_bytes());
        tag.copy_from_slice(right.as_ref().get(..self.tag_bytes)?);
        Some(len + self.tag_bytes)
    }

    /// The same for an RTCP compound.
    pub fn rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        let ssrc = rtcp_ssrc(buffer.get(..len)?)?;
        let room = buffer.get_mut(..len + 4 + RTCP_TAG_BYTES)?;
        let (packet, tag) = room.split_at_mut(len + 4);
        let (compound, word) = packet.split_at_mut(len);
        let secret = compound.get_mut(RTCP_CLEAR_BYTES..)?;
        self.rtcp_index = (self.rtcp_index + 1) & !ENCRYPTED;
        self.rtcp.crypt(ssrc, u64::from(self.rtcp_index), secret);
        word.copy_from_slice(&(ENCRYPTED | self.rtcp_index).to_be_bytes());
        let right = self.rtcp.tag(packet, &[]);
        tag.copy_from_slice(right.as_ref().get(..RTCP_TAG_BYTES)?);
        Some(len + 4 + RTCP_TAG_BYTES)
    }
}

impl std::fmt::Debug for Protector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protector").field("rollovers", &self.rollovers).finish_non_exhaustive()
    }
}
