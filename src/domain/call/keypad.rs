//! Entry of digits on the keypad.

use super::line::Line;

/// What the keypad gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Keyed {
    /// More is to come.
    More,
    /// `*` after digits: the entry starts again.
    Restart,
    /// `*` before any digit: something else is wanted.
    Back,
    /// The entry is complete by `#` or by its length.
    Done(String),
}

/// An entry of digits: `#` or the full length ends it, `*` starts again.
#[derive(Debug)]
pub(super) struct KeypadEntry {
    digits: String,
    length_max: usize,
    phone: bool,
}

/// A mobile number.
const MOBILE_DIGITS: usize = 11;
/// A landline with its area code has at most 4 + 8 digits.
const LANDLINE_DIGITS_MAX: usize = 12;

impl KeypadEntry {
    /// An entry of at most `length_max` digits.
    pub(super) fn new(length_max: usize) -> Self {
        Self { digits: String::with_capacity(length_max), length_max, phone: false }
    }

    /// An entry of a telephone number: a mobile number is complete with eleven digits.
    pub(super) fn phone() -> Self {
        Self { phone: true, ..Self::new(LANDLINE_DIGITS_MAX) }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, line: &mut Line, key: char) -> Keyed {
        match key {
            '0'..='9' => {
                self.digits.push(key);
                let mobile = self.phone && self.digits.starts_with('1');
                let length = if mobile { MOBILE_DIGITS } else { self.length_max };
                if self.digits.len() < length {
                    return Keyed::More;
                }
                line.entry_complete();
                self.take()
            }
            '#' if !self.digits.is_empty() => self.take(),
            '*' if self.digits.is_empty() => Keyed::Back,
            '*' => {
                self.digits.clear();
                Keyed::Restart
            }
            _ => Keyed::More,
        }
    }

    /// Silence ends an entry like `#` does; `None` when nothing was keyed.
    pub(super) fn silent(&mut self) -> Option<Keyed> {
        (!self.digits.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Keyed {
        Keyed::Done(std::mem::take(&mut self.digits))
    }
}
