//! A text to somebody (CMPP_SUBMIT).

use super::fields::{Reader, Writer};
use super::{SUBMIT, SUBMIT_RESP, Version, deliver};
use crate::wire::WireError;
use crate::wire::sms::Carried;
use std::fmt;

/// Most numbers of one SUBMIT; the protocol says fewer than 100. We send to one.
const DESTINATIONS: u8 = 99;
/// Octets of a time of validity in the format of SMPP 3.3.
const TIME: usize = 17;
/// Octets of our own number.
const SOURCE: usize = 21;

/// A text to somebody, or a part of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Submit {
    /// Zero from us; a gateway gives the number.
    pub msg_id: u64,
    /// Parts of the long text, 1 where it is whole.
    pub total: u8,
    /// Which of them, from 1.
    pub number: u8,
    /// Whether the gateway tells what became of it.
    pub wants_report: bool,
    /// Urgency, 0 to 9.
    pub level: u8,
    /// The service as the carrier filed it.
    pub service: String,
    /// Who pays (Fee_UserType): 0 the recipient, 1 the sender, 2 the service, 3 the number below.
    pub fee_user: u8,
    /// Who pays where that is another.
    pub fee_terminal: String,
    /// The service's number (企业代码).
    pub source_id: String,
    /// Two digits of how it is charged; 01 is free.
    pub fee_type: String,
    /// How much, in fen.
    pub fee_code: String,
    /// Until when the centre tries; empty for its own limit.
    pub valid_until: String,
    /// The number that the recipient sees and answers.
    pub source: String,
    /// To whom, 1 to 99.
    pub destinations: Vec<String>,
    /// Whether the content begins with a header.
    pub has_header: bool,
    /// How its characters are coded.
    pub format: u8,
    /// The octets.
    pub content: Vec<u8>,
}

impl Submit {
    /// A text or part to one number, paid by the service; the carrier fills in what it knows better.
    #[must_use]
    pub fn new(source_id: &str, source: &str, destination: &str, carried: &Carried) -> Self {
        let (total, number) = carried.part.map_or((1, 1), |part| (part.total, part.number));
        Self {
            msg_id: 0,
            total,
            number,
            wants_report: true,
            level: 0,
            service: String::new(),
            fee_user: 2,
            fee_terminal: String::new(),
            source_id: source_id.to_owned(),
            fee_type: "01".to_owned(),
            fee_code: "0".to_owned(),
            valid_until: String::new(),
            source: source.to_owned(),
            destinations: vec![destination.to_owned()],
            has_header: carried.part.is_some(),
            format: deliver::format_of(carried.charset),
            content: carried.octets(),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, version: Version) -> Result<Self, WireError> {
        let msg_id = reader.u64()?;
        let (total, number) = (reader.u8()?, reader.u8()?);
        let (wants_report, level) = (reader.u8()? == 1, reader.u8()?);
        let service = reader.text(10)?;
        let (fee_user, fee_terminal) = (reader.u8()?, reader.text(version.terminal())?);
        if version == Version::V3 {
            reader.u8()?;
        }
        reader.u8()?;
        let (has_header, format) = (reader.u8()? == 1, reader.u8()?);
        let (source_id, fee_type) = (reader.text(6)?, reader.text(2)?);
        let (fee_code, valid_until) = (reader.text(6)?, reader.text(TIME)?);
        reader.take(TIME)?;
        let source = reader.text(SOURCE)?;
        let count = reader.u8()?;
        if !(1..=DESTINATIONS).contains(&count) {
            return Err(WireError::Malformed("CMPP destinations"));
        }
        let destinations =
            (0..count).map(|_| reader.text(version.terminal())).collect::<Result<_, _>>()?;
        if version == Version::V3 {
            reader.u8()?;
        }
        let length = usize::from(reader.u8()?);
        let content = reader.take(length)?.to_vec();
        reader.take(reserved(version))?;
        Ok(Self {
            msg_id,
            total,
            number,
            wants_report,
            level,
            service,
            fee_user,
            fee_terminal,
            source_id,
            fee_type,
            fee_code,
            valid_until,
            source,
            destinations,
            has_header,
            format,
            content,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer, version: Version) -> Result<u32, WireError> {
        let is_wide = version == Version::V3;
        let count = u8::try_from(self.destinations.len()).ok();
        let count = count.filter(|count| (1..=DESTINATIONS).contains(count));
        let count = count.ok_or(WireError::TooLarge("CMPP destinations"))?;
        let length =
            u8::try_from(self.content.len()).map_err(|_| WireError::TooLarge("CMPP content"))?;
        writer.u64(self.msg_id);
        writer.octets(&[self.total, self.number, u8::from(self.wants_report), self.level]);
        writer.text(&self.service, 10)?;
        writer.u8(self.fee_user);
        writer.text(&self.fee_terminal, version.terminal())?;
        writer.zeros(usize::from(is_wide));
        writer.octets(&[0, u8::from(self.has_header), self.format]);
        writer.text(&self.source_id, 6)?;
        writer.text(&self.fee_type, 2)?;
        writer.text(&self.fee_code, 6)?;
        writer.text(&self.valid_until, TIME)?;
        writer.zeros(TIME);
        writer.text(&self.source, SOURCE)?;
        writer.u8(count);
        for destination in &self.destinations {
            writer.text(destination, version.terminal())?;
        }
        writer.zeros(usize::from(is_wide));
        writer.u8(length);
        writer.octets(&self.content);
        writer.zeros(reserved(version));
        Ok(SUBMIT)
    }
}

/// Octets behind the content: reserved, or the link id that a paid service answers with.
pub(super) fn reserved(version: Version) -> usize {
    match version {
        Version::V2 => 8,
        Version::V3 => 20,
    }
}

/// Whether a text is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmitResp {
    /// What the gateway calls it; its report has the same.
    pub msg_id: u64,
    /// 0: taken.
    pub result: u32,
}

impl SubmitResp {
    /// Too many at once: the same text may be tried again later.
    pub const FLOW_CONTROL: u32 = 8;
    /// The number of the request was used before: this one is not taken.
    pub const SEQUENCE_KNOWN: u32 = 3;

    pub(super) fn read(reader: &mut Reader<'_>, version: Version) -> Result<Self, WireError> {
        Ok(Self { msg_id: reader.u64()?, result: read_result(reader, version)? })
    }

    pub(super) fn write(&self, writer: &mut Writer, version: Version) -> u32 {
        writer.u64(self.msg_id);
        write_result(writer, version, self.result);
        SUBMIT_RESP
    }
}

/// One octet in 2.0, four in 3.0.
pub(super) fn read_result(reader: &mut Reader<'_>, version: Version) -> Result<u32, WireError> {
    match version {
        Version::V2 => reader.u8().map(u32::from),
        Version::V3 => reader.u32(),
    }
}

pub(super) fn write_result(writer: &mut Writer, version: Version, result: u32) {
    match version {
        Version::V2 => writer.u8(u8::try_from(result).unwrap_or(u8::MAX)),
        Version::V3 => writer.u32(result),
    }
}

/// Says how much there is, never what nor to whom: it is a citizen's.
impl fmt::Debug for Submit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, length) = (self.destinations.len(), self.content.len());
        write!(f, "Submit({}/{}, to {count}, {length} octets)", self.number, self.total)
    }
}
