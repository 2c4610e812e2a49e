//! The real store in a temporary folder, with the reader of what carriers brought.

use jiff::Timestamp;
use mayorline::channels::sms::carrier::{self, CarrierConfig, Protocol};
use mayorline::channels::sms::http::{HttpAccount, HttpConfig, Provider, Secret};
use mayorline::channels::sms::parsed;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::message::MessageRules;
use mayorline::store::{
    AccountRow, Answer, OutboxFilter, OutboxRow, Reader, SettledInbound, Store, StoreConfig,
    StoreError, StoreHandle, Waiting,
};
use mayorline::units::CaseNumber;
use std::net::SocketAddr;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The account of the carrier in the configuration.
pub(crate) const ACCOUNT: &str = "carrier";
/// For anything that is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The thread of an account; ends when it is told.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    handle: JoinHandle<()>,
    address: Option<SocketAddr>,
}

impl Running {
    fn start(
        address: Option<SocketAddr>,
        work: impl FnOnce(oneshot::Receiver<()>) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let handle = std::thread::spawn(move || work(stopped).unwrap());
        Self { stop, handle, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    pub(crate) fn finish(self) {
        drop(self.stop);
        self.handle.join().expect("the account broke down");
    }
}

async fn until(stopped: oneshot::Receiver<()>) {
    let _ = stopped.await;
}

/// A city that is reached by a carrier.
pub(crate) struct City {
    /// `None`: closed.
    store: Option<Store>,
    reader: Reader,
    folder: tempfile::TempDir,
}

impl City {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules =
            MessageRules { sms_account: Some(ACCOUNT.to_owned()), ..MessageRules::default() };
        let config =
            StoreConfig { messages: rules, ..StoreConfig::new(folder.path(), Timestamp::now()) };
        let store = Store::open(config, Calendar::built_in(), [7; 32]).unwrap();
        let reader = Reader::open(folder.path()).unwrap();
        Self { store: Some(store), reader, folder }
    }

    fn handle(&self) -> StoreHandle {
        self.store.as_ref().expect("an open store").handle()
    }

    /// Nothing is kept any more.
    pub(crate) fn close(&mut self) {
        self.store = None;
    }

    /// An account with a provider that brings to any port.
    pub(crate) fn provider(&self, provider: Option<Provider>, secret: &str) -> Running {
        self.provider_at(provider, secret, ([127, 0, 0, 1], 0).into())
    }

    /// The same at this address.
    pub(crate) fn provider_at(
        &self,
        provider: Option<Provider>,
        secret: &str,
        listen: SocketAddr,
    ) -> Running {
        let config = HttpConfig {
            account: ACCOUNT.to_owned(),
            provider,
            listen: Some(listen),
            secret: Secret(secret.to_owned()),
            store: self.handle(),
            tls: None,
            wall: Timestamp::now,
            random: || Some([7; 32]),
        };
        let account = HttpAccount::bind(config).unwrap();
        Running::start(account.address(), |stopped| account.run(until(stopped)))
    }

    /// A line to a gateway on this machine.
    #[allow(clippy::disallowed_methods)] // It waits on the real clock.
    pub(crate) fn line(&self, port: u16, protocol: Protocol) -> Running {
        let config = CarrierConfig {
            account: ACCOUNT.to_owned(),
            host: "127.0.0.1".to_owned(),
            port,
            protocol,
            tls: None,
            store: self.handle(),
            clock: Instant::now,
            wall: Timestamp::now,
            seed: 7,
        };
        Running::start(None, |stopped| carrier::run(config, until(stopped)))
    }

    /// What the journal has and nobody has read.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        self.reader.inbound_waiting(0).unwrap()
    }

    /// Reads all that has come.
    pub(crate) fn read(&self) -> Vec<SettledInbound> {
        let settle = |row: Waiting| {
            let parsed = parsed(&row, row.raw.as_deref().unwrap());
            let parsed = parsed.expect("a form of carriers or providers").unwrap();
            let now = Timestamp::now();
            answered(|answer| self.handle().inbound_settle(now, row.id, parsed, answer))
        };
        self.waiting().into_iter().map(|row| settle(row).unwrap()).collect()
    }

    /// No case that is there can be read back any more.
    pub(crate) fn damage(&self) {
        let db = rusqlite::Connection::open(self.folder.path().join("mayorline.db")).unwrap();
        db.execute("UPDATE case_key SET wrapped = x'01'", []).unwrap();
    }

    pub(crate) fn outbox(&self) -> Vec<OutboxRow> {
        self.reader.outbox(OutboxFilter::default(), 1_000).unwrap()
    }

    /// Where all messages stand, the oldest first.
    pub(crate) fn states(&self) -> Vec<String> {
        let mut rows = self.outbox();
        rows.sort_by_key(|row| row.id);
        rows.into_iter().map(|row| row.state).collect()
    }

    /// How the accounts fare.
    pub(crate) fn accounts(&self) -> Vec<AccountRow> {
        self.reader.message_accounts(Timestamp::now()).unwrap()
    }

    /// How all cases show themselves, the oldest first.
    pub(crate) fn cases(&self) -> Vec<String> {
        let mut rows = self.reader.cases(1_000).unwrap();
        rows.reverse();
        let detail = |number: &str| self.reader.case(CaseNumber::parse(number).unwrap()).unwrap();
        let shown = |number: &str| format!("{:?}", serde_json::to_string(&detail(number)).unwrap());
        rows.iter().map(|row| shown(row.number.as_deref().unwrap())).collect()
    }
}

pub(crate) fn answered<T: Send + 'static>(
    ask: impl FnOnce(Answer<T>) -> bool,
) -> Result<T, StoreError> {
    let (send, receive) = sync_channel(1);
    assert!(ask(Box::new(move |outcome| send.send(outcome).unwrap())), "not taken");
    receive.recv_timeout(LIMIT).unwrap()
}
