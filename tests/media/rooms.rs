//! Who hears whom, and how well: bars A2, A3, A4, A5, A6 and A8.

use crate::audio::{alaw, frames, seeded, voice};
use crate::hall::{Hall, agreed, amplitude, decibel, idle, says, tone};
use mayorline::media::FRAME_SAMPLES;
use mayorline::media::gap::{clicks, silences};
use mayorline::media::leg::{Agreed, MediaEvent};
use mayorline::media::music::hold_music;
use mayorline::media::player::{Playlist, Segment};
use mayorline::media::room::{FADE, HEARD_MAX, Hearing};
use mayorline::units::LegId;
use mayorline::wire::g711::{ALAW_IDLE, Codec};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt};
use std::sync::Arc;

const SEED: u64 = 0x4001;
const A: Codec = Codec::Pcma;
/// Frequencies with whole periods in a second, apart from each other and from their harmonics.
const TONES: [f64; 5] = [430.0, 710.0, 1_130.0, 1_730.0, 2_310.0];
const TONE_LEVEL: f64 = 3_000.0;
const SETTLED: usize = 5;

/// `count` legs with a tone each, numbered from 1.
fn tones(count: usize) -> Hall {
    let mut hall = Hall::new();
    for (id, hz) in (1..).zip(TONES).take(count) {
        hall.enter(id, agreed(A, 20), tone(hz, TONE_LEVEL, A));
    }
    hall
}

/// How loud each tone is at one leg, in dB against how it was said.
fn levels(hall: &mut Hall, id: u64) -> Vec<f64> {
    let heard = hall.party(id).heard();
    TONES.iter().map(|&hz| decibel(amplitude(&heard, hz) / TONE_LEVEL)).collect()
}

/// Runs a second and checks who is heard by whom.
fn assert_heard(hall: &mut Hall, expected: &[(u64, &[u64])]) {
    hall.ticks(SETTLED);
    hall.forget();
    hall.ticks(50);
    for &(id, others) in expected {
        for (other, level) in (1..).zip(levels(hall, id)) {
            if others.contains(&other) {
                assert!(level.abs() <= 1.0, "{id} hears {other} at {level:.2} dB");
            } else {
                assert!(level <= -45.0, "{id} must not hear {other}: {level:.2} dB");
            }
        }
    }
}

fn speech(seed: u64, seconds: f64) -> Vec<u8> {
    alaw(&voice(&mut seeded(seed), seconds, 1_500.0))
}

fn noise_codes(len: usize) -> Vec<u8> {
    let mut codes = vec![0; len];
    seeded(SEED).fill_bytes(&mut codes);
    codes
}

#[test]
fn each_of_five_hears_the_others_at_their_level_and_never_itself() {
    let mut hall = tones(5);
    hall.join_all();
    let all: Vec<u64> = (1..=5).collect();
    for id in 1..=5 {
        let others: Vec<u64> = all.iter().copied().filter(|&other| other != id).collect();
        assert_heard(&mut hall, &[(id, &others)]);
    }
}

#[test]
fn hold_mute_deaf_and_private_talk_are_sets_of_who_hears_whom() {
    let mut hall = tones(4);
    let set = |hall: &mut Hall, sets: [&[u64]; 4]| {
        for (id, of) in (1..).zip(sets) {
            hall.hear(id, Hearing::of(of.iter().map(|&id| LegId(id))));
        }
    };
    // The citizen is 1, the operator 2, the department 3, a supervisor 4.
    for sets in [
        [&[2_u64][..], &[1], &[], &[]],                   // two talk
        [&[2, 3], &[1, 3], &[1, 2], &[]],                 // three-way
        [&[3], &[1, 3], &[1], &[]],                       // the operator is muted
        [&[2, 3], &[], &[1, 2], &[]],                     // the operator is deaf
        [&[], &[3], &[2], &[]],                           // a private word, the citizen on hold
        [&[3], &[], &[1], &[]],                           // the operator has left the two
        [&[2, 3], &[1, 3], &[1, 2], &[1, 2, 3]],          // a supervisor listens
        [&[2, 3], &[1, 3, 4], &[1, 2], &[1, 2, 3]],       // whispers to the operator alone
        [&[2, 3, 4], &[1, 3, 4], &[1, 2, 4], &[1, 2, 3]], // barges in
    ] {
        set(&mut hall, sets);
        let expected: Vec<(u64, &[u64])> = (1..).zip(sets).collect();
        assert_heard(&mut hall, &expected);
    }
}

#[test]
fn one_talker_of_the_same_codec_passes_bit_by_bit_beside_idle_legs() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let codes = noise_codes(40 * FRAME_SAMPLES);
        let mut hall = Hall::new();
        hall.enter(1, agreed(codec, 20), says(codes.clone(), codec));
        hall.enter(2, agreed(codec, 20), idle(codec));
        hall.enter(3, agreed(codec, 30), idle(codec));
        hall.join_all();
        hall.ticks(60);
        for id in [2, 3] {
            let heard = hall.party(id).codes();
            let start = (0..heard.len() - codes.len())
                .find(|&at| heard[at + FADE..at + codes.len()] == codes[FADE..]);
            assert!(
                start.is_some_and(|at| at <= 2 * FRAME_SAMPLES),
                "{codec:?} at {id}: {start:?}"
            );
        }
        assert!(hall.party(1).codes().iter().all(|&code| code == codec.idle()), "own voice");
    }
}

