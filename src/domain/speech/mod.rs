//! Spoken Mandarin: what is said, as a list of recorded clips and pauses.

use std::sync::Arc;
use std::time::Duration;

/// One audible piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A recorded clip by its id in `prompts/zh-CN/manifest.toml`.
    Clip(Arc<str>),
    /// Silence.
    Pause(Duration),
    /// The tone before a recording: 1000 Hz for 400 ms.
    Tone,
}

/// What is said, in order. `ids` names the prompts of the script that it came from, for the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Script ids such as `G01`, in order.
    pub ids: Vec<&'static str>,
}
