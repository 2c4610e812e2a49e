//! What the journal has, read: a file of smsd, the line of a modem, and by their own readers what carriers
//! and providers brought.

use super::port::reference_name;
use super::{as_stored, carrier, http};
use crate::domain::message::{FORM_SIP, LineText, SendState};
use crate::store::{CarrierReport, InboundText, Parsed, Waiting, Words};
use crate::wire::sms::{Deliver, Incoming, Outcome, StatusReport, UserData, decode};
use crate::wire::spool::{Content, Received};

/// A file of smsd's spool.
pub const FORM_SMSD: &str = "smsd";
/// The hexadecimal line of a modem.
pub const FORM_PDU: &str = "pdu";

/// Reads what came; the reason why it cannot be read is a word that is listed. `None` for a form
/// that is none of texts.
#[must_use]
pub fn parsed(message: &Waiting, raw: &[u8]) -> Option<Result<Parsed, &'static str>> {
    match message.form.as_str() {
        FORM_SMSD => Some(of_file(raw)),
        FORM_PDU => Some(of_line(raw)),
        FORM_SIP => Some(of_telephone_line(raw)),
        form => carrier::parsed(form, raw).or_else(|| http::parsed(form, raw)),
    }
}

fn of_line(raw: &[u8]) -> Result<Parsed, &'static str> {
    let line = std::str::from_utf8(raw).map_err(|_| "no PDU")?;
    Incoming::parse_line(line).map(of_pdu).map_err(|_| "no PDU")
}

fn of_telephone_line(raw: &[u8]) -> Result<Parsed, &'static str> {
    let LineText { from, words } = LineText::parse(raw).ok_or("no text of the line")?;
    let words = Words::Whole { text: words, suspect: false };
    Ok(Parsed::Text(Box::new(InboundText { from, to: None, sent_at: None, words })))
}

fn of_file(raw: &[u8]) -> Result<Parsed, &'static str> {
    let file = Received::parse(raw).map_err(|_| "no file of smsd")?;
    let words = match file.content() {
        Content::Parts(parts) => {
            let mut parts = parts.into_iter();
            match (parts.next(), parts.len()) {
                (Some(only), 0) => return Ok(of_pdu(only)),
                // smsd was told to put parts together; our file for it says not to.
                (first, _) => {
                    let all: Vec<UserData> =
                        first.into_iter().chain(parts).filter_map(data_of).collect();
                    decode(&all)
                }
            }
        }
        Content::Words(words) => words,
    };
    let words = Words::Whole { text: words.text, suspect: words.suspect };
    Ok(Parsed::Text(Box::new(InboundText { from: file.from, to: None, sent_at: None, words })))
}

fn data_of(part: Incoming) -> Option<UserData> {
    match part {
        Incoming::Deliver(text) => Some(text.data),
        Incoming::StatusReport(_) => None,
    }
}

fn of_pdu(pdu: Incoming) -> Parsed {
    match pdu {
        Incoming::Deliver(Deliver { origin, sent, data, .. }) => {
            let words = Words::Data(data);
            let from = origin.dialled();
            Parsed::Text(Box::new(InboundText { from, to: None, sent_at: sent.at, words }))
        }
        Incoming::StatusReport(report) => Parsed::Report(of_report(&report)),
    }
}

fn of_report(report: &StatusReport) -> CarrierReport {
    // TS 23.040 §9.2.3.15: the time of validity is over.
    const EXPIRED: u8 = 0x46;
    let state = match report.outcome() {
        Outcome::Delivered => SendState::Delivered,
        Outcome::Unconfirmed => SendState::Unknown,
        Outcome::Trying => SendState::Submitted,
        Outcome::Failed if report.status == EXPIRED => SendState::Expired,
        Outcome::Failed | Outcome::GivenUp => SendState::Undelivered,
    };
    CarrierReport {
        reference: reference_name(report.reference),
        to: Some(as_stored(&report.recipient.dialled())),
        state,
        code: format!("{:02X}", report.status),
        at: report.discharged.at,
    }
}
