//! The sender beside a store, its clock in our hand.

use super::receiver::{Receiver, authority};
use crate::folder::{intake, noonish, open, store_intake};
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::webhook::{HookKind, Reach};
use mayorline::store::{
    Administration, DeliveryFilter, DeliveryRow, FoundingAccounts, NewAccount, NewWebhook, Reader,
    Store, WebhookDone, WebhookOrder, WebhookRow,
};
use mayorline::web::{ATTEMPT_WAIT, WebhookConfig, WebhookThread, trust};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// A store with a sender; each test has a clock of its own.
struct Office {
    folder: TempDir,
    store: Option<Store>,
    thread: Option<WebhookThread>,
    wall: fn() -> Timestamp,
}

/// A wall clock that begins at ten and can be put forward.
macro_rules! clock {
    () => {{
        static MS: AtomicI64 = AtomicI64::new(0);
        fn wall() -> Timestamp {
            noonish() + SignedDuration::from_millis(MS.load(Ordering::SeqCst))
        }
        (wall as fn() -> Timestamp, &MS)
    }};
}

fn forward(clock: &AtomicI64, seconds: i64) {
    clock.fetch_add(seconds * 1_000, Ordering::SeqCst);
}

impl Office {
    fn open(wall: fn() -> Timestamp) -> Self {
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
        let store = Some(open(folder.path()));
        Self { folder, store, thread: None, wall }
    }

    /// Starts to send.
    fn send(&mut self, reach: Reach, ca_file: Option<&Path>) {
        let config = WebhookConfig {
            folder: self.folder.path().into(),
            store: self.store.as_ref().unwrap().handle(),
            reach,
            tls: trust(ca_file).unwrap(),
            wall: self.wall,
            random: || Some(rand::random()),
        };
        self.thread = Some(WebhookThread::start(config).unwrap());
    }

    fn order(&self, order: WebhookOrder) -> WebhookDone {
        self.order_of("sys", &order)
    }

    fn order_of(&self, by: &str, order: &WebhookOrder) -> WebhookDone {
        let now = (self.wall)();
        Administration::open(self.folder.path(), now).unwrap().webhook(now, by, order).unwrap()
    }

    /// Subscribes; gives the number and the secret.
    fn subscribe(&self, url: String) -> (i64, String) {
        let new = NewWebhook { url, kinds: vec![HookKind::Accepted] };
        let done = self.order(WebhookOrder::Add(new));
        self.order_of("sec", &WebhookOrder::Confirm(done.webhook));
        (done.webhook, done.secret.unwrap().reveal())
    }

    fn case(&self, key: &str) -> String {
        let handle = self.store.as_ref().unwrap().handle();
        store_intake(&handle, intake(key, IntakeKind::Text)).0.unwrap().to_string()
    }

    fn reader(&self) -> Reader {
        Reader::open(self.folder.path()).unwrap()
    }

    fn deliveries(&self, webhook: i64) -> Vec<DeliveryRow> {
        let filter = DeliveryFilter { state: None, webhook: Some(webhook) };
        self.reader().webhook_deliveries(&filter, 100).unwrap()
    }

    fn row(&self, webhook: i64) -> WebhookRow {
        let rows = self.reader().webhooks((self.wall)()).unwrap();
        rows.into_iter().find(|row| row.id == webhook).unwrap()
    }

    /// Waits until the rows say so.
    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the first message of a subscription has failed once, and gives why.
    async fn fault(&self, webhook: i64) -> String {
        let settled = |one: &Self| one.deliveries(webhook)[0].fault.is_some();
        self.until("an attempt fails", settled).await;
        self.deliveries(webhook)[0].fault.clone().unwrap()
    }

    /// Waits until the sender has asked for the time so often.
    async fn until_asked(&self, times: u64) {
        self.until("the sender looks", |_| ASKED.load(Ordering::SeqCst) >= times).await;
    }

    fn close(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.finish();
        }
        self.store.take().unwrap().close();
    }
}

