//! The receiving half: whose packet it is, whether it is genuine, whether it came before.

use super::context::{Context, Label};
use super::send::{ENCRYPTED, RTCP_CLEAR_BYTES, RTCP_TAG_BYTES};
use super::{MasterKey, RtpHeader, Suite, rtcp_ssrc};
use crate::wire::WireError;

/// Sources of one peer that are told apart; a phone has a new one after each transfer at most.
pub const SOURCES_MAX: usize = 8;
/// Packets behind the newest that may still come, each once (RFC 3711 §3.3.2: at least 64).
const WINDOW: u64 = 128;

const FORGED: WireError = WireError::Malformed("SRTP tag");
const REPLAYED: WireError = WireError::Malformed("SRTP index");
const SHORT: WireError = WireError::Malformed("SRTP");

/// Opens what a peer sends: checks the tag, then the index, then decrypts. Whatever is refused
/// leaves no trace.
pub struct Opener {
    tag_bytes: usize,
    rtp: Context,
    rtcp: Context,
    sources: Vec<Source>,
}

/// What is known of one source.
struct Source {
    ssrc: u32,
    rtp: Seen,
    rtcp: Seen,
}

/// The newest index that was genuine, and which of those before it have come.
#[derive(Clone, Copy, Default)]
struct Seen {
    newest: Option<u64>,
    came: u128,
}

impl Seen {
    fn is_new(&self, index: u64) -> bool {
        match self.newest {
            None => true,
            Some(newest) if index > newest => true,
            Some(newest) => newest - index < WINDOW && self.came >> (newest - index) & 1 == 0,
        }
    }

    fn note(&mut self, index: u64) {
        match self.newest {
            Some(newest) if index <= newest => self.came |= 1 << (newest - index),
            before => {
                let step = before.map_or(WINDOW, |newest| index - newest);
                let shift = u32::try_from(step).unwrap_or(u32::MAX);
                self.came = self.came.checked_shl(shift).unwrap_or(0) | 1;
                self.newest = Some(index);
            }
        }
    }

    /// RFC 3711 §3.3.1: the index nearest to the newest that ends in this sequence number.
    fn guess(&self, sequence: u16) -> u64 {
        let Some(newest) = self.newest else { return u64::from(sequence) };
        let this = newest & !0xFFFF | u64::from(sequence);
        let (half, whole) = (1 << 15, 1 << 16);
        if this + half < newest {
            this + whole
        } else if this > newest + half && this >= whole {
            this - whole
        } else {
            this
        }
    }
}

impl Opener {
    /// A peer that was not heard yet.
    #[must_use]
    pub fn new(suite: Suite, master: &MasterKey) -> Self {
        Self {
            tag_bytes: suite.tag_bytes(),
            rtp: Context::derive(master, Label::Rtp),
            rtcp: Context::derive(master, Label::Rtcp),
            sources: Vec::new(),
        }
    }

    /// Another length of tag under the same key: the counters must go on (RFC 3711 §9.1).
    pub fn set_suite(&mut self, suite: Suite) {
        self.tag_bytes = suite.tag_bytes();
    }

    /// Opens an SRTP packet in its place; gives the length of the RTP packet.
    ///
    /// # Errors
    /// When it is not whole, not genuine or came before; drop it.
    pub fn rtp(&mut self, bytes: &mut [u8]) -> Result<usize, WireError> {
        let len = bytes.len().checked_sub(self.tag_bytes).ok_or(SHORT)?;
        let (packet, tag) = bytes.split_at_mut(len);
        let RtpHeader { len: header_len, sequence, ssrc } = RtpHeader::read(packet).ok_or(SHORT)?;
        let seen = self.sources.iter().find(|source| source.ssrc == ssrc).map(|source| source.rtp);
        let index = seen.unwrap_or_default().guess(sequence);
        let rollovers = u32::try_from(index >> 16).map_err(|_| REPLAYED)?;
        if !self.rtp.is_tag(packet, &rollovers.to_be_bytes(), tag) {
            return Err(FORGED);
        }
        let payload = packet.get_mut(header_len..).ok_or(SHORT)?;
        let source = source(&mut self.sources, ssrc)?;
        if !source.rtp.is_new(index) {
            return Err(REPLAYED);
        }
        source.rtp.note(index);
        self.rtp.crypt(ssrc, index, payload);
        Ok(len)
    }

    /// Opens an SRTCP packet in its place; gives the length of the RTCP compound.
    ///
    /// # Errors
    /// As [`Self::rtp`].
    pub fn rtcp(&mut self, bytes: &mut [u8]) -> Result<usize, WireError> {
        let signed = bytes.len().checked_sub(RTCP_TAG_BYTES).ok_or(SHORT)?;
        let (packet, tag) = bytes.split_at_mut(signed);
        let (compound, word) = packet.split_last_chunk::<4>().ok_or(SHORT)?;
        let (len, word) = (compound.len(), u32::from_be_bytes(*word));
        let ssrc = rtcp_ssrc(compound).ok_or(SHORT)?;
        if !self.rtcp.is_tag(packet, &[], tag) {
            return Err(FORGED);
        }
        let secret = packet.get_mut(RTCP_CLEAR_BYTES..len).ok_or(SHORT)?;
        let index = u64::from(word & !ENCRYPTED);
        let source = source(&mut self.sources, ssrc)?;
        if !source.rtcp.is_new(index) {
            return Err(REPLAYED);
        }
        source.rtcp.note(index);
        if word & ENCRYPTED != 0 {
            self.rtcp.crypt(ssrc, index, secret);
        }
        Ok(len)
    }
}

/// The source of a genuine packet. One is never forgotten: its old packets must not count as new.
fn source(sources: &mut Vec<Source>, ssrc: u32) -> Result<&mut Source, WireError> {
    let is_known = sources.iter().any(|source| source.ssrc == ssrc);
    if !is_known && sources.len() < SOURCES_MAX {
        sources.push(Source { ssrc, rtp: Seen::default(), rtcp: Seen::default() });
    }
    let found = sources.iter_mut().find(|source| source.ssrc == ssrc);
    found.ok_or(WireError::TooLarge("SRTP sources"))
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}
