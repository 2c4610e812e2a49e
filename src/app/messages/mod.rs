//! Texts in and out beside the line: the threads of the channels, and `mayorline message`.
//!
//! * `plan`: what the configuration names, as something that can be begun; one file for each kind.
//! * `supervisor`: begins a channel again that a fault of ours stopped, and ends it with the service.

mod carrier;
mod modem;
mod plan;
mod provider;
mod smsd;
mod supervisor;
mod verbs;

pub(super) use plan::check;
pub(super) use verbs::{MessageVerb, message};

use super::clock;
use super::config::Config;
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

/// Starts what the configuration names.
pub(super) fn start(
    config: &Config,
    folder: DataFolder,
    store: &StoreHandle,
) -> Result<Messages, Exit> {
    let plans = plans(config)?;
    let readers: Vec<ReadForm> = vec![parsed];
    let wall = clock::system().wall;
    let normaliser = NormaliserConfig { folder, store: store.clone(), readers, wall };
    let normaliser =
        Normaliser::start(normaliser).map_err(|error| unstarted("messages", &error))?;
    let mut messages = Messages { normaliser, channels: vec![] };
    for Plan { account, begin } in plans {
        match Channel::start(account.clone(), begin(store)) {
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
        self.channels.into_iter().for_each(Channel::join);
        self.normaliser.finish();
    }
}
