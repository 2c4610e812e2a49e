//! `a=crypto` (RFC 4568): a master key in a description.

use crate::wire::srtp::{MASTER_BYTES, MasterKey, Suite};

/// Characters of a master key in base64: no padding is needed.
const KEY_CHARS: usize = MASTER_BYTES / 3 * 4;
/// RFC 4568 §9.1: a tag has one to nine digits.
const TAG_CHARS_MAX: usize = 9;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One way of protection that the sender has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crypto {
    /// Names it within its media line.
    pub tag: u32,
    /// How.
    pub suite: Suite,
    /// The key of what the sender of the description sends.
    pub key: MasterKey,
}

impl Crypto {
    /// Reads the attribute's value. `None` for what we do not do: other suites, several keys, an
    /// MKI, and session parameters that leave out a part of the protection.
    ///
    /// ```
    /// use mayorline::wire::sdp::Crypto;
    /// let key = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20";
    /// let crypto = Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {key}")).unwrap();
    /// assert_eq!((crypto.tag, crypto.suite.name()), (1, "AES_CM_128_HMAC_SHA1_80"));
    /// assert!(Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {key}|1:4")).is_none());
    /// ```
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split_ascii_whitespace();
        let tag = parts.next().filter(|tag| tag.len() <= TAG_CHARS_MAX)?.parse().ok()?;
        let suite = Suite::of_name(parts.next()?)?;
        let mut fields = parts.next()?.strip_prefix("inline:")?.split('|');
        let key = key_of(fields.next()?)?;
        // A lifetime may follow; a call ends long before 2^31 packets.
        let only_lifetime = fields.clone().count() <= 1 && fields.all(|field| !field.contains(':'));
        // RFC 4568 §6.3.7: what is not known makes the attribute invalid, unless it has a hyphen.
        let harmless = |part: &str| part.starts_with("WSH=") || part.starts_with('-');
        (only_lifetime && parts.all(harmless)).then_some(Self { tag, suite, key })
    }

    /// The attribute's value.
    #[must_use]
    pub fn value(&self) -> String {
        format!("{} {} inline:{}", self.tag, self.suite.name(), text_of(&self.key))
    }
}

fn key_of(text: &str) -> Option<MasterKey> {
    let chars = text.as_bytes();
    if chars.len() != KEY_CHARS {
        return None;
    }
    let mut key = [0; MASTER_BYTES];
    for (three, four) in key.chunks_mut(3).zip(chars.chunks(4)) {
        let mut bits = 0_u32;
        for char in four {
            let value = ALPHABET.iter().position(|known| known == char)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    Some(MasterKey::new(key))
}

#[expect(clippy::indexing_slicing, reason = "six bits are below 64")]
fn text_of(key: &MasterKey) -> String {
    let mut text = String::with_capacity(KEY_CHARS);
    for three in key.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            text.push(char::from(ALPHABET[bits >> shift & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn the_example_of_the_rfc_is_read_and_written() {
        let text = format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}");
        let crypto = Crypto::parse(&format!("{text}|2^20 WSH=64 -FOO=1")).unwrap();
        assert_eq!(crypto.key.as_bytes(), b"YS___semctl () {\t220;}\n}\nunles");
        assert_eq!(crypto.value(), text);
    }

    #[test]
    fn what_we_do_not_do_is_passed_over() {
        for value in [
            format!("1 F8_128_HMAC_SHA1_80 {KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTP"),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} KDR=1"),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY};{KEY}"),
            format!("1234567890 AES_CM_128_HMAC_SHA1_80 {KEY}"),
            "1 AES_CM_128_HMAC_SHA1_80 inline:WVNf".to_owned(),
            "1 AES_CM_128_HMAC_SHA1_80".to_owned(),
            String::new(),
        ] {
            assert_eq!(Crypto::parse(&value), None, "{value}");
        }
    }
}
