//! Who tries passwords too often. A locked seat is answered like a wrong password, so that nobody
//! learns which seats there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Wrong passwords of one seat from one address before it is locked.
const FAILURES_MAX: u32 = 5;
/// Wrong passwords from one address in all before it is locked.
const ADDRESS_FAILURES_MAX: u32 = 30;
/// How long a lock holds, and how long failures are remembered.
const LOCK: Duration = Duration::from_secs(15 * 60);
/// Characters of a name that tell it from others.
const NAME_CHARS: usize = 32;
/// Pairs and addresses that are counted; the oldest give way.
const SUBJECTS_MAX: usize = 4_096;

/// Whose failures are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Address(IpAddr),
    Seat(String, IpAddr),
}

impl Subject {
    fn failures_max(&self) -> u32 {
        match self {
            Self::Address(_) => ADDRESS_FAILURES_MAX,
            Self::Seat(..) => FAILURES_MAX,
        }
    }
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Guard {
    failures: HashMap<Subject, (u32, Instant)>,
}

impl Guard {
    fn subjects(seat: &str, address: IpAddr) -> [Subject; 2] {
        // Whatever is typed as a seat is cut, so that a name cannot fill the memory.
        let seat = seat.chars().take(NAME_CHARS).collect();
        [Subject::Address(address), Subject::Seat(seat, address)]
    }

    /// Whether a password may be tried now.
    pub(super) fn may_try(&self, seat: &str, address: IpAddr, now: Instant) -> bool {
        Self::subjects(seat, address).iter().all(|subject| {
            self.failures.get(subject).is_none_or(|&(count, last)| {
                count < subject.failures_max() || now.duration_since(last) >= LOCK
            })
        })
    }

    /// A password was wrong.
    pub(super) fn failed(&mut self, seat: &str, address: IpAddr, now: Instant) {
        self.forget(now);
        for subject in Self::subjects(seat, address) {
            let (count, last) = self.failures.entry(subject).or_insert((0, now));
            *count += 1;
            *last = now;
        }
    }

    /// A password was right.
    pub(super) fn succeeded(&mut self, seat: &str, address: IpAddr) {
        let [_, subject] = Self::subjects(seat, address);
        self.failures.remove(&subject);
    }

    fn forget(&mut self, now: Instant) {
        self.failures.retain(|_, (_, last)| now.duration_since(*last) < LOCK);
        while self.failures.len() > SUBJECTS_MAX - 2 {
            let oldest = self.failures.iter().min_by_key(|(_, (_, last))| *last);
            let Some(oldest) = oldest.map(|(subject, _)| subject.clone()) else { return };
            self.failures.remove(&oldest);
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn five_wrong_passwords_lock_the_seat_from_this_address_for_a_quarter_of_an_hour() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for _ in 0..FAILURES_MAX {
            assert!(guard.may_try("801", HERE, now));
            guard.failed("801", HERE, now);
        }
        assert!(!guard.may_try("801", HERE, now));
        assert!(guard.may_try("801", THERE, now), "the person's own desk is not locked out");
        assert!(guard.may_try("802", HERE, now));
        assert!(guard.may_try("801", HERE, now + LOCK));
    }

    #[test]
    fn an_address_that_tries_every_seat_is_locked() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for seat in 0..ADDRESS_FAILURES_MAX {
            guard.failed(&format!("{}", 200 + seat), HERE, now);
        }
        assert!(!guard.may_try("999", HERE, now));
    }

    #[test]
    fn a_right_password_forgets_the_wrong_ones_and_the_memory_is_bounded() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        (0..4).for_each(|_| guard.failed("801", HERE, now));
        guard.succeeded("801", HERE);
        guard.failed("801", HERE, now);
        assert!(guard.may_try("801", HERE, now));
        for n in 0..20_000_u32 {
            guard.failed("801", IpAddr::V4(n.into()), now);
        }
        assert!(guard.failures.len() <= SUBJECTS_MAX);
    }
}
