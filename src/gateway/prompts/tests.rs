//! The library with and without an overlay folder.

use super::*;
use crate::domain::speech::{PromptId, plan};
use crate::media::level;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A voice-like sound of the right level: a 200 Hz tone with a slow swell, framed by silence.
fn recording(level_db: f64, milliseconds: u32) -> Vec<u8> {
    let count = milliseconds * 8;
    let tone = |n: u32| {
        let phase = f64::from(n) / 8_000.0 * TAU;
        let edge = n < 240 || n + 480 > count;
        let swell = if edge { 0.0 } else { 1.0 + 0.3 * (phase * 4.0).sin() };
        (phase * 200.0).sin() * swell
    };
    let raw: Vec<f64> = (0..count).map(tone).collect();
    let unit: Vec<i16> = raw.iter().map(|s| crate::media::to_sample(s * 4_000.0)).collect();
    let gain = 10_f64.powf((level_db - level::measure(&unit).active_dbov) / 20.0) * 4_000.0;
    let data: Vec<u8> =
        raw.iter().flat_map(|s| crate::media::to_sample(s * gain).to_le_bytes()).collect();
    let header = wav::header(Channels::Mono, u32::try_from(data.len()).unwrap());
    [&header[..], &data].concat()
}

fn overlay(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path: PathBuf = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn built_in_prompts_load_and_play() {
    let library = Library::load(None).unwrap();
    assert_eq!(library.own_recordings(), 0);
    let playlist = library.resolve(&plan(PromptId::G01, &[]).then(plan(PromptId::G02, &[])), false);
    let [Segment::Alaw(first), Segment::Silence { samples: 2_400 }, Segment::Alaw(second)] =
        playlist.segments.as_slice()
    else {
        panic!("{} segments", playlist.segments.len());
    };
    assert!(Arc::ptr_eq(first, library.clip("G01").unwrap()));
    assert_ne!(first, second);
}

#[test]
fn alaw_of_a_prompt_keeps_its_level() {
    let library = Library::load(None).unwrap();
    let samples: Vec<i16> =
        library.clip("G03N").unwrap().iter().map(|&a| Codec::Pcma.decode(a)).collect();
    let level = level::measure(&samples).active_dbov;
    assert!((level - PROMPT_LEVEL_DBOV).abs() < LEVEL_TOLERANCE_DB, "{level}");
}

#[test]
fn tone_is_400_ms_at_the_level_of_the_prompts() {
    let samples: Vec<i16> = tone().iter().map(|&a| Codec::Pcma.decode(a)).collect();
    assert_eq!(samples.len(), 3_200);
    let level = level::rms_dbov(&samples);
    assert!((level - PROMPT_LEVEL_DBOV).abs() < 0.5, "{level}");
    // 1000 Hz crosses zero upwards 400 times in 400 ms.
    let upwards = samples.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count();
    assert!((398..=401).contains(&upwards), "{upwards}");
}

#[test]
fn slow_speech_is_longer_at_the_same_level() {
    let library = Library::load(None).unwrap();
    let said = plan(PromptId::M05, &[]);
    for id in ["M05.1", "M05.2"] {
        library.clips[id].make_slow();
    }
    let (normal, slow) = (library.resolve(&said, false), library.resolve(&said, true));
    let ratio = slow.samples() as f64 / normal.samples() as f64;
    assert!((ratio - f64::from(SLOW_FACTOR)).abs() < 0.02, "{ratio}");
    let [Segment::Alaw(bytes), ..] = slow.segments.as_slice() else { panic!("no sound") };
    let samples: Vec<i16> = bytes.iter().map(|&a| Codec::Pcma.decode(a)).collect();
    assert!((level::measure(&samples).active_dbov - PROMPT_LEVEL_DBOV).abs() < 1.5);
    assert_eq!(slow, library.resolve(&said, true));
}

#[test]
fn slow_speech_that_is_not_made_yet_is_played_at_normal_pace_with_longer_pauses() {
    let library = Library::load(None).unwrap();
    let said = plan(PromptId::G01, &[]).then(plan(PromptId::G02, &[]));
    let slow = library.resolve(&said, true);
    let [Segment::Alaw(first), Segment::Silence { samples }, Segment::Alaw(_)] =
        slow.segments.as_slice()
    else {
        panic!("{} segments", slow.segments.len());
    };
    assert!(Arc::ptr_eq(first, library.clip("G01").unwrap()));
    assert!((f64::from(*samples) / 2_400.0 - f64::from(SLOW_FACTOR)).abs() < 0.01, "{samples}");
    assert!(library.clips["G01"].slow.get().is_none(), "asking must not stretch");
    // A thread in the background makes it; whoever asks meanwhile gets one form or the other.
    let library = Arc::new(library);
    let worker = Arc::clone(&library);
    let thread = std::thread::spawn(move || worker.clips["G01"].make_slow());
    let lengths = [library.clip("G01").unwrap().len(), slow_len(&library)];
    assert!(lengths[1] >= lengths[0]);
    thread.join().unwrap();
    let ratio = slow_len(&library) as f64 / lengths[0] as f64;
    assert!((ratio - f64::from(SLOW_FACTOR)).abs() < 0.02, "{ratio}");
}

/// Bytes that slow speech plays for G01.
fn slow_len(library: &Library) -> usize {
    library.clips["G01"].slow().len()
}

#[test]
fn recording_of_the_city_wins_file_by_file() {
    let own = recording(-26.0, 1_500);
    let folder = overlay(&[("opening/G01.wav", &own)]);
    let library = Library::load(Some(folder.path())).unwrap();
    let builtin = Library::load(None).unwrap();
    assert_eq!(library.own_recordings(), 1);
    assert_eq!(library.clip("G01").unwrap().len(), 12_000);
    assert_eq!(library.clip("G02"), builtin.clip("G02"));
    let report = check(Some(folder.path())).unwrap();
    assert!(report.is_ok(), "{:?}", report.faults);
    assert_eq!((report.own, report.synthetic), (1, report.files - 1));
    let (all, rest) =
        (recording_sheet(None).unwrap(), recording_sheet(Some(folder.path())).unwrap());
    assert!(all.starts_with("\u{FEFF}id,text,file,duration_ms\r\nG01,\"您好，"));
    assert_eq!(all.lines().count(), report.files + 1);
    assert_eq!(rest.lines().count(), report.files);
}

#[test]
fn bad_recordings_are_named_with_what_is_wrong() {
    let stereo = [&wav::header(Channels::Stereo, 8)[..], &[0; 8]].concat();
    let loud = recording(-20.0, 1_000);
    let cut = &recording(-26.0, 1_000)[..6_000];
    let unframed: Vec<u8> = {
        let whole = recording(-26.0, 1_000);
        let data = &whole[44 + 480..];
        [&wav::header(Channels::Mono, u32::try_from(data.len()).unwrap())[..], data].concat()
    };
    for (bytes, what) in [
        (&stereo[..], "stereo"),
        (&loud, "speech level -20.0 dBov"),
        (cut, "cut off"),
        (b"no sound at all", ""),
        (&unframed, "before the speech"),
    ] {
        let folder = overlay(&[("opening/G01.wav", bytes)]);
        let report = check(Some(folder.path())).unwrap();
        let [fault] = report.faults.as_slice() else { panic!("{what}: {:?}", report.faults) };
        assert!(fault.file == "opening/G01.wav" && fault.what.contains(what), "{fault:?}");
    }
}

#[test]
fn unreadable_recording_refuses_to_load_and_names_the_file() {
    let long = vec![0; usize::try_from(RECORDING_BYTES_MAX).unwrap() + 1];
    for bytes in [&b"RIFF"[..], &long] {
        let folder = overlay(&[("message/M01.wav", bytes)]);
        let error = Library::load(Some(folder.path())).unwrap_err();
        assert!(error.to_string().starts_with("message/M01.wav: "), "{error}");
    }
}

#[test]
fn misnamed_recording_is_found() {
    let folder = overlay(&[("opening/G1.wav", &recording(-26.0, 1_000))]);
    let report = check(Some(folder.path())).unwrap();
    assert_eq!(report.faults.len(), 1);
    assert!(
        report.faults[0].file == "opening/G1.wav" && report.faults[0].what.contains("misnamed")
    );
}
