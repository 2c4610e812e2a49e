//! Texts that come in and messages that go out, as the store keeps them: once, in order, and of a case under
//! seal nothing. Time is handed in; what carriers and people do is done by hand.

mod asked;
mod citizens;
mod examples;
mod journal;
mod leaders;
mod mails;
mod numbers;
mod outbox;
mod parts;
mod personal;
mod texts;
mod units;
mod voices;

use crate::desk::*;
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::directory::Kind;
use mayorline::domain::message::{Medium, MessageRules, SendState};
use mayorline::store::{
    Administration, CaseDetail, ImportFile, InboundText, Journalled, LeasedMessage, OutboxFilter,
    OutboxRow, Parsed, PartOutcome, RawInbound, Reader, SendDecision, SettledInbound, Store,
    StoreConfig, StoreError, StoreHandle, SweptOutbox, Words, verify,
};
use mayorline::units::CaseNumber;
use mayorline::wire::sms::{UserData, split};
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

const MODEM: &str = "modem";
/// By which units and leaders are told.
const UNITS: &str = "units";
const MAIL: &str = "office";
const CITIZEN: &str = "+8619900000017";

/// A store whose texts go by one account.
struct House {
    folder: TempDir,
    store: Store,
}

fn rules() -> MessageRules {
    MessageRules {
        sms_account: Some(MODEM.to_owned()),
        units_sms_account: Some(UNITS.to_owned()),
        units_mail_account: Some(MAIL.to_owned()),
        leaders: [("leader-phone".to_owned(), "市长".to_owned())].into(),
        leader_accounts: [("市长".to_owned(), "wangyi".to_owned())].into(),
        mail: [(mails::BOX.to_owned(), mails::site())].into(),
        mail_account: Some(mails::BOX.to_owned()),
        ..MessageRules::default()
    }
}

fn opened(folder: &Path) -> Store {
    let config = StoreConfig { messages: rules(), ..StoreConfig::new(folder, noonish()) };
    Store::open(config, Calendar::built_in(), [7; 32]).unwrap()
}