#[test]
fn between_the_two_laws_one_talker_is_converted_once() {
    let codes = noise_codes(40 * FRAME_SAMPLES);
    let mut hall = Hall::new();
    hall.enter(1, agreed(Codec::Pcma, 20), says(codes.clone(), Codec::Pcma));
    hall.enter(2, agreed(Codec::Pcmu, 20), idle(Codec::Pcmu));
    hall.join_all();
    hall.ticks(60);
    let converted = |&code: &u8| Codec::Pcmu.encode(Codec::Pcma.decode(code));
    let wanted: Vec<u8> = codes.iter().map(converted).collect();
    let heard = hall.party(2).codes();
    let tail = &wanted[FRAME_SAMPLES..];
    assert!(heard.windows(tail.len()).any(|window| window == tail));
}

#[test]
fn three_who_talk_at_once_are_not_clipped() {
    let mut hall = Hall::new();
    for id in 1..=4 {
        let codes = if id == 4 { vec![] } else { speech(SEED + id, 20.0) };
        hall.enter(id, agreed(A, 20), says(codes, A));
    }
    hall.join_all();
    hall.ticks(1_000);
    let heard = hall.party(4).heard();
    let full = heard.iter().filter(|sample| sample.unsigned_abs() >= 32_000).count();
    assert!(full * 10_000 < heard.len(), "{full} samples at full scale");
    // The sum is the sum: sample by sample what the three said, but for the code's own step.
    let spoken: Vec<Vec<u8>> = (1..=3).map(|id| speech(SEED + id, 20.0)).collect();
    for at in (FRAME_SAMPLES * 100..FRAME_SAMPLES * 900).step_by(97) {
        let sum: i32 = spoken.iter().map(|codes| i32::from(A.decode(codes[at]))).sum();
        let got = i32::from(heard[at + FRAME_SAMPLES]);
        assert!((sum - got).abs() <= 16 + sum.abs() / 32, "{sum} became {got}");
    }
}

#[test]
fn the_mixer_adds_no_delay_to_that_of_the_jitter_buffer() {
    let mut codes = vec![ALAW_IDLE; 10 * FRAME_SAMPLES];
    codes.extend([0x2A; FRAME_SAMPLES]);
    let mut hall = Hall::new();
    hall.enter(1, agreed(A, 20), says(codes, A));
    hall.enter(2, agreed(A, 20), idle(A));
    hall.join_all();
    hall.ticks(30);
    let heard = hall.party(2).codes();
    let onset = heard.iter().position(|&code| code == 0x2A).unwrap();
    // One frame of the jitter buffer: what came before a tick is heard in the next.
    assert_eq!(onset, 11 * FRAME_SAMPLES);
}

/// One change that a call may see; the stream of nobody may show a step.
fn disturb(hall: &mut Hall, rng: &mut SmallRng, held: &mut bool) {
    let ids: Vec<u64> = hall.parties.iter().map(|party| party.id.0).collect();
    let some = |rng: &mut SmallRng| ids[rng.random_range(0..ids.len())];
    match rng.random_range(0..8) {
        0..=2 => {
            let (who, others) = (some(rng), [some(rng), some(rng)]);
            let mut hearing = Hearing::of(others.map(LegId));
            hearing.music = rng.random_range(0..4) == 0;
            hall.hear(who, hearing);
        }
        3 => hall.join_all(),
        4 => {
            *held = !*held;
            let open = Agreed { receive: !*held, ..agreed(A, 20) };
            let now = hall.now;
            hall.party(1).leg.update(open, now);
        }
        5 => {
            // A steep voice over two such tones would be a click by itself.
            let prompt = alaw(&voice(&mut seeded(SEED), 0.7, 150.0));
            let list = Playlist { segments: vec![Segment::Alaw(prompt.into())] };
            let (who, over) = (some(rng), rng.random_range(0..2) == 0);
            let leg = &mut hall.party(who).leg;
            if over { leg.play_over(1, Arc::new(list)) } else { leg.play(1, Arc::new(list)) }
        }
        6 => {
            let who = some(rng);
            hall.party(who).leg.stop_play();
        }
        _ => {
            if ids.contains(&4) {
                hall.leave(4);
            } else {
                hall.enter(4, agreed(A, 20), tone(250.0, LOUD, A));
            }
        }
    }
}

/// So loud that a cut at the crest is a click, and two such tones are none.
const LOUD: f64 = 10_000.0;

