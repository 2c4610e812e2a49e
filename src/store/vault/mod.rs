//! What keeps a citizen's data unreadable without its key: the keys that follow from the master key,
//! and the data key that every case and every call has of its own (domain.md D5, B9).
//!
//! Everything is sealed by ChaCha20-Poly1305 (RFC 8439): 12 random bytes, the ciphertext, a tag of 16.
//! The associated data names the place where the bytes stand, so they are worth nothing elsewhere.

mod hpke;
mod liaison;
mod master;
mod sound;

pub use liaison::{KeyFileError, LiaisonKey, PASSPHRASE_CHARS_MIN};
pub(super) use liaison::{PublicKey, UNREADABLE};
pub use master::MASTER_KEY_FILE;
pub(super) use master::{known as known_key, unhex};
pub(super) use sound::{
    CHUNK_SAMPLES, HEAD_BYTES, Head, Mark, SLOT_AT, SLOT_BYTES, SoundKey, TAG_BYTES,
    owner as sound_owner,
};

use super::error::StoreError;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Characters of a token that say the first character of a pair; the prefix of a question.
const TOKEN_FIRST_CHARS: usize = 8;

/// Characters of a token that say the whole pair.
const TOKEN_PAIR_CHARS: usize = 12;

/// Why nothing could be sealed or opened; says nothing of the bytes.
const SEALED_PART: StoreError = StoreError::Damaged("private part");

/// A length for [`ring::hkdf`].
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand (RFC 5869 section 2.3) of the parts put together.
fn expand<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Result<[u8; N], StoreError> {
    let mut out = [0; N];
    let okm = prk.expand(info, Bytes(N)).map_err(|_| SEALED_PART)?;
    okm.fill(&mut out).map_err(|_| SEALED_PART)?;
    Ok(out)
}

fn aead(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, StoreError> {
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| SEALED_PART)?))
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    // Straight from the operating system: a key must not depend on a seed that is handed around.
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Damaged("random source"))?;
    Ok(bytes)
}

/// Seals `plain` for the place that `place` names.
fn seal(key: &[u8; KEY_BYTES], place: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (key, nonce) = (aead(key)?, random::<NONCE_LEN>()?);
    // One allocation of the final length: a mail has 50 MiB.
    let length = NONCE_LEN + plain.len() + key.algorithm().tag_len();
    let mut sealed = Vec::with_capacity(length);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let (nonce, body) = (Nonce::assume_unique_for_key(nonce), &mut sealed[NONCE_LEN..]);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(place), body);
    sealed.extend_from_slice(tag.map_err(|_| SEALED_PART)?.as_ref());
    Ok(sealed)
}

/// Opens what [`seal`] made; an error where the key, the place or a bit is another.
fn open(key: &[u8; KEY_BYTES], place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SEALED_PART)?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = aead(key)?.open_in_place(nonce, Aad::from(place), &mut body);
    let length = plain.map_err(|_| SEALED_PART)?.len();
    // What was opened stands at the beginning.
    body.truncate(length);
    Ok(body)
}

/// The key of one case or call.
#[derive(Clone)]
pub(super) struct DataKey([u8; KEY_BYTES]);

impl DataKey {
    /// A new one.
    pub(super) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    /// The key itself, where it is a secret shared with a receiver of messages.
    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key of bytes that were sealed.
    pub(super) fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        bytes.try_into().map(Self).map_err(|_| SEALED_PART)
    }

    /// A salt for the digest of a private part.
    pub(super) fn salt() -> Result<[u8; 16], StoreError> {
        random()
    }

    /// Seals bytes for one place.
    pub(super) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, place.as_bytes(), plain)
    }

    /// Opens bytes of that place.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        open(&self.0, place.as_bytes(), sealed)
    }
}

/// The keys that follow from the master key, each for one purpose (RFC 5869).
pub(super) struct Vault {
    /// Wraps data keys.
    wrap: [u8; KEY_BYTES],
    /// Numbers of citizens and query codes, for exact look-up.
    lookup: hmac::Key,
    /// Pairs of characters in the index.
    search: hmac::Key,
    /// What `meta` knows the master key by.
    check: [u8; KEY_BYTES],
}

impl Vault {
    /// The keys of a master key.
    pub(super) fn new(master: &[u8; KEY_BYTES]) -> Result<Self, StoreError> {
        let prk = Salt::new(HKDF_SHA256, b"mayorline vault 1").extract(master);
        let key = |purpose: &str| expand::<KEY_BYTES>(&prk, &[purpose.as_bytes()]);
        let hmac_key =
            |purpose: &str| Ok::<_, StoreError>(hmac::Key::new(hmac::HMAC_SHA256, &key(purpose)?));
        Ok(Self {
            wrap: key("wrap")?,
            lookup: hmac_key("lookup")?,
            search: hmac_key("search")?,
            check: key("check")?,
        })
    }

