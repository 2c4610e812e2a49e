//! A provider's account: what it brings is taken by the listener, what is to leave
//! is asked of it.

use super::client::{Unanswered, ask};
use super::request::{Provider, Text, Told, outcome, request};
use super::server::{Door, serve};
use super::signature::Secret;
use crate::domain::message::SendState;
use crate::store::{LeasedMessage, PartOutcome, StoreError, StoreHandle};
use jiff::{SignedDuration, Timestamp};
use rustls::ClientConfig;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Requests of one account at once.
pub const REQUESTS_MAX: usize = 4;

/// Between two looks at the outbox.
const LOOK: Duration = Duration::from_millis(500);
/// Between two tries to tell the store what came of a request, and how many of them.
const TELL_AGAIN: Duration = Duration::from_secs(2);
const TELLINGS: u32 = 30;
/// What is under way at the end has so long to be answered.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// One account with a provider.
#[derive(Clone)]
pub struct HttpConfig {
    /// Its name in the configuration.
    pub account: String,
    /// Who sends; `None`: it only brings.
    pub provider: Option<Provider>,
    /// Where it brings to; `None`: nothing.
    pub listen: Option<SocketAddr>,
    /// What stands first in the paths that it brings to.
    pub secret: Secret,
    /// The running store.
    pub store: StoreHandle,
    /// Whose certificates are believed; without them only plain HTTP is spoken.
    pub tls: Option<Arc<ClientConfig>>,
    /// The wall clock.
    pub wall: fn() -> Timestamp,
    /// Fresh random bytes of the operating system; `None` when it has none.
    pub random: fn() -> Option<[u8; 32]>,
}

/// An account whose address is taken.
pub struct HttpAccount {
    config: HttpConfig,
    runtime: Runtime,
    listener: Option<TcpListener>,
    address: Option<SocketAddr>,
}

/// Which it is, not what it knows.
impl fmt::Debug for HttpAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAccount")
            .field("account", &self.config.account)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl HttpAccount {
    /// Takes the address.
    ///
    /// # Errors
    /// When it cannot be had, or the system gives no timer.
    pub fn bind(config: HttpConfig) -> io::Result<Self> {
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().max_blocking_threads(2).build()?;
        let listener = match config.listen {
            Some(address) => Some(runtime.block_on(TcpListener::bind(address))?),
            None => None,
        };
        let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        Ok(Self { config, runtime, listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Listens and sends in this thread until `stop` is ready; what is under way then has a moment to be
    /// answered.
    ///
    /// # Errors
    /// The listener broke down.
    pub fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let Self { config, runtime, listener, .. } = self;
        let ran = runtime.block_on(run(config, listener, stop));
        runtime.shutdown_timeout(Duration::from_millis(200));
        ran
    }
}

async fn run(
    config: HttpConfig,
    listener: Option<TcpListener>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut door = JoinSet::new();
    if let Some(listener) = listener {
        let shared = Door {
            store: config.store.clone(),
            account: config.account.clone(),
            secret: config.secret.clone(),
            wall: config.wall,
        };
        door.spawn(serve(listener, Arc::new(shared)));
    }
    let mut sending = JoinSet::new();
    let config = Arc::new(config);
    let ran = tokio::select! {
        () = stop => Ok(()),
        () = send(&config, &mut sending) => Ok(()),
        Some(_) = door.join_next() => Err(io::Error::other("the listener broke down")),
    };
    let rest = async { while sending.join_next().await.is_some() {} };
    if timeout(LAST_WAIT, rest).await.is_err() {
        tracing::warn!("a text is under way at the end: what became of it is not known");
    }
    ran
}

/// Sends what may leave, without end.
async fn send(config: &Arc<HttpConfig>, sending: &mut JoinSet<()>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            Some(sent) = sending.join_next() => {
                if sent.is_err() {
                    tracing::error!("ALARM a fault of ours: what became of a text is not known");
                }
            }
        }
        let Some(provider) = config.provider.clone() else { continue };
        let room = REQUESTS_MAX.saturating_sub(sending.len());
        if room == 0 {
            continue;
        }
        let (now, account) = ((config.wall)(), config.account.clone());
        let leased =
            config.store.answered(|store, answer| store.outbox_lease(now, account, room, answer));
        for message in leased.await.unwrap_or_default() {
            sending.spawn(one(Arc::clone(config), provider.clone(), message));
        }
    }
}

/// One message: a provider cuts it into parts itself.
async fn one(config: Arc<HttpConfig>, provider: Provider, message: LeasedMessage) {
    if message.parts.iter().any(|part| part.state != SendState::Queued) {
        return;
    }
    let (now, id) = ((config.wall)(), message.id);
    let marked =
        config.store.answered(|store, answer| store.outbox_submitting(now, id, (1, 1), answer));
    if !matches!(marked.await, Ok(true)) {
        return;
    }
    let told_by = attempt(&config, &provider, &message).await;
    let fault = match &told_by {
        Told::Taken(_) | Told::Never(_) => None,
        Told::Throttled(_) => Some("throttled"),
        Told::Later(fault) | Told::Uncertain(fault) => Some(*fault),
    };
    let account = config.account.clone();
    let _ = config.store.account_seen((config.wall)(), account, fault, Box::new(|_| ()));
    settle(&config, id, of(told_by, (config.wall)())).await;
}

async fn attempt(config: &HttpConfig, provider: &Provider, message: &LeasedMessage) -> Told {
    let name = format!("m{}-{}", message.id, message.attempt);
    let Some(random) = (config.random)() else { return Told::Later("random") };
    let mut nonce = [0; 16];
    nonce.copy_from_slice(random.first_chunk::<16>().unwrap_or(&[0; 16]));
    let text = Text {
        id: &name,
        template: &message.template,
        to: &message.to,
        params: &message.parameters,
        text: &message.text,
        at: (config.wall)(),
        nonce,
    };
    let asked = match request(provider, &text) {
        Ok(asked) => asked,
        Err(never) => return Told::Never(never.to_owned()),
    };
    match ask(config.tls.as_ref(), &asked).await {
        Ok((status, body)) => outcome(provider, &text, status, &body),
        Err(Unanswered::NotSent(fault)) => Told::Later(fault),
        Err(Unanswered::Sent(fault)) => Told::Uncertain(fault),
    }
}

fn of(told: Told, now: Timestamp) -> PartOutcome {
    match told {
        Told::Taken(reference) => PartOutcome::Submitted(reference),
        Told::Throttled(seconds) => {
            let rest = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            PartOutcome::Throttled(now.saturating_add(rest).unwrap_or(Timestamp::MAX))
        }
        Told::Later(fault) => PartOutcome::Retry(fault, None),
        Told::Never(code) => PartOutcome::Rejected(code),
        Told::Uncertain(fault) => PartOutcome::Uncertain(fault),
    }
}

/// Tells the store until it has it. When it never has, the end of the lease makes the message uncertain.
async fn settle(config: &HttpConfig, id: i64, outcome: PartOutcome) {
    for _ in 0..TELLINGS {
        let (now, outcome) = ((config.wall)(), outcome.clone());
        let settled =
            config.store.answered(|store, answer| store.outbox_settle(now, id, 1, outcome, answer));
        match settled.await {
            Ok(_) => return,
            Err(error @ StoreError::Unavailable) => {
                tracing::warn!(message = id, %error, "what became of a text is told again")
            }
            Err(error) => {
                tracing::error!(message = id, %error, "ALARM what became of a text cannot be kept");
                return;
            }
        }
        tokio::time::sleep(TELL_AGAIN).await;
    }
}
