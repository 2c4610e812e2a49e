//! What only we can write: Message-IDs and addresses with a seal.
//!
//! A case number is no secret and anybody can put one into a mail. What carries ten characters of our
//! HMAC-SHA256 (50 bits) was written here, so an answer to it belongs where it says.

use crate::units::CaseNumber;
use ring::hmac;
use std::fmt;

/// Characters of a seal.
const SEAL_CHARS: usize = 10;
/// Lower case, because some servers fold addresses; without what looks alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Seals what we write. Secret: `Debug` hides it.
#[derive(Clone)]
pub struct MailKey(hmac::Key);

impl fmt::Debug for MailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailKey(…)")
    }
}

/// A mail of ours by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnId {
    /// The case that it told of; none where that is under seal.
    pub case: Option<CaseNumber>,
    /// Its row in the outbox.
    pub outbox: i64,
}

impl MailKey {
    /// Of 32 secret bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    fn seal(&self, use_for: &str, what: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{use_for}\0{what}").as_bytes());
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte % 32)]);
        tag.as_ref().iter().take(SEAL_CHARS).map(letter).collect()
    }

    /// Looks at every character, so that time tells nothing of where they differ.
    fn is_sealed(&self, use_for: &str, what: &str, seal: &str) -> bool {
        let own = self.seal(use_for, what);
        let differ = own.bytes().zip(seal.bytes()).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        own.len() == seal.len() && differ == 0
    }

    /// The Message-ID of a mail of ours, without `<>`: the same on every try.
    ///
    /// ```
    /// use mayorline::domain::message::mail::{MailKey, OwnId};
    /// let (key, own) = (MailKey::new(&[7; 32]), OwnId { case: None, outbox: 12 });
    /// let id = key.message_id(own, "example.org");
    /// assert!(id.starts_with("m.12.") && id.ends_with("@example.org"));
    /// assert_eq!(key.own_id(&id), Some(own));
    /// assert_eq!(key.own_id("m.13.aaaaaaaaaa@example.org"), None);
    /// ```
    #[must_use]
    pub fn message_id(&self, own: OwnId, domain: &str) -> String {
        let what = id_words(own);
        format!("{what}.{}@{domain}", self.seal("id", &what))
    }

    /// Reads what [`Self::message_id`] wrote, under whatever domain.
    #[must_use]
    pub fn own_id(&self, id: &str) -> Option<OwnId> {
        let (words, _) = id.trim_matches(['<', '>']).split_once('@')?;
        let (what, seal) = words.rsplit_once('.')?;
        let (case, outbox) = what.split_once('.')?;
        let case = if case == "m" { None } else { Some(CaseNumber::parse(case).ok()?) };
        let own = OwnId { case, outbox: outbox.parse().ok().filter(|row| *row > 0)? };
        (id_words(own) == what && self.is_sealed("id", what, seal)).then_some(own)
    }

    /// The address to which answers about a case go: `hotline+26112200131.k3…@example.org`.
    #[must_use]
    pub fn case_address(&self, case: CaseNumber, house: &str) -> String {
        self.address("case", &case.to_string(), house)
    }

    /// The case of an address that [`Self::case_address`] wrote.
    #[must_use]
    pub fn case_of(&self, address: &str) -> Option<CaseNumber> {
        CaseNumber::parse(&self.token("case", address)?).ok()
    }

    /// The envelope sender of a mail, to which it comes back: `hotline+b12.m5…@example.org`.
    #[must_use]
    pub fn return_address(&self, outbox: i64, house: &str) -> String {
        self.address("return", &format!("b{outbox}"), house)
    }

    /// The row in the outbox of a mail that came back to such an address.
    #[must_use]
    pub fn returned(&self, address: &str) -> Option<i64> {
        self.token("return", address)?.strip_prefix('b')?.parse().ok()
    }

    fn address(&self, use_for: &str, what: &str, house: &str) -> String {
        let (local, domain) = house.split_once('@').unwrap_or((house, ""));
        format!("{local}+{what}.{}@{domain}", self.seal(use_for, what))
    }

    fn token(&self, use_for: &str, address: &str) -> Option<String> {
        let (local, _) = address.rsplit_once('@')?;
        let local = local.to_ascii_lowercase();
        let (_, token) = local.split_once('+')?;
        let (what, seal) = token.split_once('.')?;
        self.is_sealed(use_for, what, seal).then(|| what.to_owned())
    }
}

fn id_words(own: OwnId) -> String {
    match own.case {
        Some(case) => format!("{case}.{}", own.outbox),
        None => format!("m.{}", own.outbox),
    }
}
