//! Challenges to requests of ours (T11): a proof goes to the one peer and realm it is for.

use super::harness::{ANSWER, Line, OFFER, udp};
use super::registrar::{hash, parameter};
use mayorline::proto::{Credentials, Event, Invitation, Reason};
use mayorline::units::SeatNumber;
use mayorline::wire::sip::{Method, Request};

const REALM: &str = "carrier.example";

fn credentials() -> Credentials {
    Credentials {
        realm: REALM.to_owned(),
        user: "gw-12345".to_owned(),
        password: "ein geheimes Wort".to_owned(),
    }
}

fn proving(line: &Line) -> Invitation {
    Invitation { credentials: Some(credentials()), ..line.invitation() }
}

fn challenge(status: u16, realm: &str, algorithm: &str, nonce: &str) -> String {
    let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    format!(
        "{name}: Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\""
    )
}

/// Whether the proof in a request is right for its method and Request-URI.
fn is_proved(request: &Request, field: &str, md5: bool) -> bool {
    let Some(value) = request.headers.get(field) else { return false };
    let Credentials { realm, user, password } = credentials();
    let secret = hash(md5, &format!("{user}:{realm}:{password}"));
    let asked = hash(md5, &format!("{}:{}", request.method, request.uri));
    let (nonce, cnonce) = (parameter(value, "nonce"), parameter(value, "cnonce"));
    let proof = hash(md5, &format!("{secret}:{nonce}:00000001:{cnonce}:auth:{asked}"));
    parameter(value, "response") == proof
        && parameter(value, "username") == user
        && parameter(value, "uri") == request.uri.to_string()
}

/// Nothing on the wire proves anything.
fn assert_silent(line: &Line) {
    let wire = line.wire();
    assert!(!wire.contains("Authorization") && !wire.contains("response="), "{wire}");
}

#[test]
fn a_challenge_of_the_trunk_is_met_once_and_the_ack_carries_the_proof() {
    for (status, field) in [(401, "Authorization"), (407, "Proxy-Authorization")] {
        let mut line = Line::new();
        let (leg, invite) = line.call(proving(&line));
        line.reply_as(&invite, status, "a", &[&challenge(status, REALM, "SHA-256", "n1")], "");
        assert_eq!(line.count(&Method::Ack), 1, "the refusal is acknowledged");
        let again = line.last(&Method::Invite);
        assert!(is_proved(&again, field, false), "{again:?}");
        assert_eq!((again.headers.cseq().unwrap().number, &again.body), (2, &invite.body));
        assert_eq!(again.headers.get("From"), invite.headers.get("From"));
        line.reply_as(&again, 200, "b", &[], ANSWER);
        let ack = line.last(&Method::Ack);
        assert_eq!(ack.headers.get(field), again.headers.get(field), "RFC 3261 §22.1");
        assert!(matches!(line.events.last(), Some(Event::Accepted { leg: of, .. }) if *of == leg));
    }
}

#[test]
fn a_stranger_to_the_realm_gets_nothing() {
    for realm in ["evil.example", "Carrier.example", "carrier.example ", ""] {
        let mut line = Line::new();
        let (_, invite) = line.call(proving(&line));
        line.reply_as(&invite, 407, "a", &[&challenge(407, realm, "MD5", "n1")], "");
        assert_eq!(line.ended(), [Reason::Refused(407)], "{realm}");
        assert_silent(&line);
    }
}

#[test]
fn a_challenge_from_another_address_draws_nothing() {
    for source in ["127.0.0.9:5070", "127.0.0.2:5071"] {
        let mut line = Line::new();
        let (_, invite) = line.call(proving(&line));
        line.flow = udp(source);
        line.reply_as(&invite, 407, "a", &[&challenge(407, REALM, "SHA-256", "n1")], "");
        assert_silent(&line);
    }
    let mut line = Line::new().over_tcp(7);
    let (_, invite) = line.call(proving(&line));
    line.flow.connection = 8;
    line.reply_as(&invite, 407, "a", &[&challenge(407, REALM, "SHA-256", "n1")], "");
    assert_silent(&line);
}

#[test]
fn without_credentials_no_request_of_ours_proves_anything() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 183, "a", &["Require: 100rel", "RSeq: 1"], OFFER);
    let field = challenge(407, REALM, "MD5", "n1");
    let prack = line.last(&Method::Prack);
    line.reply(&prack, 407, &[&field]);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    line.endpoint.reoffer(line.now, leg, OFFER.as_bytes().to_vec());
    line.drain();
    let again = line.last(&Method::Invite);
    line.reply_as(&again, 401, "a", &[&challenge(401, REALM, "SHA-256", "n1")], "");
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    let bye = line.last(&Method::Bye);
    line.reply(&bye, 401, &[&challenge(401, REALM, "SHA-256", "n1")]);
    let (leg, invite) = line.call(line.invitation());
    line.reply_as(&invite, 180, "a", &[], "");
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    let cancel = line.last(&Method::Cancel);
    line.reply(&cancel, 407, &[&field]);
    assert_silent(&line);
}

