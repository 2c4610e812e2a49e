//! The cryptography that WebRTC needs, from what the binary holds already: `ring` for hashes and
//! AES-GCM, the `aes` block cipher for the counter mode of SRTP (RFC 3711 §4.1.1), `dimpl` for DTLS.
//! The ready providers of `str0m` bring a second provider of rustls' kind, which `deny.toml` bans.

use super::dtls::Dtls;
use crate::wire::srtp::key_stream;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256, Block};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use ring::{digest, hmac};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, CryptoProvider,
    Sha1HmacProvider, Sha1Provider, Sha256Provider, SrtpProvider, SupportedAeadAes128Gcm,
    SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
};

/// Length of an authentication tag of AES-GCM in SRTP (RFC 7714 §12).
const TAG_LEN: usize = 16;

/// Everything below under one name.
#[derive(Debug)]
struct Ours;

static OURS: Ours = Ours;
static DTLS: Dtls = Dtls;

/// For [`str0m::RtcConfig::set_crypto_provider`].
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        srtp_provider: &OURS,
        sha1_provider: &OURS,
        sha1_hmac_provider: &OURS,
        sha256_provider: &OURS,
        dtls_provider: &DTLS,
    }
}

fn digest_of<const N: usize>(algorithm: &'static digest::Algorithm, data: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(digest::digest(algorithm, data).as_ref());
    out
}

impl Sha1Provider for Ours {
    fn sha1(&self, data: &[u8]) -> [u8; 20] {
        digest_of(&digest::SHA1_FOR_LEGACY_USE_ONLY, data)
    }
}

impl Sha256Provider for Ours {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        digest_of(&digest::SHA256, data)
    }
}

impl Sha1HmacProvider for Ours {
    // RFC 8489 §14.5 and RFC 3711 §4.2.1: STUN and SRTP know no other.
    fn sha1_hmac(&self, key: &[u8], payloads: &[&[u8]]) -> [u8; 20] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
        let mut context = hmac::Context::with_key(&key);
        for payload in payloads {
            context.update(payload);
        }
        let mut out = [0; 20];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

impl SrtpProvider for Ours {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &OURS
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &OURS
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &OURS
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes128::new_from_slice(key) {
            one_block(|block| cipher.encrypt_block(block), input, output);
        }
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes256::new_from_slice(key) {
            one_block(|block| cipher.encrypt_block(block), input, output);
        }
    }
}

/// One block for the derivation of keys (RFC 3711 §4.3.3). The output may have room for a second.
fn one_block(encrypt: impl Fn(&mut Block), input: &[u8], output: &mut [u8]) {
    let mut block = Block::default();
    block.iter_mut().zip(input).for_each(|(to, from)| *to = *from);
    encrypt(&mut block);
    output.iter_mut().zip(block).for_each(|(to, from)| *to = from);
}

/// AES in counter mode.
struct CounterMode(Aes128);

impl std::fmt::Debug for CounterMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CounterMode(****)")
    }
}

impl SupportedAes128CmSha1_80 for Ours {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(CounterMode(Aes128::new(&key.into())))
    }
}

impl CounterMode {
    fn apply(&self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        let output = room(output, input.len())?;
        output.copy_from_slice(input);
        key_stream(&self.0, *iv, output);
        Ok(())
    }
}

impl Aes128CmSha1_80Cipher for CounterMode {
    fn encrypt(&mut self, iv: &[u8; 16], from: &[u8], to: &mut [u8]) -> Result<(), CryptoError> {
        self.apply(iv, from, to)
    }

    fn decrypt(&mut self, iv: &[u8; 16], from: &[u8], to: &mut [u8]) -> Result<(), CryptoError> {
        self.apply(iv, from, to)
    }
}

/// AES-GCM with either length of key.
struct Gcm(LessSafeKey);

impl std::fmt::Debug for Gcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gcm(****)")
    }
}

/// A key of another length than the algorithm's. It cannot occur; the machine gets a cipher that
/// refuses every packet.
#[derive(Debug)]
struct NoCipher;

fn failed(what: &str) -> CryptoError {
    CryptoError::Other(what.to_owned())
}

fn room(output: &mut [u8], length: usize) -> Result<&mut [u8], CryptoError> {
    output.get_mut(..length).ok_or_else(|| failed("no room for the packet"))
}

