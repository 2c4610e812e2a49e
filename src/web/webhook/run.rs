//! Which message is next: the outbox is looked at twice a second and after each message; of one
//! subscription one message is on its way at a time, so a dead receiver holds up nobody but itself.

use super::attempt::{self, Road};
use super::{NAME_THREADS_MAX, WebhookConfig};
use crate::domain::webhook::Target;
use crate::store::{
    DueDelivery, LEASE_MS, Lease, Outcome, Parcel, Reader, Settled, SettledState, StoreError,
    StoreHandle, Tidied,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Between two looks at the outbox.
const LOOK: Duration = Duration::from_millis(500);
/// Between two looks at what was kept long enough, or waits where too much does.
const TIDY: Duration = Duration::from_secs(60);
/// Turns of one tidying; the next goes on.
const TIDY_TURNS_MAX: usize = 200;
/// At the end what is on its way has so long to arrive.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The one who sends.
pub(super) struct Postman {
    config: Arc<WebhookConfig>,
    road: Arc<Road>,
    dice: StdRng,
    /// Opened by the start, or as soon as the store can be read.
    reader: Option<Reader>,
    /// Leases of a service that died were taken back.
    begun: bool,
    sending: JoinSet<Turn>,
    /// Whose message is on its way.
    busy: HashMap<Id, i64>,
    /// Whose messages cannot be taken, by a fault that was told.
    told: HashSet<i64>,
}

/// Whether a message was taken to be sent. Where none was, there is nothing new to look for: the store is
/// down, or the message is not to be sent, and the next look is that of the clock.
type Turn = Result<bool, StoreError>;

impl Postman {
    pub(super) fn new(config: WebhookConfig, seed: [u8; 32]) -> Self {
        // What a service holds open is there when it says that it is ready.
        let reader = Reader::open(config.folder.clone()).ok();
        let road = Road {
            reach: config.reach.clone(),
            tls: Arc::clone(&config.tls),
            names: Arc::new(Semaphore::new(NAME_THREADS_MAX)),
        };
        Self {
            config: Arc::new(config),
            road: Arc::new(road),
            dice: StdRng::from_seed(seed),
            reader,
            begun: false,
            sending: JoinSet::new(),
            busy: HashMap::new(),
            told: HashSet::new(),
        }
    }

    /// Sends until `stop` is ready.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) {
        // Whatever is waited for, the end is seen at once.
        tokio::select! {
            () = stop => {}
            () = self.work() => {}
        }
        let rest = async { while self.sending.join_next().await.is_some() {} };
        if timeout(LAST_WAIT, rest).await.is_err() {
            tracing::info!("messages on their way are sent again by the next start");
        }
    }

    /// Looks and sends, without end. It may be dropped wherever it waits.
    async fn work(&mut self) {
        let (mut look, mut tidy) = (interval(LOOK), interval(TIDY));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(done) = self.sending.join_next_with_id() => {
                    if !self.is_free(done) {
                        continue;
                    }
                }
                _ = look.tick() => {}
                _ = tidy.tick() => self.tidy().await,
            }
            self.look().await;
        }
    }

    /// A turn ended; whether it sent something, so that another message may be next.
    fn is_free(&mut self, done: Result<(Id, Turn), JoinError>) -> bool {
        let (id, turn) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a message was not sent by a fault of the program");
                (error.id(), Ok(false))
            }
        };
        let Some(webhook) = self.busy.remove(&id) else { return false };
        match turn {
            Ok(taken) => {
                self.told.remove(&webhook);
                taken
            }
            // The store says itself when it is down.
            Err(error @ StoreError::Unavailable) => {
                tracing::debug!(webhook, %error, "a message waits for the store");
                false
            }
            Err(error) => {
                if self.told.insert(webhook) {
                    tracing::error!(webhook, %error, "ALARM messages cannot be taken to be sent: \
                        `mayorline verify`");
                }
                false
            }
        }
    }

    /// Begins to send whatever may be sent now.
    async fn look(&mut self) {
        match self.due().await {
            Ok(due) => {
                for one in due {
                    if !self.busy.values().any(|busy| *busy == one.webhook) {
                        let (webhook, dice) = (one.webhook, self.dice.random());
                        let task = self.sending.spawn(deliver(
                            self.config.clone(),
                            self.road.clone(),
                            one,
                            dice,
                        ));
                        self.busy.insert(task.id(), webhook);
                    }
                }
            }
            // The store says itself when it is down.
            Err(error) => tracing::debug!(%error, "the outbox cannot be read"),
        }
    }

    async fn due(&mut self) -> Result<Vec<DueDelivery>, StoreError> {
        if !self.begun {
            let left = self.config.store.answered(StoreHandle::webhooks_begin).await?;
            if left > 0 {
                tracing::warn!(left, "messages of a service that died are sent again");
            }
            self.begun = true;
        }
        let (folder, now) = (self.config.folder.clone(), (self.config.wall)());
        let reader = self.reader.take();
        let read = move || {
            let reader = reader.map_or_else(|| Reader::open(folder), Ok)?;
            let due = reader.webhooks_due(now)?;
            Ok::<_, StoreError>((reader, due))
        };
        let found = tokio::task::spawn_blocking(read).await;
        let (reader, due) = found.unwrap_or(Err(StoreError::Unavailable))?;
        self.reader = Some(reader);
        Ok(due)
    }

    async fn tidy(&self) {
        for _ in 0..TIDY_TURNS_MAX {
            let now = (self.config.wall)();
            match self.config.store.answered(|store, answer| store.webhooks_tidy(now, answer)).await
            {
                Ok(done) if done == Tidied::default() => return,
                Ok(Tidied { given_up: 0, removed: 0, .. }) => {}
                Ok(Tidied { given_up: 0, removed, .. }) => {
                    tracing::info!(removed, "messages of a removed subscription have failed");
                }
                Ok(done) => {
                    tracing::error!(?done, "ALARM messages waited too long and have failed")
                }
                Err(error) => return tracing::debug!(%error, "old messages are kept"),
            }
        }
    }
}

