//! Trunks: registered as a client, watched by OPTIONS.

use super::harness::Line;
use super::registrar::parameter;
use mayorline::proto::{Credentials, Event, Invitation, Registration, TrunkConfig, TrunkId};
use mayorline::wire::sip::{Method, Request, Uri};
use std::time::Duration;

const ID: TrunkId = TrunkId(1);
const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n1\", \
    algorithm=SHA-256, qop=\"auth\"";

fn fixed(line: &Line) -> TrunkConfig {
    TrunkConfig {
        id: ID,
        flow: line.flow,
        domain: "carrier.example".to_owned(),
        registration: None,
        options_interval: Some(Duration::from_secs(30)),
    }
}

fn registering(line: &Line) -> TrunkConfig {
    let credentials = Credentials {
        realm: "carrier.example".to_owned(),
        user: "gw".to_owned(),
        password: "word".to_owned(),
    };
    let expires = Duration::from_secs(600);
    let registration = Registration { user: "12345".to_owned(), credentials, expires };
    TrunkConfig { registration: Some(registration), options_interval: None, ..fixed(line) }
}

fn set(line: &mut Line, trunks: impl Fn(&Line) -> Vec<TrunkConfig>) {
    let trunks = trunks(line);
    line.endpoint.set_trunks(line.now, trunks);
    line.drain();
}

fn states(line: &Line) -> Vec<bool> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::TrunkState { trunk, up } => {
            assert_eq!(*trunk, ID);
            Some(*up)
        }
        _ => None,
    });
    told.collect()
}

/// What a trunk did not take, with its answer.
fn faults(line: &Line) -> Vec<(&str, u16)> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::TrunkFault { trunk: ID, asked, status } => Some((asked.as_str(), *status)),
        _ => None,
    });
    told.collect()
}

/// Distinct requests of a method by their numbers and Call-IDs, with the times they left.
fn firsts(line: &Line, method: &Method) -> Vec<u64> {
    let mut seen = std::collections::HashSet::new();
    let sent = line.sent.iter().filter_map(|(ms, _, message)| match message {
        mayorline::wire::sip::Message::Request(r) if r.method == *method => {
            seen.insert(r.headers.get("Via").unwrap().to_owned()).then_some(*ms)
        }
        _ => None,
    });
    sent.collect()
}

fn answer(line: &mut Line, method: &Method, status: u16, fields: &[&str]) -> Request {
    let request = line.last(method);
    line.reply(&request, status, fields);
    request
}

#[test]
fn a_fixed_trunk_is_up_once_it_answers_and_asked_again_at_its_interval() {
    let mut line = Line::new();
    set(&mut line, |line| vec![fixed(line)]);
    assert!(!line.endpoint.trunk_is_up(ID));
    let options = answer(&mut line, &Method::Options, 200, &[]);
    assert_eq!(options.uri.to_string(), "sip:carrier.example");
    assert_eq!(states(&line), [true]);
    assert!(line.endpoint.trunk_is_up(ID) && !line.endpoint.trunk_is_up(TrunkId(2)));
    line.pass(30_000);
    assert_eq!(firsts(&line, &Method::Options), [0, 30_000]);
    answer(&mut line, &Method::Options, 405, &[]);
    assert_eq!(states(&line), [true], "whoever answers is there");
}

#[test]
fn a_trunk_without_options_is_up_at_once() {
    let mut line = Line::new();
    set(&mut line, |line| vec![TrunkConfig { options_interval: None, ..fixed(line) }]);
    assert_eq!((states(&line), line.count(&Method::Options)), (vec![true], 0));
    set(&mut line, |_| Vec::new());
    assert_eq!(states(&line), [true], "whoever takes it away knows");
    assert!(!line.endpoint.trunk_is_up(ID));
    line.assert_quiet();
}

#[test]
fn two_failures_take_a_trunk_down_and_two_answers_bring_it_back() {
    let mut line = Line::new();
    set(&mut line, |line| vec![fixed(line)]);
    answer(&mut line, &Method::Options, 200, &[]);
    line.pass(30_000);
    line.pass(4_000);
    assert_eq!(states(&line), [true], "one loss is no outage");
    line.pass(5_000);
    assert_eq!(firsts(&line, &Method::Options), [0, 30_000, 39_000], "asked again soon");
    answer(&mut line, &Method::Options, 503, &[]);
    assert_eq!(states(&line), [true, false]);
    line.pass(5_000);
    answer(&mut line, &Method::Options, 200, &[]);
    assert_eq!(states(&line), [true, false]);
    line.pass(5_000);
    answer(&mut line, &Method::Options, 200, &[]);
    assert_eq!(states(&line), [true, false, true]);
}

