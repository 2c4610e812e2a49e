//! `[webhook]`: how far the messages to other programs may go.

use crate::domain::webhook::{NETWORKS_MAX, Network, Reach};
use serde::Deserialize;
use std::path::PathBuf;

/// `[webhook]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct WebhookKeys {
    pub outside: bool,
    pub networks: Vec<String>,
    pub ca_file: PathBuf,
}

impl WebhookKeys {
    /// As the sender is told.
    ///
    /// # Errors
    /// The network that is none, by the name of the key.
    pub fn reach(&self) -> Result<Reach, String> {
        if self.networks.len() > NETWORKS_MAX {
            return Err(format!("webhook.networks must be at most {NETWORKS_MAX}"));
        }
        let read = |text: &String| {
            Network::parse(text).ok_or_else(|| {
                format!("webhook.networks: {text}: write a network such as 10.20.0.0/16")
            })
        };
        let networks = self.networks.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Reach { outside: self.outside, networks })
    }
}
