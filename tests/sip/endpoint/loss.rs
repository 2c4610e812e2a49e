//! Every message of a call lost once, in both directions: the call stands all the same.

use super::harness::{ANSWER, Ask, Line};
use mayorline::proto::{Event, Reason};
use mayorline::wire::sip::{Message, Method, Request};

/// A UAC of the simplest kind: repeats its INVITE and its BYE every 500 ms until it is answered,
/// and acknowledges every 200. The `lost`-th message on the wire does not arrive.
fn call_with_loss(lost: usize) -> (Line, usize) {
    let mut line = Line::new();
    let mut wire = 0;
    let mut arrives = || {
        wire += 1;
        wire - 1 != lost
    };
    let (mut seen, mut provisional) = (0, false);
    let mut tag: Option<String> = None;
    let (mut answered, mut bye_done, mut told) = (false, false, false);
    for step in 0..80_u32 {
        if tag.is_none() && !provisional && arrives() {
            line.ask(&Ask::invite("a"));
        }
        if line.incoming() == 1 && !answered {
            answered = true;
            line.ring();
            line.accept();
        }
        if let Some(tag) = tag.as_ref().filter(|_| step > 20 && !bye_done)
            && arrives()
        {
            line.ask(&Ask::within("BYE", "a", 2, tag));
        }
        let mut acks = 0;
        for (_, _, message) in &line.sent[seen..] {
            let Message::Response(response) = message else { continue };
            if !arrives() {
                continue;
            }
            let method = response.headers.cseq().unwrap().method;
            provisional |= method == Method::Invite;
            if method == Method::Invite && response.status == 200 {
                tag = response.headers.to().unwrap().tag().map(str::to_owned);
                acks += 1;
            }
            bye_done |= method == Method::Bye && response.status == 200;
        }
        seen = line.sent.len();
        for _ in 0..acks {
            if arrives() {
                line.ask(&Ask::within("ACK", "a", 1, tag.as_ref().unwrap()));
            }
        }
        told |= line.events.iter().any(|event| matches!(event, Event::Confirmed { .. }));
        line.pass(500);
    }
    assert!(told && bye_done, "message {lost} lost: confirmed {told}, ended {bye_done}");
    (line, wire)
}

#[test]
fn any_one_lost_message_costs_no_call() {
    let (_, messages) = call_with_loss(usize::MAX);
    assert!(messages >= 7, "INVITE 100 180 200 ACK BYE 200");
    for lost in 0..messages + 2 {
        let (mut line, _) = call_with_loss(lost);
        assert_eq!((line.incoming(), line.ended()), (1, vec![Reason::Peer]), "lost {lost}");
        line.assert_quiet();
    }
}

#[test]
fn a_call_confirmed_twice_is_told_once() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("a"));
    line.ask(&Ask::within("ACK", "a", 1, &tag));
    let confirmed = line.events.iter().filter(|e| matches!(e, Event::Confirmed { .. })).count();
    assert_eq!(confirmed, 1);
}

/// A UAS of the simplest kind: repeats its reliable 183 until the PRACK and its 200 until the ACK
/// every 500 ms, and answers whatever is asked. The `lost`-th message on the wire does not arrive.
fn our_call_with_loss(lost: usize) -> (Line, usize) {
    let mut line = Line::new();
    let mut wire = 0;
    let mut arrives = || {
        wire += 1;
        wire - 1 != lost
    };
    let (leg, _) = line.call(line.invitation());
    let (mut seen, mut invite): (usize, Option<Request>) = (0, None);
    let (mut pracked, mut acked, mut bye) = (false, false, false);
    for step in 0..80 {
        if step == 20 {
            line.endpoint.hang_up(line.now, leg);
            line.drain();
        }
        let sent = line.sent[seen..].to_vec();
        seen = line.sent.len();
        for (_, _, message) in sent {
            let Message::Request(request) = message else { continue };
            if !arrives() {
                continue;
            }
            match request.method {
                Method::Invite => invite = Some(request),
                Method::Ack => acked = true,
                _ => {
                    pracked |= request.method == Method::Prack;
                    bye |= request.method == Method::Bye;
                    if arrives() {
                        line.reply(&request, 200, &[]);
                    }
                }
            }
        }
        match &invite {
            Some(invite) if !pracked && arrives() => {
                line.reply_as(invite, 183, "a", &["Require: 100rel", "RSeq: 1"], ANSWER);
            }
            Some(invite) if pracked && !acked && arrives() => {
                line.reply_as(invite, 200, "a", &[], ANSWER);
            }
            _ => {}
        }
        line.pass(500);
    }
    assert!(acked && bye, "message {lost} lost: acknowledged {acked}, ended {bye}");
    (line, wire)
}

#[test]
fn any_one_lost_message_costs_no_call_of_ours() {
    let (_, messages) = our_call_with_loss(usize::MAX);
    assert!(messages >= 8, "INVITE 183 PRACK 200 200 ACK BYE 200");
    for lost in 0..messages + 2 {
        let (mut line, _) = our_call_with_loss(lost);
        let accepted = line.events.iter().filter(|e| matches!(e, Event::Accepted { .. })).count();
        assert_eq!((accepted, line.ended()), (1, vec![Reason::Local]), "lost {lost}");
        line.assert_quiet();
    }
}
