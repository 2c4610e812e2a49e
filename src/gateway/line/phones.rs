//! The seats between store and switch: which there are, and where their phones were before a
//! restart.

use super::{Line, News};
use crate::domain::desk_link::ToDesk;
use crate::gateway::registrations::{accounts, from_store, to_store};
use crate::gateway::switch::Seat;
use crate::proto::Binding;
use crate::store::{SeatRecord, SeatsNow};
use crate::units::SeatNumber;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Line {
    /// Asks the store which seats there are, now and whenever that changes.
    pub(super) fn watch_seats(&self) {
        let tell = self.tell.clone();
        self.store.watch_seats(Box::new(move |seats| {
            if tell.try_send(News::Seats(Box::new(seats))).is_err() {
                tracing::error!("the line is behind: a change of the seats is lost");
            }
        }));
    }

    pub(super) fn seats_changed(&mut self, seats: SeatsNow) {
        let now = self.clock.now();
        self.accounts_changed(&seats.seats);
        let known = seats.seats.into_iter().filter_map(|seat| self.known(seat)).collect();
        self.switch.set_seats(now, known);
        let mut phones: BTreeMap<SeatNumber, Vec<Binding>> = BTreeMap::new();
        for record in seats.bindings {
            if let Some(binding) = from_store(&record, now) {
                phones.entry(record.seat).or_default().push(binding);
            }
        }
        for (seat, bindings) in phones {
            self.switch.restore_bindings(now, seat, bindings);
        }
    }

    /// Whoever signed in at a page with what held before is signed out.
    fn accounts_changed(&mut self, seats: &[SeatRecord]) {
        let now: BTreeMap<SeatNumber, Timestamp> =
            seats.iter().map(|seat| (seat.seat.clone(), seat.changed_at)).collect();
        let before = std::mem::take(&mut self.accounts);
        let removed = before.keys().filter(|seat| !now.contains_key(*seat));
        let removed = removed.map(|seat| (seat, None));
        let changed = now.iter().filter(|(seat, at)| before.get(*seat) != Some(*at));
        let changed = changed.map(|(seat, at)| (seat, Some(*at)));
        for (seat, changed_at) in removed.chain(changed) {
            let news = ToDesk::SeatChanged { seat: seat.clone(), changed_at };
            if self.desk.to.try_send(news).is_err() {
                tracing::error!(%seat, "ALARM the pages are behind: a seat was not signed out");
            }
        }
        self.accounts = now;
    }

    fn known(&self, seat: SeatRecord) -> Option<Seat> {
        let account = accounts(std::slice::from_ref(&seat), &self.seats.realm).pop()?;
        let SeatRecord { name, role, groups, .. } = seat;
        let ready_when_reachable = !self.seats.sign_in;
        Some(Seat { account, name, role, groups, ready_when_reachable })
    }

    pub(super) fn save_bindings(&self, seat: SeatNumber, bindings: &[Binding]) {
        let now = self.clock.now();
        let records = bindings.iter().map(|binding| to_store(&seat, binding, now)).collect();
        if !self.store.save_bindings(seat, records) {
            tracing::warn!("the phones of a seat were not stored: they register again");
        }
    }
}
