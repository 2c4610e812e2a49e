//! The sheet a studio records from.

use super::{Manifest, PromptError};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

/// What is still spoken by a machine, one line per file: a CSV with byte-order mark, so that a
/// spreadsheet reads the hanzi. Files that the overlay folder has are left out.
pub fn recording_sheet(overlay: Option<&Path>) -> Result<String, PromptError> {
    let manifest = Manifest::builtin()?;
    let mut sheet = String::from("\u{FEFF}id,text,file,duration_ms\r\n");
    let mut seen = HashSet::new();
    for entry in manifest.clips.iter().filter(|entry| entry.synthetic) {
        let is_own = overlay.is_some_and(|folder| folder.join(&entry.file).exists());
        if seen.insert(&entry.file) && !is_own {
            let text = entry.text.replace('"', "\"\"");
            let _ =
                write!(sheet, "{},\"{text}\",{},{}\r\n", entry.id, entry.file, entry.duration_ms);
        }
    }
    Ok(sheet)
}
