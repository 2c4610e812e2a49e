//! What the modem is asked, in which order, and what its answers mean.

use super::reply::Reply;
use super::{ANSWER, Action, DRAIN, Expected, Look, Modem, POLL, Place, Sent, Stage, Submission};
use crate::wire::sms::CmsError;
use std::time::Instant;

/// Under way.
#[derive(Debug)]
pub(super) enum Doing {
    /// Whether it is there at all.
    Calling,
    /// What it still says belongs to nothing.
    Draining,
    Command(Command),
    /// It is to ask for this PDU.
    Prompt(Submission),
    /// The network has the PDU, or not.
    Submitting {
        key: u64,
        reference: Option<u8>,
    },
}

impl Doing {
    pub(super) fn is_prompt(&self) -> bool {
        matches!(self, Self::Prompt(_))
    }
}

/// A command with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Start(Step),
    Registration,
    Signal,
    Used,
    List,
    Delete(Place),
}

/// The commands of the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    NoEcho,
    NumberedErrors,
    PinAsked,
    PinGiven,
    Subscriber,
    PduMode,
    Memory,
    Notices,
    DirectReports,
}

/// In this order. The PIN is given where it was asked for; reports are taken at once where the modem keeps
/// none.
pub(super) const START: [Step; 7] = [
    Step::NoEcho,
    Step::NumberedErrors,
    Step::PinAsked,
    Step::Subscriber,
    Step::PduMode,
    Step::Memory,
    Step::Notices,
];
/// What a look asks, in this order.
const LOOK: [Command; 4] = [Command::Registration, Command::Signal, Command::Used, Command::List];
/// Ends a PDU that is half typed.
const ESCAPE: &str = "\u{1B}";

impl Modem {
    /// Whether it is there: after an answer that did not come, and before the first command.
    pub(super) fn call(&mut self, now: Instant) {
        self.write(&format!("{ESCAPE}\rAT\r"));
        self.doing = Some((Doing::Calling, now + ANSWER));
    }

    fn command(&mut self, now: Instant, command: Command) {
        let text = match command {
            Command::Start(step) => self.start_command(step),
            Command::Registration => "AT+CREG?".to_owned(),
            Command::Signal => "AT+CSQ".to_owned(),
            Command::Used => "AT+CPMS?".to_owned(),
            Command::List => "AT+CMGL=4".to_owned(),
            Command::Delete(place) => format!("AT+CMGD={place}"),
        };
        self.write(&format!("{text}\r"));
        self.doing = Some((Doing::Command(command), now + ANSWER));
    }

    fn start_command(&self, step: Step) -> String {
        let memory = if self.config.in_device { "ME" } else { "SM" };
        match step {
            Step::NoEcho => "ATE0".to_owned(),
            Step::NumberedErrors => "AT+CMEE=1".to_owned(),
            Step::PinAsked => "AT+CPIN?".to_owned(),
            Step::PinGiven => {
                format!("AT+CPIN=\"{}\"", self.config.pin.as_deref().unwrap_or_default())
            }
            Step::Subscriber => "AT+CIMI".to_owned(),
            Step::PduMode => "AT+CMGF=0".to_owned(),
            Step::Memory => format!("AT+CPMS=\"{memory}\",\"{memory}\",\"{memory}\""),
            // Texts and reports into the memory, with a notice.
            Step::Notices => "AT+CNMI=2,1,0,2,0".to_owned(),
            Step::DirectReports => "AT+CNMI=2,1,0,1,0".to_owned(),
        }
    }

    /// The next command, when there is none.
    pub(super) fn go_on(&mut self, now: Instant) {
        if self.doing.is_some() {
            return;
        }
        match self.stage {
            Stage::Closed => {}
            // Where the end of its answer was lost no time is set, and it is asked again at once.
            Stage::Locked if self.next_look.is_none_or(|at| at <= now) => {
                self.stage = Stage::Starting(at_step(Step::PinAsked));
                self.go_on(now);
            }
            Stage::Locked => {}
            Stage::Starting(at) => match START.get(at) {
                Some(step) => self.command(now, Command::Start(*step)),
                None => {
                    self.stage = Stage::Ready;
                    self.next_look = Some(now);
                    self.go_on(now);
                }
            },
            Stage::Ready => self.next_command(now),
        }
    }

    /// Room on the card first, then what came, then what is to leave.
    fn next_command(&mut self, now: Instant) {
        // It stays among the deletions until it is answered.
        if let Some(place) = self.deletions.first().copied() {
            return self.command(now, Command::Delete(place));
        }
        if let Some(command) = self.look.pop_front() {
            return self.command(now, command);
        }
        if self.has_news && self.arrivals.is_empty() {
            self.has_news = false;
            return self.command(now, Command::List);
        }
        if let Some(submission) = self.submission.take() {
            self.write(&format!("AT+CMGS={}\r", submission.octets));
            self.doing = Some((Doing::Prompt(submission), now + ANSWER));
            return;
        }
        if self.next_look.is_some_and(|at| at <= now) {
            self.next_look = Some(now + POLL);
            self.look.extend(LOOK);
            self.go_on(now);
        }
    }

