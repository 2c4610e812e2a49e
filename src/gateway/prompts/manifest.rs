//! The list of recordings, `prompts/zh-CN/manifest.toml`.

use super::{Builtin, PromptError};
use serde::Deserialize;

/// All recordings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// One entry per clip; clips that say the same share a file.
    #[serde(rename = "clip", default)]
    pub clips: Vec<Entry>,
}

/// One clip.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, as plans name it.
    pub id: String,
    /// What it says.
    pub text: String,
    /// The mark it is spoken up to, which gives it its intonation: a comma when more follows.
    pub edge: String,
    /// Readings that were forced on the voice.
    pub pinyin: Option<String>,
    /// Path below the prompt folder.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Active speech level (ITU-T P.56), dBov.
    pub asl_dbov: f64,
    /// Length in milliseconds.
    pub duration_ms: u32,
    /// Spoken by a machine.
    pub synthetic: bool,
    /// Which voice.
    pub voice: String,
    /// The voice's speed, 1 for its own.
    pub speed: f64,
    /// How much longer than spoken the recording is.
    pub stretch: f64,
}

impl Manifest {
    /// The manifest in the binary.
    pub fn builtin() -> Result<Self, PromptError> {
        const FILE: &str = "manifest.toml";
        let missing = || PromptError::Missing { file: FILE.to_owned() };
        let file = Builtin::get(FILE).ok_or_else(missing)?;
        Ok(toml::from_str(&String::from_utf8_lossy(&file.data))?)
    }
}
