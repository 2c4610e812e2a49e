//! Bytes to a [`Message`]: lines, unfolding, names, the checks of RFC 3261 §8.2 and §16.3 that
//! need no state, and for a wrong request what its answer needs.

use super::lexis::{is_blank, is_token, is_token_byte, span, trim, trim_end, trim_start};
use super::limits::{FIELD_BYTES_MAX, FIELDS_MAX, MESSAGE_BYTES_MAX, METHOD_BYTES_MAX};
use super::name::Known;
use super::{Headers, Message, Method, Request, Response, Uri, UriScheme};
use crate::wire::WireError;
use memchr::memmem;
use std::borrow::Cow;

/// How the end of a message is known (RFC 3261 §18.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The datagram ends it; Content-Length may be missing and may cut bytes off.
    Datagram,
    /// Content-Length ends it and is mandatory.
    Stream,
}

/// What the answer to a wrong request is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// 400, 414, 416, 505 or 513.
    pub status: u16,
    /// Via, From, To, Call-ID and CSeq as far as they were there, to be copied into the answer.
    pub headers: Headers,
}

/// A message that cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseFailure {
    /// Why.
    pub error: WireError,
    /// How to answer; `None` for responses, ACK and what has no readable Via.
    pub answer: Option<Box<Answer>>,
}

impl From<WireError> for ParseFailure {
    fn from(error: WireError) -> Self {
        Self { error, answer: None }
    }
}

/// Why a request is refused and with which status.
struct Fault {
    status: u16,
    error: WireError,
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        let status = match error {
            WireError::TooLarge("URI") => 414,
            WireError::TooLarge(_) => 513,
            _ => 400,
        };
        Self { status, error }
    }
}

enum Start {
    Request(Method, Result<Uri, Fault>),
    Response(u16, String),
}

/// Every RFC 3261 branch begins with it and goes on behind it (§8.1.1.7).
const MAGIC_COOKIE: &str = "z9hG4bK";

impl Message {
    /// Reads one message. Empty lines before it are skipped; lines may end in LF alone; header
    /// bytes are UTF-8, else GB18030, else Latin-1.
    ///
    /// # Errors
    /// What is wrong and, for a request, how to answer it.
    pub fn parse(bytes: &[u8], framing: Framing) -> Result<Self, ParseFailure> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(WireError::TooLarge("message").into());
        }
        let bytes = skip_empty_lines(bytes);
        let (head, body) = split_head(bytes);
        let (line, fields) = split_line(head);
        let start = parse_start(&decode(line))?;
        let mut headers = Headers::default();
        let read = read_fields(fields, &mut headers);
        let checked = read.map_err(Fault::from).and_then(|()| {
            let body = cut_body(body, &headers, framing)?;
            check_headers(&headers)?;
            Ok(body.to_vec())
        });
        match start {
            Start::Request(method, uri) => finish_request(method, uri, headers, checked),
            Start::Response(status, reason) => match checked {
                Ok(body) => Ok(Self::Response(Response { status, reason, headers, body })),
                Err(fault) => Err(fault.error.into()),
            },
        }
    }
}

fn finish_request(
    method: Method,
    uri: Result<Uri, Fault>,
    headers: Headers,
    checked: Result<Vec<u8>, Fault>,
) -> Result<Message, ParseFailure> {
    let cseq_fits = |headers: &Headers| match headers.cseq() {
        Ok(cseq) if cseq.method == method => Ok(()),
        _ => Err(Fault::from(WireError::Malformed("CSeq method"))),
    };
    let whole =
        uri.and_then(|uri| checked.and_then(|body| cseq_fits(&headers).map(|()| (uri, body))));
    match whole {
        Ok((uri, body)) => Ok(Message::Request(Request { method, uri, headers, body })),
        Err(Fault { status, error }) => {
            // RFC 3261 §17: an ACK is never answered.
            let answerable = method != Method::Ack && headers.top_via().is_ok();
            let answer =
                answerable.then(|| Box::new(Answer { status, headers: answer_headers(&headers) }));
            Err(ParseFailure { error, answer })
        }
    }
}

/// RFC 3261 §8.2.6.2: Via, From, To, Call-ID and CSeq are copied.
fn answer_headers(headers: &Headers) -> Headers {
    let mut copied = Headers::default();
    for value in headers.values("Via") {
        copied.push("Via", value);
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        if let Some(value) = headers.get(name) {
            copied.push(name, value);
        }
    }
    copied
}

fn skip_empty_lines(bytes: &[u8]) -> &[u8] {
    let at = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.get(at..).unwrap_or_default()
}

/// Start line with header fields, and what stands behind the empty line; `None` without one.
fn split_head(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match head_end(bytes) {
        Some(end) => {
            let (head, body) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
            (head, Some(body))
        }
        None => (bytes, None),
    }
}

