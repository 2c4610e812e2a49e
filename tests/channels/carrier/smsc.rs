//! A gateway of texts that others wrote: the npm package smpp, held by `smsc/smsc.js`.

use super::city::LIMIT;
use crate::support::clients::Program;
use crate::support::wait_for;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A running gateway; ended when dropped.
pub(crate) struct Smsc {
    program: Program,
    pub(crate) port: u16,
}

impl Smsc {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// The same over TLS, with `cert.pem` and `key.pem` of this folder.
    pub(crate) fn start_tls(folder: &Path) -> Self {
        Self::start_with(Some(folder))
    }

    fn start_with(certificate: Option<&Path>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = root.join("target/smsc/node_modules");
        assert!(packages.join("smpp").is_dir(), "no npm package smpp: run tests/install.sh");
        let mut command = Command::new("node");
        command.env("NODE_PATH", packages).arg(root.join("tests/channels/carrier/smsc/smsc.js"));
        command.args(certificate);
        let mut smsc = Self { program: Program::start(&mut command), port: 0 };
        let listening = smsc.wait("listening", 1).remove(0);
        smsc.port = u16::try_from(listening["port"].as_u64().unwrap()).unwrap();
        smsc
    }

    /// What it heard of this kind.
    pub(crate) fn heard(&self, kind: &str) -> Vec<Value> {
        let output = self.program.output();
        let events = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|event| event["event"] == kind).collect()
    }

    /// Waits until it has heard so many.
    pub(crate) fn wait(&self, kind: &str, count: usize) -> Vec<Value> {
        let heard = wait_for(LIMIT, || {
            let heard = self.heard(kind);
            (heard.len() >= count).then_some(heard)
        });
        heard.unwrap_or_else(|| panic!("not {count} of {kind}\n{}", self.program.output()))
    }

    /// Tells it to do something.
    pub(crate) fn order(&mut self, order: &Value) {
        self.program.type_in(&format!("{order}\n"));
    }
}
