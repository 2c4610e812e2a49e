//! China Mobile's protocol between a gateway of texts and a service (中国移动通信互联网短信网关接口协议, CMPP),
//! versions 2.0 and 3.0.
//!
//! A PDU is 12 octets of header (length, command, sequence; all numbers high octet first) and a body of fixed
//! fields. Both versions have the same commands; 3.0 has wider numbers of subscribers, a link id and wider
//! results, so a body can only be read by who knows the version that was agreed.
//!
//! Written from public descriptions and read back by Wireshark's dissector; no gateway of a carrier was ever
//! connected. Nothing here waits, allocates without bound, or keeps anything.

mod connect;
mod deliver;
mod fields;
mod report;
mod submit;

#[cfg(test)]
mod tests;

pub use connect::{Connect, ConnectResp, ConnectStatus, Secret};
pub use deliver::{Deliver, DeliverResp};
pub use report::Report;
pub use submit::{Submit, SubmitResp};

use super::WireError;
use fields::{Reader, Writer};

/// Longest PDU: a text to a hundred numbers takes some 3,700 octets.
pub const CMPP_BYTES_MAX: usize = 4_096;
/// Octets of the header.
const HEADER: usize = 12;
/// The bit that makes an answer of a command.
const ANSWER: u32 = 0x8000_0000;

const CONNECT: u32 = 0x01;
const TERMINATE: u32 = 0x02;
const SUBMIT: u32 = 0x04;
const DELIVER: u32 = 0x05;
const ACTIVE_TEST: u32 = 0x08;
const CONNECT_RESP: u32 = CONNECT | ANSWER;
const TERMINATE_RESP: u32 = TERMINATE | ANSWER;
const SUBMIT_RESP: u32 = SUBMIT | ANSWER;
const DELIVER_RESP: u32 = DELIVER | ANSWER;
const ACTIVE_TEST_RESP: u32 = ACTIVE_TEST | ANSWER;

/// The version that both sides keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// 2.0: what most city gateways still speak.
    V2,
    /// 3.0.
    V3,
}

impl Version {
    /// As it stands in CONNECT.
    #[must_use]
    pub fn octet(self) -> u8 {
        match self {
            Self::V2 => 0x20,
            Self::V3 => 0x30,
        }
    }

    /// The version of that octet; 2.x is read as 2.0.
    #[must_use]
    pub fn of(octet: u8) -> Option<Self> {
        match octet >> 4 {
            2 => Some(Self::V2),
            3 => Some(Self::V3),
            _ => None,
        }
    }

    /// Octets of a subscriber's number.
    fn terminal(self) -> usize {
        match self {
            Self::V2 => 21,
            Self::V3 => 32,
        }
    }
}

/// One PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    /// Joins a command and its answer.
    pub sequence: u32,
    /// What it says.
    pub body: Body,
}

/// What a PDU says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Who we are.
    Connect(Connect),
    /// Whether that is believed.
    ConnectResp(ConnectResp),
    /// The connection is to end.
    Terminate,
    /// It does.
    TerminateResp,
    /// A text to somebody.
    Submit(Submit),
    /// Whether it is taken.
    SubmitResp(SubmitResp),
    /// A text from somebody, or what became of one of ours.
    Deliver(Deliver),
    /// Whether it is kept.
    DeliverResp(DeliverResp),
    /// Is anybody there?
    ActiveTest,
    /// Somebody is.
    ActiveTestResp,
    /// A command of the protocol that this service does not use (QUERY, CANCEL, FWD and their answers), or
    /// none.
    Unsupported(u32),
}

/// The header of a PDU, which can be read whatever its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Octets of the PDU.
    pub length: usize,
    /// The command.
    pub command: u32,
    /// Its number.
    pub sequence: u32,
}

impl Header {
    /// Octets of it.
    pub const OCTETS: usize = HEADER;

