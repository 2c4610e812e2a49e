//! Texts and mails in and out beside the line: the threads of the channels, and `mayorline message`.

mod mail;
mod verbs;

pub(super) use verbs::{MessageVerb, message, words_of};

use super::clock;
use super::config::{Config, MailKeys};
use super::exit::{Exit, Failure};
use crate::channels::sms::spool::{Spool, SpoolConfig, run};
use crate::channels::sms::{StorePorts, parsed};
use crate::channels::{Normaliser, NormaliserConfig, ReadForm};
use crate::store::{DataFolder, StoreHandle};
use jiff::Timestamp;
use mail::MailChannel;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Until what cannot be used is tried again: folders of smsd that are not there, secrets that cannot be read.
const AGAIN: Duration = Duration::from_secs(5);

/// A running channel.
struct Channel {
    account: String,
    ending: SyncSender<()>,
    handle: JoinHandle<()>,
}

/// Everything that runs for messages.
pub(super) struct Messages {
    normaliser: Normaliser,
    channels: Vec<Channel>,
    mailboxes: Vec<MailChannel>,
}

/// Reads the files that the configuration names for messages.
pub(super) fn check(config: &Config) -> Result<(), Exit> {
    config.messages.mail.iter().try_for_each(mail::check)
}

/// Starts what the configuration names.
pub(super) fn start(
    config: &Config,
    folder: DataFolder,
    store: &StoreHandle,
) -> Result<Messages, Exit> {
    let readers: Vec<ReadForm> = vec![parsed];
    let wall = clock::system().wall;
    let server = |keys: &MailKeys| (keys.account.clone(), keys.verdicts_of.clone());
    let mail_servers = config.messages.mail.iter().map(server);
    let mail_servers = mail_servers.filter(|(_, server)| !server.is_empty()).collect();
    let store_handle = store.clone();
    let normaliser = NormaliserConfig { folder, store: store_handle, readers, mail_servers, wall };
    let normaliser =
        Normaliser::start(normaliser).map_err(|error| unstarted("messages", &error))?;
    let mut messages = Messages { normaliser, channels: vec![], mailboxes: vec![] };
    for keys in &config.messages.smsd {
        let account = keys.account.clone();
        let spool = SpoolConfig { folder: keys.folder.clone(), modem: keys.modem.clone() };
        let ports = StorePorts::new(store.clone(), account.clone());
        let (ending, ended) = sync_channel(1);
        let handle = Builder::new()
            .name(format!("sms-{account}"))
            .spawn(move || run_smsd(&spool, ports, wall, &ended));
        match handle {
            Ok(handle) => messages.channels.push(Channel { account, ending, handle }),
            Err(error) => {
                messages.finish();
                return Err(unstarted(&account, &error));
            }
        }
    }
    for keys in &config.messages.mail {
        match MailChannel::start(keys, store, wall) {
            Ok(mailbox) => messages.mailboxes.push(mailbox),
            Err(error) => {
                messages.finish();
                return Err(unstarted(&keys.account, &error));
            }
        }
    }
    Ok(messages)
}

/// Texts by smsd. A folder that is not there yet keeps no call from being answered, and a fault of ours ends
/// no channel: both are tried again.
fn run_smsd(
    config: &SpoolConfig,
    ports: StorePorts,
    wall: fn() -> Timestamp,
    ended: &Receiver<()>,
) {
    let mut is_told = false;
    loop {
        match Spool::new(config.clone(), ports.clone()) {
            Ok(mut spool) => {
                let modem = config.modem.as_str();
                tracing::info!(modem, "texts come and go by smsd");
                if catch_unwind(AssertUnwindSafe(|| run(&mut spool, wall, ended))).is_ok() {
                    return;
                }
                tracing::error!(modem, "ALARM a fault of ours stopped a channel: it begins again");
            }
            Err(error) if !is_told => {
                is_told = true;
                let modem = config.modem.as_str();
                tracing::error!(modem, %error, "ALARM no texts come or go: it is tried again");
            }
            Err(_) => {}
        }
        if !matches!(ended.recv_timeout(AGAIN), Err(RecvTimeoutError::Timeout)) {
            return;
        }
    }
}

fn unstarted(account: &str, error: &std::io::Error) -> Exit {
    Exit::new(Failure::Unavailable, format!("messages: {account}: {error}"))
}

impl Messages {
    /// Ends the channels, then what takes their messages out of the journal.
    pub(super) fn finish(self) {
        // All at once: each waits for the mail that it is handing over.
        let ending: Vec<_> = self.mailboxes.into_iter().map(MailChannel::end).collect();
        ending.into_iter().for_each(mail::Ending::wait);
        for Channel { account, ending, handle } in self.channels {
            drop(ending);
            if handle.join().is_err() {
                tracing::error!(account, "the thread of a channel died");
            }
        }
        self.normaliser.finish();
    }
}