#[test]
fn a_trunk_registers_with_a_proof_and_again_at_half_time() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    let first = answer(&mut line, &Method::Register, 401, &[CHALLENGE]);
    assert_eq!(first.uri.to_string(), "sip:carrier.example");
    assert_eq!(first.headers.get("To"), Some("<sip:12345@carrier.example>"));
    assert_eq!(first.headers.get("Contact"), Some("<sip:12345@127.0.0.1:5060>"));
    assert_eq!(first.headers.get("Expires"), Some("600"));
    let second = line.last(&Method::Register);
    assert_eq!(second.headers.cseq().unwrap().number, 2);
    assert_eq!(parameter(second.headers.get("Authorization").unwrap(), "username"), "gw");
    let granted = ["Contact: <sip:12345@127.0.0.1:5060>;expires=120, <sip:other@h>;expires=9"];
    line.reply(&second, 200, &granted);
    assert_eq!(states(&line), [true]);
    line.pass(60_000);
    assert_eq!(firsts(&line, &Method::Register), [0, 0, 60_000]);
    let third = line.last(&Method::Register);
    assert_eq!(third.headers.get("Call-ID"), first.headers.get("Call-ID"));
    assert_eq!(third.headers.cseq().unwrap().number, 3);
    line.pass(59_999);
    assert_eq!(states(&line), [true], "it stands until it expires");
    line.pass(1);
    assert_eq!(states(&line), [true, false]);
}

#[test]
fn a_refused_registration_is_tried_again_ever_less_often() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    for pause in [30, 60, 120, 240, 480, 960, 1_800, 1_800] {
        let (at, before) = (line.ms(), firsts(&line, &Method::Register).len());
        answer(&mut line, &Method::Register, 403, &[]);
        while firsts(&line, &Method::Register).len() == before {
            line.pass(500);
            assert!(line.ms() - at <= pause * 1_250, "by 5/4 of {pause} s");
        }
        let waited = line.ms() - at;
        assert!(waited >= pause * 750, "not before 3/4 of {pause} s");
    }
    assert_eq!(states(&line), [true; 0]);
}

#[test]
fn what_a_trunk_does_not_take_is_told_also_when_it_never_was_up() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    answer(&mut line, &Method::Register, 403, &[]);
    assert_eq!(faults(&line), [("REGISTER", 403)]);
    // After the pause nobody answers at all.
    line.pass(37_500);
    line.pass(32_000);
    assert_eq!(faults(&line), [("REGISTER", 403), ("REGISTER", 408)]);

    let mut line = Line::new();
    set(&mut line, |line| vec![fixed(line)]);
    line.pass(4_000);
    assert_eq!(faults(&line), [], "one loss is no outage");
    line.pass(60_000);
    assert_eq!(faults(&line), [("OPTIONS", 408)], "and an outage is told once");
    assert_eq!(states(&line), [true; 0]);
}

#[test]
fn a_registrar_that_is_not_ours_gets_no_proof() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    let field = CHALLENGE.replace("carrier.example", "evil.example");
    answer(&mut line, &Method::Register, 401, &[&field]);
    assert!(!line.wire().contains("Authorization"));
    assert_eq!(firsts(&line, &Method::Register).len(), 1);
}

#[test]
fn a_longer_lifetime_is_asked_for_where_the_registrar_wants_it() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    answer(&mut line, &Method::Register, 423, &["Min-Expires: 3600"]);
    assert_eq!(line.last(&Method::Register).headers.get("Expires"), Some("3600"));
    answer(&mut line, &Method::Register, 423, &["Min-Expires: 3600"]);
    assert_eq!(firsts(&line, &Method::Register).len(), 2, "the same again is a failure");
    line.pass(38_000);
    answer(&mut line, &Method::Register, 423, &["Min-Expires: 99999999"]);
    assert_eq!(firsts(&line, &Method::Register).len(), 3, "and so is half a life");
}

#[test]
fn a_registrar_that_fails_for_a_moment_keeps_the_trunk_up() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    answer(&mut line, &Method::Register, 200, &["Expires: 600"]);
    line.pass(300_000);
    answer(&mut line, &Method::Register, 503, &[]);
    assert_eq!(states(&line), [true]);
    line.pass(40_000);
    answer(&mut line, &Method::Register, 403, &[]);
    assert_eq!(states(&line), [true, false], "a refusal ends it");
}

