//! The look-up (语音查询): number, code, answer.
//!
//! `Number (L01) -> Code (L02) -> Waiting -> answer (L07 …) | refusal (L05) -> Number`
//! An unknown number, a wrong code and a locked case give the same sentence at the same delay (A6).

use super::contract::{Lookup, StoreReply, StoreRequest};
use super::keypad::{Keyed, KeypadEntry};
use super::line::Line;
use super::stage::{Event, Next, Outcome, Why};
use super::status::answer;
use super::timers::Timer;
use super::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;
use crate::units::{CaseNumber, QueryCode};

#[derive(Debug)]
enum Step {
    /// L01 is open.
    Number(KeypadEntry),
    /// L02 is open for this number.
    Code(CaseNumber, KeypadEntry),
    /// The store was asked. A refusal waits for its delay.
    Waiting {
        /// The delay has passed.
        delayed: bool,
        /// The store refused.
        refused: bool,
    },
}

/// One look-up and its tries.
#[derive(Debug)]
pub(super) struct LookUp {
    step: Step,
    unreadable: u8,
}

impl LookUp {
    /// Asks for the number, unless this call has used up its tries.
    pub(super) fn enter(line: &mut Line) -> Result<Self, Vec<Sentence>> {
        if line.wrong_tries >= line.rules.lookup_tries_max {
            return Err(vec![sentence(no_more_tries(line))]);
        }
        Ok(Self { step: ask_number(line, &[]), unreadable: 0 })
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: Event) -> Next {
        let keyed = match (&mut self.step, event) {
            (Step::Number(entry) | Step::Code(_, entry), Event::Key(key)) => entry.key(line, key),
            (Step::Number(entry) | Step::Code(_, entry), Event::Silent) => match entry.silent() {
                Some(keyed) => keyed,
                None => return self.ask_again(line, Why::Silent),
            },
            (Step::Waiting { .. }, Event::Step) => {
                line.tell(&[sentence(PromptId::L03)]);
                return Next::Stay;
            }
            (Step::Waiting { delayed, refused: true }, Event::Delayed) => {
                *delayed = true;
                return self.refuse(line);
            }
            (Step::Waiting { delayed, .. }, Event::Delayed) => {
                *delayed = true;
                return Next::Stay;
            }
            (Step::Waiting { .. }, Event::Replied(reply)) => return self.replied(line, reply),
            _ => return Next::Stay,
        };
        match keyed {
            Keyed::More => Next::Stay,
            Keyed::Restart => {
                line.repeat_after(&[]);
                Next::Stay
            }
            Keyed::Back => Next::Menu(Vec::new()),
            Keyed::Done(digits) => self.entered(line, &digits),
        }
    }

    fn entered(&mut self, line: &mut Line, digits: &str) -> Next {
        match self.step {
            Step::Number(_) => match CaseNumber::parse(digits) {
                Ok(number) => {
                    self.unreadable = 0;
                    line.ask(vec![sentence(PromptId::L02)]);
                    self.step = Step::Code(number, KeypadEntry::new(QueryCode::LEN));
                    Next::Stay
                }
                Err(_) => self.ask_again(line, Why::WrongKeys),
            },
            Step::Code(number, _) => match QueryCode::parse(digits) {
                Ok(code) => {
                    line.request(StoreRequest::LookUp { number, code });
                    line.timers.set(Timer::Step, line.now + line.rules.wait_notice);
                    line.timers.set(Timer::Delay, line.now + line.rules.lookup_refusal_delay);
                    self.step = Step::Waiting { delayed: false, refused: false };
                    Next::Stay
                }
                Err(_) => self.ask_again(line, Why::WrongKeys),
            },
            Step::Waiting { .. } => Next::Stay,
        }
    }

    /// An entry was missing or cannot be right: no try is used up, but not without end.
    fn ask_again(&mut self, line: &mut Line, why: Why) -> Next {
        self.unreadable += 1;
        line.forget_keys();
        let silent = why == Why::Silent;
        let max = if silent { line.rules.failures_max } else { line.rules.entry_failures_max };
        if self.unreadable >= max {
            return if silent { Next::Voicemail(why) } else { Next::NoSeat(Vec::new()) };
        }
        match (&mut self.step, silent) {
            (Step::Number(_), true) => {
                line.repeat_after(&[sentence(PromptId::X02), sentence(PromptId::L09)])
            }
            (Step::Number(_), false) => {
                self.step = ask_number(line, &[sentence(PromptId::L04), sentence(PromptId::L09)]);
            }
            (_, true) => line.repeat_after(&[sentence(PromptId::X02)]),
            (_, false) => line.repeat_after(&[sentence(PromptId::X01)]),
        }
        Next::Stay
    }

    fn replied(&mut self, line: &mut Line, reply: StoreReply) -> Next {
        line.timers.clear(Timer::Step);
        match reply {
            StoreReply::LookedUp(Lookup::Found(status)) => {
                line.timers.clear(Timer::Delay);
                line.fruitful = true;
                let question = if line.waits() { PromptId::L08 } else { PromptId::L08N };
                Next::After(Outcome::untold(answer(&status, line.waits()), question))
            }
            StoreReply::LookedUp(Lookup::Wrong | Lookup::Locked) => {
                let Step::Waiting { delayed, refused } = &mut self.step else {
                    return Next::Stay;
                };
                *refused = true;
                if *delayed { self.refuse(line) } else { Next::Stay }
            }
            StoreReply::Opened { .. } | StoreReply::Unavailable if line.waits() => {
                Next::NoSeat(vec![sentence(PromptId::X04)])
            }
            StoreReply::Opened { .. } | StoreReply::Unavailable => {
                Next::Goodbye(vec![sentence(PromptId::X04N), sentence(PromptId::X08)])
            }
        }
    }

    fn refuse(&mut self, line: &mut Line) -> Next {
        line.wrong_tries += 1;
        line.forget_keys();
        let left = line.rules.lookup_tries_max.saturating_sub(line.wrong_tries);
        if left == 0 {
            return Next::NoSeat(vec![sentence(PromptId::L05N), sentence(no_more_tries(line))]);
        }
        let refusal = with(PromptId::L05, "n", Value::Count(u32::from(left)));
        self.step = ask_number(line, &[refusal]);
        Next::Stay
    }
}

/// L06 promises a person.
fn no_more_tries(line: &Line) -> PromptId {
    if line.waits() { PromptId::L06 } else { PromptId::L06N }
}

fn ask_number(line: &mut Line, preface: &[Sentence]) -> Step {
    line.ask_after(preface, vec![sentence(PromptId::L01)]);
    Step::Number(KeypadEntry::new(CaseNumber::LEN))
}
