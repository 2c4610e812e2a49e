//! SRTP and SRTCP (RFC 3711) with keys that were exchanged in the descriptions (SDES, RFC 4568):
//! AES in counter mode with 128 bits, HMAC-SHA1 with 80 or 32 bits of tag. No MKI, no key
//! derivation rate, no header encryption: nobody at a telephone uses them.

mod context;
mod receive;
mod send;

pub(crate) use context::key_stream;
pub use receive::{Opener, SOURCES_MAX};
pub use send::Protector;

use std::fmt;

/// What protection adds to a packet at most: the index of SRTCP and a tag of 80 bits.
pub const ADDED_BYTES_MAX: usize = 14;

/// Octets of a master key and its salt as SDES writes them in one (RFC 4568 §6.1).
pub const MASTER_BYTES: usize = 30;

/// A crypto-suite of RFC 4568 §6.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`, which everybody has.
    Tag80,
    /// `AES_CM_128_HMAC_SHA1_32`: a tag of 32 bits on RTP, of 80 bits on RTCP.
    Tag32,
}

impl Suite {
    /// Its name in `a=crypto`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Self::Tag32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Length of the tag of an RTP packet in octets.
    const fn tag_bytes(self) -> usize {
        match self {
            Self::Tag80 => 10,
            Self::Tag32 => 4,
        }
    }

    /// The suite of that name; names are compared as written.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Tag80, Self::Tag32].into_iter().find(|suite| suite.name() == name)
    }
}

/// A master key of 128 bits and its salt of 112 bits. Never shown, not even in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MasterKey([u8; MASTER_BYTES]);

impl MasterKey {
    /// The key and the salt behind it; ours must come from a cryptographic random source.
    #[must_use]
    pub const fn new(bytes: [u8; MASTER_BYTES]) -> Self {
        Self(bytes)
    }

    /// Key and salt, to be written into a description.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; MASTER_BYTES] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// What offer and answer settled about the protection of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// How, in both directions.
    pub suite: Suite,
    /// What we send is protected with it.
    pub ours: MasterKey,
    /// What the peer sends is protected with it.
    pub theirs: MasterKey,
}

/// The header of an RTP packet (RFC 3550 §5.1): it stays readable.
struct RtpHeader {
    /// Octets, with its sources and extension; no more than the packet has.
    len: usize,
    sequence: u16,
    ssrc: u32,
}

impl RtpHeader {
    fn read(packet: &[u8]) -> Option<Self> {
        let [first, _, high, low, _, _, _, _, ssrc @ ..] = packet.first_chunk::<12>()?;
        if first >> 6 != 2 {
            return None;
        }
        let sources = 12 + usize::from(first & 15) * 4;
        let extension = if first & 0x10 == 0 {
            0
        } else {
            let words = packet.get(sources + 2..sources + 4)?.first_chunk::<2>()?;
            4 + usize::from(u16::from_be_bytes(*words)) * 4
        };
        let len = Some(sources + extension).filter(|len| *len <= packet.len())?;
        let sequence = u16::from_be_bytes([*high, *low]);
        Some(Self { len, sequence, ssrc: u32::from_be_bytes(*ssrc) })
    }
}

/// The source of the first packet of an RTCP compound.
fn rtcp_ssrc(packet: &[u8]) -> Option<u32> {
    packet.first().filter(|first| **first >> 6 == 2)?;
    packet.get(4..8)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests;
