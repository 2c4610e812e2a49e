use crate::audio::{seeded, through_alaw, voice};
use mayorline::media::conceal::Concealer;
use mayorline::media::gap::clicks;
use mayorline::media::level::rms_dbov;
use rand::RngExt;

const SEED: u64 = 0xC0_4CEA1;
const SECONDS: f64 = 40.0;
const LOSS: f64 = 0.03;
const HALF: usize = 80;
/// In the lost frames the spectrum of the repetition is off by at most this share of what silence
/// is off by.
const DISTANCE_SHARE_MAX: f64 = 0.4;

pub(crate) fn conceal(samples: &[i16], lost: &[bool]) -> Vec<i16> {
    let mut concealer = Concealer::new();
    let mut out = samples.to_vec();
    for (at, half) in out.as_chunks_mut::<HALF>().0.iter_mut().enumerate() {
        if lost[at / 2] {
            half.fill(0);
            concealer.fill(half);
        } else {
            concealer.hear(half);
        }
    }
    out
}

pub(crate) fn zero_filled(samples: &[i16], lost: &[bool]) -> Vec<i16> {
    let mut out = samples.to_vec();
    for (frame, _) in out.chunks_mut(2 * HALF).zip(lost).filter(|(_, lost)| **lost) {
        frame.fill(0);
    }
    out
}

/// Mean distance of log spectra over the frames at and after a loss: how wrong it sounds.
fn spectral_distance(reference: &[i16], heard: &[i16], lost: &[bool]) -> f64 {
    let spectrum = |samples: &[i16]| -> Vec<f64> {
        (1..20)
            .map(|band| {
                let (mut re, mut im) = (0.0, 0.0);
                for (n, &s) in samples.iter().enumerate() {
                    let angle =
                        std::f64::consts::TAU * 175.0 * f64::from(band) * n as f64 / 8_000.0;
                    re += f64::from(s) * angle.cos();
                    im += f64::from(s) * angle.sin();
                }
                10.0 * (re * re + im * im + 1e6).log10()
            })
            .collect()
    };
    let mut sum = (0.0, 0);
    for (at, _) in lost.iter().enumerate().filter(|(_, lost)| **lost) {
        let range = at * 160..(at + 1) * 160;
        if rms_dbov(&reference[range.clone()]) < -40.0 {
            continue;
        }
        let (a, b) = (spectrum(&reference[range.clone()]), spectrum(&heard[range]));
        let distance: f64 = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum();
        sum = (sum.0 + distance / a.len() as f64, sum.1 + 1);
    }
    sum.0 / f64::from(sum.1)
}

#[test]
fn audio_without_loss_passes_unchanged() {
    let samples = through_alaw(&voice(&mut seeded(SEED), 2.0, 3_000.0));
    assert_eq!(conceal(&samples, &vec![false; samples.len() / 160]), samples);
}

#[test]
fn repetition_is_nearer_to_the_truth_than_silence() {
    let mut rng = seeded(SEED);
    let samples = through_alaw(&voice(&mut rng, SECONDS, 3_000.0));
    let lost: Vec<bool> = (0..samples.len() / 160).map(|_| rng.random_bool(LOSS)).collect();
    let concealed = conceal(&samples, &lost);
    let zeroed = zero_filled(&samples, &lost);
    let concealed_db = spectral_distance(&samples, &concealed, &lost);
    let zeroed_db = spectral_distance(&samples, &zeroed, &lost);
    assert!(concealed_db < DISTANCE_SHARE_MAX * zeroed_db, "{concealed_db} of {zeroed_db}");
    assert!(clicks(&concealed).len() <= clicks(&samples).len());
}

#[test]
fn a_tone_goes_on_in_phase_and_a_long_gap_is_silent_after_60_ms() {
    let tone: Vec<i16> = (0..1_600)
        .map(|n| (8_000.0 * (f64::from(n) * 100.0 * std::f64::consts::TAU / 8_000.0).sin()) as i16)
        .collect();
    let mut lost = vec![false; 10];
    lost[4..9].fill(true);
    let out = conceal(&tone, &lost);
    // The first 10 ms follow the tone.
    for n in 640..720 {
        assert!(
            (i32::from(out[n]) - i32::from(tone[n])).abs() < 400,
            "{n}: {} {}",
            out[n],
            tone[n]
        );
    }
    let levels: Vec<f64> = out[640..1_120].chunks(80).map(rms_dbov).collect();
    assert!(levels.windows(2).all(|l| l[1] < l[0] + 0.1), "{levels:?}");
    assert!(out[1_120..1_440].iter().all(|&s| s == 0));
    assert_eq!(clicks(&out), [0_usize; 0]);
}
