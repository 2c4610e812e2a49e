//! The readable text of a mail out of its text parts.

use super::charset::{Decoded, decode};
use super::tree::{Leaf, Leaves};
use super::{TEXT_BYTES_MAX, html};

/// What a person reads, the page apart.
#[derive(Default)]
pub(super) struct Readable {
    pub(super) text: String,
    pub(super) html: Option<String>,
    pub(super) suspect: bool,
    /// A text was too long and was left to the attachments.
    pub(super) limited: bool,
    /// Places of the leaves that are in `text` or `html`.
    pub(super) used: Vec<usize>,
}

/// Puts the text parts together: of alternatives the plain one, unless it is empty.
pub(super) fn readable(raw: &[u8], leaves: &Leaves<'_>) -> Readable {
    let mut all = Readable::default();
    let mut texts: Vec<(&Leaf<'_>, String)> = Vec::new();
    let mut room = TEXT_BYTES_MAX;
    for (at, leaf) in leaves.all.iter().enumerate() {
        let is_page = leaf.media_type == "text/html";
        if !(is_page || leaf.media_type == "text/plain") || !leaf.is_body(at) {
            continue;
        }
        let body = &raw[leaf.body.clone()];
        if leaf.transfer.undone_length(body) > room {
            all.limited = true;
            continue;
        }
        let (bytes, is_odd) = leaf.transfer.undo(body);
        let label = leaf.charset.clone().or_else(|| html::charset_of(&bytes).filter(|_| is_page));
        let Decoded { text, suspect } = decode(&bytes, label.as_deref());
        room = room.saturating_sub(bytes.len());
        all.suspect |= suspect | is_odd;
        all.used.push(at);
        if is_page {
            let shown = html::text_of(&text);
            texts.push((leaf, shown));
            let pages = all.html.get_or_insert_default();
            pages.push_str(&text);
        } else {
            texts.push((leaf, leaf.flow.unwrapped(&clean(&text))));
        }
    }
    all.text = joined(&texts);
    all.suspect |= all.text.contains(char::REPLACEMENT_CHARACTER);
    all
}

fn joined(texts: &[(&Leaf<'_>, String)]) -> String {
    let has_plain = |group| {
        texts.iter().any(|(leaf, text)| {
            leaf.group == group && leaf.media_type == "text/plain" && !text.trim().is_empty()
        })
    };
    let mut text = String::new();
    for (leaf, part) in texts {
        let is_second =
            leaf.media_type == "text/html" && leaf.group.is_some() && has_plain(leaf.group);
        let part = clean(part);
        let part = part.trim_matches(['\n', ' ', '\u{FEFF}']);
        if is_second || part.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(part);
    }
    text
}

/// Line ends as `\n`, and no control characters.
pub(super) fn clean(text: &str) -> String {
    let unix = text.replace("\r\n", "\n");
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    unix.chars().map(|c| if c == '\r' { '\n' } else { c }).filter(is_kept).collect()
}

/// `format=flowed` (RFC 3676): lines that end in a blank go on in the next; `delsp=yes` takes the blank away,
/// as Chinese needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Flow {
    #[default]
    Fixed,
    Flowed {
        deletes_space: bool,
    },
}

impl Flow {
    fn unwrapped(self, text: &str) -> String {
        let Self::Flowed { deletes_space } = self else { return text.to_owned() };
        let mut out = String::with_capacity(text.len());
        for line in text.split('\n') {
            // §4.4: one blank before a line is stuffing.
            let line = line.strip_prefix(' ').unwrap_or(line);
            match line.strip_suffix(' ') {
                // §4.3: the mark of a signature is no flowed line.
                Some(body) if line != "-- " => {
                    out.push_str(if deletes_space { body } else { line })
                }
                _ => {
                    out.push_str(line);
                    out.push('\n');
                }
            }
        }
        out
    }
}
