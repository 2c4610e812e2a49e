//! What happens to cases as other programs are told it: written with the events, leased, tried again,
//! given up, and nothing at all of a case under seal. Time is handed in.

mod keeping;
mod sending;
mod subscriptions;
mod telling;

use crate::desk::*;
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    Actor, CaseEvent, Classification, DeadlineRules, Nature, Order, Pending, Role, Task, Urgency,
    WrapUp,
};
use mayorline::domain::desk::Disposition;
use mayorline::domain::webhook::{ATTEMPTS_MAX, HookKind};
use mayorline::store::{
    Administration, CaseName, DELIVERY_DAYS, DELIVERY_WAITING_MAX, DeliveryFilter,
    FoundingAccounts, LEASE_MS, Lease, NewAccount, NewWebhook, Outcome, Parcel, Reader, Settled,
    SettledState, Store, StoreError, StoreHandle, WEBHOOKS_MAX, WebhookDone, WebhookOrder,
    WebhookRow, WrapUpOrder, verify,
};
use mayorline::units::CaseNumber;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// A key that the receiver wants in the URL: it stands in no audit.
const URL: &str = "https://receiver.example:8443/hook?key=canaryzqxj";
const FAILED: Outcome = Outcome::Failed { status: Some(503), fault: "status", later: None };

/// A store with a system administrator, and words for what is asked of it.
struct House {
    folder: TempDir,
    store: Store,
}

impl House {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account =
            |name: &str| NewAccount {
                name: name.to_owned(), title: "王芳".to_owned(), unit: None
            };
        let three = FoundingAccounts {
            system: account("sys"),
            security: account("sec"),
            audit: account("aud"),
        };
        let mut store = Administration::open_or_make(folder.path(), noonish()).unwrap();
        store.begin_accounts(noonish(), &three).unwrap();
        drop(store);
        let store = open(folder.path());
        Self { folder, store }
    }

    fn handle(&self) -> StoreHandle {
        self.store.handle()
    }

    fn order(&self, by: &str, order: WebhookOrder) -> Result<WebhookDone, StoreError> {
        self.order_at(noonish(), by, order)
    }

    fn order_at(
        &self,
        at: Timestamp,
        by: &str,
        order: WebhookOrder,
    ) -> Result<WebhookDone, StoreError> {
        Administration::open(self.folder.path(), at).unwrap().webhook(at, by, &order)
    }

    fn subscribe(&self, kinds: &[HookKind]) -> i64 {
        let new = NewWebhook { url: URL.to_owned(), kinds: kinds.to_vec() };
        let webhook = self.order("sys", WebhookOrder::Add(new)).unwrap().webhook;
        self.order("sec", WebhookOrder::Confirm(webhook)).unwrap();
        webhook
    }

    /// As the command line acts.
    fn act(&self, case: CaseNumber, role: Role, task: Task) {
        let mut beside = Administration::open(self.folder.path(), noonish()).unwrap();
        let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
        let person = format!("a-{}", role.as_str());
        let actor = Actor::new(&person, role, role.is_of_unit().then_some("unit.07"));
        beside.act(noonish(), desk, CaseName::Number(case), &Order { actor, task }).unwrap();
    }

    fn classify(&self, case: CaseNumber) {
        let found = Classification {
            nature: Nature::Help,
            domain: "050100".to_owned(),
            place: "北宿镇".to_owned(),
            urgency: Urgency::Normal,
            group_size: 1,
            repeats: 0,
            duty: None,
            accused: vec![],
        };
        self.act(case, Role::Clerk, Task::Classify(Box::new(found)));
    }

    fn handled(&self, key: &str) -> CaseNumber {
        let (case, _) = new_case(&self.handle(), key);
        self.classify(case);
        self.act(case, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
        self.act(case, Role::UnitContact, Task::Sign("王某".to_owned()));
        case
    }

    fn db(&self) -> Connection {
        Connection::open(self.folder.path().join("mayorline.db")).unwrap()
    }

    /// The bodies in order.
    fn bodies(&self) -> Vec<String> {
        let db = self.db();
        let mut rows = db.prepare("SELECT body FROM webhook_delivery ORDER BY seq").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Kind and status of each.
    fn told(&self) -> Vec<(String, String)> {
        let read = |body: String| {
            let body: Value = serde_json::from_str(&body).unwrap();
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (word(&body["kind"]), word(&body["case"]["status"]))
        };
        self.bodies().into_iter().map(read).collect()
    }

    fn ids(&self) -> Vec<String> {
        let all = self.reader().webhook_deliveries(&DeliveryFilter::default(), 100).unwrap();
        all.into_iter().rev().map(|row| row.id).collect()
    }

    fn reader(&self) -> Reader {
        Reader::open(self.folder.path()).unwrap()
    }

    fn row(&self) -> WebhookRow {
        self.reader().webhooks(noonish()).unwrap().remove(0)
    }

    fn due(&self, now: Timestamp) -> Vec<String> {
        self.reader().webhooks_due(now).unwrap().into_iter().map(|due| due.id).collect()
    }

    fn lease(&self, now: Timestamp, id: &str) -> Option<Parcel> {
        let (handle, id) = (self.handle(), id.to_owned());
        match answered(|answer| handle.webhook_lease(now, id, answer)).unwrap() {
            Lease::Taken(parcel) => Some(*parcel),
            Lease::Killed => panic!("it had all its attempts"),
            Lease::Refused => None,
        }
    }

    fn stands(&self, id: &str) -> bool {
        let (handle, id) = (self.handle(), id.to_owned());
        answered(|answer| handle.webhook_stands(id, answer)).unwrap()
    }

    fn settle(&self, now: Timestamp, id: &str, outcome: Outcome) -> Settled {
        let (handle, id) = (self.handle(), id.to_owned());
        answered(|answer| handle.webhook_settle(now, id, outcome, 100, answer)).unwrap()
    }

    /// Takes a message and settles it.
    fn attempt(&self, now: Timestamp, id: &str, outcome: Outcome) -> Settled {
        assert!(self.lease(now, id).is_some(), "{id} can be sent");
        self.settle(now, id, outcome)
    }

    fn state(&self, id: &str) -> (String, i64) {
        let all = self.reader().webhook_deliveries(&DeliveryFilter::default(), 100).unwrap();
        let row = all.into_iter().find(|row| row.id == id).unwrap();
        (row.state, row.attempts)
    }

    fn is_sound(&self) {
        let report = verify(self.folder.path()).unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
}

fn after(seconds: i64) -> Timestamp {
    noonish() + SignedDuration::from_secs(seconds)
}
