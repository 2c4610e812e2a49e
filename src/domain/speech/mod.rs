//! Spoken Mandarin: what is said, as a list of recorded clips and pauses.
//!
//! [`say`] turns numbers, dates and times into hanzi; [`lexicon`] covers hanzi with recorded
//! pieces; [`script`] joins sentences and pieces to a [`Plan`]. Nothing here touches audio.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub mod free_text;
mod ids;
pub mod lexicon;
pub mod rendering;
pub mod say;
pub mod say_text;
pub mod say_time;
pub mod script;
#[cfg(test)]
mod tests;

pub use ids::PromptId;
pub use script::{Script, Value, plan};

/// How the ledger of a call names what a speech engine said.
pub const RENDERED_ID: &str = "TTS";

/// Silence between two prompts that are said one after the other.
pub const BETWEEN_PROMPTS: Duration = Duration::from_millis(300);

/// A sentence that a speech engine said, A-law at 8 kHz. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// As it is said.
    pub alaw: Arc<[u8]>,
    /// The same in slow speech.
    pub slow: Arc<[u8]>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({})", self.alaw.len())
    }
}

/// One audible piece. `Debug` hides which digits are read: they may be somebody's number or code.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// A recorded clip by its id in `prompts/zh-CN/manifest.toml`.
    Clip(Arc<str>),
    /// Silence.
    Pause(Duration),
    /// The tone before a recording: 1000 Hz for 400 ms.
    Tone,
    /// What a speech engine said.
    Rendered(Rendered),
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clip(id) if id.starts_with(lexicon::DIGIT_PREFIX) => f.write_str("Clip(d.*)"),
            Self::Clip(id) => write!(f, "Clip({id})"),
            Self::Pause(length) => write!(f, "Pause({length:?})"),
            Self::Tone => f.write_str("Tone"),
            Self::Rendered(sentence) => sentence.fmt(f),
        }
    }
}

/// What is said, in order. `ids` names the prompts of the script that it came from, for the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Script ids such as `G01`, in order.
    pub ids: Vec<&'static str>,
}

impl Plan {
    /// Says `next` after this, with a breath between.
    pub fn append(&mut self, next: Self) {
        if !self.pieces.is_empty() && !next.pieces.is_empty() {
            self.pause(BETWEEN_PROMPTS);
        }
        self.pieces.extend(next.pieces);
        self.ids.extend(next.ids);
    }

    /// [`Plan::append`] for a chain of calls.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.append(next);
        self
    }

    /// This, then the tone before a recording.
    #[must_use]
    pub fn then_tone(mut self) -> Self {
        self.pause(BETWEEN_PROMPTS);
        self.pieces.push(Piece::Tone);
        self
    }

    /// Says sentences of a speech engine, with the breath between sentences.
    #[must_use]
    pub fn of_engine(sentences: &[Rendered]) -> Self {
        let mut plan = Self { pieces: Vec::new(), ids: vec![RENDERED_ID] };
        for sentence in sentences {
            if !plan.pieces.is_empty() {
                plan.pause(BETWEEN_PROMPTS);
            }
            plan.pieces.push(Piece::Rendered(sentence.clone()));
        }
        plan
    }

    /// How long what a speech engine said is, in slow speech.
    #[must_use]
    pub fn rendered_length(&self) -> Duration {
        let samples = self.pieces.iter().map(|piece| match piece {
            Piece::Rendered(sentence) => sentence.slow.len(),
            Piece::Clip(_) | Piece::Pause(_) | Piece::Tone => 0,
        });
        // 8 samples a millisecond.
        Duration::from_millis(u64::try_from(samples.sum::<usize>() / 8).unwrap_or(u64::MAX))
    }

    /// Adds silence; neighbouring pauses do not add up, the longer one counts.
    pub fn pause(&mut self, length: Duration) {
        match self.pieces.last_mut() {
            Some(Piece::Pause(last)) => *last = length.max(*last),
            _ if length.is_zero() => {}
            _ => self.pieces.push(Piece::Pause(length)),
        }
    }

    /// Adds a clip.
    pub fn clip(&mut self, id: &Arc<str>) {
        self.pieces.push(Piece::Clip(Arc::clone(id)));
    }

    /// True when nothing would be heard.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        !self.pieces.iter().any(|piece| !matches!(piece, Piece::Pause(_)))
    }
}
