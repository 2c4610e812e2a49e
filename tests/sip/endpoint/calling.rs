//! Calls of ours: RFC 3261 §13.2, RFC 3262, RFC 4028 from the calling side.

use super::harness::{ANSWER, Ask, Line, OFFER, WAIT_MS};
use mayorline::proto::{EndpointConfig, Event, Reason};
use mayorline::units::LegId;
use mayorline::wire::sip::{Method, Request};
use std::time::Duration;

const EARLY: &str = "v=0\r\no=- 3 3 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n\
    m=audio 6000 RTP/AVP 8\r\n";

fn branch(request: &Request) -> String {
    request.headers.top_via().unwrap().branch().unwrap().to_owned()
}

fn ringing(line: &Line) -> Vec<(u16, bool)> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::Ringing { status, sdp, .. } => Some((*status, sdp.is_some())),
        _ => None,
    });
    told.collect()
}

fn accepted(line: &Line) -> Vec<(LegId, Vec<u8>)> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::Accepted { leg, sdp } => Some((*leg, sdp.clone())),
        _ => None,
    });
    told.collect()
}

fn hang_up(line: &mut Line, leg: LegId) {
    line.endpoint.hang_up(line.now, leg);
    line.drain();
}

#[test]
fn an_invite_says_who_calls_whom_and_what_we_can() {
    let mut line = Line::new();
    let mut invitation = line.invitation();
    invitation.number = "12>345;x".to_owned();
    invitation.display = Some("市长\"热线\"".to_owned());
    invitation.asserted = Some("12345".to_owned());
    let (_, invite) = line.call(invitation);
    assert_eq!(invite.uri.to_string(), "sip:19900000018@127.0.0.2:5070");
    let from = invite.headers.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("市长\"热线\""));
    assert_eq!(from.uri.to_string(), "sip:12%3E345%3Bx@127.0.0.1");
    assert_eq!(invite.headers.to().unwrap().tag(), None);
    for (name, value) in [
        ("P-Asserted-Identity", "<sip:12345@127.0.0.1>"),
        ("Contact", "<sip:127.0.0.1:5060>"),
        ("Max-Forwards", "70"),
        ("CSeq", "1 INVITE"),
        ("Supported", "100rel, timer"),
        ("Session-Expires", "1800"),
        ("Min-SE", "90"),
        ("Content-Type", "application/sdp"),
    ] {
        assert_eq!(invite.headers.get(name), Some(value), "{name}");
    }
    assert_eq!(invite.body, OFFER.as_bytes());
}

#[test]
fn a_call_rings_plays_early_media_is_answered_and_hung_up() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply(&invite, 100, &[]);
    assert!(line.events.is_empty(), "a 100 says nothing");
    line.reply_as(&invite, 180, "a", &[], "");
    line.reply_as(&invite, 180, "a", &[], "");
    line.reply_as(&invite, 183, "a", &[], EARLY);
    assert_eq!(ringing(&line), [(180, false), (183, true)], "each told once");
    let routes = ["Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>"];
    line.reply_as(&invite, 200, "a", &routes, ANSWER);
    assert_eq!(accepted(&line), [(leg, ANSWER.as_bytes().to_vec())]);
    let ack = line.last(&Method::Ack);
    assert_eq!(ack.uri.to_string(), "sip:a@127.0.0.2:5070");
    let through: Vec<&str> = ack.headers.values("Route").collect();
    assert_eq!(through, ["<sip:p1.example;lr>", "<sip:p2.example;lr>"], "RFC 3261 §12.1.2");
    assert_eq!((ack.headers.get("CSeq"), ack.body.len()), (Some("1 ACK"), 0));
    assert_ne!(branch(&ack), branch(&invite), "RFC 3261 §13.2.2.4");
    line.reply_as(&invite, 200, "a", &routes, ANSWER);
    assert_eq!(line.count(&Method::Ack), 2, "its ACK was lost");
    assert_eq!(line.last(&Method::Ack), ack);
    assert_eq!(accepted(&line).len(), 1);
    hang_up(&mut line, leg);
    let bye = line.last(&Method::Bye);
    assert_eq!(bye.headers.cseq().unwrap().number, 2);
    assert_eq!(bye.headers.to().unwrap().tag(), Some("a"));
    line.reply(&bye, 200, &[]);
    assert_eq!(line.ended(), [Reason::Local]);
    line.assert_quiet();
}

