//! Transfers from phones: REFER (RFC 3515), Replaces (RFC 3891), and who may not (T13).

use super::harness::{ANSWER, Ask, Line, OFFER, udp};
use super::registrar::{Proof, line, registered, seat};
use mayorline::proto::{Event, Invitation, Reason};
use mayorline::units::LegId;
use mayorline::wire::sip::{Method, Request};

/// A call of ours to the phone of a seat.
fn to_seat(line: &mut Line, number: &str, tag: &str) -> (LegId, Request) {
    let invitation = Invitation { seat: Some(seat(number)), ..line.invitation() };
    line.connect(invitation, tag)
}

fn refer(line: &Line, invite: &Request, tag: &str, cseq: u32, to: &str) -> Ask {
    line.of_peer("REFER", invite, tag, cseq).field(&format!("Refer-To: {to}"))
}

fn asked(line: &Line) -> Vec<(LegId, String, Option<LegId>)> {
    let told = line.events.iter().filter_map(|event| match event {
        Event::Refer { leg, target, replaces } => Some((*leg, target.clone(), *replaces)),
        _ => None,
    });
    told.collect()
}

fn answer(line: &mut Line, leg: LegId, accepted: bool) {
    line.endpoint.answer_refer(line.now, leg, accepted);
    line.drain();
}

/// How a dialog of ours is named from the phone's side, escaped for a URI.
fn named(invite: &Request, tag: &str) -> String {
    let ours = invite.headers.from().unwrap().tag().unwrap().to_owned();
    let call = invite.headers.call_id().unwrap().replace('@', "%40");
    format!("Replaces={call}%3Bto-tag%3D{ours}%3Bfrom-tag%3D{tag}")
}

#[test]
fn a_blind_transfer_is_accepted_and_followed_to_its_end() {
    let mut line = Line::new();
    let (leg, invite) = to_seat(&mut line, "801", "a");
    assert!(invite.headers.tokens("Allow").any(|method| method == "REFER"));
    let ask = refer(&line, &invite, "a", 1, "<sip:119%32@127.0.0.1;user=phone>");
    assert_eq!(line.statuses(&ask), [0_u16; 0], "the switch decides");
    assert_eq!(asked(&line), [(leg, "1192".to_owned(), None)]);
    answer(&mut line, leg, true);
    assert_eq!(line.times_of(202), [0]);
    let notify = line.last(&Method::Notify);
    for (name, value) in [
        ("Event", "refer"),
        ("Subscription-State", "active;expires=180"),
        ("Content-Type", "message/sipfrag;version=2.0"),
    ] {
        assert_eq!(notify.headers.get(name), Some(value), "{name}");
    }
    assert_eq!(notify.body, b"SIP/2.0 100 Trying\r\n");
    line.reply(&notify, 200, &[]);
    line.endpoint.notify_refer(line.now, leg, 200);
    line.drain();
    let notify = line.last(&Method::Notify);
    assert_eq!(notify.headers.get("Subscription-State"), Some("terminated;reason=noresource"));
    assert_eq!(notify.body, b"SIP/2.0 200 OK\r\n");
    line.endpoint.notify_refer(line.now, leg, 200);
    line.drain();
    assert_eq!(line.count(&Method::Notify), 2, "the last word is said once");
    let ask = refer(&line, &invite, "a", 2, "<tel:19900000019>");
    line.ask(&ask);
    answer(&mut line, leg, true);
    assert_eq!(line.last(&Method::Notify).headers.get("Event"), Some("refer;id=2"));
    assert_eq!(asked(&line)[1].1, "19900000019");
}

#[test]
fn a_transfer_that_is_not_taken_gets_603_and_one_that_nobody_decides_too() {
    let mut line = Line::new();
    let (leg, invite) = to_seat(&mut line, "801", "a");
    line.ask(&refer(&line, &invite, "a", 1, "<sip:802@127.0.0.1>"));
    answer(&mut line, leg, false);
    assert_eq!((line.times_of(603), line.count(&Method::Notify)), (vec![0], 0));
    line.ask(&refer(&line, &invite, "a", 2, "<sip:802@127.0.0.1>"));
    line.pass(16_000);
    assert_eq!(line.times_of(603), [0, 16_000]);
    answer(&mut line, leg, true);
    assert_eq!(line.times_of(202), [0_u64; 0], "too late");
}

