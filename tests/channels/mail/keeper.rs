//! What the store does, in memory: keeps a mail once, and refuses when it is told to.

use mayorline::channels::mail::{Inbox, Mailbox, NotKept, RawMail, receive};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
pub(super) struct Books {
    /// By key: the mail and how often it came.
    pub(super) kept: BTreeMap<[u8; 32], (Vec<u8>, u32)>,
    /// Faults and successes in their order.
    pub(super) seen: Vec<Option<&'static str>>,
    /// Mails that the store will not take.
    pub(super) refusals: u32,
    /// What happens beside it while it keeps the first mail.
    pub(super) beside: Option<Box<dyn FnOnce() + Send>>,
    /// Stops for good before it answers this one, as a process that is killed after its commit.
    pub(super) dies_at: Option<usize>,
}

#[derive(Clone, Default)]
pub(super) struct Keeper(pub(super) Arc<Mutex<Books>>);

impl Inbox for Keeper {
    type Kept = ();

    async fn keep(&mut self, mail: RawMail) -> Result<(), NotKept> {
        let dies = {
            let mut books = self.0.lock().unwrap();
            if books.refusals > 0 {
                books.refusals -= 1;
                return Err(NotKept);
            }
            if let Some(happens) = books.beside.take() {
                happens();
            }
            books.kept.entry(mail.key).or_insert((mail.bytes, 0)).1 += 1;
            books.dies_at == Some(books.kept.len())
        };
        if dies {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn seen(&mut self, fault: Option<&'static str>) {
        self.0.lock().unwrap().seen.push(fault);
    }
}

impl Keeper {
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().kept.len()
    }

    /// How often mails came in all.
    pub(super) fn times(&self) -> u32 {
        self.0.lock().unwrap().kept.values().map(|(_, times)| times).sum()
    }

    pub(super) fn faults(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().seen.iter().flatten().copied().collect()
    }

    /// Rounds that went well.
    pub(super) fn rounds(&self) -> usize {
        self.0.lock().unwrap().seen.iter().filter(|fault| fault.is_none()).count()
    }

    pub(super) fn mails(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().kept.values().map(|(mail, _)| mail.clone()).collect()
    }
}

/// A mailbox that is read until this is dropped.
pub(super) struct Reading(tokio::task::JoinHandle<()>);

impl Reading {
    pub(super) fn start(mailbox: Mailbox, keeper: &Keeper) -> Self {
        let mut keeper = keeper.clone();
        Self(tokio::spawn(async move { Box::pin(receive(&mailbox, &mut keeper)).await }))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for something that another task or program does.
pub(super) async fn until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !is_so() {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) const SOON: Duration = Duration::from_secs(20);

/// A mail like no other.
pub(super) fn mail(number: usize) -> Vec<u8> {
    let at = number;
    format!(
        "From: a@example.com\r\nSubject: mail {at}\r\nMessage-ID: <{at}@example.com>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n路灯 {at} 不亮\r\n.a line that begins with a dot"
    )
    .into_bytes()
}
