//! T15 of the hardening list: mails that are made to hurt, against the running program.

use super::city::{City, letter};
use crate::support::service::Service;
use base64::Engine as _;
use std::fs;

/// What a mail may take of memory beside what the service has: its bytes are in three places at once while it
/// goes from its server through the journal to its case.
const BOMB_MEMORY_MIB_MAX: u64 = 400;
/// The same for mails that are many parts or deep, not long.
const PARTS_MEMORY_MIB_MAX: u64 = 64;
/// Processor time of the whole program from a bomb's arrival to its case, for a build without optimisation.
const BOMB_CPU_SECONDS_MAX: f64 = 60.0;

/// The most memory that a process had so far, in MiB.
fn peak_mib(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Begins to look for the most memory anew.
fn forget_peak(service: &Service) {
    fs::write(format!("/proc/{}/clear_refs", service.pid()), "5").unwrap();
}

/// Processor time of a process so far, in seconds.
fn cpu_seconds(service: &Service) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", service.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

fn head(user: &str, kind: &str) -> String {
    format!(
        "From: {user}@citizens.example\r\nTo: hotline@example.org\r\nSubject: 路灯\r\n\
         Message-ID: <{user}@citizens.example>\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n"
    )
}

fn many_parts() -> Vec<u8> {
    let mut mail = head("parts", "multipart/mixed; boundary=b");
    for n in 0..10_000 {
        mail.push_str(&format!("--b\r\nContent-Type: text/plain; name=a{n}.txt\r\n\r\n{n}\r\n"));
    }
    (mail + "--b--\r\n").into_bytes()
}

fn deep() -> Vec<u8> {
    let mut mail = head("deep", "multipart/mixed; boundary=b0");
    for n in 0..300 {
        let next = n + 1;
        mail.push_str(&format!(
            "--b{n}\r\nContent-Type: multipart/mixed; boundary=b{next}\r\n\r\n"
        ));
    }
    (mail + "--b300\r\n\r\n深处\r\n").into_bytes()
}

/// 100 MB of base64, which is more than is read of one mail.
fn long() -> Vec<u8> {
    let line = base64::engine::general_purpose::STANDARD.encode([0x5a; 57]) + "\r\n";
    let mut mail = head("long", "multipart/mixed; boundary=b");
    mail.push_str("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n附件很大\r\n--b\r\n");
    mail.push_str(
        "Content-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    mail.push_str(&line.repeat(100_000_000 / line.len()));
    (mail + "--b--\r\n").into_bytes()
}

#[test]
fn bombs_become_cases_within_their_bounds_and_one_sender_waits_for_a_person() {
    let city = City::new();
    let mut service = city.serve();
    for (name, mail, memory_max) in [
        ("parts", many_parts(), PARTS_MEMORY_MIB_MAX),
        ("deep", deep(), PARTS_MEMORY_MIB_MAX),
        ("long", long(), BOMB_MEMORY_MIB_MAX),
    ] {
        forget_peak(&service);
        let (before, cpu, cases) = (peak_mib(&service), cpu_seconds(&service), city.cases().len());
        city.dovecot.deliver([mail]);
        city.until(name, &service, || city.cases().len() == cases + 1);
        city.until("answered", &service, || city.got(name).len() == 1);
        let (grown, spent) = (peak_mib(&service) - before, cpu_seconds(&service) - cpu);
        eprintln!("bomb {name}: {grown} MiB more, {spent:.1} s of processor time");
        assert!(grown <= memory_max, "{name}: {grown} MiB");
        assert!(spent <= BOMB_CPU_SECONDS_MAX, "{name}: {spent} s");
        assert!(service.alive(), "{name}");
    }
    let cases = city.cases();
    let numbers = cases.iter().map(|case| case["number"].as_str().unwrap());
    let texts: Vec<String> =
        numbers.map(|number| city.case(number)["text"].as_str().unwrap().to_owned()).collect();
    let long = texts.iter().find(|text| text.contains("附件很大")).unwrap();
    assert!(long.contains("big.zip") && long.contains("其余见原件"), "{long}");
    // Sixty mails of one sender: five are taken, the others wait for a person, and one receipt is written.
    let cases = city.cases().len();
    let flood =
        (0..60).map(|n| letter("flood", &format!("f{n}"), ("路灯", &format!("第{n}条"), "")));
    city.dovecot.deliver(flood);
    city.until("settled", &service, || city.held().len() + city.cases().len() == cases + 60);
    assert_eq!(city.held().len(), 55, "{:?}", city.held().first());
    city.until("answered", &service, || city.got("flood").len() == 1);
    let receipts = city.outbox().iter().filter(|row| row["template"] == "M1").count();
    assert_eq!(receipts, 4, "one to each sender");
    city.verified();
    assert!(service.stop().success());
}
