//! Reads the notation of `tests/sip/torture/*.sip` into the bytes on the wire.
//!
//! Every line ends in CRLF on the wire. `\xNN` is a byte, `\\` a backslash, `\{20:long}` a text
//! repeated, `\c` at the end of a line leaves its CRLF out. `@sdp ADDRESS [START]` stands for the
//! body that most messages of RFC 4475 share.

#![allow(clippy::unwrap_used)] // a wrong notation shall stop the test

use std::path::PathBuf;

/// Where the messages lie.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sip/torture")
}

/// The bytes of the message of that name.
pub(crate) fn message(name: &str) -> Vec<u8> {
    let path = folder().join(name).with_extension("sip");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().flat_map(line).collect()
}

fn line(text: &str) -> Vec<u8> {
    if let Some(words) = text.strip_prefix("@sdp ") {
        return shared_body(words).into_bytes();
    }
    let (text, end) = match text.strip_suffix("\\c") {
        Some(text) => (text, ""),
        None => (text, "\r\n"),
    };
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        rest = unescape(escape, &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

fn unescape<'a>(escape: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    if let Some(rest) = escape.strip_prefix('\\') {
        bytes.push(b'\\');
        rest
    } else if let Some(rest) = escape.strip_prefix('x') {
        bytes.push(u8::from_str_radix(&rest[..2], 16).unwrap());
        &rest[2..]
    } else {
        let (repeat, rest) = escape.strip_prefix('{').unwrap().split_once('}').unwrap();
        let (times, text) = repeat.split_once(':').unwrap();
        bytes.extend(text.repeat(times.parse().unwrap()).into_bytes());
        rest
    }
}

fn shared_body(words: &str) -> String {
    let (address, start) = words.split_once(' ').unwrap_or((words, "0"));
    format!(
        "v=0\r\no=mhandley 29739 7272939 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\n\
         t={start} 0\r\nm=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\n\
         a=rtpmap:31 LPC\r\n"
    )
}
