//! Spoken Mandarin: what is said, as a list of recorded clips and pauses.
//!
//! [`say`] turns numbers, dates and times into hanzi; [`lexicon`] covers hanzi with recorded
//! pieces; [`script`] joins sentences and pieces to a [`Plan`]. Nothing here touches audio.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

mod ids;
pub mod lexicon;
pub mod say;
pub mod say_text;
pub mod say_time;
pub mod script;
#[cfg(test)]
mod tests;

pub use ids::PromptId;
pub use script::{Script, Value, plan};

/// Silence between two prompts that are said one after the other.
pub const BETWEEN_PROMPTS: Duration = Duration::from_millis(300);

/// One audible piece. `Debug` hides which digits are read: they may be somebody's number or code.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// A recorded clip by its id in `prompts/zh-CN/manifest.toml`.
    Clip(Arc<str>),
    /// Silence.
    Pause(Duration),
    /// The tone before a recording: 1000 Hz for 400 ms.
    Tone,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clip(id) if id.starts_with(lexicon::DIGIT_PREFIX) => f.write_str("Clip(d.*)"),
            Self::Clip(id) => write!(f, "Clip({id})"),
            Self::Pause(length) => write!(f, "Pause({length:?})"),
            Self::Tone => f.write_str("Tone"),
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
