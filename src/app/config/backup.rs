//! `[backup]`: where copies of the data go, how often, and how many are kept.

use crate::store::BackupConfig;
use serde::Deserialize;
use std::path::PathBuf;

/// The longest time between two copies, in minutes: a week.
const EVERY_MINUTES_MAX: u32 = 7 * 24 * 60;

/// The shortest: a copy of a large city takes a minute or two.
const EVERY_MINUTES_MIN: u32 = 5;

/// Copies that are kept at most.
const KEEP_MAX: usize = 1000;

/// `[backup]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct BackupKeys {
    pub folder: PathBuf,
    pub every_minutes: u32,
    pub keep: usize,
    pub other_disk: bool,
    pub with_master_key: bool,
}

impl BackupKeys {
    /// As the store is told; `None`: no copies are wanted.
    #[must_use]
    pub fn config(&self) -> Option<BackupConfig> {
        (!self.folder.as_os_str().is_empty()).then(|| BackupConfig {
            folder: self.folder.clone(),
            every_minutes: self.every_minutes,
            keep: self.keep,
            other_disk: self.other_disk,
            with_master_key: self.with_master_key,
        })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !(EVERY_MINUTES_MIN..=EVERY_MINUTES_MAX).contains(&self.every_minutes) {
            return Err(format!(
                "backup.every_minutes must be {EVERY_MINUTES_MIN} to {EVERY_MINUTES_MAX}"
            ));
        }
        if !(1..=KEEP_MAX).contains(&self.keep) {
            return Err(format!("backup.keep must be 1 to {KEEP_MAX}"));
        }
        Ok(())
    }
}