#[test]
fn silence_is_told_after_four_seconds_and_a_late_ring_is_cancelled() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    line.pass(3_999);
    assert_eq!(line.ended(), []);
    line.pass(1);
    assert_eq!(line.ended(), [Reason::NoResponse]);
    assert_eq!(line.requests_of(&Method::Invite).0, [0, 500, 1500, 3500]);
    assert_eq!(line.count(&Method::Cancel), 0, "RFC 3261 §9.1: nothing came back yet");
    line.reply_as(&invite, 180, "a", &[], "");
    assert_eq!(line.count(&Method::Cancel), 1);
    line.reply_as(&invite, 487, "a", &[], "");
    assert_eq!(line.count(&Method::Ack), 1);
    let mut line = Line::new();
    line.call(line.invitation());
    line.pass(WAIT_MS);
    assert_eq!(line.requests_of(&Method::Invite).0, [0, 500, 1500, 3500, 7500, 15500, 31500]);
    line.assert_quiet();
}

#[test]
fn a_phone_that_nobody_takes_up_is_cancelled_after_its_time() {
    let mut line = Line::new();
    let mut invitation = line.invitation();
    invitation.ring_max = Duration::from_secs(12);
    let (_, invite) = line.call(invitation);
    line.reply_as(&invite, 180, "a", &[], "");
    line.pass(11_999);
    assert_eq!(line.ended(), []);
    line.pass(1);
    assert_eq!(line.ended(), [Reason::Timeout]);
    let cancel = line.last(&Method::Cancel);
    assert_eq!((branch(&cancel), &cancel.uri), (branch(&invite), &invite.uri));
    for name in ["From", "To", "Call-ID"] {
        assert_eq!(cancel.headers.get(name), invite.headers.get(name), "RFC 3261 §9.1: {name}");
    }
    assert_eq!(cancel.headers.get("CSeq"), Some("1 CANCEL"));
    line.reply(&cancel, 200, &[]);
    line.reply_as(&invite, 487, "a", &[], "");
    assert_eq!(branch(&line.last(&Method::Ack)), branch(&invite));
    line.assert_quiet();
}

#[test]
fn a_lost_cancel_is_sent_again_and_a_peer_that_stays_silent_is_forgotten() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 180, "a", &[], "");
    hang_up(&mut line, leg);
    line.pass(1_500);
    assert_eq!(line.requests_of(&Method::Cancel).0, [0, 500, 1500]);
    line.assert_quiet();
}

#[test]
fn an_answer_that_crosses_our_cancel_is_acknowledged_and_hung_up() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 180, "a", &[], "");
    hang_up(&mut line, leg);
    assert_eq!(line.count(&Method::Cancel), 1);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    assert_eq!((line.count(&Method::Ack), line.count(&Method::Bye)), (2, 1));
    assert_eq!(line.last(&Method::Bye).uri.to_string(), "sip:a@127.0.0.2:5070");
    assert_eq!((line.ended(), accepted(&line).len()), (vec![Reason::Local], 0));
    line.assert_quiet();
}

#[test]
fn a_call_hung_up_before_anything_came_back_is_hung_up_when_it_is_answered() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    hang_up(&mut line, leg);
    assert_eq!(line.ended(), [Reason::Local]);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    assert_eq!(
        (line.count(&Method::Cancel), line.count(&Method::Ack), line.count(&Method::Bye)),
        (0, 1, 1)
    );
    line.assert_quiet();
}

