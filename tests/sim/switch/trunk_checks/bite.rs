//! Each of S18 to S23 fails where it is broken.

use super::{CALLED_BACK_FROM, Checks, DOWN_AFTER, Known};
use crate::switch::carrier::Carrier;
use crate::switch::desk::{DIALLED_FROM, seat};
use mayorline::domain::case::AttemptOutcome;
use mayorline::domain::desk::DeskReply;
use mayorline::domain::dial_rules::DialRules;
use mayorline::store::AttemptId;
use mayorline::wire::sip::{Framing, Message, Request, Response};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::time::Duration;

/// Later than any outage.
const NOW: Duration = Duration::from_secs(600);
const PROOF: &str = "Proxy-Authorization: Digest username=\"gw\", realm=\"carrier0.example\"\r\n";
const CHALLENGE: &str = "Proxy-Authenticate: Digest realm=\"carrier0.example\", nonce=\"n\"\r\n";

fn known(at: usize) -> Known {
    Known {
        realm: format!("carrier{at}.example"),
        password: "the word".to_owned(),
        registers: false,
        watched: false,
        good_at: None,
        registered_until: None,
    }
}

/// Of a house with two trunks that are always up.
fn checks() -> Checks {
    Checks { known: vec![known(0), known(1)], ..Checks::default() }
}

fn fields(method: &str, call: &str, more: &str) -> String {
    format!(
        "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{call}\r\nMax-Forwards: 70\r\n\
         From: <sip:1@127.0.0.1>;tag=a\r\nTo: <sip:2@127.0.0.1>\r\nCall-ID: {call}\r\n\
         CSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

fn invite(number: u64, call: &str, more: &str) -> Vec<u8> {
    let first = format!("INVITE sip:{number}@carrier.example SIP/2.0\r\n");
    (first + &fields("INVITE", call, more)).into_bytes()
}

fn response(status: u16, method: &str, call: &str, more: &str) -> Response {
    let text = format!("SIP/2.0 {status} X\r\n") + &fields(method, call, more);
    match Message::parse(text.as_bytes(), Framing::Datagram) {
        Ok(Message::Response(response)) => response,
        other => panic!("{other:?}"),
    }
}

fn request(bytes: &[u8]) -> Request {
    match Message::parse(bytes, Framing::Datagram) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_right_is_let_pass() {
    let mut checks = checks();
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.told(0, &response(407, "INVITE", "a", CHALLENGE), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", PROOF), NOW);
    checks.told(0, &response(503, "INVITE", "a", ""), NOW);
    checks.sent(Some(1), &invite(DIALLED_FROM, "b", ""), NOW);
    let number = CALLED_BACK_FROM + 1;
    checks.attempt(AttemptId(1), &number.to_string(), Some(5));
    checks.sent(Some(0), &invite(number, "c", ""), NOW);
    checks.told(0, &response(200, "INVITE", "c", ""), NOW);
    checks.replied(5, DeskReply::Done);
    checks.attempt_ended(AttemptId(1), AttemptOutcome::Reached);
    checks.check_end(&[]);
    assert_eq!((checks.seen.tried, checks.seen.failed_over, checks.seen.proved), (2, 1, 1));
}

#[test]
#[should_panic(expected = "S18")]
fn a_trunk_that_is_tried_again() {
    let mut checks = checks();
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "b", ""), NOW);
}

#[test]
#[should_panic(expected = "S18")]
fn trunks_out_of_their_order() {
    let mut checks = checks();
    checks.sent(Some(1), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "b", ""), NOW);
}

#[test]
#[should_panic(expected = "S18")]
fn a_number_that_does_not_exist_tried_at_the_next_trunk() {
    let mut checks = checks();
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.told(0, &response(404, "INVITE", "a", ""), NOW);
    checks.sent(Some(1), &invite(DIALLED_FROM, "b", ""), NOW);
}

#[test]
#[should_panic(expected = "S19")]
fn a_trunk_that_is_silent() {
    let mut checks = checks();
    checks.known[0].watched = true;
    checks.told(0, &response(200, "OPTIONS", "o", ""), NOW);
    let later = NOW + DOWN_AFTER + Duration::from_millis(1);
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), later);
}

