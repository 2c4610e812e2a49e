//! What must hold for any bytes at all. Shared by the tests here and the targets in `fuzz/`; each
//! tells whether the bytes were understood.

use mayorline::wire::{rtcp, rtp, telephone_event, wav};

/// A packet that is understood carries no more than came, and its header writes back.
pub(crate) fn rtp(bytes: &[u8]) -> bool {
    let Ok(packet) = rtp::parse(bytes) else { return false };
    assert!(packet.payload.len() + rtp::HEADER_LEN <= bytes.len());
    let mut header = [0; rtp::HEADER_LEN];
    packet.header.write(&mut header);
    assert_eq!(header[1..], bytes[1..rtp::HEADER_LEN]);
    assert_eq!(rtp::parse(&header).map(|p| p.header), Ok(packet.header));
    true
}

/// A compound that is understood was reported by somebody, and what it says writes back.
pub(crate) fn rtcp(bytes: &[u8]) -> bool {
    let about = bytes.get(8..12).and_then(|b| b.first_chunk::<4>());
    let about = about.map_or(0, |&b| u32::from_be_bytes(b));
    let Ok(received) = rtcp::parse(bytes, about) else { return false };
    let Some(ssrc) = received.ssrc else { panic!("a compound without a report was understood") };
    let block = received.block.map(|b| rtcp::Block { lost: b.lost.min(0x7F_FFFF), ..b });
    let (sender, bye) = (received.sender, received.bye);
    let report = rtcp::Report { ssrc, sender, block, cname: "line@mayorline.invalid", bye };
    let mut written = [0; rtcp::REPORT_BYTES_MAX + 8];
    let Some(len) = report.write(&mut written) else { panic!("a report did not fit") };
    let about = block.map_or(0, |b| b.ssrc);
    let again = rtcp::parse(&written[..len], about);
    assert_eq!(again, Ok(rtcp::Received { ssrc: Some(ssrc), sender, block, bye }));
    true
}

/// An event that is understood writes back, but for the reserved bit.
pub(crate) fn telephone_event(bytes: &[u8]) -> bool {
    let Ok(event) = telephone_event::parse(bytes) else { return false };
    assert_eq!(event.write(), [bytes[0], bytes[1] & 0xBF, bytes[2], bytes[3]]);
    true
}

/// A file that is understood holds whole frames that lie within it.
pub(crate) fn wav(bytes: &[u8]) -> bool {
    let Ok(wav) = wav::parse(bytes) else { return false };
    assert!(wav.data.len() <= bytes.len());
    assert_eq!(wav.samples().count(), wav.frames() * usize::from(wav.channels.count()));
    assert_eq!(wav.track(0).count(), wav.frames());
    true
}
