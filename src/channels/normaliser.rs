//! Takes messages out of the journal: read apart, settled in one transaction (docs/adr/0027-messages.md).
//!
//! A thread of its own, because reading a mail takes time that the writer does not have. What makes the
//! reader panic is one message that cannot be read, and keeps no other.

use super::mail;
use crate::store::{
    Answer, DataFolder, Parsed, Reader, SettledInbound, StoreError, StoreHandle, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Between two looks at an empty journal.
const LOOK: Duration = Duration::from_millis(200);
/// The same while the store is unavailable.
const LOOK_UNAVAILABLE: Duration = Duration::from_secs(2);
/// How long the store may take over one message.
const ANSWER: Duration = Duration::from_secs(30);
/// Between two looks after what waited too long.
const TIDY: SignedDuration = SignedDuration::from_secs(10);

/// Reads a message whose form it knows; `None`: another one's. The reason for which it cannot be read is
/// a word that is listed.
pub type ReadForm = fn(&Waiting, &[u8]) -> Option<Result<Parsed, &'static str>>;

/// What messages are taken out of the journal with.
#[derive(Clone)]
pub struct NormaliserConfig {
    /// The data folder with its key, for reading.
    pub folder: DataFolder,
    /// The running store, for writing.
    pub store: StoreHandle,
    /// One for each way that messages come by.
    pub readers: Vec<ReadForm>,
    /// What the server of a mailbox calls itself, by its account: whose verdicts are believed.
    pub mail_servers: BTreeMap<String, String>,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
}

/// The running thread.
#[derive(Debug)]
pub struct Normaliser {
    ending: SyncSender<()>,
    handle: JoinHandle<()>,
}

impl Normaliser {
    /// Starts to take messages out of the journal.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(config: NormaliserConfig) -> io::Result<Self> {
        let (ending, ended) = sync_channel(1);
        let work = move || Worker { config, reader: None, tidied: None, begun: false }.run(&ended);
        let handle = Builder::new().name("normaliser".to_owned()).spawn(work)?;
        Ok(Self { ending, handle })
    }

    /// Ends it behind the message that is being settled.
    pub fn finish(self) {
        drop(self.ending);
        if self.handle.join().is_err() {
            tracing::error!("the thread of the normaliser died");
        }
    }
}

/// Nothing can be settled at the moment.
struct Unavailable;

struct Worker {
    config: NormaliserConfig,
    reader: Option<Reader>,
    tidied: Option<Timestamp>,
    /// Leases that a dead process left were ended.
    begun: bool,
}

impl Worker {
    fn run(mut self, ended: &Receiver<()>) {
        let mut pause = Duration::ZERO;
        while matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
            pause = match self.look() {
                Ok(0) => LOOK,
                Ok(_) => Duration::ZERO,
                Err(Unavailable) => LOOK_UNAVAILABLE,
            };
        }
    }

    /// Settles what waits now; gives how many messages that were.
    fn look(&mut self) -> Result<usize, Unavailable> {
        self.tidy()?;
        let waiting = self.reader()?.inbound_waiting(0);
        let waiting = waiting.map_err(|error| {
            tracing::warn!(%error, "the journal of messages cannot be read");
            self.reader = None;
            Unavailable
        })?;
        let mut settled = 0;
        for message in waiting {
            // One that is tried again waits for the next look, so that it cannot be tried in a flash.
            settled += usize::from(self.settle(message)? != SettledInbound::Again);
        }
        Ok(settled)
    }

    fn reader(&mut self) -> Result<&Reader, Unavailable> {
        if self.reader.is_none() {
            let opened = Reader::open(self.config.folder.clone());
            self.reader = opened.map_err(|error| tracing::debug!(%error, "no journal yet")).ok();
        }
        self.reader.as_ref().ok_or(Unavailable)
    }

    fn settle(&self, mut message: Waiting) -> Result<SettledInbound, Unavailable> {
        let (id, now) = (message.id, (self.config.wall)());
        let NormaliserConfig { readers, mail_servers, .. } = &self.config;
        let read = read(readers, mail_servers.get(&message.account), &message);
        // A mail may have 50 MiB, which nobody needs while it is settled.
        message.raw = None;
        let why = match read {
            Ok(parsed) => {
                match self.ask(|store, answer| store.inbound_settle(now, id, parsed, answer))? {
                    Some(settled) => return Ok(settled),
                    None => "settle",
                }
            }
            Err(why) => why,
        };
        let settled = self.ask(|store, answer| store.inbound_unreadable(now, id, why, answer))?;
        settled.ok_or(Unavailable)
    }

    /// What waited too long: leases, texts without their rest, words that nobody needs any more.
    fn tidy(&mut self) -> Result<(), Unavailable> {
        let now = (self.config.wall)();
        // Also where somebody has set the clock back.
        if self.tidied.is_some_and(|at| now.duration_since(at).abs() < TIDY) {
            return Ok(());
        }
        if self.begun {
            self.ask(|store, answer| store.outbox_sweep(now, answer))?;
        } else {
            self.ask(|store, answer| store.outbox_begin(now, answer))?;
            self.begun = true;
        }
        self.ask(|store, answer| store.inbound_tidy(now, answer))?;
        self.tidied = Some(now);
        Ok(())
    }

    /// Asks the store and waits; `None`: it cannot do this one thing, of a damaged case or by a fault of
    /// ours, and goes on with all others.
    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&StoreHandle, Answer<T>) -> bool,
    ) -> Result<Option<T>, Unavailable> {
        match self.config.store.wait(ANSWER, ask) {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Unavailable) => Err(Unavailable),
            Err(error) => {
                tracing::error!(%error, "ALARM something of a message cannot be done");
                Ok(None)
            }
        }
    }
}

/// Reads a message by the first who knows its form.
fn read(
    readers: &[ReadForm],
    mail_server: Option<&String>,
    message: &Waiting,
) -> Result<Parsed, &'static str> {
    let Some(raw) = &message.raw else { return Err("damaged") };
    let read = || {
        let of_others = || readers.iter().find_map(|read| read(message, raw));
        match mail::parsed(message, raw, mail_server.map(String::as_str)) {
            Some(mail) => Some(Ok(mail)),
            None => of_others(),
        }
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => Err("form"),
        Err(_) => {
            tracing::error!(message = message.id, form = message.form, "ALARM a reader panicked");
            Err("panic")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Medium;

    fn message(form: &str, raw: Option<&[u8]>) -> Waiting {
        Waiting {
            id: 1,
            medium: Medium::Sms,
            account: "modem".to_owned(),
            form: form.to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
            attempts: 0,
            raw: raw.map(<[u8]>::to_vec),
        }
    }

    fn ours(message: &Waiting, raw: &[u8]) -> Option<Result<Parsed, &'static str>> {
        (message.form == "ours").then(|| {
            assert!(!raw.is_empty(), "a fault of the reader");
            Ok(Parsed::Nothing("test"))
        })
    }

    #[test]
    fn a_reader_that_panics_costs_one_message() {
        let readers: [ReadForm; 1] = [ours];
        assert_eq!(read(&readers, None, &message("ours", Some(b"x"))), Ok(Parsed::Nothing("test")));
        assert_eq!(read(&readers, None, &message("ours", Some(b""))), Err("panic"));
        assert_eq!(read(&readers, None, &message("theirs", Some(b"x"))), Err("form"));
        assert_eq!(read(&readers, None, &message("ours", None)), Err("damaged"));
    }
}
