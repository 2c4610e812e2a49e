//! What must hold for any bytes at all, for the fuzz targets of carriers.

use mayorline::wire::cmpp::{Body, Pdu, Version, frame};
use mayorline::wire::smpp;
use mayorline::wire::sms::{CARRIED_BYTES_MAX, Carried};

/// A PDU of CMPP is read or refused in either version; what is read is written as it was, but for what stands
/// behind the ends of texts.
pub(crate) fn cmpp(bytes: &[u8]) -> bool {
    let Ok(Some(pdu)) = frame(bytes) else { return false };
    let read = [Version::V2, Version::V3].map(|version| {
        let Ok(pdu) = Pdu::parse(pdu, version) else { return false };
        if let Body::Deliver(deliver) = &pdu.body {
            let _ = deliver.report();
            if let Ok(text) = deliver.text() {
                assert!(text.content.0.len() <= CARRIED_BYTES_MAX);
                assert!(Carried::decode([&text]).text.len() <= 4 * 255, "four octets a character");
            }
        }
        if let Ok(again) = pdu.write(version) {
            assert_eq!(Pdu::parse(&again, version), Ok(pdu), "what was written reads the same");
        }
        true
    });
    read.contains(&true)
}

/// A PDU of SMPP is read or refused; what is read of it can be written and reads the same.
pub(crate) fn smpp(bytes: &[u8]) -> bool {
    let Ok(Some(pdu)) = smpp::frame(bytes) else { return false };
    let Ok(pdu) = smpp::Pdu::parse(pdu) else { return false };
    if let smpp::Body::Deliver(deliver) = &pdu.body {
        if let Ok(receipt) = deliver.receipt() {
            assert!(!smpp::message_id_variants(&receipt.message_id).is_empty());
        }
        if let Ok(text) = deliver.text() {
            assert!(text.content.0.len() <= CARRIED_BYTES_MAX);
            let _ = Carried::decode([&text]);
        }
    }
    if let Ok(again) = pdu.write() {
        let read = smpp::Pdu::parse(&again);
        assert_eq!(read, Ok(pdu), "what was written reads the same");
    }
    true
}
