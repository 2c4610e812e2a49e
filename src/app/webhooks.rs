//! `mayorline webhook`: who is told what happens to cases (docs/api.md). Beside a running service, which
//! sends, or on a stopped one, whose messages wait for its start.

use super::clock;
use super::common::{Common, say};
use super::config::Config;
use super::exit::{Exit, Failure};
use super::output::{ListArguments, Output, refused, unwritten};
use crate::domain::webhook::{HookKind, Target};
use crate::store::{
    Administration, DataFolder, DeliveryFilter, NewWebhook, StoreError, StoreHandle, WebhookDone,
    WebhookOrder,
};
use crate::web::{WebhookConfig, WebhookThread, trust};
use clap::{Args, Subcommand, ValueEnum};
use std::path::Path;
use std::sync::Arc;

/// Who acts.
#[derive(Debug, Args)]
pub(super) struct Acting {
    /// The system administrator who acts; a confirmation is also a security administrator's.
    #[arg(long = "as", value_name = "PERSON")]
    by: String,
    #[command(flatten)]
    common: Common,
}

/// Who acts on which subscription.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The subscription, by its number.
    #[arg(value_name = "ID")]
    webhook: i64,
    #[command(flatten)]
    acting: Acting,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DeliveryState {
    /// It is still to arrive.
    Waiting,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

/// `mayorline webhook …`
#[derive(Debug, Subcommand)]
pub(super) enum WebhookVerb {
    /// Subscribe to what happens to cases. Prints the number and the secret that messages are signed
    /// with: it is shown once. Nothing is told until another administrator has confirmed it.
    Add {
        /// Where messages go: https://…, or http:// on this machine.
        url: String,
        /// Only of this kind, such as case.assigned; may be repeated. Without it: everything.
        #[arg(long = "event", value_name = "KIND", value_parser = kind)]
        events: Vec<HookKind>,
        #[command(flatten)]
        acting: Acting,
    },
    /// The subscriptions, how they fare and how many messages wait for each.
    List(Output),
    /// Confirm a subscription, as another administrator than the one who made it: it is told what happens
    /// from now on.
    Confirm(Which),
    /// Send no more; what waits fails.
    Remove(Which),
    /// Make a new secret and print it; the old one signs beside it for 24 hours.
    Rotate(Which),
    /// Let a paused subscription go on, with what waits for it.
    Resume(Which),
    /// Send a message that says nothing (webhook.ping), by the way of all others.
    Test(Which),
    /// The messages, the newest first: which, of what kind, how often tried, with what answer.
    Deliveries {
        /// Only those in this state.
        #[arg(long, value_enum)]
        state: Option<DeliveryState>,
        /// Only those of this subscription.
        #[arg(long, value_name = "ID")]
        webhook: Option<i64>,
        #[command(flatten)]
        list: ListArguments,
    },
    /// Send a message that arrived or failed once more, under its id.
    Resend {
        /// The message, by its id: msg_…
        delivery: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// A kind as it is typed.
fn kind(name: &str) -> Result<HookKind, String> {
    let known = HookKind::parse(name).filter(|kind| kind.is_subscribed());
    known.ok_or_else(|| {
        let all = HookKind::NAMES.iter().filter(|(kind, _)| kind.is_subscribed());
        let names: Vec<_> = all.map(|(_, name)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// Carries the verb out.
pub(super) fn webhook(verb: WebhookVerb) -> Result<(), Exit> {
    match verb {
        WebhookVerb::Add { url, events, acting } => add(url, events, &acting),
        WebhookVerb::List(output) => {
            let now = (clock::system().wall)();
            let rows = output.reader()?.webhooks(now).map_err(|error| refused(&error))?;
            output.print(&rows)
        }
        WebhookVerb::Confirm(which) => {
            let done = which.carry_out(WebhookOrder::Confirm)?;
            say(&format!("webhook {} confirmed\n", done.webhook))
        }
        WebhookVerb::Remove(which) => {
            let done = which.carry_out(WebhookOrder::Remove)?;
            say(&format!("webhook {} removed\n", done.webhook))
        }
        WebhookVerb::Rotate(which) => shown(&which.carry_out(WebhookOrder::Rotate)?),
        WebhookVerb::Resume(which) => {
            let done = which.carry_out(WebhookOrder::Resume)?;
            say(&format!("webhook {} resumed\n", done.webhook))
        }
        WebhookVerb::Test(which) => queued(&which.carry_out(WebhookOrder::Ping)?),
        WebhookVerb::Deliveries { state, webhook, list } => {
            let state = state.and_then(|state| state.to_possible_value());
            let state = state.map(|value| value.get_name().to_owned());
            let filter = DeliveryFilter { state, webhook };
            let rows = list.output.reader()?.webhook_deliveries(&filter, list.limit);
            list.output.print(&rows.map_err(|error| refused(&error))?)
        }
        WebhookVerb::Resend { delivery, acting } => {
            let config = acting.common.load()?;
            queued(&acting.carry_out(&config, &WebhookOrder::Resend(delivery))?)
        }
    }
}

fn add(url: String, kinds: Vec<HookKind>, acting: &Acting) -> Result<(), Exit> {
    let config = acting.common.load()?;
    let target = Target::parse(&url).map_err(|fault| Exit::new(Failure::Usage, fault))?;
    let reach = config.webhook.reach().map_err(|why| Exit::new(Failure::Config, why))?;
    // The service looks again before it sends; this is said while somebody is there to hear it.
    let allowed = reach.allows_target(&target);
    allowed.map_err(|fault| Exit::new(Failure::Data, format!("{}: {fault}", target.origin())))?;
    shown(&acting.carry_out(&config, &WebhookOrder::Add(NewWebhook { url, kinds }))?)
}

/// The secret, this once.
fn shown(done: &WebhookDone) -> Result<(), Exit> {
    let secret = done.secret.as_ref().map(|secret| secret.reveal()).unwrap_or_default();
    say(&format!("webhook {} {secret}\n", done.webhook))
}

fn queued(done: &WebhookDone) -> Result<(), Exit> {
    let delivery = done.delivery.as_deref().unwrap_or_default();
    say(&format!("webhook {} {delivery} waits to be sent\n", done.webhook))
}

impl Which {
    fn carry_out(&self, order: fn(i64) -> WebhookOrder) -> Result<WebhookDone, Exit> {
        let config = self.acting.common.load()?;
        self.acting.carry_out(&config, &order(self.webhook))
    }
}

impl Acting {
    fn carry_out(&self, config: &Config, order: &WebhookOrder) -> Result<WebhookDone, Exit> {
        let now = (clock::system().wall)();
        let store = Administration::open(self.common.folder(config), now);
        let done = store.and_then(|mut store| store.webhook(now, &self.by, order));
        done.map_err(|error| match error {
            StoreError::Taken(_) | StoreError::Malformed(_) | StoreError::NotAllowed(_) => {
                Exit::new(Failure::Data, error)
            }
            StoreError::Refused(refusal) => {
                let (sentence, rule) = (refusal.sentence(), refusal.rule());
                Exit::new(Failure::Data, format!("{sentence}（规则 {rule}）"))
            }
            other => unwritten(&other),
        })
    }
}

/// What the sender of the running service is given; reads the file of authorities.
pub(super) fn tls(config: &Config) -> Result<Arc<rustls::ClientConfig>, Exit> {
    let file = config.webhook.ca_file.as_path();
    let file = Some(file).filter(|file: &&Path| !file.as_os_str().is_empty());
    trust(file).map_err(|error| Exit::new(Failure::Config, format!("webhook.ca_file: {error}")))
}

/// Starts the sender.
pub(super) fn start(
    config: &Config,
    folder: DataFolder,
    store: StoreHandle,
) -> Result<WebhookThread, Exit> {
    let reach = config.webhook.reach().map_err(|why| Exit::new(Failure::Config, why))?;
    let (tls, wall) = (tls(config)?, clock::system().wall);
    let random = || clock::seed().ok();
    WebhookThread::start(WebhookConfig { folder, store, reach, tls, wall, random })
        .map_err(|error| Exit::new(Failure::Unavailable, format!("webhooks: {error}")))
}