#[test]
fn a_phone_that_wants_no_notify_gets_none() {
    let mut line = Line::new();
    let (leg, invite) = to_seat(&mut line, "801", "a");
    let ask = refer(&line, &invite, "a", 1, "<sip:802@127.0.0.1>")
        .field("Require: norefersub")
        .field("Refer-Sub: false");
    line.ask(&ask);
    answer(&mut line, leg, true);
    let accepted = line.responses_from(0).pop().unwrap();
    assert_eq!((accepted.status, accepted.headers.get("Refer-Sub")), (202, Some("false")));
    line.endpoint.notify_refer(line.now, leg, 200);
    line.drain();
    assert_eq!(line.count(&Method::Notify), 0, "RFC 4488");
}

#[test]
fn an_attended_transfer_names_the_seats_other_call() {
    let mut line = Line::new();
    let (leg, invite) = to_seat(&mut line, "801", "a");
    let (other, second) = to_seat(&mut line, "801", "b");
    let (_, foreign) = to_seat(&mut line, "802", "c");
    let (_, citizen) = line.connect(line.invitation(), "d");
    let to = format!("<sip:802@127.0.0.1?{}>", named(&second, "b"));
    line.ask(&refer(&line, &invite, "a", 1, &to));
    assert_eq!(asked(&line), [(leg, "802".to_owned(), Some(other))]);
    answer(&mut line, leg, false);
    for (cseq, named, status) in [
        (2, named(&second, "x"), 481),
        (3, named(&invite, "a"), 481),
        (4, named(&foreign, "c"), 403),
        (5, named(&citizen, "d"), 403),
        (6, "Replaces=nothing".to_owned(), 400),
    ] {
        let ask = refer(&line, &invite, "a", cseq, &format!("<sip:802@127.0.0.1?{named}>"));
        assert_eq!(line.statuses(&ask), [status], "{named}");
    }
    assert_eq!(asked(&line).len(), 1);
}

#[test]
fn a_citizen_transfers_nobody() {
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("citizen"));
    let ask = Ask::within("REFER", "citizen", 2, &tag).field("Refer-To: <tel:0019001234>");
    assert_eq!(line.statuses(&ask), [403]);
    let (_, outside) = line.connect(line.invitation(), "a");
    assert_eq!(line.statuses(&refer(&line, &outside, "a", 1, "<tel:0019001234>")), [403]);
    assert!(asked(&line).is_empty());
    assert_eq!(line.ended(), [], "the calls go on");
}

#[test]
fn only_the_phone_itself_may_ask_and_only_for_a_number() {
    let mut line = Line::new();
    let (_, invite) = to_seat(&mut line, "801", "a");
    let own = std::mem::replace(&mut line.flow, udp("127.0.0.9:5070"));
    assert_eq!(line.statuses(&refer(&line, &invite, "a", 1, "<sip:802@h>")), [403], "a stranger");
    line.flow = own;
    for (cseq, to, status) in [
        (2, "<http://127.0.0.1/>", 403),
        (3, "<sip:127.0.0.1>", 403),
        (4, "<sip:802@127.0.0.1;method=BYE>", 403),
        (5, "<sip:802@127.0.0.1>, <sip:803@127.0.0.1>", 400),
        (6, "nonsense", 400),
    ] {
        assert_eq!(line.statuses(&refer(&line, &invite, "a", cseq, to)), [status], "{to}");
    }
    let none = line.of_peer("REFER", &invite, "a", 7);
    assert_eq!(line.statuses(&none), [400]);
    assert!(asked(&line).is_empty());
}

