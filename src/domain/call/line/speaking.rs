//! Plays: what is told, asked, repeated and said over what goes on.

use super::{Ear, Line};
use crate::domain::call::contract::{Action, EntryKind, PlayId, RecordId};
use crate::domain::call::timers::Timer;
use crate::domain::call::words::{Sentence, Value, say, sentence};
use crate::domain::speech::PromptId;
use std::time::Duration;

/// How a replay of the citizen's own message stands in the account.
const REPLAY: &str = "replay";

impl Line {
    /// Says something that no key cuts short; `Said` follows.
    pub(in crate::domain::call) fn tell(&mut self, sentences: &[Sentence]) {
        self.ear = Ear::Shut;
        self.timers.clear(Timer::Silence);
        self.play(sentences);
    }

    /// Asks a question: any key cuts it short, and silence after it is an answer too. With keys
    /// typed ahead it is not said at all.
    pub(in crate::domain::call) fn ask(&mut self, question: Vec<Sentence>) {
        self.ask_after(&[], question);
    }

    /// Asks a question after a preface that is not repeated by 重听.
    pub(in crate::domain::call) fn ask_after(
        &mut self,
        preface: &[Sentence],
        question: Vec<Sentence>,
    ) {
        if self.leaves_instead() {
            return;
        }
        self.ear = Ear::Open;
        if self.keys.is_empty() {
            self.play(&[preface, &question].concat());
        } else {
            self.await_key();
        }
        self.last = question;
    }

    /// Invites to something that follows by itself; `Said` or a key comes next.
    pub(in crate::domain::call) fn invite(&mut self, sentences: &[Sentence]) {
        if !self.leaves_instead() {
            self.ear = Ear::Invited;
            self.play(sentences);
        }
    }

    /// Says something to a citizen who waits; any key cuts it short. Without words it only listens.
    pub(in crate::domain::call) fn announce(&mut self, sentences: &[Sentence]) {
        if self.leaves_instead() {
            return;
        }
        self.ear = Ear::Open;
        if !sentences.is_empty() {
            self.play(sentences);
        }
    }

    /// Hold music on or off.
    pub(in crate::domain::call) fn music(&mut self, on: bool) {
        if self.music != on {
            self.music = on;
            self.actions.push_back(Action::Music(on));
        }
    }

    /// What 重听 says from now on.
    pub(in crate::domain::call) fn remember(&mut self, sentences: Vec<Sentence>) {
        self.last = sentences;
    }

    /// Asks the last question again, after a preface.
    pub(in crate::domain::call) fn repeat_after(&mut self, preface: &[Sentence]) {
        let question = self.last.clone();
        self.ask_after(preface, question);
    }

    /// Slow speech on or off, for the rest of the call (语速放慢); gives what it is now.
    pub(in crate::domain::call) fn toggle_slow(&mut self) -> bool {
        self.slow = !self.slow;
        self.slow
    }

    /// Lets the citizen hear the message (重听); any key cuts it short.
    pub(in crate::domain::call) fn replay(&mut self, record: RecordId, length: Duration) {
        if self.leaves_instead() {
            return;
        }
        self.ear = Ear::Open;
        let play = self.next_play(length + self.rules.record_wait);
        self.replays = true;
        self.note(EntryKind::Prompt(REPLAY.to_owned()));
        self.actions.push_back(Action::Replay { play, record });
    }

    /// Says something over what goes on, without a change of who listens (M03, X05).
    pub(in crate::domain::call) fn interject(&mut self, id: PromptId) {
        self.play(&[sentence(id)]);
    }

    pub(super) fn play(&mut self, sentences: &[Sentence]) {
        debug_assert!(!self.hung_up, "C4: nothing is said after the call is over");
        debug_assert!(self.only_committed(sentences), "C1: no number before its commit");
        let mut plan = say(sentences);
        if std::mem::take(&mut self.warning_due) {
            let warned = say(&[sentence(PromptId::X05)]);
            plan.pieces.splice(0..0, warned.pieces);
            plan.ids.splice(0..0, warned.ids);
        }
        for id in &plan.ids {
            self.note(EntryKind::Prompt((*id).to_owned()));
        }
        let play = self.next_play(self.rules.play_max + plan.rendered_length());
        self.replays = false;
        let slow = self.slow;
        self.actions.push_back(if self.talks() {
            Action::PlayOver { play, plan, slow }
        } else {
            Action::Play { play, plan, slow }
        });
    }

    fn next_play(&mut self, guard: Duration) -> PlayId {
        let play = PlayId(self.next_serial());
        self.plays += 1;
        if self.plays >= self.rules.plays_max && !self.leaving && !self.talks() {
            self.end(vec![sentence(PromptId::X08)]);
        }
        self.playing = Some(play);
        self.timers.set(Timer::Play, self.now + guard);
        self.timers.clear(Timer::Silence);
        play
    }

    fn only_committed(&self, sentences: &[Sentence]) -> bool {
        sentences.iter().all(|sentence| match sentence {
            Sentence::Script(PromptId::M05 | PromptId::M05C, values) => values.iter().all(|(_, value)| {
                matches!(value, Value::Case(number) if self.committed.contains(number))
            }),
            _ => true,
        })
    }

    /// True when what ends now was the citizen's own message.
    pub(in crate::domain::call) fn replayed(&self) -> bool {
        self.replays
    }

    /// True when something plays.
    pub(in crate::domain::call) fn speaks(&self) -> bool {
        self.playing.is_some()
    }

    /// Takes the end of a play; false when it is not the one that runs.
    pub(in crate::domain::call) fn play_ended(&mut self, play: Option<PlayId>) -> bool {
        if self.playing.is_none() || (play.is_some() && play != self.playing) {
            return false;
        }
        self.playing = None;
        self.timers.clear(Timer::Play);
        if self.ear == Ear::Open {
            self.await_key();
        }
        true
    }

    /// Cuts short what plays.
    pub(in crate::domain::call) fn hush(&mut self) {
        if self.playing.take().is_some() {
            self.timers.clear(Timer::Play);
            self.actions.push_back(Action::StopPlay);
        }
    }

    /// Says X05 when it was due while something else was said.
    pub(in crate::domain::call) fn warn_late(&mut self) {
        if self.warning_due {
            self.play(&[]);
        }
    }

    /// Notes that X05 is due: said at once when nothing plays, else before the next words.
    pub(in crate::domain::call) fn warn(&mut self) {
        self.warning_due = !self.leaving && !self.hung_up;
        if self.warning_due && self.playing.is_none() && self.ear != Ear::Shut {
            self.play(&[]);
        }
    }
}
