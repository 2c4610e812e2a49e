//! `mayorline doctor`: passes here, and names what is wrong. Each run is a real call of some 15 s.

use crate::support::service::{BINARY, Start};
use crate::{Outcome, run};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

fn doctor(data: &str, settings: &[&str]) -> Outcome {
    doctor_under(&[], data, settings)
}

/// Becomes the program that it is given, as on a full disk: a write past the limit would end the
/// process; ignored, it fails.
const FULL_DISK: [&str; 4] = ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "full-disk"];

/// The same on a small disk of its own, and without the right to real-time scheduling. In a user
/// namespace nobody has it, not even root.
const SMALL_MACHINE: [&str; 7] = [
    "unshare",
    "-rm",
    "prlimit",
    "--rtprio=0:0",
    "sh",
    "-c",
    "mount -t tmpfs -o size=64m none \"$0\" && exec \"$@\"",
];

/// Below programs that change what it finds.
fn doctor_under(programs: &[&str], data: &str, settings: &[&str]) -> Outcome {
    let mut arguments = vec!["doctor", "--data", data, "--set", "log.level=error"];
    // Whichever year it is tested in.
    let tables = tempfile::tempdir().unwrap();
    let year = jiff::Zoned::now().year();
    for year in [year, year + 1] {
        let table = tables.path().join(format!("{year}.toml"));
        std::fs::write(table, format!("year = {year}\n")).unwrap();
    }
    let tables = format!("deadline.calendar_folder=\"{}\"", tables.path().display());
    arguments.extend(["--set", tables.as_str()]);
    settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
    let Some((program, others)) = programs.split_first() else { return run(&arguments) };
    let mut command = Command::new(program);
    command.args(others).args(["timeout", "-k", "5", crate::VERB_SECONDS_MAX, BINARY]);
    let output = command.args(&arguments).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("killed: {told}"));
    Outcome { code, out: String::from_utf8(output.stdout).unwrap(), err: told }
}

fn says(outcome: &Outcome, words: &str) -> bool {
    outcome.out.lines().any(|line| line.starts_with(words))
}

#[test]
fn this_machine_passes_without_real_time_scheduling() {
    let folder = tempfile::tempdir().unwrap();
    let seen = doctor(folder.path().to_str().unwrap(), &["media.realtime_priority=0"]);
    assert_eq!(seen.code, 0, "{seen:?}");
    for what in [
        "disk",
        "backup",
        "clock",
        "time zone",
        "holiday tables",
        "audio ports",
        "call",
        "what the line hears",
        "keys",
    ] {
        assert!(says(&seen, &format!("ok     {what}: ")), "{what}: {}", seen.out);
    }
}

#[test]
fn with_real_time_scheduling_it_passes_or_says_that_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        ["media.realtime_priority=20", "speech.engine=command", "media.record_calls=false"];
    let seen = doctor(folder.path().to_str().unwrap(), &settings);
    let granted = says(&seen, "ok     real-time scheduling: SCHED_FIFO 20 is granted");
    let refused = says(&seen, "WRONG  real-time scheduling: SCHED_FIFO is refused");
    assert!(granted != refused, "{}", seen.out);
    assert_eq!(seen.code, if granted { 0 } else { 69 }, "{seen:?}");
    assert!(says(&seen, "ok     what the caller hears: "), "{}", seen.out);
    // Also where the real line keeps no recording of calls.
    assert!(says(&seen, "ok     what the line hears: "), "{}", seen.out);
    // espeak-ng, which tests/install.sh installs.
    assert!(says(&seen, "ok     speech engine: it said a sentence of "), "{}", seen.out);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::write(&data, "a file where the folder should be").unwrap();
    let seen = doctor(data.to_str().unwrap(), &["media.realtime_priority=0"]);
    assert_eq!(seen.code, 69);
    assert!(says(&seen, &format!("WRONG  disk: {} cannot be written", data.display())), "{seen:?}");
    assert!(seen.err.contains("1 of "), "only that is wrong: {seen:?}");
}

#[test]
fn a_range_without_a_free_pair_of_ports_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // An even port whose neighbour is free too.
    let (port, _rtp, _rtcp) = std::iter::repeat_with(|| UdpSocket::bind("127.0.0.1:0").unwrap())
        .take(1000)
        .find_map(|rtp| {
            let port = rtp.local_addr().unwrap().port();
            let even = port.is_multiple_of(2);
            let rtcp = even.then(|| UdpSocket::bind(("127.0.0.1", port + 1)).ok())??;
            Some((port, rtp, rtcp))
        })
        .expect("two neighbouring ports are free");
    let range = format!("media.ports=[{port}, {}]", port + 1);
    // Nobody listens where the speech engine is said to be.
    let url = format!("speech.url=http://127.0.0.1:{port}/v1/audio/speech");
    let settings = ["media.realtime_priority=0", &range, "speech.engine=http_openai", &url];
    let seen = doctor(folder.path().to_str().unwrap(), &settings);
    assert_eq!(seen.code, 69);
    let silent = format!(
        "WRONG  speech engine: it does not speak: nobody answers at http://127.0.0.1:{port}"
    );
    assert!(says(&seen, &silent), "{seen:?}");
    assert!(
        says(&seen, &format!("WRONG  audio ports: no pair of ports from {port} to")),
        "{seen:?}"
    );
    assert!(says(&seen, "WRONG  call: refused with "), "{seen:?}");
}