#[test]
fn of_forked_answers_the_first_wins_and_every_other_is_hung_up() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 183, "a", &[], EARLY);
    line.reply_as(&invite, 180, "b", &[], "");
    assert_eq!(ringing(&line), [(183, true), (180, false)]);
    line.reply_as(&invite, 200, "b", &[], ANSWER);
    line.reply_as(&invite, 200, "a", &[], EARLY);
    assert_eq!(accepted(&line), [(leg, ANSWER.as_bytes().to_vec())]);
    let bye = line.last(&Method::Bye);
    assert_eq!(bye.headers.to().unwrap().tag(), Some("a"));
    assert_eq!(line.last(&Method::Ack).headers.to().unwrap().tag(), Some("a"));
    line.reply_as(&invite, 200, "a", &[], EARLY);
    line.reply_as(&invite, 200, "b", &[], ANSWER);
    assert_eq!((line.count(&Method::Ack), line.count(&Method::Bye)), (4, 1));
    assert_eq!(line.last(&Method::Ack).headers.to().unwrap().tag(), Some("b"));
    assert_eq!(line.ended(), []);
    assert_eq!(line.statuses(&line.of_peer("INFO", &invite, "a", 1)), [481], "the loser");
    assert_eq!(line.statuses(&line.of_peer("BYE", &invite, "b", 1)), [200], "the winner");
    assert_eq!(line.ended(), [Reason::Peer]);
}

#[test]
fn no_more_branches_than_the_limit_are_heard() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    for n in 0..20 {
        line.reply_as(&invite, 180, &format!("t{n}"), &["Require: 100rel", "RSeq: 1"], "");
    }
    assert_eq!(line.count(&Method::Prack), mayorline::proto::FORKS_MAX);
    for n in 0..20 {
        line.reply_as(&invite, 200, &format!("t{n}"), &[], ANSWER);
    }
    assert_eq!(line.count(&Method::Bye), mayorline::proto::FORKS_MAX - 1);
}

#[test]
fn a_branch_that_is_over_makes_room_for_others() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    line.reply_as(&invite, 180, "a", &[], "");
    assert_eq!(line.statuses(&line.of_peer("INFO", &invite, "a", 1)), [200]);
    line.reply_as(&invite, 199, "a", &[], "");
    assert_eq!(line.statuses(&line.of_peer("INFO", &invite, "a", 2)), [481], "RFC 6228");
    assert_eq!(ringing(&line).len(), 1);
}

#[test]
fn reliable_answers_are_acknowledged_once_each_and_in_order() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    let reliable = |n: u32| format!("RSeq: {n}");
    line.reply_as(&invite, 183, "a", &["Require: 100rel", &reliable(7)], EARLY);
    line.reply_as(&invite, 183, "a", &["Require: 100rel", &reliable(7)], EARLY);
    let prack = line.last(&Method::Prack);
    assert_eq!(prack.headers.get("RAck"), Some("7 1 INVITE"));
    assert_eq!(prack.headers.get("CSeq"), Some("2 PRACK"));
    line.reply(&prack, 200, &[]);
    line.reply_as(&invite, 180, "a", &["Require: 100rel", &reliable(9)], "");
    assert_eq!(line.count(&Method::Prack), 1, "8 is still on its way");
    line.reply_as(&invite, 180, "a", &["Require: 100rel", &reliable(8)], "");
    assert_eq!(line.last(&Method::Prack).headers.get("RAck"), Some("8 1 INVITE"));
    assert_eq!(ringing(&line), [(183, true), (180, false)]);
    // RFC 3261 §13.2.1: the answer came reliably, the 200 need not repeat it.
    line.reply_as(&invite, 200, "a", &[], "");
    assert_eq!(accepted(&line), [(leg, EARLY.as_bytes().to_vec())]);
    hang_up(&mut line, leg);
    assert_eq!(line.last(&Method::Bye).headers.cseq().unwrap().number, 4);
}

