//! Towns and street offices (镇街) and their villages (村居).

use crate::domain::case::codec;
use crate::units::PhoneNumber;
use serde::{Deserialize, Serialize};

/// A town or street office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Town {
    /// Two digits, from 01.
    pub code: String,
    /// Its name, such as 北宿镇.
    pub name: String,
    /// The published telephone of its government.
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// It stands on the public page.
    pub public: bool,
}

impl Town {
    /// Its id where units are named: `town.NN`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("town.{}", self.code)
    }

    /// The name of its government.
    #[must_use]
    pub fn government(&self) -> String {
        match self.name.strip_suffix("街道") {
            Some(_) => format!("{}办事处", self.name),
            None => format!("{}政府", self.name),
        }
    }
}

/// A village or neighbourhood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Village {
    /// Four digits: its town's two and its own two.
    pub code: String,
    /// Its name, unique within its town.
    pub name: String,
}

impl Village {
    /// The code of its town.
    #[must_use]
    pub fn town(&self) -> &str {
        self.code.get(..2).unwrap_or_default()
    }
}
