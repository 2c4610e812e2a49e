//! Every probe that ready stacks failed, with the behaviour of the RFC.

use super::harness::{ANSWER, Ask, Line, WAIT_MS};
use mayorline::proto::{Event, Reason};
use mayorline::wire::sip::Method;

#[test]
fn five_identical_invites_make_one_call_and_each_gets_100_at_once() {
    let mut line = Line::new();
    for _ in 0..5 {
        assert_eq!(line.statuses(&Ask::invite("a")), [100]);
    }
    assert_eq!(line.incoming(), 1);
    line.ring();
    assert_eq!(line.statuses(&Ask::invite("a")), [180], "the last provisional answer again");
    line.hang_up();
    line.assert_quiet();
}

#[test]
fn the_180_carries_a_to_tag_a_contact_and_the_record_route() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a").field("Record-Route: <sip:p1;lr>, <sip:p2;lr>"));
    line.ring();
    let ringing = line.responses_from(0).pop().unwrap();
    assert_eq!(ringing.status, 180);
    assert!(ringing.headers.to().unwrap().tag().is_some());
    assert_eq!(ringing.headers.get("Contact"), Some("<sip:127.0.0.1:5060>"));
    assert_eq!(ringing.headers.get("Record-Route"), Some("<sip:p1;lr>, <sip:p2;lr>"));
}

#[test]
fn the_200_is_sent_again_until_64_t1_and_then_bye_which_is_sent_again_too() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.accept();
    line.pass(WAIT_MS + 1);
    let expected = [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500];
    assert_eq!(line.times_of(200), expected);
    assert_eq!(line.ended(), [Reason::Timeout]);
    line.pass(WAIT_MS + 1);
    let (byes, _) = line.requests_of(&Method::Bye);
    let offsets: Vec<u64> = byes.iter().map(|ms| ms - WAIT_MS).collect();
    assert_eq!(offsets, expected);
    line.assert_quiet();
}

#[test]
fn cancel_while_ringing_gives_200_and_a_487_that_is_sent_again_until_its_ack() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.ring();
    let mut cancel = Ask::new("CANCEL", "a", 1);
    cancel.branch = Ask::invite("a").branch;
    assert_eq!(line.statuses(&cancel), [200, 487]);
    assert_eq!(line.ended(), [Reason::Peer]);
    line.pass(4_000);
    assert_eq!(line.times_of(487), [0, 500, 1500, 3500]);
    let mut ack = Ask::within("ACK", "a", 1, &line.tag());
    ack.branch = cancel.branch.clone();
    line.ask(&ack);
    line.pass(WAIT_MS);
    assert_eq!(line.times_of(487).len(), 4);
    line.assert_quiet();
}

#[test]
fn a_487_without_any_ack_ends_after_64_t1() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    let mut cancel = Ask::new("CANCEL", "a", 1);
    cancel.branch = Ask::invite("a").branch;
    line.ask(&cancel);
    line.pass(WAIT_MS + 1);
    assert_eq!(line.times_of(487).len(), 11);
    line.assert_quiet();
}

#[test]
fn cancel_after_200_has_no_effect() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a"));
    let mut cancel = Ask::new("CANCEL", "a", 1);
    cancel.branch = Ask::invite("a").branch;
    assert_eq!(line.statuses(&cancel), [200]);
    assert_eq!(line.ended(), []);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn unknown_cancel_and_unknown_bye_get_481() {
    let mut line = Line::new();
    assert_eq!(line.statuses(&Ask::new("CANCEL", "a", 1)), [481]);
    assert_eq!(line.statuses(&Ask::within("BYE", "a", 2, "nobody")), [481]);
    assert_eq!(line.statuses(&Ask::new("BYE", "b", 2)), [481]);
    line.assert_quiet();
}

