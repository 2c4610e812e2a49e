//! `[report]`: what reports are printed with.

use serde::Deserialize;
use std::path::PathBuf;

/// `[report]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct ReportKeys {
    pub font: PathBuf,
    pub font_index: u32,
}
