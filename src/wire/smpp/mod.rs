//! SMPP 3.4, which foreign-made gateways of texts and most aggregators speak, as far as a service needs it.
//!
//! The octets are read and written by `rusmpp-core` (docs/adr/0026-carriers.md); what it gives is brought
//! here into the words of this program: segments of texts, receipts. A stream is cut and a header read
//! apart from it, so a PDU that it does not take can be answered and kept all the same.
//!
//! Nothing here waits, allocates without bound, or keeps anything.

mod bodies;
mod receipt;

#[cfg(test)]
mod tests;

pub use bodies::{Address, Bind, Deliver, Kind, Password, Segment, Submit};
pub use receipt::{MESSAGE_ID_BYTES_MAX, Receipt, message_id_variants};

use super::WireError;
use bytes::BytesMut;
use rusmpp_core::command::owned::Command;
use rusmpp_core::decode::owned::DecodeWithLength as _;
use rusmpp_core::encode::{Encode as _, Length as _};
use rusmpp_core::pdus::owned::{BindTransceiverResp, DeliverSmResp, Pdu as Octets, SubmitSmResp};
use rusmpp_core::types::owned::COctetString;
use rusmpp_core::{CommandId, CommandStatus};
use std::str::FromStr as _;

/// Longest PDU that is read: a text in a `message_payload` of 65,535 octets with all that stands around it.
pub const SMPP_BYTES_MAX: usize = 69_632;
/// Octets of the header.
const HEADER: usize = 16;
/// The bit that makes an answer of a command.
const ANSWER: u32 = 0x8000_0000;

const MALFORMED: WireError = WireError::Malformed("SMPP PDU");

/// Why something was refused, as it stands in an answer (`command_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u32);

impl Status {
    /// It was not.
    pub const OK: Self = Self(0);
    /// The command is not known here.
    pub const COMMAND_UNKNOWN: Self = Self(0x03);
    /// It still holds a connection of ours, or of another with our name.
    pub const ALREADY_BOUND: Self = Self(0x05);
    /// The other side is in trouble: the same may work later.
    pub const SYSTEM_ERROR: Self = Self(0x08);
    /// The password is wrong.
    pub const BIND_FAILED: Self = Self(0x0D);
    /// The queue of the gateway is full: later.
    pub const QUEUE_FULL: Self = Self(0x14);
    /// Too many at once: later.
    pub const THROTTLED: Self = Self(0x58);
    /// We cannot keep it now; the gateway may bring it again (`ESME_RX_T_APPN`).
    pub const NOT_NOW: Self = Self(0x64);
}

/// One PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    /// Joins a command and its answer.
    pub sequence: u32,
    /// Of an answer; 0 in a command.
    pub status: Status,
    /// What it says.
    pub body: Body,
}

/// What a PDU says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Who we are: for texts in both directions (`bind_transceiver`).
    Bind(Bind),
    /// Whether that is believed.
    BindResp,
    /// The session is to end.
    Unbind,
    /// It does.
    UnbindResp,
    /// Is anybody there?
    EnquireLink,
    /// Somebody is.
    EnquireLinkResp,
    /// A text to somebody.
    Submit(Submit),
    /// Whether it is taken, and what the gateway calls it; empty where it is not.
    SubmitResp(String),
    /// A text from somebody, or what became of one of ours.
    Deliver(Deliver),
    /// Whether it is kept.
    DeliverResp,
    /// A PDU of ours was not understood.
    GenericNack,
    /// A command of the protocol that this service does not use, or none.
    Unsupported(u32),
}

/// The header of a PDU, which can be read whatever its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Octets of the PDU.
    pub length: usize,
    /// The command.
    pub command: u32,
    /// Of an answer.
    pub status: Status,
    /// Its number.
    pub sequence: u32,
}

impl Header {
    /// Octets of it.
    pub const OCTETS: usize = HEADER;

    /// Reads the first 16 octets of a stream; `None` while there are fewer.
    ///
    /// # Errors
    /// A length that no PDU has. Nothing behind it can be found: the connection is of no more use.
    pub fn read(stream: &[u8]) -> Result<Option<Self>, WireError> {
        let Some(bytes) = stream.first_chunk::<HEADER>() else { return Ok(None) };
        let (words, _) = bytes.as_chunks::<4>();
        let [length, command, status, sequence] = words else { return Ok(None) };
        let [length, command, status, sequence] =
            [length, command, status, sequence].map(|word| u32::from_be_bytes(*word));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > SMPP_BYTES_MAX {
            return Err(WireError::TooLarge("SMPP PDU"));
        }
        if length < HEADER {
            return Err(WireError::Malformed("SMPP length"));
        }
        Ok(Some(Self { length, command, status: Status(status), sequence }))
    }

