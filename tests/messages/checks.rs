//! What must hold for any bytes at all, for the fuzz targets of texts.

use mayorline::wire::mime::{Mail, SUBJECT_CHARS_MAX};
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

/// A mail is read whatever it is: its lines are fit to be shown, its files lie within it.
pub(crate) fn mail(bytes: &[u8]) -> bool {
    let mail = Mail::read(bytes, Some("mx.example.org"));
    assert!(mail.subject.chars().count() <= SUBJECT_CHARS_MAX);
    assert!(!mail.subject.contains(char::is_control), "one line");
    assert!(!mail.text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')));
    let has_lost = [&mail.subject, &mail.text].iter().any(|text| text.contains('\u{FFFD}'));
    assert!(mail.suspect || !has_lost, "what is lost is told");
    for file in &mail.attachments {
        assert!(file.range.end <= bytes.len());
        assert!(file.bytes(bytes).len() <= bytes.len(), "nothing is unpacked");
        let name = file.name.as_deref().unwrap_or("x");
        assert!(!name.is_empty() && !name.contains(['/', '\\', '\0']), "fit to be saved");
    }
    !mail.from.is_empty() && !mail.text.is_empty()
}
