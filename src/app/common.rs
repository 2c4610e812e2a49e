//! The options that every verb takes.

use super::config::Config;
use super::exit::Exit;
use super::logging;
use clap::Args;
use std::path::PathBuf;

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Common {
    /// Configuration file (TOML); without one the documented defaults hold.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Data folder: database, recordings.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(super) data: PathBuf,
    /// Override one key of the configuration, as section.key=value; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

impl Common {
    /// Loads the configuration and starts logging as it says.
    pub(super) fn load(&self) -> Result<Config, Exit> {
        let config = Config::load(self.config.as_deref(), &self.set)?;
        logging::start(&config.log);
        Ok(config)
    }
}
