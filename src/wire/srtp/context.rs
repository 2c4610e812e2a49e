//! Session keys and what is done with them (RFC 3711 §4).

use super::{MASTER_BYTES, MasterKey};
use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use ring::hmac;

const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 14;
const AUTH_BYTES: usize = 20;
const BLOCK_BYTES: usize = 16;
/// Blocks of key stream that are made at once.
const BLOCKS: usize = 8;

/// RFC 3711 §4.3.2: the labels of the encryption key; those of the authentication key and the salt
/// follow.
#[derive(Clone, Copy)]
pub(super) enum Label {
    Rtp = 0,
    Rtcp = 3,
}

/// The session keys of one direction, for RTP or for RTCP.
pub(super) struct Context {
    cipher: Aes128,
    salt: [u8; SALT_BYTES],
    auth: hmac::Key,
}

impl Context {
    /// Derives the session keys of a master key (RFC 3711 §4.3.1, key derivation rate 0).
    pub(super) fn derive(master: &MasterKey, label: Label) -> Self {
        let label = label as u8;
        let key: [u8; KEY_BYTES] = derived(master, label);
        let auth: [u8; AUTH_BYTES] = derived(master, label + 1);
        Self {
            cipher: Aes128::new(&Array::from(key)),
            salt: derived(master, label + 2),
            auth: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &auth),
        }
    }

    /// Encrypts or decrypts what a source sends under an index (RFC 3711 §4.1.1).
    pub(super) fn crypt(&self, ssrc: u32, index: u64, bytes: &mut [u8]) {
        let mut iv = [0; BLOCK_BYTES];
        iv[..SALT_BYTES].copy_from_slice(&self.salt);
        let source = ssrc.to_be_bytes().into_iter().chain(index.to_be_bytes().into_iter().skip(2));
        for (iv, byte) in iv[4..SALT_BYTES].iter_mut().zip(source) {
            *iv ^= byte;
        }
        key_stream(&self.cipher, iv, bytes);
    }

    /// The tag over both pieces (RFC 3711 §4.2.1), 160 bits.
    pub(super) fn tag(&self, bytes: &[u8], more: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.auth);
        context.update(bytes);
        context.update(more);
        context.sign()
    }

    /// Whether a tag is the beginning of the right one; takes equally long for every wrong tag.
    pub(super) fn is_tag(&self, bytes: &[u8], more: &[u8], tag: &[u8]) -> bool {
        let right = self.tag(bytes, more);
        let pairs = right.as_ref().iter().zip(tag);
        pairs.fold(0, |differences, (right, given)| differences | (right ^ given)) == 0
    }
}

fn derived<const N: usize>(master: &MasterKey, label: u8) -> [u8; N] {
    let (mut key, mut iv) = ([0; KEY_BYTES], [0; BLOCK_BYTES]);
    let bytes: &[u8; MASTER_BYTES] = master.as_bytes();
    key.copy_from_slice(&bytes[..KEY_BYTES]);
    iv[..SALT_BYTES].copy_from_slice(&bytes[KEY_BYTES..]);
    // The label stands above the 48 bits of the index, which is 0.
    iv[SALT_BYTES - 7] ^= label;
    let mut out = [0; N];
    key_stream(&Aes128::new(&Array::from(key)), iv, &mut out);
    out
}

/// AES in counter mode: the last 16 bits of the first block count (RFC 3711 §4.1.1).
pub(crate) fn key_stream(cipher: &Aes128, mut iv: [u8; BLOCK_BYTES], bytes: &mut [u8]) {
    let mut count = 0_u16;
    for run in bytes.chunks_mut(BLOCKS * BLOCK_BYTES) {
        let mut all = [Array::from(iv); BLOCKS];
        let (blocks, _) = all.split_at_mut(run.len().div_ceil(BLOCK_BYTES));
        for block in blocks.iter_mut() {
            iv[BLOCK_BYTES - 2..].copy_from_slice(&count.to_be_bytes());
            *block = Array::from(iv);
            count = count.wrapping_add(1);
        }
        cipher.encrypt_blocks(blocks);
        for (piece, block) in run.chunks_mut(BLOCK_BYTES).zip(blocks.iter()) {
            piece.iter_mut().zip(block).for_each(|(byte, key)| *byte ^= key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::srtp::tests::{hex, master};

    /// RFC 3711 B.3.
    #[test]
    fn session_keys_are_derived_as_in_the_rfc() {
        assert_eq!(derived::<16>(&master(), 0).to_vec(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived::<14>(&master(), 2).to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
        let auth = hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
        assert_eq!(derived::<20>(&master(), 1).to_vec(), auth);
    }

    /// RFC 3711 B.2.
    #[test]
    fn the_key_stream_is_that_of_the_rfc() {
        let key: [u8; 16] = hex("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap();
        let salt = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().unwrap();
        let mut stream = vec![0; 1_000];
        key_stream(&Aes128::new(&Array::from(key)), salt, &mut stream);
        assert_eq!(stream[..16], hex("E03EAD0935C95E80E166B16DD92B4EB4"));
        assert_eq!(stream[16..32], hex("D23513162B02D0F72A43A2FE4A5F97AB"));
        assert_eq!(stream[32..48], hex("41E95B3BB0A2E8DD477901E4FCA894C0"));
    }
}
