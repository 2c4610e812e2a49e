//! What happens to cases as other programs are told it: written with the events, leased, tried again,
//! given up, and nothing at all of a case under seal. Time is handed in.

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
        self.order("sys", WebhookOrder::Add(new)).unwrap().webhook
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

#[test]
fn every_step_of_a_case_is_told_with_where_it_stands_and_no_word_of_the_citizen() {
    let house = House::open();
    house.subscribe(&[]);
    let (case, code) = new_case(&house.handle(), "k");
    house.classify(case);
    house.act(case, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    house.act(case, Role::UnitContact, Task::Sign("王某".to_owned()));
    let text = "已修复，联系人张三丰".to_owned();
    house.act(case, Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    house.act(case, Role::UnitLeader, Task::Grant(Pending::Feedback));
    house.act(case, Role::Clerk, Task::Review(None));
    let told = house.told();
    let told: Vec<_> = told.iter().map(|(kind, status)| format!("{kind} {status}")).collect();
    assert_eq!(
        told,
        [
            "case.accepted accepted",
            "case.classified classified",
            "case.assigned assigned",
            "case.handling_started handling",
            "case.fed_back feedback",
            "case.answered callback",
        ]
    );
    for (body, id) in house.bodies().iter().zip(house.ids()) {
        for hidden in ["1990000", "路灯", "北宿", "张三丰", "王某", "a-clerk", &code.reveal()]
        {
            let number = case.to_string();
            assert!(!body.replace(&number, "").contains(hidden), "{hidden}: {body}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["id"], &body["case"]["number"]), (&id.into(), &case.to_string().into()));
        assert_eq!(body["at"], "2026-11-22T10:00:00.000+08:00");
    }
    let assigned: Value = serde_json::from_str(&house.bodies()[2]).unwrap();
    assert_eq!(
        (&assigned["case"]["unit"], &assigned["case"]["round"]),
        (&"unit.07".into(), &1.into())
    );
    assert!(assigned["case"]["due_on"].is_string() && assigned["case"]["unit_due_on"].is_string());
    house.is_sound();
}

#[test]
fn a_subscription_is_told_of_what_it_asked_for_and_a_draft_tells_nothing() {
    let house = House::open();
    house.handled("before anybody subscribed");
    house.subscribe(&[HookKind::Assigned, HookKind::Closed]);
    house.subscribe(&[HookKind::Accepted]);
    store_intake(&house.handle(), intake("draft", IntakeKind::Abandoned));
    house.handled("k");
    let told: Vec<_> = house.told().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["case.accepted", "case.assigned"]);
}

#[test]
fn of_a_case_under_seal_there_is_nothing_from_its_proposal_on() {
    let house = House::open();
    house.subscribe(&[]);
    let (open, sealed) = (house.handled("open"), house.handled("sealed"));
    let first = house.ids().remove(4);
    assert_eq!(house.told().len(), 8);
    // One is told already, one is on its way when the seal is proposed.
    house.attempt(noonish(), &first, Outcome::Delivered { status: 200 });
    let under_way = house.ids().remove(5);
    assert!(house.lease(noonish(), &under_way).is_some());
    house.act(sealed, Role::Clerk, Task::ProposeSeal);
    let none_of_it = |house: &House| {
        let bodies = house.bodies();
        assert!(bodies.iter().all(|body| !body.contains(&sealed.to_string())), "{bodies:?}");
        assert_eq!(bodies.len(), 4, "those of the other case stay");
    };
    none_of_it(&house);
    let settled = house.settle(noonish(), &under_way, Outcome::Delivered { status: 200 });
    assert_eq!(settled.state, SettledState::Withdrawn);
    house.act(sealed, Role::Director, Task::ConfirmSeal);
    none_of_it(&house);
    house.act(sealed, Role::Liaison, Task::FileReceipt("2026-7".to_owned()));
    none_of_it(&house);
    assert_eq!(house.told()[0], ("case.accepted".to_owned(), "accepted".to_owned()));
    house.is_sound();
    // A message that came into the table by another way is not sent, and `verify` finds it.
    let db = house.db();
    db.execute(
        "UPDATE case_file SET seal_proposed = 1 WHERE number = ?1",
        [i64::try_from(open.as_u64()).unwrap()],
    )
    .unwrap();
    let ids = house.ids();
    assert_eq!((house.due(noonish()), house.lease(noonish(), &ids[0])), (vec![], None));
    let report = verify(house.folder.path()).unwrap();
    let found = report.faults.iter().filter(|fault| fault.area == "webhook").count();
    assert_eq!(found, 4, "{report:?}");
}

#[test]
fn a_refused_seal_tells_nothing_of_itself_and_what_follows_is_told_again() {
    let house = House::open();
    house.subscribe(&[]);
    let case = house.handled("k");
    house.act(case, Role::Clerk, Task::ProposeSeal);
    house.act(case, Role::Director, Task::RefuseSeal);
    assert_eq!(house.told(), []);
    let text = "已修复".to_owned();
    house.act(case, Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    house.act(case, Role::UnitLeader, Task::Grant(Pending::Feedback));
    assert_eq!(house.told(), [("case.fed_back".to_owned(), "feedback".to_owned())]);
}

#[test]
fn a_talk_that_goes_to_the_discipline_commission_at_once_is_never_told() {
    let house = House::open();
    house.subscribe(&[]);
    let call = call_id(1);
    assert!(house.handle().call_started(call_started(&call)));
    let wrap_up = WrapUp {
        seat: seat("801"),
        call,
        disposition: Disposition::Discipline,
        nature: Some(Nature::Report),
        summary: "举报".to_owned(),
        unit: None,
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    let handle = house.handle();
    let done = answered(|answer| handle.wrap_up(noonish(), order, answer)).unwrap();
    assert!(done.number.is_some());
    assert_eq!(house.bodies(), Vec::<String>::new());
    house.is_sound();
}

#[test]
fn a_message_is_stored_with_its_event_or_not_at_all() {
    let house = House::open();
    house.subscribe(&[]);
    let (case, _) = new_case(&house.handle(), "k");
    assert_eq!(house.told().len(), 1);
    let classified = CaseEvent::Classified { nature: Nature::Help, domain: "050100".to_owned() };
    // The second cannot follow the first, so neither is stored.
    let refused = record(&house.handle(), case, vec![classified.clone(), CaseEvent::Archived]);
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(house.told().len(), 1);
    record(&house.handle(), case, vec![classified]).unwrap();
    assert_eq!(house.told().len(), 2);
    house.is_sound();
}

#[test]
fn a_message_that_somebody_sends_is_sent_by_nobody_else_until_he_is_dead() {
    let house = House::open();
    house.subscribe(&[]);
    new_case(&house.handle(), "k");
    let now = noonish();
    let id = house.due(now).remove(0);
    let parcel = house.lease(now, &id).unwrap();
    assert_eq!((parcel.id.as_str(), parcel.url.as_str(), parcel.attempt), (id.as_str(), URL, 1));
    assert_eq!((house.lease(now, &id), house.due(now)), (None, vec![]));
    // The service was killed; another one begins.
    let handle = house.handle();
    assert_eq!(answered(|answer| handle.webhooks_begin(answer)).unwrap(), 1);
    assert_eq!(house.due(now), [id.as_str()]);
    let again = house.lease(now, &id).unwrap();
    assert_eq!((again.id.as_str(), again.body.as_str()), (id.as_str(), parcel.body.as_str()));
    assert_eq!(again.attempt, 2, "an attempt that kills is counted");
    // Nobody settles: the lease ends by itself.
    let late = now + SignedDuration::from_millis(LEASE_MS);
    assert_eq!(house.lease(late, &id).map(|parcel| parcel.attempt), Some(3));
    let settled = house.settle(late, &id, Outcome::Delivered { status: 204 });
    assert_eq!(settled, Settled { state: SettledState::Delivered, paused: None });
    assert_eq!((house.lease(late, &id), house.state(&id).0.as_str()), (None, "delivered"));
    house.is_sound();
}

#[test]
fn a_message_that_kills_whoever_sends_it_is_not_sent_for_ever() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "k");
    new_case(&house.handle(), "next");
    let id = house.due(noonish()).remove(0);
    let handle = house.handle();
    for attempt in 1..=ATTEMPTS_MAX {
        assert_eq!(house.lease(noonish(), &id).map(|parcel| parcel.attempt), Some(attempt));
        assert_eq!(answered(|answer| handle.webhooks_begin(answer)).unwrap(), 1, "it was killed");
    }
    assert_eq!(house.due(noonish()), [id.as_str()]);
    let last = answered(|answer| handle.webhook_lease(noonish(), id.clone(), answer)).unwrap();
    assert_eq!((last, house.state(&id)), (Lease::Killed, ("failed".to_owned(), 11)));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    let failed = house.reader().webhook_deliveries(&failed, 10).unwrap();
    assert_eq!(failed[0].fault.as_deref(), Some("killed"));
    assert_eq!(house.due(noonish()), [house.ids()[1].as_str()], "the next one goes");
    house.order("sys", WebhookOrder::Resend(id.clone())).unwrap();
    assert_eq!(house.lease(noonish(), &id).map(|parcel| parcel.attempt), Some(1));
    house.is_sound();
}

#[test]
fn a_message_fails_after_its_last_attempt_and_can_be_sent_again() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "k");
    let (mut now, mut days) = (noonish(), 0);
    let id = house.due(now).remove(0);
    for attempt in 1..=ATTEMPTS_MAX {
        let settled = house.attempt(now, &id, FAILED);
        let last = attempt == ATTEMPTS_MAX;
        let expected = if last { SettledState::Failed } else { SettledState::Waiting };
        assert_eq!(settled.state, expected, "attempt {attempt}");
        assert_eq!(house.row().failures, i64::from(attempt));
        assert_eq!(house.due(now), Vec::<String>::new(), "not at once");
        if !last {
            let next = house.reader().webhook_deliveries(&DeliveryFilter::default(), 1).unwrap();
            now = next[0].next_at.as_ref().unwrap().parse().unwrap();
            assert_eq!(house.due(now), [id.as_str()]);
            days = now.duration_since(noonish()).as_hours() / 24;
        }
    }
    assert_eq!((days, house.state(&id)), (3, ("failed".to_owned(), 11)));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    assert_eq!(house.reader().webhook_deliveries(&failed, 10).unwrap()[0].status, Some(503));
    house.is_sound();
    let again = house.order_at(now, "sys", WebhookOrder::Resend(id.clone())).unwrap();
    assert_eq!(again.delivery, Some(id.clone()));
    assert_eq!(house.state(&id), ("waiting".to_owned(), 0));
    let twice = house.order_at(now, "sys", WebhookOrder::Resend(id.clone()));
    assert!(matches!(twice, Err(StoreError::Taken(_))), "{twice:?}");
    let rested = now + SignedDuration::from_secs(300);
    house.attempt(rested, &id, Outcome::Delivered { status: 200 });
    assert_eq!((house.row().failures, house.row().failing_since), (0, None));
    house.is_sound();
}

#[test]
fn after_an_outage_what_waits_goes_at_once_in_order_and_one_bad_message_holds_up_nobody() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    for key in ["a", "b", "c"] {
        new_case(&house.handle(), key);
    }
    let ids = house.ids();
    let mut now = noonish();
    for id in &ids {
        assert_eq!(house.due(now), [id.as_str()], "one after the other");
        house.attempt(now, id, FAILED);
        assert_eq!(house.due(now), Vec::<String>::new(), "its receiver is left alone");
        now += SignedDuration::from_secs(4);
    }
    // They were tried at 0, 4 and 8 s and again 10 s later; the first is answered.
    now = after(13);
    assert_eq!(house.due(now), [ids[0].as_str()]);
    house.attempt(now, &ids[0], Outcome::Delivered { status: 200 });
    assert_eq!(house.due(now), [ids[1].as_str()], "before its own time");
    house.attempt(now, &ids[1], Outcome::Delivered { status: 200 });
    // One failure is no outage: this one waits for its own time, the next one passes it.
    house.attempt(now, &ids[2], FAILED);
    new_case(&house.handle(), "d");
    let fourth = house.ids().remove(3);
    let rested = now + SignedDuration::from_secs(1);
    assert_eq!(house.due(rested), [fourth.as_str()]);
    house.attempt(rested, &fourth, Outcome::Delivered { status: 200 });
    assert_eq!(house.due(rested), Vec::<String>::new());
    house.is_sound();
}

