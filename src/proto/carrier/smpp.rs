//! SMPP as the session speaks it.

use super::dialect::{Dialect, Heard, Refusal, Said, Submission};
use super::session::SessionConfig;
use crate::wire::WireError;
use crate::wire::smpp::{Address, Bind, Body, Header, Password, Pdu, Segment, Status, Submit};
use std::time::Duration;

/// Highest sequence number (SMPP 3.4 §5.1.4).
const SEQUENCE_HIGHEST: u32 = 0x7FFF_FFFF;

/// An account with a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmppConfig {
    /// The account, 15 characters at most.
    pub system_id: String,
    /// Its password, 8 at most.
    pub password: Password,
    /// What kind of service it is; most gateways want none.
    pub system_type: String,
    /// The number that recipients see and answer; empty where the gateway knows it.
    pub number: String,
}

/// The dialect of one account.
#[derive(Debug)]
pub struct Smpp {
    config: SmppConfig,
}

impl Smpp {
    /// Of that account.
    #[must_use]
    pub fn new(config: SmppConfig) -> Self {
        Self { config }
    }

    /// What gateways are used to: a link test after 30 s, 30 s for an answer, window 10.
    #[must_use]
    pub fn session(seed: u64) -> SessionConfig {
        SessionConfig {
            window: 10,
            connect_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(30),
            test_after: Duration::from_secs(30),
            tests_max: 3,
            seed,
        }
    }
}

fn submit_answer(sequence: u32, status: Status, reference: String) -> Heard {
    if status == Status::OK {
        let reference = (!reference.is_empty()).then_some(reference);
        return Heard::Taken { sequence, reference };
    }
    Heard::NotTaken { sequence, refusal: refusal_of(status), code: format!("{:#x}", status.0) }
}

/// What the status of an answer that takes nothing means for the text.
fn refusal_of(status: Status) -> Refusal {
    match status {
        Status::THROTTLED | Status::QUEUE_FULL => Refusal::Throttled,
        Status::SYSTEM_ERROR | Status::NOT_NOW => Refusal::Later,
        _ => Refusal::Never,
    }
}

impl Dialect for Smpp {
    fn frame(stream: &[u8]) -> Result<Option<usize>, WireError> {
        let header = Header::read(stream)?;
        Ok(header.filter(|header| header.length <= stream.len()).map(|header| header.length))
    }

    fn hear(&self, pdu: &[u8]) -> Heard {
        let Ok(Some(header)) = Header::read(pdu) else { return Heard::Noise };
        let sequence = header.sequence;
        if header.is_deliver() {
            return Heard::Arrived { sequence, token: 0 };
        }
        let Ok(Pdu { status, body, .. }) = Pdu::parse(pdu) else {
            if header.is_submit_answer() {
                return submit_answer(sequence, header.status, String::new());
            }
            // An answer that says something is better than none; a command must be answered.
            return if header.is_answer() { Heard::Noise } else { Heard::Unknown(sequence) };
        };
        match body {
            Body::BindResp if status == Status::OK => Heard::Believed,
            Body::BindResp if matches!(status, Status::ALREADY_BOUND | Status::SYSTEM_ERROR) => {
                Heard::Busy(format!("{:#x}", status.0))
            }
            Body::BindResp => Heard::Refused(format!("{:#x}", status.0)),
            Body::SubmitResp(reference) => submit_answer(sequence, status, reference),
            Body::EnquireLink => Heard::Test(sequence),
            Body::EnquireLinkResp => Heard::TestAnswer,
            Body::Unbind => Heard::Bye(sequence),
            Body::UnbindResp => Heard::ByeAnswer,
            // What it was about was not taken. Some gateways say so that they are asked too much.
            Body::GenericNack => Heard::NotTaken {
                sequence,
                refusal: refusal_of(status),
                code: format!("nack {:#x}", status.0),
            },
            Body::Bind(_) | Body::Submit(_) | Body::Unsupported(_) if !header.is_answer() => {
                Heard::Unknown(sequence)
            }
            _ => Heard::Noise,
        }
    }

    fn say(&mut self, sequence: u32, said: Said<'_>) -> Result<Vec<u8>, WireError> {
        let (status, body) = match said {
            Said::Bind(_) => {
                let SmppConfig { system_id, password, system_type, .. } = &self.config;
                (Status::OK, Body::Bind(Bind::new(system_id, &password.0, system_type)))
            }
            Said::Submit(Submission { recipient, carried }) => {
                let submit = Submit {
                    source: Address::number(&self.config.number),
                    destination: Address::number(recipient),
                    wants_report: true,
                    segment: Segment::new(carried),
                };
                (Status::OK, Body::Submit(submit))
            }
            Said::Kept { is_kept: true, .. } => (Status::OK, Body::DeliverResp),
            Said::Kept { is_kept: false, .. } => (Status::NOT_NOW, Body::DeliverResp),
            Said::Test => (Status::OK, Body::EnquireLink),
            Said::TestAnswer => (Status::OK, Body::EnquireLinkResp),
            Said::Bye => (Status::OK, Body::Unbind),
            Said::ByeAnswer => (Status::OK, Body::UnbindResp),
            Said::Unknown => (Status::COMMAND_UNKNOWN, Body::GenericNack),
        };
        Pdu { sequence, status, body }.write()
    }

    fn next(sequence: u32) -> u32 {
        if sequence >= SEQUENCE_HIGHEST { 1 } else { sequence + 1 }
    }
}
