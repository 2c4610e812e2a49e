//! What a speech engine says of cases (docs/adr/0030-speech-engine.md): asked for with what makes it known,
//! rendered afterwards, heard in a look-up only when all of it is there.
//!
//! * `want`: what is to be said, in the transaction of what happened; nothing of a case under seal.
//! * `render`: what is next, its sentences, and what came of it.
//! * `heard`: what a look-up hears, or how the citizen gets the reply otherwise.
//!
//! One process renders, the one that has the folder. It holds no lease: whatever it has not finished is
//! still to be done when it starts again.

mod heard;
mod render;
mod want;

pub(super) use heard::voiced;
pub use render::{
    SPOKEN_BYTES_MAX, SPOKEN_DAYS, SpeechHeld, SpeechJob, SpeechKind, SpeechSentence, SpeechSound,
};
pub(super) use want::{begin, check, forget, want};

use super::error::StoreError;
use super::vault::Vault;
use crate::domain::speech::rendering::SpeechRules;
use rusqlite::{Connection, OptionalExtension};

/// What a sentence or a whole text is known by.
pub(super) type WordsHash = [u8; 32];

/// The name in `meta` of the voice that the running service speaks with: verbs beside it ask for speech too.
const VOICE: &str = "speech_voice";

/// The voice; `None`: there is no engine.
fn rules(db: &Connection) -> Result<Option<SpeechRules>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let found: Option<String> =
        db.prepare_cached(sql)?.query_row([VOICE], |row| row.get(0)).optional()?;
    let split = found.as_deref().and_then(|value| value.split_once(' '));
    Ok(split.map(|(announced, voice)| SpeechRules {
        voice: voice.to_owned(),
        announced: announced == "1",
    }))
}

/// What a text is known by in a voice.
fn hash(vault: &Vault, kind: &str, voice: &str, text: &str) -> Result<WordsHash, StoreError> {
    let parts = [kind.as_bytes(), voice.as_bytes(), text.as_bytes()];
    let hash = vault.message_hash("speech", &parts);
    hash.try_into().map_err(|_| StoreError::Damaged("hash"))
}

/// What the sound of a sentence is bound to.
fn place(case_id: i64, words: &WordsHash) -> String {
    format!("case/{case_id}/speech/{}", super::recording::hex(words))
}

/// The sentences of a plan, by their hashes.
fn of_plan(plan: &[u8]) -> Vec<WordsHash> {
    plan.as_chunks::<32>().0.to_vec()
}
