//! Mail (RFC 5322, MIME) as values: who wrote, about what, the text, the attachments, and what programs must
//! know so that they do not answer each other for ever.
//!
//! What citizens' programs send is read as it is meant. Charsets are absent or wrong, characters are cut in
//! two, boundaries are missing: nothing is refused, what is a guess is marked ([`Mail::suspect`]), and what
//! is left out for its size too ([`Mail::limited`]). Attachments are places in the mail; they are decoded
//! when somebody wants them and never unpacked. Whoever keeps the mail keeps its bytes, so a better reader
//! can go over them again.
//!
//! The walk and the bytes are ours, the grammar of addresses and dates, the world's charsets and HTML's
//! entities are of `mail-parser` (docs/adr/0025-mime.md). Nothing here waits, or grows without a bound.

mod address;
mod charset;
mod head;
mod html;
mod name;
mod params;
mod report;
mod signals;
mod text;
mod transfer;
mod tree;
mod words;

#[cfg(test)]
mod tests;

pub use address::{Mailbox, masked};
pub use report::{Action, Delivery, Report};
pub use signals::{Authentication, Signals, Verdict};
pub use transfer::Transfer;

use head::Head;
use jiff::Timestamp;
use mail_parser::DateTime;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Bytes of one mail that are read; what follows is left out.
pub const MAIL_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Bytes of the text parts of one mail; a longer one is an attachment.
pub const TEXT_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Parts of one mail.
pub const PARTS_MAX: usize = 500;
/// Parts within parts.
pub const PART_DEPTH_MAX: usize = 64;
/// Header fields of one mail or part.
pub const FIELDS_MAX: usize = 1_000;
/// Bytes of one header field.
pub const FIELD_BYTES_MAX: usize = 65_536;
/// Characters of a subject.
pub const SUBJECT_CHARS_MAX: usize = 500;
/// Addresses of one header field.
pub const ADDRESSES_MAX: usize = 100;
/// RFC 5321 §4.5.3.1.3: a path has 256 octets, two of them its brackets.
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Characters of a display name.
pub const NAME_CHARS_MAX: usize = 100;
/// Message-IDs of one header field.
pub const IDS_MAX: usize = 100;
/// RFC 5322 §2.1.1: no line is longer.
pub const ID_BYTES_MAX: usize = 998;
/// Recipients that one delivery report tells of.
pub const REPORTED_MAX: usize = 100;

/// A mail that was read. `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Mail {
    /// `Message-ID` without `<>`; many programs that answer by themselves write none.
    pub message_id: Option<String>,
    /// `In-Reply-To`.
    pub in_reply_to: Vec<String>,
    /// `References`, the oldest first.
    pub references: Vec<String>,
    /// `From`; empty where nobody signed.
    pub from: Vec<Mailbox>,
    /// `Reply-To`.
    pub reply_to: Vec<Mailbox>,
    /// `To`.
    pub to: Vec<Mailbox>,
    /// `Cc`.
    pub cc: Vec<Mailbox>,
    /// Where the server says it was delivered (`Delivered-To`, `X-Original-To`, `Envelope-To`).
    pub delivered_to: Vec<Mailbox>,
    /// One line.
    pub subject: String,
    /// `Date`, by the clock of the sender: it orders nothing.
    pub sent_at: Option<Timestamp>,
    /// What a person reads: the plain text, else that of the page.
    pub text: String,
    /// The page as it came, never to be shown without being cleaned.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// What the fields for programs say.
    pub signals: Signals,
    /// What it tells of a mail of ours.
    pub report: Option<Report>,
    /// A character was lost or a charset guessed: somebody should look at it.
    pub suspect: bool,
    /// A limit was met and something is left out.
    pub limited: bool,
}

/// A file in a mail. `Debug` does not show its name.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Fit to be shown and saved; `None` where it has none.
    pub name: Option<String>,
    /// As the sender says, in lower case: `image/jpeg`.
    pub media_type: String,
    /// Bytes, decoded.
    pub size: usize,
    /// Belongs into the page (`Content-ID`), as an emblem below a letter does.
    pub is_inline: bool,
    /// Where it stands in the bytes of the mail.
    pub range: Range<usize>,
    /// How it stands there.
    pub transfer: Transfer,
}

impl Attachment {
    /// Its bytes out of those of the mail that it was found in.
    #[must_use]
    pub fn bytes<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        self.transfer.undo(raw.get(self.range.clone()).unwrap_or_default()).0
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.media_type, self.size)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("from", &self.from)
            .field("subject_chars", &self.subject.chars().count())
            .field("text_bytes", &self.text.len())
            .field("html_bytes", &self.html.as_ref().map(String::len))
            .field("attachments", &self.attachments)
            .field("suspect", &self.suspect)
            .field("limited", &self.limited)
            .finish_non_exhaustive()
    }
}