impl House {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        Self { folder, store }
    }

    /// As after a crash: everything that was committed is there, and nothing else.
    fn reopened(self) -> Self {
        let Self { folder, store } = self;
        store.close();
        let store = opened(folder.path());
        Self { folder, store }
    }

    fn handle(&self) -> StoreHandle {
        self.store.handle()
    }

    fn reader(&self) -> Reader {
        Reader::open(self.folder.path()).unwrap()
    }

    fn db(&self) -> Connection {
        Connection::open(self.folder.path().join("mayorline.db")).unwrap()
    }

    fn count(&self, sql: &str) -> i64 {
        self.db().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn put(&self, account: &str, key: u8, at: Timestamp) -> Journalled {
        let raw = raw(account, key, at);
        answered(|answer| self.handle().inbound_put(vec![raw], answer)).unwrap().remove(0)
    }

    fn settle(&self, id: i64, at: Timestamp, parsed: Parsed) -> SettledInbound {
        answered(|answer| self.handle().inbound_settle(at, id, parsed, answer)).unwrap()
    }

    /// A text that comes by the modem and is settled at once.
    fn text_at(&self, key: u8, at: Timestamp, from: &str, words: &str) -> SettledInbound {
        self.text_by(MODEM, key, at, (from, words))
    }

    fn text_by(
        &self,
        account: &str,
        key: u8,
        at: Timestamp,
        (from, words): (&str, &str),
    ) -> SettledInbound {
        let id = self.put(account, key, at).id();
        self.settle(id, at, whole(from, words))
    }

    fn text(&self, key: u8, words: &str) -> SettledInbound {
        self.text_at(key, minutes(i64::from(key)), CITIZEN, words)
    }

    /// Everything that waits to be sent, leased at this time.
    fn lease(&self, at: Timestamp) -> Vec<LeasedMessage> {
        self.lease_by(MODEM, at)
    }

    fn lease_by(&self, account: &str, at: Timestamp) -> Vec<LeasedMessage> {
        let account = account.to_owned();
        answered(|answer| self.handle().outbox_lease(at, account, 100, answer)).unwrap()
    }

    fn submitting(&self, at: Timestamp, id: i64, part: (u8, u8)) -> bool {
        answered(|answer| self.handle().outbox_submitting(at, id, part, answer)).unwrap()
    }

    fn outcome(&self, at: Timestamp, (id, number): (i64, u8), outcome: PartOutcome) -> SendState {
        answered(|answer| self.handle().outbox_settle(at, id, number, outcome, answer)).unwrap()
    }

    fn sweep(&self, at: Timestamp) -> SweptOutbox {
        answered(|answer| self.handle().outbox_sweep(at, answer)).unwrap()
    }

    fn decide(
        &self,
        at: Timestamp,
        id: i64,
        decision: SendDecision,
    ) -> Result<SendState, StoreError> {
        let by = (decision, "clerk".to_owned());
        answered(|answer| self.handle().outbox_decide(at, id, by, answer))
    }

    /// The texts that are sent now, and their carrier takes each.
    fn sent(&self, at: Timestamp) -> Vec<String> {
        self.sent_by(MODEM, at).into_iter().map(|message| message.text).collect()
    }

    fn sent_by(&self, account: &str, at: Timestamp) -> Vec<LeasedMessage> {
        let leased = self.lease_by(account, at);
        for message in &leased {
            assert!(self.submitting(at, message.id, (1, 1)));
            let taken = PartOutcome::Submitted(Some(format!("r{}", message.id)));
            self.outcome(at, (message.id, 1), taken);
        }
        leased
    }

    /// One table of the directory.
    fn import(&self, kind: Kind, rows: &str) {
        let mut beside = Administration::open(self.folder.path(), noonish()).unwrap();
        let (name, bytes) = ("table.csv", rows.as_bytes());
        let file = ImportFile { kind, name, bytes, dry_run: false };
        beside.import_directory(noonish(), &file).unwrap().unwrap();
    }

    fn outbox(&self) -> Vec<OutboxRow> {
        self.reader().outbox(OutboxFilter::default(), 1_000).unwrap()
    }

    fn state(&self, id: i64) -> String {
        let row = self.outbox().into_iter().find(|row| row.id == id);
        row.unwrap().state
    }

    /// The numbers of all cases, the oldest first.
    fn cases(&self) -> Vec<CaseNumber> {
        let db = self.db();
        let sql = "SELECT number FROM case_file WHERE number IS NOT NULL ORDER BY id";
        let mut rows = db.prepare(sql).unwrap();
        let numbers = rows.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        numbers.map(|n| CaseNumber::parse(&format!("{:011}", n.unwrap())).unwrap()).collect()
    }

    fn case(&self, number: CaseNumber) -> CaseDetail {
        self.reader().case(number).unwrap()
    }

    fn verified(&self) {
        let report = verify(self.folder.path()).unwrap();
        assert!(report.is_sound(), "{:?}", report.faults);
    }
}

fn minutes(after: i64) -> Timestamp {
    noonish() + SignedDuration::from_mins(after)
}

fn raw(account: &str, key: u8, at: Timestamp) -> RawInbound {
    RawInbound {
        medium: Medium::Sms,
        account: account.to_owned(),
        dedup_key: [key; 32],
        form: "test",
        received_at: at,
        raw: format!("canaryraw{key}").into_bytes(),
    }
}

fn whole(from: &str, words: &str) -> Parsed {
    let words = Words::Whole { text: words.to_owned(), suspect: false };
    let from = from.to_owned();
    Parsed::Text(Box::new(InboundText { from, to: None, sent_at: None, words }))
}

/// The parts of a text as telephones cut them.
fn parts_of(words: &str, reference: u16) -> Vec<UserData> {
    split(words, reference, false).unwrap()
}

fn part(data: UserData) -> Parsed {
    let from = CITIZEN.to_owned();
    Parsed::Text(Box::new(InboundText { from, to: None, sent_at: None, words: Words::Data(data) }))
}
