//! `[casework]`: what a city has beside the fixed rules of a case.

use crate::domain::desk::Disposition;
use serde::Deserialize;

/// Dispositions that a city can add to the seven.
const LOCAL_MAX: usize = 20;

/// Longest code of one.
const CODE_CHARS_MAX: usize = 40;

/// `[casework]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct CaseworkKeys {
    pub dispositions: Vec<LocalDisposition>,
}

/// A disposition of a city (七种方式…等): its own code and name, the rules of one of the seven.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LocalDisposition {
    pub code: String,
    pub name: String,
    pub like: Disposition,
}

impl CaseworkKeys {
    /// Which of the seven a local code follows.
    #[must_use]
    pub fn like(&self, code: &str) -> Option<Disposition> {
        self.dispositions.iter().find(|local| local.code == code).map(|local| local.like)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let fault = |code: &str, why: &str| Err(format!("casework.dispositions: {code:?} {why}"));
        if self.dispositions.len() > LOCAL_MAX {
            return Err(format!("casework.dispositions: at most {LOCAL_MAX}"));
        }
        for (at, local) in self.dispositions.iter().enumerate() {
            let code = local.code.as_str();
            let plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if code.is_empty() || code.len() > CODE_CHARS_MAX || !plain {
                return fault(code, "must be lower-case letters and _");
            }
            let fixed = Disposition::ALL.iter().any(|fixed| fixed.as_str() == code);
            if fixed || self.dispositions.iter().take(at).any(|other| other.code == code) {
                return fault(code, "stands already");
            }
            if local.name.trim().is_empty() {
                return fault(code, "has no name");
            }
            if matches!(local.like, Disposition::Discipline | Disposition::NoMatter) {
                return fault(code, "cannot follow the rules of a sealed case or of no matter");
            }
        }
        Ok(())
    }
}
