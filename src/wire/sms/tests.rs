//! Known PDUs, and what holds for all of them.

use super::*;
use proptest::prelude::*;

/// An SMS-DELIVER made by hand, octet by octet, apart from what is tested.
struct Made {
    first: u8,
    address: Vec<u8>,
    scheme: u8,
    length: u8,
    content: Vec<u8>,
}

impl Made {
    fn ucs2(content: Vec<u8>) -> Self {
        let address = vec![0x0D, 0x91, 0x68, 0x91, 0x09, 0x00, 0x00, 0x00, 0xF1];
        let length = u8::try_from(content.len()).unwrap();
        Self { first: 0x04, address, scheme: 0x08, length, content }
    }

    fn bytes(&self) -> Vec<u8> {
        let time = [0x62, 0x11, 0x22, 0x02, 0x31, 0x15, 0x23];
        let mut bytes = vec![0, self.first];
        bytes.extend_from_slice(&self.address);
        bytes.extend_from_slice(&[0, self.scheme]);
        bytes.extend_from_slice(&time);
        bytes.push(self.length);
        bytes.extend_from_slice(&self.content);
        bytes
    }

    fn read(&self) -> Result<Deliver, WireError> {
        match Incoming::parse(&self.bytes())? {
            Incoming::Deliver(deliver) => Ok(deliver),
            Incoming::StatusReport(_) => panic!("it was a text"),
        }
    }
}

fn deliver(line: &str) -> Deliver {
    match Incoming::parse_line(line).unwrap() {
        Incoming::Deliver(deliver) => deliver,
        Incoming::StatusReport(_) => panic!("it was a text"),
    }
}

