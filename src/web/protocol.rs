//! The messages of `docs/desk-protocol.md`, version 1, as JSON text.

use crate::domain::desk::{DeskCommand, DeskReply};
use crate::domain::desk_link::{AudioFor, AudioRefusal, SeatIdentity};
use crate::units::{CallId, OfferId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The version that both sides name in every message.
pub const PROTOCOL_VERSION: u64 = 1;

/// Longest message of a page, in bytes: a summary of 2,000 characters and every escape, or an SDP.
pub const DESK_MESSAGE_BYTES_MAX: usize = 32 * 1_024;

/// Longest name that a page gives itself.
const PAGE_CHARS_MAX: usize = 32;

/// A message of a page.
#[derive(Debug, PartialEq)]
pub(super) enum FromPage {
    /// The first one.
    Hello(Hello),
    /// The answer to a beat.
    Beat,
    /// A command.
    Command(u64, Result<DeskCommand, Fault>),
    /// An offer of sound.
    Audio(u64, AudioFor, String),
}

/// Who comes, and where he was.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    /// The page's own random name; the same after a broken connection.
    pub(super) page: String,
    /// The run of the service that `resume` counts in.
    #[serde(default)]
    pub(super) run: Option<String>,
    /// The last sequence number that was seen.
    #[serde(default)]
    pub(super) resume: Option<u64>,
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// It cannot be read.
    Malformed,
    /// Another version.
    Version,
    /// Too many commands a second, or unanswered.
    TooFast,
    /// The line has no room for it, or has not answered.
    LineBusy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AudioOffer {
    sdp: String,
    offer: Option<OfferId>,
    call: Option<CallId>,
}

/// Reads a message.
pub(super) fn read(text: &str) -> Result<FromPage, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::Malformed)?;
    let Value::Object(mut fields) = value else { return Err(Fault::Malformed) };
    if fields.remove("v").and_then(|v| v.as_u64()) != Some(PROTOCOL_VERSION) {
        return Err(Fault::Version);
    }
    if let Some(hello) = fields.remove("hello") {
        return read_hello(hello, &fields);
    }
    if fields.contains_key("beat") && fields.len() == 1 {
        return Ok(FromPage::Beat);
    }
    let id = fields.remove("id").and_then(|id| id.as_u64()).ok_or(Fault::Malformed)?;
    if fields.get("do").and_then(Value::as_str) == Some("audio") {
        fields.remove("do");
        let Ok(offer) = serde_json::from_value::<AudioOffer>(Value::Object(fields)) else {
            return Ok(FromPage::Command(id, Err(Fault::Malformed)));
        };
        let wanted = match (offer.offer, offer.call) {
            (Some(offer), None) => AudioFor::Offer(offer),
            (None, Some(call)) => AudioFor::Call(call),
            _ => return Ok(FromPage::Command(id, Err(Fault::Malformed))),
        };
        return Ok(FromPage::Audio(id, wanted, offer.sdp));
    }
    let alone = fields.len() == 1;
    let command = serde_json::from_value(Value::Object(fields)).map_err(|_| Fault::Malformed);
    // serde passes over what stands beside a command that takes nothing.
    let command = command.and_then(|command| match command {
        DeskCommand::Ready | DeskCommand::SignOut | DeskCommand::HangUp | DeskCommand::Leave
            if !alone =>
        {
            Err(Fault::Malformed)
        }
        command => Ok(command),
    });
    Ok(FromPage::Command(id, command))
}

fn read_hello(hello: Value, others: &Map<String, Value>) -> Result<FromPage, Fault> {
    let hello: Hello = serde_json::from_value(hello).map_err(|_| Fault::Malformed)?;
    let named = (1..=PAGE_CHARS_MAX).contains(&hello.page.chars().count());
    if named && others.is_empty() { Ok(FromPage::Hello(hello)) } else { Err(Fault::Malformed) }
}

fn text(mut fields: Map<String, Value>, seq: Option<u64>) -> String {
    fields.insert("v".to_owned(), PROTOCOL_VERSION.into());
    if let Some(seq) = seq {
        fields.insert("seq".to_owned(), seq.into());
    }
    Value::Object(fields).to_string()
}

