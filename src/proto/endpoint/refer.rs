//! Transfers from phones: REFER (RFC 3515), Replaces (RFC 3891).

use super::Endpoint;
use crate::units::LegId;
use std::time::Instant;

impl Endpoint {
    /// Answers `Event::Refer`: 202 and a first NOTIFY, or 603.
    pub fn answer_refer(&mut self, _now: Instant, _leg: LegId, _accepted: bool) {}

    /// Tells the phone how its transfer goes: a status of 200 or more is the last word.
    pub fn notify_refer(&mut self, _now: Instant, _leg: LegId, _status: u16) {}
}
