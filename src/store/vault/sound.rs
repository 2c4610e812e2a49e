//! The sound of a recording at rest, as bytes: a head with the recording's own key, then chunks of
//! half a second. Nothing here opens a file.
//!
//! ```text
//! 0   "MLSOUND" and the version, 1
//! 8   tracks, 16 bits little-endian; six bytes of zero
//! 16  the recording's key, wrapped by the master key; 60 bytes of zero once only the liaison has it
//! 76  chunks: 4,000 samples of every track, interleaved 16 bits little-endian, and a tag of 16
//! ```
//!
//! Each chunk is sealed by ChaCha20-Poly1305. As in the STREAM construction (Hoang, Reyhanitabar,
//! Rogaway and Vizár 2015) the nonce is the chunk's number and a mark that tells the last one, which
//! is always shorter than the others: whoever swaps, drops or adds a chunk is found out, and any
//! chunk is opened without those before it. No number is sealed twice, because a chunk goes to the
//! file only when it is full or the last. The first 16 bytes are the associated data of every chunk.

use super::{DataKey, SEALED_PART, Vault, aead};
use crate::store::error::StoreError;
use crate::wire::wav::Channels;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

/// Bytes before the first chunk.
pub(in crate::store) const HEAD_BYTES: usize = SLOT_AT + SLOT_BYTES;
/// Samples of each track in a chunk: half a second.
pub(in crate::store) const CHUNK_SAMPLES: usize = 4_000;
/// Bytes that a chunk has more than its sound.
pub(in crate::store) const TAG_BYTES: usize = 16;

/// Where the wrapped key stands, and its bytes: nonce, key, tag.
pub(in crate::store) const SLOT_AT: usize = 16;
pub(in crate::store) const SLOT_BYTES: usize = NONCE_LEN + super::KEY_BYTES + TAG_BYTES;

/// What files begin with; the last byte is the version.
const MAGIC: [u8; 8] = *b"MLSOUND\x01";

/// What a chunk is; part of its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Mark {
    /// Others follow.
    Full = 0,
    /// The last one of a recording that was closed.
    Last = 1,
    /// An empty last one, put behind what a crash had left.
    CutOff = 2,
}

/// Nothing before the chunks but this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Head {
    /// The tracks.
    pub(in crate::store) channels: Channels,
    /// The wrapped key; `None`: only the liaison has it.
    pub(in crate::store) slot: Option<[u8; SLOT_BYTES]>,
}

impl Head {
    /// Whether a file begins like a sealed recording, of any version.
    pub(in crate::store) fn is_begun(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC[..MAGIC.len() - 1])
    }

    /// As bytes.
    pub(in crate::store) fn bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..SLOT_AT].copy_from_slice(&fixed(self.channels));
        bytes[SLOT_AT..].copy_from_slice(&self.slot.unwrap_or([0; SLOT_BYTES]));
        bytes
    }

    /// Reads a head; `None`: the file is none of ours, or of a later version.
    pub(in crate::store) fn parse(bytes: &[u8]) -> Option<Self> {
        let (start, rest) = bytes.split_first_chunk::<SLOT_AT>()?;
        let slot: [u8; SLOT_BYTES] = *rest.first_chunk()?;
        let channels = Channels::of(u16::from_le_bytes([start[8], start[9]]))?;
        let slot = slot.iter().any(|&byte| byte != 0).then_some(slot);
        (*start == fixed(channels)).then_some(Self { channels, slot })
    }
}

/// The bytes that never change.
fn fixed(channels: Channels) -> [u8; SLOT_AT] {
    let mut bytes = [0; SLOT_AT];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&channels.count().to_le_bytes());
    bytes
}

/// What a recording's key is bound to: the name of its file, without the folder.
pub(in crate::store) fn owner(name: &str) -> String {
    format!("recording/{name}")
}

impl Vault {
    /// The head of a new recording.
    pub(in crate::store) fn sound_head(
        &self,
        key: &DataKey,
        name: &str,
        channels: Channels,
    ) -> Result<Head, StoreError> {
        let slot = self.wrap(key, &owner(name))?.try_into().map_err(|_| SEALED_PART)?;
        Ok(Head { channels, slot: Some(slot) })
    }
}

/// Seals and opens the chunks of one recording.
pub(in crate::store) struct SoundKey {
    /// More than 500 bytes, and what holds it goes through queues.
    key: Box<LessSafeKey>,
    channels: Channels,
}

impl SoundKey {
    /// That of a recording with so many tracks.
    pub(in crate::store) fn new(key: &DataKey, channels: Channels) -> Result<Self, StoreError> {
        Ok(Self { key: Box::new(aead(&key.0)?), channels })
    }

    /// Seals a chunk where it stands and puts its tag behind it.
    pub(in crate::store) fn seal(
        &self,
        number: u64,
        mark: Mark,
        chunk: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        self.key
            .seal_in_place_append_tag(nonce(number, mark), Aad::from(fixed(self.channels)), chunk)
            .map_err(|_| SEALED_PART)
    }

    /// Opens a chunk where it stands; gives its sound.
    pub(in crate::store) fn open<'a>(
        &self,
        number: u64,
        mark: Mark,
        chunk: &'a mut [u8],
    ) -> Result<&'a mut [u8], StoreError> {
        self.key
            .open_in_place(nonce(number, mark), Aad::from(fixed(self.channels)), chunk)
            .map_err(|_| SEALED_PART)
    }
}

fn nonce(number: u64, mark: Mark) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[NONCE_LEN - 1] = mark as u8;
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_and_another_make_or_version_does_not() {
        let vault = Vault::new(&[1; 32]).unwrap();
        let key = DataKey::random().unwrap();
        let head = vault.sound_head(&key, "a.wav", Channels::Stereo).unwrap();
        let bytes = head.bytes();
        assert_eq!(Head::parse(&bytes), Some(head.clone()));
        assert!(vault.unwrap(&head.slot.unwrap(), &owner("b.wav")).is_err(), "another's name");
        for at in (0..SLOT_AT).filter(|at| *at != 8) {
            let mut changed = bytes;
            changed[at] ^= 1;
            assert_eq!(Head::parse(&changed), None, "byte {at}");
        }
        assert_eq!(Head::parse(&bytes[..HEAD_BYTES - 1]), None);
        let emptied = Head { slot: None, ..head };
        assert_eq!(Head::parse(&emptied.bytes()), Some(emptied));
    }

    #[test]
    fn a_chunk_opens_at_its_own_place_with_its_own_key_only() {
        let key = DataKey::random().unwrap();
        let two = SoundKey::new(&key, Channels::Stereo).unwrap();
        let mut sealed = vec![7; 64];
        two.seal(3, Mark::Full, &mut sealed).unwrap();
        assert_eq!(two.open(3, Mark::Full, &mut sealed.clone()).unwrap(), [7; 64]);
        assert!(two.open(2, Mark::Full, &mut sealed.clone()).is_err(), "moved");
        assert!(two.open(3, Mark::Last, &mut sealed.clone()).is_err(), "made the last");
        let one = SoundKey::new(&key, Channels::Mono).unwrap();
        assert!(one.open(3, Mark::Full, &mut sealed.clone()).is_err(), "other tracks");
        let other = SoundKey::new(&DataKey::random().unwrap(), Channels::Stereo).unwrap();
        assert!(other.open(3, Mark::Full, &mut sealed.clone()).is_err(), "another key");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(two.open(3, Mark::Full, &mut flipped).is_err(), "bit {bit}");
        }
    }
}
