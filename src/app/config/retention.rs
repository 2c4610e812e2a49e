//! `[retention]`: how long the city keeps what, and by when it answers who asks for his data.

use crate::domain::case::RetentionRules;
use serde::Deserialize;

/// The longest of the periods in days: a hundred years.
const DAYS_MAX: u32 = 36_500;

/// The same in years.
const YEARS_MAX: u16 = 100;

/// The longest that a request about personal information may wait, in days (GB/T 35273-2020, 8.7: thirty).
const REPLY_DAYS_MAX: u16 = 30;

/// `[retention]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct RetentionKeys {
    pub spam_days: u32,
    pub unlinked_days: u32,
    pub recording_days: u32,
    pub case_years: u16,
    pub request_years: u16,
    pub copy_days: u32,
    pub reply_days: u16,
}

impl RetentionKeys {
    /// As the store is told.
    #[must_use]
    pub fn rules(&self) -> RetentionRules {
        RetentionRules {
            spam_days: self.spam_days,
            unlinked_days: self.unlinked_days,
            recording_days: self.recording_days,
            case_years: self.case_years,
            request_years: self.request_years,
            copy_days: self.copy_days,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (key, value) in [
            ("spam_days", self.spam_days),
            ("unlinked_days", self.unlinked_days),
            ("recording_days", self.recording_days),
            ("copy_days", self.copy_days),
        ] {
            if !(1..=DAYS_MAX).contains(&value) {
                return Err(format!("retention.{key} must be 1 to {DAYS_MAX}"));
            }
        }
        for (key, value) in [("case_years", self.case_years), ("request_years", self.request_years)]
        {
            if !(1..=YEARS_MAX).contains(&value) {
                return Err(format!("retention.{key} must be 1 to {YEARS_MAX}"));
            }
        }
        if !(1..=REPLY_DAYS_MAX).contains(&self.reply_days) {
            return Err(format!("retention.reply_days must be 1 to {REPLY_DAYS_MAX}"));
        }
        Ok(())
    }
}