impl Gcm {
    fn new(algorithm: &'static Algorithm, key: &[u8]) -> Option<Self> {
        UnboundKey::new(algorithm, key).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    fn seal(
        &self,
        iv: [u8; 12],
        aad: &[u8],
        from: &[u8],
        to: &mut [u8],
    ) -> Result<(), CryptoError> {
        let output = room(to, from.len() + TAG_LEN)?;
        let (text, tag) = output.split_at_mut(from.len());
        text.copy_from_slice(from);
        let nonce = Nonce::assume_unique_for_key(iv);
        let sealed = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), text);
        tag.copy_from_slice(sealed.map_err(|_| failed("not encrypted"))?.as_ref());
        Ok(())
    }

    fn open(
        &self,
        iv: [u8; 12],
        aads: &[&[u8]],
        from: &[u8],
        to: &mut [u8],
    ) -> Result<usize, CryptoError> {
        let mut text = from.to_vec();
        let nonce = Nonce::assume_unique_for_key(iv);
        let plain = self
            .0
            .open_in_place(nonce, Aad::from(aads.concat()), &mut text)
            .map_err(|_| failed("not authentic"))?;
        room(to, plain.len())?.copy_from_slice(plain);
        Ok(plain.len())
    }
}

macro_rules! gcm {
    ($supported:ident, $cipher:ident, $algorithm:ident, $key:literal) => {
        impl $supported for Ours {
            fn create_cipher(&self, key: [u8; $key], _encrypt: bool) -> Box<dyn $cipher> {
                match Gcm::new(&$algorithm, &key) {
                    Some(cipher) => Box::new(cipher),
                    None => Box::new(NoCipher),
                }
            }
        }

        impl $cipher for Gcm {
            fn encrypt(
                &mut self,
                iv: &[u8; 12],
                aad: &[u8],
                from: &[u8],
                to: &mut [u8],
            ) -> Result<(), CryptoError> {
                self.seal(*iv, aad, from, to)
            }

            fn decrypt(
                &mut self,
                iv: &[u8; 12],
                aads: &[&[u8]],
                from: &[u8],
                to: &mut [u8],
            ) -> Result<usize, CryptoError> {
                self.open(*iv, aads, from, to)
            }
        }

        impl $cipher for NoCipher {
            fn encrypt(
                &mut self,
                _: &[u8; 12],
                _: &[u8],
                _: &[u8],
                _: &mut [u8],
            ) -> Result<(), CryptoError> {
                Err(failed("no key"))
            }

            fn decrypt(
                &mut self,
                _: &[u8; 12],
                _: &[&[u8]],
                _: &[u8],
                _: &mut [u8],
            ) -> Result<usize, CryptoError> {
                Err(failed("no key"))
            }
        }
    };
}

gcm!(SupportedAeadAes128Gcm, AeadAes128GcmCipher, AES_128_GCM, 16);
gcm!(SupportedAeadAes256Gcm, AeadAes256GcmCipher, AES_256_GCM, 32);

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn the_key_stream_of_rfc_3711_appendix_b_2() {
        let key: [u8; 16] = bytes("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap();
        let iv: [u8; 16] = bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().unwrap();
        let mut out = [0; 48];
        let mut cipher = SupportedAes128CmSha1_80::create_cipher(&Ours, key, true);
        cipher.encrypt(&iv, &[0; 48], &mut out).unwrap();
        let expected = "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab\
                        41e95b3bb0a2e8dd477901e4fca894c0";
        assert_eq!(out.to_vec(), bytes(expected));
    }

    #[test]
    fn the_key_derivation_of_rfc_3711_appendix_b_3() {
        let master = bytes("E1F97A0D3E018BE0D64FA32C06DE4139");
        let mut out = [0; 16];
        Ours.srtp_aes_128_ecb_round(&master, &bytes("0EC675AD498AFEEBB6960B3AABE60000"), &mut out);
        assert_eq!(out.to_vec(), bytes("c61e7a93744f39ee10734afe3ff7a087"));
    }

    #[test]
    fn the_hmac_of_rfc_2202_and_the_hashes_of_fips_180() {
        let mac = Ours.sha1_hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(mac.to_vec(), bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
        assert_eq!(Ours.sha1(b"abc").to_vec(), bytes("a9993e364706816aba3e25717850c26c9cd0d89d"));
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Ours.sha256(b"abc").to_vec(), bytes(sha256));
    }

    #[test]
    fn a_changed_packet_does_not_open() {
        let mut cipher = SupportedAeadAes128Gcm::create_cipher(&Ours, [7; 16], true);
        let (mut sealed, mut plain) = ([0; 36], [0; 20]);
        cipher.encrypt(&[1; 12], b"header", b"twenty bytes of text", &mut sealed).unwrap();
        let opened = cipher.decrypt(&[1; 12], &[b"hea", b"der"], &sealed, &mut plain).unwrap();
        assert_eq!(&plain[..opened], b"twenty bytes of text");
        for at in 0..sealed.len() {
            let mut changed = sealed;
            changed[at] ^= 1;
            assert!(cipher.decrypt(&[1; 12], &[b"header"], &changed, &mut plain).is_err());
        }
        assert!(cipher.decrypt(&[1; 12], &[b"header"], &sealed[..15], &mut plain).is_err());
        assert!(cipher.encrypt(&[1; 12], b"header", &[0; 40], &mut sealed).is_err(), "no room");
    }
}
