//! `[[messages.cmpp]]` and `[[messages.smpp]]`: lines to carriers.

use super::{fits, is_loopback, named};
use crate::wire::cmpp::Version;
use serde::Deserialize;
use std::path::PathBuf;

/// Longest name of a machine (RFC 1035).
const HOST_CHARS_MAX: usize = 253;

/// `[[messages.cmpp]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct CmppKeys {
    pub account: String,
    pub host: String,
    #[serde(default = "port_of_cmpp")]
    pub port: u16,
    #[serde(default)]
    pub version: CmppVersion,
    pub source_id: String,
    pub secret_file: PathBuf,
    pub service: String,
    pub number: String,
    #[serde(default = "yes")]
    pub proves_gateway: bool,
    #[serde(default)]
    pub leader: String,
}

/// The version that was agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs)]
pub enum CmppVersion {
    #[serde(rename = "2.0")]
    V2,
    #[default]
    #[serde(rename = "3.0")]
    V3,
}

/// `[[messages.smpp]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SmppKeys {
    pub account: String,
    pub host: String,
    #[serde(default = "port_of_smpp")]
    pub port: u16,
    pub system_id: String,
    pub password_file: PathBuf,
    #[serde(default)]
    pub system_type: String,
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub tls: bool,
    #[serde(default)]
    pub ca_file: PathBuf,
    #[serde(default)]
    pub leader: String,
}

fn port_of_cmpp() -> u16 {
    7_890
}

fn port_of_smpp() -> u16 {
    2_775
}

fn yes() -> bool {
    true
}

impl From<CmppVersion> for Version {
    fn from(version: CmppVersion) -> Self {
        match version {
            CmppVersion::V2 => Self::V2,
            CmppVersion::V3 => Self::V3,
        }
    }
}

impl CmppKeys {
    pub(super) fn check(&self) -> Result<(), String> {
        named("messages.cmpp.account", &self.account)?;
        check_gateway("messages.cmpp", &self.host, self.port)?;
        fits("messages.cmpp.source_id", &self.source_id, 6..=6)?;
        fits("messages.cmpp.service", &self.service, 1..=10)?;
        check_number("messages.cmpp.number", &self.number, 1)?;
        needed("messages.cmpp.secret_file", &self.secret_file)
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl SmppKeys {
    pub(super) fn check(&self) -> Result<(), String> {
        named("messages.smpp.account", &self.account)?;
        check_gateway("messages.smpp", &self.host, self.port)?;
        fits("messages.smpp.system_id", &self.system_id, 1..=15)?;
        fits("messages.smpp.system_type", &self.system_type, 0..=12)?;
        check_number("messages.smpp.number", &self.number, 0)?;
        if !self.tls && !self.ca_file.as_os_str().is_empty() {
            return Err("messages.smpp.ca_file: only with tls = true".to_owned());
        }
        needed("messages.smpp.password_file", &self.password_file)
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

fn check_gateway(kind: &str, host: &str, port: u16) -> Result<(), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if !(1..=HOST_CHARS_MAX).contains(&host.len()) || !host.chars().all(known) {
        return Err(format!("{kind}.host: {host}: a name or an address"));
    }
    if port == 0 {
        return Err(format!("{kind}.port must be 1 to 65535"));
    }
    Ok(())
}

/// The number that recipients see and answer.
fn check_number(key: &str, number: &str, least: usize) -> Result<(), String> {
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    if !(least..=20).contains(&number.len()) || !is_number {
        return Err(format!("{key}: {number}: {least} to 20 digits"));
    }
    Ok(())
}

fn needed(key: &str, file: &std::path::Path) -> Result<(), String> {
    if file.as_os_str().is_empty() {
        return Err(format!("{key}: the file that holds it"));
    }
    Ok(())
}
