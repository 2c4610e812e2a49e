//! The guard against toll fraud where the switch dials (`domain::dial_rules`): what a seat is refused
//! is an alarm, and nobody's caller id makes the house dial what it does not dial otherwise.

use super::Switch;
use crate::domain::desk::Refusal;
use crate::domain::dial_rules::is_emergency;
use crate::gateway::clock::Now;
use crate::store::DialledCall;
use crate::units::{PhoneNumber, SeatNumber};
use std::time::Duration;

impl Switch {
    /// Calls out of before the start, oldest first: the limits on them hold over a restart.
    pub fn recall_dialled(&mut self, now: Now, calls: &[DialledCall]) {
        let today = self.today(now);
        for call in calls {
            let ago = Duration::try_from(now.wall.duration_since(call.at)).ok();
            let at = ago.and_then(|ago| now.monotonic.checked_sub(ago));
            let date = call.at.to_zoned(self.config.time_zone.clone()).date();
            let dialled_today = (date == today).then_some(today);
            match (&call.seat, dialled_today) {
                (Some(seat), _) => self.book.recall(seat, at, dialled_today),
                (None, Some(today)) => self.book.recall_house(today),
                (None, None) => {}
            }
        }
    }

    /// Whether a seat may call this number back. It came with a call, so anybody can have chosen it;
    /// an emergency number never calls.
    pub(super) fn may_call_back(
        &mut self,
        now: Now,
        seat: &SeatNumber,
        number: &PhoneNumber,
    ) -> Result<(), Refusal> {
        let may = match is_emergency(number) {
            true => Err(Refusal::NumberNotAllowed),
            false => self.book.may(seat, number, now.monotonic, self.today(now)),
        };
        may.inspect_err(|why| self.alarm_of_refusal(now, seat, *why))
    }

    /// A seat was refused what it wanted; a number or one call too many is an alarm, since it may be
    /// the password of a telephone that was stolen.
    pub(super) fn alarm_of_refusal(&mut self, now: Now, seat: &SeatNumber, why: Refusal) {
        let Some(times) = self.book.refused(seat, why, now.monotonic) else { return };
        let what = match why {
            Refusal::TooManyCalls => "more calls than it may make",
            _ => "a number that is not dialled",
        };
        tracing::error!(%seat, times, "ALARM a seat wanted {what}: it was refused");
    }
}
