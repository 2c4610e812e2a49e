//! The parts of a mail (RFC 2046 §5.1) as ranges of its bytes; nothing is copied.

use super::charset::Decoded;
use super::head::Head;
use super::params::Params;
use super::text::Flow;
use super::transfer::Transfer;
use super::{PART_DEPTH_MAX, PARTS_MAX};
use memchr::memmem::Finder;
use std::ops::Range;

/// A part that holds no others.
pub(super) struct Leaf<'a> {
    pub(super) head: Head<'a>,
    /// In lower case.
    pub(super) media_type: String,
    pub(super) charset: Option<String>,
    pub(super) transfer: Transfer,
    pub(super) name: Option<Decoded>,
    is_attached: bool,
    /// Where it stands in the mail.
    pub(super) body: Range<usize>,
    /// What stands there.
    pub(super) bytes: &'a [u8],
    /// Which set of alternatives it stands in.
    pub(super) group: Option<usize>,
    pub(super) flow: Flow,
}

impl Leaf<'_> {
    /// Whether a person reads it as part of the letter rather than opens it as a file.
    pub(super) fn is_body(&self, place: usize) -> bool {
        !self.is_attached && (self.name.is_none() || place == 0)
    }
}

/// The leaves of a mail in their order.
#[derive(Default)]
pub(super) struct Leaves<'a> {
    pub(super) all: Vec<Leaf<'a>>,
    pub(super) is_report: bool,
    /// Parts were left out, or taken whole that hold others.
    pub(super) limited: bool,
    groups: usize,
    /// Bytes that may yet be searched for boundaries: parts within parts are searched once for each depth.
    budget: usize,
}

/// Walks through a mail whose head has been read.
pub(super) fn leaves<'a>(raw: &'a [u8], head: Head<'a>, body: usize) -> Leaves<'a> {
    let budget = raw.len().saturating_mul(SEARCHES_MAX).saturating_add(SEARCHED_BYTES_MIN);
    let mut leaves = Leaves { budget, ..Leaves::default() };
    let params = Params::read(&head.first("content-type").unwrap_or_default());
    leaves.is_report = params.value == "multipart/report";
    leaves.walk(raw, head, params, body..raw.len(), Place::default());
    leaves
}

/// How many times the whole mail may be searched for boundaries.
const SEARCHES_MAX: usize = 8;
/// What may be searched in any mail: a small one with [`PART_DEPTH_MAX`] parts in each other.
const SEARCHED_BYTES_MIN: usize = 64 * 1024 * 1024;

#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    group: Option<usize>,
    /// The default type is message/rfc822 here (RFC 2046 §5.1.5).
    is_digest: bool,
}

impl<'a> Leaves<'a> {
    fn walk(
        &mut self,
        raw: &'a [u8],
        head: Head<'a>,
        params: Params,
        body: Range<usize>,
        place: Place,
    ) {
        if self.all.len() >= PARTS_MAX {
            self.limited = true;
            return;
        }
        if let Some(subtype) = params.value.strip_prefix("multipart/") {
            let boundary = params.token("boundary").filter(|boundary| !boundary.is_empty());
            let may_search = place.depth < PART_DEPTH_MAX && self.budget >= body.len();
            match boundary {
                Some(boundary) if may_search => {
                    self.budget -= body.len();
                    let inner = self.inner(subtype, place);
                    if self.children(raw, &boundary, body.clone(), inner) {
                        return;
                    }
                }
                Some(_) => {
                    self.limited = true;
                    self.leaf(raw, head, params, body, place.group);
                    return;
                }
                None => {}
            }
            // Nothing divides it: what is there is read as a text, so that nothing is lost.
            let params = Params::read(b"text/plain");
            self.leaf(raw, head, params, body, place.group);
            return;
        }
        let is_digest = place.is_digest && params.value.is_empty();
        let params = if is_digest { Params::read(b"message/rfc822") } else { params };
        self.leaf(raw, head, params, body, place.group);
    }

