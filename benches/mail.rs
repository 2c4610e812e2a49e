//! Mails: how fast they are read, how many a second go from the journal to their cases, how long one takes
//! from its mailbox to its case while the server tells of it by IDLE, and what memory that needs.
//!
//! `cargo bench --bench mail` takes the figures; without `--bench` it runs each part once, small, to show
//! that it works. The mailbox is a real Dovecot; every case counted is on the disk (`synchronous=FULL`).

#[path = "common/measure.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod measure;

#[allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, reason = "of the tests")]
#[path = "../tests/channels/mail/authority.rs"]
mod authority;
#[allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, reason = "of the tests")]
#[path = "../tests/channels/mail/dovecot.rs"]
mod dovecot;
#[allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, reason = "of the tests")]
#[path = "../tests/channels/mail/program.rs"]
mod program;

use anyhow::Context;
use base64::Engine as _;
use dovecot::Dovecot;
use encoding_rs::GB18030;
use jiff::Timestamp;
use mayorline::channels::mail::{Filing, MAIL_FORM, Mailbox, StoreInbox, receive};
use mayorline::channels::{Normaliser, NormaliserConfig};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::message::mail::House;
use mayorline::domain::message::mail::templates::Desk;
use mayorline::domain::message::{MailSite, Medium, MessageRules};
use mayorline::store::{RawInbound, Store, StoreConfig};
use mayorline::wire::mime::Mail;
use measure::{now, quantile};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ACCOUNT: &str = "mailbox";
/// Mails that are journalled in one commit, as a channel of several mailboxes would.
const TOGETHER: usize = 8;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(300);

#[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}

/// A mail of a citizen like no other: GB 18030 under the label of its smaller sister, with a picture of so
/// many bytes.
fn letter(n: usize, picture: usize) -> Vec<u8> {
    let base64 = base64::engine::general_purpose::STANDARD;
    let subject = base64.encode(GB18030.encode("路灯不亮").0);
    let mut mail = format!(
        "From: c{n}@citizens.example\r\nTo: hotline@example.org\r\nSubject: =?gb2312?B?{subject}?=\r\n\
         Message-ID: <{n}@citizens.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=gb2312\r\n\r\n"
    )
    .into_bytes();
    mail.extend_from_slice(
        &GB18030.encode("北宿镇镕堃路口的路灯已经一个星期不亮了，晚上走路很不方便。").0,
    );
    let line = base64.encode([0x5a; 57]) + "\r\n";
    mail.extend_from_slice(b"\r\n--b\r\nContent-Type: image/jpeg; name=a.jpg\r\n");
    mail.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n\r\n");
    mail.extend_from_slice(line.repeat(picture.div_ceil(57)).as_bytes());
    mail.extend_from_slice(b"--b--\r\n");
    mail
}

fn row(what: &str, figure: &str) {
    println!("| {what:<46} | {figure:<60} |");
}

fn reading(times: usize) {
    for (name, picture) in [("0.5 kB", 0), ("30 kB", 20_000), ("1 MB", 700_000)] {
        let mail = letter(0, picture);
        let times = (times * 600 / mail.len()).max(1);
        let begun = now();
        for _ in 0..times {
            std::hint::black_box(Mail::read(std::hint::black_box(&mail), None));
        }
        let seconds = begun.elapsed().as_secs_f64();
        let rate = times as f64 / seconds;
        let mb = rate * mail.len() as f64 / 1e6;
        row(&format!("mails of {name} read"), &format!("{rate:.0}/s, {mb:.0} MB/s"));
    }
}

/// A store with a mailbox, and what takes its mails to their cases.
struct Running {
    folder: tempfile::TempDir,
    store: Store,
    normaliser: Normaliser,
}

fn open() -> anyhow::Result<Running> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let site = MailSite {
        house: House { address: "hotline@example.org".to_owned(), own_domains: vec![] },
        desk: Desk {
            signer: "受理中心".to_owned(),
            hotline: "12345".to_owned(),
            texts: String::new(),
        },
    };
    let messages =
        MessageRules { mail: [(ACCOUNT.to_owned(), site)].into(), ..MessageRules::default() };
    let config = StoreConfig { messages, ..StoreConfig::new(folder.path(), wall()) };
    let store = Store::open(config, Calendar::built_in(), [1; 32])?;
    let config = NormaliserConfig {
        folder: folder.path().into(),
        store: store.handle(),
        readers: vec![],
        mail_servers: BTreeMap::new(),
        wall,
    };
    let normaliser = Normaliser::start(config)?;
    Ok(Running { folder, store, normaliser })
}

