//! Who may bring requests, and how often anybody may ask. Only the hash of a partner's key is kept.

use crate::web::session::hash;
use std::net::IpAddr;

/// Partners at most.
pub const PARTNERS_MAX: usize = 64;
/// Requests that one partner brings in a minute.
pub const OPEN311_POSTS_PER_MINUTE_MAX: u32 = 60;
/// Questions, and wrong keys, of one address in a minute.
pub const OPEN311_READS_PER_MINUTE_MAX: u32 = 120;

/// Characters of a key: a shorter one could be guessed.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 32..=128;

/// Who may bring requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// As he stands in the configuration, the log and the events of his requests.
    pub name: String,
    /// SHA-256 of his key.
    pub key: [u8; 32],
}

/// Whose key this is. Every partner is compared, and every byte, whatever was found before.
pub(super) fn who<'a>(partners: &'a [Partner], key: &str) -> Option<&'a Partner> {
    let given = hash(key);
    let mut found = None;
    for partner in partners {
        let differs = given.iter().zip(partner.key).fold(0, |sum, (a, b)| sum | (a ^ b));
        if differs == 0 {
            found = Some(partner);
        }
    }
    found.filter(|_| KEY_CHARS.contains(&key.len()))
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Whoever asks, by his address.
    Address(IpAddr),
    /// Whoever brings, by his name.
    Partner(String),
}

impl Subject {
    /// How often he may ask in a minute.
    pub(super) fn per_minute_max(&self) -> u32 {
        match self {
            Self::Address(_) => OPEN311_READS_PER_MINUTE_MAX,
            Self::Partner(_) => OPEN311_POSTS_PER_MINUTE_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_a_short_one_is_none() {
        let of = |name: &str, key: &str| Partner { name: name.to_owned(), key: hash(key) };
        let long = "k".repeat(32);
        let partners = [of("city-app", &long), of("short", "secret")];
        assert_eq!(who(&partners, &long).map(|one| one.name.as_str()), Some("city-app"));
        for wrong in ["", "secret", &"k".repeat(31), &"k".repeat(33), &"x".repeat(32)] {
            assert_eq!(who(&partners, wrong), None, "{wrong}");
        }
        assert_eq!(who(&[], &long), None);
    }
}
