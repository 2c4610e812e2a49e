//! `[[messages.modem]]`: a GSM modem that we drive ourselves.

use super::named;
use crate::channels::sms::modem::Line;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What serial ports can be told.
const SPEEDS: [u32; 8] = [9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600];

/// `[[messages.modem]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct ModemKeys {
    pub account: String,
    #[serde(default)]
    pub device: PathBuf,
    #[serde(default)]
    pub address: Option<SocketAddr>,
    #[serde(default = "usual_speed")]
    pub speed: u32,
    #[serde(default)]
    pub memory: ModemMemory,
    #[serde(default)]
    pub pin_file: PathBuf,
    #[serde(default)]
    pub leader: String,
}

/// Where a modem keeps texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ModemMemory {
    #[default]
    Card,
    Device,
}

fn usual_speed() -> u32 {
    115_200
}

impl ModemKeys {
    pub(super) fn check(&self) -> Result<(), String> {
        named("messages.modem.account", &self.account)?;
        if !SPEEDS.contains(&self.speed) {
            return Err(format!("messages.modem.speed: {}: one of {SPEEDS:?}", self.speed));
        }
        self.line().map(drop)
    }

    /// Where it is.
    ///
    /// # Errors
    /// When it has no place, or two.
    pub fn line(&self) -> Result<Line, String> {
        match (self.device.as_os_str().is_empty(), self.address) {
            (true, Some(address)) => Ok(Line::Tcp(address)),
            (false, None) if self.device.is_absolute() => {
                Ok(Line::Serial(self.device.clone(), self.speed))
            }
            (false, None) => {
                let device = self.device.display();
                Err(format!("messages.modem.device: {device}: an absolute path"))
            }
            _ => Err(format!("messages.modem: {}: either device or address", self.account)),
        }
    }
}
