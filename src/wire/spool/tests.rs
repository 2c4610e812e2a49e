//! Files that smsd 3.1.21 wrote, kept as the seeds of the fuzz target.

use super::*;
use crate::wire::WireError;
use crate::wire::sms::{CmsError, Destination, Incoming, Refused, Submit, Validity, decode, split};

macro_rules! seed {
    ($name:literal) => {
        include_bytes!(concat!("../../../fuzz/seeds/sms_spool/", $name)).as_slice()
    };
}

fn text_of(content: &Content) -> String {
    let Content::Parts(parts) = content else { panic!("no PDU: {content:?}") };
    let data: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Incoming::Deliver(text) => &text.data,
            Incoming::StatusReport(_) => panic!("a report"),
        })
        .collect();
    decode(data).text
}

#[test]
fn the_pdu_says_what_was_written() {
    let read = |bytes| Received::parse(bytes).unwrap();
    let text = read(seed!("text"));
    assert_eq!((text.modem.as_str(), text.imsi.as_str()), ("GSM1", "460001990000001"));
    assert_eq!(text.from, "+8619900000001");
    assert!(text.is_complete());
    assert_eq!(text_of(&text.content()), "路灯坏了");
    assert_eq!(text_of(&read(seed!("seven-bits")).content()), "Hello {world} @ 1€");
    let name = read(seed!("name"));
    assert_eq!((name.from.as_str(), text_of(&name.content()).as_str()), ("CTG!", "你好"));
}

#[test]
fn parts_come_one_a_file_and_are_joined_by_their_header() {
    let files = [seed!("part-1"), seed!("part-2")].map(|bytes| Received::parse(bytes).unwrap());
    let parts = files.map(|file| match file.content() {
        Content::Parts(parts) => match parts.as_slice() {
            [Incoming::Deliver(text)] => text.data.clone(),
            other => panic!("{other:?}"),
        },
        Content::Words(words) => panic!("{words:?}"),
    });
    let numbers = parts.each_ref().map(|part| part.part.map(|part| (part.number, part.total)));
    assert_eq!(numbers, [Some((1, 2)), Some((2, 2))]);
    let text = decode(&parts);
    assert!(text.text.contains("下水井盖也松动了😀，电动车") && !text.suspect, "{}", text.text);
}

#[test]
fn without_a_pdu_the_body_is_read_and_marked() {
    let file = Received::parse(seed!("without-pdu")).unwrap();
    let Content::Words(words) = file.content() else { panic!("no PDU was there") };
    assert_eq!((words.text.as_str(), words.suspect), ("路灯坏了", true));
    assert!(file.is_complete());
}

#[test]
fn a_body_that_is_wrong_does_not_count() {
    let bytes = seed!("text");
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let spoiled = [&bytes[..end + 2], b"????".as_slice()].concat();
    assert_eq!(text_of(&Received::parse(&spoiled).unwrap().content()), "路灯坏了");
}

#[test]
fn a_file_that_is_still_written_is_not_complete_at_any_octet() {
    for bytes in [seed!("text"), seed!("without-pdu"), seed!("report"), seed!("part-1")] {
        let whole = Received::parse(bytes).unwrap();
        let has_pdu = !whole.pdus.is_empty();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
        for cut in 0..bytes.len() {
            let read = Received::parse(&bytes[..cut]).map(|file| file.is_complete());
            let expected = has_pdu && cut >= end;
            assert_eq!(read.unwrap_or(false), expected, "cut at {cut} of {}", bytes.len());
        }
    }
}

#[test]
fn a_report_names_the_text_by_its_reference() {
    let Content::Parts(parts) = Received::parse(seed!("report")).unwrap().content() else {
        panic!("a report has a PDU")
    };
    let [Incoming::StatusReport(report)] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((report.reference, report.status), (3, 0));
    assert_eq!(report.recipient.dialled(), "+8619900000001");
}

#[test]
fn what_became_of_a_text_is_read() {
    assert_eq!(Outcome::sent(seed!("sent")), Ok(Outcome::Sent { reference: Some(1) }));
    assert_eq!(Outcome::sent(seed!("sent-with-notices")), Ok(Outcome::Sent { reference: None }));
    let refused = Outcome::failed(seed!("refused"));
    assert_eq!(refused, Ok(Outcome::Refused(CmsError(38))));
    assert_eq!(CmsError(38).refused(), Refused::ForNow);
    let unclear = b"To: 8619900000001\nFail_reason: Unknown\nFailed: 26-11-22 20:13:50\n\n";
    assert_eq!(Outcome::failed(unclear), Ok(Outcome::Unclear));
    let missing = WireError::Missing("time of sending");
    assert_eq!(Outcome::sent(b"To: 8619900000001\n\n"), Err(missing));
}

