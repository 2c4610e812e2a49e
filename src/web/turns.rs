//! Reading the database for those who need not sign in: few at once, so that what they ask holds up no seat.

use crate::store::{DataFolder, Reader, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The turns of one kind of question.
pub(super) struct Turns {
    folder: DataFolder,
    at_once: Arc<Semaphore>,
    wait: Duration,
}

/// Why nothing was read.
pub(super) enum Unread {
    /// Its turn did not come in time.
    Busy,
    /// The store failed.
    Failed(StoreError),
}

impl Turns {
    /// So many at once; further ones wait, but no longer than `wait`.
    pub(super) fn new(folder: DataFolder, at_once: usize, wait: Duration) -> Self {
        Self { folder, at_once: Arc::new(Semaphore::new(at_once)), wait }
    }

    /// Reads on a thread that may wait, in its turn.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Unread> {
        let turn = timeout(self.wait, Arc::clone(&self.at_once).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Unread::Busy) };
        let folder = self.folder.clone();
        let reading = move || {
            // Given back when the reading is over, also where nobody waits for it any more.
            let _turn = turn;
            Reader::open(folder).and_then(|reader| read(&reader))
        };
        let read = tokio::task::spawn_blocking(reading).await;
        read.unwrap_or(Err(StoreError::Unavailable)).map_err(Unread::Failed)
    }
}
