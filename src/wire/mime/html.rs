//! HTML to the text that a person reads. Nothing is loaded, run or followed: scripts and styles are left out,
//! images and links are only the words between the tags. One pass, whatever the page is.

use mail_parser::decoders::html::add_html_token;

/// Elements whose content nobody sees.
const UNSEEN: [&str; 5] = ["script", "style", "title", "template", "noframes"];
/// Elements that begin and end a line.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "tr",
    "ul",
];
/// Longest entity that is looked up: `&CounterClockwiseContourIntegral;`.
const ENTITY_BYTES_MAX: usize = 34;

/// What a page says.
pub(super) fn text_of(html: &str) -> String {
    let mut page = Page { out: String::with_capacity(html.len() / 2), blank: false, pre: 0 };
    let mut ends = Ends {
        quoted: html.len().saturating_mul(2),
        unseen: [true; UNSEEN.len()],
        comment: true,
        tag: true,
    };
    let mut rest = html;
    while let Some((said, marked)) = before_mark(rest) {
        page.say(said);
        let mut inner = marked.chars();
        let mark = inner.next();
        let behind = match mark {
            Some('&') => page.entity(marked),
            _ => page.tag(marked, inner.as_str(), &mut ends),
        };
        rest = behind.unwrap_or_else(|| {
            // A bare sign.
            mark.into_iter().for_each(|mark| page.glyph(mark));
            inner.as_str()
        });
    }
    page.say(rest);
    page.out.truncate(page.out.trim_end().len());
    page.out
}

/// What stands before the next `<` or `&`, and what begins with it.
fn before_mark(rest: &str) -> Option<(&str, &str)> {
    rest.split_at_checked(memchr::memchr2(b'<', b'&', rest.as_bytes())?)
}

struct Page {
    out: String,
    /// White space was seen since the last character.
    blank: bool,
    /// Open `<pre>`.
    pre: u32,
}

/// What is still worth looking for, so that a page of unfinished pieces is not searched again for each.
struct Ends {
    /// Bytes of quoted attributes that may yet be skipped.
    quoted: usize,
    unseen: [bool; UNSEEN.len()],
    comment: bool,
    tag: bool,
}

impl Page {
    fn say(&mut self, text: &str) {
        if self.pre > 0 {
            self.out.extend(text.chars().filter(|c| *c != '\r'));
            return;
        }
        for c in text.chars() {
            if c.is_ascii_whitespace() || c == '\u{A0}' {
                self.blank = true;
            } else {
                self.glyph(c);
            }
        }
    }

    fn glyph(&mut self, c: char) {
        if std::mem::take(&mut self.blank) && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
        self.out.push(c);
    }

    /// A new line, if this one holds something.
    fn end_line(&mut self) {
        self.blank = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// A new line, at most one empty between two.
    fn break_line(&mut self) {
        self.blank = false;
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// An entity at the beginning of `marked`; gives what stands behind it, `None` for a bare `&`.
    fn entity<'a>(&mut self, marked: &'a str) -> Option<&'a str> {
        let window = marked.as_bytes().get(..ENTITY_BYTES_MAX).unwrap_or(marked.as_bytes());
        let (entity, behind) = marked.split_at_checked(memchr::memchr(b';', window)? + 1)?;
        let name = entity.strip_prefix('&')?.strip_suffix(';')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if name.is_empty() || !is_name {
            return None;
        }
        let mut shown = String::new();
        add_html_token(&mut shown, entity.as_bytes(), false);
        self.say(&shown);
        Some(behind)
    }

    /// A tag, comment or declaration at the beginning of `marked`, of which `inner` is all but the `<`; gives
    /// what stands behind it, `None` for a bare `<` and for a tag that is cut off.
    fn tag<'a>(&mut self, marked: &'a str, inner: &'a str, ends: &mut Ends) -> Option<&'a str> {
        if let Some(comment) = marked.strip_prefix("<!--").filter(|_| ends.comment) {
            let end = memchr::memmem::find(comment.as_bytes(), b"-->");
            match end.and_then(|end| comment.get(end + 3..)) {
                Some(behind) => return Some(behind),
                None => ends.comment = false,
            }
        }
        let is_end = inner.starts_with('/');
        let named = inner.strip_prefix('/').unwrap_or(inner);
        let begins = named.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins && !inner.starts_with(['!', '?', '/']) {
            return None;
        }
        let behind = behind_tag(marked, ends)?;
        let name = named.split(|c: char| !c.is_ascii_alphanumeric()).next()?.to_ascii_lowercase();
        self.element(&name, is_end);
        let unseen = UNSEEN.iter().zip(&mut ends.unseen).find(|(known, _)| **known == name);
        if let Some((_, may_close)) = unseen
            && !is_end
            && *may_close
        {
            match from_close(behind, &name) {
                Some(close) => return Some(close),
                None => *may_close = false,
            }
        }
        Some(behind)
    }

    fn element(&mut self, name: &str, is_end: bool) {
        match name {
            "br" => self.break_line(),
            "td" | "th" => self.blank = true,
            "pre" if is_end => self.pre = self.pre.saturating_sub(1),
            "pre" => self.pre += 1,
            _ => {}
        }
        if BLOCKS.contains(&name) {
            self.end_line();
        }
    }
}

/// What stands behind a tag: a `>` in a quoted value does not end it.
fn behind_tag<'a>(rest: &'a str, ends: &mut Ends) -> Option<&'a str> {
    let bytes = rest.as_bytes();
    let first = if ends.tag { memchr::memchr(b'>', bytes) } else { None };
    ends.tag = first.is_some();
    let first = first?;
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate() {
        if ends.quoted == 0 {
            break;
        }
        ends.quoted -= 1;
        match (quote, byte) {
            (None, b'>') => return rest.get(at + 1..),
            // A quote begins a value only: an apostrophe elsewhere is none.
            (None, b'"' | b'\'') if is_value(bytes, at) => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    rest.get(first + 1..)
}

/// Whether a value of an attribute begins at a place: behind a `=`.
fn is_value(bytes: &[u8], at: usize) -> bool {
    bytes.get(..at).is_some_and(|before| before.trim_ascii_end().ends_with(b"="))
}

/// The end tag of an element and what stands behind.
fn from_close<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let bytes = rest.as_bytes();
    let at = memchr::memmem::find_iter(bytes, b"</").find(|at| {
        bytes
            .get(at + 2..at + 2 + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })?;
    rest.get(at..)
}

/// The charset that a page names for itself (`<meta charset=…>`), looked for at its beginning.
pub(super) fn charset_of(html: &[u8]) -> Option<String> {
    let start = html.get(..SNIFF_BYTES_MAX).unwrap_or(html).to_ascii_lowercase();
    let meta = start.get(memchr::memmem::find(&start, b"<meta")?..)?;
    let mark = memchr::memmem::find_iter(meta, b"charset").find_map(|found| {
        let after = meta.get(found..)?.strip_prefix(b"charset")?.trim_ascii_start();
        after.strip_prefix(b"=").map(<[u8]>::trim_ascii_start)
    })?;
    let value = mark.strip_prefix(b"\"").or_else(|| mark.strip_prefix(b"'")).unwrap_or(mark);
    let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"-_:".contains(byte);
    let label = value.split(is_end).next()?;
    (!label.is_empty()).then(|| String::from_utf8_lossy(label).into_owned())
}

/// Where a page names its charset, at the latest; browsers look as far (HTML standard, "prescan").
const SNIFF_BYTES_MAX: usize = 1_024;