#[tokio::test]
async fn a_message_arrives_signed_in_order_and_an_independent_program_verifies_it() {
    let (wall, clock) = clock!();
    let mut office = Office::open(wall);
    let mut receiver = Receiver::open().await;
    let (webhook, first) = office.subscribe(receiver.url("ok/x?key=1"));
    let cases = ["a", "b", "c"].map(|key| office.case(key));
    office.send(Reach::default(), None);
    for case in &cases {
        let got = receiver.next().await;
        assert_eq!(got.path, "ok/x");
        assert_eq!(got.header("content-type"), "application/json");
        assert!(got.header("user-agent").starts_with("mayorline/"), "{got:?}");
        assert_eq!(got.header("webhook-timestamp"), noonish().as_second().to_string());
        assert_eq!(got.header("host"), receiver.address.to_string());
        let body: Value = serde_json::from_str(&got.body).unwrap();
        let number = &body["case"]["number"];
        assert_eq!((&body["id"], number), (&got.id().into(), &case.as_str().into()));
        assert_eq!(got.verified(&first), (1, 1));
        assert_eq!(got.verified("whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="), (0, 1));
        for hidden in ["19900000017", "路灯"] {
            assert!(!got.body.contains(hidden), "{}", got.body);
        }
    }
    let all =
        |office: &Office| office.deliveries(webhook).iter().all(|row| row.state == "delivered");
    office.until("all are settled", all).await;
    assert_eq!(office.deliveries(webhook)[0].status, Some(204));
    // A new secret: for a day both sign.
    let second = office.order(WebhookOrder::Rotate(webhook)).secret.unwrap().reveal();
    office.case("d");
    let got = receiver.next().await;
    assert_eq!((got.verified(&first), got.verified(&second)), ((1, 2), (1, 2)));
    forward(clock, 86_400);
    let ping = office.order(WebhookOrder::Ping(webhook)).delivery.unwrap();
    let got = receiver.next().await;
    assert_eq!((got.verified(&first), got.verified(&second)), ((0, 1), (1, 1)));
    let body: Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(
        (got.id(), &body["kind"], &body["case"]),
        (&*ping, &"webhook.ping".into(), &Value::Null)
    );
    office.close();
}

#[tokio::test]
async fn what_fails_is_tried_again_under_its_id_and_arrives_when_the_receiver_is_well() {
    let (wall, clock) = clock!();
    let mut office = Office::open(wall);
    let mut receiver = Receiver::open().await;
    let (webhook, secret) = office.subscribe(receiver.url("fail"));
    office.case("a");
    office.send(Reach::default(), None);
    let first = receiver.next().await;
    assert_eq!(office.fault(webhook).await, "status");
    let row = &office.deliveries(webhook)[0];
    assert_eq!((row.state.as_str(), row.status, row.attempts), ("waiting", Some(500), 1));
    let next = row.next_at.as_ref().unwrap();
    let wait = next.parse::<Timestamp>().unwrap().duration_since(noonish()).as_millis();
    assert!((9_000..=11_000).contains(&wait), "{wait} ms");
    // Past the rest of its receiver and before its time: another one's message goes, and it does not. The
    // sender asks for what is due by the number of the subscription, so it would have been first.
    let (other, _) = office.subscribe(receiver.url("ok"));
    forward(clock, 5);
    let ping = office.order(WebhookOrder::Ping(other)).delivery.unwrap();
    assert_eq!(receiver.next().await.id(), ping, "nothing before its time");
    assert_eq!(office.deliveries(webhook)[0].attempts, 1);
    forward(clock, 7);
    let second = receiver.next().await;
    assert_eq!((second.id(), &second.body), (first.id(), &first.body));
    assert_ne!(second.header("webhook-timestamp"), first.header("webhook-timestamp"));
    assert_eq!(second.verified(&secret), (1, 1), "each attempt is signed with its own time");
    let tried = |office: &Office| {
        office.deliveries(webhook)[0].attempts == 2 && office.row(webhook).failures == 2
    };
    office.until("it is settled", tried).await;
    office.close();
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_410_pauses() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let mut receiver = Receiver::open().await;
    let (moved, _) = office.subscribe(receiver.url("moved"));
    let (gone, _) = office.subscribe(receiver.url("gone"));
    office.case("a");
    office.send(Reach::default(), None);
    let mut paths = [receiver.next().await.path, receiver.next().await.path];
    paths.sort();
    assert_eq!(paths, ["gone", "moved"]);
    assert_eq!(office.fault(moved).await, "redirect");
    assert_eq!(office.deliveries(moved)[0].status, Some(307));
    office.until("410 pauses", |office| office.row(gone).state == "paused").await;
    assert_eq!(office.row(gone).paused_why.as_deref(), Some("gone"));
    assert_eq!(office.deliveries(gone)[0].state, "waiting");
    assert!(receiver.rest().is_empty(), "nothing went to /ok/elsewhere");
    office.close();
}

