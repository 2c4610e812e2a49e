//! What the house calls out for: citizens who are called back, units that are told something.

use super::{Happening, World};
use mayorline::domain::desk::Refusal;
use mayorline::domain::voice_call::{CaseSaid, VoiceKind};
use mayorline::gateway::switch::ConversationId;
use mayorline::store::VoiceDue;
use mayorline::units::CaseNumber;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

impl World {
    /// The store has taken an attempt to call back, or not.
    pub(super) fn attempt_stored(
        &mut self,
        id: ConversationId,
        begins: bool,
        command: Option<u64>,
    ) {
        let begun = match begins {
            true => Ok(self.trunks.begin_attempt(command)),
            false => Err(Refusal::WrongState),
        };
        self.switch.attempt_begun(self.clock(), id, begun);
        self.carry_out();
        if !begins {
            self.shadow.attempt_refused(id);
        }
    }

    /// Up to three units, by dice of their own: the other ways of a seed stay as they are.
    pub(super) fn will_tell_units(&mut self, seed: u64) {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x0407_E500);
        for id in 1..=dice.random_range(0..4) {
            let at = Duration::from_millis(dice.random_range(1_000..120_000));
            self.after(at, Happening::Voice(self.life, id));
        }
    }

    /// A unit is to be told by telephone.
    pub(super) fn tell_unit(&mut self, id: i64) {
        let number = CaseNumber::new(2026, 11, 20, 9).unwrap();
        let case = CaseSaid { number, on: jiff::civil::date(2026, 11, 27), at: None };
        let attempt = u32::try_from(id).unwrap();
        let (unit, kind) = ("unit.13".to_owned(), VoiceKind::Overdue);
        let due = VoiceDue { id, unit, kind, count: 2, cases: vec![case], attempt };
        self.shadow.voices.insert(id);
        self.switch.voice_due(self.clock(), vec![due]);
        self.carry_out();
    }
}
