//! `mayorline doctor`: passes here, and names what is wrong. Each run is a real call of some 15 s.

use crate::run;
use std::net::UdpSocket;

fn doctor(data: &str, settings: &[&str]) -> crate::Outcome {
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
    run(&arguments)
}

fn says(outcome: &crate::Outcome, words: &str) -> bool {
    outcome.out.lines().any(|line| line.starts_with(words))
}

#[test]
fn this_machine_passes_without_real_time_scheduling() {
    let folder = tempfile::tempdir().unwrap();
    let seen = doctor(folder.path().to_str().unwrap(), &["media.realtime_priority=0"]);
    assert_eq!(seen.code, 0, "{seen:?}");
    for what in [
        "disk",
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
    let settings = ["media.realtime_priority=20", "speech.engine=command"];
    let seen = doctor(folder.path().to_str().unwrap(), &settings);
    let granted = says(&seen, "ok     real-time scheduling: SCHED_FIFO 20 is granted");
    let refused = says(&seen, "WRONG  real-time scheduling: SCHED_FIFO is refused");
    assert!(granted != refused, "{}", seen.out);
    assert_eq!(seen.code, if granted { 0 } else { 69 }, "{seen:?}");
    assert!(says(&seen, "ok     what the caller hears: "), "{}", seen.out);
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
