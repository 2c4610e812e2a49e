//! Whether the recordings are fit to be heard: for `mayorline prompts check` and the tests.

use super::{Builtin, Entry, Manifest, PROMPT_LEVEL_DBOV, PromptError, Source};
use crate::domain::speech::lexicon::Lexicon;
use crate::domain::speech::script::{Part, Script};
use crate::media::level;
use crate::wire::g711::SAMPLE_RATE_HZ;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How far the active speech level may be from [`PROMPT_LEVEL_DBOV`].
pub const LEVEL_TOLERANCE_DB: f64 = 0.5;
/// Highest peak, and what rounding may add to it.
pub const PEAK_DBOV_MAX: f64 = -3.0;
/// Shortest and longest silence before the speech, and longest after it, in milliseconds.
const LEAD_MS: std::ops::RangeInclusive<usize> = 5..=120;
const TAIL_MS_MAX: usize = 250;
/// Samples below this are silence: -50 dBov.
const SILENCE: u16 = 104;
/// Most files of an overlay folder that are looked at.
const OVERLAY_FILES_MAX: usize = 10_000;
/// Folders below the overlay folder that are entered.
const OVERLAY_DEPTH_MAX: usize = 4;

/// What is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Path below the prompt folder, or the clip's id when there is no file.
    pub file: String,
    /// What is wrong, in words.
    pub what: String,
}

/// The outcome of [`check`].
#[derive(Debug, Default)]
pub struct CheckReport {
    /// Clips of the manifest.
    pub clips: usize,
    /// Different files among them.
    pub files: usize,
    /// Files that the overlay folder brought.
    pub own: usize,
    /// Files that are still spoken by a machine.
    pub synthetic: usize,
    /// Length of all files in milliseconds.
    pub duration_ms: u64,
    /// Everything that is wrong, by file.
    pub faults: Vec<Fault>,
}

impl CheckReport {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, file: &str, what: impl Into<String>) {
        self.faults.push(Fault { file: file.to_owned(), what: what.into() });
    }
}

/// Checks every recording: present, 8 kHz mono 16-bit, level, peak, edges, hash; every clip of
/// script and pieces has one that says its text, and every recording is used.
pub fn check(overlay: Option<&Path>) -> Result<CheckReport, PromptError> {
    let manifest = Manifest::builtin()?;
    let mut report = CheckReport { clips: manifest.clips.len(), ..CheckReport::default() };
    let mut seen = BTreeSet::new();
    for entry in &manifest.clips {
        if seen.insert(entry.file.as_str()) {
            check_file(&mut report, entry, overlay);
        }
    }
    report.files = seen.len();
    check_wanted(&mut report, &manifest);
    check_strays(&mut report, &seen, overlay);
    report.faults.sort();
    Ok(report)
}

/// The sound of one file.
fn check_file(report: &mut CheckReport, entry: &Entry, overlay: Option<&Path>) {
    let file = entry.file.as_str();
    let opened = Source::open(file, overlay).and_then(|source| Ok((source.samples()?, source)));
    let (samples, source) = match opened {
        Ok(opened) => opened,
        Err(PromptError::Format { what, .. }) => return report.fault(file, what),
        Err(error) => return report.fault(file, error.to_string()),
    };
    let milliseconds = milliseconds(samples.len());
    report.duration_ms += milliseconds as u64;
    if source.is_own {
        report.own += 1;
    } else {
        report.synthetic += usize::from(entry.synthetic);
        check_identity(report, entry, &source.bytes, milliseconds);
    }
    check_sound(report, file, &samples);
}

/// A built-in file is the one that the manifest describes.
fn check_identity(report: &mut CheckReport, entry: &Entry, bytes: &[u8], milliseconds: usize) {
    let digest: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    if digest != entry.sha256 {
        report.fault(&entry.file, "is not the file of the manifest (SHA-256 differs)");
    }
    if milliseconds != entry.duration_ms as usize {
        let wanted = entry.duration_ms;
        report.fault(&entry.file, format!("lasts {milliseconds} ms, the manifest says {wanted}"));
    }
}

