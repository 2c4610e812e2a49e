//! The message (语音留言): told how, tone, recording, then submit, hear, again or cancel.
//!
//! `Told --tone--> Recording --closed--> Choice --1 or silence--> Saving --committed--> After`

use super::contract::{IntakeKind, StoreReply};
use super::line::{Line, Message};
use super::menu::{Failures, Pressed};
use super::stage::{Event, Next, Outcome, Why};
use super::timers::Timer;
use super::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;

#[derive(Debug)]
enum Step {
    /// M01 runs; the tone ends it.
    Told,
    /// The citizen speaks.
    Recording,
    /// M04: what to do with the message.
    Choice(Failures),
    /// M17 runs, then the message is played back.
    Announced,
    /// The store was asked; nothing is said of a number yet.
    Saving,
    /// M05 and M06 run.
    Telling(Vec<Sentence>),
}

/// One message.
#[derive(Debug)]
pub(super) struct Voicemail {
    step: Step,
    chosen: bool,
    silent_messages: u8,
    /// A person is wanted once the message is submitted.
    then_person: bool,
}

impl Voicemail {
    /// Asks for a message.
    pub(super) fn enter(line: &mut Line, why: Why) -> Self {
        let chosen = why == Why::Chosen;
        if line.may_open() {
            let preface = match why {
                Why::Chosen => None,
                Why::Silent => Some(sentence(PromptId::B04)),
                Why::WrongKeys => Some(sentence(PromptId::X03N)),
            };
            line.forget_keys();
            line.invite(&preface.into_iter().chain(invitation(line)).collect::<Vec<_>>());
        } else {
            line.end(vec![sentence(PromptId::X08)]);
        }
        Self { step: Step::Told, chosen, silent_messages: 0, then_person: false }
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: Event) -> Next {
        match (&mut self.step, event) {
            (Step::Told, Event::Said) => self.record(line),
            (Step::Told, Event::Key(key)) => return self.told_key(line, key),
            (Step::Recording, Event::Key('#')) => line.stop_message(),
            (Step::Recording, Event::Step) => line.interject(PromptId::M03),
            (Step::Recording, Event::Recorded) => return self.recorded(line),
            (Step::Choice(failures), Event::Key(key)) => {
                let pressed = failures.key(line, key, "1234");
                return self.choose(line, pressed);
            }
            (Step::Choice(failures), Event::Silent) => {
                let pressed = failures.silent(line);
                return self.choose(line, pressed);
            }
            (Step::Choice(_), Event::Said) if line.replayed() => line.repeat_after(&[]),
            (Step::Announced, Event::Said) => self.replay(line),
            (Step::Saving, Event::Step) if !line.speaks() => line.tell(&[sentence(PromptId::M12)]),
            (Step::Saving, Event::Replied(reply)) => return self.saved(line, reply),
            (Step::Telling(outcome), Event::Said) => {
                line.untold = None;
                if self.then_person {
                    return Next::Person;
                }
                return Next::After(Outcome::told(std::mem::take(outcome), PromptId::M15));
            }
            _ => {}
        }
        Next::Stay
    }

    fn told_key(&mut self, line: &mut Line, key: char) -> Next {
        match key {
            '#' => self.record_after_tone(line, &[]),
            '0' => return Next::Person,
            '*' => return Next::Menu(Vec::new()),
            '7' => {
                let confirmed = if line.toggle_slow() { PromptId::X11 } else { PromptId::X12 };
                line.invite(&[vec![sentence(confirmed)], invitation(line)].concat());
            }
            _ => line.invite(&invitation(line)),
        }
        Next::Stay
    }

    fn record_after_tone(&mut self, line: &mut Line, preface: &[Sentence]) {
        self.step = Step::Told;
        line.tell(&[preface, &[Sentence::Tone]].concat());
    }

    fn record(&mut self, line: &mut Line) {
        self.step = Step::Recording;
        line.record_message();
        let rules = &line.rules;
        let warning = rules.message_limit.saturating_sub(rules.message_warning);
        if !warning.is_zero() {
            line.timers.set(Timer::Step, line.now + warning);
        }
    }

