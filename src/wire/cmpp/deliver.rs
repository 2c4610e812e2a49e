//! A text from somebody, or what became of one of ours (CMPP_DELIVER).

use super::fields::{Reader, Writer};
use super::report::Report;
use super::submit::{read_result, reserved, write_result};
use super::{DELIVER, DELIVER_RESP, Version};
use crate::wire::WireError;
use crate::wire::sms::{Carried, Charset};
use std::fmt;

/// Octets of the number that was written to.
const DESTINATION: usize = 21;

/// A text from somebody, or what became of one of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Deliver {
    /// What the gateway calls it. It has month to second and a counter in it, so it comes again after a year.
    pub msg_id: u64,
    /// The number that was written to, with what the citizen put behind it.
    pub destination: String,
    /// The service as the carrier filed it.
    pub service: String,
    /// Protocol identifier; 0 for an ordinary text.
    pub protocol: u8,
    /// Whether the content begins with a header.
    pub has_header: bool,
    /// How its characters are coded.
    pub format: u8,
    /// Who wrote, or whom our text went to.
    pub source: String,
    /// Whether it is a report.
    pub is_report: bool,
    /// The octets.
    pub content: Vec<u8>,
    /// The link id of 3.0, empty in 2.0.
    pub link: String,
}

impl Deliver {
    /// The text, not decoded yet.
    ///
    /// # Errors
    /// `Unsupported` for a report, `Malformed` for a header longer than the text.
    pub fn text(&self) -> Result<Carried, WireError> {
        if self.is_report {
            return Err(WireError::Unsupported("CMPP report as a text"));
        }
        Carried::read(charset_of(self.format), self.has_header, &self.content)
    }

    /// What became of a text of ours.
    ///
    /// # Errors
    /// `Unsupported` for a text, `Malformed`.
    pub fn report(&self) -> Result<Report, WireError> {
        if !self.is_report {
            return Err(WireError::Unsupported("CMPP text as a report"));
        }
        Report::read(&self.content)
    }

    pub(super) fn read(reader: &mut Reader<'_>, version: Version) -> Result<Self, WireError> {
        let (msg_id, destination) = (reader.u64()?, reader.text(DESTINATION)?);
        let (service, protocol) = (reader.text(10)?, reader.u8()?);
        let (has_header, format) = (reader.u8()? & 1 == 1, reader.u8()?);
        let source = reader.text(version.terminal())?;
        if version == Version::V3 {
            reader.u8()?;
        }
        let (is_report, length) = (reader.u8()? == 1, usize::from(reader.u8()?));
        let content = reader.take(length)?.to_vec();
        let link = reader.text(reserved(version))?;
        let link = if version == Version::V3 { link } else { String::new() };
        Ok(Self {
            msg_id,
            destination,
            service,
            protocol,
            has_header,
            format,
            source,
            is_report,
            content,
            link,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer, version: Version) -> Result<u32, WireError> {
        let length =
            u8::try_from(self.content.len()).map_err(|_| WireError::TooLarge("CMPP content"))?;
        writer.u64(self.msg_id);
        writer.text(&self.destination, DESTINATION)?;
        writer.text(&self.service, 10)?;
        writer.octets(&[self.protocol, u8::from(self.has_header), self.format]);
        writer.text(&self.source, version.terminal())?;
        writer.zeros(usize::from(version == Version::V3));
        writer.octets(&[u8::from(self.is_report), length]);
        writer.octets(&self.content);
        writer.text(&self.link, reserved(version))?;
        Ok(DELIVER)
    }
}

/// The character set of a `Msg_Fmt`. What is not known is shown by guess, and marked.
pub(super) fn charset_of(format: u8) -> Charset {
    match format {
        0 => Charset::Ascii,
        8 => Charset::Ucs2,
        15 => Charset::Gb18030,
        // 3 is a card's, 4 binary; some gateways put the data coding scheme of the text here.
        _ if format & 0x0C == 0x08 => Charset::Ucs2,
        _ => Charset::Octets,
    }
}

/// The `Msg_Fmt` of a character set.
pub(super) fn format_of(charset: Charset) -> u8 {
    match charset {
        Charset::Ascii | Charset::Gsm7 | Charset::Latin1 => 0,
        Charset::Ucs2 => 8,
        Charset::Gb18030 => 15,
        Charset::Octets => 4,
    }
}

/// Whether a text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliverResp {
    /// That of the DELIVER.
    pub msg_id: u64,
    /// 0: kept.
    pub result: u32,
}

impl DeliverResp {
    /// It is on stable storage.
    pub const KEPT: u32 = 0;
    /// It is not; the gateway may bring it again.
    pub const NOT_KEPT: u32 = 9;

    pub(super) fn read(reader: &mut Reader<'_>, version: Version) -> Result<Self, WireError> {
        Ok(Self { msg_id: reader.u64()?, result: read_result(reader, version)? })
    }

    pub(super) fn write(&self, writer: &mut Writer, version: Version) -> u32 {
        writer.u64(self.msg_id);
        write_result(writer, version, self.result);
        DELIVER_RESP
    }
}

/// Says what kind it is and how long, never what nor by whom: it is a citizen's.
impl fmt::Debug for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_report { "report" } else { "text" };
        write!(f, "Deliver({:016x}, {kind}, {} octets)", self.msg_id, self.content.len())
    }
}
