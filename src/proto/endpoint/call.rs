//! Calls of ours: what the user of the endpoint wants done with them.

use super::super::{Event, Invitation, Reason};
use super::Endpoint;
use crate::units::LegId;
use std::time::Instant;

impl Endpoint {
    /// Calls somebody. `Event::Ringing` and `Event::Accepted` follow, or `Event::Ended` with the
    /// reason; `hang_up` gives it up (CANCEL) or ends it (BYE).
    pub fn invite(&mut self, _now: Instant, _invitation: Invitation) -> LegId {
        let leg = LegId(self.next_id());
        self.tell(Event::Ended { leg, reason: Reason::Failure });
        leg
    }

    /// Offers something new on an answered leg by re-INVITE (RFC 3261 §14.1); the newest offer
    /// takes the place of one that still waits. `Event::Reanswered` or `Event::OfferRefused`
    /// follows.
    pub fn reoffer(&mut self, _now: Instant, leg: LegId, _sdp: Vec<u8>) {
        self.tell(Event::OfferRefused { leg, status: 488 });
    }
}
