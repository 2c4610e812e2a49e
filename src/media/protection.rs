//! The protection of one leg's packets by SRTP, where it was agreed. A packet that is not genuine
//! is dropped and counted; it never ends a call.

use crate::wire::WireError;
use crate::wire::rtp::PACKET_BYTES_MAX;
use crate::wire::srtp::{Keys, Opener, Protector};

/// Both directions of a leg.
#[derive(Debug)]
pub(super) struct Protection {
    keys: Keys,
    ours: Protector,
    theirs: Opener,
}

impl Protection {
    pub(super) fn new(keys: Keys) -> Self {
        Self {
            keys,
            ours: Protector::new(keys.suite, &keys.ours),
            theirs: Opener::new(keys.suite, &keys.theirs),
        }
    }

    /// After a new offer and answer: a direction whose key is as before goes on, counters included.
    pub(super) fn update(&mut self, keys: Keys) {
        let before = std::mem::replace(&mut self.keys, keys);
        if before.ours != keys.ours {
            self.ours = Protector::new(keys.suite, &keys.ours);
        }
        if before.theirs != keys.theirs {
            self.theirs = Opener::new(keys.suite, &keys.theirs);
        }
        self.ours.set_suite(keys.suite);
        self.theirs.set_suite(keys.suite);
    }

    /// Protects the RTP packet in the first `len` bytes; gives its new length.
    pub(super) fn rtp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        self.ours.rtp(buffer, len)
    }

    /// Protects the RTCP compound in the first `len` bytes; gives its new length.
    pub(super) fn rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        self.ours.rtcp(buffer, len)
    }

    /// Opens a datagram of the RTP socket into `plain`.
    pub(super) fn open_rtp<'a>(
        &mut self,
        bytes: &[u8],
        plain: &'a mut [u8; PACKET_BYTES_MAX],
    ) -> Result<&'a [u8], WireError> {
        let plain = copied(bytes, plain)?;
        let len = self.theirs.rtp(plain)?;
        Ok(&plain[..len])
    }

    /// Opens a datagram of the RTCP socket into `plain`.
    pub(super) fn open_rtcp<'a>(
        &mut self,
        bytes: &[u8],
        plain: &'a mut [u8; PACKET_BYTES_MAX],
    ) -> Result<&'a [u8], WireError> {
        let plain = copied(bytes, plain)?;
        let len = self.theirs.rtcp(plain)?;
        Ok(&plain[..len])
    }
}

fn copied<'a>(
    bytes: &[u8],
    plain: &'a mut [u8; PACKET_BYTES_MAX],
) -> Result<&'a mut [u8], WireError> {
    let place = plain.get_mut(..bytes.len()).ok_or(WireError::TooLarge("SRTP packet"))?;
    place.copy_from_slice(bytes);
    Ok(place)
}
