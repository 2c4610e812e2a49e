//! Characters out of bytes, by a label that is often wrong or absent.
//!
//! What Chinese programs send: GBK under the label `gb2312`, GBK without any label, UTF-8 called
//! `iso-8859-1`. Everything of that family is read as GB18030, which contains the others.

use encoding_rs::GB18030;
use mail_parser::decoders::charsets::map::charset_decoder;

/// Names of GB 2312, GBK and GB 18030; one decoder reads them all.
const GB_LABELS: [&str; 14] = [
    "gb2312",
    "gb_2312",
    "gb_2312-80",
    "gb2312-80",
    "gbk",
    "x-gbk",
    "gb18030",
    "gb18030-2000",
    "gb18030-2005",
    "cp936",
    "ms936",
    "windows-936",
    "chinese",
    "euc-cn",
];
/// Labels that say nothing: absent, or what a program writes that does not know.
const VOID_LABELS: [&str; 8] =
    ["", "unknown", "unknown-8bit", "x-unknown", "default", "binary", "8bit", "ansi"];
/// Labels of Western text, which programs put on Chinese bytes too.
const WESTERN_LABELS: [&str; 8] = [
    "us-ascii",
    "ascii",
    "ansi_x3.4-1968",
    "iso-8859-1",
    "iso8859-1",
    "latin1",
    "windows-1252",
    "cp1252",
];

/// A text and whether it is a guess: decoded against or without its label, or with U+FFFD in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) suspect: bool,
}

impl Decoded {
    fn sure(text: String) -> Self {
        let suspect = text.contains(char::REPLACEMENT_CHARACTER);
        Self { text, suspect }
    }

    fn guess(text: String) -> Self {
        Self { text, suspect: true }
    }
}

/// Decodes bytes by the label that their sender gave.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    let label = label
        .unwrap_or_default()
        .trim_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
    let label = label.to_ascii_lowercase();
    let label = label.as_str();
    if ["hz-gb-2312", "hz"].contains(&label) {
        return Decoded::sure(hz(bytes));
    }
    let is_plain = bytes.is_ascii();
    if GB_LABELS.contains(&label) {
        // UTF-8 under such a label is rare, and GB18030 text that is UTF-8 by chance rarer still.
        return strict_gb(bytes).map_or_else(|| best(bytes), Decoded::sure);
    }
    if ["utf-8", "utf8", "unicode-1-1-utf-8"].contains(&label) || VOID_LABELS.contains(&label) {
        return unlabelled(bytes);
    }
    if WESTERN_LABELS.contains(&label) {
        return match std::str::from_utf8(bytes) {
            Ok(text) if is_plain => Decoded::sure(text.to_owned()),
            Ok(text) => Decoded::guess(text.to_owned()),
            Err(_) => match strict_gb(bytes).filter(|text| is_chinese(text)) {
                Some(text) => Decoded::guess(text),
                None => known(bytes, "windows-1252").unwrap_or_else(|| best(bytes)),
            },
        };
    }
    match known(bytes, label) {
        Some(decoded) => decoded,
        None if is_plain => Decoded::sure(String::from_utf8_lossy(bytes).into_owned()),
        None => Decoded { suspect: true, ..unlabelled(bytes) },
    }
}

/// UTF-8 where it is that, which other text hardly is by chance; else a guess.
pub(super) fn unlabelled(bytes: &[u8]) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded::sure(text.to_owned()),
        Err(_) => strict_gb(bytes).map_or_else(|| best(bytes), Decoded::guess),
    }
}

/// Neither is right: what loses fewer characters.
fn best(bytes: &[u8]) -> Decoded {
    let lost = |text: &str| text.matches(char::REPLACEMENT_CHARACTER).count();
    let utf8 = String::from_utf8_lossy(bytes);
    let (gb, _) = GB18030.decode_without_bom_handling(bytes);
    Decoded::guess(if lost(&utf8) < lost(&gb) { utf8 } else { gb }.into_owned())
}

fn strict_gb(bytes: &[u8]) -> Option<String> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into)
}

/// Whether all that is not ASCII is of a Chinese text: then it was one under a Western label.
fn is_chinese(text: &str) -> bool {
    let is_mark = |c: char| matches!(c, '\u{2010}'..='\u{206F}' | '\u{FF00}'..='\u{FFEF}');
    let is_han = |c: char| is_mark(c) || matches!(c, '\u{3000}'..='\u{9FFF}');
    text.chars().filter(|c| !c.is_ascii()).all(is_han)
}

/// By the tables of the library: Big5, UTF-7, UTF-16 and all the world's; `None` for a name that it lacks.
fn known(bytes: &[u8], label: &str) -> Option<Decoded> {
    let decoder = charset_decoder(label.as_bytes())?;
    let text = decoder(bytes);
    // Its stand-in for charsets that are given up (ISO-2022-CN and -KR) makes one U+FFFD of everything.
    let is_given_up = text == "\u{FFFD}" && bytes.len() > 4;
    (!is_given_up).then(|| Decoded::sure(text))
}

/// HZ (RFC 1843): `~{` to `~}` hold GB 2312 in seven bits, `~~` is a tilde, `~` at the end of a line joins it
/// to the next.
fn hz(bytes: &[u8]) -> String {
    let mut eight_bits = Vec::with_capacity(bytes.len());
    let (mut rest, mut is_chinese) = (bytes, false);
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'~', [b'{', next @ ..]) => {
                is_chinese = true;
                next
            }
            (b'~', [b'}', next @ ..]) => {
                is_chinese = false;
                next
            }
            (b'~', [b'~', next @ ..]) if !is_chinese => {
                eight_bits.push(b'~');
                next
            }
            (b'~', [b'\n', next @ ..] | [b'\r', b'\n', next @ ..]) if !is_chinese => next,
            (b'\r' | b'\n', _) => {
                // RFC 1843: a line ends in ASCII even where its sender forgot to say so.
                is_chinese = false;
                eight_bits.push(first);
                tail
            }
            (0x21..=0x7E, [second @ 0x21..=0x7E, next @ ..]) if is_chinese => {
                eight_bits.extend([first | 0x80, second | 0x80]);
                next
            }
            _ => {
                eight_bits.push(first);
                tail
            }
        };
    }
    let (text, _) = GB18030.decode_without_bom_handling(&eight_bits);
    text.into_owned()
}
