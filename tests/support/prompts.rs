//! Ears that know the prompts: what was received is written down as the clips it consists of,
//! each found bit for bit after A-law.

use super::audio::{FRAME, alaw_encode, read_wav};
use super::citizen::Call;
use aho_corasick::AhoCorasick;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes at a clip's most telling place that are looked up in the stream.
const KEY_LEN: usize = 24;
const LISTEN_INTERVAL: Duration = Duration::from_millis(200);

/// The clips of `prompts/zh-CN`.
pub struct Prompts {
    clips: Vec<Clip>,
    /// Finds the key of each clip.
    keys: AhoCorasick,
}

struct Clip {
    id: String,
    bytes: Vec<u8>,
    key_at: usize,
}

/// A clip that was heard whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// First byte in the received audio.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Its id in the manifest.
    pub id: String,
}

#[derive(serde::Deserialize)]
struct Manifest {
    clip: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    id: String,
    file: String,
}

impl Prompts {
    /// Reads the manifest and encodes every clip.
    pub fn load() -> Self {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/zh-CN");
        let text = std::fs::read_to_string(folder.join("manifest.toml")).expect("the manifest");
        let manifest: Manifest = toml::from_str(&text).expect("the manifest is TOML");
        let clip = |entry: Entry| {
            let samples = read_wav(&folder.join(entry.file), 0);
            let bytes: Vec<u8> = samples.into_iter().map(alaw_encode).collect();
            Clip { id: entry.id, key_at: telling_place(&bytes), bytes }
        };
        let clips: Vec<Clip> = manifest.clip.into_iter().map(clip).collect();
        let key = |clip: &Clip| clip.bytes[clip.key_at..clip.key_at + KEY_LEN].to_vec();
        let keys = AhoCorasick::new(clips.iter().map(key)).expect("keys are few and short");
        Self { clips, keys }
    }

    /// The A-law bytes of a clip.
    pub fn bytes(&self, id: &str) -> &[u8] {
        let clip = self.clips.iter().find(|clip| clip.id == id);
        &clip.unwrap_or_else(|| panic!("no clip {id} in the manifest")).bytes
    }

    /// Every clip heard whole, in order of its start.
    pub fn transcribe(&self, stream: &[u8]) -> Vec<Said> {
        let mut said: Vec<Said> = Vec::new();
        for key in self.keys.find_overlapping_iter(stream) {
            let clip = &self.clips[key.pattern().as_usize()];
            let Some(start) = key.start().checked_sub(clip.key_at) else { continue };
            let end = start + clip.bytes.len();
            if stream.get(start..end) == Some(clip.bytes.as_slice()) {
                said.push(Said { start, end, id: clip.id.clone() });
            }
        }
        said.sort_by_key(|s| (s.start, usize::MAX - s.end));
        said.dedup_by(|inner, outer| inner.end <= outer.end);
        said
    }

    /// Waits until the clip was heard whole; fails the test with what was heard instead.
    pub fn wait(&self, call: &Call, id: &str, limit: Duration) -> Said {
        let deadline = Instant::now() + limit;
        loop {
            let said = self.transcribe(&call.heard().audio());
            if let Some(found) = said.iter().rfind(|s| s.id == id) {
                return found.clone();
            }
            let ids: Vec<_> = said.iter().map(|s| s.id.as_str()).collect();
            let ended = call.ended();
            assert!(Instant::now() < deadline, "no {id} in {limit:?}; hung up: {ended}; {ids:?}");
            std::thread::sleep(LISTEN_INTERVAL);
        }
    }

    /// The ids of what was heard whole so far.
    pub fn ids(&self, call: &Call) -> Vec<String> {
        self.transcribe(&call.heard().audio()).into_iter().map(|s| s.id).collect()
    }

    /// The digits said directly after the last `before`, up to the next clip that is no digit.
    pub fn digits_after(&self, said: &[Said], before: &str) -> String {
        let found = runs(said).into_iter().rfind(|(clip, _)| clip == before);
        found.map(|(_, digits)| digits).unwrap_or_default()
    }
}

/// Each clip that is no digit, with the digits said directly after it.
pub fn runs(said: &[Said]) -> Vec<(String, String)> {
    let mut runs: Vec<(String, String)> = Vec::new();
    for clip in said {
        let digits = clip.id.strip_prefix("d.").and_then(|rest| rest.split('.').next());
        match (digits, runs.last_mut()) {
            (Some(digits), Some((_, run))) => run.push_str(digits),
            (Some(_), None) => {}
            (None, _) => runs.push((clip.id.clone(), String::new())),
        }
    }
    runs
}

/// The start of the frame with the most different bytes: silence is everywhere.
fn telling_place(bytes: &[u8]) -> usize {
    let last = bytes.len().checked_sub(KEY_LEN).expect("a clip is longer than its key");
    let distinct = |at: &usize| {
        let mut window: Vec<u8> = bytes[*at..(*at + FRAME).min(bytes.len())].to_vec();
        window.sort_unstable();
        window.dedup();
        window.len()
    };
    (0..=last).step_by(FRAME).max_by_key(distinct).unwrap_or(0)
}