#[test]
fn a_receiver_that_wants_no_more_is_paused_at_once_and_nothing_is_lost() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    let other = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "a");
    let id = house.due(noonish()).remove(0);
    let settled = house.attempt(noonish(), &id, Outcome::Gone);
    assert_eq!(settled, Settled { state: SettledState::Waiting, paused: Some("gone") });
    new_case(&house.handle(), "b");
    let later = after(3_600);
    let due = house.reader().webhooks_due(later).unwrap();
    assert_eq!(due.iter().map(|due| due.webhook).collect::<Vec<_>>(), [other], "the other goes on");
    let row = house.row();
    assert_eq!((row.state.as_str(), row.paused_why.as_deref()), ("paused", Some("gone")));
    assert_eq!(row.waiting, 2, "what happens meanwhile waits too");
    let test = house.order("sys", WebhookOrder::Ping(webhook));
    assert!(matches!(test, Err(StoreError::Taken(_))), "{test:?}");
    house.order_at(later, "sys", WebhookOrder::Resume(webhook)).unwrap();
    assert_eq!(house.due(later)[0], id, "the oldest first");
    let again = house.order("sys", WebhookOrder::Resume(webhook));
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
    house.is_sound();
}

#[test]
fn a_receiver_that_fails_for_a_day_is_paused_and_told() {
    let house = House::open();
    house.subscribe(&[HookKind::Accepted]);
    let (mut paused, mut tries) = (None, 0);
    for hour in 0..=26 {
        let now = after(hour * 3_600);
        new_case(&house.handle(), &format!("h{hour}"));
        let Some(id) = house.due(now).into_iter().next() else { break };
        let settled = house.attempt(now, &id, FAILED);
        tries += 1;
        paused = paused.or_else(|| settled.paused.map(|why| (hour, why)));
    }
    assert_eq!((paused, tries), (Some((24, "failures")), 25));
    assert_eq!(house.row().waiting, 26, "none is dropped");
    house.is_sound();
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let house = House::open();
    let new = NewWebhook { url: URL.to_owned(), kinds: vec![] };
    let made = house.order("sys", WebhookOrder::Add(new)).unwrap();
    let first = made.secret.unwrap();
    let turned = house.order("sys", WebhookOrder::Rotate(made.webhook)).unwrap();
    let second = turned.secret.unwrap();
    assert_ne!(first, second);
    new_case(&house.handle(), "k");
    let id = house.due(noonish()).remove(0);
    let parcel = house.lease(noonish(), &id).unwrap();
    assert_eq!(parcel.secrets, [second.clone(), first.clone()]);
    let day = after(86_400);
    let secrets = house.lease(day, &id).unwrap().secrets;
    assert_eq!(secrets.iter().collect::<Vec<_>>(), [&second]);
    // Neither stands in clear in any file.
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        for secret in [&first, &second] {
            assert!(!bytes.windows(32).any(|window| window == secret.bytes()));
        }
    }
    house.is_sound();
}

