//! The invariants of a room at rest, asserted after every input of a debug build.

use super::contract::Recording;
use super::hearing::hear_each_other;
use super::machine::Room;
use super::party::{Line, Party};

impl Room {
    pub(super) fn check(&self) {
        for party in &self.parties {
            self.check_party(party);
        }
        let talk = self
            .parties
            .iter()
            .any(|one| self.parties.iter().any(|other| hear_each_other(one, other)));
        let kept = match self.secret_until {
            Some(_) => self.recording == Recording::Secret,
            None => self.recording == Recording::On,
        };
        debug_assert!(!talk || kept, "R5: what two can hear is kept");
        let present = self.parties.iter().any(Party::is_present);
        debug_assert!(!(self.finished && present), "R7: at the finish no party is left");
        debug_assert!(
            self.is_over() || self.queued || self.waits_for_nobody() || self.has_timer(),
            "R8: a room that is not over has people in it or a timer"
        );
    }

    fn waits_for_nobody(&self) -> bool {
        self.parties.iter().any(|party| party.line == Line::Up)
    }

    fn has_timer(&self) -> bool {
        self.poll_timeout().is_some()
    }

    fn check_party(&self, party: &Party) {
        let hears = &party.hears;
        debug_assert!(!hears.of.contains(&party.id), "R1: nobody hears himself");
        debug_assert!(!party.held || hears.of.is_empty(), "R2: who is held hears nobody");
        for other in hears.of.iter().filter_map(|of| self.get(*of)) {
            debug_assert!(!other.held, "R2: who is held is heard by nobody");
            debug_assert!(
                other.watch.is_none_or(|watch| watch.whispers && watch.seat == Some(party.id)),
                "R3: a watcher is heard by the seat he whispers to alone"
            );
        }
        debug_assert!(!hears.music || hears.of.is_empty(), "music is for who hears nobody");
        let in_dial = matches!(party.line, Line::Ringing | Line::Asked);
        debug_assert_eq!(in_dial, party.dial.is_some(), "R6: who is rung has a limit");
        let told = party.line != Line::Leaving || party.playing.is_some();
        debug_assert!(told, "R6: a goodbye has an end");
    }
}
