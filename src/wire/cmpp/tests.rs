//! Known octets, both versions, what is cut off, and what holds for any octets.

use super::*;
use crate::wire::sms::{Carried, Outcome};
use proptest::prelude::*;

const VERSIONS: [Version; 2] = [Version::V2, Version::V3];

fn secret() -> Secret {
    Secret::new("shared-secret".to_owned())
}

fn submit(text: &str) -> Vec<Submit> {
    let parts = Carried::split(text, 0xA7, false).unwrap();
    let to = |carried| Submit::new("901234", "106512345", "19900000001", carried);
    parts.iter().map(to).collect()
}

fn deliver(text: &str) -> Deliver {
    let carried = Carried::split(text, 1, true).unwrap().remove(0);
    Deliver {
        msg_id: 0x1122_3344_5566_7788,
        destination: "10651234501".to_owned(),
        service: "HOTLINE".to_owned(),
        protocol: 0,
        has_header: carried.part.is_some(),
        format: 8,
        source: "19900000001".to_owned(),
        is_report: false,
        content: carried.octets(),
        link: String::new(),
    }
}

fn report(version: Version) -> Deliver {
    let report = Report {
        msg_id: 0x1122_3344_5566_7788,
        status: "DELIVRD".to_owned(),
        submitted: "2611222013".to_owned(),
        done: "2611222014".to_owned(),
        destination: "19900000001".to_owned(),
        sequence: 77,
    };
    Deliver { is_report: true, content: report.write(version).unwrap(), ..deliver("") }
}

/// One PDU of each kind that has a body or none.
fn each(version: Version) -> Vec<Body> {
    let connect = Connect::new("901234", &secret(), version, 1_122_201_351);
    let answer = ConnectResp::new(ConnectStatus::Accepted, &connect, &secret(), version);
    let link = if version == Version::V3 { "LINK0000000000000001" } else { "" };
    vec![
        Body::Connect(connect),
        Body::ConnectResp(answer),
        Body::Terminate,
        Body::TerminateResp,
        Body::Submit(submit("路灯不亮").remove(0)),
        Body::Submit(submit(&"路灯不亮😀".repeat(20)).remove(1)),
        Body::SubmitResp(SubmitResp { msg_id: 9, result: SubmitResp::FLOW_CONTROL }),
        Body::Deliver(Deliver { link: link.to_owned(), ..deliver("停水两天了") }),
        Body::Deliver(report(version)),
        Body::DeliverResp(DeliverResp { msg_id: 9, result: DeliverResp::NOT_KEPT }),
        Body::ActiveTest,
        Body::ActiveTestResp,
    ]
}

#[test]
fn what_is_written_reads_the_same_in_both_versions() {
    for version in VERSIONS {
        for (sequence, body) in (1..).zip(each(version)) {
            let pdu = Pdu { sequence, body };
            let octets = pdu.write(version).unwrap();
            assert_eq!(frame(&octets), Ok(Some(octets.as_slice())));
            assert_eq!(Pdu::parse(&octets, version), Ok(pdu));
        }
    }
}

#[test]
fn bodies_have_the_lengths_of_the_protocol() {
    let length = |body: Body, version| Pdu { sequence: 1, body }.write(version).unwrap().len() - 12;
    let connect = |version| Connect::new("901234", &secret(), version, 1_122_201_351);
    let content = submit("路灯不亮").remove(0);
    for (version, resp, fixed, sent, result) in
        [(Version::V2, 18, 73, 147, 9), (Version::V3, 21, 97, 183, 12)]
    {
        let to = connect(version);
        assert_eq!(length(Body::Connect(to.clone()), version), 27);
        let answer = ConnectResp::new(ConnectStatus::Accepted, &to, &secret(), version);
        assert_eq!(length(Body::ConnectResp(answer), version), resp);
        assert_eq!(length(Body::Deliver(deliver("停水")), version), fixed + 4);
        // 126 and a number of 21 octets; 151 and one of 32.
        assert_eq!(length(Body::Submit(content.clone()), version), sent + 8);
        let taken = Body::SubmitResp(SubmitResp { msg_id: 1, result: 0 });
        assert_eq!(length(taken, version), result);
    }
    assert_eq!(report(Version::V2).content.len(), 60);
    assert_eq!(report(Version::V3).content.len(), 71);
}

