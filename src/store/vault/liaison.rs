//! The key pair of the discipline liaison (纪委联络员). The public key stands in the database; the
//! private one is a file that only he holds, sealed under his passphrase.

use super::{DataKey, KEY_BYTES, hpke, open, random, seal};
use crate::store::error::StoreError;
use crate::store::folder::sync_name;
use crate::store::recording::hex;
use ring::pbkdf2;
use std::io::Write;
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// First line of a key file.
const FORMAT: &str = "mayorline liaison key 1";

/// What the sealed bytes are for.
const INFO: &[u8] = b"mayorline liaison 1";

/// Rounds of PBKDF2-HMAC-SHA-256 for a new file (OWASP asks for 600,000).
const ROUNDS: u32 = 1_000_000;

/// Most rounds that are done for a file: one that asks for more is not ours.
const ROUNDS_MAX: u32 = 10_000_000;

/// Longest key file, in bytes.
const FILE_BYTES_MAX: u64 = 4096;

/// Shortest passphrase that is taken, in characters.
pub const PASSPHRASE_CHARS_MIN: usize = 12;

/// What is said of a case that this key does not open.
pub(in crate::store) const UNREADABLE: StoreError = StoreError::Damaged("sealed part");

/// Why a key file was not made or not read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be used.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Not a key file.
    #[error("this is not a key file of the liaison")]
    Malformed,
    /// The passphrase opens nothing.
    #[error("the passphrase is wrong, or the file was changed")]
    Passphrase,
    /// Too easy to guess.
    #[error("the passphrase must have at least {PASSPHRASE_CHARS_MIN} characters")]
    Short,
    /// No random bytes, or a cipher that refused.
    #[error("{0}")]
    Cipher(StoreError),
}

/// The liaison's public key, to which data keys are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct PublicKey(pub(in crate::store) [u8; KEY_BYTES]);

impl PublicKey {
    /// A data key that only the liaison can use from now on.
    pub(in crate::store) fn wrap(&self, key: &DataKey, owner: &str) -> Result<Vec<u8>, StoreError> {
        self.seal(owner, &key.0)
    }

    /// Bytes that only the liaison can open.
    pub(in crate::store) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        hpke::seal(&self.0, INFO, place.as_bytes(), plain)
    }
}

/// The liaison's private key, in memory.
pub struct LiaisonKey([u8; KEY_BYTES]);

impl LiaisonKey {
    /// A new one.
    pub fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> [u8; KEY_BYTES] {
        hpke::public_of(&self.0)
    }

    /// The data key that was sealed to him.
    pub(in crate::store) fn unwrap(
        &self,
        wrapped: &[u8],
        owner: &str,
    ) -> Result<DataKey, StoreError> {
        self.open(owner, wrapped)?.try_into().map(DataKey).map_err(|_| UNREADABLE)
    }

    /// Bytes that were sealed to him.
    pub(in crate::store) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        hpke::open(&self.0, INFO, place.as_bytes(), sealed).map_err(|_| UNREADABLE)
    }

    /// Writes the key file (0600), sealed under the passphrase; never over a file that is there.
    pub fn write(&self, path: &Path, passphrase: &str) -> Result<(), KeyFileError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(KeyFileError::Short);
        }
        let salt = random::<16>().map_err(KeyFileError::Cipher)?;
        let under = stretched(passphrase, &salt, ROUNDS)?;
        let public = hex(&self.public());
        let sealed = seal(&under, public.as_bytes(), &self.0).map_err(KeyFileError::Cipher)?;
        let (salt, sealed) = (hex(&salt), hex(&sealed));
        let text = format!("{FORMAT}\n{public}\n{ROUNDS}\n{salt}\n{sealed}\n");
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(sync_name(path)?)
    }

    /// Reads a key file with its passphrase.
    pub fn read(path: &Path, passphrase: &str) -> Result<Self, KeyFileError> {
        if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(KeyFileError::Malformed);
        }
        let text = std::fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        let [FORMAT, public, rounds, salt, sealed] = lines[..] else {
            return Err(KeyFileError::Malformed);
        };
        let rounds: u32 = rounds.parse().map_err(|_| KeyFileError::Malformed)?;
        let (salt, sealed) = (unhex(salt)?, unhex(sealed)?);
        let under = stretched(passphrase, &salt, rounds)?;
        let key = open(&under, public.as_bytes(), &sealed).map_err(|_| KeyFileError::Passphrase)?;
        key.try_into().map(Self).map_err(|_| KeyFileError::Malformed)
    }
}

/// A passphrase as a key (PBKDF2, RFC 8018).
fn stretched(passphrase: &str, salt: &[u8], rounds: u32) -> Result<[u8; KEY_BYTES], KeyFileError> {
    let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= ROUNDS_MAX);
    let rounds = rounds.ok_or(KeyFileError::Malformed)?;
    let mut key = [0; KEY_BYTES];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, passphrase.as_bytes(), &mut key);
    Ok(key)
}

fn unhex(text: &str) -> Result<Vec<u8>, KeyFileError> {
    super::master::unhex(text).ok_or(KeyFileError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_key_file_opens_with_its_passphrase_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("liaison.key");
        let key = LiaisonKey::random().unwrap();
        assert!(matches!(key.write(&path, "short"), Err(KeyFileError::Short)));
        key.write(&path, "正确的马电池订书钉口令一二").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(key.write(&path, "正确的马电池订书钉口令一二").is_err(), "it is overwritten");
        let again = LiaisonKey::read(&path, "正确的马电池订书钉口令一二").unwrap();
        assert_eq!(again.public(), key.public());
        let wrong = LiaisonKey::read(&path, "正确的马电池订书钉口令一三");
        assert!(matches!(wrong, Err(KeyFileError::Passphrase)));
        let data = DataKey::random().unwrap();
        let wrapped = PublicKey(key.public()).wrap(&data, "case/1").unwrap();
        let sealed = data.seal("p", b"words").unwrap();
        assert_eq!(again.unwrap(&wrapped, "case/1").unwrap().open("p", &sealed).unwrap(), b"words");
        assert!(again.unwrap(&wrapped, "case/2").is_err());
        std::fs::write(&path, "mayorline liaison key 1\n").unwrap();
        assert!(matches!(LiaisonKey::read(&path, "x"), Err(KeyFileError::Malformed)));
    }
}