#[test]
fn in_ten_minutes_of_joining_holding_and_leaving_nobody_hears_a_click_or_a_gap() {
    let mut rng = seeded(SEED);
    let mut hall = Hall::new();
    hall.music = hold_music();
    for (id, hz) in (1..).zip([310.0, 270.0, 350.0]) {
        hall.enter(id, agreed(A, 20), tone(hz, LOUD, A));
    }
    hall.join_all();
    let mut held = false;
    for _ in 0..30_000 {
        if rng.random_range(0..10) == 0 {
            disturb(&mut hall, &mut rng, &mut held);
        }
        hall.tick();
    }
    for id in 1..=3 {
        let party = hall.party(id);
        assert_eq!(party.sent.len(), 30_000, "one packet a tick");
        for pair in party.sent.windows(2) {
            assert_eq!(pair[1].0.sequence, pair[0].0.sequence.wrapping_add(1));
            assert_eq!(pair[1].0.timestamp, pair[0].0.timestamp.wrapping_add(160));
        }
        assert_eq!(clicks(&party.heard()), [0_usize; 0], "leg {id}");
    }
}

#[test]
fn ten_minutes_of_a_quiet_three_way_call_have_no_hole() {
    let mut hall = tones(3);
    hall.join_all();
    hall.ticks(30_000);
    for id in 1..=3 {
        let heard = hall.party(id).heard();
        assert!(silences(&heard[3 * FRAME_SAMPLES..], FRAME_SAMPLES).is_empty());
    }
}

#[test]
fn a_whisper_is_heard_over_the_talk_and_an_announcement_in_its_place() {
    let prompt = speech(SEED, 1.0);
    let list = Arc::new(Playlist { segments: vec![Segment::Alaw(prompt.as_slice().into())] });
    let mut hall = tones(2);
    hall.join_all();
    hall.ticks(SETTLED);
    hall.forget();
    hall.party(1).leg.play_over(1, Arc::clone(&list));
    hall.ticks(prompt.len() / FRAME_SAMPLES);
    let level = levels(&mut hall, 1)[1];
    assert!(level.abs() < 1.0, "the other is heard under a whisper: {level:.1} dB");
    hall.ticks(SETTLED);
    hall.forget();
    hall.party(1).leg.play(2, list);
    hall.ticks(prompt.len() / FRAME_SAMPLES);
    let heard = hall.party(1).codes();
    assert_eq!(heard[FADE..], prompt[FADE..heard.len()], "bit by bit once the talk has faded");
    let ends = [1, 2].map(MediaEvent::PlayDone);
    assert!(hall.party(1).events.ends_with(&ends), "{:?}", hall.party(1).events);
    assert_heard(&mut hall, &[(1, &[2]), (2, &[1])]);
}

#[test]
fn in_a_room_a_prompt_waits_for_the_tick_because_audio_flows_already() {
    let mut hall = tones(2);
    hall.join_all();
    hall.ticks(SETTLED);
    let list = Playlist { segments: vec![Segment::Alaw(vec![7; 400].into())] };
    hall.party(1).leg.play(1, Arc::new(list));
    crate::hall::drain(hall.party(1));
    assert_eq!(hall.party(1).sent.len(), SETTLED);
}

#[test]
fn hold_music_is_heard_bit_by_bit_and_goes_round() {
    let music = hold_music();
    let mut hall = Hall::new();
    hall.music = Arc::clone(&music);
    hall.enter(1, agreed(A, 20), idle(A));
    hall.hear(1, Hearing::MUSIC);
    hall.ticks(music.len() / FRAME_SAMPLES + 10);
    let wanted = [&music[..], &music[..10 * FRAME_SAMPLES]].concat();
    let heard = hall.party(1).codes();
    assert_eq!(heard[FADE..], wanted[FADE..heard.len()]);
    assert_eq!(heard.len(), wanted.len());
}

#[test]
fn a_ninth_voice_is_not_heard_and_a_leg_that_names_itself_stays_silent() {
    let mut hall = Hall::new();
    for id in 1..=10 {
        hall.enter(id, agreed(A, 20), tone(100.0 * id as f64 + 200.0, 500.0, A));
    }
    let all: Vec<LegId> = (2..=10).map(LegId).collect();
    hall.hear(1, Hearing::of(all));
    hall.hear(2, Hearing::of([LegId(2)]));
    hall.ticks(SETTLED);
    hall.forget();
    hall.ticks(50);
    let heard = hall.party(1).heard();
    let level = |id: u64| decibel(amplitude(&heard, 100.0 * id as f64 + 200.0) / 500.0);
    let last = u64::try_from(HEARD_MAX).unwrap() + 1;
    assert!((2..=last).all(|id| level(id).abs() < 1.0) && level(last + 1) < -30.0);
    assert!(hall.party(2).codes().iter().all(|&code| code == ALAW_IDLE));
}

#[test]
fn the_next_frames_of_a_talker_are_heard_whole_by_one_who_joins_late() {
    let spoken = speech(SEED, 10.0);
    let mut hall = Hall::new();
    hall.enter(1, agreed(A, 20), says(spoken.clone(), A));
    hall.enter(2, agreed(A, 20), idle(A));
    hall.ticks(100);
    hall.forget();
    hall.join_all();
    hall.ticks(200);
    let heard = hall.party(2).codes();
    let from = 99 * FRAME_SAMPLES;
    assert_eq!(heard[FADE..], spoken[from + FADE..from + heard.len()]);
    assert_eq!(frames(&hall.party(2).heard()).len(), 200);
}