#[test]
#[should_panic(expected = "S19")]
fn a_trunk_whose_registration_is_over() {
    let mut checks = checks();
    checks.known[0].registers = true;
    let granted = "Contact: <sip:gw0@127.0.0.1:5060>;expires=40\r\n";
    checks.told(0, &response(200, "REGISTER", "r", granted), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", ""), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM + 1, "b", ""), NOW + Duration::from_secs(40));
}

#[test]
#[should_panic(expected = "S20")]
fn a_proof_for_somebody_who_is_no_trunk() {
    let mut checks = checks();
    checks.told(0, &response(407, "INVITE", "a", CHALLENGE), NOW);
    checks.sent(None, &invite(DIALLED_FROM, "a", PROOF), NOW);
}

#[test]
#[should_panic(expected = "S20")]
fn a_proof_for_the_realm_of_another_trunk() {
    let mut checks = checks();
    checks.told(0, &response(407, "INVITE", "a", CHALLENGE), NOW);
    checks.sent(Some(1), &invite(DIALLED_FROM, "a", PROOF), NOW);
}

#[test]
#[should_panic(expected = "S20")]
fn a_proof_that_its_trunk_has_not_asked_for() {
    let mut checks = checks();
    let foreign = CHALLENGE.replace("carrier0", "evil");
    checks.told(0, &response(407, "INVITE", "a", &foreign), NOW);
    checks.sent(Some(0), &invite(DIALLED_FROM, "a", PROOF), NOW);
}

#[test]
#[should_panic(expected = "S21")]
fn a_call_that_rings_on_at_a_trunk() {
    let carriers = (0..).map(|seed| {
        let mut dice = StdRng::seed_from_u64(seed);
        (Carrier::new(0, &mut dice), dice)
    });
    let mut asks_nothing = carriers.filter(|(one, _)| one.configured().credentials.is_none());
    let (mut carrier, mut dice) = asks_nothing.next().unwrap();
    for n in 0..100 {
        let bytes = invite(DIALLED_FROM, &format!("c{n}"), "");
        carrier.hear(&request(&bytes), NOW, &mut dice);
    }
    checks().check_end(&[carrier]);
}

#[test]
#[should_panic(expected = "S22")]
fn an_attempt_to_call_back_without_an_end() {
    let mut checks = checks();
    checks.attempt(AttemptId(1), "19900007001", None);
    checks.check_end(&[]);
}

#[test]
#[should_panic(expected = "S22")]
fn a_citizen_who_counts_as_reached_though_every_trunk_has_failed() {
    let mut checks = checks();
    checks.attempt(AttemptId(1), "19900007001", None);
    checks.sent(Some(0), &invite(CALLED_BACK_FROM + 1, "a", ""), NOW);
    checks.told(0, &response(503, "INVITE", "a", ""), NOW);
    checks.attempt_ended(AttemptId(1), AttemptOutcome::Reached);
}

#[test]
#[should_panic(expected = "S22")]
fn a_seat_that_is_told_of_somebody_whom_no_trunk_has_reached() {
    let mut checks = checks();
    checks.attempt(AttemptId(1), "19900007001", Some(5));
    checks.replied(5, DeskReply::Done);
}

#[test]
#[should_panic(expected = "S23")]
fn a_number_abroad() {
    checks().sent(Some(0), &invite(99_852_990_000_017, "a", ""), NOW);
}

#[test]
#[should_panic(expected = "S23")]
fn one_call_more_than_a_seat_may_make() {
    let mut checks = checks();
    checks.dialling = DialRules { seat_hour_max: 1, ..DialRules::default() };
    for id in 0..2 {
        checks.wished(id, &seat(0));
        checks.sent(Some(0), &invite(DIALLED_FROM + id, &format!("c{id}"), ""), NOW);
    }
}