#[test]
fn a_subscription_is_changed_by_system_administrators_alone_and_every_act_is_audited() {
    let house = House::open();
    let add = |url: &str| {
        WebhookOrder::Add(NewWebhook { url: url.to_owned(), kinds: vec![HookKind::Closed] })
    };
    for by in ["sec", "aud", "nobody"] {
        let refused = house.order(by, add(URL));
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{by}: {refused:?}");
    }
    let refused = house.order("sys", add("http://receiver.example/"));
    assert!(matches!(refused, Err(StoreError::Malformed(_))), "{refused:?}");
    let ids: Vec<i64> =
        (0..WEBHOOKS_MAX).map(|_| house.order("sys", add(URL)).unwrap().webhook).collect();
    assert!(matches!(house.order("sys", add(URL)), Err(StoreError::Taken(_))));
    let ping = house.order("sys", WebhookOrder::Ping(ids[0])).unwrap().delivery.unwrap();
    house.order("sys", WebhookOrder::Rotate(ids[1])).unwrap();
    house.order("sys", WebhookOrder::Remove(ids[0])).unwrap();
    assert_eq!(house.state(&ping).0, "failed", "what waited for it");
    for order in [
        WebhookOrder::Remove(ids[0]),
        WebhookOrder::Rotate(ids[0]),
        WebhookOrder::Resume(ids[0]),
        WebhookOrder::Ping(99),
        WebhookOrder::Resend("msg_none".to_owned()),
    ] {
        let refused = house.order("sys", order);
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    let refused = house.order("sys", WebhookOrder::Resend(ping));
    assert!(matches!(refused, Err(StoreError::Taken(_))), "{refused:?}");
    // There is room again, and the number is a new one.
    let next = house.order("sys", add(URL)).unwrap().webhook;
    assert!(!ids.contains(&next));
    let audit = house.reader().audit(Timestamp::MIN, Timestamp::MAX, 100).unwrap();
    let acts: Vec<_> = audit.iter().filter(|row| row.kind == "webhook_changed").collect();
    assert_eq!(acts.len(), WEBHOOKS_MAX + 4);
    assert_eq!((acts[0].actor.as_str(), acts[0].subject.as_str()), ("sys", "webhook 1"));
    assert_eq!(acts[0].reason, "added https://receiver.example:8443: case.closed");
    assert!(acts.iter().all(|row| !row.reason.contains("canaryzqxj")), "{acts:?}");
    house.is_sound();
}

#[test]
fn what_was_kept_for_a_month_goes_and_what_still_waits_then_has_failed() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "a");
    new_case(&house.handle(), "b");
    let ids = house.ids();
    house.attempt(noonish(), &ids[0], Outcome::Delivered { status: 200 });
    house.attempt(noonish(), &ids[1], Outcome::Gone);
    let tidy = |now| {
        let handle = house.handle();
        let done = answered(|answer| handle.webhooks_tidy(now, answer)).unwrap();
        (done.deleted, done.given_up)
    };
    let month = DELIVERY_DAYS * 86_400;
    assert_eq!(tidy(after(month)), (0, 0));
    assert_eq!(tidy(after(month + 1)), (1, 1));
    assert_eq!((house.ids(), house.state(&ids[1]).0.as_str()), (vec![ids[1].clone()], "failed"));
    assert_eq!(tidy(after(2 * month + 2)), (1, 0));
    house.order_at(after(month), "sys", WebhookOrder::Resume(webhook)).unwrap();
    assert_eq!(house.row().waiting, 0);
    house.is_sound();
}

