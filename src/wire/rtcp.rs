//! RTCP reports (RFC 3550 §6): what a peer's compound packet tells us, and the sender or receiver
//! report with our CNAME that we send. Reading uses `rtcp-types` packet by packet; source
//! descriptions are checked for length and skipped, because nothing here needs a peer's name.

use super::WireError;
use rtcp_types::{Bye, ReceiverReport, ReportBlock, RtcpPacketParser, SenderReport};

/// Largest compound packet that is read.
pub const PACKET_BYTES_MAX: usize = 1_500;
/// Packets in one compound that are looked at; the rest is not.
pub const PACKETS_MAX: usize = 8;
/// Longest CNAME that is written (RFC 3550 §6.5: at most 255).
pub const CNAME_BYTES_MAX: usize = 64;
/// Room that [`Report::write`] needs at most.
pub const REPORT_BYTES_MAX: usize = 28 + 24 + 8 + 2 + CNAME_BYTES_MAX + 4;

const TYPE_SENDER_REPORT: u8 = 200;
const TYPE_RECEIVER_REPORT: u8 = 201;
const TYPE_SOURCE_DESCRIPTION: u8 = 202;
const TYPE_BYE: u8 = 203;
const ITEM_CNAME: u8 = 1;

/// The sender's part of a sender report (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// NTP time of the report, 32.32 bits.
    pub ntp: u64,
    /// The same instant in samples of the stream.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// What a receiver reports about one source (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The source reported on.
    pub ssrc: u32,
    /// Share lost since the last report, of 256.
    pub fraction_lost: u8,
    /// Lost in total; written as 24 bits.
    pub lost: u32,
    /// Highest sequence number with its cycles.
    pub sequence: u32,
    /// Interarrival jitter in samples.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, 0 if none.
    pub last_report: u32,
    /// Time since then in 1/65,536 s.
    pub since_last_report: u32,
}

/// What a compound packet says that matters to one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Who reports.
    pub ssrc: Option<u32>,
    /// From a sender report.
    pub sender: Option<Sender>,
    /// What it says about the source asked for.
    pub block: Option<Block>,
    /// The source takes its leave.
    pub bye: bool,
}

/// Reads a compound packet; `about` is the source whose report block is wanted (ours).
///
/// # Errors
/// `TooLarge` past [`PACKET_BYTES_MAX`], `Malformed` when a length lies, a report is broken, or
/// the compound does not begin with a report (RFC 3550 §6.1).
pub fn parse(bytes: &[u8], about: u32) -> Result<Received, WireError> {
    const BROKEN: WireError = WireError::Malformed("RTCP packet");
    if bytes.len() > PACKET_BYTES_MAX {
        return Err(WireError::TooLarge("RTCP packet"));
    }
    let mut received = Received::default();
    let mut rest = bytes;
    for _ in 0..PACKETS_MAX {
        if rest.is_empty() {
            break;
        }
        let (kind, packet, after) = split(rest).ok_or(BROKEN)?;
        read(kind, packet, about, &mut received).ok_or(BROKEN)?;
        // RFC 3550 §6.1: the first packet of a compound must be a report.
        received.ssrc.ok_or(BROKEN)?;
        rest = after;
    }
    received.ssrc.ok_or(BROKEN)?;
    Ok(received)
}

/// The type and bytes of the first packet, and what follows it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let &[first, kind, high, low] = bytes.first_chunk::<4>()?;
    let len = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
    if first >> 6 != 2 || len > bytes.len() {
        return None;
    }
    let (packet, after) = bytes.split_at(len);
    Some((kind, packet, after))
}

fn read(kind: u8, packet: &[u8], about: u32, received: &mut Received) -> Option<()> {
    match kind {
        TYPE_SENDER_REPORT => {
            let report = SenderReport::parse(packet).ok()?;
            received.ssrc = Some(report.ssrc());
            received.sender = Some(Sender {
                ntp: report.ntp_timestamp(),
                rtp_timestamp: report.rtp_timestamp(),
                packets: report.packet_count(),
                octets: report.octet_count(),
            });
            received.block = report.report_blocks().find(|b| b.ssrc() == about).map(|b| block(&b));
        }
        TYPE_RECEIVER_REPORT => {
            let report = ReceiverReport::parse(packet).ok()?;
            received.ssrc = Some(report.ssrc());
            received.block = report.report_blocks().find(|b| b.ssrc() == about).map(|b| block(&b));
        }
        TYPE_BYE => {
            let bye = Bye::parse(packet).ok()?;
            received.bye |= bye.ssrcs().any(|ssrc| Some(ssrc) == received.ssrc);
        }
        _ => {}
    }
    Some(())
}

fn block(block: &ReportBlock<'_>) -> Block {
    Block {
        ssrc: block.ssrc(),
        fraction_lost: block.fraction_lost(),
        lost: block.cumulative_lost(),
        sequence: block.extended_sequence_number(),
        jitter: block.interarrival_jitter(),
        last_report: block.last_sender_report_timestamp(),
        since_last_report: block.delay_since_last_sender_report_timestamp(),
    }
}

/// A report to send: a sender report when `sender` is there, else a receiver report, then SDES.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Our source.
    pub ssrc: u32,
    /// Present when we sent since the last report.
    pub sender: Option<Sender>,
    /// What we heard.
    pub block: Option<Block>,
    /// Our canonical name; what is past [`CNAME_BYTES_MAX`] is cut.
    pub cname: &'a str,
    /// We take our leave.
    pub bye: bool,
}

