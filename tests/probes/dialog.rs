//! Rows within a dialog, over UDP.

use crate::harness::Ask;
use crate::house::{House, PATIENCE, tag_of};
use std::time::Duration;

const A_LITTLE: Duration = Duration::from_millis(300);

#[test]
fn five_identical_invites_make_one_call() {
    let house = House::open(&[]);
    let peer = house.peer();
    let invite = Ask::invite("five");
    (0..5).for_each(|_| peer.say(&invite));
    let tag = tag_of(&peer.ask(&invite));
    peer.say(&Ask::within("ACK", "five", 1, &tag));
    peer.wait(A_LITTLE, |_| false);
    let heard = peer.heard.borrow();
    let answers = heard.iter().filter(|(_, message)| message.status() == Some(200));
    assert!(answers.map(|(_, message)| tag_of(message)).all(|other| other == tag));
    assert_eq!(heard[0].1.status(), Some(100), "100 at once");
    assert_eq!(house.calls(), 1);
}

#[test]
fn the_200_is_sent_again_until_its_ack_and_a_late_invite_finds_its_call() {
    let house = House::open(&[]);
    let peer = house.peer();
    let invite = Ask::invite("again");
    let tag = tag_of(&peer.ask(&invite));
    peer.wait(Duration::from_millis(2_000), |_| false);
    let times = peer.times_of(200, "INVITE");
    assert_eq!(times.len(), 3, "T1, then twice T1: {times:?}");
    for (at, expected) in times.iter().zip([0, 500, 1_500]) {
        let late = at.as_millis().abs_diff(expected);
        assert!(late < 150, "{times:?}");
    }
    peer.say(&Ask::within("ACK", "again", 1, &tag));
    assert!(peer.silent_for(Duration::from_millis(2_200)), "acknowledged");
    peer.say(&invite);
    let late = peer.wait(A_LITTLE, |message| message.status() != Some(100));
    assert!(late.is_none_or(|answer| tag_of(&answer) == tag), "no second call");
    assert_eq!(peer.status(&Ask::within("OPTIONS", "again", 2, &tag)), 200);
    assert_eq!(house.calls(), 1);
}

/// RFC 3261 §13.3.1.4: T1, doubled to T2, until 64 × T1, then BYE, which is repeated like any
/// request without an answer (§17.1.2.2).
#[test]
fn a_200_that_nobody_acknowledges_is_repeated_for_32_seconds_and_then_followed_by_bye() {
    let house = House::open(&[]);
    let peer = house.peer();
    peer.ask(&Ask::invite("never"));
    let bye = peer.wait(Duration::from_secs(36), |message| message.method() == Some("BYE"));
    bye.expect("a BYE after 64 × T1");
    let times = peer.times_of(200, "INVITE");
    let wanted = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(times.len(), wanted.len(), "{times:?}");
    for (at, expected) in times.iter().zip(wanted) {
        assert!(at.as_millis().abs_diff(expected) < 250, "{times:?}");
    }
    let again = peer.wait(Duration::from_millis(900), |message| message.method() == Some("BYE"));
    let again = again.expect("the BYE once more after T1");
    peer.send(again.response("200 OK", "sip:peer@127.0.0.2", "").as_bytes());
    assert!(peer.wait(PATIENCE, |message| message.method() == Some("BYE")).is_none());
    assert_eq!(house.calls(), 1);
}

#[test]
fn cancel_after_200_has_no_effect_and_bye_ends_the_call_however_often_it_comes() {
    let house = House::open(&[]);
    let peer = house.peer();
    let invite = Ask::invite("late");
    let (_, tag) = peer.talk(&invite);
    let mut cancel = Ask::new("CANCEL", "late", 1);
    cancel.branch = invite.branch;
    assert_eq!(peer.status(&cancel), 200);
    assert_eq!(peer.status(&Ask::within("OPTIONS", "late", 2, &tag)), 200, "the call stands");
    let bye = Ask::within("BYE", "late", 3, &tag);
    assert_eq!(peer.status(&bye), 200);
    assert_eq!(peer.status(&bye), 200, "the same answer again");
    assert_eq!(peer.status(&Ask::within("OPTIONS", "late", 4, &tag)), 481);
}