#[test]
fn the_stronger_algorithm_is_taken_and_the_weaker_never_after_it() {
    let both = [challenge(401, REALM, "MD5", "n1"), challenge(401, REALM, "SHA-256", "n2")];
    let both = [both[0].as_str(), both[1].as_str()];
    let mut line = Line::new();
    let (leg, invite) = line.call(proving(&line));
    line.reply_as(&invite, 401, "a", &both, "");
    let again = line.last(&Method::Invite);
    assert!(is_proved(&again, "Authorization", false), "SHA-256, though it stands second");
    line.reply_as(&again, 200, "a", &[], ANSWER);
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    let bye = line.last(&Method::Bye);
    line.reply(&bye, 401, &[&challenge(401, REALM, "MD5", "n3")]);
    assert_eq!(line.count(&Method::Bye), 1, "MD5 alone is a downgrade now");
    let mut line = Line::new();
    let (_, invite) = line.call(proving(&line));
    line.reply_as(&invite, 401, "a", &[&challenge(401, REALM, "MD5", "n1")], "");
    assert!(is_proved(&line.last(&Method::Invite), "Authorization", true), "MD5 where no other");
}

#[test]
fn a_refused_proof_is_not_tried_again_and_a_stale_nonce_once() {
    let mut line = Line::new();
    let (_, invite) = line.call(proving(&line));
    line.reply_as(&invite, 407, "a", &[&challenge(407, REALM, "SHA-256", "n1")], "");
    let again = line.last(&Method::Invite);
    line.reply_as(&again, 407, "a", &[&challenge(407, REALM, "SHA-256", "n2")], "");
    assert_eq!((line.count(&Method::Invite), line.ended()), (2, vec![Reason::Refused(407)]));
    let mut line = Line::new();
    line.call(proving(&line));
    for n in 0..5 {
        let invite = line.last(&Method::Invite);
        let stale = format!("{}, stale=true", challenge(407, REALM, "SHA-256", &format!("n{n}")));
        line.reply_as(&invite, 407, "a", &[&stale], "");
    }
    assert_eq!((line.count(&Method::Invite), line.ended()), (3, vec![Reason::Refused(407)]));
    line.assert_quiet();
}

#[test]
fn a_call_that_was_given_up_is_not_made_again_with_a_proof() {
    let mut line = Line::new();
    let (leg, invite) = line.call(proving(&line));
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    line.reply_as(&invite, 407, "a", &[&challenge(407, REALM, "SHA-256", "n1")], "");
    assert_eq!((line.count(&Method::Invite), line.count(&Method::Ack)), (1, 1));
    assert_silent(&line);
    line.assert_quiet();
}

#[test]
fn what_cannot_be_met_is_not_met() {
    for field in [
        "Proxy-Authenticate: Basic realm=\"carrier.example\"",
        "Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth-int\"",
        "Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth\", \
         algorithm=SHA-256-sess",
        "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n\", qop=\"auth\"",
        "X-Nothing: here",
    ] {
        let mut line = Line::new();
        let (_, invite) = line.call(proving(&line));
        line.reply_as(&invite, 407, "a", &[field], "");
        assert_eq!(line.ended(), [Reason::Refused(407)], "{field}");
        assert_silent(&line);
    }
}

#[test]
fn bye_and_re_invite_follow_the_same_rule() {
    let mut line = Line::new();
    let (leg, _) = line.connect(proving(&line), "a");
    line.endpoint.reoffer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    let first = line.last(&Method::Invite);
    line.reply_as(&first, 407, "a", &[&challenge(407, REALM, "SHA-256", "n1")], "");
    let again = line.last(&Method::Invite);
    assert!(is_proved(&again, "Proxy-Authorization", false));
    assert_eq!(again.headers.cseq().unwrap().number, 3);
    line.reply_as(&again, 200, "a", &[], ANSWER);
    assert!(matches!(line.events.last(), Some(Event::Reanswered { .. })));
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    let bye = line.last(&Method::Bye);
    assert_eq!(bye.headers.cseq().unwrap().number, 4);
    let source = std::mem::replace(&mut line.flow, udp("127.0.0.9:5070"));
    line.reply(&bye, 407, &[&challenge(407, REALM, "SHA-256", "n2")]);
    assert_eq!(line.count(&Method::Bye), 1, "another source");
    line.flow = source;
    let mut line = Line::new();
    let (leg, _) = line.connect(proving(&line), "a");
    line.endpoint.hang_up(line.now, leg);
    line.drain();
    let bye = line.last(&Method::Bye);
    line.reply(&bye, 407, &[&challenge(407, REALM, "SHA-256", "n2")]);
    let again = line.last(&Method::Bye);
    assert!(is_proved(&again, "Proxy-Authorization", false));
    assert_eq!(again.headers.cseq().unwrap().number, 3);
    line.reply(&again, 407, &[&challenge(407, REALM, "SHA-256", "n3")]);
    assert_eq!(line.count(&Method::Bye), 2);
    line.assert_quiet();
}

#[test]
fn a_seats_phone_that_challenges_us_gets_nothing() {
    let mut line = Line::new();
    let seat = Some(SeatNumber::parse("801").unwrap());
    let (_, invite) = line.call(Invitation { seat, ..line.invitation() });
    line.reply_as(&invite, 401, "a", &[&challenge(401, "mayorline", "MD5", "n1")], "");
    assert_eq!(line.ended(), [Reason::Refused(401)]);
    assert_silent(&line);
}

#[test]
fn credentials_are_never_printed() {
    let text = format!("{:?}", credentials());
    assert!(!text.contains("geheim") && !text.contains("gw-12345"), "{text}");
}