#[test]
fn an_update_may_offer_in_an_early_dialog_once_the_first_answer_is_sure() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 183, "a", &[], EARLY);
    assert_eq!(line.statuses(&line.of_peer("UPDATE", &invite, "a", 1).sdp()), [491]);
    line.reply_as(&invite, 183, "a", &["Require: 100rel", "RSeq: 1"], EARLY);
    assert_eq!(line.statuses(&line.of_peer("UPDATE", &invite, "a", 2).sdp()), [0_u16; 0]);
    assert!(matches!(line.events.last(), Some(Event::Offer { sdp: Some(_), .. })));
    line.endpoint.accept_offer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    assert_eq!(line.times_of(200), [0]);
    assert_eq!(line.statuses(&line.of_peer("INVITE", &invite, "a", 3).sdp()), [491]);
}

#[test]
fn an_answer_without_media_is_acknowledged_and_hung_up() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    line.reply_as(&invite, 200, "a", &[], "");
    assert_eq!((line.count(&Method::Ack), line.count(&Method::Bye)), (1, 1));
    assert_eq!(line.ended(), [Reason::Failure]);
    line.assert_quiet();
}

#[test]
fn every_refusal_is_acknowledged_and_told_and_a_redirection_is_not_followed() {
    for status in [302, 401, 403, 404, 408, 480, 481, 486, 488, 500, 503, 600, 603] {
        let mut line = Line::new();
        let (_, invite) = line.call(line.invitation());
        line.reply_as(&invite, status, "a", &["Contact: <sip:0019001234@127.0.0.9>"], "");
        assert_eq!(line.ended(), [Reason::Refused(status)]);
        let ack = line.last(&Method::Ack);
        assert_eq!((branch(&ack), &ack.uri), (branch(&invite), &invite.uri), "{status}");
        line.reply_as(&invite, status, "a", &[], "");
        assert_eq!(line.count(&Method::Ack), 2, "a repeat of {status}");
        assert_eq!(line.count(&Method::Invite), 1, "{status} is not followed");
        line.assert_quiet();
    }
}

#[test]
fn a_longer_session_interval_is_taken_and_asked_for_at_most_three_times() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 422, "a", &["Min-SE: 3600"], "");
    let again = line.last(&Method::Invite);
    assert_eq!(again.headers.get("Session-Expires"), Some("3600"));
    assert_eq!(again.headers.get("Min-SE"), Some("3600"));
    assert_eq!(again.headers.cseq().unwrap().number, 2);
    assert_eq!(again.headers.get("Call-ID"), invite.headers.get("Call-ID"));
    assert_ne!(branch(&again), branch(&invite));
    line.reply_as(&again, 200, "b", &["Session-Expires: 3600;refresher=uac"], ANSWER);
    assert_eq!(accepted(&line).len(), 1);
    assert_eq!(line.last(&Method::Ack).headers.get("CSeq"), Some("2 ACK"));
    hang_up(&mut line, leg);
    let mut line = Line::new();
    line.call(line.invitation());
    for _ in 0..10 {
        let invite = line.last(&Method::Invite);
        line.reply_as(&invite, 422, "a", &["Min-SE: 3600"], "");
    }
    assert_eq!(line.count(&Method::Invite), 4);
    assert_eq!(line.ended(), [Reason::Refused(422)]);
    line.assert_quiet();
}

#[test]
fn the_session_is_refreshed_by_whom_the_answer_names() {
    for (field, refreshes, ends) in [
        ("Session-Expires: 200;refresher=uac", 1, 0),
        ("Session-Expires: 200;refresher=uas", 0, 1),
        ("X: no timer at all", 0, 0),
        ("Session-Expires: 1;refresher=uac", 3, 0),
    ] {
        let mut line = Line::new();
        let (leg, invite) = line.call(line.invitation());
        line.reply_as(&invite, 200, "a", &[field, "Allow: INVITE, UPDATE"], ANSWER);
        for _ in 0..18 {
            line.pass(10_000);
            if let (_, Some(update)) = line.requests_of(&Method::Update) {
                line.reply(&update, 200, &[field]);
            }
        }
        let last = line.requests_of(&Method::Update).1;
        let updates = last.map_or(0, |update| update.headers.cseq().unwrap().number - 1);
        assert_eq!(updates, refreshes, "{field}");
        assert_eq!(line.ended().len(), ends, "{field}");
        hang_up(&mut line, leg);
    }
}

