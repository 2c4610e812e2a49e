//! Offers, glare, races and routes within a dialog.

use super::harness::{ANSWER, Ask, Line, OFFER, WAIT_MS};
use mayorline::proto::{Event, Reason};
use mayorline::wire::sip::Method;

#[test]
fn an_invite_without_offer_gets_ours_and_its_ack_brings_the_answer() {
    let mut line = Line::new();
    let mut invite = Ask::invite("a").without("Content-Type");
    invite.body.clear();
    line.ask(&invite);
    assert!(matches!(line.events[0], Event::Incoming { offer: None, .. }));
    line.accept();
    assert_eq!(line.responses_from(0).pop().unwrap().body, ANSWER.as_bytes());
    let tag = line.tag();
    line.ask(&Ask::within("ACK", "a", 1, &tag).sdp());
    let leg = line.leg();
    let told = &line.events[1..];
    let sdp = OFFER.as_bytes().to_vec();
    assert_eq!(told, [Event::Answer { leg, sdp }, Event::Confirmed { leg }]);
}

#[test]
fn an_ack_that_owes_the_answer_and_brings_none_ends_the_call() {
    let mut line = Line::new();
    let mut invite = Ask::invite("a").without("Content-Type");
    invite.body.clear();
    line.talk(&invite);
    assert_eq!(line.ended(), [Reason::Failure]);
    assert_eq!(line.requests_of(&Method::Bye).0.len(), 1);
    line.assert_quiet();
}

#[test]
fn a_re_invite_without_offer_is_asked_for_ours() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("INVITE", "a", 2, &tag));
    let leg = line.leg();
    assert_eq!(line.events.last(), Some(&Event::Offer { leg, sdp: None }));
    line.endpoint.accept_offer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    // Our offer is open: a second offer of the peer is glare.
    assert_eq!(line.statuses(&Ask::within("UPDATE", "a", 3, &tag).sdp()), [491]);
    line.ask(&Ask::within("ACK", "a", 2, &tag).sdp());
    assert!(matches!(line.events.last(), Some(Event::Answer { .. })));
}

#[test]
fn a_second_re_invite_while_one_is_open_gets_500_with_retry_after() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("INVITE", "a", 2, &tag).sdp());
    let refused = Ask::within("INVITE", "a", 3, &tag).sdp();
    assert_eq!(line.statuses(&refused), [500]);
    let answer = line.responses_from(0).pop().unwrap();
    assert!(answer.headers.number("Retry-After").unwrap().is_some_and(|seconds| seconds <= 10));
    let offers = line.events.iter().filter(|e| matches!(e, Event::Offer { .. })).count();
    assert_eq!(offers, 1);
}

#[test]
fn a_refused_offer_gets_488_and_the_call_goes_on() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("UPDATE", "a", 2, &tag).sdp());
    let leg = line.leg();
    line.endpoint.refuse_offer(line.now, leg);
    line.drain();
    assert_eq!(line.responses_from(0).pop().unwrap().status, 488);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn an_offer_nobody_decides_on_is_refused_after_64_t1() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("INVITE", "a", 2, &tag).sdp());
    line.pass(WAIT_MS);
    assert_eq!(line.times_of(500).len(), 1);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn a_cancelled_re_invite_gets_487_and_the_call_goes_on() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    let again = Ask::within("INVITE", "a", 2, &tag).sdp();
    line.ask(&again);
    let mut cancel = Ask::within("CANCEL", "a", 2, &tag);
    cancel.branch = again.branch.clone();
    assert_eq!(line.statuses(&cancel), [200, 487]);
    let leg = line.leg();
    let sent = line.sent.len();
    line.endpoint.accept_offer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    assert_eq!(line.sent.len(), sent, "the offer is withdrawn");
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn bye_answers_what_is_open_with_487() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("INVITE", "a", 2, &tag).sdp());
    assert_eq!(line.statuses(&Ask::within("BYE", "a", 3, &tag)), [200, 487]);
    line.ask(&Ask::invite("b"));
    line.ring();
    let tag = line.tag();
    assert_eq!(line.statuses(&Ask::within("BYE", "b", 2, &tag)), [200, 487]);
    assert_eq!(line.ended(), [Reason::Peer, Reason::Peer]);
    line.assert_quiet();
}