#[test]
fn a_re_invite_holds_and_resumes() {
    let house = House::open(&[]);
    let peer = house.peer();
    let (answer, tag) = peer.talk(&Ask::invite("hold"));
    assert!(!answer.body.contains("a=recvonly"), "{}", answer.body);
    let held = String::from_utf8(Ask::invite("x").body).unwrap() + "a=sendonly\r\n";
    let hold = Ask::within("INVITE", "hold", 2, &tag).body("application/sdp", held);
    let answer = peer.ask(&hold);
    assert_eq!(answer.status(), Some(200));
    assert!(answer.body.contains("a=recvonly"), "{}", answer.body);
    peer.say(&Ask::within("ACK", "hold", 2, &tag));
    let answer = peer.ask(&Ask::within("INVITE", "hold", 3, &tag).sdp());
    peer.say(&Ask::within("ACK", "hold", 3, &tag));
    assert_eq!(answer.status(), Some(200));
    assert!(!answer.body.contains("a=recvonly"), "{}", answer.body);
}

#[test]
fn update_info_and_refer_are_answered_before_and_after_the_ack() {
    let house = House::open(&[]);
    let peer = house.peer();
    let tag = tag_of(&peer.ask(&Ask::invite("mid")));
    assert_eq!(peer.status(&Ask::within("UPDATE", "mid", 2, &tag)), 200, "before the ACK");
    assert_eq!(peer.status(&Ask::within("INFO", "mid", 3, &tag)), 200, "before the ACK");
    peer.say(&Ask::within("ACK", "mid", 1, &tag));
    assert_eq!(peer.status(&Ask::within("UPDATE", "mid", 4, &tag).sdp()), 200);
    let key = Ask::within("INFO", "mid", 5, &tag).body("application/dtmf-relay", "Signal=5\r\n");
    assert_eq!(peer.status(&key), 200);
    let refer = Ask::within("REFER", "mid", 6, &tag).field("Refer-To: <sip:1@127.0.0.9>");
    assert_eq!(peer.status(&refer), 403, "only seats transfer");
    let prack = Ask::within("PRACK", "mid", 7, &tag).field("RAck: 1 1 INVITE");
    assert_eq!(peer.status(&prack), 481, "no reliable answer waits for it");
}

#[test]
fn a_lower_cseq_gets_500_and_an_unknown_method_501() {
    let house = House::open(&[]);
    let peer = house.peer();
    let (_, tag) = peer.talk(&Ask::invite("order"));
    assert_eq!(peer.status(&Ask::within("INFO", "order", 9, &tag)), 200);
    assert_eq!(peer.status(&Ask::within("INFO", "order", 8, &tag)), 500);
    assert_eq!(peer.status(&Ask::within("FROBNICATE", "order", 10, &tag)), 501);
    assert_eq!(peer.status(&Ask::new("FROBNICATE", "nowhere", 1)), 501);
}

#[test]
fn the_record_route_is_copied_and_the_bye_follows_it() {
    let house = House::open(&["service.drain_seconds=1"]);
    let peer = house.peer();
    let route = "<sip:p1.example;lr>, <sip:p2.example;lr>";
    let invite = Ask::invite("route").field(&format!("Record-Route: {route}"));
    let (answer, _) = peer.talk(&invite);
    assert_eq!(answer.header("record-route"), Some(route));
    house.service.signal_term();
    // The service is asked to stop: what it says to this call takes the way of the route set.
    let bye = peer.wait(Duration::from_secs(40), |message| message.method() == Some("BYE"));
    let bye = bye.expect("a BYE when the service stops");
    let routes: Vec<&str> = bye.all("route").flat_map(|line| line.split(',')).collect();
    let routes: Vec<&str> = routes.into_iter().map(str::trim).collect();
    assert_eq!(routes, ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]);
    assert!(bye.first.starts_with("BYE sip:peer@127.0.0.2:5070 "), "{}", bye.first);
    let end = bye.response("200 OK", "sip:peer@127.0.0.2", "");
    peer.send(end.as_bytes());
    assert!(peer.wait(PATIENCE, |message| message.method() == Some("BYE")).is_none());
}
