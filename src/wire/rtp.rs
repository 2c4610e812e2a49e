//! RTP packets (RFC 3550 §5.1): a small view of a received one and the header of one to send.
//! `rtp-rs` checks and builds the bytes; nothing here allocates.

use super::WireError;
use rtp_rs::{RtpPacketBuilder, RtpReader, Seq};

/// Length of the headers we send: no contributing sources, no extension.
pub const HEADER_LEN: usize = 12;

/// Largest packet that is read; one Ethernet frame. Larger ones are refused.
pub const PACKET_BYTES_MAX: usize = 1_500;

/// The fields of the fixed header that matter to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// First packet of a talk spurt (RFC 3551 §4.1), or of a telephone event.
    pub marker: bool,
    /// 7 bits.
    pub payload_type: u8,
    /// Counts packets, wraps.
    pub sequence: u16,
    /// Counts samples, wraps.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

impl Header {
    /// Writes the header. A payload type above 127 loses its top bit.
    pub fn write(&self, packet: &mut [u8; HEADER_LEN]) {
        let built = RtpPacketBuilder::new()
            .marked(self.marker)
            .payload_type(self.payload_type & 0x7F)
            .sequence(Seq::from(self.sequence))
            .timestamp(self.timestamp)
            .ssrc(self.ssrc)
            .build_into(packet);
        debug_assert!(built.is_ok(), "twelve bytes hold a plain header");
    }
}

/// A received packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// What it carries, without extension and padding.
    pub payload: &'a [u8],
}

/// Reads a datagram.
///
/// ```
/// use mayorline::wire::rtp;
/// let bytes = [0x80, 0x88, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4, 0xD5];
/// let packet = rtp::parse(&bytes)?;
/// assert_eq!((packet.header.payload_type, packet.header.marker), (8, true));
/// assert_eq!((packet.header.sequence, packet.payload), (7, &[0xD5][..]));
/// # Ok::<(), mayorline::wire::WireError>(())
/// ```
///
/// # Errors
/// `TooLarge` past [`PACKET_BYTES_MAX`], `Malformed` for anything that is no RTP version 2.
pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, WireError> {
    if bytes.len() > PACKET_BYTES_MAX {
        return Err(WireError::TooLarge("RTP packet"));
    }
    let reader = RtpReader::new(bytes).map_err(|_| WireError::Malformed("RTP packet"))?;
    let header = Header {
        marker: reader.mark(),
        payload_type: reader.payload_type(),
        sequence: reader.sequence_number().into(),
        timestamp: reader.timestamp(),
        ssrc: reader.ssrc(),
    };
    Ok(Packet { header, payload: reader.payload() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, RngExt, SeedableRng};

    const SEED: u64 = 0x5254_5001;
    const MUTATIONS: usize = 50_000;

    #[test]
    fn a_written_header_reads_back() {
        let mut rng = SmallRng::seed_from_u64(SEED);
        for _ in 0..1_000 {
            let header = Header {
                marker: rng.random(),
                payload_type: rng.random_range(0..128),
                sequence: rng.random(),
                timestamp: rng.random(),
                ssrc: rng.random(),
            };
            let mut bytes = [0xAA; HEADER_LEN];
            header.write(&mut bytes);
            assert_eq!(parse(&bytes), Ok(Packet { header, payload: &[] }));
        }
    }

    #[test]
    fn extension_sources_and_padding_are_skipped() {
        let mut bytes = vec![0xB1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend_from_slice(&[9; 4]); // one contributing source
        bytes.extend_from_slice(&[0, 0, 0, 1, 7, 7, 7, 7]); // an extension of one word
        bytes.extend_from_slice(&[1, 2, 3, 0, 2]); // three bytes of payload, two of padding
        assert_eq!(parse(&bytes).unwrap().payload, [1, 2, 3]);
    }

    #[test]
    fn lies_about_lengths_are_refused() {
        for bytes in [
            vec![],
            vec![0x80; 11],
            vec![0x40; 40],
            [vec![0x8F], vec![8; 20]].concat(),
            [vec![0x90], vec![8; 11], vec![0, 0, 0xFF, 0xFF]].concat(),
            [vec![0xA0], vec![8; 11], vec![200]].concat(),
            [vec![0xA0], vec![8; 11], vec![0]].concat(),
        ] {
            assert_eq!(parse(&bytes), Err(WireError::Malformed("RTP packet")), "{bytes:?}");
        }
        assert_eq!(parse(&[0x80; 9_000]), Err(WireError::TooLarge("RTP packet")));
    }

    #[test]
    fn mutated_packets_never_panic() {
        let mut rng = SmallRng::seed_from_u64(SEED);
        for _ in 0..MUTATIONS {
            let mut bytes = [0; 64];
            rng.fill_bytes(&mut bytes);
            bytes[0] = 0x80 | (bytes[0] & 0x3F);
            let len = rng.random_range(0..=bytes.len());
            if let Ok(packet) = parse(&bytes[..len]) {
                assert!(packet.payload.len() + HEADER_LEN <= len);
            }
        }
    }
}
