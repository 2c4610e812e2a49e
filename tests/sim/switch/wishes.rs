//! Wrap-ups on their way to the store (S14), by attempt.

use mayorline::domain::desk::DeskReply;
use mayorline::gateway::switch::WrapUpAttempt;
use mayorline::store::WrapUpOrder;
use mayorline::units::SeatNumber;
use std::collections::{HashMap, HashSet};

/// A seat and a call.
type Pair = (SeatNumber, String);

struct Attempt {
    wish: u64,
    pair: Pair,
    committed: bool,
}

#[derive(Default)]
pub(super) struct WrapUps {
    /// Commands without an answer; with the seat and the call of those that nothing is owed for.
    wished: HashMap<u64, Option<Pair>>,
    attempts: HashMap<WrapUpAttempt, Attempt>,
    /// The last command; what the store is asked for follows at once.
    last: u64,
    /// What was told to be done, and what was committed.
    done: HashSet<Pair>,
    /// The call that each seat has left last.
    left: HashMap<SeatNumber, String>,
}

impl WrapUps {
    /// A wrap-up is wished; `before`: of this, for which nothing is owed.
    pub(super) fn wished(&mut self, id: u64, before: Option<Pair>) {
        self.wished.insert(id, before);
        self.last = id;
    }

    /// The store is asked for it.
    pub(super) fn sent(&mut self, attempt: WrapUpAttempt, order: &WrapUpOrder) {
        let pair = (order.wrap_up.seat.clone(), order.wrap_up.call.to_string());
        self.attempts.insert(attempt, Attempt { wish: self.last, pair, committed: false });
    }

    /// The store has committed it.
    pub(super) fn committed(&mut self, attempt: WrapUpAttempt) {
        let one = self.attempts.get_mut(&attempt).expect("what is committed was sent");
        one.committed = true;
        self.done.insert(one.pair.clone());
    }

    /// A command is answered; false: it was no wrap-up.
    pub(super) fn answered(&mut self, seat: &SeatNumber, id: u64, reply: DeskReply) -> bool {
        let Some(before) = self.wished.remove(&id) else { return false };
        if reply != DeskReply::Done {
            return true;
        }
        if let Some(one) = self.attempts.values().find(|one| one.wish == id) {
            assert!(one.committed, "S14: {seat} is done before its commit");
            self.done.insert(one.pair.clone());
        } else if let Some(pair) = before {
            assert!(self.done.contains(&pair), "S14: {pair:?} was never done");
        } else {
            // Of who handed over: nothing is stored.
            self.done.extend(self.left.get(seat).map(|call| (seat.clone(), call.clone())));
        }
        true
    }

    /// A seat has left a call, before it is told that its wrap-up is done.
    pub(super) fn left(&mut self, seat: &SeatNumber, call: &str) {
        self.left.insert(seat.clone(), call.to_owned());
    }
}
