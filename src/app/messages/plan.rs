//! What the configuration names, its files read and its values checked: what is accepted here starts.

use super::supervisor::Work;
use super::{carrier, modem, provider, smsd};
use crate::app::config::Config;
use crate::app::exit::{Exit, Failure};
use crate::store::StoreHandle;
use crate::web::trust;
use rustls::ClientConfig;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// Longest secret that is read from a file, in bytes.
const SECRET_BYTES_MAX: usize = 1_024;

/// An account that can be begun.
pub(super) struct Plan {
    /// Its name.
    pub(super) account: String,
    /// What it does, with the running store.
    pub(super) begin: Box<dyn FnOnce(&StoreHandle) -> Work>,
}

/// All accounts of texts.
pub(super) fn plans(config: &Config) -> Result<Vec<Plan>, Exit> {
    let keys = &config.messages;
    let smsd = keys.smsd.iter().map(|keys| Ok(smsd::plan(keys)));
    let modem = keys.modem.iter().map(modem::plan);
    let cmpp = keys.cmpp.iter().map(carrier::cmpp);
    let smpp = keys.smpp.iter().map(carrier::smpp);
    let http = keys.http.iter().map(provider::plan);
    smsd.chain(modem).chain(cmpp).chain(smpp).chain(http).collect()
}

/// `mayorline check-config`: reads what the keys name.
pub(super) fn check(config: &Config) -> Result<(), Exit> {
    plans(config).map(drop)
}

/// What is wrong with a key.
pub(super) fn refuse(key: &str, why: impl std::fmt::Display) -> Exit {
    Exit::new(Failure::Config, format!("messages.{key}: {why}"))
}

/// What stands in a file, its last line's end aside.
pub(super) fn secret(key: &str, path: &Path) -> Result<String, Exit> {
    let refused = |why: &dyn std::fmt::Display| refuse(key, format!("{}: {why}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| refused(&error))?;
    let limit = u64::try_from(SECRET_BYTES_MAX).unwrap_or(u64::MAX) + 1;
    file.take(limit).read_to_string(&mut text).map_err(|error| refused(&error))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || text.len() > SECRET_BYTES_MAX || secret.contains(char::is_control) {
        return Err(refused(&format!("one line of at most {SECRET_BYTES_MAX} bytes")));
    }
    Ok(secret.to_owned())
}

/// Whose certificates are believed: those of a file, or of the machine.
pub(super) fn authorities(key: &str, file: &Path) -> Result<Arc<ClientConfig>, Exit> {
    let named = Some(file).filter(|file| !file.as_os_str().is_empty());
    trust(named).map_err(|error| refuse(key, error))
}
