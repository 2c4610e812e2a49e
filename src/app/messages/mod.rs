//! Texts and mails in and out beside the line: the threads of the channels, and `mayorline message`.
//!
//! * `plan`: the accounts of texts that the configuration names, as something that can be begun; one file for
//!   each kind.
//! * `supervisor`: begins a channel again that a fault of ours stopped, and ends it with the service.
//! * `mail`: mailboxes.

mod carrier;
mod mail;
mod modem;
mod plan;
mod provider;
mod smsd;
mod supervisor;
mod verbs;

pub(super) use verbs::{MessageVerb, message, words_of};

use super::clock;
use super::config::{Config, MailKeys};
use super::exit::{Exit, Failure};
use crate::channels::sms::parsed;
use crate::channels::{Normaliser, NormaliserConfig, ReadForm};
use crate::store::{DataFolder, StoreHandle};
use plan::{Plan, plans};
use supervisor::Channel;

/// Everything that runs for messages.
pub(super) struct Messages {
    normaliser: Normaliser,
    channels: Vec<Channel>,
}

/// Reads the files that the configuration names for messages.
pub(super) fn check(config: &Config) -> Result<(), Exit> {
    plan::check(config)?;
    config.messages.mail.iter().try_for_each(mail::check)
}

/// Starts what the configuration names.
pub(super) fn start(
    config: &Config,
    folder: DataFolder,
    store: &StoreHandle,
) -> Result<Messages, Exit> {
    let plans = plans(config)?;
    let readers: Vec<ReadForm> = vec![parsed];
    let wall = clock::system().wall;
    let server = |keys: &MailKeys| (keys.account.clone(), keys.verdicts_of.clone());
    let mail_servers = config.messages.mail.iter().map(server);
    let mail_servers = mail_servers.filter(|(_, server)| !server.is_empty()).collect();
    let store_handle = store.clone();
    let normaliser = NormaliserConfig { folder, store: store_handle, readers, mail_servers, wall };
    let normaliser =
        Normaliser::start(normaliser).map_err(|error| unstarted("messages", &error))?;
    let mut messages = Messages { normaliser, channels: vec![] };
    let texts = plans.into_iter().map(|Plan { account, begin }| ("sms", account, begin(store)));
    let mailboxes = config.messages.mail.iter();
    let mails = mailboxes.map(|keys| ("mail", keys.account.clone(), mail::work(keys, store, wall)));
    for (medium, account, work) in texts.chain(mails) {
        match Channel::start(medium, account.clone(), work) {
            Ok(channel) => messages.channels.push(channel),
            Err(error) => {
                messages.finish();
                return Err(unstarted(&account, &error));
            }
        }
    }
    Ok(messages)
}

fn unstarted(account: &str, error: &std::io::Error) -> Exit {
    Exit::new(Failure::Unavailable, format!("messages: {account}: {error}"))
}

impl Messages {
    /// Ends the channels, all at once, then what takes their messages out of the journal.
    pub(super) fn finish(mut self) {
        self.channels.iter_mut().for_each(Channel::end);
        // A mailbox waits for the mail that it is handing over.
        self.channels.into_iter().for_each(Channel::join);
        self.normaliser.finish();
    }
}
