//! What is said in a conversation, and to whom.

use super::contract::{Action, CITIZEN};
use super::machine::{Room, index};
use super::party::{AfterPlay, Line, Party, Playing, Who};
use crate::domain::call::PlayId;
use crate::domain::speech::{Plan, PromptId, Value, plan};
use crate::units::PartyId;
use std::time::Duration;

/// The first number of a play here; the call's own plays stay below, so that the two of one
/// citizen never meet.
pub(super) const FIRST_PLAY: u32 = 1 << 20;
/// When the citizen begins to wait while something else is being said to him, he is told so late.
const SOON: Duration = Duration::from_secs(5);

impl Room {
    /// Says one sentence without values.
    pub(super) fn say(&mut self, to: PartyId, what: PromptId, over: bool, then: AfterPlay) {
        self.play(to, what, plan(what, &[]), over, then);
    }

    fn play(&mut self, to: PartyId, what: PromptId, plan: Plan, over: bool, then: AfterPlay) {
        let heard =
            |party: &&mut Party| matches!(party.line, Line::Up | Line::Asked | Line::Leaving);
        let Some(party) = self.parties.get_mut(index(to)).filter(heard) else { return };
        let play = PlayId(self.plays);
        self.plays = self.plays.wrapping_add(1).max(FIRST_PLAY);
        party.playing = Some(Playing { play, what, until: self.now + self.rules.play_max, then });
        self.actions.push_back(Action::Play { play, to, plan, over });
    }

    /// Says a sentence with the name of `whose` unit, over what is heard.
    pub(super) fn say_word(&mut self, to: PartyId, what: PromptId, whose: PartyId) {
        let word = match self.get(whose).map(|party| &party.who) {
            Some(Who::Unit { unit, .. }) => unit.clone(),
            _ => return,
        };
        self.play(to, what, plan(what, &[("dept", Value::Word(&word))]), true, AfterPlay::Nothing);
    }

    /// Everybody who is in the conversation and not aside.
    fn floor(&self) -> Vec<PartyId> {
        self.parties.iter().filter(|p| p.talks() && p.joined).map(|party| party.id).collect()
    }

    pub(super) fn say_to_floor(&mut self, what: PromptId) {
        for party in self.floor() {
            self.say(party, what, true, AfterPlay::Nothing);
        }
    }

    /// W02: the unit is told what it is about, and asked to press 1.
    pub(super) fn ask_unit(&mut self, party: PartyId) {
        let nature = self.matter.nature.map_or("nature.other", |nature| nature.script_id());
        let words = plan(PromptId::W02, &[("type", Value::Word(nature))]);
        self.play(party, PromptId::W02, words, false, AfterPlay::AwaitKey);
    }

    /// W03: the unit is in the conversation.
    pub(super) fn announce_joined(&mut self, party: PartyId) {
        if self.get(party).is_some_and(Party::is_leader) {
            return self.announce_taker(party);
        }
        for to in self.floor() {
            self.say_word(to, PromptId::W03, party);
        }
    }

    /// G05, D05: who talks to the citizen now.
    pub(super) fn announce_taker(&mut self, party: PartyId) {
        let Some(card) = self.get(party).and_then(Party::card).cloned() else { return };
        let (what, words) = if self.get(party).is_some_and(Party::is_leader) {
            let title = card.title.as_deref().unwrap_or("title.other");
            (PromptId::D05, plan(PromptId::D05, &[("title", Value::Word(title))]))
        } else {
            let digits = Value::Digits(card.seat.as_str());
            (PromptId::G05, plan(PromptId::G05, &[("agent_no", digits)]))
        };
        self.play(CITIZEN, what, words, true, AfterPlay::Nothing);
    }

    /// W04: the citizen and the seat are told that nobody of the unit was reached.
    pub(super) fn say_nobody_reached(&mut self, unit: PartyId, by: Option<PartyId>) {
        for to in [Some(CITIZEN), by].into_iter().flatten() {
            self.say_word(to, PromptId::W04, unit);
        }
    }

    /// W06: the unit has left those who go on.
    pub(super) fn say_unit_left(&mut self, unit: PartyId) {
        let floor = self.floor();
        if floor.len() > 1 && floor.contains(&CITIZEN) {
            for to in floor {
                self.say_word(to, PromptId::W06, unit);
            }
        }
    }

    /// G01 G02: who calls, and that it is recorded. The seat hears how far that is.
    pub(super) fn greet_called_back(&mut self) {
        for to in self.floor() {
            let words = plan(PromptId::G01, &[]).then(plan(PromptId::G02, &[]));
            self.play(to, PromptId::G01, words, to != CITIZEN, AfterPlay::Nothing);
        }
    }

    pub(super) fn stop_play(&mut self, party: PartyId) {
        let playing = self.parties.get_mut(index(party)).and_then(|found| found.playing.take());
        if playing.is_some() {
            self.actions.push_back(Action::StopPlay(party));
        }
    }

    pub(super) fn play_done(&mut self, play: PlayId) {
        let ended = |party: &&Party| party.playing.is_some_and(|playing| playing.play == play);
        if let Some(party) = self.parties.iter().find(ended).map(|party| party.id) {
            self.play_ended(party);
        }
    }

    /// A sentence is over, or is taken as over.
    pub(super) fn play_ended(&mut self, party: PartyId) {
        let Some(playing) = self.parties[index(party)].playing.take() else { return };
        match playing.then {
            AfterPlay::Nothing => {}
            AfterPlay::AwaitKey => self.await_key(party),
            AfterPlay::HangUp => {
                self.actions.push_back(Action::HangUp(party));
                self.end_line(party);
            }
        }
    }

    /// W08 when the citizen begins to wait, and again while he waits.
    pub(super) fn keep_citizen_informed(&mut self) {
        let citizen = &self.parties[0];
        let waits = citizen.line == Line::Up && citizen.hears.music && !citizen.deaf;
        let told = citizen.playing.map(|playing| playing.what);
        match (waits, self.remind_at) {
            (true, None) if told.is_some() => self.remind_at = Some(self.now + SOON),
            (true, None) => self.remind(),
            (false, Some(_)) => {
                self.remind_at = None;
                if told == Some(PromptId::W08) {
                    self.stop_play(CITIZEN);
                }
            }
            _ => {}
        }
    }

    fn remind(&mut self) {
        self.remind_at = Some(self.now + self.rules.remind);
        self.say(CITIZEN, PromptId::W08, false, AfterPlay::Nothing);
    }

    pub(super) fn remind_if_due(&mut self) {
        if self.remind_at.is_some_and(|at| at <= self.now) {
            self.remind();
        }
    }
}
