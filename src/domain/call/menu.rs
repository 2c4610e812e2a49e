//! Menus: what a key means, and what follows when none or a wrong one is pressed.

use super::line::Line;
use super::people::Seats;
use super::stage::{Event, Next, Outcome, Why};
use super::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;

/// What a key in a menu means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// One of the choices.
    Choice(char),
    /// 0: a person is wanted.
    Human,
    /// `*`: back to the main menu.
    Back,
    /// It is dealt with: repeated, slower, refused.
    Done,
    /// Too many failures; the last was this.
    GaveUp(Why),
}

/// Keys that mean the same in every menu.
const EVERYWHERE: &str = "0*789";

/// Counts what goes wrong in one menu.
#[derive(Debug, Default)]
pub(super) struct Failures(u8);

impl Failures {
    /// A key in a menu with these choices. 7, 8, 9, 0 and `*` mean the same in every menu.
    pub(super) fn key(&mut self, line: &mut Line, key: char, choices: &str) -> Pressed {
        if choices.contains(key) || EVERYWHERE.contains(key) {
            line.is_choice(key);
        }
        match key {
            _ if choices.contains(key) => return Pressed::Choice(key),
            '0' => return Pressed::Human,
            '*' => return Pressed::Back,
            '7' => {
                let confirmed = if line.toggle_slow() { PromptId::X11 } else { PromptId::X12 };
                line.repeat_after(&[sentence(confirmed)]);
            }
            '8' => line.repeat_after(&[notice(line)]),
            '9' => line.repeat_after(&[]),
            _ => return self.fail(line, Why::WrongKeys),
        }
        Pressed::Done
    }

    /// Nothing was pressed.
    pub(super) fn silent(&mut self, line: &mut Line) -> Pressed {
        self.fail(line, Why::Silent)
    }

    fn fail(&mut self, line: &mut Line, why: Why) -> Pressed {
        self.0 = self.0.saturating_add(1);
        line.forget_keys();
        if self.0 >= line.rules.failures_max {
            return Pressed::GaveUp(why);
        }
        match why {
            Why::WrongKeys => line.repeat_after(&[sentence(PromptId::X01)]),
            _ => line.repeat_after(&[sentence(PromptId::X02), sentence(PromptId::X09)]),
        }
        Pressed::Done
    }
}

/// The personal information notice (PIPL art. 17); only where a person is sought it names key 0.
fn notice(line: &Line) -> Sentence {
    let id = if line.waits() { PromptId::G08 } else { PromptId::G08N };
    with(id, "retention_days", Value::Count(line.rules.retention_days))
}

/// The main menu while nobody takes calls (G03N, A02, A02N), or the choice after "nobody is on
/// duty" (B03) or after the longest wait (Q04N).
#[derive(Debug, Default)]
pub(super) struct Menu {
    failures: Failures,
    /// A02 was said: 1 is the message there, 2 the look-up.
    after_hours: bool,
}

impl Menu {
    /// Asks for a choice; once in the call the emergency numbers come first (G04).
    pub(super) fn enter(line: &mut Line, mut preface: Vec<Sentence>) -> Self {
        if !std::mem::replace(&mut line.emergency_told, true) {
            preface.push(sentence(PromptId::G04));
        }
        let question = main_question(line);
        line.ask_after(&preface, vec![sentence(question)]);
        Self { after_hours: question == PromptId::A02, ..Self::default() }
    }

    /// Says honestly that nobody is on duty and asks what to do instead. After the longest wait
    /// somebody is, and the question is all that is left.
    pub(super) fn no_seat(line: &mut Line, mut preface: Vec<Sentence>) -> Self {
        let waited = line.waited_too_long();
        if !waited {
            preface.push(sentence(PromptId::B01));
        }
        preface.push(sentence(PromptId::B02));
        let question = if waited { PromptId::Q04N } else { PromptId::B03 };
        line.ask_after(&preface, vec![sentence(question)]);
        Self::default()
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) -> Next {
        let pressed = match event {
            Event::Key(key) => {
                let choices = if self.after_hours { "12" } else { "123" };
                self.failures.key(line, *key, choices)
            }
            Event::Silent => self.failures.silent(line),
            _ => Pressed::Done,
        };
        match pressed {
            Pressed::Choice('1') if self.after_hours => Next::Voicemail(Why::Chosen),
            Pressed::Choice('2') if self.after_hours => Next::LookUp,
            Pressed::GaveUp(why) => Next::Voicemail(why),
            pressed => common(pressed),
        }
    }
}

fn main_question(line: &Line) -> PromptId {
    match &line.incoming.seats {
        Seats::Closed { duty: Some(_), .. } => PromptId::A02,
        Seats::Closed { duty: None, .. } => PromptId::A02N,
        Seats::None | Seats::Open(_) => PromptId::G03N,
    }
}

/// The choice after something came of the call: silence is a goodbye here, or the way back to the
/// queue for who kept his place in it.
#[derive(Debug, Default)]
pub(super) struct After {
    failures: Failures,
}

impl After {
    /// Says the outcome unless it was told, which no key typed before skips, and asks.
    pub(super) fn enter(line: &mut Line, outcome: Outcome) -> Self {
        line.forget_keys();
        let full = [outcome.words, vec![sentence(outcome.question)]].concat();
        if outcome.told {
            line.ask(vec![sentence(outcome.question)]);
            line.remember(full);
        } else {
            line.ask(full);
        }
        Self::default()
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) -> Next {
        let pressed = match event {
            Event::Key(key) => self.failures.key(line, *key, "123"),
            Event::Silent => Pressed::GaveUp(Why::Silent),
            _ => Pressed::Done,
        };
        match pressed {
            Pressed::GaveUp(_) if line.waits() => Next::Person,
            Pressed::GaveUp(_) => Next::Goodbye(vec![sentence(PromptId::X08)]),
            pressed => common(pressed),
        }
    }
}

/// Where the keys of the main menu lead from everywhere.
fn common(pressed: Pressed) -> Next {
    match pressed {
        Pressed::Choice('1') => Next::LookUp,
        Pressed::Choice('2') => Next::Voicemail(Why::Chosen),
        Pressed::Choice(_) => Next::Callback,
        Pressed::Human => Next::Person,
        Pressed::Back => Next::Menu(Vec::new()),
        Pressed::GaveUp(why) => Next::Voicemail(why),
        Pressed::Done => Next::Stay,
    }
}
