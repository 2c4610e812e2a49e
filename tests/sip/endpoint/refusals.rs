//! What is not taken, and why.

use super::harness::{Ask, Line, udp};
use mayorline::proto::{EndpointConfig, Event};

fn refused(ask: &Ask) -> mayorline::wire::sip::Response {
    let mut line = Line::new();
    let answer = line.answer_to(ask);
    assert_eq!(line.incoming(), 0);
    assert_eq!(line.endpoint.counts(), mayorline::proto::Counts::default(), "no state is kept");
    assert_eq!(answer.headers.get("Server"), Some("mayorline"));
    answer
}

#[test]
fn options_tells_what_is_spoken_here_in_and_out_of_a_dialog() {
    let answer = refused(&Ask::new("OPTIONS", "a", 1));
    assert_eq!(answer.status, 200);
    assert!(answer.headers.tokens("Allow").any(|method| method == "PRACK"));
    assert!(answer.headers.tokens("Accept").any(|kind| kind == "application/sdp"));
    assert!(answer.headers.tokens("Supported").any(|option| option == "timer"));
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::within("OPTIONS", "a", 2, &tag)), [200]);
}

#[test]
fn known_methods_that_are_not_allowed_get_405_with_allow() {
    for method in ["SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER"] {
        let answer = refused(&Ask::new(method, "a", 1));
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.headers.get("Allow").is_some_and(|allow| allow.contains("INVITE")));
    }
}

#[test]
fn requests_of_a_dialog_that_have_none_get_481() {
    for method in ["BYE", "INFO", "PRACK", "UPDATE"] {
        assert_eq!(refused(&Ask::new(method, "a", 1)).status, 481, "{method}");
        assert_eq!(refused(&Ask::within(method, "a", 1, "gone")).status, 481, "{method}");
    }
    assert_eq!(refused(&Ask::within("INVITE", "a", 1, "gone").sdp()).status, 481);
}

#[test]
fn a_body_that_is_no_sdp_gets_415_unless_it_may_be_ignored() {
    let mut invite = Ask::invite("a").without("Content-Type");
    invite = invite.field("Content-Type: text/html");
    let answer = refused(&invite);
    assert_eq!((answer.status, answer.headers.get("Accept")), (415, Some("application/sdp")));
    let encoded = refused(&Ask::invite("b").field("Content-Encoding: gzip"));
    assert_eq!((encoded.status, encoded.headers.get("Accept-Encoding")), (415, Some("identity")));
    let mut line = Line::new();
    line.ask(&invite.field("Content-Disposition: render;handling=optional"));
    assert!(matches!(line.events[0], Event::Incoming { offer: None, .. }));
}

#[test]
fn an_unknown_uri_scheme_gets_416_and_max_forwards_0_is_no_matter() {
    let mut invite = Ask::invite("a");
    invite.uri = "nobodyknows:xyz".to_owned();
    assert_eq!(refused(&invite).status, 416);
    let mut line = Line::new();
    let bytes = Ask::invite("b").bytes(line.flow.transport);
    let text = String::from_utf8(bytes).unwrap().replace("Max-Forwards: 70", "Max-Forwards: 0");
    line.raw(text.as_bytes());
    assert_eq!(line.incoming(), 1);
}

#[test]
fn a_request_that_was_here_before_or_leads_back_gets_482() {
    let mut by_via = Ask::invite("a");
    by_via.via = "127.0.0.1:5060".to_owned();
    assert_eq!(refused_at_source(&by_via), [482]);
    let below = Ask::invite("a").field("Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx");
    assert_eq!(refused(&below).status, 482);
    let contact = Ask::invite("a").without("Contact").field("Contact: <sip:x@127.0.0.1:5060>");
    assert_eq!(refused(&contact).status, 482);
    let circle = "Route: <sip:127.0.0.1;lr>, <sip:p.example;lr>, <sip:127.0.0.1:5060;lr>";
    assert_eq!(refused(&Ask::invite("a").field(circle)).status, 482);
    let mut line = Line::new();
    assert_eq!(line.statuses(&Ask::invite("a").field("Route: <sip:127.0.0.1;lr>")), [100]);
}

/// The answer goes where the Via says it came from: one message out for one in.
fn refused_at_source(ask: &Ask) -> Vec<u16> {
    let mut line = Line::new();
    let statuses = line.statuses(ask);
    assert_eq!(line.sent.len(), 1);
    statuses
}

