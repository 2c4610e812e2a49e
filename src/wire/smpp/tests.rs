//! Known octets, what others got wrong, and what holds for any octets.

use super::*;
use crate::wire::sms::{Carried, Outcome, Part};
use proptest::prelude::*;

fn carried(text: &str) -> Vec<Carried> {
    Carried::split(text, 0xA7, false).unwrap()
}

fn submit(carried: &Carried) -> Submit {
    Submit {
        source: Address::number("10651234501"),
        destination: Address::number("+8619900000001"),
        wants_report: true,
        segment: Segment::new(carried),
    }
}

fn deliver(segment: Segment) -> Deliver {
    Deliver {
        source: Address::number("+8619900000001"),
        destination: Address::number("10651234501"),
        kind: Kind::Text,
        segment,
        receipted: None,
        state: None,
    }
}

fn receipt(text: &str) -> Deliver {
    let segment = Segment { octets: text.as_bytes().to_vec(), ..Segment::default() };
    Deliver { kind: Kind::Receipt, ..deliver(segment) }
}

const RECEIPT: &str = "id:m1 sub:001 dlvrd:001 submit date:2611222013 done date:2611222014 \
                       stat:DELIVRD err:000 text:path";

/// One PDU of each kind.
fn each() -> Vec<Body> {
    let long = carried(&"路灯不亮😀".repeat(20));
    let payload = Segment { coding: 8, octets: [0x4F, 0x60].repeat(200), ..Segment::default() };
    let part = Some(Part { reference: 0x1234, is_wide: true, total: 2, number: 1 });
    let sar = Segment { part, octets: b"hello".to_vec(), ..Segment::default() };
    let stated = Deliver { receipted: Some("m1".to_owned()), state: Some(2), ..receipt("") };
    vec![
        Body::Bind(Bind::new("zoucheng", "secret08", "")),
        Body::BindResp,
        Body::Unbind,
        Body::UnbindResp,
        Body::EnquireLink,
        Body::EnquireLinkResp,
        Body::Submit(submit(&carried("停水")[0])),
        Body::Submit(submit(&long[1])),
        Body::SubmitResp("m1".to_owned()),
        Body::Deliver(deliver(Segment::new(&long[0]))),
        Body::Deliver(deliver(payload)),
        Body::Deliver(deliver(sar)),
        Body::Deliver(receipt(RECEIPT)),
        Body::Deliver(stated),
        Body::DeliverResp,
        Body::GenericNack,
    ]
}

#[test]
fn what_is_written_reads_the_same() {
    for (sequence, body) in (1..).zip(each()) {
        let pdu = Pdu::new(sequence, body);
        let octets = pdu.write().unwrap();
        assert_eq!(frame(&octets), Ok(Some(octets.as_slice())));
        assert_eq!(Pdu::parse(&octets), Ok(pdu));
    }
}

