//! How often each source asks for what everybody may read.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Requests of one source in a minute. Many citizens may stand behind one address of their carrier.
pub const PUBLIC_REQUESTS_PER_MINUTE_MAX: u32 = 300;
/// Sources that are counted at once; the one that began first gives way.
pub const PUBLIC_SOURCES_MAX: usize = 4_096;
/// What the requests are counted in.
const MINUTE: Duration = Duration::from_secs(60);

/// The counts.
#[derive(Debug, Default)]
pub(super) struct SourceMeter(HashMap<IpAddr, (Instant, u32)>);

impl SourceMeter {
    /// Counts a request; `false`: there were too many in this minute.
    pub(super) fn count(&mut self, address: IpAddr, now: Instant) -> bool {
        let source = source(address);
        if let Some((since, count)) = self.0.get_mut(&source)
            && now.duration_since(*since) < MINUTE
        {
            *count = count.saturating_add(1);
            return *count <= PUBLIC_REQUESTS_PER_MINUTE_MAX;
        }
        if self.0.len() >= PUBLIC_SOURCES_MAX {
            self.0.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        }
        if self.0.len() >= PUBLIC_SOURCES_MAX {
            let first = self.0.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(first) = first.map(|(source, _)| *source) {
                self.0.remove(&first);
            }
        }
        self.0.insert(source, (now, 1));
        true
    }
}

/// Who is counted as one: an address of IPv4, a network of 64 bits of IPv6, which one household has.
fn source(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    #[test]
    fn a_source_is_refused_past_its_minute_and_no_other_with_it() {
        let (mut meter, now) = (SourceMeter::default(), Instant::now());
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let there: IpAddr = "192.0.2.2".parse().unwrap();
        assert!((0..PUBLIC_REQUESTS_PER_MINUTE_MAX).all(|_| meter.count(here, now)));
        assert!(!meter.count(here, now) && meter.count(there, now));
        assert!(meter.count(here, now + MINUTE), "the next minute is a new one");
    }

    #[test]
    fn addresses_of_one_network_are_one_source_and_the_sources_are_bounded() {
        let (mut meter, now) = (SourceMeter::default(), Instant::now());
        for n in 0..=PUBLIC_REQUESTS_PER_MINUTE_MAX {
            let address =
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::try_from(n).unwrap()));
            assert_eq!(meter.count(address, now), n < PUBLIC_REQUESTS_PER_MINUTE_MAX);
        }
        for n in 0..20_000_u32 {
            meter.count(IpAddr::V4(n.into()), now);
        }
        assert!(meter.0.len() <= PUBLIC_SOURCES_MAX);
    }
}
