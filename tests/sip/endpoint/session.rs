//! Session timers (RFC 4028).

use super::harness::{Ask, Line};
use mayorline::proto::{Event, Reason};
use mayorline::wire::sip::Method;

fn agreed(fields: &[&str]) -> (Line, String) {
    let mut line = Line::new();
    let mut invite = Ask::invite("a").without("Supported").without("Allow");
    for field in fields {
        invite = invite.field(field);
    }
    line.talk(&invite);
    let answer =
        line.responses_from(0).into_iter().find(|response| response.status == 200).unwrap();
    let terms = answer.headers.get("Session-Expires").unwrap().to_owned();
    (line, terms)
}

#[test]
fn an_interval_below_min_se_gets_422() {
    let mut line = Line::new();
    let answer = line.answer_to(&Ask::invite("a").field("Session-Expires: 60"));
    assert_eq!((answer.status, answer.headers.get("Min-SE")), (422, Some("90")));
    let other = Ask::invite("b").without("Supported").field("Session-Expires: 60");
    assert_eq!(line.statuses(&other), [100], "a peer without timers cannot read 422");
}

#[test]
fn who_refreshes_is_settled_as_the_table_of_section_9_says() {
    for (fields, terms) in [
        (&["Supported: timer", "Session-Expires: 600;refresher=uac"][..], "600;refresher=uac"),
        (&["Supported: timer", "Session-Expires: 600;refresher=uas"], "600;refresher=uas"),
        (&["Supported: timer", "Session-Expires: 600"], "600;refresher=uac"),
        (&["Supported: timer", "Session-Expires: 7200"], "1800;refresher=uac"),
        (&["Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"], "3600;refresher=uac"),
        (&["Supported: timer"], "1800;refresher=uac"),
        (&[], "1800;refresher=uas"),
    ] {
        assert_eq!(agreed(fields).1, terms, "{fields:?}");
    }
}

#[test]
fn a_session_the_peer_does_not_refresh_ends_with_bye() {
    let (mut line, _) = agreed(&["Supported: timer", "Session-Expires: 90;refresher=uac"]);
    line.pass(59_999);
    assert_eq!(line.ended(), []);
    line.pass(1);
    assert_eq!(line.ended(), [Reason::Timeout]);
    assert_eq!(line.requests_of(&Method::Bye).0, [60_000]);
    line.assert_quiet();
}

#[test]
fn an_update_of_the_peer_starts_the_interval_anew() {
    let (mut line, _) = agreed(&["Supported: timer", "Session-Expires: 90;refresher=uac"]);
    let tag = line.tag();
    line.pass(45_000);
    let update = Ask::within("UPDATE", "a", 2, &tag)
        .field("Supported: timer")
        .field("Session-Expires: 90;refresher=uac");
    let answer = line.answer_to(&update);
    assert_eq!(answer.headers.get("Session-Expires"), Some("90;refresher=uac"));
    line.pass(59_000);
    assert_eq!(line.ended(), []);
    line.pass(1_000);
    assert_eq!(line.ended(), [Reason::Timeout]);
}

#[test]
fn we_refresh_by_update_at_half_time_where_the_peer_allows_it() {
    let fields = ["Supported: timer", "Allow: UPDATE", "Session-Expires: 200;refresher=uas"];
    let (mut line, _) = agreed(&fields);
    line.pass(100_000);
    let (times, update) = line.requests_of(&Method::Update);
    let update = update.unwrap();
    assert_eq!(times, [100_000]);
    assert_eq!(update.headers.get("Session-Expires"), Some("200;refresher=uac"));
    assert!(update.body.is_empty());
    line.reply(&update, 200, &["Session-Expires: 200;refresher=uac", "Require: timer"]);
    line.pass(100_000);
    assert_eq!(line.requests_of(&Method::Update).0, [100_000, 200_000]);
}