    fn recorded(&mut self, line: &mut Line) -> Next {
        line.timers.clear(Timer::Step);
        let (long_enough, at_limit) = match &line.message {
            Some(Message::Closed(_, summary)) => (
                summary.speech >= line.rules.message_speech_min,
                summary.duration >= line.rules.message_limit,
            ),
            _ => return sorry(line, PromptId::M10),
        };
        if !long_enough {
            return self.heard_nothing(line);
        }
        self.step = Step::Choice(Failures::default());
        let preface = if at_limit { vec![sentence(PromptId::M11)] } else { Vec::new() };
        line.ask_after(&preface, vec![sentence(PromptId::M04)]);
        Next::Stay
    }

    fn heard_nothing(&mut self, line: &mut Line) -> Next {
        line.discard_message();
        self.silent_messages += 1;
        if self.silent_messages < line.rules.failures_max {
            self.record_after_tone(line, &[sentence(PromptId::M08)]);
            return Next::Stay;
        }
        if self.chosen {
            Next::Menu(vec![sentence(PromptId::M13)])
        } else {
            Next::Goodbye(vec![sentence(PromptId::M13), sentence(PromptId::X08)])
        }
    }

    fn choose(&mut self, line: &mut Line, pressed: Pressed) -> Next {
        match pressed {
            Pressed::Choice('1') => self.submit(line),
            Pressed::Choice('2') => {
                self.step = Step::Announced;
                line.tell(&[sentence(PromptId::M17)]);
            }
            Pressed::Choice('3') => {
                line.discard_message();
                line.forget_keys();
                self.record_after_tone(line, &[]);
            }
            Pressed::Choice(_) => {
                line.discard_message();
                return Next::Menu(vec![sentence(PromptId::M09)]);
            }
            // The message must not be lost on the way to a person or to the menu.
            Pressed::Human if line.waits() => {
                self.then_person = true;
                self.submit(line);
            }
            Pressed::Human => line.repeat_after(&[sentence(PromptId::B01)]),
            Pressed::Back => line.repeat_after(&[]),
            Pressed::GaveUp(_) => {
                self.submit(line);
                line.tell(&[sentence(PromptId::M16)]);
            }
            Pressed::Done => {}
        }
        Next::Stay
    }

    fn replay(&mut self, line: &mut Line) {
        self.step = Step::Choice(Failures::default());
        if let Some(Message::Closed(record, summary)) = &line.message {
            let (record, length) = (*record, summary.duration);
            line.replay(record, length);
        }
    }

    fn submit(&mut self, line: &mut Line) {
        self.step = Step::Saving;
        let Some(Message::Closed(_, summary)) = line.message.take() else {
            return;
        };
        let contact = line.incoming.caller.number.clone();
        let intake = line.intake(IntakeKind::Voicemail, contact, Some(summary));
        line.submit(intake);
    }

    fn saved(&mut self, line: &mut Line, reply: StoreReply) -> Next {
        line.timers.clear(Timer::Step);
        match reply {
            StoreReply::Opened { number: Some(number), code } => {
                let outcome = receipt(PromptId::M05, number, code);
                line.tell(&[vec![sentence(PromptId::M14)], outcome.clone()].concat());
                self.step = Step::Telling(outcome);
                Next::Stay
            }
            StoreReply::Opened { number: None, .. } => sorry(line, PromptId::M05N),
            StoreReply::LookedUp(_) | StoreReply::Unavailable => sorry(line, PromptId::M10),
        }
    }
}

/// Number and query code of a case that is committed, each spoken twice by the script.
pub(super) fn receipt(
    id: PromptId,
    number: crate::units::CaseNumber,
    code: Option<crate::units::QueryCode>,
) -> Vec<Sentence> {
    let mut words = vec![with(id, "case_no", Value::Case(number))];
    words.extend(code.map(|code| with(PromptId::M06, "pin", Value::Code(code))));
    words
}

/// The last word on a message: then a person where one is sought, else goodbye.
fn sorry(line: &Line, id: PromptId) -> Next {
    if line.waits() {
        Next::NoSeat(vec![sentence(id), sentence(PromptId::X03)])
    } else {
        Next::Goodbye(vec![sentence(id), sentence(PromptId::X08)])
    }
}

fn invitation(line: &Line) -> Vec<Sentence> {
    let minutes = u32::try_from(line.rules.message_limit.as_secs() / 60).unwrap_or(1).max(1);
    vec![sentence(PromptId::M01), with(PromptId::M02, "n", Value::Count(minutes)), Sentence::Tone]
}