impl Report<'_> {
    /// Writes the compound packet and tells its length; `None` when `packet` is too small
    /// ([`REPORT_BYTES_MAX`] and 8 more for a BYE always suffice).
    pub fn write(&self, packet: &mut [u8]) -> Option<usize> {
        let mut out = Writer { packet, at: 0 };
        let blocks = u8::from(self.block.is_some());
        let words = 6 * u16::from(blocks);
        match self.sender {
            Some(sender) => {
                out.start(blocks, TYPE_SENDER_REPORT, 6 + words, self.ssrc)?;
                out.put(&sender.ntp.to_be_bytes())?;
                out.word(sender.rtp_timestamp)?;
                out.word(sender.packets)?;
                out.word(sender.octets)?;
            }
            None => out.start(blocks, TYPE_RECEIVER_REPORT, 1 + words, self.ssrc)?,
        }
        if let Some(block) = &self.block {
            out.word(block.ssrc)?;
            out.word((u32::from(block.fraction_lost) << 24) | block.lost.min(0x7F_FFFF))?;
            out.word(block.sequence)?;
            out.word(block.jitter)?;
            out.word(block.last_report)?;
            out.word(block.since_last_report)?;
        }
        self.write_description(&mut out)?;
        if self.bye {
            out.start(1, TYPE_BYE, 1, self.ssrc)?;
        }
        Some(out.at)
    }

    fn write_description(&self, out: &mut Writer<'_>) -> Option<()> {
        let name = self.cname.as_bytes();
        let name = name.get(..CNAME_BYTES_MAX).unwrap_or(name);
        // The item list ends with one to four zero bytes up to the next word.
        let words = (2 + name.len()) / 4 + 1;
        out.start(1, TYPE_SOURCE_DESCRIPTION, 1 + u16::try_from(words).ok()?, self.ssrc)?;
        out.put(&[ITEM_CNAME, u8::try_from(name.len()).ok()?])?;
        out.put(name)?;
        out.put([0; 4].get(..words * 4 - 2 - name.len())?)
    }
}

struct Writer<'a> {
    packet: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at + bytes.len();
        self.packet.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }

    fn word(&mut self, word: u32) -> Option<()> {
        self.put(&word.to_be_bytes())
    }

    fn start(&mut self, count: u8, kind: u8, words: u16, ssrc: u32) -> Option<()> {
        self.put(&[0x80 | count, kind])?;
        self.put(&words.to_be_bytes())?;
        self.word(ssrc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};
    use rtcp_types::{Compound, Packet};

    const SEED: u64 = 0x5254_4350;
    const MUTATIONS: usize = 50_000;
    const OURS: u32 = 0x1234_5678;

    const SENDER: Sender = Sender { ntp: 7 << 32, rtp_timestamp: 160, packets: 3, octets: 480 };
    const BLOCK: Block = Block {
        ssrc: OURS,
        fraction_lost: 12,
        lost: 34,
        sequence: 0x0001_FFFF,
        jitter: 5,
        last_report: 6,
        since_last_report: 7,
    };

    fn report(sender: Option<Sender>, bye: bool) -> Vec<u8> {
        let cname = "line@mayorline.invalid";
        let report = Report { ssrc: 9, sender, block: Some(BLOCK), cname, bye };
        let mut bytes = [0; REPORT_BYTES_MAX + 8];
        let len = report.write(&mut bytes).unwrap();
        bytes[..len].to_vec()
    }

    #[test]
    fn what_is_written_reads_back() {
        for sender in [Some(SENDER), None] {
            for bye in [false, true] {
                let received = parse(&report(sender, bye), OURS).unwrap();
                let wanted = Received { ssrc: Some(9), sender, block: Some(BLOCK), bye };
                assert_eq!(received, wanted);
            }
        }
        assert_eq!(parse(&report(None, false), OURS + 1).unwrap().block, None);
    }

    #[test]
    fn another_reader_understands_the_compound() {
        let bytes = report(Some(SENDER), true);
        let packets: Vec<_> = Compound::parse(&bytes).unwrap().map(Result::unwrap).collect();
        let [Packet::Sr(_), Packet::Sdes(sdes), Packet::Bye(_)] = &packets[..] else {
            panic!("{packets:?}");
        };
        let item = sdes.chunks().next().unwrap().items().next().unwrap().get_value_string();
        assert_eq!(item.unwrap(), "line@mayorline.invalid");
    }

    #[test]
    fn every_length_of_name_ends_on_a_word() {
        for len in 0..=CNAME_BYTES_MAX + 3 {
            let cname = "n".repeat(len);
            let report = Report {
                ssrc: 1,
                sender: Some(SENDER),
                block: Some(BLOCK),
                cname: &cname,
                bye: false,
            };
            let mut bytes = [0; REPORT_BYTES_MAX];
            let len = report.write(&mut bytes).unwrap();
            assert!(Compound::parse(&bytes[..len]).unwrap().all(|p| p.is_ok()));
            assert_eq!(report.write(&mut bytes[..20]), None);
        }
    }

    #[test]
    fn a_compound_must_begin_with_a_report() {
        let bytes = report(None, false);
        assert!(parse(&bytes[32..], OURS).is_err());
        assert!(parse(&[], OURS).is_err());
        assert!(parse(&[0x80; 9_000], OURS).is_err());
    }

    #[test]
    fn mutated_reports_never_panic() {
        let mut rng = SmallRng::seed_from_u64(SEED);
        let good = report(Some(SENDER), true);
        for _ in 0..MUTATIONS {
            let mut bytes = good.clone();
            for _ in 0..rng.random_range(1..5) {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
            bytes.truncate(rng.random_range(0..=bytes.len()));
            let _ = parse(&bytes, OURS);
        }
    }
}
