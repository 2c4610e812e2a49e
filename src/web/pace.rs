//! How often each asks: an account, a partner, or an address where nobody signs in.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Who is counted at once, in each of the counts; who began to ask longest ago gives way.
pub const PACE_SUBJECTS_MAX: usize = 4_096;
/// What is counted in.
const MINUTE: Duration = Duration::from_secs(60);

/// When each began to ask, and how often since.
#[derive(Debug)]
pub(super) struct Pace<S>(HashMap<S, (Instant, u32)>);

impl<S> Default for Pace<S> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<S: Clone + Eq + Hash> Pace<S> {
    /// Counts once more; `false`: it was more often than `max` in this minute.
    pub(super) fn count(&mut self, subject: S, max: u32, now: Instant) -> bool {
        if !self.0.contains_key(&subject) {
            self.make_room(now);
        }
        let (since, count) = self.0.entry(subject).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= max
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() < PACE_SUBJECTS_MAX {
            return;
        }
        self.0.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        while self.0.len() >= PACE_SUBJECTS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, (since, _))| *since);
            let Some(oldest) = oldest.map(|(subject, _)| subject.clone()) else { return };
            self.0.remove(&oldest);
        }
    }
}

/// Who asks from an address: of IPv6 a network of 64 bits, which one household has.
pub(super) fn source(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    #[test]
    fn each_is_refused_past_his_minute_and_no_other_with_him() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert!((0..300).all(|_| pace.count("here", 300, now)));
        assert!(!pace.count("here", 300, now) && pace.count("there", 300, now));
        assert!(pace.count("here", 300, now + MINUTE), "the next minute is a new one");
    }

    #[test]
    fn who_is_counted_is_bounded_and_who_began_first_gives_way() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for n in 0..20_000_u64 {
            assert!(pace.count(n, 1, now + Duration::from_micros(n)));
        }
        assert_eq!(pace.0.len(), PACE_SUBJECTS_MAX);
        assert!(!pace.count(19_999, 1, now + MINUTE / 2) && pace.count(0, 1, now + MINUTE / 2));
    }

    #[test]
    fn a_household_is_one_source() {
        let of = |address: &str| source(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8:0:0:9::1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