#[test]
fn of_more_messages_than_may_wait_the_oldest_have_failed() {
    let house = House::open();
    let webhook = house.subscribe(&[HookKind::Accepted]);
    let other = house.subscribe(&[HookKind::Accepted]);
    new_case(&house.handle(), "oldest");
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
               INSERT INTO webhook_delivery (id, webhook, kind, body, created_at, state, next_at)
               SELECT 'many-' || i, ?1, 'webhook.ping', '{}', ?2, 'waiting', ?2 FROM n";
    let many = i64::try_from(DELIVERY_WAITING_MAX).unwrap();
    let ms = noonish().as_millisecond();
    house.db().execute(sql, rusqlite::params![webhook, ms, many]).unwrap();
    let oldest = house.due(noonish()).remove(0);
    let handle = house.handle();
    let done = answered(|answer| handle.webhooks_tidy(noonish(), answer)).unwrap();
    assert_eq!((done.deleted, done.given_up), (0, 1));
    let failed = DeliveryFilter { state: Some("failed".to_owned()), webhook: None };
    let failed = house.reader().webhook_deliveries(&failed, 10).unwrap();
    assert_eq!((failed.len(), &failed[0].id), (1, &oldest));
    assert_eq!(failed[0].fault.as_deref(), Some("crowded"));
    let rows = house.reader().webhooks(noonish()).unwrap();
    assert_eq!((rows[0].waiting, rows[1].waiting, rows[1].id), (many, 1, other));
}

#[test]
fn verify_finds_a_message_that_says_something_else_and_a_secret_of_another() {
    let house = House::open();
    house.subscribe(&[]);
    house.subscribe(&[]);
    new_case(&house.handle(), "k");
    let db = house.db();
    let changed = db.execute("UPDATE webhook_delivery SET body = 'x' WHERE webhook = 1", []);
    assert!(changed.is_err(), "what is told is never changed");
    db.execute_batch(
        "DROP TRIGGER webhook_delivery_is_fixed;
         UPDATE webhook_delivery SET body = replace(body, 'case.accepted', 'case.closed')
         WHERE webhook = 1;
         UPDATE webhook SET secret = (SELECT secret FROM webhook WHERE id = 1) WHERE id = 2;",
    )
    .unwrap();
    let report = verify(house.folder.path()).unwrap();
    let found: Vec<_> = report.faults.iter().map(|fault| fault.problem.as_str()).collect();
    assert_eq!(found, ["its secret cannot be opened", "its body is not what its row says"]);
    assert_eq!((report.webhooks, report.deliveries), (2, 2));
}
