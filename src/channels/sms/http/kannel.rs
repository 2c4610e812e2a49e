//! Kannel's queries: texts (`get-url` of its `sms-service`) and reports (`dlr-url`).

use super::push::{octets_of, value_of};
use crate::domain::message::SendState;
use crate::store::{CarrierReport, InboundText, Parsed, Words};
use crate::wire::sms::{Carried, Charset};
use jiff::Timestamp;

/// What the configuration of Kannel has behind our address for texts: name, sender, receiver, octets, coding,
/// character set, header, time.
pub(super) const TEXT_QUERY: &str =
    "id=%I&from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&time=%T";

/// A text.
pub(super) fn text(query: &[u8]) -> Result<Parsed, &'static str> {
    let from = value_of(query, "from").filter(|from| !from.is_empty()).ok_or("no sender")?;
    let octets = octets_of(query, "text").ok_or("no text")?;
    let number = |name| value_of(query, name).and_then(|number| number.parse::<i64>().ok());
    let charset = value_of(query, "charset").unwrap_or_default().to_ascii_uppercase();
    // Kannel hands over UTF-8 where it knows the characters, and UTF-16 where the text was sent so.
    let charset = match (number("coding"), charset.as_str()) {
        (Some(2), _) | (_, "UTF-16BE") => Charset::Ucs2,
        (Some(1), _) => Charset::Octets,
        (_, "GB18030" | "GBK" | "GB2312") => Charset::Gb18030,
        (_, "ISO-8859-1" | "LATIN1" | "WINDOWS-1252") => Charset::Latin1,
        _ => return Ok(told(query, from, words_of_utf8(&octets), number("time"))),
    };
    let header = octets_of(query, "udh").unwrap_or_default();
    let has_header = !header.is_empty();
    let all = [header, octets].concat();
    let carried = Carried::read(charset, has_header, &all).map_err(|_| "no header of a text")?;
    let words = if carried.part.is_some() {
        Words::Data(carried.user_data())
    } else {
        let text = Carried::decode([&carried]);
        Words::Whole { text: text.text, suspect: text.suspect }
    };
    Ok(told(query, from, words, number("time")))
}

fn words_of_utf8(octets: &[u8]) -> Words {
    let text = String::from_utf8_lossy(octets);
    Words::Whole { suspect: text.contains('\u{FFFD}'), text: text.into_owned() }
}

fn told(query: &[u8], from: String, words: Words, seconds: Option<i64>) -> Parsed {
    let to = value_of(query, "to").filter(|to| !to.is_empty());
    let sent_at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Parsed::Text(Box::new(InboundText { from, to, sent_at, words }))
}

/// What became of a text. The states come in any order, and more than one of them.
pub(super) fn report(query: &[u8]) -> Result<Parsed, &'static str> {
    let reference = value_of(query, "ref").filter(|name| !name.is_empty());
    let state = match value_of(query, "type").as_deref() {
        Some("1") => SendState::Delivered,
        Some("2" | "16") => SendState::Undelivered,
        // Buffered, and taken by the centre.
        Some("4" | "8") => SendState::Submitted,
        _ => return Err("no state of a text"),
    };
    Ok(Parsed::Report(CarrierReport {
        reference: reference.ok_or("no name of a text")?,
        to: None,
        state,
        code: value_of(query, "answer").unwrap_or_default().chars().take(64).collect(),
        at: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(query: &str) -> Words {
        match text(query.as_bytes()) {
            Ok(Parsed::Text(text)) => text.words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_are_read_in_each_coding() {
        let whole = |text: &str| Words::Whole { text: text.to_owned(), suspect: false };
        let utf8 = "from=%2B8619900000017&text=%E5%81%9C%E6%B0%B4&coding=0&charset=UTF-8";
        assert_eq!(words(utf8), whole("停水"));
        let utf16 = "from=1&text=%50%5C%6C%34&coding=2&charset=UTF-16BE&udh=";
        assert_eq!(words(utf16), whole("停水"));
        let part = "from=1&text=%50%5C&coding=2&charset=UTF-16BE&udh=%05%00%03%A7%02%01";
        let Words::Data(data) = words(part) else { panic!() };
        assert_eq!(data.part.map(|part| (part.total, part.number)), Some((2, 1)));
    }

    #[test]
    fn reports_come_in_any_state() {
        let state = |number: u32| match report(format!("ref=k17-1&type={number}").as_bytes()) {
            Ok(Parsed::Report(report)) => Some((report.reference, report.state)),
            _ => None,
        };
        let known = |state| Some(("k17-1".to_owned(), state));
        assert_eq!(state(1), known(SendState::Delivered));
        assert_eq!(state(8), known(SendState::Submitted));
        assert_eq!(state(4), known(SendState::Submitted));
        assert_eq!(state(2), known(SendState::Undelivered));
        assert_eq!(state(16), known(SendState::Undelivered));
        assert_eq!(state(32), None);
    }
}
