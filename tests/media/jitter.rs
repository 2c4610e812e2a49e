use crate::audio::{frames, seeded};
use mayorline::media::FRAME_SAMPLES;
use mayorline::media::jitter::{DELAY_SAMPLES_MAX, Half, JitterBuffer};
use mayorline::wire::g711::Codec;
use rand::RngExt;

const SEED: u64 = 0x6A17;
const FRAMES: usize = 400;
const BOTH: [Half; 2] = [Half::Heard; 2];

/// Every byte of the stream differs from its neighbours in time.
fn stream(samples: usize) -> Vec<u8> {
    (0..samples).map(|n| ((n * 7 + n / 256) % 251) as u8).collect()
}

/// What a tick gave: which halves were heard, and the frame.
type Tick = (Option<[Half; 2]>, [i16; FRAME_SAMPLES]);

/// Feeds packets `(arrival in ms, first sample, length)` in order of arrival, pulls every 20 ms
/// from `phase_ms` on, and gives the frames.
fn run(
    start: u32,
    bytes: &[u8],
    mut packets: Vec<(f64, usize, usize)>,
    ticks: usize,
) -> (Vec<Tick>, JitterBuffer) {
    packets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut buffer = JitterBuffer::new();
    let mut waiting = packets.into_iter().peekable();
    let out = (0..ticks)
        .map(|tick| {
            let now = 7.0 + 20.0 * tick as f64;
            while let Some((_, at, len)) = waiting.next_if(|p| p.0 <= now) {
                let timestamp = start.wrapping_add(at as u32);
                buffer.push(timestamp, Codec::Pcma, &bytes[at..at + len]);
            }
            let mut frame = [0; FRAME_SAMPLES];
            (buffer.pull(&mut frame), frame)
        })
        .collect();
    (out, buffer)
}

fn heard(out: &[(Option<[Half; 2]>, [i16; FRAME_SAMPLES])]) -> Vec<i16> {
    out.iter().filter(|f| f.0 == Some(BOTH)).flat_map(|f| f.1).collect()
}

fn decoded(bytes: &[u8]) -> Vec<i16> {
    bytes.iter().map(|&b| Codec::Pcma.decode(b)).collect()
}

fn steady(len: usize, ptime: usize) -> Vec<(f64, usize, usize)> {
    (0..len / ptime).map(|n| (n as f64 * ptime as f64 / 8.0, n * ptime, ptime)).collect()
}

#[test]
fn any_packet_length_comes_out_unchanged_across_the_wrap_of_the_timestamp() {
    let bytes = stream(FRAMES * FRAME_SAMPLES);
    for ptime_ms in [10, 20, 30, 40, 50, 60] {
        let packets = steady(bytes.len(), ptime_ms * 8);
        let start = u32::MAX - 8_000;
        let (out, buffer) = run(start, &bytes, packets, FRAMES);
        let heard = heard(&out);
        assert!(heard.len() >= (FRAMES - 5) * FRAME_SAMPLES, "{ptime_ms} ms: {}", heard.len());
        assert_eq!(heard, decoded(&bytes)[..heard.len()], "{ptime_ms} ms");
        assert!(buffer.delay_samples() <= 480 + 160, "{ptime_ms}: {}", buffer.delay_samples());
    }
}

#[test]
fn reordered_and_doubled_packets_are_played_once_in_order() {
    let bytes = stream(FRAMES * FRAME_SAMPLES);
    let mut packets = steady(bytes.len(), 160);
    // From the third on, each pair changes places within the margin of the buffer, and comes twice.
    for n in (2..packets.len() - 1).step_by(2) {
        packets[n].0 += 21.0;
    }
    let doubles: Vec<_> = packets.iter().map(|p| (p.0 + 3.0, p.1, p.2)).collect();
    packets.extend(doubles);
    let (out, buffer) = run(5, &bytes, packets, FRAMES);
    let heard = heard(&out);
    assert!(heard.len() >= (FRAMES - 4) * FRAME_SAMPLES);
    assert_eq!(heard, decoded(&bytes)[..heard.len()]);
    assert_eq!(buffer.counts().restarts, 0);
}

