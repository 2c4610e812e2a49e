//! The signature of Standard Webhooks 1.0.0: `v1,` and the base64 of HMAC-SHA256 over
//! `id.timestamp.body`, one for each secret, with spaces between them.

use crate::store::HookSecret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Signs a message with one secret; `timestamp` is that of the attempt, in seconds since 1970.
#[must_use]
pub fn sign(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signed = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(signed))
}

/// The header `webhook-signature`.
#[must_use]
pub fn signatures(secrets: &[HookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let each = secrets.iter().map(|secret| sign(secret.bytes(), id, timestamp, body));
    each.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of the convention are tested with.
    #[test]
    fn the_published_vector_is_signed_as_published() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = sign(&secret, id, 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_and_every_part_is_signed() {
        let secrets = [HookSecret::new([1; 32]), HookSecret::new([2; 32])];
        let both = signatures(&secrets, "msg_1", 7, "{}");
        let one = sign(&[1; 32], "msg_1", 7, "{}");
        assert_eq!(both, format!("{one} {}", sign(&[2; 32], "msg_1", 7, "{}")));
        for other in [
            sign(&[2; 32], "msg_1", 7, "{}"),
            sign(&[1; 32], "msg_2", 7, "{}"),
            sign(&[1; 32], "msg_1", 8, "{}"),
            sign(&[1; 32], "msg_1", 7, "{ }"),
        ] {
            assert_ne!(other, one);
        }
    }
}
