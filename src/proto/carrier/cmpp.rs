//! CMPP as the session speaks it.

use super::dialect::{Dialect, Heard, Refusal, Said, Submission};
use super::session::SessionConfig;
use crate::wire::WireError;
use crate::wire::cmpp::{
    Body, Connect, ConnectStatus, DeliverResp, Header, Pdu, Secret, Submit, SubmitResp, Version,
};
use std::time::Duration;

/// An account with a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmppConfig {
    /// The version that was agreed.
    pub version: Version,
    /// The service's number (企业代码), six digits.
    pub source_id: String,
    /// What both sides know.
    pub secret: Secret,
    /// The service as the carrier filed it (业务代码).
    pub service: String,
    /// The number that recipients see and answer (接入号).
    pub number: String,
    /// Whether the gateway must prove that it knows the secret. Some prove nothing.
    pub proves_gateway: bool,
}

/// The dialect of one account.
#[derive(Debug)]
pub struct Cmpp {
    config: CmppConfig,
    /// Ours of this connection.
    connect: Option<Connect>,
}

impl Cmpp {
    /// Of that account.
    #[must_use]
    pub fn new(config: CmppConfig) -> Self {
        Self { config, connect: None }
    }

    /// The timers of the protocol: C 180 s, T 60 s, N 3, window 16.
    #[must_use]
    pub fn session(seed: u64) -> SessionConfig {
        SessionConfig {
            window: 16,
            connect_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(60),
            test_after: Duration::from_secs(180),
            tests_max: 3,
            seed,
        }
    }

    fn submit(&self, submission: &Submission) -> Submit {
        let Submission { recipient, carried } = submission;
        Submit {
            service: self.config.service.clone(),
            ..Submit::new(&self.config.source_id, &self.config.number, recipient, carried)
        }
    }

    fn answered(&self, sequence: u32, body: &Body) -> Heard {
        match body {
            Body::ConnectResp(answer) if answer.status == ConnectStatus::Accepted => {
                let secret = &self.config.secret;
                let is_proven =
                    self.connect.as_ref().is_some_and(|connect| answer.is_by(secret, connect));
                if is_proven || !self.config.proves_gateway {
                    Heard::Believed
                } else {
                    Heard::Refused("authenticator".to_owned())
                }
            }
            Body::ConnectResp(answer) => Heard::Refused(answer.status.number().to_string()),
            Body::SubmitResp(SubmitResp { msg_id, result: 0 }) => {
                Heard::Taken { sequence, reference: Some(msg_id.to_string()) }
            }
            Body::SubmitResp(SubmitResp { result, .. }) => Heard::NotTaken {
                sequence,
                refusal: match *result {
                    SubmitResp::FLOW_CONTROL => Refusal::Throttled,
                    SubmitResp::SEQUENCE_KNOWN => Refusal::Later,
                    _ => Refusal::Never,
                },
                code: result.to_string(),
            },
            Body::ActiveTest => Heard::Test(sequence),
            Body::ActiveTestResp => Heard::TestAnswer,
            Body::Terminate => Heard::Bye(sequence),
            Body::TerminateResp => Heard::ByeAnswer,
            // The protocol has no word for what is not known.
            Body::Connect(_)
            | Body::Submit(_)
            | Body::Deliver(_)
            | Body::DeliverResp(_)
            | Body::Unsupported(_) => Heard::Noise,
        }
    }
}

impl Dialect for Cmpp {
    fn frame(stream: &[u8]) -> Result<Option<usize>, WireError> {
        let header = Header::read(stream)?;
        Ok(header.filter(|header| header.length <= stream.len()).map(|header| header.length))
    }

    fn hear(&self, pdu: &[u8]) -> Heard {
        if let Ok(Some(header)) = Header::read(pdu)
            && header.is_deliver()
        {
            // Its name stands first whatever the rest is like, so that can be answered, and kept.
            let body = pdu.get(Header::OCTETS..).and_then(|body| body.first_chunk::<8>());
            let token = body.map_or(0, |name| u64::from_be_bytes(*name));
            return Heard::Arrived { sequence: header.sequence, token };
        }
        match Pdu::parse(pdu, self.config.version) {
            Ok(Pdu { sequence, body }) => self.answered(sequence, &body),
            Err(_) => Heard::Noise,
        }
    }

    fn say(&mut self, sequence: u32, said: Said<'_>) -> Result<Vec<u8>, WireError> {
        let body = match said {
            Said::Bind(stamp) => {
                let CmppConfig { source_id, secret, version, .. } = &self.config;
                let connect = Connect::new(source_id, secret, *version, stamp);
                self.connect = Some(connect.clone());
                Body::Connect(connect)
            }
            Said::Submit(submission) => Body::Submit(self.submit(submission)),
            Said::Kept { token, is_kept } => {
                let result = if is_kept { DeliverResp::KEPT } else { DeliverResp::NOT_KEPT };
                Body::DeliverResp(DeliverResp { msg_id: token, result })
            }
            Said::Test => Body::ActiveTest,
            Said::TestAnswer => Body::ActiveTestResp,
            Said::Bye => Body::Terminate,
            Said::ByeAnswer => Body::TerminateResp,
            Said::Unknown => return Err(WireError::Unsupported("CMPP command")),
        };
        Pdu { sequence, body }.write(self.config.version)
    }

    fn next(sequence: u32) -> u32 {
        sequence.checked_add(1).unwrap_or(1)
    }
}
