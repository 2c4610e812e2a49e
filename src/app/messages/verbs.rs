//! `mayorline message`: what came in and goes out by text and mail, and what a person decides about it.
//! Beside a running service or on a stopped one.

use super::super::common::{Common, say};
use super::super::exit::{Exit, Failure};
use super::super::output::{ListArguments, Output, refused, unwritten};
use super::super::{clock, serve};
use crate::channels::mail;
use crate::channels::sms::parsed;
use crate::domain::message::SendState;
use crate::store::{
    Administration, HeldDecision, InboundMail, OutboxFilter, Parsed, SendDecision, StoreError,
    Waiting, Words,
};
use crate::wire::sms::decode;
use clap::{Args, Subcommand, ValueEnum};

/// Who acts.
#[derive(Debug, Args)]
pub(in crate::app) struct Acting {
    /// Who acts, as the audit names him.
    #[arg(long = "as", value_name = "PERSON")]
    by: String,
    #[command(flatten)]
    common: Common,
}

/// What became of a message that may have been sent.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::app) enum Decision {
    /// It was sent: its receiver or the carrier says so.
    Sent,
    /// Send it once more.
    Resend,
    /// Do not send it any more.
    Withdraw,
}

/// `mayorline message …`
#[derive(Debug, Subcommand)]
pub(in crate::app) enum MessageVerb {
    /// The accounts, how they fare and what waits for each.
    Accounts(Output),
    /// What goes out, the newest first: to whom (masked), which text, where it stands; never what it says.
    List {
        /// Only those that stand so, such as uncertain.
        #[arg(long, value_name = "STATE", value_parser = state)]
        state: Option<SendState>,
        #[command(flatten)]
        list: ListArguments,
    },
    /// Decide about a message: whether one that may have been sent was, or whether it goes at all.
    Decide {
        /// The message, by its number.
        #[arg(value_name = "ID")]
        id: i64,
        /// What is decided.
        #[arg(value_enum)]
        decision: Decision,
        #[command(flatten)]
        acting: Acting,
    },
    /// Units told by telephone of what is due or overdue, the newest first, with each try.
    Voice(ListArguments),
    /// What came in and waits for a person: of a machine, or unreadable.
    Held(ListArguments),
    /// Show what such a message says; the audit keeps who looked.
    Show {
        /// The message, by its number.
        #[arg(value_name = "ID")]
        id: i64,
        #[command(flatten)]
        acting: Acting,
    },
    /// Make a case of it: a draft, to be accepted like any other.
    Take {
        /// The message, by its number.
        #[arg(value_name = "ID")]
        id: i64,
        /// What it says, where it could not be read.
        #[arg(long)]
        words: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// It is nothing: an advertisement, a test.
    Discard {
        /// The message, by its number.
        #[arg(value_name = "ID")]
        id: i64,
        #[command(flatten)]
        acting: Acting,
    },
}

fn state(name: &str) -> Result<SendState, String> {
    SendState::parse(name).ok_or_else(|| {
        let names: Vec<_> = SendState::NAMES.iter().map(|(_, name)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// Carries the verb out.
pub(in crate::app) fn message(verb: MessageVerb) -> Result<(), Exit> {
    match verb {
        MessageVerb::Accounts(output) => {
            let now = (clock::system().wall)();
            let rows = output.reader()?.message_accounts(now).map_err(|error| refused(&error))?;
            output.print(&rows)
        }
        MessageVerb::Voice(list) => {
            let rows = list.output.reader()?.voice_notices(list.limit);
            list.output.print(&rows.map_err(|error| refused(&error))?)
        }
        MessageVerb::List { state, list } => {
            let rows = list.output.reader()?.outbox(OutboxFilter { state }, list.limit);
            list.output.print(&rows.map_err(|error| refused(&error))?)
        }
        MessageVerb::Held(list) => {
            let rows = list.output.reader()?.held(list.limit);
            list.output.print(&rows.map_err(|error| refused(&error))?)
        }
        MessageVerb::Decide { id, decision, acting } => decide(id, decision, &acting),
        MessageVerb::Show { id, acting } => {
            let now = (clock::system().wall)();
            let held = acting.open()?.show_held(now, id, &acting.by).map_err(|e| why(&e))?;
            match words_of(&held) {
                Some((from, words)) => say(&shown(&format!("{from}\n{words}\n"))),
                None => {
                    let raw = held.raw.unwrap_or_default();
                    say(&shown(&format!("{}\n", String::from_utf8_lossy(&raw))))
                }
            }
        }
        MessageVerb::Take { id, words, acting } => take(id, words, &acting),
        MessageVerb::Discard { id, acting } => {
            settle(id, &HeldDecision::Discard, &acting)?;
            say(&format!("message {id} discarded\n"))
        }
    }
}

fn decide(id: i64, decision: Decision, acting: &Acting) -> Result<(), Exit> {
    let now = (clock::system().wall)();
    let decision = match decision {
        Decision::Sent => SendDecision::Sent,
        Decision::Resend => SendDecision::Resend,
        Decision::Withdraw => SendDecision::Withdraw,
    };
    let done = acting.open()?.outbox_decide(now, id, (decision, &acting.by));
    let state = done.map_err(|error| why(&error))?;
    say(&format!("message {id} {}\n", state.as_str()))
}

fn take(id: i64, words: Option<String>, acting: &Acting) -> Result<(), Exit> {
    let now = (clock::system().wall)();
    let held = acting.open()?.show_held(now, id, &acting.by).map_err(|e| why(&e))?;
    let read = words_of(&held);
    let from = read.as_ref().map(|(from, _)| from.clone());
    let Some(words) = words.or_else(|| read.map(|(_, words)| words)) else {
        return Err(Exit::new(Failure::Usage, "it cannot be read: say by --words what it says"));
    };
    let case = settle(id, &HeldDecision::Take { from, words }, acting)?;
    say(&format!("message {id} case {}\n", case.unwrap_or_default()))
}

fn settle(id: i64, decision: &HeldDecision, acting: &Acting) -> Result<Option<i64>, Exit> {
    let config = acting.common.load()?;
    let seed = clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))?;
    let desk = (serve::calendar(&config)?, serve::deadline_rules(&config), seed);
    let now = (clock::system().wall)();
    let done = acting.open()?.decide_held(now, id, desk, (decision, &acting.by));
    done.map_err(|error| why(&error))
}

/// What a stranger wrote, as a terminal may be given it: no character of it moves the cursor or rings.
fn shown(text: &str) -> String {
    let hidden = |c: char| c.is_control() && c != '\n';
    text.chars().map(|c| if hidden(c) { '\u{FFFD}' } else { c }).collect()
}

/// Sender and words of a text or mail, where they can be read.
pub(in crate::app) fn words_of(held: &Waiting) -> Option<(String, String)> {
    let raw = held.raw.as_deref().unwrap_or_default();
    if let Some(Parsed::Mail(read)) = mail::parsed(held, raw, None) {
        let InboundMail { mail, files, .. } = *read;
        let mut words = format!("主题：{}\n{}", mail.subject, mail.text.trim());
        for file in &files {
            let name = file.name.as_deref().unwrap_or("未命名");
            words.push_str(&format!("\n（附件：{name}，{}字节，{}）", file.size, file.media_type));
        }
        return Some((mail.from.unwrap_or_default(), words));
    }
    let Some(Ok(Parsed::Text(text))) = parsed(held, raw) else { return None };
    let words = match &text.words {
        Words::Whole { text, .. } => text.clone(),
        Words::Data(data) => decode([data]).text,
    };
    Some((text.from.clone(), words))
}

fn why(error: &StoreError) -> Exit {
    match error {
        StoreError::Taken(_) | StoreError::Malformed(_) => Exit::new(Failure::Data, error),
        other => unwritten(other),
    }
}

impl Acting {
    fn open(&self) -> Result<Administration, Exit> {
        let config = self.common.load()?;
        let now = (clock::system().wall)();
        Administration::open(self.common.folder(&config), now).map_err(|error| unwritten(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_does_nothing_to_a_terminal() {
        assert_eq!(shown("a\u{1b}[2J\u{7}\r\n路灯"), "a\u{FFFD}[2J\u{FFFD}\u{FFFD}\n路灯");
    }
}
