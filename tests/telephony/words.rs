//! What is said to those of a three-way call, by its recorded words: W08 to the citizen who begins to
//! wait, bit for bit and before the music; W07 to both who stay when the seat leaves, over the tones
//! that they say.

use crate::carrier::Talk;
use crate::hearing::Hears::{Music, Of};
use crate::hearing::{CITIZEN, Party, SEAT, UNIT, heard, tone_hz};
use crate::line::{PROMPTS, SENTENCE_LIMIT};
use crate::seats::SOON;
use crate::support::audio::{FRAME, RATE_HZ, from_alaw, level_db, tone_share};
use crate::support::free_udp_port;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use crate::three_way::DUTY;
use crate::verbs::{consult, settings};
use serde_json::json;
use std::f64::consts::TAU;

/// Edges of a sentence in which what was heard before fades away, and what follows begins.
const EDGE: usize = 5 * FRAME;
/// Frames between two voices in which both, or neither, are heard.
const ODD_FRAMES_MAX: usize = 5;
/// A frame above it holds a sound.
const SOUND_DB: f64 = -55.0;
/// By this part of a sentence, its loudest, it is looked for.
const NEEDLE: usize = 800;
/// Of that part in what is heard, with some of the tone that is like it.
const NEEDLE_GAIN: std::ops::RangeInclusive<f64> = 0.7..=1.3;
/// A sentence is judged by half seconds.
const WINDOW: usize = 4_000;
/// Half seconds below it tell nothing.
const WORDS_DB: f64 = -40.0;
/// Half seconds in which the tone itself may be broken, on a machine that has much to do.
const ODD_WINDOWS_MAX: usize = 3;
/// Likeness of the words to what is left of a half second without the tone.
const ALIKE_MIN: f64 = 0.9;
/// And their level, within 1.5 dB.
const GAIN: std::ops::RangeInclusive<f64> = 0.84..=1.19;

/// A half second without this tone.
fn without(samples: &[i16], hz: f64) -> Vec<f64> {
    let wave = |n: usize| (TAU * hz * n as f64 / f64::from(RATE_HZ)).sin_cos();
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let (s, c) = wave(n);
        sine += f64::from(*sample) * s;
        cosine += f64::from(*sample) * c;
    }
    let scale = 2.0 / samples.len() as f64;
    let rest = |(n, sample): (usize, &i16)| {
        let (s, c) = wave(n);
        f64::from(*sample) - scale * (sine * s + cosine * c)
    };
    samples.iter().enumerate().map(rest).collect()
}

fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Where the part of a sentence begins by which it is looked for.
fn needle(words: &[i16]) -> usize {
    let places = (0..=words.len() - NEEDLE).step_by(FRAME);
    let level = |at: &usize| level_db(&words[*at..*at + NEEDLE]);
    places.max_by(|one, other| level(one).total_cmp(&level(other))).unwrap_or(0)
}

/// Whether these words begin here at their level, over this tone: each half second of them but few.
fn are_said(heard: &[i16], words: &[i16], at: usize, hz: f64) -> bool {
    let dot = |one: &[i16], other: &[i16]| -> f64 {
        one.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let part = &words[at..at + NEEDLE];
    if !NEEDLE_GAIN.contains(&(dot(&heard[at..at + NEEDLE], part) / dot(part, part))) {
        return false;
    }
    let windows = heard.chunks_exact(WINDOW).zip(words.chunks_exact(WINDOW));
    let judged = windows.filter(|(_, words)| level_db(words) > WORDS_DB).map(|(heard, words)| {
        let (heard, words) = (without(heard, hz), without(words, hz));
        let (both, own) = (product(&heard, &words), product(&words, &words));
        both / (own * product(&heard, &heard)).sqrt() > ALIKE_MIN && GAIN.contains(&(both / own))
    });
    let mut odd = 0;
    for fits in judged {
        odd += usize::from(!fits);
        if odd > ODD_WINDOWS_MAX {
            return false;
        }
    }
    true
}

/// Waits until a sentence was heard over the tone of somebody else.
fn hears_over(who: &str, party: &Party<'_>, id: &str, tone: usize, mark: usize) {
    let words = from_alaw(PROMPTS.bytes(id));
    let at = needle(&words);
    let mut next = 0;
    let found = wait_for(SENTENCE_LIMIT, || {
        let samples = party.since(mark);
        let last = samples.len().checked_sub(words.len())?;
        let found = (next..=last)
            .find(|from| are_said(&samples[*from..*from + words.len()], &words, at, tone_hz(tone)));
        next = last + 1;
        found
    });
    assert!(found.is_some(), "{who} does not hear {id} over the tone {}", tone_hz(tone));
}

/// The words of a sentence are heard whole before any music is.
fn hears_before_music(talk: &Talk, citizen: &Party<'_>, id: &str, mark: usize) {
    let words = PROMPTS.bytes(id);
    let words = &words[EDGE..words.len() - EDGE];
    let at = talk.call.wait_heard(words, SENTENCE_LIMIT);
    let at =
        at.unwrap_or_else(|| panic!("no {id} bit for bit; heard {:?}", PROMPTS.ids(&talk.call)));
    assert!(at >= mark, "{id} is heard before he waits");
    let before = citizen.since(mark);
    let before = &before[..at.saturating_sub(mark + EDGE)];
    let odd = |frame: &&[i16]| level_db(frame) > SOUND_DB && tone_share(frame, tone_hz(SEAT)) < 0.5;
    let odd = before.chunks_exact(FRAME).filter(odd).count();
    assert!(odd <= ODD_FRAMES_MAX, "{odd} frames before {id} are neither the seat nor silence");
}

pub(crate) fn who_waits_is_told_so_before_the_music_and_who_stays_that_the_seat_has_left() {
    let port = free_udp_port();
    let talk = Talk::with("19900000085", &["801"], &settings(&[port], &[("unit.13", &[DUTY])]));
    let duty = Phone::outside(talk.house.service.udp(), DUTY, port).habit(Habit::Rings);
    let citizen = Party::citizen(&talk.call);
    let seat = Party::phone("the seat", SEAT, &talk.seat);
    heard("at first", &[(&citizen, Of(&[&seat])), (&seat, Of(&[&citizen]))]);
    let mark = citizen.mark();
    let party = consult(&talk, "unit.13", &duty);
    hears_before_music(&talk, &citizen, "W08", mark);
    heard("while he waits", &[(&citizen, Music)]);

    let unit = Party::phone("the unit", UNIT, &duty);
    talk.desk.done(json!({"do": "join", "party": party}));
    heard(
        "when it is joined",
        &[
            (&citizen, Of(&[&seat, &unit])),
            (&seat, Of(&[&citizen, &unit])),
            (&unit, Of(&[&citizen, &seat])),
        ],
    );
    let marks = (citizen.mark(), unit.mark());
    talk.desk.done(json!({"do": "leave"}));
    assert!(talk.seat.wait_over(SOON), "the seat's telephone is free");
    hears_over("the citizen", &citizen, "W07", UNIT, marks.0);
    hears_over("the unit", &unit, "W07", CITIZEN, marks.1);
    heard("without the seat", &[(&citizen, Of(&[&unit])), (&unit, Of(&[&citizen]))]);
    assert_eq!(talk.call.request("BYE", "", ""), Some(200));
    assert!(duty.wait_over(2 * SOON), "the last leg ends, after goodbye");
}
