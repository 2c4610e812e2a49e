//! New offers of ours on answered legs (RFC 3261 §14.1).

use super::harness::{ANSWER, Ask, Line, OFFER};
use mayorline::proto::{Event, Reason};
use mayorline::units::LegId;
use mayorline::wire::sip::Method;

fn reoffer(line: &mut Line, leg: LegId, session: u32) -> Vec<u8> {
    let sdp = OFFER.replacen("o=- 1 1", &format!("o=- 1 {session}"), 1).into_bytes();
    line.endpoint.reoffer(line.now, leg, sdp.clone());
    line.drain();
    sdp
}

fn outcomes(line: &Line) -> Vec<Result<Vec<u8>, u16>> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::Reanswered { sdp, .. } => Some(Ok(sdp.clone())),
        Event::OfferRefused { status, .. } => Some(Err(*status)),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_new_offer_is_answered_and_acknowledged_on_either_kind_of_leg() {
    let mut line = Line::new();
    let (leg, _) = line.connect(line.invitation(), "a");
    let sdp = reoffer(&mut line, leg, 2);
    let again = line.last(&Method::Invite);
    assert_eq!((&again.body, again.headers.cseq().unwrap().number), (&sdp, 2));
    assert_eq!(again.headers.get("Contact"), Some("<sip:127.0.0.1:5060>"));
    line.reply_as(&again, 200, "a", &[], ANSWER);
    line.reply_as(&again, 200, "a", &[], ANSWER);
    assert_eq!(outcomes(&line), [Ok(ANSWER.as_bytes().to_vec())]);
    assert_eq!(line.count(&Method::Ack), 3);

    let mut line = Line::new();
    line.talk(&Ask::invite("in"));
    let leg = line.leg();
    reoffer(&mut line, leg, 2);
    let again = line.last(&Method::Invite);
    line.reply_as(&again, 200, "peer", &[], ANSWER);
    assert_eq!(outcomes(&line), [Ok(ANSWER.as_bytes().to_vec())]);
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    for status in [488, 403, 407, 500, 606] {
        let mut line = Line::new();
        let (leg, _) = line.connect(line.invitation(), "a");
        reoffer(&mut line, leg, 2);
        let again = line.last(&Method::Invite);
        line.reply_as(&again, status, "a", &[], "");
        assert_eq!(outcomes(&line), [Err(status)]);
        assert_eq!(line.ended(), []);
        line.pass(900_000);
        assert_eq!(line.last(&Method::Invite).body, OFFER.as_bytes(), "the refresh offers the old");
    }
}

#[test]
fn an_offer_that_is_taken_without_an_answer_changes_nothing() {
    let mut line = Line::new();
    let (leg, _) = line.connect(line.invitation(), "a");
    reoffer(&mut line, leg, 2);
    let again = line.last(&Method::Invite);
    line.reply_as(&again, 200, "a", &[], "");
    assert_eq!(outcomes(&line), [Err(488)]);
    assert_eq!(line.count(&Method::Ack), 2);
}

#[test]
fn a_lost_dialog_ends_the_call() {
    for status in [408, 481] {
        let mut line = Line::new();
        let (leg, _) = line.connect(line.invitation(), "a");
        reoffer(&mut line, leg, 2);
        let again = line.last(&Method::Invite);
        line.reply_as(&again, status, "a", &[], "");
        assert_eq!((line.ended(), line.count(&Method::Bye)), (vec![Reason::Failure], 1));
        line.assert_quiet();
    }
    let mut line = Line::new();
    let (leg, _) = line.connect(line.invitation(), "a");
    reoffer(&mut line, leg, 2);
    line.pass(32_000);
    assert_eq!(line.ended(), [Reason::Timeout], "no answer at all");
    line.assert_quiet();
}

#[test]
fn who_made_the_call_waits_longer_after_glare() {
    for (ours, from, to) in [(true, 2_100, 4_000), (false, 0, 2_010)] {
        let mut line = Line::new();
        let leg = if ours {
            line.connect(line.invitation(), "peer").0
        } else {
            line.talk(&Ask::invite("in"));
            line.leg()
        };
        let before = line.count(&Method::Invite);
        reoffer(&mut line, leg, 2);
        let again = line.last(&Method::Invite);
        let at = line.ms();
        line.reply_as(&again, 491, "peer", &[], "");
        line.pass(5_000);
        // Sent again for want of an answer afterwards; the first is the second try.
        let second = line.requests_of(&Method::Invite).0[before + 1] - at;
        assert!((from..=to).contains(&second), "{ours}: {second} ms");
    }
}

#[test]
fn glare_without_end_is_told_as_refused() {
    let mut line = Line::new();
    let (leg, _) = line.connect(line.invitation(), "a");
    reoffer(&mut line, leg, 2);
    for _ in 0..20 {
        let again = line.last(&Method::Invite);
        line.reply_as(&again, 491, "a", &[], "");
        line.pass(4_000);
    }
    assert_eq!(outcomes(&line), [Err(491)]);
    assert_eq!(line.ended(), []);
}

#[test]
fn a_new_offer_waits_for_what_is_open_and_the_newest_wins() {
    let mut line = Line::new();
    let (leg, invite) = line.connect(line.invitation(), "a");
    line.ask(&line.of_peer("INVITE", &invite, "a", 1).sdp());
    reoffer(&mut line, leg, 2);
    assert_eq!(line.count(&Method::Invite), 1, "the peer's own offer is open");
    line.endpoint.accept_offer(line.now, leg, ANSWER.as_bytes().to_vec());
    line.drain();
    let newest = reoffer(&mut line, leg, 3);
    assert_eq!(line.count(&Method::Invite), 1, "its ACK is still to come");
    line.ask(&line.of_peer("ACK", &invite, "a", 1));
    line.pass(0);
    let again = line.last(&Method::Invite);
    assert_eq!(again.body, newest);
    let later = reoffer(&mut line, leg, 4);
    line.reply_as(&again, 200, "a", &[], ANSWER);
    line.pass(0);
    assert_eq!(line.last(&Method::Invite).body, later);
}

#[test]
fn an_offer_before_the_answer_follows_it() {
    let mut line = Line::new();
    let (leg, invite) = line.call(line.invitation());
    let sdp = reoffer(&mut line, leg, 2);
    line.reply_as(&invite, 180, "a", &[], "");
    assert_eq!(line.count(&Method::Invite), 1);
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    line.pass(0);
    assert_eq!(line.last(&Method::Invite).body, sdp);
}

#[test]
fn a_bye_in_the_middle_of_an_offer_ends_both() {
    let mut line = Line::new();
    let (leg, invite) = line.connect(line.invitation(), "a");
    reoffer(&mut line, leg, 2);
    assert_eq!(line.statuses(&line.of_peer("INVITE", &invite, "a", 1).sdp()), [491]);
    assert_eq!(line.statuses(&line.of_peer("BYE", &invite, "a", 2)), [200]);
    let again = line.last(&Method::Invite);
    line.reply_as(&again, 487, "a", &[], "");
    assert_eq!((line.ended(), outcomes(&line)), (vec![Reason::Peer], vec![]));
    line.assert_quiet();
}
