//! Rows of recordings, and the names of their files.

use super::config::RECORDINGS_FOLDER;
use super::error::StoreError;
use super::purge;
use super::sound_seal;
use crate::domain::call::{RecordingKind, RecordingSummary};
use crate::units::CallId;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use std::fmt::Write;
use std::path::Path;

/// Longest path of a recording below the data folder.
pub const FILE_CHARS_MAX: usize = 190;

/// Ends the name of a file that is being written anew with one track more, beside the recording
/// that it will replace. It is no recording; what a crash leaves of it is removed.
pub const WIDENING_SUFFIX: &str = ".widening";

/// What a recording belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// The call it was made in.
    pub(super) call: Option<&'a CallId>,
    /// The case it is the original of.
    pub(super) case_id: Option<i64>,
}

/// Its name in the store.
pub(super) fn kind_name(kind: RecordingKind) -> &'static str {
    match kind {
        RecordingKind::WholeCall => "whole_call",
        RecordingKind::Message => "message",
    }
}

/// Where a recording is to be written, below the data folder: a folder a day, the call's id, what
/// it is for and its running number. After a crash the name alone says what it was.
///
/// ```
/// use mayorline::domain::call::RecordingKind;
/// use mayorline::store::{parse_recording_file, recording_file};
/// use mayorline::units::CallId;
/// let call = CallId::new("g1", 1_795_000_000_000, 7);
/// let file = recording_file(jiff::civil::date(2026, 11, 22), &call, RecordingKind::Message, 1);
/// assert_eq!(file, "recordings/2026-11-22/g1-01a1ee565e00-0007.message.1.wav");
/// assert_eq!(parse_recording_file(&file), Some((call, RecordingKind::Message)));
/// ```
#[must_use]
pub fn recording_file(day: Date, call: &CallId, kind: RecordingKind, serial: u32) -> String {
    format!("{RECORDINGS_FOLDER}/{day}/{call}.{}.{serial}.wav", kind_name(kind))
}

/// The call and the purpose that a name of [`recording_file`] tells.
#[must_use]
pub fn parse_recording_file(file: &str) -> Option<(CallId, RecordingKind)> {
    let name = Path::new(file).file_name()?.to_str()?;
    let mut parts = name.split('.');
    let call = CallId::parse(parts.next()?).ok()?;
    let kind = match parts.next()? {
        "whole_call" => RecordingKind::WholeCall,
        "message" => RecordingKind::Message,
        _ => return None,
    };
    Some((call, kind))
}

/// Bytes as lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A path that stays below the data folder.
pub(super) fn is_inside(file: &str) -> bool {
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    (1..=FILE_CHARS_MAX).contains(&file.len()) && Path::new(file).components().all(plain)
}

/// A row for a recording; one that is there learns what it belongs to.
pub(super) fn put(
    db: &Connection,
    kind: RecordingKind,
    summary: &RecordingSummary,
    owner: Owner<'_>,
) -> Result<(), StoreError> {
    if !is_inside(&summary.file) {
        return Err(StoreError::Damaged("path of a recording"));
    }
    let ms = |length: std::time::Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT INTO recording (file, kind, call, case_id, duration_ms, speech_ms, sha256,
                                found, missing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)
         ON CONFLICT (file) DO UPDATE SET
             call = COALESCE(call, excluded.call), case_id = COALESCE(case_id, excluded.case_id)",
    )?
    .execute(params![
        summary.file,
        kind_name(kind),
        owner.call.map(CallId::as_str),
        owner.case_id,
        ms(summary.duration),
        ms(summary.speech),
        hex(&summary.sha256),
    ])?;
    if sound_seal::is_handed_over(db, owner.call.map(CallId::as_str), owner.case_id)? {
        // It was still written, or not known of, when the seal came into force.
        purge::ask(db)?;
    }
    Ok(())
}