/// Level, peak and edges.
fn check_sound(report: &mut CheckReport, file: &str, samples: &[i16]) {
    let level = level::measure(samples);
    let off = level.active_dbov - PROMPT_LEVEL_DBOV;
    if off.abs() > LEVEL_TOLERANCE_DB {
        let found = level.active_dbov;
        report.fault(file, format!("speech level {found:.1} dBov, wanted {PROMPT_LEVEL_DBOV}"));
    }
    if level.peak_dbov > PEAK_DBOV_MAX {
        report.fault(file, format!("peak {:.1} dBov, at most {PEAK_DBOV_MAX}", level.peak_dbov));
    }
    let loud = |sample: &i16| sample.unsigned_abs() >= SILENCE;
    let lead = milliseconds(samples.iter().position(loud).unwrap_or(samples.len()));
    let tail = milliseconds(samples.iter().rev().position(loud).unwrap_or(samples.len()));
    if !LEAD_MS.contains(&lead) {
        report.fault(file, format!("{lead} ms of silence before the speech, wanted {LEAD_MS:?}"));
    }
    if tail > TAIL_MS_MAX {
        report.fault(file, format!("{tail} ms of silence after it, at most {TAIL_MS_MAX}"));
    }
}

fn milliseconds(samples: usize) -> usize {
    samples * 1_000 / SAMPLE_RATE_HZ as usize
}

/// Every clip that can be planned is recorded with its words, and nothing else is.
fn check_wanted(report: &mut CheckReport, manifest: &Manifest) {
    let wanted = wanted_clips();
    let mut recorded = BTreeSet::new();
    for entry in &manifest.clips {
        if !recorded.insert(entry.id.as_str()) {
            report.fault(&entry.file, format!("clip {} stands twice in the manifest", entry.id));
        }
        match wanted.get(&entry.id) {
            None => report.fault(&entry.file, format!("clip {} is used nowhere", entry.id)),
            Some(text) if *text != entry.text => {
                report.fault(&entry.file, format!("says {}, the script says {text}", entry.text));
            }
            Some(_) => {}
        }
    }
    for (id, text) in wanted.iter().filter(|(id, _)| !recorded.contains(id.as_str())) {
        report.fault(id, format!("no recording of {text}"));
    }
}

/// The clips of script and pieces: id and text.
fn wanted_clips() -> BTreeMap<String, String> {
    let pieces = Lexicon::builtin().clips().map(|(id, text)| (id.to_string(), text.to_owned()));
    let sentences = Script::builtin().prompts().flat_map(|(_, parts)| parts);
    let sentences = sentences.filter_map(|part| match part {
        Part::Clip(id, text) => Some((id.to_string(), text.clone())),
        Part::Slot(_) | Part::Pause(_) => None,
    });
    pieces.chain(sentences).collect()
}

/// Files that no clip names: dead weight in the binary, or a misnamed recording of the city.
fn check_strays(report: &mut CheckReport, known: &BTreeSet<&str>, overlay: Option<&Path>) {
    for file in Builtin::iter() {
        if file.ends_with(".wav") && !known.contains(file.as_ref()) {
            report.fault(&file, "no clip of the manifest names this file");
        }
    }
    let Some(folder) = overlay else { return };
    for path in wav_files(folder, OVERLAY_DEPTH_MAX) {
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        let name = relative.to_string_lossy().replace('\\', "/");
        if !known.contains(name.as_str()) {
            report.fault(&name, "no clip of the manifest names this file; is it misnamed?");
        }
    }
}

/// The recordings below a folder; what cannot be listed is skipped, loading reports it.
fn wav_files(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().take(OVERLAY_FILES_MAX) {
        let path = entry.path();
        if path.is_dir() && depth > 0 {
            found.extend(wav_files(&path, depth - 1));
        } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("wav")) {
            found.push(path);
        }
    }
    found
}