#[test]
fn a_small_disk_a_refused_scheduler_and_a_wildcard_are_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let programs = [&SMALL_MACHINE[..], &[data]].concat();
    let settings = ["media.realtime_priority=20", "sip.udp=0.0.0.0:0", "sip.tcp=0.0.0.0:0"];
    let seen = doctor_under(&programs, data, &settings);
    assert_eq!(seen.code, 69, "{seen:?}");
    for words in [
        "WRONG  disk: only 6",
        "WRONG  real-time scheduling: SCHED_FIFO is refused, audio may stutter under load: grant \
         LimitRTPRIO or set media.realtime_priority = 0",
        "WRONG  address: 0.0.0.0:0 is private or a wildcard",
    ] {
        assert!(says(&seen, words), "{words}: {seen:?}");
    }
    // Nothing of that keeps the line from being called.
    for what in ["call", "what the caller hears", "what the line hears", "keys"] {
        assert!(says(&seen, &format!("ok     {what}: ")), "{what}: {}", seen.out);
    }
    assert!(seen.err.contains("3 of "), "{seen:?}");
}

#[test]
fn a_full_disk_and_a_broken_table_of_holidays_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, tables) = (folder.path().join("data"), folder.path().join("tables"));
    std::fs::create_dir(&tables).unwrap();
    std::fs::write(tables.join("2030.toml"), "year = \"2030\n").unwrap();
    let broken = format!("deadline.calendar_folder=\"{}\"", tables.display());
    let settings = ["media.realtime_priority=0", &broken];
    let seen = doctor_under(&FULL_DISK, data.to_str().unwrap(), &settings);
    assert_eq!(seen.code, 69, "{seen:?}");
    let full = format!("WRONG  disk: {} cannot be written: File too large", data.display());
    assert!(says(&seen, &full), "{seen:?}");
    let table = format!("WRONG  holiday tables: {}: ", tables.display());
    assert!(says(&seen, &table) && seen.out.contains("2030.toml: "), "{seen:?}");
    assert!(says(&seen, "WRONG  call: "), "the line cannot be tried: {seen:?}");
}

#[test]
fn a_port_that_another_program_holds_is_told_from_one_that_a_line_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (other, own) = (UdpSocket::bind("127.0.0.1:0").unwrap(), folder.path().join("own"));
    let service = Start::new(&folder.path().join("running")).run();
    std::thread::scope(|scope| {
        let (data, running) = (own.to_str().unwrap(), service.udp());
        scope.spawn(move || {
            let held = format!("sip.udp={running}");
            let seen = doctor(data, &["media.realtime_priority=0", &held]);
            let line = format!("ok     telephone port: {running} is held by a running line");
            assert!(says(&seen, &line), "{seen:?}");
            assert_eq!(seen.code, 0, "{seen:?}");
        });
        let taken = other.local_addr().unwrap();
        let (held, data) = (format!("sip.udp={taken}"), folder.path().join("other"));
        let settings = ["media.realtime_priority=0", held.as_str()];
        let seen = doctor(data.to_str().unwrap(), &settings);
        let line = format!("WRONG  telephone port: {taken} is taken by another program");
        assert!(says(&seen, &line) && seen.err.contains("1 of "), "{seen:?}");
        assert_eq!(seen.code, 69);
    });
    assert_eq!(service.stop().code(), Some(0), "nobody disturbed it");
}

#[test]
fn an_address_of_another_machine_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let copies = folder.path().join("not mounted");
    let backup = format!("backup.folder={}", copies.display());
    let settings = ["media.realtime_priority=0", "sip.udp=192.0.2.1:5060", &backup];
    let seen = doctor(folder.path().to_str().unwrap(), &settings);
    assert_eq!(seen.code, 69);
    let away = format!("WRONG  backup: {} is not there", copies.display());
    assert!(says(&seen, &away), "{seen:?}");
    assert!(says(&seen, "WRONG  telephone port: 192.0.2.1:5060 cannot be bound: "), "{seen:?}");
    assert!(says(&seen, "WRONG  call: "), "{seen:?}");
}

/// 8 kHz, mono, 16 bits, as a city's own recordings are; longer than the doctor listens.
fn silence(file: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(file, spec).unwrap();
    (0..20 * 8_000).for_each(|_| writer.write_sample(0_i16).unwrap());
    writer.finalize().unwrap();
}

#[test]
fn a_greeting_that_nobody_hears_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, own) = (folder.path().join("data"), folder.path().join("own"));
    std::fs::create_dir_all(own.join("opening")).unwrap();
    silence(&own.join("opening/G01.wav"));
    let overlay = format!("prompts.overlay=\"{}\"", own.display());
    let seen = doctor(data.to_str().unwrap(), &["media.realtime_priority=0", &overlay]);
    assert_eq!(seen.code, 69);
    assert!(says(&seen, "ok     call: answered after "), "{seen:?}");
    assert!(says(&seen, "WRONG  what the caller hears: the greeting is silent: "), "{seen:?}");
}

#[test]
fn a_zone_that_nobody_knows_ends_before_anything_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let seen = doctor(folder.path().to_str().unwrap(), &["service.time_zone=Moon/Crater"]);
    assert_eq!((seen.code, seen.out.as_str()), (78, ""));
    assert!(seen.err.contains("service.time_zone is not a known time zone"), "{seen:?}");
}
