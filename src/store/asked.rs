//! Asking the store and waiting for its answer, for whoever has nothing else to do meanwhile.

use super::error::StoreError;
use super::handle::StoreHandle;
use super::work::Answer;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use tokio::sync::oneshot;

impl StoreHandle {
    /// Asks and waits on this thread, which must be one that may wait. [`StoreError::Unavailable`]: it was
    /// not taken, or there is no answer in time; it may be done all the same.
    pub fn wait<T: Send + 'static>(
        &self,
        limit: Duration,
        ask: impl FnOnce(&Self, Answer<T>) -> bool,
    ) -> Result<T, StoreError> {
        let (tell, told) = sync_channel(1);
        if !ask(self, Box::new(move |outcome| drop(tell.try_send(outcome)))) {
            return Err(StoreError::Unavailable);
        }
        told.recv_timeout(limit).unwrap_or(Err(StoreError::Unavailable))
    }

    /// The same without holding up a thread; the store answers every job that it takes.
    pub async fn answered<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Self, Answer<T>) -> bool,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        if !ask(self, Box::new(move |outcome| drop(tell.send(outcome)))) {
            return Err(StoreError::Unavailable);
        }
        told.await.unwrap_or(Err(StoreError::Unavailable))
    }
}
