//! Anchors: where a chain stood at an instant. One that was printed or kept elsewhere proves later that
//! nothing up to it was cut off or written anew.

use serde::{Deserialize, Serialize};

/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// Where a chain stood: its last entry and the hash of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Number of the entry, from 1; 0: none.
    pub seq: i64,
    /// Its hash in hexadecimal; empty: none.
    pub hash: String,
}

/// Where the chains stood at the instant of the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchors {
    /// The events of the cases.
    pub events: Anchor,
    /// The audit.
    pub audit: Anchor,
}

/// The hashes in a text, in small letters and each once: every run of exactly 64 hexadecimal digits.
///
/// ```
/// use mayorline::domain::report::hashes_in;
/// let printed = "AB".repeat(32);
/// assert_eq!(hashes_in(&format!("head={printed} seq=7")), ["ab".repeat(32)]);
/// assert!(hashes_in(&format!("{printed}0")).is_empty());
/// ```
#[must_use]
pub fn hashes_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for run in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let is_hash = run.len() == DIGITS && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = run.to_ascii_lowercase();
        if is_hash && !found.contains(&hash) {
            found.push(hash);
        }
    }
    found
}
