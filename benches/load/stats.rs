//! What the receiver keeps of each stream: seconds, holes, gaps.

/// A stream-second is good with 50 packets, one more or less (performance method).
const GOOD_PACKETS: std::ops::RangeInclusive<u16> = 49..=51;
/// A longer gap between two packets makes the second bad.
const GAP_MAX_NS: u64 = 40_000_000;
/// Width of a bar of the gap histogram: 10 µs.
const BAR_NS: u64 = 10_000;
/// Gaps past 200 ms fall into the last bar.
const BARS: usize = 20_000;
/// Whole seconds that one window can hold.
pub(crate) const WINDOW_SECONDS_MAX: usize = 16;
const SECOND_NS: u64 = 1_000_000_000;

/// How often each gap occurred.
#[derive(Clone)]
pub(crate) struct Gaps(Vec<u32>);

impl Gaps {
    pub(crate) fn new() -> Self {
        Self(vec![0; BARS])
    }

    fn note(&mut self, gap_ns: u64) {
        let bar = usize::try_from(gap_ns / BAR_NS).unwrap_or(BARS).min(BARS - 1);
        self.0[bar] += 1;
    }

    /// The gap that `share` of all gaps do not exceed, in ms; 0 without any.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let total: u64 = self.0.iter().map(|n| u64::from(*n)).sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        let bar = self.0.iter().position(|n| {
            seen += u64::from(*n);
            seen >= wanted && *n > 0
        });
        bar.map_or(0.0, |bar| (bar + 1) as f64 * BAR_NS as f64 / 1e6)
    }
}

/// The time over which streams are judged: whole seconds of the kernel's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// First second since 1970.
    pub(crate) start: u64,
    /// How many, at most [`WINDOW_SECONDS_MAX`].
    pub(crate) seconds: usize,
}

/// The verdict over all streams of a window.
#[derive(Clone)]
pub(crate) struct Verdict {
    /// Streams that were judged.
    pub(crate) streams: usize,
    /// Stream-seconds that were good.
    pub(crate) good: usize,
    /// Stream-seconds in all.
    pub(crate) total: usize,
    /// Sequence numbers that never came.
    pub(crate) lost: u64,
    /// Packets received in the window.
    pub(crate) packets: u64,
    /// Gaps between consecutive packets of a stream.
    pub(crate) gaps: Gaps,
}

impl Verdict {
    /// Packets of one stream in one second: 50, or the callers hear slowed audio.
    pub(crate) fn packets_per_second(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.packets as f64 / self.total as f64 }
    }

    /// Share of good stream-seconds.
    pub(crate) fn good_share(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.good as f64 / self.total as f64 }
    }
}

/// One received stream.
#[derive(Clone, Default)]
pub(crate) struct Track {
    last: Option<(u64, u16)>,
    packets: [u16; WINDOW_SECONDS_MAX],
    bad: [bool; WINDOW_SECONDS_MAX],
    lost: u64,
}

impl Track {
    /// Forgets the window, not the stream.
    pub(crate) fn clear(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }

    /// A packet with its kernel time and sequence number.
    pub(crate) fn packet(&mut self, at_ns: u64, seq: u16, window: Option<Window>, gaps: &mut Gaps) {
        let before = self.last.replace((at_ns, seq));
        let Some(window) = window else { return };
        let Some(second) = (at_ns / SECOND_NS).checked_sub(window.start) else { return };
        let second = usize::try_from(second).unwrap_or(usize::MAX);
        if second >= window.seconds {
            return;
        }
        self.packets[second] += 1;
        let Some((last_ns, last_seq)) = before else { return };
        let gap = at_ns.saturating_sub(last_ns);
        gaps.note(gap);
        let hole = seq.wrapping_sub(last_seq).wrapping_sub(1);
        if hole != 0 {
            // A packet that comes late or twice is a hole too, but no loss.
            self.lost += if hole < 1000 { u64::from(hole) } else { 0 };
        }
        self.bad[second] |= hole != 0 || gap > GAP_MAX_NS;
    }

    /// (good, lost, packets) of the window.
    pub(crate) fn judge(&self, window: Window) -> (usize, u64, u64) {
        let good =
            |second: &usize| GOOD_PACKETS.contains(&self.packets[*second]) && !self.bad[*second];
        let packets = self.packets.iter().map(|n| u64::from(*n)).sum();
        ((0..window.seconds).filter(good).count(), self.lost, packets)
    }
}
