//! Killed while a recording is written anew with one track more.

#![allow(clippy::disallowed_methods)] // Real threads keep real time.

use crate::child;
use crate::desk::*;
use crate::recorded::recorded;
use crate::threads::Threads;
use mayorline::domain::call::{RecordId, RecordingKind};
use mayorline::gateway::media::{MediaCommand, PortRange};
use mayorline::store::{WIDENING_SUFFIX, recording_file, verify};
use mayorline::units::LegId;
use mayorline::wire::wav;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CYCLES: u32 = 12;
const TRACKS: u64 = 14;
/// What the recorder and the unfinished chunk may hold back, and what a busy machine is allowed to be
/// late.
const LATE_MAX: Duration = Duration::from_millis(1_000 + 300);
const NAME: &str = "widening::killed_at_any_instant_a_recording_is_whole_to_the_last_second";

fn file(cycle: u32) -> String {
    let day = jiff::civil::date(2026, 11, 22);
    recording_file(day, &call_id(cycle), RecordingKind::WholeCall, 1)
}

/// Records a call into which a leg comes every 40 ms, until it is killed.
fn record_until_killed(cycle: u32) {
    let mut threads = Threads::start(&child::data(), PortRange { first: 43_000, last: 43_199 });
    let _phones: Vec<_> = (0..=TRACKS).map(|id| threads.phone(id, 1)).collect();
    let record = RecordId(1);
    let (kind, samples_max) = (RecordingKind::WholeCall, u64::MAX);
    threads.command(0, MediaCommand::Record { record, kind, file: file(cycle), samples_max });
    println!("recording");
    for leg in (1..=TRACKS).map(LegId) {
        std::thread::sleep(Duration::from_millis(40));
        threads.command(0, MediaCommand::AddTrack { record, leg });
    }
    std::thread::sleep(Duration::from_secs(60));
}

/// How long the child had recorded when it was killed.
fn run_and_kill(data: &Path, cycle: u32) -> Duration {
    let mut child = child::command(NAME, &cycle.to_string(), data, "").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("recording")));
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(u64::from(90 + cycle * 7919 % 11 * 60)));
    let lasted = begun.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    lasted
}

fn leftovers(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("recordings/2026-11-22");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_string_lossy().ends_with(WIDENING_SUFFIX)).collect()
}

#[test]
fn killed_at_any_instant_a_recording_is_whole_to_the_last_second() {
    if let Some(cycle) = child::role() {
        return record_until_killed(cycle.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut widths = vec![];
    for cycle in 1..=CYCLES {
        let lasted = run_and_kill(folder.path(), cycle);
        let bytes = recorded(folder.path(), &file(cycle));
        let wav = wav::parse(&bytes).unwrap();
        let kept = Duration::from_micros(wav.frames() as u64 * 125);
        assert!(kept + LATE_MAX >= lasted, "{kept:?} of {lasted:?} in cycle {cycle}");
        widths.push(wav.channels.count());
    }
    assert!(widths.iter().any(|&width| width > 2), "{widths:?}");
    // What a kill in the middle of a copy leaves, even if none was hit just now.
    let stray = format!("{}{WIDENING_SUFFIX}", file(1));
    std::fs::write(folder.path().join(stray), [1; 99]).unwrap();
    open(folder.path()).close();
    assert!(leftovers(folder.path()).is_empty());
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.recordings, u64::from(CYCLES));
}