#[test]
fn the_peer_may_offer_ask_and_hang_up_as_in_a_call_that_came_in() {
    let mut line = Line::new();
    let (leg, invite) = line.connect(line.invitation(), "a");
    assert_eq!(line.statuses(&line.of_peer("INVITE", &invite, "a", 1).sdp()), [100]);
    line.endpoint.accept_offer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    line.ask(&line.of_peer("ACK", &invite, "a", 1));
    assert!(!line.events.iter().any(|event| matches!(event, Event::Confirmed { .. })));
    let info = line.of_peer("INFO", &invite, "a", 2).body("application/dtmf-relay", "Signal=5");
    assert_eq!(line.statuses(&info), [200]);
    assert!(matches!(line.events.last(), Some(Event::Info { .. })));
    assert_eq!(line.statuses(&line.of_peer("OPTIONS", &invite, "a", 3)), [200]);
    assert_eq!(line.statuses(&line.of_peer("INFO", &invite, "stranger", 4)), [481]);
    assert_eq!(line.statuses(&line.of_peer("BYE", &invite, "a", 4)), [200]);
    assert_eq!(line.ended(), [Reason::Peer]);
    line.assert_quiet();
}

#[test]
fn over_tcp_nothing_is_sent_again_and_a_lost_connection_ends_the_call() {
    let mut line = Line::new().over_tcp(7);
    let (_, invite) = line.call(line.invitation());
    assert!(invite.headers.get("Contact").unwrap().contains(";transport=tcp"));
    line.pass(3_000);
    assert_eq!(line.count(&Method::Invite), 1);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    line.endpoint.connection_closed(line.now, 7);
    line.drain();
    assert_eq!(line.ended(), [Reason::Failure]);
    line.assert_quiet();
}

#[test]
fn calls_of_ours_have_a_limit_of_their_own() {
    let config = EndpointConfig { outgoing_max: 2, calls_max: 1, ..EndpointConfig::default() };
    let mut line = Line::with(config);
    line.ask(&Ask::invite("citizen"));
    assert_eq!(line.incoming(), 1);
    let (first, _) = line.call(line.invitation());
    line.call(line.invitation());
    assert_eq!(line.ended(), []);
    let third = line.endpoint.reserve_leg();
    line.endpoint.invite(line.now, third, line.invitation());
    line.drain();
    assert_eq!(line.ended(), [Reason::Failure]);
    assert_ne!(third, first);
    hang_up(&mut line, first);
    line.call(line.invitation());
    assert_eq!(line.ended(), [Reason::Failure, Reason::Local], "there is room again");
}

#[test]
fn a_call_of_ours_that_comes_back_is_a_loop() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    let mut copy = invite.clone();
    let mut vias = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK-proxy, ".to_owned();
    vias.push_str(invite.headers.get("Via").unwrap());
    copy.headers.set("Via", vias);
    line.raw(&copy.to_bytes());
    assert_eq!(line.times_of(482), [0]);
    assert_eq!(line.incoming(), 0);
}

#[test]
fn answers_without_their_transaction_or_with_another_method_are_dropped() {
    let mut line = Line::new();
    let (_, invite) = line.call(line.invitation());
    let mut other = invite.clone();
    other.headers.set("CSeq", "1 CANCEL");
    line.reply_as(&other, 200, "a", &[], ANSWER);
    let mut stray = invite.clone();
    stray.headers.set("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-no");
    line.reply_as(&stray, 200, "a", &[], ANSWER);
    assert!(line.events.is_empty() && line.count(&Method::Ack) == 0);
}
