//! The files by which smsd (SMS Server Tools 3.1.21) hands over what its modem got and takes what it is to
//! send: lines `Name: value`, an empty line, and a body that may be UTF-16.
//!
//! What smsd makes of a text is not trusted: it loses headers and characters, while the `PDU:` lines say
//! what the network said. They count; the body is for files without them. Nothing here touches a file.

mod headers;
mod outcome;
mod outgoing;
mod received;
mod status;

#[cfg(test)]
mod tests;

pub use headers::SPOOL_LINES_MAX;
pub use outcome::Outcome;
pub use outgoing::Outgoing;
pub use received::{Content, Received};
pub use status::Status;

/// Largest spool file that is read: the longest text in parts, with headers, is a tenth of it.
pub const SPOOL_FILE_BYTES_MAX: usize = 262_144;

/// Letters and digits that smsd puts behind the name of the modem.
const TAIL_CHARS: usize = 6;

/// Whether smsd gives such a name to what this modem got: the modem's, a dot, six letters or digits. At
/// its start it leaves `smsd_script.…` in the same folder for a moment.
///
/// ```
/// use mayorline::wire::spool::is_name;
/// assert!(is_name("GSM1.2HicO7", "GSM1"));
/// assert!(!is_name("smsd_script.2HicO7", "GSM1"));
/// ```
#[must_use]
pub fn is_name(name: &str, modem: &str) -> bool {
    let tail = name.strip_prefix(modem).and_then(|rest| rest.strip_prefix('.'));
    tail.is_some_and(|tail| {
        tail.len() == TAIL_CHARS && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
