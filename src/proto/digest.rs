//! Digest authentication as both sides share it (RFC 7616, RFC 8760). We ask for `qop=auth`; a trunk
//! that asks for MD5 without any `qop` is met too (RFC 3261 §22.4 item 8), as old carriers do.

use crate::wire::sip::{AuthValue, Params};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How a password is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `SHA-256`, preferred (RFC 8760 §2.3).
    Sha256,
    /// `MD5`, for phones that know nothing better.
    Md5,
}

impl Algorithm {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// By its name. The `-sess` forms are not taken.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Md5].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// The same; none at all means MD5 (RFC 7616 §3.3).
    fn from_name(name: Option<&str>) -> Option<Self> {
        name.map_or(Some(Self::Md5), Self::of_name)
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Md5 => hex(&Md5::digest(text)),
        }
    }
}

/// `H(user:realm:password)`: as good as the password within this realm, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Of a password.
    #[must_use]
    pub fn new(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> Self {
        Self(algorithm.hash(&format!("{user}:{realm}:{password}")))
    }

    /// As it was stored, in hexadecimal.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }

    /// Whether both are the same; takes the same time wherever they differ.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }

    /// For the store.
    #[must_use]
    pub fn to_stored(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// What a server asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    pub(super) realm: String,
    pub(super) nonce: String,
    pub(super) opaque: Option<String>,
    pub(super) algorithm: Algorithm,
    /// Whether the proof counts and has a `cnonce`.
    pub(super) qop: bool,
    pub(super) stale: bool,
}

impl Challenge {
    /// Reads a challenge that we can meet: digest, a known algorithm, `qop=auth` among the offered
    /// or, with MD5, none offered (RFC 7616 §3.3 wants one everywhere).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value = AuthValue::parse(text).ok()?;
        let get = |name: &str| value.params.get(name);
        let algorithm = Algorithm::from_name(get("algorithm"))?;
        let qop = get("qop");
        let can_meet = qop.map_or(algorithm == Algorithm::Md5, |offered| {
            offered.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth"))
        });
        (value.scheme.eq_ignore_ascii_case("Digest") && can_meet).then_some(())?;
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            algorithm,
            qop: qop.is_some(),
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params = vec![
            pair("realm", &self.realm),
            pair("nonce", &self.nonce),
            pair("algorithm", self.algorithm.name()),
        ];
        if self.stale {
            params.push(pair("stale", "true"));
        }
        AuthValue { scheme: "Digest".to_owned(), params: Params(params) }.fmt(f)?;
        // RFC 7616 §3.5: quoted in a challenge, bare in a proof. A phone that reads by the grammar
        // does not see a bare one and proves without it.
        f.write_str(", qop=\"auth\"")
    }
}

fn pair(name: &str, value: &str) -> (String, Option<String>) {
    (name.to_owned(), Some(value.to_owned()))
}

/// What a client gives as its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) user: String,
    pub(super) realm: String,
    pub(super) nonce: String,
    pub(super) opaque: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) uri: String,
    /// As it was written, eight hexadecimal digits.
    pub(super) count: String,
    pub(super) cnonce: String,
    /// False only in a proof of ours for a challenge without `qop`.
    pub(super) qop: bool,
    pub(super) response: String,
}

impl Proof {
    /// Reads a proof; `None` for another scheme, another `qop` or what lacks a part.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value = AuthValue::parse(text).ok()?;
        let get = |name: &str| value.params.get(name).map(str::to_owned);
        let auth = get("qop").is_some_and(|qop| qop.eq_ignore_ascii_case("auth"));
        (value.scheme.eq_ignore_ascii_case("Digest") && auth).then_some(())?;
        Some(Self {
            user: get("username")?,
            realm: get("realm")?,
            nonce: get("nonce")?,
            opaque: get("opaque"),
            algorithm: Algorithm::from_name(get("algorithm").as_deref())?,
            uri: get("uri")?,
            count: get("nc")?,
            cnonce: get("cnonce")?,
            qop: auth,
            response: get("response")?,
        })
    }

    /// The proof of a password for a challenge; `cnonce` is random.
    pub(super) fn make(
        challenge: &Challenge,
        user: &str,
        password: &str,
        request: (&str, &str),
        cnonce: String,
    ) -> Self {
        let (method, uri) = request;
        let secret = Secret::new(challenge.algorithm, user, &challenge.realm, password);
        let mut proof = Self {
            user: user.to_owned(),
            realm: challenge.realm.clone(),
            nonce: challenge.nonce.clone(),
            opaque: challenge.opaque.clone(),
            algorithm: challenge.algorithm,
            uri: uri.to_owned(),
            count: "00000001".to_owned(),
            cnonce,
            qop: challenge.qop,
            response: String::new(),
        };
        proof.response = proof.expected(&secret, method);
        proof
    }

    /// How often the nonce was used, this time included.
    pub(super) fn count(&self) -> Option<u32> {
        (self.count.len() == 8).then(|| u32::from_str_radix(&self.count, 16).ok()).flatten()
    }

    /// The response that the secret gives (RFC 7616 §3.4.1; without `qop` RFC 2617 §3.2.2.1).
    fn expected(&self, secret: &Secret, method: &str) -> String {
        let Self { nonce, count, cnonce, uri, .. } = self;
        let request = self.algorithm.hash(&format!("{method}:{uri}"));
        if !self.qop {
            return self.algorithm.hash(&format!("{}:{nonce}:{request}", secret.0));
        }
        self.algorithm.hash(&format!("{}:{nonce}:{count}:{cnonce}:auth:{request}", secret.0))
    }

    /// Whether it proves the secret. Takes the same time wherever it differs.
    pub(super) fn proves(&self, secret: &Secret, method: &str) -> bool {
        same(self.expected(secret, method).as_bytes(), self.response.to_lowercase().as_bytes())
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params = vec![
            pair("username", &self.user),
            pair("realm", &self.realm),
            pair("nonce", &self.nonce),
            pair("uri", &self.uri),
            pair("algorithm", self.algorithm.name()),
            pair("response", &self.response),
        ];
        if self.qop {
            params.push(pair("qop", "auth"));
            params.push(pair("nc", &self.count));
            params.push(pair("cnonce", &self.cnonce));
        }
        params.extend(self.opaque.as_deref().map(|opaque| pair("opaque", opaque)));
        AuthValue { scheme: "Digest".to_owned(), params: Params(params) }.fmt(f)
    }
}

