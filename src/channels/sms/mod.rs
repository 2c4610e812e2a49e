//! Short messages: through smsd's spool folder, by our own driver of a GSM modem, by a line to a carrier, or
//! by a provider over HTTP.
//!
//! A modem's two ways hand over what the network said, octet by octet, under the same key: a text that
//! comes again, because it could not be taken from the card or smsd was told to stop, is known.

pub mod carrier;
mod health;
pub mod http;
pub mod modem;
mod port;
mod reading;
pub mod spool;

pub use health::{Change, Health, QUEUED_SECONDS_MAX, SILENT_PERIODS};
pub use port::{Part, PartId, Ports, Settled, StorePorts, Unavailable, reference_name};
pub use reading::{FORM_PDU, FORM_SMSD, parsed};

use crate::units::PhoneNumber;
use sha2::{Digest as _, Sha256};

/// What tells a text from every other: the card it came to and its PDUs, as hexadecimal lines. Two equal
/// texts of one sender differ in the time stamp of the centre.
#[must_use]
pub fn dedup_key<'a>(imsi: &str, pdus: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(imsi.as_bytes());
    for pdu in pdus {
        hash.update(b"|");
        hash.update(pdu.trim().to_ascii_uppercase().as_bytes());
    }
    hash.finalize().into()
}

/// As the store writes numbers; what is none stays as it came. Reports find their text by it.
fn as_stored(number: &str) -> String {
    let parsed = PhoneNumber::parse(number);
    parsed.map_or_else(|_| number.to_owned(), |number| number.as_str().to_owned())
}

/// As modems and SMPP want numbers: those of mobile telephones of the country and of abroad with their
/// country's code, any other as it is dialled here.
fn international(number: &str) -> String {
    let is_mobile = number.len() == 11 && number.starts_with('1');
    match number.strip_prefix("00") {
        Some(abroad) => format!("+{abroad}"),
        None if is_mobile => format!("+86{number}"),
        None => number.to_owned(),
    }
}
