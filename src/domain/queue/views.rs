//! What is shown: seats and groups.

use super::callers::millis;
use super::contract::{GroupId, Moment, Waiter};
use super::figures::Today;
use super::machine::Acd;
use super::seat::Class;
use crate::domain::desk::{QueueView, SeatView};
use crate::units::SeatNumber;

impl Acd {
    /// A seat.
    #[must_use]
    pub fn seat_view(&self, seat: &SeatNumber) -> Option<SeatView> {
        self.by_number.get(seat).map(|at| self.seat(*at).view())
    }

    /// Every seat, by number.
    pub fn seat_views(&self) -> impl Iterator<Item = SeatView> + '_ {
        self.by_number.values().map(|at| self.seat(*at).view())
    }

    /// The live figures of a group. `callbacks_open` counts the places kept here; tasks of the store
    /// are the caller's to add.
    #[must_use]
    pub fn queue_view(&self, now: Moment, id: GroupId) -> Option<QueueView> {
        let group = self.groups.get(usize::from(id.0))?;
        let rules = self.rules.groups.get(usize::from(id.0))?;
        let live = |waiter: &Waiter| {
            self.waiters.get(waiter).filter(|one| one.kept.is_none()).map(|one| one.waited(now))
        };
        let longest = group.waiters().find_map(|waiter| live(&waiter)).unwrap_or_default();
        let shown = [Class::Ready, Class::Offered, Class::Talking, Class::WrapUp, Class::Paused];
        let mut seats = shown.map(|class| group.count(class));
        seats[4] += group.count(Class::Unreachable);
        let Today { entered, answered, abandoned, in_time, .. } = group.today;
        let kept = group.length().saturating_sub(usize::try_from(group.live).unwrap_or(0));
        Some(QueueView {
            group: rules.name.clone(),
            waiting: group.live,
            longest_ms: millis(longest),
            seats,
            today: [entered, answered, abandoned, in_time],
            callbacks_open: u32::try_from(kept).unwrap_or(u32::MAX),
        })
    }

    /// What became of the callers of a group since midnight.
    #[must_use]
    pub fn today(&self, id: GroupId) -> Option<Today> {
        self.groups.get(usize::from(id.0)).map(|group| group.today)
    }

    /// Those before a caller or a kept place, or `None` when he does not wait.
    #[must_use]
    pub fn ahead(&self, waiter: Waiter) -> Option<u32> {
        let waiting = self.waiters.get(&waiter)?;
        Some(self.group(waiting.home).ahead(waiting.place))
    }

    /// Everybody of a group in order, kept places included.
    pub fn waiting(&self, id: GroupId) -> impl Iterator<Item = Waiter> + '_ {
        self.groups.get(usize::from(id.0)).into_iter().flat_map(|group| group.waiters())
    }
}