impl Mail {
    /// Reads a mail as it came from the server. Verdicts of `Authentication-Results` are believed of
    /// `authserv_id` alone, what the own server calls itself.
    ///
    /// ```
    /// use mayorline::wire::mime::Mail;
    /// let raw = b"From: a@example.com\nSubject: =?GBK?B?wrfGvQ==?=\n\n\xC4\xE3\xBA\xC3\n";
    /// let mail = Mail::read(raw, None);
    /// assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("路平", "你好"));
    /// assert!(mail.suspect, "nothing says that the text is GBK");
    /// ```
    #[must_use]
    pub fn read(raw: &[u8], authserv_id: Option<&str>) -> Self {
        let is_long = raw.len() > MAIL_BYTES_MAX;
        let raw = raw.get(..MAIL_BYTES_MAX).unwrap_or(raw);
        let (head, body) = Head::read(raw, 0..raw.len());
        let mut mail = Self { limited: is_long, ..Self::default() };
        mail.take_head(&head, authserv_id);
        let leaves = tree::leaves(raw, head, body);
        let readable = text::readable(&leaves);
        mail.signals.is_report = leaves.is_report;
        let has_failed = !mail.signals.failed_recipients.is_empty();
        mail.report = report::read(&leaves, &readable.text, has_failed);
        for (at, leaf) in leaves.all.iter().enumerate() {
            let is_nothing = leaf.body.is_empty() && leaf.name.is_none();
            if !readable.used.contains(&at) && !is_nothing {
                mail.attachments.push(attachment(leaf, &mut mail.suspect));
            }
        }
        mail.limited |= leaves.limited | readable.limited;
        mail.suspect |= readable.suspect;
        (mail.text, mail.html) = (readable.text, readable.html);
        mail
    }

    fn take_head(&mut self, head: &Head<'_>, authserv_id: Option<&str>) {
        let mut people = |name: &str| {
            let mut found = Vec::new();
            for value in head.all(name).take(ADDRESSES_MAX) {
                let (list, suspect) = address::list(&value);
                self.suspect |= suspect;
                found.extend(list);
            }
            found.truncate(ADDRESSES_MAX);
            found
        };
        (self.from, self.reply_to) = (people("from"), people("reply-to"));
        (self.to, self.cc) = (people("to"), people("cc"));
        self.delivered_to =
            ["delivered-to", "x-original-to", "envelope-to"].into_iter().flat_map(people).collect();
        self.delivered_to.truncate(ADDRESSES_MAX);
        let subject = head.text("subject").unwrap_or_default();
        self.subject = shown(&subject.text, SUBJECT_CHARS_MAX);
        self.suspect |= subject.suspect;
        self.message_id = ids(head, "message-id").into_iter().next();
        (self.in_reply_to, self.references) = (ids(head, "in-reply-to"), ids(head, "references"));
        self.sent_at = head.first("date").and_then(|value| instant(&value));
        self.signals = signals::read(head, authserv_id);
    }
}

fn attachment(leaf: &tree::Leaf<'_>, suspect: &mut bool) -> Attachment {
    let name = leaf.name.as_ref().and_then(|name| {
        *suspect |= name.suspect;
        name::sanitised(&name.text)
    });
    Attachment {
        name,
        media_type: leaf.media_type.clone(),
        size: leaf.transfer.undone_length(leaf.bytes),
        is_inline: leaf.head.has("content-id"),
        range: leaf.body.clone(),
        transfer: leaf.transfer,
    }
}

/// One line for people: no control characters, no more than so many characters.
fn shown(text: &str, chars_max: usize) -> String {
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    line.trim().to_owned()
}

fn ids(head: &Head<'_>, name: &str) -> Vec<String> {
    let mut found: Vec<String> = head
        .all(name)
        .take(IDS_MAX)
        .flat_map(|value| ids_of(&String::from_utf8_lossy(&value)))
        .collect();
    // The newest stand last and say most.
    let excess = found.len().saturating_sub(IDS_MAX);
    found.drain(..excess);
    found
}

/// What stands in `<>`; a program that forgets them means the first word with an `@`.
fn ids_of(value: &str) -> Vec<String> {
    let is_id =
        |id: &str| !id.is_empty() && id.len() <= ID_BYTES_MAX && !id.contains(char::is_control);
    let compact = |text: &str| text.split_whitespace().collect::<String>();
    let bracketed: Vec<String> = value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| compact(id))
        .filter(|id| is_id(id))
        .collect();
    if !bracketed.is_empty() {
        return bracketed;
    }
    let bare =
        value.split([' ', '\t', '<', '>', ',']).find(|word| word.contains('@') && is_id(word));
    bare.map(|id| vec![id.to_owned()]).unwrap_or_default()
}

/// A date of RFC 5322 §3.3; `None` where it is none or lies beyond what a calendar holds.
fn instant(value: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(value);
    let date = DateTime::parse_rfc822(&format!("{text}\n"))?;
    let is_date = date.is_valid() && (1_970..=9_999).contains(&date.year);
    is_date.then(|| Timestamp::from_second(date.to_timestamp()).ok())?
}