    /// Whether it brings a text or a receipt: what must be kept even where its body cannot be read.
    #[must_use]
    pub fn is_deliver(&self) -> bool {
        self.command == u32::from(CommandId::DeliverSm)
    }

    /// Whether it answers a text to somebody.
    #[must_use]
    pub fn is_submit_answer(&self) -> bool {
        self.command == u32::from(CommandId::SubmitSmResp)
    }

    /// Whether it answers something of ours.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.command & ANSWER != 0
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
    /// A PDU that is no answer of refusal.
    #[must_use]
    pub fn new(sequence: u32, body: Body) -> Self {
        Self { sequence, status: Status::OK, body }
    }

    /// Reads one whole PDU as [`frame`] cuts it.
    ///
    /// ```
    /// use mayorline::wire::smpp::{Body, Pdu};
    /// let link = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7];
    /// assert_eq!(Pdu::parse(&link)?, Pdu::new(7, Body::EnquireLink));
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        const LENGTH: WireError = WireError::Malformed("SMPP length");
        let header = Header::read(bytes)?.ok_or(LENGTH)?;
        if header.length != bytes.len() {
            return Err(LENGTH);
        }
        let pdu = |body| Self { sequence: header.sequence, status: header.status, body };
        let id = CommandId::from(header.command);
        if let Some(body) = bodiless(id, header) {
            return Ok(pdu(body));
        }
        let mut octets = BytesMut::from(bytes.get(4..).unwrap_or_default());
        let length = octets.len();
        let (command, _) = Command::decode(&mut octets, length).map_err(|_| MALFORMED)?;
        let body = match command.pdu() {
            Some(Octets::BindTransceiver(bind)) => Body::Bind(Bind::of(bind)),
            Some(Octets::SubmitSm(submit)) => Body::Submit(Submit::of(submit)?),
            Some(Octets::SubmitSmResp(taken)) => {
                Body::SubmitResp(taken.message_id().as_str().to_owned())
            }
            Some(Octets::DeliverSm(deliver)) => Body::Deliver(Deliver::of(deliver)?),
            Some(_) => Body::Unsupported(header.command),
            None => return Err(WireError::Missing("SMPP body")),
        };
        Ok(pdu(body))
    }

    /// Its octets.
    ///
    /// # Errors
    /// `TooLarge` for a field that is longer than its place, `Unsupported` for what this service does not
    /// use.
    pub fn write(&self) -> Result<Vec<u8>, WireError> {
        let body = match &self.body {
            Body::Bind(bind) => bind.octets()?.into(),
            Body::BindResp => Octets::from(BindTransceiverResp::default()),
            Body::Unbind => Octets::Unbind,
            Body::UnbindResp => Octets::UnbindResp,
            Body::EnquireLink => Octets::EnquireLink,
            Body::EnquireLinkResp => Octets::EnquireLinkResp,
            Body::Submit(submit) => submit.octets()?.into(),
            Body::SubmitResp(id) => {
                let id = COctetString::from_str(id);
                let id = id.map_err(|_| WireError::TooLarge("SMPP message id"))?;
                SubmitSmResp::new(id, vec![]).into()
            }
            Body::Deliver(deliver) => deliver.octets()?.into(),
            Body::DeliverResp => DeliverSmResp::default().into(),
            Body::GenericNack => Octets::GenericNack,
            Body::Unsupported(_) => return Err(WireError::Unsupported("SMPP command")),
        };
        let status = CommandStatus::from(self.status.0);
        let command = Command::new(status, self.sequence, body);
        let length = command.length() + 4;
        let total = u32::try_from(length).ok().filter(|_| length <= SMPP_BYTES_MAX);
        let total = total.ok_or(WireError::TooLarge("SMPP PDU"))?;
        let mut octets = vec![0; length];
        let (head, rest) = octets.split_at_mut(4);
        head.copy_from_slice(&total.to_be_bytes());
        command.encode(rest);
        Ok(octets)
    }
}

/// What is known without its body: it has none, or nothing of it is asked for. A gateway may leave out the
/// body of an answer that refuses.
fn bodiless(id: CommandId, header: Header) -> Option<Body> {
    let is_refused = header.status != Status::OK || header.length == HEADER;
    Some(match id {
        CommandId::BindTransceiverResp => Body::BindResp,
        CommandId::Unbind => Body::Unbind,
        CommandId::UnbindResp => Body::UnbindResp,
        CommandId::EnquireLink => Body::EnquireLink,
        CommandId::EnquireLinkResp => Body::EnquireLinkResp,
        CommandId::DeliverSmResp => Body::DeliverResp,
        CommandId::GenericNack => Body::GenericNack,
        CommandId::SubmitSmResp if is_refused => Body::SubmitResp(String::new()),
        CommandId::BindTransceiver
        | CommandId::SubmitSm
        | CommandId::SubmitSmResp
        | CommandId::DeliverSm => return None,
        _ => Body::Unsupported(header.command),
    })
}
