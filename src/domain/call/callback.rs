//! The request to be called back (回拨): to which number, then the case.
//!
//! `Shown (Q05) | Entry (Q06) -> Confirm (Q07) -> Saving -> Telling -> goodbye (Q08, Q08N)`
//! Who waits for a person keeps his place in the queue for the callback.

use super::contract::{IntakeKind, StoreReply};
use super::keypad::{Keyed, KeypadEntry};
use super::line::Line;
use super::menu::{Failures, Pressed};
use super::people::KeptPlace;
use super::stage::{Event, Next, Why};
use super::timers::Timer;
use super::voicemail::receipt;
use super::words::{Sentence, Value, sentence, with};
use crate::domain::case::CALLBACK_MINUTES;
use crate::domain::speech::PromptId;
use crate::units::PhoneNumber;

#[derive(Debug)]
enum Step {
    /// Q05: to the number that called?
    Shown(PhoneNumber, Failures),
    /// Q06 or Q09N: a number is keyed.
    Entry(KeypadEntry),
    /// Q07: is that the number?
    Confirm(PhoneNumber, Failures),
    /// The store was asked to call this number back.
    Saving(PhoneNumber),
    /// M05C, M06 and Q08 run.
    Telling,
}

/// One request.
#[derive(Debug)]
pub(super) struct Callback {
    step: Step,
    entry_failures: u8,
}

impl Callback {
    /// Asks for the number.
    pub(super) fn enter(line: &mut Line) -> Self {
        if !line.may_open() {
            line.end(vec![sentence(PromptId::X08)]);
            return Self { step: Step::Telling, entry_failures: 0 };
        }
        let step = match line.incoming.caller.number.clone() {
            Some(number) => {
                let tail = Value::Digits(number.tail4().to_owned());
                line.ask(vec![with(PromptId::Q05, "tail4", tail)]);
                Step::Shown(number, Failures::default())
            }
            None => ask_number(line, &[], PromptId::Q09N),
        };
        Self { step, entry_failures: 0 }
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: Event) -> Next {
        match (&mut self.step, event) {
            (Step::Shown(_, failures) | Step::Confirm(_, failures), Event::Key(key)) => {
                let pressed = failures.key(line, key, "12");
                return self.choose(line, pressed);
            }
            (Step::Shown(_, failures) | Step::Confirm(_, failures), Event::Silent) => {
                let pressed = failures.silent(line);
                return self.choose(line, pressed);
            }
            (Step::Entry(entry), Event::Key(key)) => {
                let keyed = entry.key(line, key);
                return self.keyed(line, keyed);
            }
            (Step::Entry(entry), Event::Silent) => {
                let keyed = entry.silent().unwrap_or(Keyed::Done(String::new()));
                return self.keyed(line, keyed);
            }
            (Step::Saving(_), Event::Step) if !line.speaks() => {
                line.tell(&[sentence(PromptId::M12)])
            }
            (Step::Saving(number), Event::Replied(reply)) => {
                let number = number.clone();
                return self.saved(line, reply, number);
            }
            (Step::Telling, Event::Said) => {
                line.untold = None;
                return Next::Goodbye(Vec::new());
            }
            _ => {}
        }
        Next::Stay
    }

    fn choose(&mut self, line: &mut Line, pressed: Pressed) -> Next {
        match (pressed, &self.step) {
            // Who asked for a callback and then says nothing still wants it.
            (
                Pressed::Choice('1') | Pressed::GaveUp(_),
                Step::Shown(number, _) | Step::Confirm(number, _),
            ) => {
                let number = number.clone();
                self.submit(line, number);
            }
            (Pressed::Choice(_), _) => self.step = ask_number(line, &[], PromptId::Q06),
            (Pressed::Human, _) => return Next::Person,
            (Pressed::Back, _) => return Next::Menu(Vec::new()),
            _ => {}
        }
        Next::Stay
    }

    fn keyed(&mut self, line: &mut Line, keyed: Keyed) -> Next {
        match keyed {
            Keyed::More => {}
            Keyed::Restart => line.repeat_after(&[]),
            Keyed::Back => return Next::Voicemail(Why::Chosen),
            Keyed::Done(digits) => match callable(&digits) {
                Some(number) => {
                    line.ask(vec![with(PromptId::Q07, "phone", Value::Phone(number.clone()))]);
                    self.step = Step::Confirm(number, Failures::default());
                }
                None => return self.unreadable(line, digits.is_empty()),
            },
        }
        Next::Stay
    }

    fn unreadable(&mut self, line: &mut Line, silent: bool) -> Next {
        self.entry_failures += 1;
        line.forget_keys();
        if self.entry_failures >= line.rules.failures_max {
            return Next::Voicemail(if silent { Why::Silent } else { Why::WrongKeys });
        }
        self.step = ask_number(
            line,
            &[sentence(if silent { PromptId::X02 } else { PromptId::X01 })],
            PromptId::Q06,
        );
        Next::Stay
    }

    fn submit(&mut self, line: &mut Line, number: PhoneNumber) {
        self.step = Step::Saving(number.clone());
        let intake = line.intake(IntakeKind::CallbackRequest, Some(number), None);
        line.submit(intake);
    }

    fn saved(&mut self, line: &mut Line, reply: StoreReply, phone: PhoneNumber) -> Next {
        line.timers.clear(Timer::Step);
        let (case, words) = match reply {
            StoreReply::Opened { number: Some(number), code } => {
                let receipt = receipt(PromptId::M05C, number, code);
                (Some(number), [vec![sentence(PromptId::M14)], receipt].concat())
            }
            StoreReply::Opened { number: None, .. } => (None, Vec::new()),
            StoreReply::LookedUp(_) | StoreReply::Unavailable if line.waits() => {
                return Next::NoSeat(vec![sentence(PromptId::X04)]);
            }
            StoreReply::LookedUp(_) | StoreReply::Unavailable => {
                return Next::Goodbye(vec![sentence(PromptId::X04N), sentence(PromptId::X08)]);
            }
        };
        let promise = promise(line.keep_place(KeptPlace { phone, case }));
        line.tell(&[words, vec![promise]].concat());
        self.step = Step::Telling;
        Next::Stay
    }
}

/// When we call back. Without an estimate of the queue no time is named, and with one never a
/// shorter time than a callback task has.
fn promise(estimate: Option<u32>) -> Sentence {
    let task = u32::try_from(CALLBACK_MINUTES).unwrap_or_default();
    match estimate {
        Some(minutes) => with(PromptId::Q08, "m", Value::Count(minutes.max(task))),
        None => sentence(PromptId::Q08N),
    }
}

fn ask_number(line: &mut Line, preface: &[Sentence], id: PromptId) -> Step {
    line.ask_after(preface, vec![sentence(id)]);
    Step::Entry(KeypadEntry::phone())
}

/// A number that can be called back: a mobile number, or an area code with a landline number.
fn callable(digits: &str) -> Option<PhoneNumber> {
    let mobile = digits.len() == 11
        && digits.starts_with('1')
        && matches!(digits.as_bytes().get(1), Some(b'3'..=b'9'));
    // Area codes: 010 and 02x have three digits, the others four; numbers have seven or eight.
    let short_area = digits.starts_with("01") || digits.starts_with("02");
    let landline = if short_area {
        (10..=11).contains(&digits.len())
    } else {
        digits.starts_with('0') && !digits.starts_with("00") && (11..=12).contains(&digits.len())
    };
    if mobile || landline { PhoneNumber::parse(digits).ok() } else { None }
}
