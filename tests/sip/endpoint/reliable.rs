//! Reliable provisional answers (RFC 3262).

use super::harness::{Ask, Line, WAIT_MS};
use mayorline::proto::Reason;

fn ringing() -> (Line, String, String) {
    let mut line = Line::new();
    line.ask(&Ask::invite("a").field("Require: 100rel"));
    line.ring();
    let answer = line.responses_from(0).pop().unwrap();
    assert_eq!((answer.status, answer.headers.get("Require")), (180, Some("100rel")));
    let rseq = answer.headers.get("RSeq").unwrap().to_owned();
    let tag = line.tag();
    (line, tag, rseq)
}

#[test]
fn a_required_100rel_makes_the_180_reliable_until_its_prack() {
    let (mut line, tag, rseq) = ringing();
    line.pass(1_600);
    assert_eq!(line.times_of(180), [0, 500, 1500]);
    let prack = Ask::within("PRACK", "a", 2, &tag).field(&format!("RAck: {rseq} 1 INVITE"));
    assert_eq!(line.statuses(&prack), [200]);
    line.pass(WAIT_MS);
    assert_eq!(line.times_of(180).len(), 3);
    let again = Ask::within("PRACK", "a", 3, &tag).field(&format!("RAck: {rseq} 1 INVITE"));
    assert_eq!(line.statuses(&again), [481], "nothing is unacknowledged any more");
}

#[test]
fn a_prack_for_another_rseq_or_cseq_gets_481() {
    let (mut line, tag, rseq) = ringing();
    let wrong: u32 = rseq.parse::<u32>().unwrap() + 1;
    for (cseq, rack) in [
        (2, format!("{wrong} 1 INVITE")),
        (3, format!("{rseq} 2 INVITE")),
        (4, format!("{rseq} 1 UPDATE")),
        (5, "nonsense".to_owned()),
    ] {
        let prack = Ask::within("PRACK", "a", cseq, &tag).field(&format!("RAck: {rack}"));
        assert_eq!(line.statuses(&prack), [481], "{rack}");
    }
}

#[test]
fn a_180_that_is_never_acknowledged_refuses_the_call_with_504() {
    let (mut line, _, _) = ringing();
    line.pass(WAIT_MS);
    assert_eq!(line.times_of(180), [0, 500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(line.times_of(504), [WAIT_MS]);
    assert_eq!(line.ended(), [Reason::Timeout]);
    line.assert_quiet();
}

#[test]
fn the_200_ends_the_repeats_and_a_late_prack_is_still_right() {
    let (mut line, tag, rseq) = ringing();
    line.accept();
    let prack = Ask::within("PRACK", "a", 2, &tag).field(&format!("RAck: {rseq} 1 INVITE"));
    assert_eq!(line.statuses(&prack), [200]);
    line.ask(&Ask::within("ACK", "a", 1, &tag));
    line.pass(5_000);
    assert_eq!(line.times_of(180), [0]);
}

#[test]
fn an_offerless_invite_that_requires_100rel_hears_nothing_before_the_200() {
    // RFC 3262 §5: a reliable 180 would have to carry our offer; §3: an unreliable one may not go.
    let mut line = Line::new();
    let mut invite = Ask::invite("a").field("Require: 100rel").without("Content-Type");
    invite.body.clear();
    line.ask(&invite);
    line.ring();
    assert_eq!(line.times_of(180), [0_u64; 0]);
    line.accept();
    assert_eq!(line.times_of(200), [0]);
}

#[test]
fn a_prack_with_an_offer_while_ours_is_owed_gets_488() {
    let (mut line, tag, rseq) = ringing();
    let prack = Ask::within("PRACK", "a", 2, &tag).field(&format!("RAck: {rseq} 1 INVITE")).sdp();
    assert_eq!(line.statuses(&prack), [488]);
}
