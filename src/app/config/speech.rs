//! `[speech]`: the engine that replies are spoken with.

use super::require;
use crate::domain::webhook::Target;
use crate::gateway::speech::{SPEECH_BYTES_MAX, SPEECH_TIMEOUT_SECONDS_MAX};
use serde::Deserialize;
use std::path::PathBuf;

/// Most arguments of a command.
const ARGUMENTS_MAX: usize = 64;
/// Longest argument, body, name.
const TEXT_BYTES_MAX: usize = 8 * 1_024;
/// Least time that one sentence is given, in seconds.
const TIMEOUT_SECONDS_MIN: u64 = 1;
/// Least sound that is taken, in bytes: some seconds at 8 kHz.
const BYTES_MIN: usize = 64 << 10;

/// Which kind of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is explained in config/mayorline.toml.
pub enum SpeechEngine {
    None,
    Command,
    #[serde(rename = "http_openai")]
    HttpOpenAi,
    HttpTemplate,
}

/// `[speech]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct SpeechKeys {
    pub engine: SpeechEngine,
    pub announce: bool,
    pub timeout_seconds: u64,
    pub bytes_max: usize,
    pub command: Vec<String>,
    pub url: String,
    pub model: String,
    pub voice: String,
    pub key_file: PathBuf,
    pub key_header: String,
    pub body: String,
    pub content_type: String,
    pub audio_at: String,
    pub ca_file: PathBuf,
}

impl SpeechKeys {
    /// The bounds of each key alone.
    pub(super) fn check(&self) -> Result<(), String> {
        require(
            (TIMEOUT_SECONDS_MIN..=SPEECH_TIMEOUT_SECONDS_MAX).contains(&self.timeout_seconds),
            &format!("speech.timeout_seconds must be 1 to {SPEECH_TIMEOUT_SECONDS_MAX}"),
        )?;
        require(
            (BYTES_MIN..=SPEECH_BYTES_MAX).contains(&self.bytes_max),
            &format!("speech.bytes_max must be {BYTES_MIN} to {SPEECH_BYTES_MAX}"),
        )?;
        require(
            self.command.len() <= ARGUMENTS_MAX,
            &format!("speech.command must have at most {ARGUMENTS_MAX} parts"),
        )?;
        let long = |text: &String| text.len() > TEXT_BYTES_MAX || text.contains('\0');
        require(
            !self.command.iter().any(long),
            "speech.command: each part must be at most 8192 bytes, without NUL",
        )?;
        // Debian 12 reads the tones of these two out as English numbers.
        let broken = |pair: &[String]| {
            let voice = pair.first().is_some_and(|flag| flag == "-v");
            voice && pair.get(1).is_some_and(|voice| voice == "cmn" || voice == "zh")
        };
        let espeak = self.command.first().is_some_and(|program| program.contains("espeak"));
        require(
            !(espeak && self.command.windows(2).any(broken)),
            "speech.command: espeak-ng says Mandarin with the voice cmn-latn-pinyin only",
        )?;
        for (key, value) in [
            ("model", &self.model),
            ("voice", &self.voice),
            ("body", &self.body),
            ("content_type", &self.content_type),
            ("audio_at", &self.audio_at),
            ("key_header", &self.key_header),
        ] {
            require(!long(value), &format!("speech.{key} must be at most 8192 bytes"))?;
        }
        require(
            self.key_header
                .split_once(':')
                .is_some_and(|(name, value)| is_name(name.trim()) && value.contains("{key}")),
            "speech.key_header must be a header with {key}, such as Authorization: Bearer {key}",
        )?;
        // Either would break every request, which tells of the service and not of the key.
        let plain = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        require(plain(&self.key_header), "speech.key_header must be printable ASCII")?;
        require(plain(&self.content_type), "speech.content_type must be printable ASCII")?;
        require(
            self.audio_at.is_empty() || self.audio_at.starts_with('/'),
            "speech.audio_at must be a JSON pointer such as /data/audio, or empty",
        )?;
        let url = (!self.url.is_empty()).then(|| Target::parse(&self.url)).transpose();
        url.map_err(|why| format!("speech.url: {why}")).map(drop)
    }

    /// What ties them together.
    pub(super) fn check_together(&self) -> Result<(), String> {
        match self.engine {
            SpeechEngine::None => Ok(()),
            SpeechEngine::Command => require(
                self.command.first().is_some_and(|program| !program.is_empty()),
                "speech.command: name the program that speaks",
            ),
            SpeechEngine::HttpOpenAi => {
                require(!self.url.is_empty(), "speech.url: name the service that speaks")
            }
            SpeechEngine::HttpTemplate => {
                require(!self.url.is_empty(), "speech.url: name the service that speaks")?;
                require(
                    self.body.contains("{text}"),
                    "speech.body must have {text}, where the sentence stands",
                )
            }
        }
    }

    /// Where the text of a reply goes, when it leaves this process by HTTP.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        let is_http = matches!(self.engine, SpeechEngine::HttpOpenAi | SpeechEngine::HttpTemplate);
        Target::parse(&self.url).ok().filter(|_| is_http)
    }
}

/// The name of a header (RFC 9110 section 5.6.2).
fn is_name(name: &str) -> bool {
    let mark = |byte: u8| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || mark(byte))
}