/// Equality whose time tells nothing about where two texts differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 §3.9.1.
    fn mufasa(algorithm: Algorithm, response: &str) -> Proof {
        Proof {
            user: "Mufasa".into(),
            realm: "http-auth@example.org".into(),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
            opaque: None,
            algorithm,
            uri: "/dir/index.html".into(),
            count: "00000001".into(),
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".into(),
            qop: true,
            response: response.into(),
        }
    }

    #[test]
    fn the_vectors_of_rfc_7616_hold() {
        for (algorithm, response) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let secret =
                Secret::new(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
            assert!(mufasa(algorithm, response).proves(&secret, "GET"), "{}", algorithm.name());
            assert!(!mufasa(algorithm, response).proves(&secret, "POST"));
            assert!(!mufasa(algorithm, &response[1..]).proves(&secret, "GET"));
        }
    }

    #[test]
    fn a_proof_made_for_a_challenge_is_read_back_and_proves() {
        let challenge = Challenge {
            realm: "a \"quoted\" realm".into(),
            nonce: "n1".into(),
            opaque: Some("o,1".into()),
            algorithm: Algorithm::Sha256,
            qop: true,
            stale: false,
        };
        let text = challenge.to_string();
        let read = Challenge::parse(&text).unwrap();
        assert_eq!(Challenge { opaque: None, ..challenge.clone() }, read);
        let request = ("INVITE", "sip:a@b;x=\"1\"");
        let proof = Proof::make(&challenge, "801", "secret,\\\"", request, "c1".into());
        let again = Proof::parse(&proof.to_string()).unwrap();
        assert_eq!(again, proof);
        let secret = Secret::new(Algorithm::Sha256, "801", &challenge.realm, "secret,\\\"");
        assert!(again.proves(&secret, "INVITE") && again.count() == Some(1));
    }

    #[test]
    fn what_cannot_be_met_is_no_challenge_and_what_is_half_is_no_proof() {
        for text in [
            "Basic realm=\"a\"",
            "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-256",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256-sess",
            "Digest realm=\"a\", realm=\"b\", nonce=\"n\", qop=\"auth\"",
            "Digest realm=\"a",
        ] {
            assert_eq!(Challenge::parse(text), None, "{text}");
            assert_eq!(Proof::parse(text), None, "{text}");
        }
        assert!(Challenge::parse("digest realm=a, nonce=n, qop=\"auth-int,auth\"").is_some());
    }

    #[test]
    fn the_qop_of_a_challenge_is_quoted_and_that_of_a_proof_is_not() {
        for stale in [false, true] {
            let challenge = Challenge {
                realm: "r".to_owned(),
                nonce: "n".to_owned(),
                opaque: None,
                algorithm: Algorithm::Sha256,
                qop: true,
                stale,
            };
            let text = challenge.to_string();
            assert!(text.ends_with(", qop=\"auth\""), "{text}");
            assert_eq!(text.contains("stale=true"), stale, "{text}");
            let request = ("REGISTER", "sip:x");
            let proof = Proof::make(&challenge, "801", "geheim", request, "c1".into()).to_string();
            assert!(proof.contains("qop=auth"), "{proof}");
        }
    }

    #[test]
    fn an_old_challenge_without_qop_is_met_with_md5_and_never_taken_as_a_proof() {
        let challenge = Challenge::parse("Digest realm=\"r\", nonce=\"n\"").unwrap();
        assert_eq!((challenge.qop, challenge.algorithm), (false, Algorithm::Md5));
        let request = ("REGISTER", "sip:h");
        let proof = Proof::make(&challenge, "u", "p", request, "c".into());
        let md5 = |text: &str| Algorithm::Md5.hash(text);
        let response = md5(&format!("{}:n:{}", md5("u:r:p"), md5("REGISTER:sip:h")));
        assert_eq!(proof.response, response);
        let text = proof.to_string();
        assert!(!text.contains("cnonce") && !text.contains("nc=") && !text.contains("qop"));
        assert_eq!(Proof::parse(&text), None, "our own phones count");
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new(Algorithm::Md5, "801", "r", "geheim");
        assert_eq!(format!("{secret:?}"), "Secret(****)");
    }
}
