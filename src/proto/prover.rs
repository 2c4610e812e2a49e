//! Meeting a challenge as a client (RFC 3261 §22.2, RFC 8760).

use super::Credentials;
use super::digest::{Algorithm, Challenge, Proof};
use crate::wire::sip::{Request, Response};

/// Proofs of one request: the first, and one more when only the nonce was too old.
const PROOFS_OF_REQUEST_MAX: u8 = 2;

/// What one request may be proved with, and how often it was.
#[derive(Debug, Clone)]
pub(super) struct Prover {
    credentials: Credentials,
    /// SHA-256 was offered once, so that MD5 alone is a downgrade and not met.
    pub(super) sha256_known: bool,
    proofs: u8,
}

impl Prover {
    /// Nothing proved yet.
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, sha256_known: false, proofs: 0 }
    }

    /// The same for another request.
    pub(super) fn fresh(&self) -> Self {
        Self { proofs: 0, ..self.clone() }
    }

    /// The field that meets a 401 or 407; `None` when it must not or cannot be met: another
    /// realm, a weaker algorithm than before, or a proof that was refused. `cnonce` is random.
    pub(super) fn meet(
        &mut self,
        request: &Request,
        response: &Response,
        cnonce: String,
    ) -> Option<(&'static str, String)> {
        let (asked, given) = match response.status {
            401 => ("WWW-Authenticate", "Authorization"),
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return None,
        };
        let challenge = self.choose(response, asked)?;
        let again = self.proofs > 0 && (!challenge.stale || self.proofs >= PROOFS_OF_REQUEST_MAX);
        if again {
            return None;
        }
        self.proofs += 1;
        self.sha256_known |= challenge.algorithm == Algorithm::Sha256;
        let Credentials { user, password, .. } = &self.credentials;
        let uri = request.uri.to_string();
        let asked = (request.method.as_str(), uri.as_str());
        Some((given, Proof::make(&challenge, user, password, asked, cnonce).to_string()))
    }

    /// The strongest challenge of our realm (RFC 8760 §2.4).
    fn choose(&self, response: &Response, asked: &str) -> Option<Challenge> {
        let ours: Vec<Challenge> = response
            .headers
            .values(asked)
            .filter_map(Challenge::parse)
            .filter(|challenge| challenge.realm == self.credentials.realm)
            .collect();
        let of = |algorithm| ours.iter().find(move |c: &&Challenge| c.algorithm == algorithm);
        let weaker = || of(Algorithm::Md5).filter(|_| !self.sha256_known);
        of(Algorithm::Sha256).or_else(weaker).cloned()
    }
}
