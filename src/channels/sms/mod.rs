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
