//! Who proves to be a seat (RFC 7616, RFC 8760): nonces, counts, and locks after failures.
//!
//! A nonce carries its own time and a keyed hash, so a million challenges cost no memory; only
//! nonces that proved something are remembered, for the replay check. Unknown number, wrong
//! password and a locked pair are answered alike and after the same work, so that nobody learns
//! which numbers exist. Five failures lock the pair of number and address: a stranger can not lock
//! a seat's own phone out, which comes from another address. An address that fails with many numbers
//! is a scanner: it is heard for those only, so that no list of invented numbers fills the table.

use super::EndpointConfig;
use super::digest::{Algorithm, Challenge, Proof, Secret, hex, same};
use crate::units::SeatNumber;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Nonces that proved something and are remembered for the replay check.
pub const NONCES_MAX: usize = 4_096;
/// Pairs of number and address whose failures are counted.
pub const FAILURES_LISTED_MAX: usize = 4_096;
/// Failures after which a pair is locked.
pub const FAILURES_MAX: u32 = 5;
/// Numbers that one address may fail with; for further ones its proofs count as wrong.
pub const NUMBERS_PER_ADDRESS_MAX: usize = 16;
/// How long a pair stays locked after its last failure.
pub const LOCK_SECONDS: u64 = 900;

/// Between two sweeps of the failures.
const SWEEP_SECONDS: u64 = 60;

/// A seat that may register and call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number, the user of the digest.
    pub seat: SeatNumber,
    /// For SHA-256.
    pub sha256: Secret,
    /// For MD5; without it the seat takes SHA-256 only.
    pub md5: Option<Secret>,
}

/// Why a request proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// It brought no proof.
    Unproved,
    /// The proof is good, its nonce too old, forgotten or used: ask again with `stale=true`.
    Stale,
    /// The proof is wrong, or the pair is locked.
    Wrong,
}

/// What a request brings as its proof.
pub(super) struct Claim<'a> {
    pub(super) method: &'a str,
    /// The value of Authorization or Proxy-Authorization for our realm.
    pub(super) proof: Option<&'a Proof>,
    pub(super) source: IpAddr,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// The accounts, and what is known of nonces and failures.
#[derive(Debug)]
pub(super) struct Authentication {
    realm: String,
    algorithms: Vec<Algorithm>,
    lifetime: Duration,
    salt: [u8; 16],
    started: Option<Instant>,
    serial: u32,
    accounts: HashMap<String, Account>,
    /// Highest count seen, by nonce; the order is that of their first proof.
    counts: HashMap<String, u32>,
    order: VecDeque<String>,
    failures: HashMap<(String, IpAddr), Failures>,
    /// Entries of `failures` by address.
    numbers: HashMap<IpAddr, usize>,
    /// When what is over was last taken out.
    swept: Option<Instant>,
}

impl Authentication {
    /// Without accounts. `salt` is random.
    pub(super) fn new(config: &EndpointConfig, salt: [u8; 16]) -> Self {
        Self {
            realm: config.realm.clone(),
            algorithms: config.algorithms.clone(),
            lifetime: Duration::from_secs(config.nonce_seconds),
            salt,
            started: None,
            serial: 0,
            accounts: HashMap::new(),
            counts: HashMap::new(),
            order: VecDeque::new(),
            failures: HashMap::new(),
            numbers: HashMap::new(),
            swept: None,
        }
    }

    /// Replaces the accounts.
    pub(super) fn set_accounts(&mut self, accounts: Vec<Account>) {
        let numbered = accounts.into_iter().map(|a| (a.seat.as_str().to_owned(), a));
        self.accounts = numbered.collect();
    }

    /// Whether an account exists.
    pub(super) fn knows(&self, seat: &SeatNumber) -> bool {
        self.accounts.contains_key(seat.as_str())
    }

    /// Whether there is any account: a house without seats is no registrar.
    pub(super) fn has_accounts(&self) -> bool {
        !self.accounts.is_empty()
    }

    /// The realm that proofs must name.
    pub(super) fn realm(&self) -> &str {
        &self.realm
    }

    /// A fresh challenge for each algorithm, the better first (RFC 8760 §2.4).
    pub(super) fn challenges(&mut self, now: Instant, stale: bool) -> Vec<Challenge> {
        self.serial = self.serial.wrapping_add(1);
        let head = format!("{:012x}{:08x}", self.elapsed_ms(now), self.serial);
        let nonce = format!("{head}{}", self.seal(&head));
        let of = |&algorithm: &Algorithm| Challenge {
            realm: self.realm.clone(),
            nonce: nonce.clone(),
            opaque: None,
            algorithm,
            qop: true,
            stale,
        };
        self.algorithms.iter().map(of).collect()
    }

    /// Who proves to be whom.
    pub(super) fn check(&mut self, now: Instant, claim: &Claim<'_>) -> Result<SeatNumber, Denied> {
        let proof = claim.proof.ok_or(Denied::Unproved)?;
        let (secret, known) = self.secret_of(proof);
        let proves = proof.proves(&secret, claim.method);
        let seat = self.accounts.get(&proof.user).map(|account| account.seat.clone());
        let pair = (proof.user.clone(), claim.source);
        let (true, true, Some(seat)) = (proves, known, seat) else {
            self.note_failure(now, pair);
            return Err(Denied::Wrong);
        };
        if self.is_locked(now, &pair) {
            return Err(Denied::Wrong);
        }
        if !self.is_fresh(now, &proof.nonce) {
            return Err(Denied::Stale);
        }
        let count = proof.count().ok_or(Denied::Wrong)?;
        self.use_nonce(&proof.nonce, count)?;
        self.forget(&pair);
        Ok(seat)
    }

