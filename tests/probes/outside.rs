//! Rows outside of any dialog, over UDP.

use crate::harness::Ask;
use crate::house::{House, PATIENCE, Peer, tag_of};
use mayorline::proto::Transport;
use std::net::UdpSocket;
use std::time::Duration;

fn altered(ask: &Ask, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(ask.bytes(Transport::Udp)).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

/// The final answer to bytes that carry this Call-ID.
fn answer_to(peer: &Peer, bytes: &[u8], call: &str) -> crate::support::sip::Message {
    peer.send(bytes);
    let fits = |m: &crate::support::sip::Message| {
        m.header("call-id") == Some(call) && m.status().is_some_and(|status| status >= 200)
    };
    peer.wait(PATIENCE, fits).unwrap_or_else(|| panic!("no answer to {call}"))
}

#[test]
fn unknown_cancel_bye_and_prack_get_481_and_known_methods_405() {
    let house = House::open(&[]);
    let peer = house.peer();
    assert_eq!(peer.status(&Ask::new("CANCEL", "a", 1)), 481);
    assert_eq!(peer.status(&Ask::within("BYE", "b", 2, "nobody")), 481);
    assert_eq!(peer.status(&Ask::within("PRACK", "c", 2, "nobody")), 481);
    for method in ["SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER"] {
        let answer = peer.ask(&Ask::new(method, method, 1));
        assert_eq!(answer.status(), Some(405));
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("INVITE")));
    }
}

#[test]
fn a_gbk_display_name_is_answered_and_kept() {
    let house = House::open(&[]);
    let peer = house.peer();
    let bytes = altered(&Ask::invite("gbk"), "From: ", "From: \"NAME\" ");
    let at = bytes.windows(4).position(|window| window == b"NAME").unwrap();
    // 王先生 in GBK.
    let name = [0xCD, 0xF5, 0xCF, 0xC8, 0xC9, 0xFA];
    let bytes = [&bytes[..at], &name, &bytes[at + 4..]].concat();
    let answer = answer_to(&peer, &bytes, "gbk");
    assert_eq!(answer.status(), Some(200));
    let tag = tag_of(&answer);
    peer.say(&Ask::within("ACK", "gbk", 1, &tag));
    assert_eq!(peer.status(&Ask::within("BYE", "gbk", 2, &tag)), 200);
}

#[test]
fn a_merged_request_gets_482_and_makes_no_second_call() {
    let house = House::open(&[]);
    let peer = house.peer();
    peer.talk(&Ask::invite("merged"));
    assert_eq!(peer.status(&Ask::invite("merged").branch("another-way")), 482);
    assert_eq!(house.calls(), 1);
}

#[test]
fn what_is_wrong_with_an_invite_is_said() {
    let house = House::open(&[]);
    let peer = house.peer();
    let required = peer.ask(&Ask::invite("require").field("Require: foobar"));
    assert_eq!((required.status(), required.header("unsupported")), (Some(420), Some("foobar")));
    assert_eq!(peer.status(&Ask::invite("contact").without("Contact")), 400);
    for (call, from, to, status) in [
        ("cseq", "CSeq: 1 INVITE", "CSeq: 1 BYE", 400),
        ("version", "127.0.0.1 SIP/2.0", "127.0.0.1 SIP/7.0", 505),
        ("longer", "Content-Length: ", "Content-Length: 9", 400),
        ("negative", "Content-Length: ", "Content-Length: -", 400),
    ] {
        let answer = answer_to(&peer, &altered(&Ask::invite(call), from, to), call);
        assert_eq!(answer.status(), Some(status), "{call}");
        assert!(answer.first.starts_with("SIP/2.0 "), "{}", answer.first);
    }
    assert!(peer.good_call("good").is_some());
    assert_eq!(house.calls(), 1, "only the good one");
}

#[test]
fn an_invite_without_content_length_keeps_its_offer() {
    let house = House::open(&[]);
    let peer = house.peer();
    let bytes = altered(&Ask::invite("bare"), "Content-Length: ", "X-Length: ");
    let answer = answer_to(&peer, &bytes, "bare");
    assert_eq!(answer.status(), Some(200));
    assert!(answer.body.contains("m=audio "), "{}", answer.body);
}