#[test]
fn a_hang_up_before_the_ack_sends_bye_only_after_it() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.accept();
    line.hang_up();
    assert_eq!(line.ended(), [Reason::Local], "told at once");
    assert_eq!(line.requests_of(&Method::Bye).0, [0_u64; 0]);
    line.pass(600);
    let tag = line.tag();
    line.ask(&Ask::within("ACK", "a", 1, &tag));
    let (times, bye) = line.requests_of(&Method::Bye);
    assert_eq!(times, [600]);
    line.reply(&bye.unwrap(), 200, &[]);
    line.pass(10_000);
    assert_eq!(line.requests_of(&Method::Bye).0.len(), 1);
    assert_eq!(line.ended().len(), 1);
    line.assert_quiet();
}

#[test]
fn our_bye_swaps_the_ids_and_follows_the_route_set() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a").field("Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>"));
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    assert_eq!(bye.uri.to_string(), "sip:peer@127.0.0.2:5070");
    let routes: Vec<String> =
        bye.headers.routes("Route").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]);
    assert_eq!(bye.headers.to().unwrap().tag(), Some("peer"));
    assert_eq!(bye.headers.from().unwrap().tag(), Some(line.tag().as_str()));
    assert_eq!(bye.headers.get("User-Agent"), Some("mayorline"));
    assert_eq!(line.sent.last().unwrap().1.remote, line.flow.remote, "over the flow of the call");
}

#[test]
fn a_strict_router_becomes_the_request_uri() {
    let mut line = Line::new();
    line.talk(&Ask::invite("a").field("Record-Route: <sip:strict.example>, <sip:p2.example;lr>"));
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    assert_eq!(bye.uri.to_string(), "sip:strict.example");
    let routes: Vec<String> =
        bye.headers.routes("Route").unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["<sip:p2.example;lr>", "<sip:peer@127.0.0.2:5070>"]);
}

#[test]
fn a_new_contact_in_update_is_where_the_bye_goes() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    let moved = Ask::within("UPDATE", "a", 2, &tag)
        .without("Contact")
        .field("Contact: <sip:moved@127.0.0.3>");
    assert_eq!(line.statuses(&moved), [200]);
    line.hang_up();
    let bye = line.requests_of(&Method::Bye).1.unwrap();
    assert_eq!(bye.uri.to_string(), "sip:moved@127.0.0.3");
}

#[test]
fn a_request_with_the_right_tag_and_a_wrong_call_id_gets_481() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    assert_eq!(line.statuses(&Ask::within("BYE", "b", 2, &tag)), [481]);
    let mut stranger = Ask::within("BYE", "a", 2, &tag);
    stranger.from_tag = "stranger".to_owned();
    assert_eq!(line.statuses(&stranger), [481]);
    assert_eq!(line.endpoint.counts().legs, 1);
}

#[test]
fn an_ack_is_never_answered_and_a_stray_response_is_dropped() {
    let mut line = Line::new();
    line.ask(&Ask::new("ACK", "x", 1));
    line.ask(&Ask::within("ACK", "x", 1, "nobody"));
    line.raw(
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx\r\n\
          From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n",
    );
    assert_eq!((line.sent.len(), line.events.len()), (0, 0));
}

#[test]
fn a_call_nobody_answers_is_refused_and_ringing_is_repeated_each_minute() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.ring();
    line.pass(180_000);
    assert_eq!(line.times_of(180), [0, 60_000, 120_000]);
    assert_eq!(line.times_of(480), [180_000]);
    assert_eq!(line.ended(), [Reason::Timeout]);
    line.assert_quiet();
}

#[test]
fn an_invite_that_expires_gets_487() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a").field("Expires: 20"));
    line.ring();
    line.pass(20_000);
    assert_eq!(line.times_of(487), [20_000]);
    line.assert_quiet();
}

#[test]
fn an_ack_with_the_branch_of_the_invite_still_confirms() {
    let mut line = Line::new();
    line.ask(&Ask::invite("a"));
    line.accept();
    let mut ack = Ask::within("ACK", "a", 1, &line.tag());
    ack.branch = Ask::invite("a").branch;
    line.ask(&ack);
    assert!(matches!(line.events.last(), Some(Event::Confirmed { .. })));
}