    /// The secret of the proof's account, or one that nothing proves, at the same cost.
    fn secret_of(&self, proof: &Proof) -> (Secret, bool) {
        let asked = self.algorithms.contains(&proof.algorithm);
        let account = self.accounts.get(&proof.user).filter(|_| asked);
        let secret = account.and_then(|account| match proof.algorithm {
            Algorithm::Sha256 => Some(account.sha256.clone()),
            Algorithm::Md5 => account.md5.clone(),
        });
        match secret {
            Some(secret) => (secret, proof.realm == self.realm),
            None => (Secret::from_stored(&"0".repeat(64)), false),
        }
    }

    /// RFC 7616 §3.4: a count is used once and only grows.
    fn use_nonce(&mut self, nonce: &str, count: u32) -> Result<(), Denied> {
        match self.counts.get_mut(nonce) {
            Some(last) if count > *last => *last = count,
            // A proof sent twice, or two requests that overtook each other.
            Some(_) => return Err(Denied::Stale),
            // It was forgotten, and with it which counts were used.
            None if count != 1 => return Err(Denied::Stale),
            None => {
                if self.order.len() == NONCES_MAX
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.counts.remove(&oldest);
                }
                self.order.push_back(nonce.to_owned());
                self.counts.insert(nonce.to_owned(), count);
            }
        }
        debug_assert_eq!(self.counts.len(), self.order.len(), "P12: an order for every nonce");
        Ok(())
    }

    /// Ours, and not too old.
    fn is_fresh(&mut self, now: Instant, nonce: &str) -> bool {
        let Some((head, seal)) = nonce.split_at_checked(20) else { return false };
        let made = head.get(..12).and_then(|ms| u64::from_str_radix(ms, 16).ok());
        let age = made.and_then(|made| self.elapsed_ms(now).checked_sub(made));
        same(seal.as_bytes(), self.seal(head).as_bytes())
            && age.is_some_and(|age| u128::from(age) <= self.lifetime.as_millis())
    }

    fn seal(&self, head: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.salt);
        hasher.update(head.as_bytes());
        hex(hasher.finalize().get(..12).unwrap_or_default())
    }

    fn elapsed_ms(&mut self, now: Instant) -> u64 {
        let started = *self.started.get_or_insert(now);
        u64::try_from(now.saturating_duration_since(started).as_millis()).unwrap_or(u64::MAX)
    }

    fn is_locked(&mut self, now: Instant, pair: &(String, IpAddr)) -> bool {
        match self.failures.get(pair) {
            Some(failures) => failures.count >= FAILURES_MAX && !is_over(failures, now),
            None => self.is_scanner(now, pair.1),
        }
    }

    /// Whether this address has failed with as many numbers as are counted.
    fn is_scanner(&mut self, now: Instant, address: IpAddr) -> bool {
        let many = |numbers: &HashMap<IpAddr, usize>| {
            numbers.get(&address).is_some_and(|count| *count >= NUMBERS_PER_ADDRESS_MAX)
        };
        if many(&self.numbers) {
            self.sweep(now);
        }
        many(&self.numbers)
    }

    fn note_failure(&mut self, now: Instant, pair: (String, IpAddr)) {
        if !self.failures.contains_key(&pair) {
            if self.is_scanner(now, pair.1) {
                return;
            }
            self.make_room(now);
            *self.numbers.entry(pair.1).or_insert(0) += 1;
        }
        let failures = self.failures.entry(pair).or_insert(Failures { count: 0, last: now });
        if is_over(failures, now) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// The oldest entry gives way in a full table.
    fn make_room(&mut self, now: Instant) {
        if self.failures.len() >= FAILURES_LISTED_MAX {
            self.sweep(now);
        }
        if self.failures.len() >= FAILURES_LISTED_MAX {
            let oldest = self.failures.iter().min_by_key(|(_, failures)| failures.last);
            if let Some(pair) = oldest.map(|(pair, _)| pair.clone()) {
                self.forget(&pair);
            }
        }
    }

    /// Takes out what is over; at most once a minute, because a flood asks for it each time.
    fn sweep(&mut self, now: Instant) {
        let pause = Duration::from_secs(SWEEP_SECONDS);
        if self.swept.is_some_and(|at| now.saturating_duration_since(at) < pause) {
            return;
        }
        self.swept = Some(now);
        self.failures.retain(|_, failures| !is_over(failures, now));
        self.numbers.clear();
        for (_, address) in self.failures.keys() {
            *self.numbers.entry(*address).or_insert(0) += 1;
        }
    }

    fn forget(&mut self, pair: &(String, IpAddr)) {
        if self.failures.remove(pair).is_some() {
            match self.numbers.get_mut(&pair.1) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(self.numbers.remove(&pair.1)),
            }
        }
        debug_assert!(self.numbers.len() <= self.failures.len(), "P14: no address without a pair");
    }
}

fn is_over(failures: &Failures, now: Instant) -> bool {
    now.saturating_duration_since(failures.last) >= Duration::from_secs(LOCK_SECONDS)
}
