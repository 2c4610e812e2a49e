//! The real store in a temporary folder, as a channel and its reader see it, with a door that can be shut.

use jiff::Timestamp;
use mayorline::channels::sms::{PartId, Ports, Settled, StorePorts, Unavailable, parsed};
use mayorline::domain::calendar::Calendar;
use mayorline::store::{
    Answer, CaseDetail, Journalled, OutboxFilter, OutboxRow, RawInbound, Reader, SettledInbound,
    Store, StoreConfig, StoreError, Waiting,
};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The account of the modem in the configuration.
pub(super) const ACCOUNT: &str = "modem";
const PATIENCE: Duration = Duration::from_secs(30);

/// What went through the door.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Calls until the store is unavailable.
    pub(super) calls_left: Option<usize>,
    /// What came that was known.
    pub(super) copies: usize,
    pub(super) submitting: Vec<PartId>,
    pub(super) settled: Vec<(PartId, Settled)>,
    pub(super) faults: Vec<Option<&'static str>>,
}

/// The store's own ports, watched.
pub(super) struct Door {
    inner: StorePorts,
    told: Arc<Mutex<Told>>,
}

impl Door {
    fn pass(&self) -> Result<MutexGuard<'_, Told>, Unavailable> {
        let mut told = self.told.lock().unwrap();
        match &mut told.calls_left {
            Some(0) => return Err(Unavailable),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(told)
    }
}

impl Ports for Door {
    fn put(
        &mut self,
        at: Timestamp,
        form: &'static str,
        dedup_key: [u8; 32],
        raw: Vec<u8>,
    ) -> Result<Journalled, Unavailable> {
        drop(self.pass()?);
        let token = self.inner.put(at, form, dedup_key, raw)?;
        self.told.lock().unwrap().copies += usize::from(token.is_copy());
        Ok(token)
    }

    fn lease(&mut self, at: Timestamp) -> Result<Vec<mayorline::channels::sms::Part>, Unavailable> {
        drop(self.pass()?);
        self.inner.lease(at)
    }

    fn submitting(&mut self, at: Timestamp, id: PartId) -> Result<bool, Unavailable> {
        self.pass()?.submitting.push(id);
        self.inner.submitting(at, id)
    }

    fn settle(&mut self, at: Timestamp, id: PartId, settled: Settled) -> Result<(), Unavailable> {
        self.pass()?.settled.push((id, settled));
        self.inner.settle(at, id, settled)
    }

    fn seen(&mut self, at: Timestamp, fault: Option<&'static str>) {
        self.told.lock().unwrap().faults.push(fault);
        self.inner.seen(at, fault);
    }
}

/// The city behind a modem.
pub(super) struct City {
    store: Store,
    reader: Reader,
    told: Arc<Mutex<Told>>,
    folder: tempfile::TempDir,
}

impl City {
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::now());
        let store = Store::open(config, Calendar::built_in(), [7; 32]).unwrap();
        let reader = Reader::open(folder.path()).unwrap();
        Self { store, reader, told: Arc::default(), folder }
    }

    pub(super) fn door(&self) -> Door {
        let inner = StorePorts::new(self.store.handle(), ACCOUNT.to_owned());
        Door { inner, told: Arc::clone(&self.told) }
    }

    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// What became of the attempts of a message, as the channel told it.
    pub(super) fn settled(&self, message: i64) -> Vec<Settled> {
        let told = self.told();
        let of = told.settled.iter().filter(|(id, _)| id.message == message);
        of.map(|(_, settled)| *settled).collect()
    }

    /// What the journal has and nobody has read.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let mut all: Vec<Waiting> = Vec::new();
        loop {
            let after = all.last().map_or(0, |row| row.id);
            let more = self.reader.inbound_waiting(after).unwrap();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// Reads all that has come.
    pub(super) fn read(&self) -> Vec<SettledInbound> {
        let settle = |row: Waiting| {
            let raw = row.raw.as_deref().unwrap();
            let parsed = parsed(&row, raw).expect("a form of ours").unwrap();
            let now = Timestamp::now();
            answered(|answer| self.store.handle().inbound_settle(now, row.id, parsed, answer))
        };
        self.waiting().into_iter().map(|row| settle(row).unwrap()).collect()
    }

    /// A citizen has written: a case, and a receipt that waits to be sent. The row of that receipt.
    pub(super) fn receipt_for(&self, from: &str, text: &str) -> i64 {
        for pdu in crate::support::modem::deliver(from, text, 7) {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&self.outbox().len().to_be_bytes()[4..]);
            hash[4..4 + from.len()].copy_from_slice(from.as_bytes());
            hash[31] = pdu[pdu.len() - 1];
            let raw = RawInbound {
                medium: mayorline::domain::message::Medium::Sms,
                account: ACCOUNT.to_owned(),
                dedup_key: hash,
                form: mayorline::channels::sms::FORM_PDU,
                received_at: Timestamp::now(),
                raw: hex(&pdu).into_bytes(),
            };
            answered(|answer| self.store.handle().inbound_put(vec![raw], answer)).unwrap();
        }
        let read = self.read();
        assert_eq!(read.last(), Some(&SettledInbound::Done));
        self.outbox().iter().map(|row| row.id).max().expect("a receipt waits")
    }

    /// No case that is there can be read back any more.
    pub(super) fn damage(&self) {
        let db = rusqlite::Connection::open(self.folder.path().join("mayorline.db")).unwrap();
        db.execute("UPDATE case_key SET wrapped = x'01'", []).unwrap();
    }

    pub(super) fn outbox(&self) -> Vec<OutboxRow> {
        self.reader.outbox(OutboxFilter::default(), 1_000).unwrap()
    }

    /// Where a message stands.
    pub(super) fn state(&self, message: i64) -> String {
        self.outbox().into_iter().find(|row| row.id == message).expect("the message").state
    }

    /// The words of all cases, the oldest first.
    pub(super) fn cases(&self) -> Vec<CaseDetail> {
        let mut rows = self.reader.cases(1_000).unwrap();
        rows.reverse();
        rows.iter().map(|row| self.case(row.number.as_deref().unwrap())).collect()
    }

    fn case(&self, number: &str) -> CaseDetail {
        let number = mayorline::units::CaseNumber::parse(number).unwrap();
        self.reader.case(number).unwrap()
    }
}

fn answered<T: Send + 'static>(ask: impl FnOnce(Answer<T>) -> bool) -> Result<T, StoreError> {
    let (send, receive) = sync_channel(1);
    assert!(ask(Box::new(move |outcome| send.send(outcome).unwrap())), "not taken");
    receive.recv_timeout(PATIENCE).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
