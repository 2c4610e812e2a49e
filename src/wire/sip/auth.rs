//! The values of WWW-Authenticate, Authorization and their proxy forms (RFC 3261 §25.1): a scheme
//! and a comma list of parameters.

use super::lexis::{elements, is_token, quoted, trim, write_quoted};
use super::limits::PARAMS_MAX;
use super::uri::Params;
use crate::wire::WireError;
use std::fmt;

const MALFORMED: WireError = WireError::Malformed("authentication");

/// One challenge or one proof.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthValue {
    /// `Digest`, as written.
    pub scheme: String,
    /// Names as written, values without quotes.
    pub params: Params,
}

/// Parameters that are written without quotes (RFC 7616 §3.3, §3.4).
const BARE: [&str; 5] = ["algorithm", "stale", "nc", "qop", "charset"];

impl AuthValue {
    /// Reads one field value.
    ///
    /// ```
    /// use mayorline::wire::sip::AuthValue;
    /// let value = AuthValue::parse("Digest realm=\"a, b\", nc=00000001")?;
    /// assert_eq!(value.params.get("realm"), Some("a, b"));
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let (scheme, rest) = trim(text).split_once([' ', '\t']).ok_or(MALFORMED)?;
        if !is_token(scheme) {
            return Err(MALFORMED);
        }
        let mut params = Params::default();
        for element in elements(rest) {
            let (name, value) = element.split_once('=').ok_or(MALFORMED)?;
            let (name, value) = (trim(name), trim(value));
            if !is_token(name) || params.get(name).is_some() {
                return Err(MALFORMED);
            }
            if params.0.len() == PARAMS_MAX {
                return Err(WireError::TooLarge("parameter list"));
            }
            let value = match value.starts_with('"') {
                true => match quoted(value).ok_or(MALFORMED)? {
                    (value, "") => value.into_owned(),
                    _ => return Err(MALFORMED),
                },
                false => value.to_owned(),
            };
            params.0.push((name.to_owned(), Some(value)));
        }
        Ok(Self { scheme: scheme.to_owned(), params })
    }
}

impl fmt::Display for AuthValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (at, (name, value)) in self.params.0.iter().enumerate() {
            let value = value.as_deref().unwrap_or("");
            write!(f, "{}{name}=", if at == 0 { " " } else { ", " })?;
            if BARE.contains(&name.as_str()) && is_token(value) {
                f.write_str(value)?;
            } else {
                write_quoted(f, value)?;
            }
        }
        Ok(())
    }
}

/// Names the scheme only: the rest proves a password.
impl fmt::Debug for AuthValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthValue").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