#[test]
fn we_refresh_by_re_invite_where_update_is_not_allowed_and_acknowledge_every_200() {
    let (mut line, _) = agreed(&["Supported: timer", "Session-Expires: 200;refresher=uas"]);
    line.pass(100_000);
    let invite = line.requests_of(&Method::Invite).1.unwrap();
    assert_eq!(invite.body, super::harness::ANSWER.as_bytes(), "the same session again");
    line.reply(&invite, 200, &["Contact: <sip:peer@127.0.0.2:5070>"]);
    line.reply(&invite, 200, &["Contact: <sip:peer@127.0.0.2:5070>"]);
    let (times, ack) = line.requests_of(&Method::Ack);
    assert_eq!(times.len(), 2);
    assert_ne!(
        ack.unwrap().headers.top_via().unwrap().branch(),
        invite.headers.top_via().unwrap().branch()
    );
    assert_eq!(line.ended(), []);
}

#[test]
fn a_422_raises_the_interval_and_a_405_turns_to_re_invite() {
    let fields = ["Supported: timer", "Allow: UPDATE", "Session-Expires: 200;refresher=uas"];
    let (mut line, _) = agreed(&fields);
    line.pass(100_000);
    let update = line.requests_of(&Method::Update).1.unwrap();
    line.reply(&update, 422, &["Min-SE: 400"]);
    line.pass(1);
    let update = line.requests_of(&Method::Update).1.unwrap();
    assert_eq!(update.headers.get("Session-Expires"), Some("400;refresher=uac"));
    line.reply(&update, 405, &["Allow: INVITE"]);
    line.pass(1);
    let invite = line.requests_of(&Method::Invite).1.unwrap();
    assert_eq!(invite.headers.get("Session-Expires"), Some("400;refresher=uac"));
}

#[test]
fn glare_is_tried_again_within_two_seconds_and_answered_491_the_other_way() {
    let (mut line, _) = agreed(&["Supported: timer", "Session-Expires: 200;refresher=uas"]);
    let tag = line.tag();
    line.pass(100_000);
    assert_eq!(line.statuses(&Ask::within("INVITE", "a", 2, &tag).sdp()), [491]);
    let invite = line.requests_of(&Method::Invite).1.unwrap();
    line.reply(&invite, 491, &[]);
    let (_, ack) = line.requests_of(&Method::Ack);
    assert_eq!(
        ack.unwrap().headers.top_via().unwrap().branch(),
        invite.headers.top_via().unwrap().branch(),
        "the ACK of a refusal belongs to its transaction"
    );
    line.pass(2_100);
    let again = line.requests_of(&Method::Invite).1.unwrap();
    assert_eq!(again.headers.cseq().unwrap().number, invite.headers.cseq().unwrap().number + 1);
}

#[test]
fn a_refresh_without_answer_or_with_481_ends_the_call() {
    let fields = ["Supported: timer", "Allow: UPDATE", "Session-Expires: 200;refresher=uas"];
    let (mut line, _) = agreed(&fields);
    line.pass(132_000);
    assert_eq!(line.ended(), [Reason::Timeout]);
    line.assert_quiet();
    let (mut line, _) = agreed(&fields);
    line.pass(100_000);
    let update = line.requests_of(&Method::Update).1.unwrap();
    line.reply(&update, 481, &[]);
    assert_eq!(line.ended(), [Reason::Failure]);
    line.assert_quiet();
}

#[test]
fn a_challenge_to_our_refresh_never_draws_credentials() {
    let fields = ["Supported: timer", "Allow: UPDATE", "Session-Expires: 200;refresher=uas"];
    let (mut line, _) = agreed(&fields);
    line.pass(100_000);
    let update = line.requests_of(&Method::Update).1.unwrap();
    let sent = line.sent.len();
    line.reply(&update, 407, &["Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\""]);
    assert_eq!(line.sent.len(), sent);
    line.pass(68_000);
    assert_eq!(line.ended(), [Reason::Timeout], "not refreshed: the session expires");
    assert!(!line.events.iter().any(|event| matches!(event, Event::Offer { .. })));
}

#[test]
fn a_peer_without_timers_that_answers_anything_is_alive() {
    let (mut line, _) = agreed(&[]);
    for round in 1..=3 {
        line.pass(900_000);
        let invite = line.requests_of(&Method::Invite).1.unwrap();
        assert_eq!(line.requests_of(&Method::Invite).0.len(), round);
        line.reply(&invite, 488, &[]);
    }
    assert_eq!(line.ended(), []);
}
