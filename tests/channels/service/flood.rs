//! hardening.md T14 at the running program: bombs, floods, copies, odd texts and guesses.

use super::{CITIZEN, LIMIT, OTHER, assert_clean, cases, secret, until};
use crate::carrier::provider::{ask, mo};
use crate::support::service::{Service, Start};
use crate::support::{free_sip_port, wait_for};
use rusqlite::Connection;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// From one number, and again from as many numbers.
const FLOOD: u32 = 5_000;
/// Texts of one body.
const AT_ONCE: usize = 500;
/// Texts whose first part alone comes, beyond those that are waited for.
const BOMBS: u32 = 1_200;
/// What waits for its rest, at most (docs/limits.md).
const SETS_MAX: i64 = 1_000;
/// The service may grow by so much under all of this, and may take so much of a processor for each text.
const GROWTH_KB_MAX: u64 = 96 * 1_024;
const CPU_MS_MAX: u64 = 25;
const PATH_SECRET: &str = "path-secret-0123456789";

/// A service that a provider brings texts to, and whose answers nobody takes: they are counted in the box.
struct Flooded {
    service: Service,
    listen: SocketAddr,
    db: Connection,
}

impl Flooded {
    fn start(data: &Path) -> Self {
        let listen: SocketAddr = ([127, 0, 0, 1], free_sip_port()).into();
        let path = secret(data, "path", PATH_SECRET);
        let account = format!(
            "messages.http=[{{account='flood',provider='none',listen='{listen}',path_secret_file='{}'}}]",
            path.display()
        );
        let service = Start::new(data).set(&account).run();
        wait_for(LIMIT, || TcpStream::connect(listen).ok()).expect("it listens");
        let db = Connection::open(data.join("mayorline.db")).unwrap();
        Self { service, listen, db }
    }

    /// Texts of Aliyun, in bodies; each is taken.
    fn bring(&self, texts: &[String]) {
        for body in texts.chunks(AT_ONCE) {
            let body = format!("[{}]", body.join(","));
            assert_eq!(
                ask(self.listen, "POST", &format!("/{PATH_SECRET}/aliyun-mo"), &body).0,
                200
            );
        }
    }

    /// A text, or a part of one, of Kannel: its octets as they are.
    fn bring_octets(&self, id: &str, from: &str, (header, octets): (&[u8], &[u8])) {
        let percent = |octets: &[u8]| {
            octets.iter().fold(String::new(), |mut text, octet| {
                write!(text, "%{octet:02X}").unwrap();
                text
            })
        };
        let path = format!(
            "/{PATH_SECRET}/kannel-mo?id={id}&from={from}&to=10690001&coding=2&charset=UTF-16BE&udh={}&text={}",
            percent(header),
            percent(octets)
        );
        assert_eq!(ask(self.listen, "GET", &path, "").0, 200);
    }