#[tokio::test]
async fn receivers_that_never_answer_hold_up_nobody_else() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let mut living = Receiver::open().await;
    let mut dead = Receiver::open().await;
    // One takes the request and says nothing, one takes the connection and reads nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (never, _) = office.subscribe(dead.url("never"));
    let (silent, _) = office.subscribe(format!("http://{}/", mute.local_addr().unwrap()));
    let (alive, _) = office.subscribe(living.url("ok"));
    for n in 0..20 {
        office.case(&format!("case {n}"));
    }
    let begun = Instant::now();
    office.send(Reach::default(), None);
    for _ in 0..20 {
        living.next().await;
    }
    assert!(begun.elapsed() < ATTEMPT_WAIT, "the living one waited for the dead");
    dead.next().await;
    office
        .until("both time out", |office| {
            [never, silent].iter().all(|dead| office.row(*dead).failures > 0)
        })
        .await;
    assert!(begun.elapsed() >= ATTEMPT_WAIT, "an attempt has its time");
    for dead in [never, silent] {
        assert_eq!(office.deliveries(dead).last().unwrap().fault.as_deref(), Some("timeout"));
    }
    assert_eq!(office.row(alive).waiting, 0);
    drop(mute);
    office.close();
}

#[tokio::test]
async fn an_endless_answer_and_no_http_at_all_are_left() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let mut receiver = Receiver::open().await;
    let babble = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (flood, _) = office.subscribe(receiver.url("flood"));
    let (other, _) = office.subscribe(format!("http://{}/", babble.local_addr().unwrap()));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = babble.accept().await.unwrap();
            let mut heard = [0; 4_096];
            let _ = stream.read(&mut heard).await;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example\r\n").await;
        }
    });
    office.case("a");
    office.send(Reach::default(), None);
    receiver.next().await;
    let begun = Instant::now();
    office.until("2xx is enough", |office| office.deliveries(flood)[0].state == "delivered").await;
    assert!(begun.elapsed() < ATTEMPT_WAIT, "its body was read to no end");
    assert_eq!(office.fault(other).await, "http");
    office.close();
}

#[tokio::test]
async fn https_is_spoken_to_whose_certificate_is_believed_and_to_nobody_else() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let (ca_file, server) = authority(office.folder.path());
    let mut believed = Receiver::open_with(Some(server)).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let mut stranger = Receiver::open_with(Some(authority(elsewhere.path()).1)).await;
    let (good, secret) = office.subscribe(format!("https://{}/ok", believed.address));
    let (bad, _) = office.subscribe(format!("https://{}/ok", stranger.address));
    // The certificate is for 127.0.0.1, not for this name of it.
    let port = believed.address.port();
    let (other, _) = office.subscribe(format!("https://localhost:{port}/ok"));
    office.case("a");
    office.send(Reach::default(), Some(&ca_file));
    assert_eq!(believed.next().await.verified(&secret), (1, 1));
    office.until("it is settled", |office| office.deliveries(good)[0].state == "delivered").await;
    assert_eq!((office.fault(bad).await, office.fault(other).await), ("tls".into(), "tls".into()));
    assert!(stranger.rest().is_empty() && believed.rest().is_empty());
    office.close();
    assert!(trust(Some(Path::new("/dev/null"))).is_err(), "a file without a certificate");
}

