//! Keys: who hears them, what is typed ahead, how they are noted.

use super::{Ear, Line};
use crate::domain::call::timers::Timer;

/// The keys that cut an invitation short: at once, a person, main menu, slower, again.
const INVITED_KEYS: [char; 5] = ['#', '0', '*', '7', '9'];

impl Line {
    /// Starts to wait for a key.
    pub(in crate::domain::call) fn await_key(&mut self) {
        self.timers.set(Timer::Silence, self.now + self.rules.silence(self.slow));
    }

    /// Takes a key that somebody listens for, or keeps it for later.
    pub(in crate::domain::call) fn hear(&mut self, key: char) -> Option<char> {
        let ended = self.entry_ended.take();
        if key == '#' && ended.is_some_and(|at| self.now < at + self.rules.entry_tail) {
            self.note_key(key);
            return None;
        }
        match self.ear {
            Ear::Open => Some(self.consume(key)),
            Ear::Invited => {
                self.note_key(key);
                let known = INVITED_KEYS.contains(&key);
                if known {
                    self.is_choice(key);
                    self.hush();
                }
                known.then_some(key)
            }
            Ear::Recording => {
                self.note_key(key);
                (key == '#').then_some(key)
            }
            Ear::Talk => {
                self.note_key(key);
                None
            }
            Ear::Shut if self.leaving || self.keys.len() >= self.rules.type_ahead_max => {
                self.keys_dropped = self.keys_dropped.saturating_add(1);
                None
            }
            Ear::Shut => {
                self.keys.push_back(key);
                None
            }
        }
    }

    /// The next key typed ahead, when somebody listens.
    pub(in crate::domain::call) fn next_key(&mut self) -> Option<char> {
        if self.ear != Ear::Open {
            return None;
        }
        let key = self.keys.pop_front()?;
        let ended = self.entry_ended.take();
        if key == '#' && ended.is_some() {
            self.note_key(key);
            return self.next_key();
        }
        Some(self.consume(key))
    }

    fn consume(&mut self, key: char) -> char {
        self.note_key(key);
        self.hush();
        self.await_key();
        key
    }

    fn note_key(&mut self, key: char) {
        self.noted_key = self.ledger.note_key(self.now - self.started, key);
    }

    /// The key that was just heard is a choice of this menu: it stands in clear in the account.
    pub(in crate::domain::call) fn is_choice(&mut self, key: char) {
        if let Some(place) = self.noted_key.take() {
            self.ledger.reveal(place, key);
        }
    }

    /// Forgets keys typed ahead, after a mistake or before an answer that must be heard.
    pub(in crate::domain::call) fn forget_keys(&mut self) {
        for key in std::mem::take(&mut self.keys) {
            self.note_key(key);
        }
    }

    /// An entry ended by its length: the `#` that the prompt asked for may still come.
    pub(in crate::domain::call) fn entry_complete(&mut self) {
        self.entry_ended = Some(self.now);
    }
}
