//! What our own calls and our trunks are made of.

use super::{Binding, Flow};
use crate::units::SeatNumber;
use crate::wire::WireError;
use crate::wire::sip::Uri;
use std::fmt;
use std::time::Duration;

/// Until a called party must have answered anything at all; past it another trunk is tried.
pub const NO_RESPONSE_SECONDS: u64 = 4;
/// How long a called party may ring where nothing else is said.
pub const RING_SECONDS: u64 = 120;

/// What we prove ourselves with. It is used only for a challenge that names this realm and that
/// came back from where the request went: nobody else gets a proof to try passwords on.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The one realm that is answered.
    pub realm: String,
    /// The user of the digest.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Names the realm only.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// A call of ours. All its requests go to `flow`, never to an address that the peer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The way: a UDP address, or the connection on which a phone registered. Its `local` stands in
    /// Via and, unless `EndpointConfig::advertised` says otherwise, in Contact and From.
    pub flow: Flow,
    /// The Request-URI: a binding's contact, or the number at a trunk.
    pub uri: Uri,
    /// The user part of From.
    pub number: String,
    /// The display name of From.
    pub display: Option<String>,
    /// The host of From where a trunk wants its own domain there; `None`: our address.
    pub domain: Option<String>,
    /// The number of P-Asserted-Identity (RFC 3325), for trunks that believe us.
    pub asserted: Option<String>,
    /// Our offer.
    pub offer: Vec<u8>,
    /// What a challenge may be answered with.
    pub credentials: Option<Credentials>,
    /// The seat whose phone this is: it may transfer (REFER) within the call.
    pub seat: Option<SeatNumber>,
    /// The call is given up when nobody answered it by then.
    pub ring_max: Duration,
    /// The call is given up when nothing at all came back by then.
    pub no_response_max: Duration,
}

impl Invitation {
    /// A call with the usual waits and nothing optional.
    #[must_use]
    pub fn new(flow: Flow, uri: Uri, number: &str, offer: Vec<u8>) -> Self {
        Self {
            flow,
            uri,
            number: number.to_owned(),
            display: None,
            domain: None,
            asserted: None,
            offer,
            credentials: None,
            seat: None,
            ring_max: Duration::from_secs(RING_SECONDS),
            no_response_max: Duration::from_secs(NO_RESPONSE_SECONDS),
        }
    }

    /// A call to one phone of a seat, the way it registered.
    ///
    /// # Errors
    /// The contact that the phone gave is no address.
    pub fn to_phone(
        seat: SeatNumber,
        binding: &Binding,
        number: &str,
        offer: Vec<u8>,
    ) -> Result<Self, WireError> {
        let uri = Uri::parse(&binding.contact)?;
        Ok(Self { seat: Some(seat), ..Self::new(binding.flow, uri, number, offer) })
    }
}

/// Names a trunk: its place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrunkId(pub u16);

/// A way to the telephone network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkConfig {
    /// Its name.
    pub id: TrunkId,
    /// Where its requests go.
    pub flow: Flow,
    /// The host of its Request-URIs.
    pub domain: String,
    /// Where it wants us to register first.
    pub registration: Option<Registration>,
    /// Between two OPTIONS; `None`: its health is not asked for.
    pub options_interval: Option<Duration>,
}

/// How we register with a trunk (RFC 3261 §10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The user part of our address of record and of our Contact.
    pub user: String,
    /// The proof.
    pub credentials: Credentials,
    /// The lifetime that we ask for.
    pub expires: Duration,
}