#[test]
fn the_authenticator_is_that_of_another_program() {
    // printf '901234\0\0\0\0\0\0\0\0\0shared-secret1122201351' | md5sum
    let connect = Connect::new("901234", &secret(), Version::V2, 1_122_201_351);
    let shown: String = connect.authenticator.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(shown, "7e9f2ad182aeffe9b5d16f60a3c7baa4");
    // A day before October has its zero: printf '901234\0\0\0\0\0\0\0\0\0shared-secret0203040506' | md5sum
    let early = Connect::new("901234", &secret(), Version::V2, 203_040_506);
    let shown: String = early.authenticator.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(shown, "5b13dcb063f7e9da0c589dd724c32c0e");
}

#[test]
fn both_sides_prove_that_they_know_the_secret() {
    let (right, wrong) = (secret(), Secret::new("guess".to_owned()));
    for version in VERSIONS {
        let connect = Connect::new("901234", &right, version, 1_122_201_351);
        assert!(connect.is_by(&right) && !connect.is_by(&wrong));
        let later = Connect { timestamp: 1_122_201_352, ..connect.clone() };
        assert!(!later.is_by(&right), "the time is part of it");
        let answer = ConnectResp::new(ConnectStatus::Accepted, &connect, &right, version);
        assert!(answer.is_by(&right, &connect) && !answer.is_by(&wrong, &connect));
        let refused = ConnectResp { status: ConnectStatus::Version, ..answer };
        assert!(!refused.is_by(&right, &connect), "the status is part of it");
    }
}

#[test]
fn a_body_that_is_cut_off_or_too_long_is_refused() {
    for version in VERSIONS {
        for body in each(version) {
            let ends_itself = matches!(body, Body::ActiveTest | Body::ActiveTestResp);
            let is_answer = matches!(body, Body::ConnectResp(_));
            let whole = Pdu { sequence: 1, body }.write(version).unwrap();
            for length in 0..whole.len() {
                assert!(Pdu::parse(&whole[..length], version).is_err(), "the header says more");
                let mut cut = whole[..length].to_vec();
                // The answer to CONNECT tells its version by its length.
                let is_narrow = version == Version::V3 && is_answer && length == 12 + 18;
                if length >= 12 && !is_narrow {
                    cut[..4].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
                    assert!(ends_itself || Pdu::parse(&cut, version).is_err(), "{length}");
                }
                assert_eq!(frame(&whole[..length]), Ok(None));
            }
            let mut long = whole.clone();
            long.push(0);
            let length = u32::try_from(long.len()).unwrap().to_be_bytes();
            long[..4].copy_from_slice(&length);
            assert!(ends_itself || Pdu::parse(&long, version).is_err());
        }
    }
}

#[test]
fn a_body_of_the_other_version_is_refused() {
    for (one, other) in [(Version::V2, Version::V3), (Version::V3, Version::V2)] {
        for body in each(one) {
            let versioned = !matches!(
                body,
                Body::Connect(_)
                    | Body::ConnectResp(_)
                    | Body::Terminate
                    | Body::TerminateResp
                    | Body::ActiveTest
                    | Body::ActiveTestResp
            );
            let octets = Pdu { sequence: 1, body }.write(one).unwrap();
            assert_eq!(Pdu::parse(&octets, other).is_err(), versioned);
        }
    }
}

#[test]
fn a_length_that_no_pdu_has_ends_the_stream() {
    let stream = |length: u32| {
        let mut stream = length.to_be_bytes().to_vec();
        stream.extend([0; 8]);
        stream
    };
    assert_eq!(frame(&stream(11)), Err(WireError::Malformed("CMPP length")));
    assert_eq!(frame(&stream(0)), Err(WireError::Malformed("CMPP length")));
    assert_eq!(frame(&stream(4_097)), Err(WireError::TooLarge("CMPP PDU")));
    assert_eq!(frame(&stream(u32::MAX)), Err(WireError::TooLarge("CMPP PDU")));
    assert_eq!(frame(&stream(4_096)), Ok(None), "the rest is still to come");
}

#[test]
fn what_is_longer_than_its_field_is_never_cut() {
    for version in VERSIONS {
        let good = submit("路灯").remove(0);
        let number = "1".repeat(version.terminal() + 1);
        let wrong = [
            Submit { destinations: vec![number], ..good.clone() },
            Submit { destinations: vec![], ..good.clone() },
            Submit { destinations: vec!["19900000001".to_owned(); 100], ..good.clone() },
            Submit { source: "1".repeat(22), ..good.clone() },
            Submit { content: vec![0; 256], ..good.clone() },
            Submit { service: "HOTLINE-ZOU".to_owned(), ..good },
        ];
        for submit in wrong {
            let written = Pdu { sequence: 1, body: Body::Submit(submit) }.write(version);
            assert!(matches!(written, Err(WireError::TooLarge(_))), "{written:?}");
        }
    }
}

