//! Mails as other programs write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// GBK, and what only GB 18030 has in four bytes.
pub(super) fn gb(text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = encoding_rs::GB18030.encode(text);
    assert!(!is_lossy);
    bytes.into_owned()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    let line = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        line.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\r\n")
}

pub(super) fn quoted(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("={byte:02X}")).collect()
}

pub(super) fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// An encoded word.
pub(super) fn word(charset: &str, bytes: &[u8]) -> String {
    format!("=?{charset}?B?{}?=", STANDARD.encode(bytes))
}

/// A mail of fields and a body, its lines ended as on the wire.
pub(super) fn mail(fields: &[&str], body: &[u8]) -> Vec<u8> {
    let mut mail = fields.join("\r\n").into_bytes();
    mail.extend(b"\r\n\r\n");
    mail.extend(body);
    mail
}

/// A mail whose text has a charset, in base64.
pub(super) fn labelled(charset: &str, text: &[u8]) -> Vec<u8> {
    let content_type = format!("Content-Type: text/plain; charset={charset}");
    let fields = ["From: zhang@example.com", &content_type, "Content-Transfer-Encoding: base64"];
    mail(&fields, base64(text).as_bytes())
}
