//! Who may bring requests, and how often anybody may ask. Only the hash of a partner's key is kept.

use crate::web::session::hash;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Partners at most.
pub const PARTNERS_MAX: usize = 64;
/// Requests that one partner brings in a minute.
pub const OPEN311_POSTS_PER_MINUTE_MAX: u32 = 60;
/// Questions, and wrong keys, of one address in a minute.
pub const OPEN311_READS_PER_MINUTE_MAX: u32 = 120;
/// Addresses and partners that are counted; the one that began to ask longest ago gives way.
pub const OPEN311_SUBJECTS_MAX: usize = 4_096;

/// Characters of a key: a shorter one could be guessed.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 32..=128;
/// What is counted in.
const MINUTE: Duration = Duration::from_secs(60);

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
    /// Whoever asks from an address: of IPv6 from a network of 64 bits, which one household has.
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Address(address),
            IpAddr::V6(six) => {
                let [a, b, c, d, ..] = six.segments();
                Self::Address(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }

    fn per_minute_max(&self) -> u32 {
        match self {
            Self::Address(_) => OPEN311_READS_PER_MINUTE_MAX,
            Self::Partner(_) => OPEN311_POSTS_PER_MINUTE_MAX,
        }
    }
}

/// How often each asks.
#[derive(Debug, Default)]
pub(super) struct Pace(HashMap<Subject, (Instant, u32)>);

impl Pace {
    /// Counts once more; `false`: it was too often in this minute.
    pub(super) fn count(&mut self, subject: Subject, now: Instant) -> bool {
        if !self.0.contains_key(&subject) {
            self.make_room(now);
        }
        let max = subject.per_minute_max();
        let (since, count) = self.0.entry(subject).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= max
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() < OPEN311_SUBJECTS_MAX {
            return;
        }
        self.0.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        while self.0.len() >= OPEN311_SUBJECTS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, (since, _))| *since);
            let Some(oldest) = oldest.map(|(subject, _)| subject.clone()) else { return };
            self.0.remove(&oldest);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
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

    #[test]
    fn each_is_counted_by_the_minute_and_the_memory_is_bounded() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let here = || Subject::Address(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
        assert!((0..OPEN311_READS_PER_MINUTE_MAX).all(|_| pace.count(here(), now)));
        assert!(!pace.count(here(), now));
        let partner = || Subject::Partner("city-app".to_owned());
        assert!((0..OPEN311_POSTS_PER_MINUTE_MAX).all(|_| pace.count(partner(), now)));
        assert!(!pace.count(partner(), now));
        assert!(pace.count(here(), now + MINUTE) && pace.count(partner(), now + MINUTE));
        let of = |address: &str| Subject::of(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8:0:0:9::1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        for n in 0..10_000_u32 {
            pace.count(Subject::Address(IpAddr::V4(n.into())), now + MINUTE);
        }
        assert!(pace.0.len() <= OPEN311_SUBJECTS_MAX);
    }
}