#[test]
fn one_transfer_at_a_time_and_the_end_of_the_call_ends_it() {
    let mut line = Line::new();
    let (_, invite) = to_seat(&mut line, "801", "a");
    line.ask(&refer(&line, &invite, "a", 1, "<sip:802@127.0.0.1>"));
    assert_eq!(line.statuses(&refer(&line, &invite, "a", 2, "<sip:803@127.0.0.1>")), [491]);
    line.ask(&line.of_peer("BYE", &invite, "a", 3));
    assert_eq!((line.times_of(487), line.ended()), (vec![0], vec![Reason::Peer]));
    line.assert_quiet();
}

/// An INVITE of the registered phone with its proof.
fn proved(nonce: &str, count: u32, call: &str, replaces: &str) -> Ask {
    let ask = Ask::invite(call);
    let proof = Proof { count, ..Proof::of("801", nonce) }.field_for("INVITE", &ask.uri);
    ask.field(&proof).field(&format!("Replaces: {replaces}"))
}

fn plain(invite: &Request, tag: &str) -> String {
    let ours = invite.headers.from().unwrap().tag().unwrap().to_owned();
    format!("{};to-tag={ours};from-tag={tag}", invite.headers.call_id().unwrap())
}

#[test]
fn a_seat_may_take_the_place_of_a_call_and_nobody_else() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    let binding = line.endpoint.bindings(&seat("801"))[0].clone();
    let to_phone = Invitation::to_phone(seat("801"), &binding, "12345", OFFER.into()).unwrap();
    let (leg, invite) = line.connect(to_phone, "a");
    assert_eq!(invite.uri.to_string(), binding.contact);
    line.ask(&proved(&nonce, 2, "pick", &plain(&invite, "a")));
    let picked = line.events.iter().rev().find_map(|event| match event {
        Event::Incoming { replaces, seat, .. } => Some((*replaces, seat.is_some())),
        _ => None,
    });
    assert_eq!(picked, Some((Some(leg), true)));
    let early = format!("{};early-only", plain(&invite, "a"));
    for (count, named, status) in
        [(3, plain(&invite, "x"), 481), (4, early, 486), (5, "nothing".to_owned(), 400)]
    {
        let ask = proved(&nonce, count, &format!("p{count}"), &named);
        assert_eq!(line.statuses(&ask), [status], "{named}");
    }
    let (ringing, invite) = {
        let invitation = Invitation { seat: Some(seat("802")), ..line.invitation() };
        line.call(invitation)
    };
    line.reply_as(&invite, 180, "r", &[], "");
    line.ask(&proved(&nonce, 6, "early", &plain(&invite, "r")));
    let told = line.events.iter().rev().find_map(|event| match event {
        Event::Incoming { replaces, .. } => Some(*replaces),
        _ => None,
    });
    assert_eq!(told, Some(Some(ringing)), "we began it, so it may be picked up");
    line.flow = udp("127.0.0.3:5070");
    let citizen = Ask::invite("citizen").field(&format!("Replaces: {}", plain(&invite, "r")));
    assert_eq!(line.statuses(&citizen), [403]);
}

#[test]
fn a_call_that_still_rings_here_cannot_be_replaced() {
    let mut line = line();
    let nonce = registered(&mut line, 600);
    let own = std::mem::replace(&mut line.flow, udp("127.0.0.3:5070"));
    line.ask(&Ask::invite("ringing"));
    line.ring();
    let tag = line.tag();
    line.flow = own;
    let named = format!("ringing;to-tag={tag};from-tag=peer");
    assert_eq!(line.statuses(&proved(&nonce, 2, "x", &named)), [481], "RFC 3891 §3");
}

#[test]
fn a_leg_that_is_answered_after_all_still_refuses_what_the_rules_refuse() {
    let mut line = Line::new();
    let invitation = Invitation { seat: Some(seat("801")), ..line.invitation() };
    let (_, invite) = line.call(invitation);
    line.reply_as(&invite, 180, "a", &[], "");
    assert_eq!(line.statuses(&refer(&line, &invite, "a", 1, "<sip:802@h>")), [403], "not yet");
    line.reply_as(&invite, 200, "a", &[], ANSWER);
    assert_eq!(line.statuses(&refer(&line, &invite, "a", 2, "<sip:802@h>")), [0_u16; 0]);
}
