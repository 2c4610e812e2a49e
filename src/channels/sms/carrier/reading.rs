//! What the journal has, read: a PDU of a carrier.

use super::super::as_stored;
use super::recent::Recent;
use crate::domain::message::SendState;
use crate::store::{CarrierReport, InboundText, Parsed, Words};
use crate::wire::sms::{Carried, Outcome};
use crate::wire::{cmpp, smpp};
use jiff::Timestamp;
use jiff::civil::DateTime;
use sha2::{Digest as _, Sha256};

/// A DELIVER of CMPP 2.0.
pub const FORM_CMPP_2: &str = "cmpp2";
/// A DELIVER of CMPP 3.0.
pub const FORM_CMPP_3: &str = "cmpp3";
/// A `deliver_sm` of SMPP 3.4.
pub const FORM_SMPP: &str = "smpp";

/// Reads what came. `None` for a form of others.
///
/// # Errors
/// In a word, why it cannot be read.
#[must_use]
pub fn parsed(form: &str, raw: &[u8]) -> Option<Result<Parsed, &'static str>> {
    match form {
        FORM_CMPP_2 => Some(of_cmpp(raw, cmpp::Version::V2)),
        FORM_CMPP_3 => Some(of_cmpp(raw, cmpp::Version::V3)),
        FORM_SMPP => Some(of_smpp(raw)),
        _ => None,
    }
}

fn of_cmpp(raw: &[u8], version: cmpp::Version) -> Result<Parsed, &'static str> {
    const NO_PDU: &str = "no PDU of CMPP";
    let pdu = cmpp::Pdu::parse(raw, version).map_err(|_| NO_PDU)?;
    let cmpp::Body::Deliver(deliver) = pdu.body else { return Err(NO_PDU) };
    if deliver.is_report {
        let report = deliver.report().map_err(|_| "no report of CMPP")?;
        return Ok(Parsed::Report(CarrierReport {
            reference: report.msg_id.to_string(),
            to: Some(as_stored(&report.destination)),
            state: state(report.outcome()),
            at: time(&report.done),
            code: report.status,
        }));
    }
    let carried = deliver.text().map_err(|_| "no text of CMPP")?;
    Ok(text(deliver.source, deliver.destination, &carried))
}

fn of_smpp(raw: &[u8]) -> Result<Parsed, &'static str> {
    const NO_PDU: &str = "no PDU of SMPP";
    let pdu = smpp::Pdu::parse(raw).map_err(|_| NO_PDU)?;
    let smpp::Body::Deliver(deliver) = pdu.body else { return Err(NO_PDU) };
    if matches!(deliver.kind, smpp::Kind::Receipt | smpp::Kind::Intermediate) {
        let receipt = deliver.receipt().map_err(|_| "no receipt of SMPP")?;
        return Ok(Parsed::Report(CarrierReport {
            reference: receipt.message_id,
            to: Some(as_stored(&deliver.source.dialled())),
            state: state(receipt.outcome),
            at: time(&receipt.done),
            code: receipt.status,
        }));
    }
    let carried = deliver.text().map_err(|_| "no text of SMPP")?;
    Ok(text(deliver.source.dialled(), deliver.destination.dialled(), &carried))
}

/// A whole text is decoded; a part is put together with the others by the store.
fn text(from: String, to: String, carried: &Carried) -> Parsed {
    let words = if carried.part.is_some() {
        Words::Data(carried.user_data())
    } else {
        let text = Carried::decode([carried]);
        Words::Whole { text: text.text, suspect: text.suspect }
    };
    let to = (!to.is_empty()).then_some(to);
    Parsed::Text(Box::new(InboundText { from, to, sent_at: None, words }))
}

fn state(outcome: Outcome) -> SendState {
    match outcome {
        Outcome::Delivered => SendState::Delivered,
        Outcome::Unconfirmed => SendState::Unknown,
        Outcome::Trying => SendState::Submitted,
        Outcome::Failed => SendState::Undelivered,
        Outcome::GivenUp => SendState::Expired,
    }
}

/// YYMMDDhhmm, with seconds or without, in the city's time. What is none is told as none.
fn time(written: &str) -> Option<Timestamp> {
    if !matches!(written.len(), 10 | 12) || !written.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| written.get(at..at + 2).and_then(|two| two.parse::<i8>().ok());
    let second = if written.len() == 12 { two(10)? } else { 0 };
    let year = 2000 + i16::from(two(0)?);
    let civil = DateTime::new(year, two(2)?, two(4)?, two(6)?, two(8)?, second, 0).ok()?;
    let zone = crate::domain::case::city_zone();
    zone.to_timestamp(civil).ok()
}

/// What tells a PDU from every other, and from itself when it is brought again.
///
/// CMPP: the gateway's name of it, which comes again after a year, so the year of its day is added; its
/// content, so that a gateway that counts wrongly hides no text. SMPP has no name: numbers and content, and
/// when they came first, as [`Recent`] knows it.
pub(super) fn dedup_key(form: &str, raw: &[u8], now: Timestamp, recent: &mut Recent) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(form);
    if form == FORM_SMPP {
        // Behind the header, in which the number of the request changes.
        let body = raw.get(smpp::Header::OCTETS..).unwrap_or_default();
        let content: [u8; 32] = Sha256::digest(body).into();
        hash.update(content);
        if !is_receipt(raw) {
            hash.update(recent.first_at(content, now).as_millisecond().to_be_bytes());
        }
    } else {
        let body = raw.get(cmpp::Header::OCTETS..).unwrap_or_default();
        hash.update(Sha256::digest(body));
        let name = body.first_chunk::<8>().map_or(0, |name| u64::from_be_bytes(*name));
        hash.update(year_of(name, now).to_be_bytes());
    }
    hash.finalize().into()
}

