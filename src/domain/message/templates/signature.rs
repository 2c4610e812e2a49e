//! Who a text is from, as carriers want it at its beginning.

use crate::units::InvalidUnit;

/// Longest signature, in characters; providers take 2 to 12.
pub const SIGNATURE_CHARS_MAX: usize = 12;
/// Shortest.
const SIGNATURE_CHARS_MIN: usize = 2;

/// The name that stands in brackets at the beginning of every text to a citizen. The one place for it: what
/// is filed with a carrier, configured here, and stripped by providers that put it there themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(String);

impl Default for Signature {
    fn default() -> Self {
        Self("邹城社情民意".to_owned())
    }
}

impl Signature {
    /// Two to twelve letters or digits, without brackets.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        let length = text.chars().count();
        let fits = (SIGNATURE_CHARS_MIN..=SIGNATURE_CHARS_MAX).contains(&length);
        if fits && text.chars().all(char::is_alphanumeric) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidUnit("signature of texts"))
        }
    }

    /// Without brackets, as providers want it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// As it stands at the beginning of a text.
    #[must_use]
    pub fn bracketed(&self) -> String {
        format!("【{}】", self.0)
    }
}