#[test]
fn a_line_that_is_no_header_goes_on_with_the_one_before() {
    let file = b"To: 8619900000001\nSent: 26-11-22 20:13:50\n\
        NOTICE: Cannot convert 3. character (0A)\n to GSM.\nMessage_id: 9\n\n";
    assert_eq!(Outcome::sent(file), Ok(Outcome::Sent { reference: Some(9) }));
    assert_eq!(Outcome::sent(b" to GSM.\nSent: now\n\n"), Err(WireError::Malformed("spool file")));
}

#[test]
fn a_file_without_end_is_refused() {
    let long = b"NOTICE: x\n".repeat(SPOOL_FILE_BYTES_MAX / 10);
    assert_eq!(Outcome::failed(&long), Err(WireError::TooLarge("spool file")));
    let longer = vec![b'a'; SPOOL_FILE_BYTES_MAX + 1];
    assert_eq!(Outcome::failed(&longer), Err(WireError::TooLarge("spool file")));
}

#[test]
fn only_names_that_smsd_gives_are_taken() {
    for name in ["GSM1.2HicO7", "GSM1.000000"] {
        assert!(is_name(name, "GSM1"), "{name}");
    }
    for name in [
        "smsd_script.2HicO7",
        "GSM1.2HicO",
        "GSM1.2HicO77",
        "GSM1.2Hic_7",
        "GSM12HicO7",
        "GSM2.2HicO7",
    ] {
        assert!(!is_name(name, "GSM1"), "{name}");
    }
}

fn file_of(to: &str, text: &str) -> Vec<String> {
    let destination = Destination::number(to).unwrap();
    let file = |data| {
        let validity = Validity::of_minutes(720);
        let submit =
            Submit { destination: destination.clone(), wants_report: true, validity, data };
        let file = Outgoing { submit: &submit, is_urgent: false }.write();
        String::from_utf8_lossy(&file).into_owned()
    };
    split(text, 0x0112, false).unwrap().into_iter().map(file).collect()
}

#[test]
fn a_file_is_one_part_with_its_own_header() {
    let files = file_of("+8619900000001", &"灯".repeat(71));
    assert_eq!(files.len(), 2);
    assert!(files[1].starts_with(
        "To: 8619900000001\nAlphabet: UCS2\nReport: yes\nValidity: 143\nUDH-DATA: 05 00 03 12 02 02\n\n"
    ));
    let short = file_of("19900000001", "OK @ [1]");
    assert_eq!(
        short,
        ["To: s19900000001\nAlphabet: GSM\nReport: yes\nValidity: 143\n\nOK \0 \u{1b}<1\u{1b}>"]
    );
}

#[test]
fn a_modem_that_rests_in_good_time_is_well() {
    let told = |state: &str, began: &str| {
        let text = format!(
            "Status:\t26-11-27 23:14:01,\ti---\nGSM2:\t26-11-27 23:14:01,\tIdle,\t\t1,\t1,\t1\n\
             GSM1:\t{began},\t{state},\t5,\t1,\t6,\tssi: -67 dBm (Excellent), ber: < 0.2 %\n"
        );
        Status::parse(&text, "GSM1")
    };
    let well = Some(Status { is_well: true, sent: 5, received: 6 });
    assert_eq!(told("Idle,\t", "26-11-27 23:13:59").map(|_| ()), None, "an empty field counts");
    assert_eq!(told("Idle", "26-11-27 23:13:59"), well);
    // Lines of smsd on a modem that fell silent.
    let not_well = Some(Status { is_well: false, sent: 5, received: 6 });
    assert_eq!(told("Idle", "26-11-27 23:13:44"), not_well);
    assert_eq!(told("Receiving", "26-11-27 23:14:01"), not_well);
    assert_eq!(told("Idle", "yesterday"), None);
    assert_eq!(Status::parse("Status:\t26-11-27 23:14:01,\ti\n", "GSM1"), None);
}
