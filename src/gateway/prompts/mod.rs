//! The recorded prompts: compiled in, overlaid with a city's own recordings, held as A-law.
//!
//! [`Library::load`] reads everything once at the start; [`Library::resolve`] turns a plan of the
//! rules into segments that share the loaded bytes, so playing a prompt copies and encodes nothing.

mod check;
mod manifest;
mod sheet;
#[cfg(test)]
mod tests;

pub use check::{CheckReport, Fault, LEVEL_TOLERANCE_DB, PEAK_DBOV_MAX, check};
pub use manifest::{Entry, Manifest};
pub use sheet::recording_sheet;

use crate::domain::speech::{Piece, Plan, Rendered};
use crate::media::player::{Playlist, Segment};
use crate::media::stretch::stretch;
use crate::wire::g711::{Codec, SAMPLE_RATE_HZ};
use crate::wire::wav::{self, Channels};
use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;
use std::collections::HashMap;
use std::f64::consts::TAU;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Largest recording of an overlay folder: two minutes of 8 kHz 16-bit mono and its header.
pub const RECORDING_BYTES_MAX: u64 = 2 * 60 * 8_000 * 2 + 4_096;

/// The level of every prompt and of the tone, active speech level in dBov.
pub const PROMPT_LEVEL_DBOV: f64 = -26.0;

/// How much longer slow speech is: the recordings run at 180 to 190 characters a minute, slow
/// speech at 120 to 140.
pub const SLOW_FACTOR: f32 = 1.4;

/// Pitch of the tone before a recording.
const TONE_HZ: f64 = 1_000.0;
/// Its length: 400 ms.
const TONE_SAMPLES: u32 = SAMPLE_RATE_HZ * 400 / 1_000;
/// Its rise and fall: 5 ms.
const TONE_FADE_SAMPLES: u32 = SAMPLE_RATE_HZ * 5 / 1_000;

/// The files of `prompts/zh-CN`, in the binary.
#[derive(Embed)]
#[folder = "prompts/zh-CN/"]
struct Builtin;

/// Why the prompts could not be loaded. Every error names the file.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The manifest does not read; names line and column.
    #[error("manifest.toml: {0}")]
    Manifest(#[from] toml::de::Error),
    /// A recording of the manifest is not there.
    #[error("{file}: the recording is missing")]
    Missing {
        /// Path below the prompt folder.
        file: String,
    },
    /// A recording of the overlay could not be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// Path below the overlay folder.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// A recording is not 8 kHz mono 16-bit PCM, or too long.
    #[error("{file}: {what}")]
    Format {
        /// Path below the prompt folder.
        file: String,
        /// What is wrong with it.
        what: String,
    },
}

/// One recording, and its slow form once it is made.
#[derive(Debug)]
struct Clip {
    alaw: Arc<[u8]>,
    slow: OnceLock<Arc<[u8]>>,
}

impl Clip {
    fn new(alaw: Arc<[u8]>) -> Arc<Self> {
        Arc::new(Self { alaw, slow: OnceLock::new() })
    }

    /// The slow form, the normal one as long as that is not made: a caller never waits for it.
    fn slow(&self) -> &Arc<[u8]> {
        self.slow.get().unwrap_or(&self.alaw)
    }

    fn make_slow(&self) {
        self.slow.get_or_init(|| {
            let samples: Vec<i16> = self.alaw.iter().map(|&a| Codec::Pcma.decode(a)).collect();
            encode(stretch(&samples, SLOW_FACTOR))
        });
    }
}

/// All prompts, ready to play. Clips with the same file share their bytes.
#[derive(Debug)]
pub struct Library {
    clips: HashMap<Arc<str>, Arc<Clip>>,
    tone: Arc<[u8]>,
    own_recordings: usize,
}

impl Library {
    /// Reads the prompts in the binary and those of the overlay folder, which win file by file.
    /// One bad recording refuses all: a city learns of it at the start, not in a call.
    pub fn load(overlay: Option<&Path>) -> Result<Self, PromptError> {
        let manifest = Manifest::builtin()?;
        let mut files: HashMap<&str, Arc<Clip>> = HashMap::new();
        let mut clips = HashMap::with_capacity(manifest.clips.len());
        let mut own_recordings = 0;
        for entry in &manifest.clips {
            if !files.contains_key(entry.file.as_str()) {
                let source = Source::open(&entry.file, overlay)?;
                own_recordings += usize::from(source.is_own);
                files.insert(&entry.file, Clip::new(encode(source.samples()?)));
            }
            if let Some(clip) = files.get(entry.file.as_str()) {
                clips.insert(entry.id.as_str().into(), Arc::clone(clip));
            }
        }
        Ok(Self { clips, tone: tone(), own_recordings })
    }

