//! How long is waited, everywhere.

use super::MailFault;
use std::future::Future;
use std::time::Duration;

/// The waits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Until a connection stands, its TLS included.
    pub connect: Duration,
    /// Until a server answers.
    pub answer: Duration,
    /// Until a mailbox is looked at again, whatever it says of news by itself.
    pub poll: Duration,
    /// The longest pause after failures; the first is a second.
    pub pause_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            answer: Duration::from_secs(30),
            poll: Duration::from_secs(60),
            pause_max: Duration::from_secs(30),
        }
    }
}

/// The slowest line on which a mail still comes, in bytes a second.
const BYTES_PER_SECOND_MIN: u64 = 20_000;

impl Pace {
    /// What a server does within the time for an answer.
    pub(super) async fn answered<T>(&self, work: impl Future<Output = T>) -> Result<T, MailFault> {
        tokio::time::timeout(self.answer, work).await.map_err(|_| MailFault::Silent)
    }

    /// The time for an answer of so many bytes.
    pub(super) fn for_bytes(&self, bytes: u64) -> Duration {
        self.answer + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN)
    }

    /// The pause after so many failures in a row.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        Duration::from_secs(1_u64 << failures.saturating_sub(1).min(10)).min(self.pause_max)
    }
}