    /// Reads the first 12 octets of a stream; `None` while there are fewer.
    ///
    /// # Errors
    /// A length that no PDU has. Nothing behind it can be found: the connection is of no more use.
    pub fn read(stream: &[u8]) -> Result<Option<Self>, WireError> {
        let Some(bytes) = stream.first_chunk::<HEADER>() else { return Ok(None) };
        let mut reader = Reader::new(bytes);
        let (length, command, sequence) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > CMPP_BYTES_MAX {
            return Err(WireError::TooLarge("CMPP PDU"));
        }
        if length < HEADER {
            return Err(WireError::Malformed("CMPP length"));
        }
        Ok(Some(Self { length, command, sequence }))
    }

    /// Whether it brings a text or a report: what must be kept even where its body cannot be read.
    #[must_use]
    pub fn is_deliver(&self) -> bool {
        self.command == DELIVER
    }
}

/// The first PDU of a stream as its octets, once all of them are there.
///
/// # Errors
/// As [`Header::read`].
pub fn frame(stream: &[u8]) -> Result<Option<&[u8]>, WireError> {
    Ok(Header::read(stream)?.and_then(|header| stream.get(..header.length)))
}

impl Pdu {
    /// Reads one whole PDU as [`frame`] cuts it.
    ///
    /// ```
    /// use mayorline::wire::cmpp::{Body, Pdu, Version};
    /// let test = [0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 7];
    /// assert_eq!(Pdu::parse(&test, Version::V2)?, Pdu { sequence: 7, body: Body::ActiveTest });
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with it; the same body of the other version is `Malformed`.
    pub fn parse(bytes: &[u8], version: Version) -> Result<Self, WireError> {
        const LENGTH: WireError = WireError::Malformed("CMPP length");
        let header = Header::read(bytes)?.ok_or(LENGTH)?;
        if header.length != bytes.len() {
            return Err(LENGTH);
        }
        let mut reader = Reader::new(bytes.get(HEADER..).unwrap_or_default());
        let body = match header.command {
            CONNECT => Body::Connect(Connect::read(&mut reader)?),
            CONNECT_RESP => Body::ConnectResp(ConnectResp::read(&mut reader)?),
            TERMINATE => Body::Terminate,
            TERMINATE_RESP => Body::TerminateResp,
            SUBMIT => Body::Submit(Submit::read(&mut reader, version)?),
            SUBMIT_RESP => Body::SubmitResp(SubmitResp::read(&mut reader, version)?),
            DELIVER => Body::Deliver(Deliver::read(&mut reader, version)?),
            DELIVER_RESP => Body::DeliverResp(DeliverResp::read(&mut reader, version)?),
            // Gateways differ in whether an octet follows.
            ACTIVE_TEST => return Ok(Self { sequence: header.sequence, body: Body::ActiveTest }),
            ACTIVE_TEST_RESP => {
                return Ok(Self { sequence: header.sequence, body: Body::ActiveTestResp });
            }
            command => {
                return Ok(Self { sequence: header.sequence, body: Body::Unsupported(command) });
            }
        };
        reader.end()?;
        Ok(Self { sequence: header.sequence, body })
    }

    /// Its octets.
    ///
    /// # Errors
    /// `TooLarge` for a field that is longer than its place, `Unsupported` for what this service does not
    /// use.
    pub fn write(&self, version: Version) -> Result<Vec<u8>, WireError> {
        let mut writer = Writer::default();
        let command = match &self.body {
            Body::Connect(connect) => connect.write(&mut writer),
            Body::ConnectResp(answer) => Ok(answer.write(&mut writer)),
            Body::Terminate => Ok(TERMINATE),
            Body::TerminateResp => Ok(TERMINATE_RESP),
            Body::Submit(submit) => submit.write(&mut writer, version),
            Body::SubmitResp(answer) => Ok(answer.write(&mut writer, version)),
            Body::Deliver(deliver) => deliver.write(&mut writer, version),
            Body::DeliverResp(answer) => Ok(answer.write(&mut writer, version)),
            Body::ActiveTest => Ok(ACTIVE_TEST),
            Body::ActiveTestResp => {
                writer.u8(0);
                Ok(ACTIVE_TEST_RESP)
            }
            Body::Unsupported(_) => Err(WireError::Unsupported("CMPP command")),
        }?;
        writer.framed(command, self.sequence)
    }
}
