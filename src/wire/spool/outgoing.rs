//! A text, or a part of one, for smsd to send.

use crate::wire::sms::{Alphabet, Destination, Part, Payload, Submit};
use std::fmt::Write as _;

/// One file of the folder `outgoing`: one message. smsd remembers one reference a file, and a report
/// names a message by its reference; so a long text is split here and not by smsd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// The message.
    pub submit: &'a Submit,
    /// Before others that wait.
    pub is_urgent: bool,
}

impl Outgoing<'_> {
    /// The file. Nothing stands behind the text: smsd would send a line end.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let Submit { destination, wants_report, validity, data } = self.submit;
        let mut head = format!("To: {}\n", recipient(destination));
        let (alphabet, body) = match (&data.payload, data.coding.alphabet) {
            (Payload::Septets(septets), _) => ("GSM", septets),
            (Payload::Octets(octets), Alphabet::Ucs2) => ("UCS2", octets),
            (Payload::Octets(octets), _) => ("binary", octets),
        };
        let report = if *wants_report { "yes" } else { "no" };
        // Writing to a string does not fail.
        let _ = write!(
            head,
            "Alphabet: {alphabet}\nReport: {report}\nValidity: {}\n",
            validity.octet()
        );
        if let Some(part) = data.part {
            let _ = writeln!(head, "UDH-DATA: {}", header(part));
        }
        if data.coding.is_flash {
            head.push_str("Flash: yes\n");
        }
        if self.is_urgent {
            head.push_str("Priority: High\n");
        }
        head.push('\n');
        [head.as_bytes(), body].concat()
    }
}

/// An international number without `+`; any other, as smsd wants it, behind an `s`.
fn recipient(destination: &Destination) -> String {
    let dialled = destination.dialled();
    dialled.strip_prefix('+').map_or_else(|| format!("s{dialled}"), str::to_owned)
}

/// The user data header of a part.
fn header(part: Part) -> String {
    let Part { reference, is_wide, total, number } = part;
    let [high, low] = reference.to_be_bytes();
    if is_wide {
        format!("06 08 04 {high:02X} {low:02X} {total:02X} {number:02X}")
    } else {
        format!("05 00 03 {low:02X} {total:02X} {number:02X}")
    }
}
