//! Passwords of accounts: Argon2id (RFC 9106) with its parameters beside each hash, so that they can
//! be raised later. A hash costs some 40 ms and 19 MiB on purpose.

use super::recording::hex;
use super::vault::unhex;
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;

/// Longest password of an account or a seat; it is of ASCII.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Memory of one hash, in KiB (OWASP password storage, 2024: 19 MiB with two passes).
const MEMORY_KIB: u32 = 19 * 1_024;
/// Passes.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Bytes of a salt.
const SALT_BYTES: usize = 16;
/// Says how the fields are written: `argon2id$m$t$p$salt$hash`, salt and hash in hexadecimal.
const SCHEME: &str = "argon2id";

/// Memory in KiB, passes and lanes of one hash.
type Costs = (u32, u32, u32);

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PasswordHash {
    /// Of a password, with the first sixteen of fresh random bytes as its salt. `None` when the
    /// machine has no memory for it.
    #[must_use]
    pub fn of(password: &str, random: &[u8; 32]) -> Option<Self> {
        let salt = &random[..SALT_BYTES];
        let hash = derive(password, salt, (MEMORY_KIB, PASSES, LANES))?;
        let (salt, hash) = (hex(salt), hex(&hash));
        Some(Self(format!("{SCHEME}${MEMORY_KIB}${PASSES}${LANES}${salt}${hash}")))
    }

    /// As it was stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is stored.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the hash of this password. Takes as long for a hash that cannot be read.
    #[must_use]
    pub fn proves(&self, password: &str) -> bool {
        let Some((costs, salt, hash)) = self.fields() else {
            let _ = derive(password, &[0; SALT_BYTES], (MEMORY_KIB, PASSES, LANES));
            return false;
        };
        let Some(given) = derive(password, &salt, costs) else { return false };
        // Every byte is looked at, whichever differs.
        hash.len() == given.len()
            && hash.iter().zip(given).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }

    /// The hash of no password: an account that does not exist takes as long as a wrong password.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self(String::new())
    }

    fn fields(&self) -> Option<(Costs, Vec<u8>, Vec<u8>)> {
        let mut fields = self.0.split('$');
        let scheme = fields.next()?;
        let mut cost = || fields.next()?.parse().ok();
        let costs = (cost()?, cost()?, cost()?);
        let (salt, hash) = (unhex(fields.next()?)?, unhex(fields.next()?)?);
        (scheme == SCHEME && fields.next().is_none()).then_some((costs, salt, hash))
    }
}

fn derive(password: &str, salt: &[u8], costs: Costs) -> Option<[u8; HASH_BYTES]> {
    let (memory, passes, lanes) = costs;
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_proves_its_password_and_no_other_and_is_salted() {
        let (one, two) = (
            PasswordHash::of("kite river 7", &[1; 32]),
            PasswordHash::of("kite river 7", &[2; 32]),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one.proves("kite river 7") && two.proves("kite river 7"));
        assert!(!one.proves("kite river 8") && !one.proves(""));
        assert_ne!(one.as_str(), two.as_str());
        assert!(
            one.as_str().starts_with("argon2id$19456$2$1$") && !format!("{one:?}").contains('$')
        );
        assert!(PasswordHash::stored(one.as_str().to_owned()).proves("kite river 7"));
        for damaged in ["", "argon2id$19456$2$1$00$00", "md5$1$1$1$00$00", &one.as_str()[..60]] {
            assert!(!PasswordHash::stored(damaged.to_owned()).proves("kite river 7"), "{damaged}");
        }
    }

    // RFC 9106 §5.3 is Argon2id with key and associated data; this vector is of the reference
    // implementation without them (t = 2, m = 64 MiB, p = 1).
    #[test]
    fn it_is_argon2id_as_others_reckon_it() {
        let hash = derive("password", b"somesalt", (65_536, 2, 1)).unwrap();
        assert_eq!(hex(&hash), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }
}