#[test]
fn texts_are_read_in_the_set_that_is_named() {
    let text = |format, content: &[u8]| {
        let deliver = Deliver { format, content: content.to_vec(), ..deliver("") };
        let text = Carried::decode([&deliver.text().unwrap()]);
        (text.text, text.suspect)
    };
    assert_eq!(text(0, b"CX26112200131"), ("CX26112200131".to_owned(), false));
    assert_eq!(text(8, &[0x4F, 0x60]), ("你".to_owned(), false));
    assert_eq!(text(15, &[0xC4, 0xE3, 0x82, 0x30, 0xB7, 0x31]), ("你㛃".to_owned(), false));
    assert_eq!(text(4, b"bin"), ("bin".to_owned(), true));
    assert_eq!(text(25, &[0x4F, 0x60]), ("你".to_owned(), false));
    assert_eq!(text(7, b"?"), ("?".to_owned(), true));
}

#[test]
fn the_parts_of_a_long_text_come_with_their_places() {
    let text = "路灯不亮😀".repeat(20);
    let parts: Vec<Carried> = submit(&text)
        .into_iter()
        .map(|submit| {
            assert_eq!((submit.total, submit.has_header, submit.format), (2, true, 8));
            assert!(submit.content.len() <= 140);
            Carried::read(charset(&submit), true, &submit.content).unwrap()
        })
        .collect();
    let places: Vec<_> = parts.iter().map(|part| part.part.map(|part| part.number)).collect();
    assert_eq!(places, [Some(1), Some(2)]);
    assert_eq!(Carried::decode(&parts).text, text);
}

fn charset(submit: &Submit) -> crate::wire::sms::Charset {
    deliver::charset_of(submit.format)
}

#[test]
fn a_report_says_what_became_of_a_text() {
    for version in VERSIONS {
        let heard = report(version).report().unwrap();
        assert_eq!((heard.msg_id, heard.outcome()), (0x1122_3344_5566_7788, Outcome::Delivered));
        assert_eq!(heard.destination, "19900000001");
        assert!(report(version).text().is_err(), "a report is no text");
    }
    assert!(deliver("好").report().is_err(), "a text is no report");
    let of = |status: &str| {
        let report = report(Version::V2).report().unwrap();
        Report { status: status.to_owned(), ..report }.outcome()
    };
    assert_eq!(of("EXPIRED"), Outcome::GivenUp);
    assert_eq!(of("ACCEPTD"), Outcome::Unconfirmed);
    assert_eq!(of("UNKNOWN"), Outcome::Unconfirmed);
    for failed in ["UNDELIV", "DELETED", "REJECTD", "MA:0001", "CB:0013", ""] {
        assert_eq!(of(failed), Outcome::Failed, "{failed}");
    }
    let short = Deliver { content: vec![0; 59], ..report(Version::V2) };
    assert!(short.report().is_err());
}

#[test]
fn what_this_service_does_not_use_is_named_and_never_written() {
    for command in [0x06_u32, 0x07, 0x09, 0x8000_0006, 0x8000_0007, 0, 0x77] {
        let mut octets = 16_u32.to_be_bytes().to_vec();
        octets.extend(command.to_be_bytes());
        octets.extend([0, 0, 0, 5, 1, 2, 3, 4]);
        let pdu = Pdu { sequence: 5, body: Body::Unsupported(command) };
        assert_eq!(Pdu::parse(&octets, Version::V2).as_ref(), Ok(&pdu));
        assert!(pdu.write(Version::V2).is_err());
    }
}

#[test]
fn neither_numbers_nor_words_nor_secrets_show_in_debug_output() {
    for version in VERSIONS {
        let report = report(version);
        let shown = format!(
            "{:?} {:?} {:?} {report:?} {:?}",
            secret(),
            submit("路灯"),
            deliver("路灯"),
            report.report(),
        );
        for hidden in ["1990000", "8def", "141, 239", "shared"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

proptest! {
    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        for version in VERSIONS {
            let _ = Pdu::parse(&octets, version);
        }
        let _ = frame(&octets);
        let _ = Report::read(&octets);
    }

    #[test]
    fn a_changed_octet_is_read_or_refused(
        at: prop::sample::Index,
        octet: u8,
        which in 0_usize..12,
    ) {
        for version in VERSIONS {
            let body = each(version).remove(which);
            let mut octets = Pdu { sequence: 1, body }.write(version).unwrap();
            let at = at.index(octets.len());
            octets[at] = octet;
            if let Ok(Pdu { body: Body::Deliver(deliver), .. }) = Pdu::parse(&octets, version) {
                let _ = (deliver.text(), deliver.report());
            }
        }
    }
}