/// Takes one message, sends it, stores what came of it. Where that cannot be stored the message is sent
/// again when its lease is over.
async fn deliver(config: Arc<WebhookConfig>, road: Arc<Road>, due: DueDelivery, dice: u64) -> Turn {
    let DueDelivery { id, webhook } = due;
    let (now, asked) = ((config.wall)(), id.clone());
    let leased =
        config.store.answered(|store, answer| store.webhook_lease(now, asked, answer)).await?;
    let parcel = match leased {
        Lease::Taken(parcel) => parcel,
        Lease::Refused => return Ok(false),
        Lease::Killed => {
            tracing::error!(
                webhook,
                id,
                "ALARM a message has failed, no attempt came to an end: `mayorline webhook resend`"
            );
            return Ok(true);
        }
    };
    let asked = id.clone();
    let stands = async {
        let stands =
            config.store.answered(|store, answer| store.webhook_stands(asked, answer)).await;
        stands.unwrap_or(false)
    };
    let Some(outcome) = attempt::send(&road, &parcel, now.as_second(), stands).await else {
        tracing::debug!(webhook, "a message was withdrawn, or waits for its lease to end");
        return Ok(true);
    };
    let (now, asked) = ((config.wall)(), id);
    let settled = config
        .store
        .answered(|store, answer| store.webhook_settle(now, asked, outcome, dice, answer));
    match settled.await {
        Ok(settled) => tell(&parcel, &outcome, settled),
        Err(error) => tracing::warn!(webhook, %error, "a message will be sent once more"),
    }
    Ok(true)
}

/// The log has the machine of a receiver, never what its URL carries besides.
fn tell(parcel: &Parcel, outcome: &Outcome, settled: Settled) {
    let Parcel { webhook, id, attempt, url, .. } = parcel;
    let receiver = Target::parse(url).map_or_else(|_| String::new(), |target| target.origin());
    match settled.state {
        SettledState::Delivered => tracing::debug!(webhook, id, attempt, receiver, "delivered"),
        SettledState::Withdrawn => tracing::debug!(webhook, "a message was withdrawn"),
        SettledState::Waiting => {
            tracing::warn!(webhook, id, attempt, receiver, ?outcome, "a message is tried again");
        }
        SettledState::Failed => {
            tracing::error!(
                webhook,
                id,
                attempt,
                receiver,
                ?outcome,
                "ALARM a message has failed: \
                `mayorline webhook resend`"
            );
        }
    }
    if let Some(why) = settled.paused {
        tracing::error!(
            webhook,
            receiver,
            why,
            "ALARM a subscription is paused: \
            `mayorline webhook resume`"
        );
    }
}

// A message is not sent by two at once.
const _: () = assert!(attempt::ATTEMPT_WAIT.as_millis() + LAST_WAIT.as_millis() < LEASE_MS as u128);
