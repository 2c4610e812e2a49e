//! The pages' own thread: whatever browsers do, the line's runtime is left alone.

use super::{Archive, DeskLink, SeatDirectory, Sources, Web, WebConfig};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use tokio::runtime;
use tokio::sync::oneshot;

/// Connections that are open at the end may say goodbye so long.
const GOODBYE: std::time::Duration = std::time::Duration::from_millis(200);

/// The running thread.
#[derive(Debug)]
pub struct WebThread {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    handle: JoinHandle<()>,
}

impl WebThread {
    /// Binds on a new thread and serves there.
    ///
    /// # Errors
    /// Those of [`Web::bind`], and when there is no thread to be had.
    pub fn start(
        config: WebConfig,
        from: (Arc<dyn SeatDirectory>, Arc<dyn Archive>),
        sources: Sources,
        link: DeskLink,
    ) -> io::Result<Self> {
        let (bound, told) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(bound.send(Err(error))),
            };
            runtime.block_on(async {
                let web = Web::bind(config, from, sources, link).await;
                match web.and_then(|web| Ok((web.address()?, web))) {
                    Ok((address, web)) => {
                        let _ = bound.send(Ok(address));
                        let stop = async {
                            let _ = stopped.await;
                        };
                        web.run(stop).await;
                    }
                    Err(error) => drop(bound.send(Err(error))),
                }
            });
            runtime.shutdown_timeout(GOODBYE);
        };
        let handle = Builder::new().name("web".to_owned()).spawn(serve)?;
        let address = told.recv().map_err(|_| io::Error::other("the web thread died"))??;
        Ok(Self { address, stop, handle })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub fn finish(self) {
        let _ = self.stop.send(());
        if self.handle.join().is_err() {
            tracing::error!("the web thread died");
        }
    }
}