#[test]
fn our_own_branch_in_a_via_is_known_and_a_long_spiral_is_cut() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a"));
    line.hang_up();
    let bye = line.requests_of(&mayorline::wire::sip::Method::Bye).1.unwrap();
    let ours = bye.headers.top_via().unwrap().branch().unwrap().to_owned();
    let via = format!("Via: SIP/2.0/UDP nat.example:1;branch={ours}");
    assert_eq!(line.statuses(&Ask::invite("b").field(&via)), [482]);
    let sent = line.sent.len();
    let mut spiral = Ask::invite("c");
    for hop in 0..63 {
        spiral = spiral.field(&format!("Via: SIP/2.0/UDP h{hop}.example;branch=z9hG4bK{hop}"));
    }
    line.ask(&spiral);
    assert!(line.sent.len() <= sent + 1, "at most one message out for one in");
}

#[test]
fn rejections_carry_the_status_and_are_sent_again_until_the_ack() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    let leg = line.leg();
    line.endpoint.reject(line.now, leg, 486);
    line.drain();
    line.pass(600);
    assert_eq!(line.times_of(486), [0, 500]);
    line.assert_quiet();
    line.endpoint.reject(line.now, leg, 486);
    line.endpoint.ring(line.now, leg);
    line.endpoint.answer(line.now, leg, Vec::new());
    line.endpoint.hang_up(line.now, leg);
    line.endpoint.accept_offer(line.now, leg, Vec::new());
    line.endpoint.refuse_offer(line.now, leg);
    let sent = line.sent.len();
    line.drain();
    assert_eq!(line.sent.len(), sent, "commands for a leg that is gone do nothing");
}

#[test]
fn a_draining_line_refuses_new_calls_and_keeps_the_old() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.endpoint.drain();
    let answer = line.answer_to(&Ask::invite("b"));
    assert_eq!((answer.status, answer.headers.get("Retry-After")), (503, Some("10")));
    assert_eq!(line.statuses(&Ask::new("OPTIONS", "o", 1)), [503]);
    assert_eq!(line.statuses(&Ask::within("UPDATE", "a", 2, &tag)), [200]);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn asserted_identity_is_believed_of_trusted_peers_only() {
    let invite = Ask::invite("a").field("P-Asserted-Identity: \"王\" <tel:+8619900000042>");
    let caller = |trusted: &[&str]| {
        let trusted_peers = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
        let mut line = Line::with(EndpointConfig { trusted_peers, ..EndpointConfig::default() });
        line.ask(&invite);
        match line.events.remove(0) {
            Event::Incoming { caller, display, .. } => (caller, display),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(caller(&["127.0.0.2"]), ("+8619900000042".to_owned(), Some("王".to_owned())));
    assert_eq!(caller(&["127.0.0.9"]), ("19900000017".to_owned(), None));
}

#[test]
fn a_text_is_vouched_for_by_trusted_peers_only() {
    let vouched = |trusted: &str| {
        let trusted_peers = vec![trusted.parse().unwrap()];
        let mut line = Line::with(EndpointConfig { trusted_peers, ..EndpointConfig::default() });
        line.ask(&Ask::new("MESSAGE", "a", 1).body("text/plain;charset=UTF-8", "停水"));
        match line.events.remove(0) {
            Event::Text { is_vouched, .. } => is_vouched,
            other => panic!("{other:?}"),
        }
    };
    assert!(vouched("127.0.0.2"));
    assert!(!vouched("127.0.0.9"));
}

#[test]
fn escapes_and_parameters_of_the_user_part_are_undone() {
    let mut line = Line::new();
    let mut invite = Ask::invite("a");
    invite.uri = "sip:%2B8612345;phone-context=x@127.0.0.1;user=phone".to_owned();
    line.ask(&invite);
    let Event::Incoming { called, .. } = &line.events[0] else { panic!() };
    assert_eq!(called, "+8612345");
}

#[test]
fn the_advertised_host_stands_in_contact() {
    let advertised = Some("192.0.2.1".parse().unwrap());
    let mut line = Line::with(EndpointConfig { advertised, ..EndpointConfig::default() });
    line.ask(&Ask::invite("a"));
    line.ring();
    let ringing = line.responses_from(0).pop().unwrap();
    assert_eq!(ringing.headers.get("Contact"), Some("<sip:192.0.2.1:5060>"));
    assert_eq!(udp("127.0.0.2:5070"), line.flow);
}
