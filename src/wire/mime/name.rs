//! Names of attachments, made fit to be shown and saved.

/// Longest name, in characters; its ending is kept.
const NAME_CHARS_MAX: usize = 120;
/// What is no part of a name on one of the systems that officials use, or hides what it is.
const BARRED: &str = "/\\:*?\"<>|";

/// A name without its path and without what a file system or a reader could be misled by: `None` where
/// nothing is left.
pub(super) fn sanitised(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    let kept: String = last
        .chars()
        .filter(|c| !is_hidden(c))
        .map(|c| if BARRED.contains(c) { '_' } else { c })
        .collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    (!kept.is_empty()).then(|| shortened(kept))
}

fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending: String = ending.chars().take(16).collect();
    let room = NAME_CHARS_MAX - 1 - ending.chars().count();
    let stem: String = stem.chars().take(room).collect();
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}
