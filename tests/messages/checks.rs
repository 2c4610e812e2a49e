//! What must hold for any bytes at all, for the fuzz targets of texts.

use mayorline::wire::sms::{Incoming, decode, parts_of, split};

/// A PDU is read or refused; what it says can be sent again and reads the same.
pub(crate) fn pdu(bytes: &[u8]) -> bool {
    let _ = Incoming::parse_transfer(bytes);
    let Ok(Incoming::Deliver(deliver)) = Incoming::parse(bytes) else { return false };
    let heard = decode([&deliver.data]);
    assert!(heard.text.len() <= 640, "160 characters of 4 bytes at most");
    // What fits one message needs few.
    let Ok(again) = split(&heard.text, 7, false) else { panic!("{heard:?} is too long") };
    assert_eq!(again.len(), parts_of(&heard.text));
    let read = decode(&again);
    assert!(read.suspect || read.text == heard.text, "{heard:?} became {read:?}");
    true
}