#[test]
fn a_re_invite_that_holds_is_offered_and_answered() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    let hold = Ask::within("INVITE", "a", 2, &tag).body("application/sdp", "v=0\r\na=sendonly\r\n");
    assert_eq!(line.statuses(&hold), [100]);
    let Some(Event::Offer { leg, sdp: Some(sdp) }) = line.events.last() else { panic!() };
    assert_eq!(sdp, b"v=0\r\na=sendonly\r\n");
    line.endpoint.accept_offer(line.now, *leg, b"v=0\r\n".to_vec());
    line.drain();
    let answer = line.responses_from(0).pop().unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"v=0\r\n".as_slice()));
    line.pass(600);
    line.ask(&Ask::within("ACK", "a", 2, &tag));
    let sent = line.sent.len();
    line.pass(WAIT_MS);
    assert_eq!(line.sent.len(), sent, "acknowledged: no more 200");
}

#[test]
fn a_bye_that_comes_again_gets_the_same_200() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    let bye = Ask::within("BYE", "a", 2, &tag);
    assert_eq!(line.statuses(&bye), [200]);
    assert_eq!(line.statuses(&bye), [200]);
    assert_eq!(line.ended(), [Reason::Peer]);
    line.pass(WAIT_MS);
    assert_eq!(line.statuses(&bye), [481], "forgotten after Timer J");
}

#[test]
fn update_info_and_refer_within_the_dialog_are_answered() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::within("UPDATE", "a", 2, &tag)), [200]);
    let info = Ask::within("INFO", "a", 3, &tag).body("Application/DTMF-Relay; x=y", "Signal=5");
    assert_eq!(line.statuses(&info), [200]);
    let Some(Event::Info { content_type, body, .. }) = line.events.last() else { panic!() };
    assert_eq!(
        (content_type.as_str(), body.as_slice()),
        ("application/dtmf-relay", &b"Signal=5"[..])
    );
    let refer = Ask::within("REFER", "a", 4, &tag).field("Refer-To: <sip:1@127.0.0.1>");
    assert_eq!(line.statuses(&refer), [403]);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn update_and_info_in_an_early_dialog_are_answered() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.ring();
    let tag = line.tag();
    assert_eq!(line.statuses(&Ask::within("UPDATE", "a", 2, &tag)), [200]);
    assert_eq!(line.statuses(&Ask::within("INFO", "a", 3, &tag)), [200]);
    // RFC 3311 §5.2: our answer to the first offer is still open.
    let refused = line.answer_to(&Ask::within("UPDATE", "a", 4, &tag).sdp());
    assert_eq!(refused.status, 500);
    assert!(refused.headers.number("Retry-After").unwrap().is_some_and(|s| s <= 10));
}

#[test]
fn a_prack_that_matches_nothing_gets_481() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.ring();
    let tag = line.tag();
    let prack = Ask::within("PRACK", "a", 2, &tag).field("RAck: 1 1 INVITE");
    assert_eq!(line.statuses(&prack), [481]);
}

#[test]
fn a_late_invite_retransmission_after_the_ack_creates_nothing() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a"));
    line.pass(20_000);
    assert_eq!(line.statuses(&Ask::invite("a")), [0_u16; 0]);
    line.pass(60_000);
    assert_eq!(line.statuses(&Ask::invite("a")), [0_u16; 0], "also when its transaction is gone");
    assert_eq!((line.incoming(), line.endpoint.counts().legs), (1, 1));
}

#[test]
fn a_lower_cseq_in_the_dialog_gets_500() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::within("INFO", "a", 9, &tag)), [200]);
    assert_eq!(line.statuses(&Ask::within("INFO", "a", 8, &tag)), [500]);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn an_unknown_method_gets_501_in_and_out_of_a_dialog() {
    let mut line = Line::new();
    assert_eq!(line.statuses(&Ask::new("FROBNICATE", "x", 1)), [501]);
    let tag = line.talk(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::within("FROBNICATE", "a", 2, &tag)), [501]);
}

