//! Who hears whom, by tones that everybody says without a pause: the newest half second is judged.

use crate::support::audio::{RATE_HZ, dtmf_pair, level_db, tones};
use crate::support::citizen::Call;
use crate::support::phone::Phone;
use crate::support::wait_for;
use std::f64::consts::TAU;
use std::time::{Duration, Instant};

/// The tone of each party. None is a partial of the hold music, near a tone of a key, or where low
/// products of two or three of the others fall.
const TONES: [f64; 5] = [1_013.0, 1_117.0, 1_523.0, 1_831.0, 2_677.0];
/// Places among them.
pub(crate) const CITIZEN: usize = 0;
pub(crate) const SEAT: usize = 1;
pub(crate) const UNIT: usize = 2;
pub(crate) const SECOND: usize = 3;
pub(crate) const THIRD: usize = 4;
/// Of 32,768.
const PEAK: f64 = 5_000.0;
/// Longer than any of these calls.
const SPOKEN_MS: u32 = 120_000;
/// Half a second.
const WINDOW: usize = 4_000;
/// The same as time, with what is on its way.
const WINDOW_TIME: Duration = Duration::from_millis(600);
/// A5: at its level within this.
const LEVEL_DB: f64 = 1.0;
/// A tone that is not to be heard is so far below its level at least.
const ABSENT_DB: f64 = -45.0;
/// Hold music is at -30 dB of full scale, a soft half second of it some 10 dB below.
const MUSIC_DB: std::ops::RangeInclusive<f64> = -45.0..=-22.0;
/// Below that nothing is heard.
const SILENT_DB: f64 = -60.0;
/// The longest sentence (W02) takes 17 s.
const LIMIT: Duration = Duration::from_secs(25);

/// Whoever says a tone and is asked what he hears.
pub(crate) struct Party<'a> {
    who: &'static str,
    tone: usize,
    ear: Ear<'a>,
}

#[derive(Clone, Copy)]
enum Ear<'a> {
    Citizen(&'a Call),
    Phone(&'a Phone),
}

/// What a party is to hear.
#[derive(Clone, Copy)]
pub(crate) enum Hears<'a> {
    /// These at their level, and nobody else.
    Of(&'a [&'a Party<'a>]),
    /// Hold music and nobody.
    Music,
    /// Silence.
    Nothing,
}

impl<'a> Party<'a> {
    /// The citizen begins to say his tone.
    pub(crate) fn citizen(call: &'a Call) -> Self {
        call.go_on_speaking(&tones(&[TONES[CITIZEN]], PEAK, SPOKEN_MS));
        Self { who: "the citizen", tone: CITIZEN, ear: Ear::Citizen(call) }
    }

    /// Somebody at a telephone that talks begins to say his.
    pub(crate) fn phone(who: &'static str, tone: usize, phone: &'a Phone) -> Self {
        phone.go_on_speaking(&tones(&[TONES[tone]], PEAK, SPOKEN_MS));
        Self { who, tone, ear: Ear::Phone(phone) }
    }

    /// How much he has heard so far, for [`Self::since`].
    pub(crate) fn mark(&self) -> usize {
        match self.ear {
            Ear::Citizen(call) => call.heard().audio().len(),
            Ear::Phone(phone) => phone.heard().audio().len(),
        }
    }

    /// What he has heard since a mark.
    pub(crate) fn since(&self, mark: usize) -> Vec<i16> {
        match self.ear {
            Ear::Citizen(call) => call.samples(mark),
            Ear::Phone(phone) => phone.samples(mark),
        }
    }

    /// The greatest share that the tone of `other` had in any half second since a mark.
    pub(crate) fn clearest(&self, other: &Party<'_>, mark: usize) -> f64 {
        crate::carrier::clearest(&self.since(mark), TONES[other.tone])
    }

    fn newest(&self) -> Vec<i16> {
        match self.ear {
            Ear::Citizen(call) => call.newest(WINDOW),
            Ear::Phone(phone) => phone.newest(WINDOW),
        }
    }

    /// Waits until the newest half second, all of it after `begun`, is such.
    fn wait(&self, when: &str, begun: Instant, wanted: Hears<'_>) {
        let mut last = None;
        let heard = wait_for(LIMIT, || {
            let samples = self.newest();
            if begun.elapsed() < WINDOW_TIME || samples.len() < WINDOW {
                return None;
            }
            let levels = TONES.map(|hz| tone_db(&samples, hz, PEAK));
            let level = level_db(&samples);
            last = Some((levels, level));
            wanted.fits(&levels, level).then_some(())
        });
        assert!(heard.is_some(), "{when}, {} hears {TONES:?} and in all at {last:.1?}", self.who);
    }
}

impl Hears<'_> {
    fn fits(self, levels: &[f64; TONES.len()], level: f64) -> bool {
        let others = match self {
            Hears::Of(others) => others,
            Hears::Music | Hears::Nothing => &[],
        };
        let each = levels.iter().enumerate().all(|(tone, level)| {
            match others.iter().any(|other| other.tone == tone) {
                true => level.abs() <= LEVEL_DB,
                false => *level <= ABSENT_DB,
            }
        });
        let all = match self {
            Hears::Of(_) => true,
            Hears::Music => MUSIC_DB.contains(&level),
            Hears::Nothing => level < SILENT_DB,
        };
        each && all
    }
}

/// From now on, or when what is said to them is over, each of these hears that.
pub(crate) fn heard(when: &str, wanted: &[(&Party<'_>, Hears<'_>)]) {
    let begun = Instant::now();
    for (party, hears) in wanted {
        party.wait(when, begun, *hears);
    }
}

/// The level of a tone in dB against one of that peak; the window (Hann) keeps the others out.
pub(crate) fn tone_db(samples: &[i16], hz: f64, peak: f64) -> f64 {
    let len = samples.len() as f64;
    let coefficient = 2.0 * (TAU * hz / f64::from(RATE_HZ)).cos();
    let (mut s1, mut s2) = (0.0_f64, 0.0_f64);
    for (n, sample) in samples.iter().enumerate() {
        let weight = 0.5 - 0.5 * (TAU * n as f64 / len).cos();
        let s0 = f64::from(*sample) * weight + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    let amplitude = 4.0 * power.max(0.0).sqrt() / len;
    20.0 * (amplitude / peak).max(1e-6).log10()
}

/// The same for the tone of a party at the peak at which it is said.
pub(crate) fn party_db(samples: &[i16], tone: usize) -> f64 {
    tone_db(samples, TONES[tone], PEAK)
}

/// The frequency of the tone of a party.
pub(crate) fn tone_hz(tone: usize) -> f64 {
    TONES[tone]
}

/// Samples of a part of a key that is held for 100 ms.
const KEY_WINDOW: usize = 640;

/// The level of the fainter of the two tones of a key where it is clearest, in dB against that peak.
pub(crate) fn key_db(samples: &[i16], key: char, peak: f64) -> f64 {
    let [row, column] = dtmf_pair(key);
    let windows = samples.windows(KEY_WINDOW).step_by(80);
    let fainter = windows.map(|w| tone_db(w, row, peak).min(tone_db(w, column, peak)));
    fainter.fold(f64::MIN, f64::max)
}