#[test]
fn the_bind_of_the_standard_s_example_is_written_in_version_3_4() {
    let bind = Bind::new("SMPP3TEST", "secret08", "SUBMIT1");
    let octets = Pdu::new(1, Body::Bind(bind)).write().unwrap();
    let mut wanted = vec![0, 0, 0, 47, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
    wanted.extend(b"SMPP3TEST\0secret08\0SUBMIT1\0\x34\0\0\0");
    assert_eq!(octets, wanted);
}

#[test]
fn a_text_of_ours_has_the_octets_of_the_standard() {
    let octets = Pdu::new(2, Body::Submit(submit(&carried("你")[0]))).write().unwrap();
    let mut wanted = vec![0, 0, 0, 61, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2];
    wanted.extend(b"\0\0\x0110651234501\0\x01\x018619900000001\0");
    // esm_class, protocol, priority, two empty times, receipt, replace, coding, default message, length.
    wanted.extend([0, 0, 0, 0, 0, 1, 0, 8, 0, 2, 0x4F, 0x60]);
    wanted[3] = u8::try_from(wanted.len()).unwrap();
    assert_eq!(octets, wanted);
    let long = carried(&"灯".repeat(71));
    let octets = Pdu::new(2, Body::Submit(submit(&long[1]))).write().unwrap();
    let at = octets.len() - 6 - 8 - 10;
    assert_eq!(octets[at], 0x40, "a header stands before the content");
    assert_eq!(octets[octets.len() - 14..octets.len() - 8], [5, 0, 3, 0xA7, 2, 2]);
}

#[test]
fn parts_come_with_their_places_by_header_and_beside_the_text() {
    let text = "路灯不亮😀".repeat(20);
    let by_header: Vec<Carried> =
        carried(&text).iter().map(|part| deliver(Segment::new(part)).text().unwrap()).collect();
    assert_eq!(Carried::decode(&by_header).text, text);
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    // Cut in the middle of a character, as gateways do.
    let beside: Vec<Carried> = (1..)
        .zip(units.chunks(134 - 2))
        .map(|(number, octets)| {
            let part = Some(Part { reference: 9, is_wide: true, total: 2, number });
            let segment = Segment { coding: 8, part, octets: octets.to_vec(), has_header: false };
            let octets = Pdu::new(1, Body::Deliver(deliver(segment))).write().unwrap();
            let Ok(Pdu { body: Body::Deliver(read), .. }) = Pdu::parse(&octets) else { panic!() };
            read.text().unwrap()
        })
        .collect();
    let places: Vec<_> = beside.iter().map(|part| part.part.map(|part| part.number)).collect();
    assert_eq!(places, [Some(1), Some(2)]);
    assert_eq!(Carried::decode(&beside).text, text);
}

#[test]
fn texts_are_read_in_the_set_that_is_named() {
    let read = |coding, octets: &[u8]| {
        let segment = Segment { coding, octets: octets.to_vec(), ..Segment::default() };
        let text = Carried::decode([&deliver(segment).text().unwrap()]);
        (text.text, text.suspect)
    };
    assert_eq!(read(0, &[0x00, 0x1B, 0x65]), ("@€".to_owned(), false));
    assert_eq!(read(1, b"CX26112200131"), ("CX26112200131".to_owned(), false));
    assert_eq!(read(3, &[0xE9]), ("é".to_owned(), false));
    assert_eq!(read(8, &[0x4F, 0x60]), ("你".to_owned(), false));
    assert_eq!(read(0x18, &[0x4F, 0x60]), ("你".to_owned(), false));
    assert_eq!(read(15, &[0xC4, 0xE3]), ("你".to_owned(), false));
    assert_eq!(read(4, b"bin"), ("bin".to_owned(), true));
    // jasmin 625: a mark, and octets in the other order.
    assert_eq!(read(8, &[0xFF, 0xFE, 0x60, 0x4F]), ("你".to_owned(), false));
}

/// What gateways send, with the name the text had in the answer to its submission (messaging.md 3, 27).
const FORMATS: [(&str, &str, &str, Outcome); 14] = [
    ("as in the standard", "m1", RECEIPT, Outcome::Delivered),
    (
        "hexadecimal before, decimal now",
        "1A2B3C4D",
        "id:439041101 sub:001 dlvrd:001 submit date:2611222013 done date:2611222014 stat:DELIVRD err:000 text:",
        Outcome::Delivered,
    ),
    (
        "decimal before, hexadecimal now",
        "439041101",
        "id:1a2b3c4d sub:001 dlvrd:000 submit date:2611222013 done date:2611222014 stat:UNDELIV err:001 text:",
        Outcome::Failed,
    ),
    (
        "padded with zeros now",
        "439041101",
        "id:0439041101 sub:001 dlvrd:001 submit date:2611222013 done date:2611222014 stat:DELIVRD err:0 text:",
        Outcome::Delivered,
    ),
    (
        "padded hexadecimal before, bare decimal now",
        "000000001A2B3C4D",
        "id:439041101 stat:EXPIRED err:255",
        Outcome::GivenUp,
    ),
    ("capitals now", "0a1b2c", "ID:0A1B2C STAT:DELIVRD ERR:000 TEXT:id:99", Outcome::Delivered),
    (
        "underscores and seconds",
        "77",
        "id:77 sub:001 dlvrd:001 submit_date:261122201351 done_date:261122201402 stat:ACCEPTD err:000 text:",
        Outcome::Unconfirmed,
    ),
    ("blanks behind colons", "77", "id: 77 stat: REJECTD err: 12", Outcome::Failed),
    ("commas between", "77", "id:77, sub:001, stat:DELIVERED, err:0", Outcome::Delivered),
    ("another order", "77", "stat:DELETED err:3 id:77 sub:001", Outcome::Failed),
    ("on lines", "77", "id:77\nsub:001\nstat:UNKNOWN\nerr:000\n", Outcome::Unconfirmed),
    (
        "words of the citizen that look like it",
        "77",
        "id:77 stat:UNDELIV err:000 text:stat:DELIVRD id:78",
        Outcome::Failed,
    ),
    ("on its way", "77", "id:77 stat:ENROUTE", Outcome::Trying),
    (
        "a name of a newer kind",
        "0b5e0dcb-6d1e-4f4e-9f38-5a0a5a1d2c3e",
        "id:0b5e0dcb-6d1e-4f4e-9f38-5a0a5a1d2c3e stat:DELIVRD",
        Outcome::Delivered,
    ),
];

#[test]
fn a_receipt_finds_its_text_in_every_format() {
    for (what, submitted, text, outcome) in FORMATS {
        let octets = Pdu::new(1, Body::Deliver(receipt(text))).write().unwrap();
        let Ok(Pdu { body: Body::Deliver(read), .. }) = Pdu::parse(&octets) else { panic!() };
        let heard = read.receipt().unwrap();
        assert_eq!(heard.outcome, outcome, "{what}");
        let (before, now) =
            (message_id_variants(submitted), message_id_variants(&heard.message_id));
        assert!(before.iter().any(|id| now.contains(id)), "{what}: {before:?} {now:?}");
        assert!(read.text().is_err(), "{what}: it is no text of a citizen");
    }
    let heard = receipt(FORMATS[6].2).receipt().unwrap();
    assert_eq!((heard.done.as_str(), heard.error.as_str()), ("261122201402", "000"));
    let heard = receipt(RECEIPT).receipt().unwrap();
    assert_eq!((heard.done.as_str(), heard.status.as_str()), ("2611222014", "DELIVRD"));
}

#[test]
fn what_stands_beside_a_receipt_counts_before_its_text() {
    let beside = |id: Option<&str>, state, text| {
        let receipted = id.map(str::to_owned);
        Deliver { receipted, state, ..receipt(text) }.receipt()
    };
    let heard = beside(Some("m7"), Some(2), "").unwrap();
    assert_eq!((heard.message_id.as_str(), heard.outcome), ("m7", Outcome::Delivered));
    let heard = beside(Some("m7"), Some(5), "id:other stat:DELIVRD").unwrap();
    assert_eq!((heard.message_id.as_str(), heard.outcome), ("m7", Outcome::Failed));
    let heard = beside(Some("m7"), Some(99), "stat:EXPIRED").unwrap();
    assert_eq!(heard.outcome, Outcome::GivenUp);
    // A field that is there and empty names nothing.
    let heard = beside(Some(""), Some(2), "id:m8 stat:DELIVRD").unwrap();
    assert_eq!(heard.message_id, "m8");
    assert!(beside(None, Some(2), "stat:DELIVRD").is_err(), "it names no text");
    assert!(beside(Some("m7"), None, "something else").is_err(), "it tells nothing");
    // The same in two octets a character.
    let octets = RECEIPT.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let segment = Segment { coding: 8, octets, ..Segment::default() };
    let heard = Deliver { kind: Kind::Intermediate, ..deliver(segment) }.receipt().unwrap();
    assert_eq!(heard.message_id, "m1");
}

#[test]
fn a_text_that_looks_like_a_receipt_is_a_text() {
    let forged = Deliver { kind: Kind::Text, ..receipt(RECEIPT) };
    assert!(forged.receipt().is_err());
    assert_eq!(Carried::decode([&forged.text().unwrap()]).text, RECEIPT);
}

#[test]
fn names_of_texts_have_their_variants_in_order() {
    for (id, variants) in [
        ("m1", &["m1"] as &[&str]),
        ("0000A1", &["0000a1", "a1", "161"]),
        ("161", &["161", "353", "a1"]),
        ("0", &["0"]),
        ("000", &["000", "0"]),
        (" 7 ", &["7"]),
        ("", &[""]),
        ("+7", &["+7"]),
        // More than a number can hold: as it is.
        ("fffffffffffffffffffffffffffffffff", &["fffffffffffffffffffffffffffffffff"]),
    ] {
        assert_eq!(message_id_variants(id), variants, "{id}");
    }
}

#[test]
fn answers_that_refuse_may_have_no_body() {
    let answer = |command: u32, status: u32, body: &[u8]| {
        let length = u32::try_from(16 + body.len()).unwrap();
        let head = [length, command, status, 5].map(u32::to_be_bytes).concat();
        Pdu::parse(&[&head, body].concat())
    };
    let throttled = answer(0x8000_0004, 0x58, b"").unwrap();
    assert_eq!(throttled.status, Status::THROTTLED);
    assert_eq!(throttled.body, Body::SubmitResp(String::new()));
    assert_eq!(answer(0x8000_0004, 0x58, b"\0"), Ok(throttled));
    assert_eq!(answer(0x8000_0009, 0x0D, b"").unwrap().status, Status::BIND_FAILED);
    assert_eq!(answer(0x8000_0009, 0, b"smsc\0").unwrap().body, Body::BindResp);
    // Taken under no name: it can never be reported on, but it is taken.
    assert_eq!(answer(0x8000_0004, 0, b"").unwrap().body, Body::SubmitResp(String::new()));
    assert_eq!(answer(0x8000_0004, 0, b"m1\0").unwrap().body, Body::SubmitResp("m1".to_owned()));
    for command in [0x03_u32, 0x07, 0x21, 0x103, 0x0102, 0x8000_0103, 0x77] {
        assert_eq!(answer(command, 0, b"").unwrap().body, Body::Unsupported(command));
    }
}

#[test]
fn a_pdu_that_is_cut_off_is_refused() {
    for body in each() {
        let whole = Pdu::new(1, body.clone()).write().unwrap();
        for length in 0..whole.len() {
            assert!(Pdu::parse(&whole[..length]).is_err(), "the header says more");
            assert_eq!(frame(&whole[..length]), Ok(None));
            let mut cut = whole[..length].to_vec();
            if length >= 16 {
                cut[..4].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
                // What stands behind the text may be left out; it never reads as the whole.
                assert_ne!(Pdu::parse(&cut).map(|pdu| pdu.body), Ok(body.clone()).filter_cut());
            }
        }
    }
}

/// Bodies that are the same without their octets.
trait FilterCut {
    fn filter_cut(self) -> Result<Body, WireError>;
}

impl FilterCut for Result<Body, WireError> {
    fn filter_cut(self) -> Self {
        match self {
            Ok(Body::Bind(_) | Body::Submit(_) | Body::Deliver(_)) => self,
            _ => Err(WireError::Missing("never the same")),
        }
    }
}

#[test]
fn a_length_that_no_pdu_has_ends_the_stream() {
    let stream = |length: u32| [length, 0, 0, 0].map(u32::to_be_bytes).concat();
    assert_eq!(frame(&stream(15)), Err(WireError::Malformed("SMPP length")));
    assert_eq!(frame(&stream(69_633)), Err(WireError::TooLarge("SMPP PDU")));
    assert_eq!(frame(&stream(u32::MAX)), Err(WireError::TooLarge("SMPP PDU")));
    assert_eq!(frame(&stream(18_432)), Ok(None), "the rest is still to come");
}

#[test]
fn what_is_longer_than_its_field_is_never_cut() {
    let good = submit(&carried("停水")[0]);
    let long = Address::number(&"1".repeat(21));
    let wrong = [
        Body::Submit(Submit { destination: long.clone(), ..good.clone() }),
        Body::Submit(Submit { source: long, ..good.clone() }),
        Body::Submit(Submit {
            segment: Segment { octets: vec![0; 255], ..Segment::default() },
            ..good
        }),
        Body::Bind(Bind::new("zoucheng", "secret089", "")),
        Body::Bind(Bind::new("邹城", "secret", "")),
        Body::SubmitResp("m".repeat(65)),
        Body::Unsupported(3),
    ];
    for body in wrong {
        assert!(Pdu::new(1, body).write().is_err());
    }
}

#[test]
fn neither_numbers_nor_words_nor_passwords_show_in_debug_output() {
    let bodies = each();
    let shown = format!("{bodies:?} {:?}", receipt(RECEIPT).receipt());
    for hidden in ["1990000", "8def", "141, 239", "secret08", "path"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_octets_make_it_panic(
        command in prop::sample::select(vec![0x9_u32, 0x4, 0x5, 0x8000_0004, 0x8000_0009, 0x103, 0x21]),
        octets in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let length = u32::try_from(16 + octets.len()).unwrap();
        let head = [length, command, 0, 1].map(u32::to_be_bytes).concat();
        let _ = Pdu::parse(&[head, octets.clone()].concat());
        let _ = Pdu::parse(&octets);
        let _ = frame(&octets);
    }

    #[test]
    fn changed_octets_are_read_or_refused(
        which in 0_usize..16,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut octets = Pdu::new(1, each().remove(which)).write().unwrap();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Ok(Pdu { body: Body::Deliver(deliver), .. }) = Pdu::parse(&octets) {
            let _ = (deliver.text(), deliver.receipt());
        }
    }

    #[test]
    fn no_text_makes_a_receipt_panic(text in ".{0,120}", id in proptest::option::of(".{0,80}")) {
        let _ = Receipt::read(&text, id.as_deref(), None);
        let _ = Receipt::read(&format!("id:{text} stat:{text}"), None, Some(2));
        let _ = message_id_variants(&text);
    }
}
