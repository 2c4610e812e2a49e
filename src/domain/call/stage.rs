//! The words between a call and its stages: what a stage hears, and where it may lead.

use super::contract::StoreReply;
use super::words::Sentence;
use crate::domain::speech::PromptId;

/// What a stage hears.
#[derive(Debug)]
pub(super) enum Event {
    /// The answer is confirmed.
    Confirmed,
    /// What was said or replayed has ended.
    Said,
    /// A key that this stage listens for.
    Key(char),
    /// Nobody pressed a key in time.
    Silent,
    /// The message is closed and stands in `Line::message`, or is lost when that is empty.
    Recorded,
    /// The store replied to the request that this stage waits for, or took too long.
    Replied(StoreReply),
    /// The step timer is due.
    Step,
    /// The delay of a refused look-up has passed.
    Delayed,
    /// There is something new to say to who waits.
    News,
}

/// Where a stage leads.
#[derive(Debug)]
pub(super) enum Next {
    /// On with this stage.
    Stay,
    /// To the main menu, after a preface.
    Menu(Vec<Sentence>),
    /// The citizen wants a person (key 0).
    Person,
    /// The way came to nothing: back to the wait for a person with these words, or, where nobody
    /// is sought, to the honest answer that nobody is on duty.
    NoSeat(Vec<Sentence>),
    /// The longest wait was reached.
    WaitedTooLong,
    /// To the message, after a preface.
    Voicemail(Why),
    /// To the request for a callback.
    Callback,
    /// To the look-up.
    LookUp,
    /// To the choice after something came of the call.
    After(Outcome),
    /// To the end, with these words.
    Goodbye(Vec<Sentence>),
}

/// Why a message is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The citizen chose it.
    Chosen,
    /// The citizen presses no keys: then he may simply speak.
    Silent,
    /// The citizen presses keys that mean nothing.
    WrongKeys,
}

/// What came of the call, in words that can be heard again.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The words.
    pub(super) words: Vec<Sentence>,
    /// The question after them.
    pub(super) question: PromptId,
    /// The words were said already.
    pub(super) told: bool,
}

impl Outcome {
    /// An outcome that was just said in full.
    pub(super) fn told(words: Vec<Sentence>, question: PromptId) -> Self {
        Self { words, question, told: true }
    }

    /// An outcome that is still to be said.
    pub(super) fn untold(words: Vec<Sentence>, question: PromptId) -> Self {
        Self { words, question, told: false }
    }
}
