//! Our line by CMPP to a gateway, with the real store behind it.

use super::city::{City, LIMIT};
use super::gateway::{Gateway, report, secret, text};
use crate::support::wait_for;
use mayorline::channels::sms::carrier::Protocol;
use mayorline::proto::carrier::CmppConfig;
use mayorline::store::SettledInbound;
use mayorline::wire::cmpp::{Body, DeliverResp, Pdu, Submit, SubmitResp, Version};
use mayorline::wire::sms::{Carried, Charset};
use std::io::Write as _;
use std::net::TcpListener;

fn protocol(version: Version) -> Protocol {
    Protocol::Cmpp(CmppConfig {
        version,
        source_id: "901234".to_owned(),
        secret: secret(),
        service: "HOTLINE".to_owned(),
        number: "10651234501".to_owned(),
        proves_gateway: true,
    })
}

fn both_ways(version: Version) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let city = City::open();
    let line = city.line(listener.local_addr().unwrap().port(), protocol(version));
    let mut gateway = Gateway::accept(&listener, version);
    let words = "北宿镇㛃家路口停水两天了";
    assert_eq!(gateway.bring(text(7, words)), DeliverResp::KEPT);
    // Kept before it is answered; brought again it is kept once.
    assert_eq!(city.waiting().len(), 1);
    assert_eq!(gateway.bring(text(7, words)), DeliverResp::KEPT);
    assert_eq!(city.waiting().len(), 1);
    assert_eq!(city.read(), [SettledInbound::Done]);
    assert!(city.cases()[0].contains(words));

    let (sequence, submit) = gateway.submission();
    assert_eq!(submit.destinations, ["19900000017"]);
    assert_eq!((submit.source.as_str(), submit.service.as_str()), ("10651234501", "HOTLINE"));
    // S01 takes two messages, one behind the other.
    assert_eq!((submit.total, submit.number, submit.has_header), (2, 1, true));
    let busy = SubmitResp { msg_id: 0, result: SubmitResp::FLOW_CONTROL };
    gateway.say(sequence, Body::SubmitResp(busy));
    // It goes again, after the pause.
    let (again, same) = gateway.submission();
    assert_eq!((&same, again > sequence), (&submit, true));
    let names = [0x1122_3344_5566_7788, 0x1122_3344_5566_7789];
    gateway.say(again, Body::SubmitResp(SubmitResp { msg_id: names[0], result: 0 }));
    let (sequence, second) = gateway.submission();
    gateway.say(sequence, Body::SubmitResp(SubmitResp { msg_id: names[1], result: 0 }));
    let read = |submit: &Submit| Carried::read(Charset::Ucs2, true, &submit.content).unwrap();
    let said = Carried::decode(&[read(&same), read(&second)]).text;
    assert!(said.starts_with("【邹城社情民意】") && said.ends_with("请勿外泄查询码。"), "{said}");
    let submitted = wait_for(LIMIT, || (city.states() == ["submitted"]).then_some(()));
    assert!(submitted.is_some(), "{:?}", city.outbox());

    for msg_id in names {
        assert_eq!(gateway.bring(report(version, msg_id)), DeliverResp::KEPT);
    }
    city.read();
    assert_eq!(city.states(), ["delivered"]);

    // The line is cut and comes back by itself.
    drop(gateway);
    let mut gateway = Gateway::accept(&listener, version);
    gateway.say(5, Body::ActiveTest);
    assert_eq!(gateway.hear().body, Body::ActiveTestResp);
    let ending = std::thread::spawn(move || line.finish());
    let Pdu { sequence, body: Body::Terminate } = gateway.hear() else { panic!("goodbye") };
    gateway.say(sequence, Body::TerminateResp);
    ending.join().unwrap();
}

#[test]
fn texts_and_reports_go_both_ways_in_cmpp_2() {
    both_ways(Version::V2);
}

#[test]
fn texts_and_reports_go_both_ways_in_cmpp_3() {
    both_ways(Version::V3);
}

#[test]
fn what_cannot_be_read_is_kept_and_acknowledged() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let city = City::open();
    let line = city.line(listener.local_addr().unwrap().port(), protocol(Version::V2));
    let mut gateway = Gateway::accept(&listener, Version::V2);
    // A body of 3.0 on a line that keeps to 2.0.
    let octets = Pdu { sequence: 9, body: Body::Deliver(text(7, "停水")) };
    gateway.stream.write_all(&octets.write(Version::V3).unwrap()).unwrap();
    let answer = gateway.hear();
    let kept = DeliverResp { msg_id: 7, result: DeliverResp::KEPT };
    assert_eq!(answer, Pdu { sequence: 9, body: Body::DeliverResp(kept) });
    let waiting = city.waiting();
    assert_eq!(waiting[0].raw.as_deref(), Some(&octets.write(Version::V3).unwrap()[..]));
    drop(gateway);
    line.finish();
}