#[test]
fn the_delay_grows_with_jitter_and_shrinks_in_quiet_when_it_is_gone() {
    let mut rng = seeded(SEED);
    let quiet = vec![Codec::Pcma.idle(); 3_000 * FRAME_SAMPLES];
    let mut packets = steady(quiet.len(), 160);
    for p in packets.iter_mut().take(1_000) {
        p.0 += rng.random_range(0.0..90.0);
    }
    let (out, buffer) = run(0, &quiet, packets, 3_000);
    let lost = |range: std::ops::Range<usize>| {
        out[range].iter().filter(|f| f.0.is_none_or(|h| h.contains(&Half::Lost))).count()
    };
    // Once it has learned, nothing is lost although packets come up to 90 ms late.
    assert!(lost(0..300) > 0);
    assert_eq!(lost(300..1_000), 0);
    assert!(buffer.counts().stretched >= 3, "{:?}", buffer.counts());
    assert!(buffer.counts().dropped >= 2, "{:?}", buffer.counts());
    assert!(buffer.delay_samples() <= 480, "{}", buffer.delay_samples());
}

#[test]
fn one_wild_timestamp_is_ignored_and_two_begin_anew() {
    let bytes = stream(FRAMES * FRAME_SAMPLES);
    let mut buffer = JitterBuffer::new();
    let mut frame = [0; FRAME_SAMPLES];
    let mut lost = 0;
    for n in 0..200_usize {
        let at = n * 160;
        if n == 50 {
            buffer.push(0x8000_0000, Codec::Pcma, &bytes[..160]);
        }
        let jump = if n >= 100 { 5_000_000 } else { 0 };
        buffer.push(at as u32 + jump, Codec::Pcma, &bytes[at..at + 160]);
        lost += usize::from(buffer.pull(&mut frame) != Some(BOTH));
    }
    assert_eq!(buffer.counts().restarts, 1);
    assert!(lost <= 5, "{lost} frames lost by one jump");
}

#[test]
fn a_source_that_paused_goes_on_at_once_and_waits_never_longer_than_the_limit() {
    let bytes = stream(FRAMES * FRAME_SAMPLES);
    // A stall of one second; then everything comes at once. And a pause without timestamps.
    let mut packets = steady(bytes.len(), 160);
    for p in &mut packets[50..100] {
        p.0 = 2_000.0;
    }
    let (out, buffer) = run(9, &bytes, packets, FRAMES);
    assert!(buffer.delay_samples() <= DELAY_SAMPLES_MAX + 160, "{}", buffer.delay_samples());
    assert!(out[110..].iter().all(|f| f.0 == Some(BOTH)));
    let mut packets = steady(bytes.len(), 160);
    packets[50..].iter_mut().for_each(|p| p.0 += 3_000.0);
    let (out, _) = run(9, &bytes, packets, FRAMES);
    assert!(out[70..195].iter().all(|f| f.0.is_none()));
    assert!(out[205..].iter().all(|f| f.0 == Some(BOTH)));
}

#[test]
fn any_packets_in_any_order_never_panic_and_stay_bounded() {
    let mut rng = seeded(SEED);
    let bytes = stream(2_000);
    let mut buffer = JitterBuffer::new();
    let mut frame = [0; FRAME_SAMPLES];
    let mut base = 0_u32;
    for _ in 0..100_000 {
        match rng.random_range(0..10) {
            0 => base = rng.random(),
            1..=4 => base = base.wrapping_add(160),
            5 => base = base.wrapping_sub(rng.random_range(0..5_000)),
            6 => buffer.reset(),
            _ => {
                buffer.pull(&mut frame);
            }
        }
        let len = rng.random_range(0..1_200);
        buffer.push(base, Codec::Pcmu, &bytes[..len]);
        assert!(
            buffer.delay_samples() <= DELAY_SAMPLES_MAX + 2 * 960,
            "{}",
            buffer.delay_samples()
        );
        assert_eq!(frames(&frame).len(), 1);
    }
}

#[test]
fn a_double_that_comes_after_its_time_changes_nothing() {
    let bytes = stream(FRAMES * FRAME_SAMPLES);
    let mut packets = steady(bytes.len(), 160);
    let doubles: Vec<_> = packets.iter().map(|p| (p.0 + 95.0, p.1, p.2)).collect();
    packets.extend(doubles);
    let (out, buffer) = run(5, &bytes, packets, FRAMES);
    let heard = heard(&out);
    assert!(heard.len() >= (FRAMES - 2) * FRAME_SAMPLES);
    assert!(heard == decoded(&bytes)[..heard.len()]);
    assert_eq!((buffer.counts().stretched, buffer.counts().restarts), (0, 0));
}
