//! Replies in the voice of a speech engine, rendered before anybody asks for them
//! (docs/adr/0030-speech-engine.md): a thread of its own asks the engine, sentence by sentence; no call ever
//! waits for it.
//!
//! * `command`: an engine that is a program: text in, WAV out.
//! * `http`: one that is a service: a request, sound in the answer.
//! * `run`: what is next, and what comes of it.

mod command;
mod http;
mod run;

pub use command::CommandEngine;
pub use http::{HttpEngine, HttpForm, SPEECH_CONNECT_WAIT};
pub use run::{SPEECH_LOOK, SpeechConfig, SpeechThread};

use super::prompts::SLOW_FACTOR;
use crate::media::rendered::{self, Unfit};
use crate::store::SpeechSound;
use crate::wire::wav::{self, Channels};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longest that an engine may take for one sentence, as the configuration may say, in seconds.
pub const SPEECH_TIMEOUT_SECONDS_MAX: u64 = 120;
/// Most bytes of one sentence's sound, as the configuration may say.
pub const SPEECH_BYTES_MAX: usize = 16 << 20;

/// Between two looks whether the service ends while an engine works.
const GLANCE: Duration = Duration::from_millis(100);

/// Why there is no sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeechFault {
    /// The program cannot be started.
    #[error("the program {0} cannot be started")]
    Program(String),
    /// The program failed.
    #[error("the program ends with an error")]
    Exit,
    /// Nobody takes a connection.
    #[error("nobody answers at {0}")]
    Connect(String),
    /// No TLS, or a certificate that is not believed.
    #[error("no TLS with {0}: its certificate is not believed, or it speaks none")]
    Tls(String),
    /// The answer is not HTTP, or broken off.
    #[error("what answers does not speak HTTP, or breaks off")]
    Http,
    /// Another status than 200.
    #[error("it answers with status {0}")]
    Status(u16),
    /// It takes too long.
    #[error("it takes longer than {0} s for one sentence")]
    Slow(u64),
    /// It gives too much.
    #[error("it gives more than {0} bytes for one sentence")]
    Large(usize),
    /// What it gives is no WAV that can be read.
    #[error("what it gives is no WAV of 16 bits, with one track, at a usual rate")]
    Format,
    /// What it gives is no sentence.
    #[error("what it gives {0}")]
    Unfit(#[from] Unfit),
    /// The service ends.
    #[error("the service ends")]
    Stopped,
}

impl SpeechFault {
    /// In a word, as it is kept.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Program(_) => "program",
            Self::Exit => "exit",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Http => "http",
            Self::Status(_) => "status",
            Self::Slow(_) => "slow",
            Self::Large(_) => "large",
            Self::Format => "format",
            Self::Unfit(Unfit::Silent) => "silent",
            Self::Unfit(Unfit::Short) => "short",
            Self::Unfit(Unfit::Long) => "endless",
            Self::Unfit(_) => "unfit",
            Self::Stopped => "stopped",
        }
    }

    /// It may be the sentence, not the engine: the next text is tried without a rest.
    fn is_of_sentence(&self) -> bool {
        matches!(self, Self::Unfit(_) | Self::Large(_))
    }
}

/// How much one sentence may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechBounds {
    /// Time, from the question to the last byte.
    pub timeout: Duration,
    /// Bytes of sound.
    pub bytes_max: usize,
}

/// A speech engine.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A program of this machine.
    Command(CommandEngine),
    /// A service.
    Http(Box<HttpEngine>),
}

impl Engine {
    /// A sentence, fit to be played. Blocks up to the bound on time, or until `stop` is set.
    ///
    /// # Errors
    /// When there is none; nothing of the sentence stands in the error.
    pub fn speak(&self, text: &str, stop: &AtomicBool) -> Result<SpeechSound, SpeechFault> {
        let bytes = match self {
            Self::Command(engine) => engine.speak(text, stop),
            Self::Http(engine) => engine.speak(text, stop),
        }?;
        fit(&bytes, text.chars().count())
    }
}

/// Reads the sound of an engine and brings it to the level and form of the prompts.
///
/// # Errors
/// When it is not what a sentence of `chars` characters sounds like.
pub fn fit(bytes: &[u8], chars: usize) -> Result<SpeechSound, SpeechFault> {
    let (wav, rate) = wav::parse_any(bytes).map_err(|_| SpeechFault::Format)?;
    if wav.channels != Channels::Mono {
        return Err(SpeechFault::Format);
    }
    let samples: Vec<i16> = wav.samples().collect();
    let fit = rendered::prepare(&samples, rate, chars, SLOW_FACTOR);
    match fit {
        Ok(rendered::Sentence { alaw, slow }) => Ok(SpeechSound { alaw, slow }),
        Err(Unfit::Rate) => Err(SpeechFault::Format),
        Err(unfit) => Err(unfit.into()),
    }
}

fn is_set(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}
