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
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        page.say(&rest[..at]);
        rest = &rest[at..];
        let taken =
            if rest.starts_with('&') { page.entity(rest) } else { page.tag(rest, &mut ends) };
        rest = &rest[taken..];
    }
    page.say(rest);
    page.out.truncate(page.out.trim_end().len());
    page.out
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

    /// An entity at the beginning of `rest`, or the bare `&`; how many bytes it was.
    fn entity(&mut self, rest: &str) -> usize {
        let window = rest.as_bytes().get(..ENTITY_BYTES_MAX).unwrap_or(rest.as_bytes());
        let end = memchr::memchr(b';', window).filter(|end| {
            window[1..*end].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
        });
        let Some(end) = end.filter(|end| *end > 1) else {
            self.glyph('&');
            return 1;
        };
        let mut shown = String::new();
        add_html_token(&mut shown, &rest.as_bytes()[..=end], false);
        self.say(&shown);
        end + 1
    }

    /// A tag, comment or declaration at the beginning of `rest`, or a bare `<`; how many bytes it was.
    fn tag(&mut self, rest: &str, ends: &mut Ends) -> usize {
        if let Some(comment) = rest.strip_prefix("<!--").filter(|_| ends.comment) {
            match memchr::memmem::find(comment.as_bytes(), b"-->") {
                Some(end) => return 4 + end + 3,
                None => ends.comment = false,
            }
        }
        let inner = &rest[1..];
        let is_end = inner.starts_with('/');
        let name_from = usize::from(is_end);
        let is_name = |c: char| c.is_ascii_alphanumeric();
        let name_length =
            inner[name_from..].find(|c| !is_name(c)).unwrap_or(inner.len() - name_from);
        let begins = inner[name_from..].starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins && !inner.starts_with(['!', '?', '/']) {
            self.glyph('<');
            return 1;
        }
        let Some(end) = tag_end(rest, ends) else {
            // Cut off inside a tag, or nothing but a sign.
            self.glyph('<');
            return 1;
        };
        let name = inner[name_from..name_from + name_length].to_ascii_lowercase();
        self.element(&name, is_end);
        if let Some(at) = UNSEEN.iter().position(|unseen| *unseen == name)
            && !is_end
            && ends.unseen[at]
        {
            match close_of(&rest[end..], &name) {
                Some(close) => return end + close,
                None => ends.unseen[at] = false,
            }
        }
        end
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

/// Where a tag ends: a `>` in a quoted value is none of it.
fn tag_end(rest: &str, ends: &mut Ends) -> Option<usize> {
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
            (None, b'>') => return Some(at + 1),
            // A quote begins a value only: an apostrophe elsewhere is none.
            (None, b'"' | b'\'') if at > 0 && bytes[..at].trim_ascii_end().ends_with(b"=") => {
                quote = Some(*byte)
            }
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    Some(first + 1)
}

/// Where the end tag of an element begins.
fn close_of(rest: &str, name: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    memchr::memmem::find_iter(bytes, b"</").find(|at| {
        bytes
            .get(at + 2..at + 2 + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The charset that a page names for itself (`<meta charset=…>`), looked for at its beginning.
pub(super) fn charset_of(html: &[u8]) -> Option<String> {
    let start = html.get(..SNIFF_BYTES_MAX).unwrap_or(html).to_ascii_lowercase();
    let at = memchr::memmem::find(&start, b"<meta")?;
    let mark = memchr::memmem::find_iter(&start[at..], b"charset").find_map(|found| {
        let after = start[at + found + 7..].trim_ascii_start();
        after.strip_prefix(b"=").map(<[u8]>::trim_ascii_start)
    })?;
    let value = mark.strip_prefix(b"\"").or_else(|| mark.strip_prefix(b"'")).unwrap_or(mark);
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_:".contains(byte));
    let label = &value[..end.unwrap_or(value.len())];
    (!label.is_empty()).then(|| String::from_utf8_lossy(label).into_owned())
}

/// Where a page names its charset, at the latest; browsers look as far (HTML standard, "prescan").
const SNIFF_BYTES_MAX: usize = 1_024;