    /// What `meta` knows the master key by; says nothing of it.
    pub(super) fn check_value(&self) -> String {
        super::recording::hex(&self.check)
    }

    /// A data key for the one who holds the master key; `owner` names its case or call.
    pub(super) fn wrap(&self, key: &DataKey, owner: &str) -> Result<Vec<u8>, StoreError> {
        seal(&self.wrap, owner.as_bytes(), &key.0)
    }

    /// The data key of a case or call.
    pub(super) fn unwrap(&self, wrapped: &[u8], owner: &str) -> Result<DataKey, StoreError> {
        let key = open(&self.wrap, owner.as_bytes(), wrapped)?;
        key.try_into().map(DataKey).map_err(|_| SEALED_PART)
    }

    /// What a citizen's number is looked up by.
    pub(super) fn number_hash(&self, number: &str) -> Vec<u8> {
        hmac::sign(&self.lookup, format!("number:{number}").as_bytes()).as_ref().to_vec()
    }

    /// What a message, or who it is of, is known by; `purpose` keeps one kind from another.
    pub(super) fn message_hash(&self, purpose: &str, parts: &[&[u8]]) -> Vec<u8> {
        let mut tag = hmac::Context::with_key(&self.lookup);
        tag.update(format!("message {purpose}:").as_bytes());
        for part in parts {
            tag.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            tag.update(part);
        }
        tag.sign().as_ref().to_vec()
    }

    /// What a query code is compared by.
    pub(super) fn code_hash(&self, number: u64, code: &str) -> Vec<u8> {
        hmac::sign(&self.lookup, format!("code:{number}:{code}").as_bytes()).as_ref().to_vec()
    }

    /// What a pair of characters is indexed by: all pairs with one first character begin alike.
    pub(super) fn token(&self, pair: &str) -> String {
        let first: String = pair.chars().take(1).collect();
        self.token_prefix(&first) + &self.token_part("pair", pair, TOKEN_PAIR_CHARS)
    }

    /// How the tokens of all pairs with this first character begin.
    pub(super) fn token_prefix(&self, first: &str) -> String {
        self.token_part("first", first, TOKEN_FIRST_CHARS)
    }

    fn token_part(&self, kind: &str, text: &str, chars: usize) -> String {
        let tag = hmac::sign(&self.search, format!("{kind}:{text}").as_bytes());
        let mut token = super::recording::hex(tag.as_ref());
        token.truncate(chars);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_place_or_bit_opens_nothing() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let key = DataKey::random().unwrap();
        let sealed = key.seal("case/1/row", "路灯".as_bytes()).unwrap();
        assert_eq!(key.open("case/1/row", &sealed).unwrap(), "路灯".as_bytes());
        assert!(key.open("case/2/row", &sealed).is_err());
        assert!(DataKey::random().unwrap().open("case/1/row", &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open("case/1/row", &flipped).is_err(), "bit {bit}");
        }
        let wrapped = vault.wrap(&key, "case/1").unwrap();
        let again = vault.unwrap(&wrapped, "case/1").unwrap();
        assert!(again.open("case/1/row", &sealed).is_ok());
        assert!(vault.unwrap(&wrapped, "case/2").is_err());
        assert!(Vault::new(&[8; 32]).unwrap().unwrap(&wrapped, "case/1").is_err());
        assert!(key.open("case/1/row", &sealed[..5]).is_err());
    }

    #[test]
    fn the_same_words_are_never_sealed_the_same_and_hashes_are_keyed() {
        let key = DataKey::random().unwrap();
        assert_ne!(key.seal("p", b"a").unwrap(), key.seal("p", b"a").unwrap());
        let (one, two) = (Vault::new(&[1; 32]).unwrap(), Vault::new(&[2; 32]).unwrap());
        assert_eq!(one.number_hash("19900000017"), one.number_hash("19900000017"));
        assert_ne!(one.number_hash("19900000017"), two.number_hash("19900000017"));
        assert_ne!(one.code_hash(1, "0017"), one.code_hash(2, "0017"));
        assert!(one.token("路灯").starts_with(&one.token_prefix("路")));
        assert_ne!(one.token("路灯"), one.token("路人"));
    }
}