/// Where the body begins: behind the first empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let usual = memmem::find(bytes, b"\n\r\n").map(|at| at + 3);
    let before = bytes.get(..usual.unwrap_or(bytes.len()))?;
    // Lines may end in LF alone.
    memmem::find(before, b"\n\n").map(|at| at + 2).or(usual)
}

/// The first line without its end, and the rest.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', bytes) {
        Some(at) => (bytes.get(..at), bytes.get(at + 1..)),
        None => (Some(bytes), None),
    };
    let line = line.unwrap_or_default();
    (line.strip_suffix(b"\r").unwrap_or(line), rest.unwrap_or_default())
}

/// UTF-8, else GB18030 (what Chinese exchanges send in names), else Latin-1.
pub(in crate::wire) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text,
        None => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

fn parse_start(line: &str) -> Result<Start, ParseFailure> {
    const START: WireError = WireError::Malformed("start line");
    let is_sip = |text: &str| text.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("SIP/"));
    if is_sip(line) {
        return parse_status_line(line).map_err(ParseFailure::from);
    }
    let (method, rest) = line.split_once(' ').ok_or(START)?;
    let target = trim_end(rest);
    let blank = target.bytes().rposition(is_blank).ok_or(START)?;
    let (uri, version) = target.split_at_checked(blank).ok_or(START)?;
    let version = trim(version);
    if !is_token(method) || method.len() > METHOD_BYTES_MAX || !is_sip(version) {
        return Err(START.into());
    }
    let uri = check_version(version).and_then(|()| {
        if target.len() < rest.len() {
            return Err(START.into());
        }
        let uri = Uri::parse(uri)?;
        match uri.scheme {
            UriScheme::Other(_) => {
                Err(Fault { status: 416, error: WireError::Unsupported("URI scheme") })
            }
            // RFC 3261 §19.1.1 table 1: headers are not allowed in a Request-URI.
            _ if uri.headers.is_some() => Err(WireError::Malformed("URI").into()),
            _ => Ok(uri),
        }
    });
    Ok(Start::Request(Method::from_token(method), uri))
}

fn check_version(version: &str) -> Result<(), Fault> {
    match version.get(4..) {
        Some("2.0") => Ok(()),
        Some(other) if other.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            Err(Fault { status: 505, error: WireError::Unsupported("SIP version") })
        }
        _ => Err(WireError::Malformed("SIP version").into()),
    }
}

fn parse_status_line(line: &str) -> Result<Start, WireError> {
    const STATUS: WireError = WireError::Malformed("status line");
    let (version, rest) = line.split_once(' ').ok_or(STATUS)?;
    if version.get(4..) != Some("2.0") {
        return Err(WireError::Unsupported("SIP version"));
    }
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    match code.parse::<u16>() {
        Ok(status) if code.len() == 3 && (100..700).contains(&status) => {
            Ok(Start::Response(status, reason.to_owned()))
        }
        _ => Err(STATUS),
    }
}

/// Reads all fields it can, so that a faulty message can still be answered; gives the first fault.
fn read_fields(fields: &[u8], headers: &mut Headers) -> Result<(), WireError> {
    const TOO_MANY: Result<(), WireError> = Err(WireError::TooLarge("header field count"));
    // Mostly all is UTF-8 without a lone CR, and one look at the whole tells it; else every field
    // is decoded and cleaned by itself.
    let text = std::str::from_utf8(fields).ok().filter(|_| !has_lone_cr(fields));
    if let Some(text) = text {
        *headers = Headers::over(text);
    }
    let mut reader = FieldReader { headers, singles: 0 };
    let mut outcome = Ok(());
    let mut count = 0;
    let mut rest = fields;
    while !rest.is_empty() {
        let start = fields.len() - rest.len();
        let (line, mut tail) = split_line(rest);
        if line.is_empty() {
            break;
        }
        let mut field = Cow::Borrowed(line);
        while matches!(tail.first(), Some(b' ' | b'\t')) {
            let (more, after) = split_line(tail);
            let field = field.to_mut();
            if field.len() <= FIELD_BYTES_MAX {
                field.push(b' ');
                field.extend_from_slice(more.trim_ascii());
            }
            tail = after;
        }
        rest = tail;
        count += 1;
        if count > FIELDS_MAX {
            return outcome.and(TOO_MANY);
        }
        let place = match field {
            Cow::Borrowed(line) => text.and_then(|text| text.get(start..start + line.len())),
            Cow::Owned(_) => None,
        };
        let read = reader.read(&field, place.map(|line| (line, start)));
        outcome = outcome.and(read);
    }
    outcome
}

/// Without a way out in between, so that many bytes are compared at once.
fn has_lone_cr(bytes: &[u8]) -> bool {
    let next = bytes.get(1..).unwrap_or_default();
    let pairs = bytes.iter().zip(next);
    bytes.last() == Some(&b'\r')
        || pairs.fold(false, |lone, (a, b)| lone | ((*a == b'\r') & (*b != b'\n')))
}

