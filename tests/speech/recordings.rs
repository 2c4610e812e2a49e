//! The committed recordings.

use jiff::civil::{date, time};
use mayorline::domain::case::{ExtensionReason, LawfulChannel, Nature, parse_units};
use mayorline::domain::speech::lexicon::{Lexicon, Saying};
use mayorline::domain::speech::script::{Format, Part, Script, Slot};
use mayorline::domain::speech::{Piece, PromptId, Value, plan};
use mayorline::gateway::prompts::{Library, Manifest, SLOW_FACTOR, check};
use mayorline::media::player::Segment;
use std::collections::BTreeMap;
use std::time::Duration;

/// The city's script counts 180 characters a minute; the sentences together stay this near.
const PACE: std::ops::RangeInclusive<f64> = 170.0..=195.0;
/// Slow speech, key 7 (domain.md, X09).
const SLOW_PACE: std::ops::RangeInclusive<f64> = 120.0..=140.0;
/// One sentence more or less: short ones and lists of keys differ from the mean.
const SENTENCE_PACE: std::ops::RangeInclusive<f64> = 130.0..=240.0;
/// Below this many characters a recording is a fragment, whose pace says nothing.
const SENTENCE_CHARS_MIN: usize = 6;
/// The recordings are part of the program, so they must not grow without a decision.
const TOTAL_BYTES_MAX: u64 = 28_000_000;

/// A caller must be able to hear a person within 15 s, so greeting and notice stay below this.
const GREETING_MS_MAX: u32 = 11_500;

#[test]
fn recordings_are_the_ones_of_the_manifest_and_fit_to_be_heard() {
    let report = check(None).unwrap();
    assert!(report.is_ok(), "{:#?}", report.faults);
    assert!(report.clips >= 800 && report.files >= 700, "{} {}", report.clips, report.files);
}

#[test]
fn greeting_leaves_time_for_a_person_within_fifteen_seconds() {
    let manifest = Manifest::builtin().unwrap();
    let greeting = manifest.clips.iter().filter(|clip| clip.id == "G01" || clip.id == "G02");
    let total: u32 = greeting.map(|clip| clip.duration_ms).sum();
    assert!((4_000..=GREETING_MS_MAX).contains(&total), "{total} ms");
}

#[test]
fn greeting_and_notice_end_within_eleven_and_a_half_seconds_as_they_are_played() {
    let library = Library::load(None).unwrap();
    let words = plan(PromptId::G01, &[]).then(plan(PromptId::G02, &[]));
    let played = library.resolve(&words, false).samples() / 8;
    assert!((4_000..=GREETING_MS_MAX as usize).contains(&played), "{played} ms");
}

#[test]
fn every_recording_says_that_it_is_synthetic() {
    for clip in Manifest::builtin().unwrap().clips {
        assert!(clip.synthetic && !clip.voice.is_empty(), "{}", clip.id);
        let path = format!("{}/prompts/zh-CN/{}", env!("CARGO_MANIFEST_DIR"), clip.file);
        let file = std::fs::read(path).unwrap();
        let said = file.windows(16).rev().take(64).any(|window| window == b"synthetic speech");
        assert!(said, "{}", clip.file);
    }
}

#[test]
fn every_prompt_resolves_to_sound() {
    let library = Library::load(None).unwrap();
    for &id in PromptId::ALL {
        let playlist = library.resolve(&plan(id, &[]), false);
        let sounds = playlist.segments.iter().filter(|segment| matches!(segment, Segment::Alaw(_)));
        assert!(sounds.count() > 0, "{id:?}");
    }
}

/// The value of a slot that has the most pieces.
fn sample(slot: &Slot) -> Value<'static> {
    match slot.format {
        Format::Digits => Value::Digits("19908765432"),
        Format::Cardinal | Format::Liang | Format::Ordinal => Value::Number(23),
        Format::Ymd | Format::Md | Format::Wd => Value::Date(date(2026, 12, 31)),
        Format::Time => Value::Time(time(14, 37, 0, 0)),
        Format::Word => Value::Word("unit.08"),
    }
}