    /// The A-law bytes of a clip.
    #[must_use]
    pub fn clip(&self, id: &str) -> Option<&Arc<[u8]>> {
        self.clips.get(id).map(|clip| &clip.alaw)
    }

    /// Number of clips.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// True when there is nothing to say at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// How many files the overlay folder brought.
    #[must_use]
    pub fn own_recordings(&self) -> usize {
        self.own_recordings
    }

    /// What is to be played for a plan. `slow` stretches speech and pauses to about 130
    /// characters a minute; a clip that [`Library::prepare_slow`] has not reached yet is played at
    /// its normal pace, because stretching takes longer than a packet may wait. A clip that does not exist is left out (a test and [`check()`] see to
    /// it that all exist).
    #[must_use]
    pub fn resolve(&self, plan: &Plan, slow: bool) -> Playlist {
        let segment = |piece: &Piece| match piece {
            Piece::Clip(id) => {
                let clip = self.clips.get(id)?;
                Some(Segment::Alaw(Arc::clone(if slow { clip.slow() } else { &clip.alaw })))
            }
            Piece::Pause(length) => {
                let length = if slow { length.mul_f32(SLOW_FACTOR) } else { *length };
                Some(Segment::Silence { samples: samples_of(length) })
            }
            Piece::Tone => Some(Segment::Alaw(Arc::clone(&self.tone))),
            Piece::Rendered(Rendered { alaw, slow: slower }) => {
                Some(Segment::Alaw(Arc::clone(if slow { slower } else { alaw })))
            }
        };
        Playlist { segments: plan.pieces.iter().filter_map(segment).collect() }
    }

    /// Makes the slow forms that are not there yet; some seconds of work, meant for a thread in
    /// the background after the start.
    pub fn prepare_slow(&self) {
        for clip in self.clips.values() {
            clip.make_slow();
        }
    }
}

/// One recording as found, and where.
struct Source<'a> {
    file: &'a str,
    bytes: Cow<'static, [u8]>,
    is_own: bool,
}

impl<'a> Source<'a> {
    /// The overlay's file if there is one, else the built-in one.
    fn open(file: &'a str, overlay: Option<&Path>) -> Result<Self, PromptError> {
        if let Some(folder) = overlay
            && let Some(bytes) = read_own(file, &folder.join(file))?
        {
            return Ok(Self { file, bytes: bytes.into(), is_own: true });
        }
        match Builtin::get(file) {
            Some(EmbeddedFile { data, .. }) => Ok(Self { file, bytes: data, is_own: false }),
            None => Err(PromptError::Missing { file: file.to_owned() }),
        }
    }

    /// The samples, once the format is right.
    fn samples(&self) -> Result<Vec<i16>, PromptError> {
        let refuse = |what: String| PromptError::Format { file: self.file.to_owned(), what };
        let wav = wav::parse(&self.bytes).map_err(|error| refuse(error.to_string()))?;
        if wav.channels != Channels::Mono {
            return Err(refuse("is stereo, must be mono".to_owned()));
        }
        if wav.cut_off {
            return Err(refuse("is cut off".to_owned()));
        }
        Ok(wav.samples().collect())
    }
}

/// Samples as A-law.
fn encode(samples: Vec<i16>) -> Arc<[u8]> {
    samples.into_iter().map(|sample| Codec::Pcma.encode(sample)).collect()
}

/// A file of the overlay; `None` when it has none of that name.
fn read_own(file: &str, path: &Path) -> Result<Option<Vec<u8>>, PromptError> {
    let unreadable = |source| PromptError::Unreadable { file: file.to_owned(), source };
    let opened = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    let mut bytes = Vec::new();
    opened.take(RECORDING_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > RECORDING_BYTES_MAX {
        let what = format!("is longer than {RECORDING_BYTES_MAX} bytes");
        return Err(PromptError::Format { file: file.to_owned(), what });
    }
    Ok(Some(bytes))
}

/// A pause in samples.
fn samples_of(pause: Duration) -> u32 {
    let samples = pause.as_millis() * u128::from(SAMPLE_RATE_HZ) / 1_000;
    u32::try_from(samples).unwrap_or(u32::MAX)
}

/// The tone before a recording, at the level of the prompts.
fn tone() -> Arc<[u8]> {
    let amplitude = 32_768.0 * 10_f64.powf(PROMPT_LEVEL_DBOV / 20.0) * 2_f64.sqrt();
    let sample = |n: u32| {
        let edge = n.min(TONE_SAMPLES - 1 - n);
        let gain = f64::from(edge.min(TONE_FADE_SAMPLES)) / f64::from(TONE_FADE_SAMPLES);
        let phase = TAU * TONE_HZ * f64::from(n) / f64::from(SAMPLE_RATE_HZ);
        Codec::Pcma.encode(crate::media::to_sample(amplitude * gain * phase.sin()))
    };
    (0..TONE_SAMPLES).map(sample).collect()
}
