//! The options that every verb takes.

use super::config::Config;
use super::demo;
use super::exit::{Exit, Failure};
use super::logging;
use crate::domain::case::city_zone;
use crate::store::DataFolder;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::Write;
use std::path::PathBuf;

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Common {
    /// Configuration file (TOML); without one the documented defaults hold.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Data folder: database, recordings.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Override one key of the configuration, as section.key=value; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

impl Common {
    /// The data folder with its key, as the configuration names it. There is no other way to the
    /// folder: by its path alone it would be opened with the key below it. Of a demo the log says so.
    pub(super) fn folder(&self, config: &Config) -> DataFolder {
        let folder = DataFolder::new(&self.data, &config.store.master_key_file);
        demo::mention(&folder);
        folder
    }

    /// Loads the configuration and starts logging as it says.
    pub(super) fn load(&self) -> Result<Config, Exit> {
        let config = Config::load(self.config.as_deref(), &self.set)?;
        logging::start(&config.log);
        Ok(config)
    }
}

/// When a day begins in the city.
pub(super) fn midnight(day: Date) -> Result<Timestamp, Exit> {
    let begins = day.to_zoned(city_zone()).map_err(|error| Exit::new(Failure::Usage, error))?;
    Ok(begins.timestamp())
}

/// Prints on standard output. A reader who has gone away or a full disk is exit 74, not a panic.
pub(super) fn say(text: &str) -> Result<(), Exit> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Exit::new(Failure::Io, format!("standard output: {error}")))
}
