//! Sends the messages of the outbox to their receivers, on a thread of its own: a receiver that does not
//! answer holds up neither the line nor the pages nor another receiver (docs/adr/0023-webhooks.md).
//!
//! * `run`: which message is next; one of a subscription at a time, all subscriptions at once.
//! * `attempt`: one POST: where to, by which certificate, what came of it.
//! * `signature`: by the convention of Standard Webhooks.
//! * `trust`: whose certificates are believed.

mod attempt;
mod run;
mod signature;
mod trust;

pub use attempt::{ADDRESSES_TRIED_MAX, ATTEMPT_WAIT, CONNECT_WAIT, RESPONSE_BYTES_MAX};
pub use signature::{sign, signatures};
pub use trust::{TrustError, trust};

use crate::domain::webhook::Reach;
use crate::store::{DataFolder, StoreHandle, WEBHOOKS_MAX};
use jiff::Timestamp;
use run::Postman;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::runtime;
use tokio::sync::oneshot;

/// Threads that look up names: one for each subscription.
const NAME_THREADS_MAX: usize = WEBHOOKS_MAX;
/// These and those that read the store, whatever the resolver does.
const BLOCKING_THREADS_MAX: usize = NAME_THREADS_MAX + 4;
/// What still looks up a name at the end is left so long.
const GOODBYE: Duration = Duration::from_millis(200);

/// What the messages are sent with.
#[derive(Clone)]
pub struct WebhookConfig {
    /// The data folder with its key, for reading.
    pub folder: DataFolder,
    /// The running store, for writing.
    pub store: StoreHandle,
    /// How far messages may go.
    pub reach: Reach,
    /// Whose certificates are believed.
    pub tls: Arc<rustls::ClientConfig>,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
    /// Fresh random bytes of the operating system; `None` when it has none.
    pub random: fn() -> Option<[u8; 32]>,
}

/// The running thread.
#[derive(Debug)]
pub struct WebhookThread {
    stop: oneshot::Sender<()>,
    handle: JoinHandle<()>,
}

impl WebhookThread {
    /// Starts to send.
    ///
    /// # Errors
    /// When there is no thread to be had, or no random bytes.
    pub fn start(config: WebhookConfig) -> io::Result<Self> {
        let no_random = || io::Error::other("no random bytes from the operating system");
        let seed = (config.random)().ok_or_else(no_random)?;
        let (stop, stopped) = oneshot::channel();
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build()?;
        let postman = Postman::new(config, seed);
        let send = move || {
            runtime.block_on(postman.run(async {
                let _ = stopped.await;
            }));
            runtime.shutdown_timeout(GOODBYE);
        };
        let handle = Builder::new().name("webhooks".to_owned()).spawn(send)?;
        Ok(Self { stop, handle })
    }

    /// Ends it: what is on its way has a moment to arrive, and is sent again by the next start where it
    /// does not.
    pub fn finish(self) {
        let _ = self.stop.send(());
        if self.handle.join().is_err() {
            tracing::error!("the thread of the webhooks died");
        }
    }
}