/// What is sent of a value; a value of ours that is no object cannot occur and gives no fields.
pub(super) fn fields(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// An event.
pub(super) fn event(seq: u64, event: &Map<String, Value>) -> String {
    text(event.clone(), Some(seq))
}

/// The present state: events that a page takes for the whole of what there is.
pub(super) fn snapshot(seq: u64, events: Vec<Map<String, Value>>) -> String {
    let events = events.into_iter().map(Value::Object).collect();
    text(Map::from_iter([("snapshot".to_owned(), Value::Array(events))]), Some(seq))
}

/// The first message to a page.
pub(super) fn welcome(who: &SeatIdentity, run: &str, resumed: bool, received: u64) -> String {
    let welcome = json!({
        "seat": who.seat, "name": who.name, "role": who.role,
        "run": run, "resumed": resumed, "received": received,
    });
    text(Map::from_iter([("welcome".to_owned(), welcome)]), None)
}

/// A sign of life; the page answers it with the same.
pub(super) fn beat() -> String {
    text(Map::from_iter([("beat".to_owned(), true.into())]), None)
}

/// A message could not be read.
pub(super) fn fault(fault: Fault) -> String {
    text(fields(&json!({ "fault": fault })), None)
}

/// How a command or an offer of sound ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Reply(DeskReply),
    Audio(String),
    NoAudio(AudioRefusal),
    Fault(Fault),
}

/// The answer to the page's message `id`.
pub(super) fn answer(seq: u64, id: u64, answer: &Answer) -> String {
    let mut fields = match answer {
        Answer::Reply(reply) => fields(reply),
        Answer::Audio(sdp) => fields(&json!({ "result": "done", "sdp": sdp })),
        Answer::NoAudio(why) => fields(&json!({ "result": "refused", "why": why })),
        Answer::Fault(Fault::LineBusy) => {
            fields(&json!({ "result": "failed", "why": Fault::LineBusy }))
        }
        Answer::Fault(why) => fields(&json!({ "result": "refused", "why": why })),
    };
    fields.insert("reply".to_owned(), id.into());
    text(fields, Some(seq))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::PartyId;

    #[test]
    fn what_a_page_says_is_read() {
        let party = PartyId(2);
        let hold = DeskCommand::Hold { party, on: true };
        assert_eq!(
            read(r#"{"v":1,"id":7,"do":"hold","party":2,"on":true}"#),
            Ok(FromPage::Command(7, Ok(hold)))
        );
        let hello = Hello { page: "p".to_owned(), run: Some("r".to_owned()), resume: Some(3) };
        assert_eq!(
            read(r#"{"v":1,"hello":{"page":"p","run":"r","resume":3}}"#),
            Ok(FromPage::Hello(hello))
        );
        assert_eq!(read(r#"{"v":1,"beat":true}"#), Ok(FromPage::Beat));
        assert_eq!(
            read(r#"{"v":1,"id":1,"do":"audio","offer":4,"sdp":"v=0"}"#),
            Ok(FromPage::Audio(1, AudioFor::Offer(OfferId(4)), "v=0".to_owned()))
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for text in ["", "[]", "{", "nonsense", r#"{"v":1}"#, r#"{"v":1,"id":-1,"do":"ready"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read(r#"{"v":2,"id":1,"do":"ready"}"#), Err(Fault::Version));
        for command in [
            r#""do":"fly""#,
            r#""do":"ready","more":1"#,
            r#""do":"hold","party":"x","on":true"#,
            r#""do":"consult","target":{"kind":"seat","seat":"1"}"#,
            r#""do":"audio","sdp":"v=0","offer":1,"call":"a""#,
            r#""do":"audio","offer":1"#,
        ] {
            let text = format!(r#"{{"v":1,"id":9,{command}}}"#);
            assert_eq!(read(&text), Ok(FromPage::Command(9, Err(Fault::Malformed))), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(&deep), Err(Fault::Malformed));
    }
}