#[tokio::test]
async fn nothing_is_sent_where_it_may_not_be() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    // Addresses of documentation and of this machine's private relations; no packet leaves.
    let refused = ["https://192.0.2.1/", "https://[2001:db8::1]/", "https://10.255.255.1/"];
    let refused = refused.map(|url| office.subscribe(url.to_owned()).0);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (nobody, _) = office.subscribe(format!("http://{}/", closed.local_addr().unwrap()));
    drop(closed);
    office.case("a");
    office.send(Reach { outside: true, networks: vec![] }, None);
    for webhook in refused {
        assert_eq!(office.fault(webhook).await, "address");
    }
    assert_eq!(office.fault(nobody).await, "connect");
    office.close();
}

#[tokio::test]
async fn messages_that_wait_when_the_service_ends_are_sent_by_the_next() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let mut receiver = Receiver::open().await;
    let (webhook, _) = office.subscribe(receiver.url("ok"));
    let mut cases = vec![office.case("a")];
    office.send(Reach::default(), None);
    let number = |got: &super::receiver::Got| {
        serde_json::from_str::<Value>(&got.body).unwrap()["case"]["number"].clone()
    };
    assert_eq!(number(&receiver.next().await), cases[0].as_str());
    office.until("it is settled", |office| office.row(webhook).waiting == 0).await;
    office.thread.take().unwrap().finish();
    cases.push(office.case("b"));
    cases.push(office.case("c"));
    office.store.take().unwrap().close();
    office.store = Some(open(office.folder.path()));
    office.send(Reach::default(), None);
    for case in &cases[1..] {
        assert_eq!(number(&receiver.next().await), case.as_str());
    }
    office.until("they are settled", |office| office.row(webhook).waiting == 0).await;
    assert!(receiver.rest().is_empty(), "each came once");
    office.close();
}

/// How often the sender asked for the time: once a look, once an attempt.
static ASKED: AtomicU64 = AtomicU64::new(0);

#[tokio::test]
async fn while_the_store_is_down_messages_are_looked_at_by_the_clock_alone() {
    fn counted() -> Timestamp {
        ASKED.fetch_add(1, Ordering::SeqCst);
        noonish()
    }
    let mut office = Office::open(counted);
    let mut receiver = Receiver::open().await;
    let (webhook, _) = office.subscribe(receiver.url("ok"));
    office.case("a");
    office.send(Reach::default(), None);
    receiver.next().await;
    office.until("it is settled", |office| office.row(webhook).waiting == 0).await;
    office.store.take().unwrap().close();
    office.order(WebhookOrder::Ping(webhook));
    assert_eq!(office.row(webhook).waiting, 1);
    let (begun, before) = (Instant::now(), ASKED.load(Ordering::SeqCst));
    // A look and an attempt of each; the first may be under way already, and one may tidy.
    office.until_asked(before + 15).await;
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(2), "looked again at once: {waited:?}");
    assert!(receiver.rest().is_empty() && office.row(webhook).waiting == 1, "nothing is lost");
    office.thread.take().unwrap().finish();
}

#[tokio::test]
async fn what_is_withdrawn_while_its_receiver_is_connected_does_not_leave() {
    let (wall, _) = clock!();
    let mut office = Office::open(wall);
    let (ca_file, server) = authority(office.folder.path());
    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (webhook, _) = office.subscribe(format!("https://{}/", slow.local_addr().unwrap()));
    office.case("a");
    office.send(Reach::default(), Some(&ca_file));
    // It is leased and connected, and TLS is not spoken yet.
    let (stream, _) = slow.accept().await.unwrap();
    assert_eq!(office.deliveries(webhook)[0].attempts, 1);
    office.order(WebhookOrder::Remove(webhook));
    let mut stream = tokio_rustls::TlsAcceptor::from(server).accept(stream).await.unwrap();
    let mut heard = vec![];
    let _ = stream.read_to_end(&mut heard).await;
    assert_eq!(String::from_utf8(heard).unwrap(), "");
    office.close();
}