#[test]
fn every_prompt_with_its_slots_filled_is_recorded_to_the_last_piece() {
    let library = Library::load(None).unwrap();
    let scripts: BTreeMap<&str, &[Part]> = Script::builtin().prompts().collect();
    for &id in PromptId::ALL {
        let slots = scripts[id.as_str()].iter().filter_map(|part| match part {
            Part::Slot(slot) => Some(slot),
            Part::Clip(..) | Part::Pause(_) => None,
        });
        let values: Vec<(&str, Value<'_>)> =
            slots.map(|slot| (slot.name.as_str(), sample(slot))).collect();
        let said = plan(id, &values);
        assert!(said.pieces.len() > values.len(), "{id:?}");
        for piece in &said.pieces {
            let Piece::Clip(clip) = piece else { continue };
            assert!(library.clip(clip).is_some(), "{id:?}: no recording of {clip}");
        }
        assert_eq!(library.resolve(&said, false).segments.len(), said.pieces.len(), "{id:?}");
    }
}

#[test]
fn every_word_the_rules_can_ask_for_is_recorded() {
    let library = Library::load(None).unwrap();
    let recorded: BTreeMap<String, String> =
        Manifest::builtin().unwrap().clips.into_iter().map(|clip| (clip.id, clip.text)).collect();
    for unit in parse_units(include_str!("../../config/units.toml")).unwrap() {
        assert_eq!(recorded.get(&unit.id), Some(&unit.name), "{}", unit.id);
    }
    let natures = [
        Nature::Consult,
        Nature::Help,
        Nature::Complaint,
        Nature::Report,
        Nature::Suggest,
        Nature::Praise,
        Nature::Other,
    ];
    let asked = natures
        .map(Nature::script_id)
        .into_iter()
        .chain(ExtensionReason::ALL.map(ExtensionReason::script_id))
        .chain(LawfulChannel::ALL.map(LawfulChannel::script_id));
    let pieces = Lexicon::builtin().clips().map(|(id, _)| id.as_ref());
    for id in asked.chain(pieces) {
        assert!(library.clip(id).is_some(), "no recording of {id}");
    }
}

/// Hanzi of a text: what is counted for the pace.
fn characters(text: &str) -> usize {
    text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count()
}

#[test]
fn sentences_run_at_the_pace_of_the_script_and_slow_speech_below_it() {
    let pieces: Vec<&str> = Lexicon::builtin().clips().map(|(id, _)| id.as_ref()).collect();
    let manifest = Manifest::builtin().unwrap();
    let sentences = manifest.clips.iter().filter(|clip| !pieces.contains(&clip.id.as_str()));
    let (mut spoken, mut ms) = (0, 0);
    for clip in sentences.filter(|clip| characters(&clip.text) >= SENTENCE_CHARS_MIN) {
        let pace = characters(&clip.text) as f64 * 60_000.0 / f64::from(clip.duration_ms);
        assert!(SENTENCE_PACE.contains(&pace), "{}: {pace:.0} a minute", clip.id);
        spoken += characters(&clip.text);
        ms += clip.duration_ms;
    }
    let pace = spoken as f64 * 60_000.0 / f64::from(ms);
    println!("{pace:.1} characters a minute, slow {:.1}", pace / f64::from(SLOW_FACTOR));
    assert!(PACE.contains(&pace), "{pace:.1}");
    assert!(SLOW_PACE.contains(&(pace / f64::from(SLOW_FACTOR))), "{pace:.1}");
}

#[test]
fn groups_of_a_number_are_apart_and_farther_when_said_again() {
    let lexicon = Lexicon::builtin();
    // domain.md 4.2, row 2.
    assert!(lexicon.group_pause(Saying::First) >= Duration::from_millis(250));
    for pause in [Lexicon::group_pause, Lexicon::piece_pause] {
        assert!(pause(lexicon, Saying::Again) > pause(lexicon, Saying::First));
    }
    assert!(lexicon.group_pause(Saying::First) > lexicon.piece_pause(Saying::First));
}

#[test]
fn recordings_together_are_no_larger_than_decided() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/zh-CN");
    let files: BTreeMap<String, u64> = Manifest::builtin()
        .unwrap()
        .clips
        .into_iter()
        .map(|clip| {
            let bytes = std::fs::metadata(root.join(&clip.file)).unwrap().len();
            (clip.file, bytes)
        })
        .collect();
    let total: u64 = files.values().sum();
    println!("{} files, {total} bytes", files.len());
    assert!(total <= TOTAL_BYTES_MAX, "{total}");
}
