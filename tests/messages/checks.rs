//! What must hold for any bytes at all, for the fuzz targets of texts.

use mayorline::domain::message::{Command, command};
use mayorline::wire::mime::{Mail, SUBJECT_CHARS_MAX};
use mayorline::wire::sms::{Incoming, decode, parts_of, split};
use mayorline::wire::spool::{Content, Outcome, Received};

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

/// A file of smsd's spool is read or refused, and says the same when read again.
pub(crate) fn spool(bytes: &[u8]) -> bool {
    let outcomes = [Outcome::sent(bytes), Outcome::failed(bytes)];
    assert_eq!(outcomes, [Outcome::sent(bytes), Outcome::failed(bytes)]);
    let Ok(file) = Received::parse(bytes) else { return false };
    match file.content() {
        Content::Parts(parts) => {
            assert!(file.is_complete(), "a PDU says where it ends");
            assert_eq!(parts.len(), file.pdus.len());
        }
        Content::Words(words) => {
            assert!(words.suspect, "what smsd made of a text is no proof of it");
            assert!(words.text.len() <= bytes.len() * 3, "no more than was there");
        }
    }
    // What was seen half written is not taken for whole: only the octets of a body may be missing.
    let head = bytes.windows(2).position(|pair| pair == b"\n\n" || pair == b"\n\r");
    let cut = bytes.get(..head.unwrap_or_default()).unwrap_or_default();
    assert!(Received::parse(cut).is_err(), "the headers have no end");
    true
}

/// A short text is a command or a citizen's matter; what does not show changes nothing.
pub(crate) fn short_text(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let asked = command(&text);
    let hidden: String = text.chars().flat_map(|c| ['\u{200B}', c]).collect();
    let again = command(&hidden);
    match (&asked, &again) {
        (
            Some(Command::Rate { grade, remark }),
            Some(Command::Rate { grade: same, remark: seen }),
        ) => {
            assert_eq!(grade, same);
            assert_eq!(remark, seen);
            assert!(
                without_hidden(&text).contains(remark.as_str()),
                "a remark is what was written: {remark:?}"
            );
        }
        (asked, again) => assert_eq!(asked, again),
    }
    asked.is_some()
}

/// Without the characters that no screen shows.
fn without_hidden(text: &str) -> String {
    let hidden = |c: &char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}');
    text.chars().filter(|c| !hidden(c)).collect()
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
