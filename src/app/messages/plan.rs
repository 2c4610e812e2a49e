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
    secret_line(path, SECRET_BYTES_MAX).map_err(|why| refuse(key, why))
}

/// The one line of a file, without its end. The error names the file, and nothing of what stands in it.
pub(super) fn secret_line(path: &Path, bytes_max: usize) -> Result<String, String> {
    let refused = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| refused(&error))?;
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_string(&mut text).map_err(|error| refused(&error))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || text.len() > bytes_max || secret.contains(char::is_control) {
        return Err(refused(&format_args!("one line of at most {bytes_max} bytes")));
    }
    Ok(secret.to_owned())
}

/// Whose certificates are believed: those of a file, or of the machine.
pub(super) fn authorities(key: &str, file: &Path) -> Result<Arc<ClientConfig>, Exit> {
    let named = Some(file).filter(|file| !file.as_os_str().is_empty());
    trust(named).map_err(|error| refuse(key, error))
}
