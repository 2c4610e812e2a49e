//! Our line by CMPP to a gateway of our own: others have made none that could be had. It checks what a gateway would,
//! by the codec that Wireshark reads.

use super::city::{City, LIMIT};
use crate::support::wait_for;
use mayorline::channels::sms::carrier::Protocol;
use mayorline::proto::carrier::CmppConfig;
use mayorline::store::SettledInbound;
use mayorline::wire::cmpp::{
    Body, ConnectResp, ConnectStatus, Deliver, DeliverResp, Pdu, Report, Secret, Submit,
    SubmitResp, Version, frame,
};
use mayorline::wire::sms::{Carried, Charset};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

fn secret() -> Secret {
    Secret::new("shared-secret".to_owned())
}

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

/// The gateway's end of one connection.
struct Gateway {
    stream: TcpStream,
    octets: Vec<u8>,
    version: Version,
    sequence: u32,
}

impl Gateway {
    /// Takes a connection, and believes it if the secret is right.
    fn accept(listener: &TcpListener, version: Version) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut gateway = Self { stream, octets: vec![], version, sequence: 1_000 };
        let Pdu { sequence, body: Body::Connect(connect) } = gateway.hear() else {
            panic!("it connects first")
        };
        assert!(connect.is_by(&secret()));
        assert_eq!((connect.source.as_str(), connect.version), ("901234", version.octet()));
        let answer = ConnectResp::new(ConnectStatus::Accepted, &connect, &secret(), version);
        gateway.say(sequence, Body::ConnectResp(answer));
        gateway
    }

    fn hear(&mut self) -> Pdu {
        loop {
            if let Some(pdu) = frame(&self.octets).unwrap() {
                let (length, pdu) = (pdu.len(), Pdu::parse(pdu, self.version).unwrap());
                self.octets.drain(..length);
                return pdu;
            }
            let mut more = [0; 1_024];
            let length = self.stream.read(&mut more).expect("the service speaks");
            assert!(length > 0, "the service hung up");
            self.octets.extend_from_slice(&more[..length]);
        }
    }

    fn say(&mut self, sequence: u32, body: Body) {
        let octets = Pdu { sequence, body }.write(self.version).unwrap();
        self.stream.write_all(&octets).unwrap();
    }

    /// Brings something, and waits for the answer.
    fn bring(&mut self, deliver: Deliver) -> u32 {
        self.sequence += 1;
        let (sequence, msg_id) = (self.sequence, deliver.msg_id);
        self.say(sequence, Body::Deliver(deliver));
        let answer = self.hear();
        let Body::DeliverResp(DeliverResp { msg_id: named, result }) = answer.body else {
            panic!("{answer:?}")
        };
        assert_eq!((answer.sequence, named), (sequence, msg_id));
        result
    }

    fn submission(&mut self) -> (u32, Submit) {
        match self.hear() {
            Pdu { sequence, body: Body::Submit(submit) } => (sequence, submit),
            other => panic!("{other:?}"),
        }
    }
}

fn text(msg_id: u64, text: &str) -> Deliver {
    Deliver {
        msg_id,
        destination: "10651234501".to_owned(),
        service: "HOTLINE".to_owned(),
        protocol: 0,
        has_header: false,
        format: 15,
        source: "8619900000017".to_owned(),
        is_report: false,
        content: encoding(text),
        link: String::new(),
    }
}

/// GB 18030, as gateways of this country send it.
fn encoding(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// The gateway says of a text that it arrived.
fn report(version: Version, msg_id: u64) -> Deliver {
    let report = Report {
        msg_id,
        status: "DELIVRD".to_owned(),
        submitted: "2611222013".to_owned(),
        done: "2611222014".to_owned(),
        destination: "19900000017".to_owned(),
        sequence: 1,
    };
    let content = report.write(version).unwrap();
    Deliver { is_report: true, content, format: 0, ..text(msg_id >> 8, "") }
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
