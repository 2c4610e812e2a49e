//! How the words of `units` stand in an event: as plain text, so that an event reads the same in
//! ten years. Values that no longer parse are refused, never guessed.

use crate::units::{CallId, CaseNumber, PhoneNumber, QueryCode};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// A value that is written as text and read back.
pub(in crate::domain) trait Text: Sized {
    /// The text that [`Text::read`] takes.
    fn write(&self) -> String;
    /// The value, when the text is one.
    fn read(text: &str) -> Option<Self>;
}

impl Text for PhoneNumber {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Text for CaseNumber {
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Text for QueryCode {
    fn write(&self) -> String {
        self.reveal()
    }
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl Text for CallId {
    fn write(&self) -> String {
        self.as_str().to_owned()
    }
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

/// For `#[serde(with = "codec::one")]`.
pub(in crate::domain) mod one {
    use super::{Deserialize, Deserializer, Error, Serializer, Text};

    pub(in crate::domain) fn serialize<T: Text, S: Serializer>(
        value: &T,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.serialize_str(&value.write())
    }

    pub(in crate::domain) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        T::read(&text).ok_or_else(|| D::Error::custom("not a valid value"))
    }
}

/// For `#[serde(with = "codec::maybe")]`.
pub(in crate::domain) mod maybe {
    use super::{Deserialize, Deserializer, Error, Serializer, Text};

    pub(in crate::domain) fn serialize<T: Text, S: Serializer>(
        value: &Option<T>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => out.serialize_some(&value.write()),
            None => out.serialize_none(),
        }
    }

    pub(in crate::domain) fn deserialize<'de, T: Text, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        T::read(&text).map(Some).ok_or_else(|| D::Error::custom("not a valid value"))
    }
}