    /// A line of the answer to a command.
    pub(super) fn told(&mut self, command: Command, told: &Reply<'_>) {
        match (command, told) {
            (Command::List, Reply::Listed(place, octets)) => {
                self.expected = Some(Expected { place: Some(*place), octets: *octets });
            }
            (Command::Used, Reply::Used(used, places)) => {
                (self.found.used, self.found.places) = (*used, *places);
            }
            (Command::Registration, Reply::Registered(is)) => self.found.is_registered = *is,
            (Command::Signal, Reply::Signal(signal)) => self.found.signal = *signal,
            (Command::Start(Step::Subscriber), Reply::Other(line))
                if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                self.imsi = (*line).to_owned();
            }
            (Command::Start(Step::PinAsked), Reply::Pin(state)) => self.pin_asked(state),
            _ => {}
        }
    }

    fn pin_asked(&mut self, state: &str) {
        // What is cut off is none of these: then the next question fails.
        let is_locked = matches!(state, "SIM PIN" | "SIM PUK" | "SIM PIN2" | "SIM PUK2")
            || state.starts_with("PH-");
        if !is_locked {
            self.is_pin_doubtful &= state != "READY";
            return;
        }
        // A PUK or a code of the network is a person's business, and so is a PIN that nobody gave us.
        self.stage = Stage::Locked;
        // One whose answer was lost may have been refused: it is not given again either.
        self.gives_pin = state == "SIM PIN" && self.config.pin.is_some() && !self.is_pin_doubtful;
        if !self.gives_pin {
            self.actions.push_back(Action::NeedsPin);
        }
    }

    /// The end of an answer: OK, or an error and its number where it has one.
    pub(super) fn answered(&mut self, now: Instant, error: Option<Option<CmsError>>) {
        self.expected = None;
        let Some((doing, until)) = self.doing.take() else { return };
        match doing {
            // It is alive; its answers to what was given up may follow.
            Doing::Calling => {
                self.calls = 0;
                self.doing = Some((Doing::Draining, now + DRAIN));
            }
            Doing::Draining => self.doing = Some((doing, until)),
            Doing::Command(command) => self.done(now, command, error.is_some()),
            Doing::Prompt(submission) => match error {
                Some(error) => {
                    self.settled(submission.key, error.map_or(Sent::NotSent, Sent::Refused));
                }
                // No answer to this: the prompt or an error is to come.
                None => self.doing = Some((Doing::Prompt(submission), until)),
            },
            Doing::Submitting { key, reference } => match (error, reference) {
                (_, Some(reference)) => self.settled(key, Sent::Submitted(reference)),
                (Some(Some(error)), None) => self.settled(key, Sent::Refused(error)),
                (Some(None), None) => self.settled(key, Sent::Uncertain),
                // OK without a reference answers something else.
                (None, None) => self.doing = Some((doing, until)),
            },
        }
    }

    fn done(&mut self, now: Instant, command: Command, failed: bool) {
        match command {
            Command::Start(Step::PinAsked) if self.stage == Stage::Locked => {
                self.next_look = Some(now + POLL);
                if std::mem::take(&mut self.gives_pin) {
                    self.command(now, Command::Start(Step::PinGiven));
                }
            }
            Command::Start(Step::PinGiven) if failed => {
                self.next_look = Some(now + POLL);
                // Never given twice: a card that is refused three times is locked.
                self.config.pin = None;
                self.actions.push_back(Action::NeedsPin);
            }
            Command::Start(Step::PinGiven) => {
                self.stage = Stage::Starting(at_step(Step::PinAsked) + 1)
            }
            Command::Start(Step::Notices) if failed => {
                self.command(now, Command::Start(Step::DirectReports));
            }
            // Some tell nothing about new texts: they are looked at.
            Command::Start(Step::DirectReports) => self.stage = Stage::Starting(START.len()),
            Command::Start(step) => {
                // Some know no numbers of errors, and some have no card.
                let may_fail = matches!(step, Step::NumberedErrors | Step::PinAsked);
                if failed && !may_fail {
                    self.reopen();
                } else {
                    self.stage = Stage::Starting(at_step(step) + 1);
                }
            }
            Command::List => {
                self.seen = std::mem::take(&mut self.seeing);
                if !failed {
                    self.actions.push_back(Action::Looked(self.found));
                }
            }
            // One that does not tell is taken for registered: the network refuses if it is not.
            Command::Registration => self.found.is_registered |= failed,
            Command::Delete(place) => {
                self.deletions.remove(&place);
            }
            Command::Signal | Command::Used => {}
        }
    }
}

fn at_step(step: Step) -> usize {
    START.iter().position(|at| *at == step).unwrap_or_default()
}

impl Look {
    /// Whether the card is so full that a modem may soon stop telling.
    #[must_use]
    pub fn is_filling(&self) -> bool {
        self.places > 0 && u32::from(self.used) * 100 >= u32::from(self.places) * USED_PERCENT_MAX
    }
}

/// Share of the places that may be taken after a look.
pub const USED_PERCENT_MAX: u32 = 80;