    fn inner(&mut self, subtype: &str, place: Place) -> Place {
        let group = match subtype {
            "alternative" => {
                self.groups += 1;
                Some(self.groups)
            }
            _ => place.group,
        };
        Place { depth: place.depth + 1, group, is_digest: subtype == "digest" }
    }

    /// Walks through what the boundary divides; `false` where it divides nothing.
    fn children(
        &mut self,
        raw: &'a [u8],
        boundary: &str,
        body: Range<usize>,
        place: Place,
    ) -> bool {
        let mark = [b"--", boundary.as_bytes()].concat();
        let finder = Finder::new(&mark);
        let mut open: Option<usize> = None;
        let mut found_any = false;
        let mut at = body.start;
        let mark_from = |at: usize| finder.find(raw.get(at..body.end)?).map(|found| at + found);
        while let Some(found) = mark_from(at) {
            at = found + mark.len();
            let follows_line = || raw.get(..found).is_some_and(|before| before.ends_with(b"\n"));
            let begins_line = found == body.start || follows_line();
            let delimiter = if begins_line { Delimiter::at(raw, at, body.end) } else { None };
            let Some(delimiter) = delimiter else { continue };
            found_any = true;
            if let Some(start) = open.take() {
                self.part(raw, start..before_line_end(raw, start, found), place);
            }
            if delimiter.is_last || self.limited_at_end() {
                return true;
            }
            open = Some(delimiter.next);
            at = delimiter.next;
        }
        // RFC 2046 §5.1: a mail that was cut off has no last boundary.
        if let Some(start) = open {
            self.part(raw, start..body.end, place);
        }
        found_any
    }

    fn limited_at_end(&mut self) -> bool {
        let is_full = self.all.len() >= PARTS_MAX;
        self.limited |= is_full;
        is_full
    }

    fn part(&mut self, raw: &'a [u8], range: Range<usize>, place: Place) {
        let end = range.end;
        let (head, body) = Head::read(raw, range);
        let params = Params::read(&head.first("content-type").unwrap_or_default());
        self.walk(raw, head, params, body..end, place);
    }

    fn leaf(
        &mut self,
        raw: &'a [u8],
        head: Head<'a>,
        params: Params,
        body: Range<usize>,
        group: Option<usize>,
    ) {
        let Some(bytes) = raw.get(body.clone()) else {
            self.limited = true;
            return;
        };
        let disposition = Params::read(&head.first("content-disposition").unwrap_or_default());
        let transfer = head.token("content-transfer-encoding").unwrap_or_default();
        let is_type = params.value.contains('/') && params.value.len() <= MEDIA_TYPE_BYTES_MAX;
        let media_type = if is_type { params.value.clone() } else { "text/plain".to_owned() };
        let is_flowed =
            params.token("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        let deletes_space =
            params.token("delsp").is_some_and(|yes| yes.eq_ignore_ascii_case("yes"));
        self.all.push(Leaf {
            charset: params.token("charset"),
            name: disposition.text("filename").or_else(|| params.text("name")),
            is_attached: disposition.value == "attachment",
            transfer: Transfer::of(&transfer),
            flow: if is_flowed { Flow::Flowed { deletes_space } } else { Flow::Fixed },
            head,
            media_type,
            body,
            bytes,
            group,
        });
    }
}

/// Longest media type that is believed.
const MEDIA_TYPE_BYTES_MAX: usize = 127;

struct Delimiter {
    is_last: bool,
    /// Where the next line begins.
    next: usize,
}

impl Delimiter {
    /// What stands behind a boundary: nothing but blanks, or `--`.
    fn at(raw: &[u8], at: usize, end: usize) -> Option<Self> {
        let (line, next) = super::head::line_at(raw, at, end);
        let last = line.strip_prefix(b"--");
        let is_it = last.unwrap_or(line).trim_ascii().is_empty();
        is_it.then_some(Self { is_last: last.is_some(), next })
    }
}

/// The line end before a boundary belongs to the boundary.
fn before_line_end(raw: &[u8], start: usize, found: usize) -> usize {
    let Some(body) = raw.get(start..found) else { return start };
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    start + body.strip_suffix(b"\r").unwrap_or(body).len()
}
