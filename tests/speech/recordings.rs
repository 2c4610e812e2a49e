//! The committed recordings.

use mayorline::domain::speech::{PromptId, plan};
use mayorline::gateway::prompts::{Library, Manifest, check};
use mayorline::media::player::Segment;

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