fn is_receipt(raw: &[u8]) -> bool {
    matches!(smpp::Pdu::parse(raw), Ok(smpp::Pdu { body: smpp::Body::Deliver(deliver), .. })
        if matches!(deliver.kind, smpp::Kind::Receipt | smpp::Kind::Intermediate))
}

/// The year of a name of CMPP, which begins with a month of four bits: at New Year's Eve a text of last
/// year may be brought again.
fn year_of(name: u64, now: Timestamp) -> i16 {
    let today = now.to_zoned(crate::domain::case::city_zone()).date();
    let month = i8::try_from(name >> 60).unwrap_or(0);
    let is_of_last_year = month > today.month();
    today.year() - i16::from(is_of_last_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:13:51Z".parse().unwrap()
    }

    fn deliver(name: u64, text: &str) -> cmpp::Deliver {
        cmpp::Deliver {
            msg_id: name,
            destination: "10651234501".to_owned(),
            service: String::new(),
            protocol: 0,
            has_header: false,
            format: 8,
            source: "8619900000017".to_owned(),
            is_report: false,
            content: Carried::split(text, 1, false).unwrap().remove(0).octets(),
            link: String::new(),
        }
    }

    fn octets(sequence: u32, deliver: cmpp::Deliver) -> Vec<u8> {
        let body = cmpp::Body::Deliver(deliver);
        cmpp::Pdu { sequence, body }.write(cmpp::Version::V2).unwrap()
    }

    fn key(raw: &[u8], at: Timestamp) -> [u8; 32] {
        dedup_key(FORM_CMPP_2, raw, at, &mut Recent::default())
    }

    #[test]
    fn a_text_of_cmpp_is_read_with_whom_and_what() {
        let raw = octets(1, deliver(7, "停水两天了"));
        let Some(Ok(Parsed::Text(text))) = parsed(FORM_CMPP_2, &raw) else { panic!() };
        assert_eq!(
            (text.from.as_str(), text.to.as_deref()),
            ("8619900000017", Some("10651234501"))
        );
        assert_eq!(text.words, Words::Whole { text: "停水两天了".to_owned(), suspect: false });
        assert_eq!(parsed(FORM_CMPP_3, &raw), Some(Err("no PDU of CMPP")));
        assert_eq!(parsed("smsd", &raw), None);
    }

    #[test]
    fn a_report_of_cmpp_names_the_text_as_its_answer_did() {
        let report = cmpp::Report {
            msg_id: 0x1122_3344_5566_7788,
            status: "MA:0001".to_owned(),
            submitted: "2611222013".to_owned(),
            done: "2611222014".to_owned(),
            destination: "8619900000017".to_owned(),
            sequence: 77,
        };
        let content = report.write(cmpp::Version::V2).unwrap();
        let raw = octets(1, cmpp::Deliver { is_report: true, content, ..deliver(8, "") });
        let Some(Ok(Parsed::Report(report))) = parsed(FORM_CMPP_2, &raw) else { panic!() };
        assert_eq!(report.reference, 0x1122_3344_5566_7788_u64.to_string());
        assert_eq!(report.to.as_deref(), Some("19900000017"));
        assert_eq!((report.state, report.code.as_str()), (SendState::Undelivered, "MA:0001"));
        assert_eq!(report.at.unwrap().to_string(), "2026-11-22T12:14:00Z");
    }

    #[test]
    fn the_same_text_has_the_same_key_and_no_other_has() {
        let raw = octets(1, deliver(7, "停水"));
        assert_eq!(key(&raw, now()), key(&octets(99, deliver(7, "停水")), now()), "brought again");
        assert_ne!(key(&raw, now()), key(&octets(1, deliver(8, "停水")), now()), "said again");
        // OwnPay 63: a gateway that gives two texts one name.
        assert_ne!(key(&raw, now()), key(&octets(1, deliver(7, "停电")), now()));
        let next_year: Timestamp = "2027-11-22T12:13:51Z".parse().unwrap();
        assert_ne!(key(&raw, now()), key(&raw, next_year), "the name comes again");
        // 31 December 23:59, brought again in the next year.
        let december = octets(1, deliver(12 << 60 | 31 << 55, "停水"));
        let before: Timestamp = "2026-12-31T15:59:00Z".parse().unwrap();
        let after: Timestamp = "2026-12-31T16:01:00Z".parse().unwrap();
        assert_eq!(key(&december, before), key(&december, after));
    }

    #[test]
    fn what_cannot_be_read_has_a_key_too() {
        let mut recent = Recent::default();
        for form in [FORM_CMPP_2, FORM_CMPP_3, FORM_SMPP] {
            let keys =
                [&b""[..], b"x", &[0; 30]].map(|raw| dedup_key(form, raw, now(), &mut recent));
            assert_ne!(keys[0], keys[2]);
            assert!(parsed(form, b"x").unwrap().is_err());
        }
    }
}