impl Running {
    fn cases(&self) -> anyhow::Result<usize> {
        let db = Connection::open(self.folder.path().join("mayorline.db"))?;
        let count: i64 = db.query_row("SELECT count(*) FROM case_file", [], |row| row.get(0))?;
        Ok(usize::try_from(count)?)
    }

    fn wait_for(&self, cases: usize) -> anyhow::Result<()> {
        let begun = now();
        let db = Connection::open(self.folder.path().join("mayorline.db"))?;
        let mut count = db.prepare("SELECT count(*) FROM case_file")?;
        let cases = i64::try_from(cases)?;
        while count.query_row([], |row| row.get::<_, i64>(0))? < cases {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "no case in {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn close(self) {
        self.normaliser.finish();
        self.store.close();
    }
}

fn through(mails: usize, picture: usize, name: &str) -> anyhow::Result<()> {
    let house = open()?;
    let before = resident_mib()?;
    let begun = now();
    let all: Vec<usize> = (0..mails).collect();
    for some in all.chunks(TOGETHER) {
        let raws = some.iter().map(|n| raw(*n, picture)).collect();
        let kept =
            house.store.handle().wait(PATIENCE, |store, answer| store.inbound_put(raws, answer));
        kept.context("not journalled")?;
    }
    house.wait_for(mails)?;
    let rate = mails as f64 / begun.elapsed().as_secs_f64();
    let grown = resident_mib()?.saturating_sub(before);
    row(
        &format!("durable mails of {name}, journal to case"),
        &format!("{rate:.0}/s, {grown} MiB more"),
    );
    house.close();
    Ok(())
}

fn raw(n: usize, picture: usize) -> RawInbound {
    let mut dedup_key = [0; 32];
    for (byte, of) in dedup_key.iter_mut().zip(n.to_le_bytes()) {
        *byte = of;
    }
    RawInbound {
        medium: Medium::Mail,
        account: ACCOUNT.to_owned(),
        dedup_key,
        form: MAIL_FORM,
        received_at: wall(),
        raw: letter(n, picture),
    }
}

fn from_the_mailbox(mails: usize) -> anyhow::Result<()> {
    let (dovecot, house) = (Dovecot::start(), open()?);
    let mailbox = Mailbox::Imap(mayorline::channels::mail::ImapAccount {
        pace: mayorline::channels::mail::Pace::default(),
        ..dovecot.imap(Filing::Mark)
    });
    let mut inbox = StoreInbox::new(house.store.handle(), ACCOUNT.to_owned(), Arc::new(wall));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reading = std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                () = Box::pin(receive(&mailbox, &mut inbox)) => {}
                _ = stopped => {}
            }
        });
    });
    // The first one waits until the mailbox is watched.
    dovecot.deliver([letter(0, 0)]);
    house.wait_for(1)?;
    let mut times = vec![];
    for n in 1..=mails {
        // As much apart as letters of one morning: IDLE stands again.
        std::thread::sleep(Duration::from_millis(300));
        let begun = now();
        dovecot.deliver([letter(n, 20_000)]);
        house.wait_for(n + 1)?;
        times.push(begun.elapsed());
    }
    drop(stop);
    anyhow::ensure!(reading.join().is_ok(), "the thread of the mailbox died");
    times.sort_unstable();
    let (p50, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
    row(
        "mailbox to case with IDLE (bar: 2 s)",
        &format!("p50 {p50:.0} ms, p99 {p99:.0} ms, {mails} mails"),
    );
    anyhow::ensure!(house.cases()? == mails + 1, "a mail is missing or doubled");
    house.close();
    Ok(())
}

/// What the process has in memory now, in MiB.
fn resident_mib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kib: u64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kib / 1024)
}

fn main() -> anyhow::Result<()> {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (reads, many, large, watched) =
        if is_bench { (200_000, 2_000, 40, 200) } else { (100, 16, 2, 2) };
    row("mail", "this run");
    reading(reads);
    through(many, 0, "0.5 kB")?;
    through(large, 2_000_000, "2.7 MB")?;
    from_the_mailbox(watched)
}
