//! Texts by SIP MESSAGE (RFC 3428): into the journal of all texts, acknowledged only after its commit.

use super::{Output, Switch};
use crate::domain::message::LineText;
use crate::gateway::clock::Now;
use crate::proto::TextId;
use jiff::Timestamp;
use std::fmt;

/// A text that is to be journalled.
pub struct TextOrder {
    /// Which.
    pub text: TextId,
    /// The same for every copy of it: Call-ID and `CSeq`.
    pub key: String,
    /// What it says, and who.
    pub said: LineText,
    /// Its sender is who he says he is: whoever handed it over vouches for that.
    pub is_vouched: bool,
    /// When it came.
    pub at: Timestamp,
}

/// Without sender and words.
impl fmt::Debug for TextOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextOrder({:?}, {:?})", self.text, self.said)
    }
}

impl Switch {
    pub(super) fn text(&mut self, order: TextOrder) {
        self.outputs.push_back(Output::Text(Box::new(order)));
    }

    /// Whether a text is in the journal.
    pub fn text_kept(&mut self, now: Now, text: TextId, is_kept: bool) {
        self.endpoint.answer_text(now.monotonic, text, if is_kept { 200 } else { 503 });
        self.settle(now);
    }
}
