//! What goes into and comes out of the SIP endpoint.

use super::outgoing::TrunkId;
use super::registrar::Binding;
use crate::units::{LegId, SeatNumber};
use crate::wire::sip::Method;
use std::net::SocketAddr;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// One message per datagram.
    Udp,
    /// A stream framed by Content-Length.
    Tcp,
    /// The same, encrypted (RFC 3261 §26.3.1).
    Tls,
}

impl Transport {
    /// Whether it delivers everything in order by itself, so that nothing is sent again.
    #[must_use]
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }
}

/// Where a message came from and where its answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// The transport.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The TCP or TLS connection, 0 for UDP. Never used again for another connection.
    pub connection: u64,
}

/// Bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub flow: Flow,
    /// One whole message.
    pub bytes: Vec<u8>,
}

/// Names a text (MESSAGE) that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextId(pub u64);

/// Why a leg is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The peer sent BYE or CANCEL.
    Peer,
    /// We hung up or rejected.
    Local,
    /// Nothing came back in time, or the session was not refreshed.
    Timeout,
    /// The transport or the peer failed.
    Failure,
    /// Nothing at all came back to our INVITE: another way may work.
    NoResponse,
    /// The peer refused our INVITE with this status, 300 to 699. Redirections are not followed.
    Refused(u16),
}

/// What the endpoint tells its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A call: answer, ring or reject it.
    Incoming {
        /// Its leg.
        leg: LegId,
        /// The calling number or name as believed: P-Asserted-Identity of a trusted peer, else
        /// From.
        caller: String,
        /// The display name beside it.
        display: Option<String>,
        /// The seat that the request proved to come from; `None`: a citizen.
        seat: Option<SeatNumber>,
        /// The user part that was dialled.
        called: String,
        /// The offer; `None` asks us to offer in the 200.
        offer: Option<Vec<u8>>,
        /// The leg whose place it takes once it is answered (RFC 3891); only from a seat.
        replaces: Option<LegId>,
        /// Where it came from.
        flow: Flow,
    },
    /// A new offer on a live leg (re-INVITE, UPDATE): accept or refuse it.
    Offer {
        /// The leg.
        leg: LegId,
        /// The offer; `None` for a re-INVITE without one.
        sdp: Option<Vec<u8>>,
    },
    /// The answer to our offer (in an ACK or PRACK).
    Answer {
        /// The leg.
        leg: LegId,
        /// The answer.
        sdp: Vec<u8>,
    },
    /// The party we call lets us know that it rings or is being reached.
    Ringing {
        /// The leg.
        leg: LegId,
        /// 180 to 189.
        status: u16,
        /// Early media: what it would answer, to be heard before it does.
        sdp: Option<Vec<u8>>,
    },
    /// The party we call answered; the ACK is sent.
    Accepted {
        /// The leg.
        leg: LegId,
        /// The answer to our offer.
        sdp: Vec<u8>,
    },
    /// The peer took the offer of `Endpoint::reoffer`.
    Reanswered {
        /// The leg.
        leg: LegId,
        /// Its answer.
        sdp: Vec<u8>,
    },
    /// The peer did not take the offer of `Endpoint::reoffer`; the session stays as it was.
    OfferRefused {
        /// The leg.
        leg: LegId,
        /// Its status.
        status: u16,
    },
    /// A seat's transfer key (RFC 3515): answer it with `Endpoint::answer_refer`.
    Refer {
        /// The leg it was pressed on.
        leg: LegId,
        /// The user part of Refer-To: a seat or a number.
        target: String,
        /// The seat's other leg, where the key was pressed with a second call (attended).
        replaces: Option<LegId>,
    },
    /// A trunk can be used, or can no longer be used.
    TrunkState {
        /// The trunk.
        trunk: TrunkId,
        /// Whether calls should go that way.
        up: bool,
    },
    /// A trunk did not take what keeps it up: each REGISTER that failed, and OPTIONS when they
    /// have failed so often that calls should not go that way.
    TrunkFault {
        /// The trunk.
        trunk: TrunkId,
        /// REGISTER or OPTIONS.
        asked: Method,
        /// What it answered; 408 where nothing came.
        status: u16,
    },
    /// Our 200 was acknowledged.
    Confirmed {
        /// The leg.
        leg: LegId,
    },
    /// An INFO with a body on a live leg; already answered 200.
    Info {
        /// The leg.
        leg: LegId,
        /// Lower case, without parameters.
        content_type: String,
        /// The body.
        body: Vec<u8>,
    },
    /// A text outside any call. Answer it with `Endpoint::answer_text` once it is stored.
    Text {
        /// Its name.
        text: TextId,
        /// The sender as believed.
        caller: String,
        /// The dialled user part.
        called: String,
        /// The words, decoded.
        body: String,
        /// Same for a retransmission and for a repeat by a proxy: Call-ID and CSeq.
        key: String,
        /// It came from a trusted peer, which vouches for its sender.
        is_vouched: bool,
    },
    /// The phones of a seat are others now; none: the seat cannot be rung.
    Registered {
        /// The seat.
        seat: SeatNumber,
        /// Its phones.
        bindings: Vec<Binding>,
    },
    /// The leg is over; its id is not used again.
    Ended {
        /// The leg.
        leg: LegId,
        /// Why.
        reason: Reason,
    },
}
