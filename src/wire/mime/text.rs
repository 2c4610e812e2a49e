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
pub(super) fn readable(leaves: &Leaves<'_>) -> Readable {
    let mut all = Readable::default();
    let mut texts: Vec<(&Leaf<'_>, String)> = Vec::new();
    let mut room = TEXT_BYTES_MAX;
    for (at, leaf) in leaves.all.iter().enumerate() {
        let is_page = leaf.media_type == "text/html";
        if !(is_page || leaf.media_type == "text/plain") || !leaf.is_body(at) {
            continue;
        }
        if leaf.transfer.undone_length(leaf.bytes) > room {
            all.limited = true;
            continue;
        }
        let (bytes, is_odd) = leaf.transfer.undo(leaf.bytes);
        let label = leaf.charset.clone().or_else(|| html::charset_of(&bytes).filter(|_| is_page));
        let Decoded { text, suspect } = decode(&bytes, label.as_deref());
        room = room.saturating_sub(bytes.len());
        // A long text is here once and a half, not three times.
        drop(bytes);
        all.suspect |= suspect | is_odd;
        all.used.push(at);
        if is_page {
            texts.push((leaf, clean(html::text_of(&text))));
            match &mut all.html {
                Some(pages) => pages.push_str(&text),
                None => all.html = Some(text),
            }
        } else {
            texts.push((leaf, leaf.flow.unwrapped(clean(text))));
        }
    }
    all.text = joined(texts);
    all.suspect |= all.text.contains(char::REPLACEMENT_CHARACTER);
    all
}

fn joined(texts: Vec<(&Leaf<'_>, String)>) -> String {
    let is_written = |(leaf, text): &&(&Leaf<'_>, String)| {
        leaf.media_type == "text/plain" && !text.trim().is_empty()
    };
    let plain: Vec<Option<usize>> =
        texts.iter().filter(is_written).map(|(leaf, _)| leaf.group).collect();
    let mut text = String::new();
    for (leaf, mut part) in texts {
        let is_second =
            leaf.media_type == "text/html" && leaf.group.is_some() && plain.contains(&leaf.group);
        let around = ['\n', ' ', '\u{FEFF}'];
        part.truncate(part.trim_end_matches(around).len());
        let before = part.len() - part.trim_start_matches(around).len();
        part.drain(..before);
        if is_second || part.is_empty() {
            continue;
        }
        if text.is_empty() {
            text = part;
        } else {
            text.push_str("\n\n");
            text.push_str(&part);
        }
    }
    text
}

/// Line ends as `\n`, and no control characters.
fn clean(mut text: String) -> String {
    let ends = memchr::memchr_iter(b'\r', text.as_bytes());
    if ends.into_iter().any(|at| text.as_bytes().get(at + 1) != Some(&b'\n')) {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    text
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
    fn unwrapped(self, text: String) -> String {
        let Self::Flowed { deletes_space } = self else { return text };
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
