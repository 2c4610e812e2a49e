//! Cuts a byte stream into messages (RFC 3261 §18.3) and keep-alive pings (RFC 5626 §3.5.1).

use super::limits::MESSAGE_BYTES_MAX;
use super::parse::declared_length;
use super::{Framing, Message, ParseFailure};
use crate::wire::WireError;

/// What a peer answers a keep-alive ping with (RFC 5626 §3.5.1).
pub const PONG: &[u8] = b"\r\n";

/// Bytes that may wait for [`Framer::poll_frame`]: one whole message and one read beside it.
pub const STREAM_BUFFER_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

/// One thing that arrived on a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A message, or why it is none; a failure with an answer is to be answered.
    Message(Box<Result<Message, ParseFailure>>),
    /// A double CRLF between messages: send [`PONG`].
    Ping,
}

/// The reading side of one connection: push what was read, then poll until nothing comes. The
/// result does not depend on how the bytes were cut.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Bytes of `buffer` that were handed out already.
    taken: usize,
    /// Where the line being read begins, and how far it was searched; both count from `taken`.
    line_start: usize,
    searched: usize,
    /// Length of the head once its empty line was seen.
    head: Option<Head>,
    broken: Option<WireError>,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    end: usize,
    /// `None` when the body's length cannot be told, which ends the connection.
    total: Option<usize>,
}

impl Framer {
    /// Takes bytes as they were read.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when more waits than the limit; close the connection.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        self.buffer.drain(..self.taken.min(self.buffer.len()));
        self.taken = 0;
        if self.buffer.len() + bytes.len() > STREAM_BUFFER_BYTES_MAX {
            return self.fail(WireError::TooLarge("stream buffer"));
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole frame; `None` until more is pushed.
    ///
    /// # Errors
    /// The stream cannot be read any further: close the connection.
    pub fn poll_frame(&mut self) -> Result<Option<Frame>, WireError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.head.is_none() {
            if let Some(ping) = self.skip_line_ends() {
                return Ok(ping.then_some(Frame::Ping));
            }
            self.find_head();
        }
        let waiting = self.waiting();
        if self.head.map_or(waiting.len(), |head| head.end) > MESSAGE_BYTES_MAX {
            return self.fail(WireError::TooLarge("message"));
        }
        let Some(head) = self.head else { return Ok(None) };
        // Without a usable length only the head is shown, so that it can be answered.
        let end = head.total.unwrap_or(head.end);
        let Some(message) = waiting.get(..end) else { return Ok(None) };
        let parsed = Message::parse(message, Framing::Stream);
        match &parsed {
            Err(failure) if head.total.is_none() => self.broken = Some(failure.error),
            Err(ParseFailure { error: error @ WireError::Malformed("start line"), .. }) => {
                self.broken = Some(*error);
            }
            _ => {}
        }
        self.take(end);
        Ok(Some(Frame::Message(Box::new(parsed))))
    }

    /// Nothing of a message has arrived: the connection may be closed without loss.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting().iter().all(|b| matches!(b, b'\r' | b'\n'))
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize) {
        self.taken += bytes;
        (self.line_start, self.searched, self.head) = (0, 0, None);
    }

    fn fail<T>(&mut self, error: WireError) -> Result<T, WireError> {
        self.broken = Some(error);
        Err(error)
    }

    /// Line ends between messages: `Some(true)` for a ping, `Some(false)` when more bytes must
    /// come to tell, `None` at the start of a message.
    fn skip_line_ends(&mut self) -> Option<bool> {
        loop {
            let waiting = self.waiting();
            if waiting.starts_with(b"\r\n\r\n") {
                self.take(4);
                return Some(true);
            }
            if b"\r\n\r\n".starts_with(waiting) {
                return Some(false);
            }
            match waiting.first() {
                Some(b'\r' | b'\n') => self.take(1),
                _ => return None,
            }
        }
    }

    /// Searches on where the last call stopped, so that single bytes cost linear time.
    fn find_head(&mut self) {
        let waiting = self.buffer.get(self.taken..).unwrap_or_default();
        while let Some(rest) = waiting.get(self.searched..) {
            let Some(at) = rest.iter().position(|&b| b == b'\n') else {
                self.searched = waiting.len();
                return;
            };
            let line = waiting.get(self.line_start..self.searched + at).unwrap_or_default();
            self.searched += at + 1;
            self.line_start = self.searched;
            if line.is_empty() || line == b"\r" {
                let end = self.searched;
                let length = declared_length(waiting.get(..end).unwrap_or_default());
                let total = length.and_then(|length| end.checked_add(length));
                self.head = Some(Head { end, total: total.filter(|&t| t <= MESSAGE_BYTES_MAX) });
                return;
            }
        }
    }
}