/// Takes fields one by one.
struct FieldReader<'a> {
    headers: &'a mut Headers,
    /// A bit for each name that was there and may be there once.
    singles: u64,
}

impl FieldReader<'_> {
    /// Reads and keeps one field, given with its line and where that stands in the text of the
    /// headers when it can be kept there.
    fn read(&mut self, field: &[u8], in_place: Option<(&str, usize)>) -> Result<(), WireError> {
        if field.len() > FIELD_BYTES_MAX {
            return Err(WireError::TooLarge("header field"));
        }
        let decoded = in_place.map_or_else(|| decode(field), |(line, _)| Cow::Borrowed(line));
        let (name, value) = split_field(&decoded)?;
        let long = long_name(name);
        let known = Known::of(long);
        match in_place {
            // A compact name that stands for an unknown one is not in the text in full.
            Some((line, start)) if known.is_some() || long.len() == name.len() => {
                // The value is the end of the line but for blanks behind it.
                let value_at = start + line.len() - value.len();
                let value = value_at..value_at + trim_end(value).len();
                self.headers.push_place(known, start..start + name.len(), value);
            }
            _ => self.headers.push(long, trim_end(value)),
        }
        self.allow_once(known)
    }

    fn allow_once(&mut self, known: Option<Known>) -> Result<(), WireError> {
        let bit = known.filter(|known| known.is_single()).map_or(0, |known| 1 << known as u32);
        let twice = self.singles & bit != 0;
        self.singles |= bit;
        if twice { Err(WireError::Malformed("repeated header field")) } else { Ok(()) }
    }
}

/// Name and value; the value begins behind its blanks and ends with the line.
fn split_field(line: &str) -> Result<(&str, &str), WireError> {
    const FIELD: WireError = WireError::Malformed("header field");
    // RFC 3261 §25.1: HCOLON = *( SP / HTAB ) ":" SWS, so blanks before the colon are legal; the
    // name itself has none, which also refuses a field that begins with a blank.
    let (name, rest) = span(line, is_token_byte);
    let (_, rest) = span(rest, |b| matches!(b, b' ' | b'\t'));
    let value = rest.strip_prefix(':').ok_or(FIELD)?;
    if name.is_empty() { Err(FIELD) } else { Ok((name, trim_start(value))) }
}

/// The long form of a compact name (RFC 3261 §7.3.3 and the extensions' own RFCs).
fn long_name(name: &str) -> &str {
    let [letter] = name.as_bytes() else { return name };
    match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'n' => "Identity-Info",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => name,
    }
}

/// RFC 3261 §18.3: bytes beyond Content-Length are discarded in a datagram; too few are a 400.
fn cut_body<'a>(
    body: Option<&'a [u8]>,
    headers: &Headers,
    framing: Framing,
) -> Result<&'a [u8], WireError> {
    let body = body.ok_or(WireError::Missing("empty line"))?;
    let length = match (content_length(headers)?, framing) {
        (Some(length), _) => length,
        (None, Framing::Datagram) => body.len(),
        (None, Framing::Stream) => return Err(WireError::Missing("Content-Length")),
    };
    body.get(..length).ok_or(WireError::Malformed("Content-Length"))
}

/// The Content-Length of a head that ends with its empty line; `None` unless there is exactly one
/// and it is a number.
pub(super) fn declared_length(head: &[u8]) -> Option<usize> {
    let (_, fields) = split_line(head);
    let mut headers = Headers::default();
    let read = read_fields(fields, &mut headers);
    if headers.values("Content-Length").count() != 1 || matches!(read, Err(WireError::TooLarge(_)))
    {
        return None;
    }
    content_length(&headers).ok().flatten()
}

/// Content-Length where there is one.
fn content_length(headers: &Headers) -> Result<Option<usize>, WireError> {
    let Some(value) = headers.get("Content-Length") else { return Ok(None) };
    let length = super::lexis::decimal(value, u64::MAX).and_then(|n| usize::try_from(n).ok());
    length.map(Some).ok_or(WireError::Malformed("Content-Length"))
}

/// RFC 3261 §8.1.1: what every message must have, and well-formed. Max-Forwards may be missing
/// (RFC 2543 peers do not send it) but not be out of its range.
fn check_headers(headers: &Headers) -> Result<(), WireError> {
    headers.check_vias()?;
    if headers.top_branch()?.as_deref() == Some(MAGIC_COOKIE) {
        return Err(WireError::Malformed("Via branch"));
    }
    headers.check_address("From")?;
    headers.check_address("To")?;
    headers.call_id()?;
    headers.cseq()?;
    headers.check_contacts()?;
    match headers.number("Max-Forwards")? {
        Some(256..) => Err(WireError::Malformed("Max-Forwards")),
        _ => Ok(()),
    }
}