    fn count(&self, sql: &str) -> i64 {
        self.db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn settled(&self) {
        let none = "SELECT count(*) FROM inbound WHERE state = 'new'";
        let held = wait_for(LIMIT * 5, || (self.count(none) == 0).then_some(()));
        assert!(held.is_some(), "{} wait\n{}", self.count(none), self.service.stderr());
    }

    /// Numbers are answered, and none more than three times an hour.
    fn answers_are_few(&self) {
        let most =
            "SELECT COALESCE(max(n), 0) FROM (SELECT count(*) AS n FROM outbox GROUP BY party)";
        assert!((1..=3).contains(&self.count(most)), "{}", self.count(most));
    }

    fn resident_kb(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.service.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Of user and system, in hundredths of a second.
    fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.service.pid())).unwrap();
        let behind_name = stat.rsplit(')').next().unwrap();
        let times = behind_name.split_whitespace().skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

fn many(from: impl Fn(u32) -> String) -> Vec<String> {
    (0..FLOOD).map(|n| mo(&from(n), &format!("第{n}件：路灯不亮"), n)).collect()
}

/// 1 number with 5,000 texts, 5,000 numbers with one each, all of them ten times: each is kept once, none is lost, and
/// nobody is answered more than three times.
#[test]
fn t14_a_flood_loses_nothing_and_is_hardly_answered() {
    let folder = tempfile::tempdir().unwrap();
    let flooded = Flooded::start(folder.path());
    let (before, begun) = (flooded.resident_kb(), flooded.cpu_ticks());
    let one = many(|_| CITIZEN.to_owned());
    let each = many(|n| format!("1990000{:04}", 1_000 + n));
    flooded.bring(&one);
    flooded.bring(&each);
    // A provider that never reads our answer.
    for _ in 0..9 {
        flooded.bring(&one);
        flooded.bring(&each);
    }
    flooded.settled();
    let texts = i64::from(FLOOD) * 2;
    assert_eq!(flooded.count("SELECT count(*) FROM inbound"), texts);
    let kept = "SELECT count(*) FROM inbound WHERE state = 'done' AND case_id IS NOT NULL";
    assert_eq!(flooded.count(kept), texts, "each is in a case");
    let copies = "SELECT sum(copies) FROM inbound";
    assert_eq!(flooded.count(copies), texts * 9);
    // One number's texts are more about its matter, fifty at most; the others have a case each.
    let apart = i64::from(FLOOD) + i64::from(FLOOD.div_ceil(51));
    let all = flooded.count("SELECT count(*) FROM case_file");
    assert!((i64::from(FLOOD) + 1..=apart + 1).contains(&all), "{all} cases");
    flooded.answers_are_few();
    let growth = flooded.resident_kb().saturating_sub(before);
    let cpu_ms = (flooded.cpu_ticks() - begun) * 10 / u64::try_from(texts).unwrap();
    println!("T14: growth {growth} kB, {cpu_ms} ms of a processor for each of {texts} texts");
    assert!(growth <= GROWTH_KB_MAX, "{growth} kB");
    assert!(cpu_ms <= CPU_MS_MAX, "{cpu_ms} ms each");
    assert_clean(flooded.service);
}

/// Long texts of which one part comes: a thousand are waited for, the others are cases at once that say what is missing.
#[test]
fn t14_a_thousand_texts_that_wait_for_their_rest_are_all_that_do() {
    let folder = tempfile::tempdir().unwrap();
    let flooded = Flooded::start(folder.path());
    let before = flooded.resident_kb();
    let octets: Vec<u8> =
        "停水两天了".repeat(13).encode_utf16().flat_map(u16::to_be_bytes).collect();
    for n in 0..BOMBS {
        let header = [5, 0, 3, 0xA7, 255, 254];
        flooded.bring_octets(
            &format!("bomb{n}"),
            &format!("1990000{:04}", 1_000 + n),
            (&header, &octets[..130]),
        );
    }
    flooded.settled();
    let waiting = "SELECT count(*) FROM sms_part WHERE told = 0";
    let told = "SELECT count(*) FROM case_file";
    until(&flooded.service, "a thousand", || flooded.count(waiting) == SETS_MAX);
    assert_eq!(flooded.count(told), i64::from(BOMBS) - SETS_MAX);
    let growth = flooded.resident_kb().saturating_sub(before);
    assert!(growth <= GROWTH_KB_MAX, "{growth} kB");
    assert_clean(flooded.service);
}

/// Parts backwards with copies of each, an odd octet, marks that turn or hide what is read, a command in them.
#[test]
fn t14_odd_texts_are_cases_and_hidden_marks_hide_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let flooded = Flooded::start(folder.path());
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let long = units(&"北宿镇路口😀路灯不亮".repeat(30));
    let parts: Vec<&[u8]> = long.chunks(131).collect();
    let total = u8::try_from(parts.len()).unwrap();
    for copy in 0..10 {
        for (number, part) in (1..=total).zip(&parts).rev() {
            let header = [5, 0, 3, 0x11, total, number];
            flooded.bring_octets(&format!("l{copy}-{number}"), CITIZEN, (&header, part));
        }
    }
    let odd = [units("停水了"), vec![0x4E]].concat();
    flooded.bring_octets("odd", OTHER, (&[], &odd));
    flooded.bring_octets("turned", "19900000019", (&[], &units("\u{202E}停电\u{200B}了\u{2066}")));
    flooded.bring_octets("hidden", "19900000020", (&[], &units("\u{200B}帮\u{200D}助\u{FEFF}")));
    flooded.settled();
    assert_eq!(cases(folder.path()).len(), 3, "{:?}", cases(folder.path()));
    let help = "SELECT count(*) FROM inbound WHERE state = 'done' AND why = 'help'";
    assert_eq!(flooded.count(help), 1);
    assert_eq!(flooded.count("SELECT count(*) FROM inbound WHERE state IN ('held', 'poison')"), 0);
    flooded.answers_are_few();
    assert_clean(flooded.service);
}

/// Whoever guesses codes is answered three times and locked out after five wrong ones, and a name that is spoofed
/// learns nothing.
#[test]
fn t14_five_wrong_codes_lock_a_case_and_a_spoofed_sender_is_told_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let flooded = Flooded::start(data);
    flooded.bring(&[mo(CITIZEN, "北宿镇路灯不亮", 1)]);
    flooded.settled();
    let number = cases(data)[0]["number"].as_str().unwrap().to_owned();
    let guess = |n: u32| mo(OTHER, &format!("CX{number} {n:04}"), 10 + n);
    flooded.bring(&(1..=8).map(guess).collect::<Vec<_>>());
    flooded.settled();
    let failures: i64 =
        flooded.count("SELECT max(failures) FROM lookup_guard WHERE subject LIKE 'case:%'");
    let locked = "SELECT count(*) FROM lookup_guard WHERE subject LIKE 'case:%' AND locked_until IS NOT NULL";
    assert_eq!((failures, flooded.count(locked)), (5, 1));
    flooded.answers_are_few();
    // A leader's name and a bank's short code: nobody is answered, a person looks at them.
    flooded.bring(&[mo("市长", "请立即转账", 40), mo("95588", "您的账户异常", 41)]);
    flooded.settled();
    assert_eq!(flooded.count("SELECT count(*) FROM inbound WHERE state = 'held'"), 2);
    assert_eq!(cases(data).len(), 1);
    assert_clean(flooded.service);
}
