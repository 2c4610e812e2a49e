//! Wrap-ups on their way to the store (R12), by attempt: what the store holds is told as it works: of
//! one seat it takes one disposition, until another seat has given its own.

use mayorline::domain::desk::{DeskReply, Disposition};
use mayorline::domain::room::WrapUp;
use mayorline::units::SeatNumber;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Attempt {
    seat: SeatNumber,
    /// The command that it is for.
    wish: u64,
    disposition: Disposition,
    /// What the store held after its commit.
    held: Option<Disposition>,
}

#[derive(Default)]
pub(super) struct Attempts {
    of: BTreeMap<u32, Attempt>,
    /// The wrap-up that was wished last; what the store is asked for follows at once.
    wish: u64,
    stands: Option<(SeatNumber, Disposition)>,
}

impl Attempts {
    pub(super) fn wished(&mut self, id: u64) {
        self.wish = id;
    }

    /// The store is asked for it.
    pub(super) fn sent(&mut self, attempt: u32, wrap_up: &WrapUp) {
        assert!(wrap_up.decides, "R12: what decides nothing is not stored");
        let disposition = wrap_up.disposition.expect("R12: a disposition is stored");
        let (seat, wish) = (wrap_up.seat.clone(), self.wish);
        let one = Attempt { seat, wish, disposition, held: None };
        assert!(self.of.insert(attempt, one).is_none(), "R12: {attempt} is sent twice");
    }

    /// The store has committed it.
    pub(super) fn committed(&mut self, attempt: u32) {
        let one = self.of.get_mut(&attempt).unwrap();
        if self.stands.as_ref().is_none_or(|(seat, _)| *seat != one.seat) {
            self.stands = Some((one.seat.clone(), one.disposition));
        }
        one.held = self.stands.as_ref().map(|(_, held)| *held);
    }

    pub(super) fn answered(&self, id: u64, reply: DeskReply) {
        let one = self.of.values().find(|one| one.wish == id);
        if let Some(one) = one.filter(|_| reply == DeskReply::Done) {
            assert_eq!(one.held, Some(one.disposition), "R12: {id} is done before its commit");
        }
    }

    /// The seat owes nothing any more.
    pub(super) fn closed(&self, wrap_up: &WrapUp) {
        if wrap_up.decides && wrap_up.disposition.is_some() {
            let its = |one: &Attempt| one.seat == wrap_up.seat && one.held == wrap_up.disposition;
            assert!(self.of.values().any(its), "R12: {:?} is not stored", wrap_up.seat);
        }
    }
}
