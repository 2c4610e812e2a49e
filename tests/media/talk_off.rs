//! Bar A9, talk-off: an hour of real sentences, every prompt there is at three levels, and no word
//! of them is taken for a key.

use crate::audio::{frames, recordings, through_alaw};
use mayorline::media::dtmf::ToneDetector;
use mayorline::wire::wav;

/// A loud talker, an ordinary one, a distant one: gain over the -26 dBov of the prompts.
const GAINS: [f64; 3] = [3.0, 1.0, 0.3];
const SPEECH_SECONDS_MIN: usize = 3_600;

#[test]
fn no_word_of_an_hour_of_speech_is_taken_for_a_key() {
    let files = recordings();
    let (mut heard, mut seconds) = (Vec::new(), 0);
    for gain in GAINS {
        let mut detector = ToneDetector::new();
        for path in &files {
            let bytes = std::fs::read(path).unwrap();
            let speech = wav::parse(&bytes).unwrap().samples().map(|sample| {
                let louder = (f64::from(sample) * gain).clamp(-32_768.0, 32_767.0);
                louder as i16
            });
            let speech: Vec<i16> = speech.collect();
            seconds += speech.len();
            for frame in frames(&through_alaw(&speech)) {
                heard.extend(detector.hear(frame).map(|digit| (path.clone(), gain, digit)));
            }
        }
    }
    assert!(seconds / 8_000 >= SPEECH_SECONDS_MIN, "only {} s of speech", seconds / 8_000);
    assert_eq!(heard, [], "speech taken for keys");
}
