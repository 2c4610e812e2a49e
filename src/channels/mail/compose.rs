//! A mail of ours in bytes.

use crate::domain::message::mail::MailHead;
use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use std::fmt;
use std::time::{Duration, SystemTime};

/// What is written to whom. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The fields of protocol.
    pub head: MailHead,
    /// What stands before our address: 邹城市社情民意受理中心.
    pub from_name: String,
    /// To whom.
    pub to: String,
    /// One line.
    pub subject: String,
    /// In lines.
    pub text: String,
    /// The same as a page.
    pub html: String,
    /// When it is sent first: the same on every try.
    pub date: Timestamp,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({:?}, {} bytes)", self.head, self.text.len())
    }
}

/// A field that holds words of a protocol.
macro_rules! field {
    ($kind:ident, $name:literal) => {
        #[derive(Clone)]
        struct $kind(String);

        impl Header for $kind {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

field!(AutoSubmitted, "Auto-Submitted");
field!(Suppress, "X-Auto-Response-Suppress");

/// The mail as it is handed over; `None` where an address cannot be one.
#[must_use]
pub fn compose(letter: &Letter) -> Option<Vec<u8>> {
    let head = &letter.head;
    let mailbox = |name: Option<&str>, address: &str| -> Option<Mailbox> {
        Some(Mailbox::new(name.map(str::to_owned), address.parse::<Address>().ok()?))
    };
    let id = |id: &String| format!("<{id}>");
    let seconds = u64::try_from(letter.date.as_second()).unwrap_or(0);
    let mut builder = Message::builder()
        .from(mailbox(Some(&letter.from_name), &head.from)?)
        .to(mailbox(None, &letter.to)?)
        .subject(one_line(&letter.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(id(&head.message_id)))
        .header(AutoSubmitted(head.auto_submitted.to_owned()))
        .header(Suppress(head.suppress.to_owned()));
    if let Some(address) = &head.reply_to {
        builder = builder.reply_to(mailbox(Some(&letter.from_name), address)?);
    }
    // Ids come from outside; one that could be two fields is left out.
    let is_sound = |id: &&String| id.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(answered) = head.in_reply_to.as_ref().filter(|id| is_sound(id)) {
        builder = builder.in_reply_to(id(answered));
    }
    let references: Vec<String> = head.references.iter().filter(is_sound).map(id).collect();
    if !references.is_empty() {
        builder = builder.references(references.join(" "));
    }
    let body = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
    builder.multipart(body).ok().map(|message| message.formatted())
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
