//! A line to a carrier by CMPP or SMPP over TCP or TLS, on a thread of its own (docs/adr/0026-carriers.md).
//!
//! * `run`: the shell around the session machine: the socket, the clock, the store.
//! * `line`: the connection.
//! * `desk`: what is asked of the store; each answer is waited for, and an acknowledgement takes the token
//!   that only a commit makes.
//! * `reading`: what the journal has, read; the keys that tell texts apart.

mod desk;
mod line;
mod reading;
mod recent;
mod run;

pub use reading::{FORM_CMPP_2, FORM_CMPP_3, FORM_SMPP, parsed};
pub use recent::RECENT_MAX;
pub use run::{LINE_READ_BYTES_MAX, WRITE_WAIT};

use crate::proto::carrier::{Cmpp, CmppConfig, Session, Smpp, SmppConfig};
use crate::store::StoreHandle;
use crate::wire::cmpp::Version;
use jiff::Timestamp;
use run::Running;
use rustls::ClientConfig;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime;

/// How long a name is still looked up at the end.
const GOODBYE: Duration = Duration::from_millis(200);

/// What is spoken with a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// China Mobile's.
    Cmpp(CmppConfig),
    /// 3.4.
    Smpp(SmppConfig),
}

impl Protocol {
    /// How the journal is told that a PDU is read.
    fn form(&self) -> &'static str {
        match self {
            Self::Cmpp(CmppConfig { version: Version::V2, .. }) => FORM_CMPP_2,
            Self::Cmpp(CmppConfig { version: Version::V3, .. }) => FORM_CMPP_3,
            Self::Smpp(_) => FORM_SMPP,
        }
    }
}

/// One account with a carrier.
#[derive(Clone)]
pub struct CarrierConfig {
    /// Its name in the configuration.
    pub account: String,
    /// A name or an address.
    pub host: String,
    /// Of the gateway.
    pub port: u16,
    /// What is spoken.
    pub protocol: Protocol,
    /// Whose certificates are believed; `None`: the line is not encrypted.
    pub tls: Option<Arc<ClientConfig>>,
    /// The running store.
    pub store: StoreHandle,
    /// Monotonic time.
    pub clock: fn() -> Instant,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
    /// Random: moves pauses a little.
    pub seed: u64,
}

/// Drives a line in this thread: connects, and goes on connecting, until `stop` is ready. What is under way
/// has a moment to be answered then, and goodbye is said.
///
/// # Errors
/// When the system gives no timer.
pub fn run(config: CarrierConfig, stop: impl Future<Output = ()>) -> io::Result<()> {
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(2).build()?;
    let now = (config.clock)();
    match config.protocol.clone() {
        Protocol::Cmpp(account) => {
            let session = Session::new(now, Cmpp::new(account), Cmpp::session(config.seed));
            runtime.block_on(Running::new(config, session).run(stop));
        }
        Protocol::Smpp(account) => {
            let session = Session::new(now, Smpp::new(account), Smpp::session(config.seed));
            runtime.block_on(Running::new(config, session).run(stop));
        }
    }
    runtime.shutdown_timeout(GOODBYE);
    Ok(())
}
