//! The other side: a gateway's half of both protocols, as far as the tests need it.

use super::super::{Cmpp, CmppConfig, Dialect, Smpp, SmppConfig};
use crate::wire::cmpp::{self, ConnectResp, ConnectStatus, DeliverResp, SubmitResp, Version};
use crate::wire::smpp::{self, Status};
use crate::wire::sms::{Carried, Charset};

/// What a gateway hears of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Got {
    Bind { sequence: u32 },
    Submit { sequence: u32, to: String, text: String },
    Kept { sequence: u32, is_kept: bool },
    Test { sequence: u32 },
    TestAnswer,
    Bye { sequence: u32 },
    ByeAnswer,
}

/// What a gateway answers to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken(u64),
    Throttled,
    Never,
}

/// A gateway's half of a protocol.
pub(super) trait Gate {
    type Dialect: Dialect + std::fmt::Debug;
    fn dialect() -> Self::Dialect;
    fn hear(&mut self, pdu: &[u8]) -> Got;
    fn believe(&self, sequence: u32, is_believed: bool) -> Vec<u8>;
    fn verdict(&self, sequence: u32, verdict: Verdict) -> Vec<u8>;
    fn deliver(&self, sequence: u32, text: &str) -> Vec<u8>;
    fn test(&self, sequence: u32) -> Vec<u8>;
    fn test_answer(&self, sequence: u32) -> Vec<u8>;
    fn bye(&self, sequence: u32) -> Vec<u8>;
    fn bye_answer(&self, sequence: u32) -> Vec<u8>;
    /// The text of a PDU that the session handed up.
    fn text_of(pdu: &[u8]) -> String;
}

fn ucs2(octets: &[u8]) -> String {
    Carried::decode([&Carried::read(Charset::Ucs2, false, octets).unwrap()]).text
}

fn octets(text: &str) -> Vec<u8> {
    Carried::split(text, 1, false).unwrap().remove(0).octets()
}

const VERSION: Version = Version::V2;

fn secret() -> cmpp::Secret {
    cmpp::Secret::new("shared-secret".to_owned())
}

#[derive(Debug, Default)]
pub(super) struct CmppGate {
    connect: Option<cmpp::Connect>,
}

impl CmppGate {
    fn write(sequence: u32, body: cmpp::Body) -> Vec<u8> {
        cmpp::Pdu { sequence, body }.write(VERSION).unwrap()
    }
}

impl Gate for CmppGate {
    type Dialect = Cmpp;

    fn dialect() -> Cmpp {
        Cmpp::new(CmppConfig {
            version: VERSION,
            source_id: "901234".to_owned(),
            secret: secret(),
            service: "HOTLINE".to_owned(),
            number: "10651234501".to_owned(),
            proves_gateway: true,
        })
    }

    fn hear(&mut self, pdu: &[u8]) -> Got {
        let cmpp::Pdu { sequence, body } = cmpp::Pdu::parse(pdu, VERSION).unwrap();
        match body {
            cmpp::Body::Connect(connect) => {
                assert!(connect.is_by(&secret()));
                self.connect = Some(connect);
                Got::Bind { sequence }
            }
            cmpp::Body::Submit(submit) => Got::Submit {
                sequence,
                to: submit.destinations[0].clone(),
                text: ucs2(&submit.content),
            },
            cmpp::Body::DeliverResp(DeliverResp { result, .. }) => {
                Got::Kept { sequence, is_kept: result == DeliverResp::KEPT }
            }
            cmpp::Body::ActiveTest => Got::Test { sequence },
            cmpp::Body::ActiveTestResp => Got::TestAnswer,
            cmpp::Body::Terminate => Got::Bye { sequence },
            cmpp::Body::TerminateResp => Got::ByeAnswer,
            other => panic!("a service never says {other:?}"),
        }
    }

    fn believe(&self, sequence: u32, is_believed: bool) -> Vec<u8> {
        let status =
            if is_believed { ConnectStatus::Accepted } else { ConnectStatus::Authentication };
        let answer = ConnectResp::new(status, self.connect.as_ref().unwrap(), &secret(), VERSION);
        Self::write(sequence, cmpp::Body::ConnectResp(answer))
    }

    fn verdict(&self, sequence: u32, verdict: Verdict) -> Vec<u8> {
        let (msg_id, result) = match verdict {
            Verdict::Taken(name) => (name, 0),
            Verdict::Throttled => (0, SubmitResp::FLOW_CONTROL),
            Verdict::Never => (0, 13),
        };
        Self::write(sequence, cmpp::Body::SubmitResp(SubmitResp { msg_id, result }))
    }