fn big_endian(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn the_text_of_the_standard_s_annex_reads() {
    // "hellohello" in seven bits, as every manual shows it.
    let text = deliver("07911326040000F0040B911346610089F60000208062917314080AE8329BFD4697D9EC37");
    assert_eq!(text.origin.dialled(), "+31641600986");
    assert_eq!(decode([&text.data]).text, "hellohello");
    let sent = text.sent.at.unwrap();
    assert_eq!(sent.to_string(), "2002-08-26T19:37:41Z");
}

#[test]
fn a_chinese_text_reads_with_its_time_in_the_city_s_zone() {
    let text = Made::ucs2(big_endian("路灯不亮😀")).read().unwrap();
    assert_eq!(decode([&text.data]), Text { text: "路灯不亮😀".to_owned(), suspect: false });
    assert_eq!(text.sent.at.unwrap().to_string(), "2026-11-22T12:13:51Z");
    assert!(!text.data.coding.is_flash && !text.origin.is_name());
}

#[test]
fn a_name_in_place_of_a_number_reads() {
    // "CMCC" in seven bits: 28 bits are 7 half octets.
    let address = vec![0x07, 0xD0, 0xC3, 0xE6, 0x70, 0x08];
    let text = Made { address, ..Made::ucs2(big_endian("话费")) }.read().unwrap();
    assert_eq!(text.origin.dialled(), "CMCC");
    assert!(text.origin.is_name());
}

#[test]
fn a_time_that_is_none_is_kept_as_it_came() {
    let mut bytes = Made::ucs2(big_endian("好")).bytes();
    bytes[13..20].copy_from_slice(&[0xFF; 7]);
    let Ok(Incoming::Deliver(text)) = Incoming::parse(&bytes) else { panic!("refused") };
    assert_eq!(text.sent, ServiceTime { octets: [0xFF; 7], at: None });
}

#[test]
fn zones_behind_universal_time_have_a_sign() {
    // -5 hours: 20 quarters, bit 3 set.
    let mut bytes = Made::ucs2(big_endian("好")).bytes();
    bytes[19] = 0x0A;
    let Ok(Incoming::Deliver(text)) = Incoming::parse(&bytes) else { panic!("refused") };
    assert_eq!(text.sent.at.unwrap().to_string(), "2026-11-23T01:13:51Z");
}

#[test]
fn the_octet_of_coding_reads_by_its_table() {
    use Alphabet::{Compressed, Gsm7, Octets, Ucs2};
    for (scheme, alphabet, is_flash) in [
        (0x00, Gsm7, false),
        (0x04, Octets, false),
        (0x08, Ucs2, false),
        (0x0C, Gsm7, false),
        (0x10, Gsm7, true),
        (0x11, Gsm7, false),
        (0x18, Ucs2, true),
        (0x20, Compressed, false),
        (0x48, Ucs2, false),
        (0x80, Gsm7, false),
        (0xC0, Gsm7, false),
        (0xE0, Ucs2, false),
        (0xF0, Gsm7, true),
        (0xF5, Octets, false),
        (0xF2, Gsm7, false),
    ] {
        assert_eq!(Coding::of(scheme), Coding { alphabet, is_flash }, "{scheme:#04x}");
    }
}

#[test]
fn a_report_tells_what_became_of_which_text() {
    // Reference 5 to +8619900000001, taken 20:13:51, delivered 20:13:55.
    let line = "0006050D91689109000000F1621122023115236211220231552300";
    let Incoming::StatusReport(report) = Incoming::parse_line(line).unwrap() else {
        panic!("a text")
    };
    assert_eq!((report.reference, report.outcome()), (5, Outcome::Delivered));
    assert_eq!(report.recipient.dialled(), "+8619900000001");
    assert_eq!(report.discharged.at.unwrap().to_string(), "2026-11-22T12:13:55Z");
    for (status, outcome) in [
        (0x01, Outcome::Unconfirmed),
        (0x30, Outcome::Trying),
        (0x46, Outcome::Failed),
        (0x62, Outcome::GivenUp),
        (0xC0, Outcome::GivenUp),
    ] {
        assert_eq!(StatusReport { status, ..report.clone() }.outcome(), outcome);
    }
}

#[test]
fn parts_say_their_place_and_a_part_that_cannot_be_is_none() {
    let with_header = |header: &[u8]| {
        let content = [header, &big_endian("好")].concat();
        Made { first: 0x44, ..Made::ucs2(content) }.read()
    };
    let part = with_header(&[5, 0, 3, 0x12, 3, 2]).unwrap().data.part.unwrap();
    assert_eq!((part.reference, part.is_wide, part.total, part.number), (0x12, false, 3, 2));
    let part = with_header(&[6, 8, 4, 0x12, 0x34, 3, 2]).unwrap().data.part.unwrap();
    assert_eq!((part.reference, part.is_wide, part.total, part.number), (0x1234, true, 3, 2));
    // An unknown element stands before it.
    let part = with_header(&[9, 0x24, 2, 1, 1, 0, 3, 7, 2, 1]).unwrap().data.part.unwrap();
    assert_eq!(part.reference, 7);
    for header in [[5, 0, 3, 1, 0, 0], [5, 0, 3, 1, 2, 0], [5, 0, 3, 1, 2, 3]] {
        let text = with_header(&header).unwrap();
        assert_eq!(text.data.part, None);
        assert_eq!(decode([&text.data]).text, "好");
    }
    for header in [&[0xC8, 0, 3][..], &[0xFF][..]] {
        assert!(with_header(header).is_err(), "{header:?}: the text begins nowhere");
    }
}

#[test]
fn of_a_header_that_breaks_off_counts_what_stands_before() {
    let with_header = |header: &[u8]| {
        let content = [header, &big_endian("好")].concat();
        Made { first: 0x44, ..Made::ucs2(content) }.read().unwrap().data
    };
    let part = Part { reference: 0x12, is_wide: false, total: 3, number: 2 };
    for (header, expected) in [
        // An octet too many, an element without its length, one that is too long.
        (&[6, 0, 3, 0x12, 3, 2, 0][..], Some(part)),
        (&[6, 0, 3, 0x12, 3, 2, 0x24], Some(part)),
        (&[8, 0, 3, 0x12, 3, 2, 0x24, 9, 1], Some(part)),
        // The part itself is cut off.
        (&[5, 0, 9, 0x12, 3, 2], None),
        (&[4, 0, 3, 0x12, 3], None),
        (&[1, 0], None),
    ] {
        let data = with_header(header);
        assert_eq!((data.part, data.is_header_damaged), (expected, true), "{header:?}");
        assert_eq!(decode([&data]), Text { text: "好".to_owned(), suspect: true }, "{header:?}");
    }
    let whole = with_header(&[5, 0, 3, 0x12, 3, 2]);
    assert_eq!((whole.part, whole.is_header_damaged), (Some(part), false));
}

#[test]
fn what_is_too_long_or_cut_off_is_refused() {
    let whole = Made::ucs2(big_endian("路灯不亮")).bytes();
    for length in 0..whole.len() {
        assert!(Incoming::parse(&whole[..length]).is_err(), "{length} octets");
    }
    assert_eq!(
        Made { length: 141, ..Made::ucs2(vec![0; 141]) }.read().unwrap_err(),
        WireError::TooLarge("short message")
    );
    assert_eq!(
        Incoming::parse(&[0; PDU_BYTES_MAX + 1]).unwrap_err(),
        WireError::TooLarge("short message PDU")
    );
    assert!(Incoming::parse_line("00040D9168").is_err());
    assert!(Incoming::parse_line("00040D916Z").is_err());
    assert!(Incoming::parse_line(&"0".repeat(PDU_BYTES_MAX * 2 + 2)).is_err());
}

#[test]
fn octets_in_the_other_order_are_read_and_marked() {
    let little: Vec<u8> = "我要投诉 abc".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = Made::ucs2(little.clone()).read().unwrap();
    assert_eq!(decode([&text.data]), Text { text: "我要投诉 abc".to_owned(), suspect: true });
    // With a byte order mark nothing is guessed.
    let text = Made::ucs2([vec![0xFF, 0xFE], little].concat()).read().unwrap();
    assert_eq!(decode([&text.data]), Text { text: "我要投诉 abc".to_owned(), suspect: false });
    let text = Made::ucs2([vec![0xFE, 0xFF], big_endian("好")].concat()).read().unwrap();
    assert_eq!(decode([&text.data]).text, "好");
    // Rare characters in the right order stay.
    let text = Made::ucs2(big_endian("㐂𠀀䶮")).read().unwrap();
    assert_eq!(decode([&text.data]), Text { text: "㐂𠀀䶮".to_owned(), suspect: false });
}

#[test]
fn a_lone_half_of_a_character_is_marked() {
    let text = Made::ucs2(vec![0x4F, 0x60, 0xD8, 0x3D]).read().unwrap();
    assert_eq!(decode([&text.data]), Text { text: "你\u{FFFD}".to_owned(), suspect: true });
}

#[test]
fn a_character_across_two_parts_is_whole_when_they_are_joined() {
    let octets = big_endian("灯😀");
    for cut in 0..=octets.len() {
        let pieces = [&octets[..cut], &octets[cut..]];
        let data = pieces.map(|piece| Made::ucs2(piece.to_vec()).read().unwrap().data);
        assert_eq!(decode(&data), Text { text: "灯😀".to_owned(), suspect: false }, "{cut}");
    }
}

#[test]
fn the_extension_and_what_it_lacks_read_by_the_standard() {
    let septets = |codes: &[u8]| {
        let coding = Coding { alphabet: Alphabet::Gsm7, is_flash: false };
        let payload = Payload::Septets(codes.to_vec());
        decode([&UserData { is_header_damaged: false, coding, part: None, payload }])
    };
    assert_eq!(septets(&[0x1B, 0x65, 0x1B, 0x28, 0x00]).text, "€{@");
    // No such character in the extension: the one of the default alphabet.
    assert_eq!(septets(&[0x1B, 0x41]), Text { text: "A".to_owned(), suspect: true });
    assert_eq!(septets(&[0x41, 0x1B]), Text { text: "A".to_owned(), suspect: true });
}

#[test]
fn texts_take_as_many_messages_as_the_standard_says() {
    for (text, parts) in [
        (String::new(), 1),
        ("a".repeat(160), 1),
        ("a".repeat(161), 2),
        ("a".repeat(306), 2),
        ("a".repeat(307), 3),
        // 80 characters of the extension fill a message, and none stands across two parts.
        ("€".repeat(80), 1),
        ("€".repeat(153), 3),
        ("好".repeat(70), 1),
        ("好".repeat(71), 2),
        ("好".repeat(134), 2),
        ("好".repeat(135), 3),
        // 33 pairs of units fill 66 of 67 units.
        ("😀".repeat(35), 1),
        ("😀".repeat(67), 3),
    ] {
        assert_eq!(parts_of(&text), parts, "{} characters", text.chars().count());
        assert_eq!(split(&text, 1, false).unwrap().len(), parts);
    }
    assert_eq!(split(&"好".repeat(67 * 255), 1, false).unwrap().len(), 255);
    assert_eq!(
        split(&"好".repeat(67 * 255 + 1), 1, false).unwrap_err(),
        WireError::TooLarge("short message")
    );
}

#[test]
fn a_text_of_ours_is_written_octet_by_octet_as_a_modem_takes_it() {
    let data = split("Test", 0, false).unwrap().remove(0);
    let submit = Submit {
        destination: Destination::number("+8619900000001").unwrap(),
        wants_report: true,
        validity: Validity::of_minutes(24 * 60),
        data,
    };
    let (length, line) = submit.line();
    assert_eq!(line, "0031000D91689109000000F10000A704D4F29C0E");
    assert_eq!(length, line.len() / 2 - 1);
    for none in ["", "+", "+86 199", "123456789012345678901", "CMCC", "12a"] {
        assert_eq!(Destination::number(none), None, "{none}");
    }
}

#[test]
fn an_answer_goes_to_a_number_and_never_to_a_name() {
    let from = |address: Vec<u8>| {
        let text = Made { address, ..Made::ucs2(big_endian("好")) }.read().unwrap();
        Destination::answering(&text.origin).map(|destination| destination.dialled())
    };
    let number = vec![0x0D, 0x91, 0x68, 0x91, 0x09, 0x00, 0x00, 0x00, 0xF1];
    assert_eq!(from(number).as_deref(), Some("+8619900000001"));
    assert_eq!(from(vec![0x05, 0xA1, 0x01, 0x80, 0xF6]).as_deref(), Some("10086"));
    assert_eq!(from(vec![0x07, 0xD0, 0xC3, 0xE6, 0x70, 0x08]), None, "CMCC");
    assert_eq!(from(vec![0x00, 0x81]), None, "no number");
    assert_eq!(from(vec![0x02, 0x81, 0xC1]), None, "1a");
}

#[test]
fn a_filler_ends_a_number_wherever_it_stands() {
    let dialled = |address: Vec<u8>| {
        let text = Made { address, ..Made::ucs2(big_endian("好")) }.read().unwrap();
        text.origin.dialled()
    };
    // The centre counted the filler.
    assert_eq!(dialled(vec![0x06, 0x81, 0x01, 0x80, 0xF6]), "10086");
    assert_eq!(dialled(vec![0x06, 0x81, 0x01, 0x8F, 0x46]), "10");
    assert_eq!(dialled(vec![0x04, 0x91, 0xFF, 0xFF]), "+");
}

#[test]
fn a_type_that_is_reserved_is_taken_as_a_text_and_a_report_on_what_we_sent_is_none() {
    let made = |kind: u8| Made { first: 0x04 | kind, ..Made::ucs2(big_endian("好")) };
    let Ok(Incoming::Deliver(text)) = Incoming::parse(&made(0b11).bytes()) else { panic!() };
    assert_eq!(decode([&text.data]).text, "好");
    let refused = Err(WireError::Unsupported("short message type"));
    assert_eq!(Incoming::parse(&made(0b01).bytes()), refused);
}

#[test]
fn what_a_citizen_wrote_is_in_no_log() {
    let text = Made::ucs2(big_endian("路灯不亮")).read().unwrap();
    let heard = decode([&text.data]);
    assert_eq!(format!("{heard:?}"), "Text(4 characters)");
    let suspect = Text { suspect: true, ..heard };
    assert_eq!(format!("{suspect:?}"), "Text(4 characters, suspect)");
    let submit = Submit {
        destination: Destination::number("+8619900000001").unwrap(),
        wants_report: false,
        validity: Validity::of_minutes(60),
        data: text.data.clone(),
    };
    for told in [format!("{text:?}"), format!("{submit:?}"), format!("{suspect:?}")] {
        assert!(!told.contains("990") && !told.contains("路灯"), "{told}");
    }
}

#[test]
fn validity_is_never_shorter_than_asked_but_for_the_longest() {
    for minutes in (1..=635_040).step_by(7) {
        let validity = Validity::of_minutes(minutes);
        assert!(validity.minutes() >= minutes, "{minutes}");
    }
    assert_eq!(Validity::of_minutes(5).minutes(), 5);
    assert_eq!(Validity::of_minutes(24 * 60).minutes(), 24 * 60);
    assert_eq!(Validity::of_minutes(u32::MAX).minutes(), 63 * 7 * 24 * 60);
}

/// Turns a text of ours around, as a network does: the same content in an SMS-DELIVER.
fn returned(data: &UserData, submitted: &Submit) -> Deliver {
    let written = submitted.write();
    // Type, reference, address of 9 octets, protocol, coding, validity, then the data.
    let data_at = 2 + 9 + 3;
    let first = if data.part.is_some() { 0x44 } else { 0x04 };
    let made = Made {
        first,
        address: written[2..11].to_vec(),
        scheme: written[12],
        length: written[data_at],
        content: written[data_at + 1..].to_vec(),
    };
    made.read().unwrap()
}

proptest! {
    #[test]
    fn what_is_sent_comes_back(
        text in prop_oneof![
            "[ -~€£Δ\n]{0,500}",
            "[一-龥，。！？a-z0-9😀-😂]{0,400}",
            "\\PC{0,300}",
        ],
        reference: u16,
        is_wide: bool,
    ) {
        let parts = split(&text, reference, is_wide).unwrap();
        let mut heard = Vec::new();
        for data in &parts {
            let submit = Submit {
                destination: Destination::number("+8619900000001").unwrap(),
                wants_report: false,
                validity: Validity::of_minutes(60),
                data: data.clone(),
            };
            prop_assert!(submit.write().len() <= 164);
            let back = returned(data, &submit);
            prop_assert_eq!(&back.data, data);
            // No character stands across two parts: each reads by itself.
            heard.push(decode([&back.data]));
        }
        let whole = decode(&parts);
        let joined: String = heard.iter().map(|part| part.text.as_str()).collect();
        prop_assert_eq!(&joined, &text);
        // A text of characters that look like Chinese in the other order may be taken for one.
        if !whole.suspect {
            prop_assert_eq!(whole.text, text);
        }
    }

    #[test]
    fn any_octets_read_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(Incoming::Deliver(deliver)) = Incoming::parse(&bytes) {
            let text = decode([&deliver.data]).text;
            prop_assert!(text.chars().count() <= 160);
        }
    }
}
