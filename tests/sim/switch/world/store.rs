//! The store of the world: it stalls, it is down, and sometimes its answer never comes.

use super::{Asker, Happening, World};
use mayorline::domain::call::{IntakeKind, Lookup, StoreReply, StoreRequest};
use mayorline::domain::room::NotStored;
use mayorline::gateway::switch::WrapUpAttempt;
use mayorline::proto::TextId;
use mayorline::units::{CaseNumber, QueryCode};
use rand::RngExt;
use std::time::Duration;

impl World {
    /// The disk stalls, fails, or does its work.
    pub(super) fn store(&mut self, asker: Asker, request: &StoreRequest) {
        let delay = match self.rng.random_range(0..20) {
            0 => self.rng.random_range(1_000..20_000),
            _ => self.rng.random_range(1..15),
        };
        let reply = if self.chance(5) { StoreReply::Unavailable } else { self.answer(request) };
        if self.chance(1) {
            return; // the answer never comes
        }
        let life = self.life;
        self.after(Duration::from_millis(delay), Happening::Stored(life, asker, reply));
    }

    pub(super) fn hear_of(&mut self, asker: Asker, reply: StoreReply) {
        self.switch.stored(self.clock(), asker, reply);
    }

    /// A text, likewise.
    pub(super) fn keep_text(&mut self, text: TextId) {
        let delay = match self.rng.random_range(0..20) {
            0 => self.rng.random_range(1_000..20_000),
            _ => self.rng.random_range(1..15),
        };
        let is_kept = !self.chance(5);
        if !self.chance(1) {
            let happening = Happening::Kept(self.life, text, is_kept);
            self.after(Duration::from_millis(delay), happening);
        }
    }

    pub(super) fn text_kept(&mut self, text: TextId, is_kept: bool) {
        self.shadow.text_kept(is_kept);
        self.switch.text_kept(self.clock(), text, is_kept);
    }

    /// What an operator decided, likewise.
    pub(super) fn store_wrap_up(&mut self, attempt: WrapUpAttempt) {
        let delay = match self.rng.random_range(0..20) {
            0 => self.rng.random_range(1_000..20_000),
            _ => self.rng.random_range(1..15),
        };
        let stored = match self.rng.random_range(0..20) {
            0 => return, // the answer never comes
            1..4 => Err(NotStored::Down),
            4 => Err(NotStored::Refused),
            _ => Ok(()),
        };
        let happening = Happening::WrapUpStored(self.life, attempt, stored);
        self.after(Duration::from_millis(delay), happening);
    }

    fn answer(&mut self, request: &StoreRequest) -> StoreReply {
        match request {
            StoreRequest::Open(intake) if intake.kind == IntakeKind::Abandoned => {
                StoreReply::Opened { number: None, code: None }
            }
            StoreRequest::Open(_) => {
                self.cases += 1;
                let number = CaseNumber::new(2026, 11, 22, self.cases);
                StoreReply::Opened { number, code: QueryCode::new(4821) }
            }
            StoreRequest::LookUp { .. } => {
                StoreReply::LookedUp(match self.rng.random_range(0..3) {
                    0 => Lookup::Locked,
                    _ => Lookup::Wrong,
                })
            }
        }
    }
}