#[test]
fn what_is_configured_as_before_keeps_its_state() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    answer(&mut line, &Method::Register, 200, &["Expires: 600"]);
    set(&mut line, |line| vec![registering(line)]);
    assert_eq!((states(&line), line.count(&Method::Register)), (vec![true], 1));
    let domain = || "other.example".to_owned();
    set(&mut line, |line| vec![TrunkConfig { domain: domain(), ..registering(line) }]);
    assert_eq!((states(&line), line.count(&Method::Register)), (vec![true, false], 2));
}

#[test]
fn a_trunk_whose_connection_is_gone_is_down_until_it_has_another() {
    let mut line = Line::new().over_tcp(7);
    set(&mut line, |line| vec![fixed(line)]);
    answer(&mut line, &Method::Options, 200, &[]);
    line.endpoint.connection_closed(line.now, 8);
    line.drain();
    assert_eq!(states(&line), [true]);
    line.endpoint.connection_closed(line.now, 7);
    line.drain();
    assert_eq!(states(&line), [true, false]);
    line.pass(100_000);
    assert_eq!(line.count(&Method::Options), 1);
    line.flow.connection = 9;
    set(&mut line, |line| vec![fixed(line)]);
    answer(&mut line, &Method::Options, 200, &[]);
    assert_eq!(states(&line), [true, false, true]);
}

#[test]
fn a_forged_answer_to_an_old_question_changes_nothing() {
    let mut line = Line::new();
    set(&mut line, |line| vec![fixed(line)]);
    let first = line.last(&Method::Options);
    line.pass(4_000);
    line.reply(&first, 200, &[]);
    assert_eq!(states(&line), [true; 0], "its time was over");
}

/// A trunk had registered us and is configured no more.
fn taken_away() -> Line {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    answer(&mut line, &Method::Register, 200, &["Expires: 600"]);
    set(&mut line, |_| Vec::new());
    line
}

#[test]
fn a_trunk_that_is_taken_away_is_told_with_a_proof() {
    let mut line = taken_away();
    assert_eq!(states(&line), [true]);
    let last = answer(&mut line, &Method::Register, 401, &[CHALLENGE]);
    assert_eq!(
        (last.headers.get("Expires"), last.headers.get("CSeq")),
        (Some("0"), Some("2 REGISTER"))
    );
    let proved = line.last(&Method::Register);
    assert!(proved.headers.get("Authorization").is_some());
    assert_eq!(proved.headers.get("CSeq"), Some("3 REGISTER"));
    assert!(line.endpoint.is_unregistering());
    line.reply(&proved, 200, &[]);
    assert!(!line.endpoint.is_unregistering());
    line.assert_quiet();
}

#[test]
fn a_trunk_that_is_taken_away_and_silent_is_waited_for_no_longer_than_its_request() {
    let mut line = taken_away();
    line.pass(31_000);
    assert!(line.endpoint.is_unregistering());
    line.pass(1_000);
    assert!(!line.endpoint.is_unregistering());
}

#[test]
fn what_is_lost_on_the_way_to_a_trunk_is_sent_again() {
    let mut line = Line::new();
    set(&mut line, |line| vec![registering(line)]);
    line.pass(4_000);
    assert_eq!(line.requests_of(&Method::Register).0, [0, 500, 1_500, 3_500]);
    answer(&mut line, &Method::Register, 200, &[]);
    assert_eq!(states(&line), [true]);
}

#[test]
fn a_call_through_a_trunk_has_its_domain_and_its_proof() {
    let mut line = Line::new();
    let trunk = registering(&line);
    let uri = Uri::parse(&format!("sip:19900000019@{}", trunk.domain)).unwrap();
    let credentials = trunk.registration.as_ref().map(|one| one.credentials.clone());
    let domain = Some(trunk.domain.clone());
    let bare = Invitation::new(trunk.flow, uri, "12345", Vec::new());
    let (_, invite) = line.call(Invitation { domain, credentials, ..bare });
    assert_eq!(invite.uri.to_string(), "sip:19900000019@carrier.example");
    assert_eq!(invite.headers.from().unwrap().uri.to_string(), "sip:12345@carrier.example");
    line.reply(&invite, 407, &[&CHALLENGE.replace("WWW-", "Proxy-")]);
    assert!(line.last(&Method::Invite).headers.get("Proxy-Authorization").is_some());
}
