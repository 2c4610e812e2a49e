//! A gateway of CMPP of our own: others have made none that could be had. It checks what a gateway would, by the codec
//! that Wireshark reads.

use super::city::LIMIT;
use mayorline::wire::cmpp::{
    Body, ConnectResp, ConnectStatus, Deliver, Pdu, Report, Secret, Submit, SubmitResp, Version,
    frame,
};
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

pub(crate) fn secret() -> Secret {
    Secret::new("shared-secret".to_owned())
}

/// The gateway's end of one connection.
pub(crate) struct Gateway {
    pub(crate) stream: TcpStream,
    octets: Vec<u8>,
    version: Version,
    sequence: u32,
    /// Texts that came while an answer was waited for: the two have no order.
    early: VecDeque<(u32, Submit)>,
}

impl Gateway {
    /// Takes a connection, and believes it if the secret is right.
    pub(crate) fn accept(listener: &TcpListener, version: Version) -> Self {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut gateway =
            Self { stream, octets: vec![], version, sequence: 1_000, early: VecDeque::new() };
        let Pdu { sequence, body: Body::Connect(connect) } = gateway.hear() else {
            panic!("it connects first")
        };
        assert!(connect.is_by(&secret()));
        assert_eq!((connect.source.as_str(), connect.version), ("901234", version.octet()));
        let answer = ConnectResp::new(ConnectStatus::Accepted, &connect, &secret(), version);
        gateway.say(sequence, Body::ConnectResp(answer));
        gateway
    }

    /// Takes a connection whose secret is wrong, and says so.
    pub(crate) fn refuse(listener: &TcpListener, version: Version) {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut gateway =
            Self { stream, octets: vec![], version, sequence: 1_000, early: VecDeque::new() };
        let Pdu { sequence, body: Body::Connect(connect) } = gateway.hear() else {
            panic!("it connects first")
        };
        assert!(!connect.is_by(&secret()));
        let status = ConnectStatus::Authentication;
        let answer = ConnectResp::new(status, &connect, &secret(), version);
        gateway.say(sequence, Body::ConnectResp(answer));
    }

    pub(crate) fn hear(&mut self) -> Pdu {
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

    pub(crate) fn say(&mut self, sequence: u32, body: Body) {
        let octets = Pdu { sequence, body }.write(self.version).unwrap();
        self.stream.write_all(&octets).unwrap();
    }

    /// Brings something, and waits for the answer.
    pub(crate) fn bring(&mut self, deliver: Deliver) -> u32 {
        self.sequence += 1;
        let (sequence, msg_id) = (self.sequence, deliver.msg_id);
        self.say(sequence, Body::Deliver(deliver));
        loop {
            match self.hear() {
                Pdu { sequence, body: Body::Submit(submit) } => {
                    self.early.push_back((sequence, submit));
                }
                Pdu { sequence: to, body: Body::DeliverResp(answer) } => {
                    assert_eq!((to, answer.msg_id), (sequence, msg_id));
                    return answer.result;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Takes the next text, and calls it so.
    pub(crate) fn take(&mut self, msg_id: u64) -> Submit {
        let (sequence, submit) = self.submission();
        self.say(sequence, Body::SubmitResp(SubmitResp { msg_id, result: 0 }));
        submit
    }

    pub(crate) fn submission(&mut self) -> (u32, Submit) {
        if let Some(early) = self.early.pop_front() {
            return early;
        }
        match self.hear() {
            Pdu { sequence, body: Body::Submit(submit) } => (sequence, submit),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn text(msg_id: u64, text: &str) -> Deliver {
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
pub(crate) fn report(version: Version, msg_id: u64) -> Deliver {
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