#[test]
fn a_gbk_display_name_is_decoded_and_the_call_answered() {
    let mut line = Line::new();
    let text = String::from_utf8(Ask::invite("a").bytes(line.flow.transport)).unwrap();
    let (head, tail) = text.split_once("From: ").unwrap();
    let mut bytes = format!("{head}From: \"").into_bytes();
    bytes.extend([0xCD, 0xF5, 0xCF, 0xC8, 0xC9, 0xFA]); // 王先生 in GBK
    bytes.extend_from_slice(b"\" ");
    bytes.extend_from_slice(tail.as_bytes());
    line.raw(&bytes);
    let Some(Event::Incoming { caller, display, called, .. }) = line.events.first() else {
        panic!()
    };
    assert_eq!((caller.as_str(), called.as_str()), ("19900000017", "12345"));
    assert_eq!(display.as_deref(), Some("王先生"));
    assert_eq!(line.times_of(100).len(), 1);
}

#[test]
fn an_invite_over_udp_without_content_length_keeps_its_offer() {
    let mut line = Line::new();
    let text = String::from_utf8(Ask::invite("a").bytes(line.flow.transport)).unwrap();
    let without: Vec<&str> =
        text.split("\r\n").filter(|l| !l.starts_with("Content-Length")).collect();
    line.raw(without.join("\r\n").as_bytes());
    let Some(Event::Incoming { offer, .. }) = line.events.first() else { panic!() };
    assert!(offer.as_ref().is_some_and(|sdp| sdp.starts_with(b"v=0")));
}

#[test]
fn a_merged_request_gets_482() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::invite("a").branch("other-way")), [482]);
    line.accept();
    assert_eq!(line.statuses(&Ask::invite("a").branch("third-way")), [482]);
    assert_eq!(line.incoming(), 1);
}

#[test]
fn a_required_extension_nobody_knows_gets_420() {
    let mut line = Line::new();
    let answer = line.answer_to(&Ask::invite("a").field("Require: foobar, 100rel, x"));
    assert_eq!((answer.status, answer.headers.get("Unsupported")), (420, Some("foobar, x")));
}

#[test]
fn cseq_method_mismatch_version_and_length_lies_are_refused() {
    let mut line = Line::new();
    let text = String::from_utf8(Ask::invite("a").bytes(line.flow.transport)).unwrap();
    for (from, to, status) in [
        ("CSeq: 1 INVITE", "CSeq: 1 BYE", 400),
        ("12345@127.0.0.1 SIP/2.0", "12345@127.0.0.1 SIP/7.0", 505),
        ("Content-Length: ", "Content-Length: 9", 400),
    ] {
        line.raw(text.replacen(from, to, 1).as_bytes());
        assert_eq!(line.responses_from(0).pop().unwrap().status, status, "{to}");
    }
    assert_eq!(line.incoming(), 0);
    line.assert_quiet();
}

#[test]
fn an_invite_without_contact_gets_400() {
    let mut line = Line::new();
    assert_eq!(line.statuses(&Ask::invite("a").without("Contact")), [400]);
    let tel = Ask::invite("b").without("Contact").field("Contact: <tel:+8619900000017>");
    assert_eq!(line.statuses(&tel), [400]);
    assert_eq!(line.incoming(), 0);
}

#[test]
fn received_and_rport_are_filled_in_and_the_answer_goes_to_the_source() {
    let mut line = Line::new();
    let mut ask = Ask::invite("a");
    ask.via = "client.invalid:9999".to_owned();
    line.ask(&ask);
    let (_, flow, _) = &line.sent[0];
    assert_eq!(flow.remote, line.flow.remote);
    let via = line.responses_from(0)[0].headers.top_via().unwrap();
    assert_eq!(via.params.get("received"), Some("127.0.0.2"));
    assert_eq!(via.params.get("rport"), Some("5070"));
    let text = String::from_utf8(Ask::invite("b").bytes(line.flow.transport)).unwrap();
    line.raw(text.replace(";rport", "").replace("127.0.0.2:5070;", "127.0.0.2:9999;").as_bytes());
    let (_, flow, _) = line.sent.last().unwrap();
    assert_eq!(flow.remote.to_string(), "127.0.0.2:9999", "without rport: the port of sent-by");
}

