//! Numbers and fixed fields of text, from the front and to the back.

use super::{CMPP_BYTES_MAX, HEADER};
use crate::wire::WireError;

const CUT_OFF: WireError = WireError::Malformed("CMPP body");

/// What is still to be read of a body.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many octets are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, WireError> {
        let [octet] = self.array()?;
        Ok(octet)
    }

    pub(super) fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A field of text: up to its first zero octet, without the blanks some gateways pad with. Whatever is no
    /// ASCII shows as U+FFFD.
    pub(super) fn text(&mut self, width: usize) -> Result<String, WireError> {
        let field = self.take(width)?;
        let end = field.iter().position(|octet| *octet == 0).unwrap_or(field.len());
        let text = String::from_utf8_lossy(field.get(..end).unwrap_or_default());
        Ok(text.trim_end_matches(' ').to_owned())
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::Malformed("CMPP length")) }
    }
}

/// A body that is being written.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn octets(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    pub(super) fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    /// A field of text, filled with zeros. It is never cut: half a number is another's.
    pub(super) fn text(&mut self, text: &str, width: usize) -> Result<(), WireError> {
        let left = width.checked_sub(text.len()).ok_or(WireError::TooLarge("CMPP field"))?;
        self.octets(text.as_bytes());
        self.zeros(left);
        Ok(())
    }

    /// Without a header.
    pub(super) fn into_octets(self) -> Vec<u8> {
        self.0
    }

    /// With its header.
    pub(super) fn framed(self, command: u32, sequence: u32) -> Result<Vec<u8>, WireError> {
        let length = self.0.len() + HEADER;
        let in_range = u32::try_from(length).ok().filter(|_| length <= CMPP_BYTES_MAX);
        let length = in_range.ok_or(WireError::TooLarge("CMPP PDU"))?;
        let header = [length, command, sequence].map(u32::to_be_bytes);
        Ok([header.concat(), self.0].concat())
    }
}