    fn deliver(&self, sequence: u32, text: &str) -> Vec<u8> {
        let deliver = cmpp::Deliver {
            msg_id: 7,
            destination: "10651234501".to_owned(),
            service: String::new(),
            protocol: 0,
            has_header: false,
            format: 8,
            source: "19900000001".to_owned(),
            is_report: false,
            content: octets(text),
            link: String::new(),
        };
        Self::write(sequence, cmpp::Body::Deliver(deliver))
    }

    fn test(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, cmpp::Body::ActiveTest)
    }

    fn test_answer(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, cmpp::Body::ActiveTestResp)
    }

    fn bye(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, cmpp::Body::Terminate)
    }

    fn bye_answer(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, cmpp::Body::TerminateResp)
    }

    fn text_of(pdu: &[u8]) -> String {
        let cmpp::Body::Deliver(deliver) = cmpp::Pdu::parse(pdu, VERSION).unwrap().body else {
            panic!("only texts are handed up")
        };
        ucs2(&deliver.content)
    }
}

#[derive(Debug, Default)]
pub(super) struct SmppGate;

impl SmppGate {
    fn write(sequence: u32, status: Status, body: smpp::Body) -> Vec<u8> {
        smpp::Pdu { sequence, status, body }.write().unwrap()
    }
}

impl Gate for SmppGate {
    type Dialect = Smpp;

    fn dialect() -> Smpp {
        Smpp::new(SmppConfig {
            system_id: "zoucheng".to_owned(),
            password: smpp::Password("secret08".to_owned()),
            system_type: String::new(),
            number: "10651234501".to_owned(),
        })
    }

    fn hear(&mut self, pdu: &[u8]) -> Got {
        let smpp::Pdu { sequence, status, body } = smpp::Pdu::parse(pdu).unwrap();
        match body {
            smpp::Body::Bind(bind) => {
                assert_eq!((bind.version, bind.password.0.as_str()), (0x34, "secret08"));
                Got::Bind { sequence }
            }
            smpp::Body::Submit(submit) => Got::Submit {
                sequence,
                to: submit.destination.dialled(),
                text: ucs2(&submit.segment.octets),
            },
            smpp::Body::DeliverResp => {
                assert!(status == Status::OK || status == Status::NOT_NOW, "{status:?}");
                Got::Kept { sequence, is_kept: status == Status::OK }
            }
            smpp::Body::EnquireLink => Got::Test { sequence },
            smpp::Body::EnquireLinkResp => Got::TestAnswer,
            smpp::Body::Unbind => Got::Bye { sequence },
            smpp::Body::UnbindResp => Got::ByeAnswer,
            other => panic!("a service never says {other:?}"),
        }
    }

    fn believe(&self, sequence: u32, is_believed: bool) -> Vec<u8> {
        let status = if is_believed { Status::OK } else { Status::BIND_FAILED };
        Self::write(sequence, status, smpp::Body::BindResp)
    }

    fn verdict(&self, sequence: u32, verdict: Verdict) -> Vec<u8> {
        let (name, status) = match verdict {
            Verdict::Taken(name) => (name.to_string(), Status::OK),
            Verdict::Throttled => (String::new(), Status::THROTTLED),
            Verdict::Never => (String::new(), Status(0x0B)),
        };
        Self::write(sequence, status, smpp::Body::SubmitResp(name))
    }

    fn deliver(&self, sequence: u32, text: &str) -> Vec<u8> {
        let deliver = smpp::Deliver {
            source: smpp::Address::number("+8619900000001"),
            destination: smpp::Address::number("10651234501"),
            kind: smpp::Kind::Text,
            segment: smpp::Segment { coding: 8, octets: octets(text), ..Default::default() },
            receipted: None,
            state: None,
        };
        Self::write(sequence, Status::OK, smpp::Body::Deliver(deliver))
    }

    fn test(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, Status::OK, smpp::Body::EnquireLink)
    }

    fn test_answer(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, Status::OK, smpp::Body::EnquireLinkResp)
    }

    fn bye(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, Status::OK, smpp::Body::Unbind)
    }

    fn bye_answer(&self, sequence: u32) -> Vec<u8> {
        Self::write(sequence, Status::OK, smpp::Body::UnbindResp)
    }

    fn text_of(pdu: &[u8]) -> String {
        let smpp::Body::Deliver(deliver) = smpp::Pdu::parse(pdu).unwrap().body else {
            panic!("only texts are handed up")
        };
        ucs2(&deliver.segment.octets)
    }
}