#[test]
fn answers_over_tcp_go_back_on_their_connection_and_its_end_ends_the_leg() {
    let mut line = Line::new().over_tcp(5);
    line.talk(&Ask::invite("a"));
    assert!(line.sent.iter().all(|(_, flow, _)| flow.connection == 5));
    line.endpoint.connection_closed(line.now, 5);
    line.drain();
    assert_eq!(line.ended(), [Reason::Failure]);
    assert_eq!(line.endpoint.counts().legs, 0);
    line.assert_quiet();
}

#[test]
fn the_whole_200_and_the_whole_bye_read_as_they_should() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a").field("Record-Route: <sip:p1.example;lr>"));
    line.accept();
    let tag = line.tag();
    let text = String::from_utf8(line.sent[1].2.to_bytes()).unwrap();
    let mut fields: Vec<&str> = text.split("\r\n\r\n").next().unwrap().split("\r\n").collect();
    fields[1..].sort_unstable();
    let to = format!("To: <sip:12345@127.0.0.1>;tag={tag}");
    let length = format!("Content-Length: {}", ANSWER.len());
    let expected = [
        "SIP/2.0 200 OK",
        "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE",
        "CSeq: 1 INVITE",
        "Call-ID: a",
        "Contact: <sip:127.0.0.1:5060>",
        length.as_str(),
        "Content-Type: application/sdp",
        "From: <sip:19900000017@127.0.0.2>;tag=peer",
        "Record-Route: <sip:p1.example;lr>",
        "Require: timer",
        "Server: mayorline",
        "Session-Expires: 1800;refresher=uac",
        "Supported: 100rel, timer",
        to.as_str(),
        "Via: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK-a-1-INVITE;rport=5070;received=127.0.0.2",
    ];
    assert_eq!(fields, expected);
    line.ask(&Ask::within("ACK", "a", 1, &tag));
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    let via = bye.headers.get("Via").unwrap().to_owned();
    assert!(via.starts_with("SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-ml-"), "{via}");
    let text = String::from_utf8(bye.to_bytes()).unwrap();
    let expected = format!(
        "BYE sip:peer@127.0.0.2:5070 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n\
         Route: <sip:p1.example;lr>\r\nFrom: <sip:12345@127.0.0.1>;tag={tag}\r\n\
         To: <sip:19900000017@127.0.0.2>;tag=peer\r\nCall-ID: a\r\nCSeq: 1 BYE\r\n\
         User-Agent: mayorline\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn ipv6_and_tcp_stand_rightly_in_via_and_contact() {
    let mut line = Line::new().over_tcp(9);
    line.flow.local = "[::1]:5060".parse().unwrap();
    line.flow.remote = "[::1]:5070".parse().unwrap();
    let mut invite = Ask::invite("a");
    invite.via = "[::1]:5070".to_owned();
    line.ask(&invite);
    line.accept();
    let answer = line.responses_from(0).pop().unwrap();
    assert_eq!(answer.headers.get("Contact"), Some("<sip:[::1]:5060;transport=tcp>"));
    line.ask(&Ask::within("ACK", "a", 1, &line.tag()));
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    let via = bye.headers.top_via().unwrap();
    assert_eq!((via.transport.as_str(), via.host.as_str()), ("TCP", "[::1]"));
    line.pass(5_000);
    assert_eq!(line.requests_of(&Method::Bye).0, [0], "nothing is sent again over TCP");
}

#[test]
fn a_bye_that_is_only_answered_100_is_repeated_every_four_seconds() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a"));
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    line.reply(&bye, 100, &[]);
    line.pass(13_000);
    assert_eq!(line.requests_of(&Method::Bye).0, [0, 500, 4_500, 8_500, 12_500]);
    line.reply(&bye, 200, &[]);
    line.pass(10_000);
    assert_eq!(line.requests_of(&Method::Bye).0.len(), 5);
    line.assert_quiet();
}