#[test]
fn received_and_rport_are_filled_in_and_without_rport_the_port_of_sent_by_is_taken() {
    let house = House::open(&[]);
    let peer = house.peer();
    let mut ask = Ask::new("OPTIONS", "nat", 1);
    ask.via = "client.invalid:9999".to_owned();
    let via = peer.ask(&ask).header("via").unwrap().to_owned();
    let source = peer.socket.local_addr().unwrap();
    assert!(via.contains(&format!("received={}", source.ip())), "{via}");
    assert!(via.contains(&format!("rport={}", source.port())), "{via}");
    let other = UdpSocket::bind((peer.ip(), 0)).unwrap();
    other.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut ask = Ask::new("OPTIONS", "sent-by", 1);
    ask.via = format!("client.invalid:{}", other.local_addr().unwrap().port());
    peer.send(&altered(&ask, ";rport", ""));
    let mut buffer = [0; 4096];
    let (length, from) = other.recv_from(&mut buffer).expect("the answer at the port of sent-by");
    assert_eq!(from, house.service.udp());
    assert!(buffer[..length].starts_with(b"SIP/2.0 200 "));
}

#[test]
fn a_route_that_leads_back_is_refused_at_once() {
    let house = House::open(&[]);
    let peer = house.peer();
    let us = house.service.udp();
    let contact =
        Ask::invite("contact").without("Contact").field(&format!("Contact: <sip:x@{us}>"));
    assert_eq!(peer.status(&contact), 482);
    let via = Ask::invite("via").field(&format!("Via: SIP/2.0/UDP {us};branch=z9hG4bKback"));
    assert_eq!(peer.status(&via), 482);
    let route = format!("Route: <sip:{us};lr>, <sip:p.example;lr>, <sip:{us};lr>");
    assert_eq!(peer.status(&Ask::invite("route").field(&route)), 482);
    let mut spiral = Ask::invite("spiral");
    for hop in 0..63 {
        spiral = spiral.field(&format!("Via: SIP/2.0/UDP h{hop}.example;branch=z9hG4bK{hop}"));
    }
    assert!(peer.good_call("spiral-after").is_some());
    peer.heard.borrow_mut().clear();
    peer.say(&spiral);
    peer.wait(Duration::from_millis(300), |_| false);
    let finals = peer.heard.borrow().iter().filter(|(_, m)| m.status() != Some(100)).count();
    assert!(finals <= 1, "at most one message out for one in");
    assert_eq!(peer.heard.borrow().iter().filter(|(_, m)| m.method().is_some()).count(), 0);
}

#[test]
fn a_call_past_the_limit_gets_503_with_retry_after_and_room_is_used_again() {
    let house = House::open(&["sip.calls_max=2"]);
    let peer = house.peer();
    let (_, tag) = peer.talk(&Ask::invite("one"));
    peer.talk(&Ask::invite("two"));
    let refused = peer.ask(&Ask::invite("three"));
    assert_eq!(refused.status(), Some(503));
    let after: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&after));
    assert_eq!(peer.status(&Ask::within("BYE", "one", 2, &tag)), 200);
    assert_eq!(peer.status(&Ask::invite("four")), 200);
}

#[test]
fn a_scanner_gets_silence_after_a_few_tries_and_its_address_may_still_call() {
    let house = House::open(&[]);
    let peer = house.peer();
    for n in 0..100 {
        peer.say(&Ask::new("REGISTER", &n.to_string(), 1));
        peer.say(&Ask::new("OPTIONS", &format!("o{n}"), 1));
    }
    peer.wait(Duration::from_millis(700), |_| false);
    assert_eq!(peer.heard.borrow().len(), 30, "refusals_per_source_minute_max");
    assert!(peer.good_call("good").is_some());
    assert_eq!(house.peer().status(&Ask::new("OPTIONS", "elsewhere", 1)), 200);
}
