//! Hybrid public key encryption (RFC 9180) in base mode, one message a key: DHKEM(X25519,
//! HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. What is sealed to a public key opens only with the
//! private one, which the service does not have.

use super::{KEY_BYTES, SEALED_PART, aead, expand, random};
use crate::store::error::StoreError;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

/// Section 4.1: suite of the key encapsulation.
const KEM_SUITE: &[u8] = &[b'K', b'E', b'M', 0x00, 0x20];

/// Section 5.1: suite of the whole.
const SUITE: &[u8] = &[b'H', b'P', b'K', b'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03];

/// Section 5: base mode.
const MODE_BASE: u8 = 0;

/// The public key of a private one.
pub(super) fn public_of(private: &[u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
    x25519(*private, X25519_BASEPOINT_BYTES)
}

/// Seals to a public key: the encapsulated key of 32 bytes, then the ciphertext.
pub(super) fn seal(
    to: &[u8; KEY_BYTES],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    seal_with(&random()?, to, info, aad, plain)
}

fn seal_with(
    ephemeral: &[u8; KEY_BYTES],
    to: &[u8; KEY_BYTES],
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let enc = public_of(ephemeral);
    let shared = encapsulated(&x25519(*ephemeral, *to), &enc, to)?;
    let (key, nonce) = schedule(&shared, info)?;
    let mut body = plain.to_vec();
    aead(&key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
        .map_err(|_| SEALED_PART)?;
    Ok([&enc[..], &body].concat())
}

/// Opens what was sealed to the public key of `private`.
pub(super) fn open(
    private: &[u8; KEY_BYTES],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let (enc, body) = sealed.split_first_chunk::<KEY_BYTES>().ok_or(SEALED_PART)?;
    let shared = encapsulated(&x25519(*private, *enc), enc, &public_of(private))?;
    let (key, nonce) = schedule(&shared, info)?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain = aead(&key)?.open_in_place(nonce, Aad::from(aad), &mut body);
    Ok(plain.map_err(|_| SEALED_PART)?.to_vec())
}

/// Section 4.1, `ExtractAndExpand`.
fn encapsulated(
    dh: &[u8; KEY_BYTES],
    enc: &[u8; KEY_BYTES],
    to: &[u8; KEY_BYTES],
) -> Result<[u8; KEY_BYTES], StoreError> {
    // Section 7.1.4: an all-zero value comes of a key of small order.
    if dh.iter().all(|byte| *byte == 0) {
        return Err(SEALED_PART);
    }
    let prk = labeled_extract(KEM_SUITE, &[], b"eae_prk", dh);
    labeled_expand(&prk, KEM_SUITE, b"shared_secret", &[enc, to])
}

/// Section 5.1, `KeySchedule` without a pre-shared key.
fn schedule(
    shared: &[u8; KEY_BYTES],
    info: &[u8],
) -> Result<([u8; KEY_BYTES], [u8; NONCE_LEN]), StoreError> {
    let psk_id = labeled_digest(b"psk_id_hash", &[])?;
    let info = labeled_digest(b"info_hash", info)?;
    let secret = labeled_extract(SUITE, shared, b"secret", &[]);
    let context: &[&[u8]] = &[&[MODE_BASE], &psk_id, &info];
    let key = labeled_expand(&secret, SUITE, b"key", context)?;
    Ok((key, labeled_expand(&secret, SUITE, b"base_nonce", context)?))
}

fn labeled_extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Prk {
    let ikm = [&b"HPKE-v1"[..], suite, label, ikm].concat();
    Salt::new(HKDF_SHA256, salt).extract(&ikm)
}

/// `LabeledExtract` with an empty salt, as bytes: HMAC-SHA-256 under that salt.
fn labeled_digest(label: &[u8], ikm: &[u8]) -> Result<[u8; 32], StoreError> {
    let ikm = [&b"HPKE-v1"[..], SUITE, label, ikm].concat();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[]);
    ring::hmac::sign(&key, &ikm).as_ref().try_into().map_err(|_| SEALED_PART)
}

fn labeled_expand<const N: usize>(
    prk: &Prk,
    suite: &[u8],
    label: &[u8],
    info: &[&[u8]],
) -> Result<[u8; N], StoreError> {
    let length = u16::try_from(N).unwrap_or(0).to_be_bytes();
    let parts: Vec<&[u8]> =
        [&length[..], b"HPKE-v1", suite, label].into_iter().chain(info.iter().copied()).collect();
    expand(prk, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    fn key(hex: &str) -> [u8; 32] {
        bytes(hex).try_into().unwrap()
    }

    /// RFC 9180, appendix A.2.1, sequence number 0.
    #[test]
    fn the_vector_of_the_rfc_is_sealed_and_opened() {
        let ephemeral = key("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
        let private = key("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
        let public = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
        let enc = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
        let body = "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db\
                    21993c62ce81883d2dd1b51a28";
        let (info, aad) = (b"Ode on a Grecian Urn", b"Count-0");
        let plain = b"Beauty is truth, truth beauty";
        assert_eq!(public_of(&private), key(public));
        let sealed = seal_with(&ephemeral, &key(public), info, aad, plain).unwrap();
        assert_eq!(sealed, bytes(&format!("{enc}{body}")));
        assert_eq!(open(&private, info, aad, &sealed).unwrap(), plain);
        assert!(open(&private, info, b"Count-1", &sealed).is_err());
        assert!(open(&ephemeral, info, aad, &sealed).is_err());
    }

    #[test]
    fn a_public_key_of_small_order_is_refused() {
        assert!(seal(&[0; 32], b"", b"", b"x").is_err());
    }
}
