//! What a modem says, cut into lines; the prompt has no line end.

/// Longest line that is kept: a PDU in hexadecimal has 376 digits. What is longer is noise.
pub const LINE_BYTES_MAX: usize = 512;

/// A piece of what the modem says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Without its end and never empty.
    Line(String),
    /// `> `: it waits for a PDU.
    Prompt,
}

/// What is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Framing {
    line: Vec<u8>,
    is_too_long: bool,
}

impl Framing {
    pub(super) fn push(&mut self, byte: u8) -> Option<Frame> {
        match byte {
            b'\r' | b'\n' | 0 => {
                let line = std::mem::take(&mut self.line);
                let is_noise = std::mem::take(&mut self.is_too_long);
                let text = String::from_utf8_lossy(&line);
                let text = text.trim();
                (!text.is_empty() && !is_noise).then(|| Frame::Line(text.to_owned()))
            }
            b' ' if self.line == b">" => {
                self.line.clear();
                Some(Frame::Prompt)
            }
            _ if self.line.len() == LINE_BYTES_MAX => {
                self.is_too_long = true;
                None
            }
            _ => {
                self.line.push(byte);
                None
            }
        }
    }
}
