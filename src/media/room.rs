//! A room: the legs of one conversation, and who hears whom in it.
//!
//! All legs of a room tick together: first each hears its frame and gives it as a [`Voice`], then
//! each mixes the voices it hears. Nothing is amplified and nothing automatic turns a level: one
//! voice alone passes bit by bit, several are added and clipped at full scale, and a line that only
//! idles adds nothing. Whoever is added, removed or put on hold comes and goes within [`FADE`], so
//! that no step is heard.

use super::FRAME_SAMPLES;
use crate::units::LegId;
use crate::wire::g711::Codec;

/// The loudest sample of an idle line: G.711 has no smaller one but zero.
const IDLE_PEAK: u16 = 8;

/// Legs that one leg may hear at once; further ones are not heard.
pub const HEARD_MAX: usize = 8;

/// Samples over which a voice comes or goes: 5 ms.
pub const FADE: usize = 40;

/// What a leg hears: the sum of some legs, hold music, both, or silence. It never hears itself,
/// whatever the set says; legs that are not in the room are not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hearing {
    of: [Option<LegId>; HEARD_MAX],
    /// The hold music (等待音乐) of [`super::music`].
    pub music: bool,
}

impl Hearing {
    /// Silence.
    pub const NOTHING: Self = Self { of: [None; HEARD_MAX], music: false };

    /// Hold music alone.
    pub const MUSIC: Self = Self { of: [None; HEARD_MAX], music: true };

    /// The sum of these legs, each counted once; past [`HEARD_MAX`] the rest is not heard.
    #[must_use]
    pub fn of(legs: impl IntoIterator<Item = LegId>) -> Self {
        legs.into_iter().fold(Self::NOTHING, Self::and)
    }

    /// The same and one leg more.
    #[must_use]
    pub fn and(mut self, leg: LegId) -> Self {
        if !self.hears(leg)
            && let Some(free) = self.of.iter_mut().find(|place| place.is_none())
        {
            *free = Some(leg);
        }
        self
    }

    /// The same without one leg.
    #[must_use]
    pub fn without(mut self, leg: LegId) -> Self {
        self.of.iter_mut().filter(|place| **place == Some(leg)).for_each(|place| *place = None);
        self
    }

    /// Whether that leg is among them.
    #[must_use]
    pub fn hears(&self, leg: LegId) -> bool {
        self.of.contains(&Some(leg))
    }

    /// The legs, in no order.
    pub fn legs(&self) -> impl Iterator<Item = LegId> {
        self.of.into_iter().flatten()
    }

    /// True for silence.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.music && self.of.iter().all(Option::is_none)
    }
}

/// What one leg says in one tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    leg: LegId,
    frame: [i16; FRAME_SAMPLES],
    idle: bool,
}

impl Voice {
    /// A frame of a leg, as it was heard.
    #[must_use]
    pub fn new(leg: LegId, frame: &[i16; FRAME_SAMPLES]) -> Self {
        let loudest = frame.iter().fold(0, |loudest, sample| sample.unsigned_abs().max(loudest));
        Self { leg, frame: *frame, idle: loudest <= IDLE_PEAK }
    }

    /// Whose it is.
    #[must_use]
    pub fn leg(&self) -> LegId {
        self.leg
    }

    /// The frame.
    #[must_use]
    pub fn frame(&self) -> &[i16; FRAME_SAMPLES] {
        &self.frame
    }
}

/// What there is to hear in a room in one tick.
#[derive(Debug, Clone, Copy)]
pub struct Floor<'a> {
    /// Every leg that speaks; one that has just left gives its last frame here.
    pub voices: &'a [Voice],
    /// The loop of hold music as A-law; empty for none.
    pub music: &'a [u8],
}

impl Floor<'_> {
    /// Nobody and nothing.
    pub const EMPTY: Self = Self { voices: &[], music: &[] };
}

/// How a voice passes through a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fade {
    /// All of it.
    Steady,
    /// It comes.
    In,
    /// It goes.
    Out,
}

impl Fade {
    fn between(was: bool, is: bool) -> Option<Self> {
        match (was, is) {
            (true, true) => Some(Self::Steady),
            (false, true) => Some(Self::In),
            (true, false) => Some(Self::Out),
            (false, false) => None,
        }
    }

    /// The frame as it passes.
    pub(super) fn apply(self, frame: &mut [i16]) {
        if self == Self::Steady {
            return;
        }
        let (slope, rest) = frame.split_at_mut(FADE.min(frame.len()));
        for (n, sample) in (1..).zip(slope) {
            *sample = self.weigh(*sample, n);
        }
        if self == Self::Out {
            rest.fill(0);
        }
    }

    /// The `n`-th sample of the slope, counted from 1.
    #[expect(clippy::cast_possible_truncation, reason = "a share of a sample is a sample")]
    fn weigh(self, sample: i16, n: i32) -> i16 {
        const STEPS: i32 = FADE as i32 + 1;
        let share = if self == Self::Out { STEPS - n } else { n };
        (i32::from(sample) * share / STEPS) as i16
    }

    fn add(self, sum: &mut [i32; FRAME_SAMPLES], frame: &[i16; FRAME_SAMPLES]) {
        let mut faded = *frame;
        self.apply(&mut faded);
        for (sum, sample) in sum.iter_mut().zip(faded) {
            *sum += i32::from(sample);
        }
    }
}

/// What one leg hears in its room, tick by tick.
#[derive(Debug, Default)]
pub(super) struct Ear {
    hearing: Hearing,
    /// What the last frame was made of; the next one fades from that.
    before: Hearing,
    /// Where in the loop of hold music it is.
    music_at: usize,
}

impl Ear {
    /// From the next frame on.
    pub(super) fn hear(&mut self, hearing: Hearing) {
        if hearing.music && !self.hearing.music {
            self.music_at = 0;
        }
        self.hearing = hearing;
    }

    /// Nothing is heard and nothing has to fade away.
    pub(super) fn is_idle(&self) -> bool {
        self.hearing.is_nothing() && self.before.is_nothing()
    }

    /// A frame that is not sent: what comes after it begins from silence.
    pub(super) fn rest(&mut self) {
        self.before = Hearing::NOTHING;
    }

    /// Adds one frame of the room to `sum`, which holds a prompt where `prompted`; while `muted`
    /// the room is not heard. Gives what of it is hold music.
    pub(super) fn mix(
        &mut self,
        floor: &Floor<'_>,
        (muted, prompted): (bool, bool),
        sum: &mut [i32; FRAME_SAMPLES],
    ) -> Option<[i16; FRAME_SAMPLES]> {
        let now = if muted { Hearing::NOTHING } else { self.hearing };
        let before = std::mem::replace(&mut self.before, now);
        let music = Fade::between(before.music, now.music)
            .and_then(|fade| self.music(fade, floor.music))
            .inspect(|frame| Fade::Steady.add(sum, frame));
        let passing = |voice: &Voice| Fade::between(before.hears(voice.leg), now.hears(voice.leg));
        let heard = floor.voices.iter().filter(|voice| passing(voice).is_some()).count();
        // An idle line is not zero in A-law; it must not colour what another says.
        let alone = heard == 1 && !prompted && music.is_none();
        for voice in floor.voices.iter().filter(|voice| alone || !voice.idle) {
            if let Some(fade) = passing(voice) {
                fade.add(sum, &voice.frame);
            }
        }
        music
    }

    fn music(&mut self, fade: Fade, music: &[u8]) -> Option<[i16; FRAME_SAMPLES]> {
        if music.is_empty() {
            return None;
        }
        let mut frame = [0; FRAME_SAMPLES];
        for sample in &mut frame {
            *sample = Codec::Pcma.decode(music[self.music_at % music.len()]);
            self.music_at = (self.music_at + 1) % music.len();
        }
        fade.apply(&mut frame);
        Some(frame)
    }
}

/// A sum clipped at full scale.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of a sample")]
pub(super) fn clip(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: LegId = LegId(1);
    const B: LegId = LegId(2);

    fn mixed(ear: &mut Ear, voices: &[Voice]) -> Vec<i32> {
        let mut sum = [0; FRAME_SAMPLES];
        ear.mix(&Floor { voices, music: &[] }, (false, false), &mut sum);
        sum.to_vec()
    }

    fn settled(hearing: Hearing) -> Ear {
        Ear { hearing, before: hearing, music_at: 0 }
    }

    #[test]
    fn a_set_holds_each_leg_once_and_no_more_than_its_bound() {
        let all = Hearing::of((0..20).map(|n| LegId(n % 12)));
        assert_eq!(all.legs().count(), HEARD_MAX);
        assert_eq!(Hearing::of([A, A, B]).legs().collect::<Vec<_>>(), [A, B]);
        assert!(Hearing::of([A]).without(A).is_nothing());
        assert!(!Hearing::MUSIC.is_nothing());
    }

    #[test]
    fn one_voice_passes_unchanged_and_two_are_added() {
        let (loud, soft) = (Voice::new(A, &[20_000; 160]), Voice::new(B, &[-30; 160]));
        let mut ear = settled(Hearing::of([A]));
        assert_eq!(mixed(&mut ear, &[loud.clone(), soft.clone()]), [20_000; 160]);
        let mut ear = settled(Hearing::of([A, B]));
        assert_eq!(mixed(&mut ear, &[loud, soft]), [19_970; 160]);
    }

    #[test]
    fn an_idle_line_adds_nothing_to_another() {
        let (voice, idle) = (Voice::new(A, &[500; 160]), Voice::new(B, &[8; 160]));
        let mut ear = settled(Hearing::of([A, B]));
        assert_eq!(mixed(&mut ear, &[voice, idle.clone()]), [500; 160]);
        let mut ear = settled(Hearing::of([B]));
        assert_eq!(mixed(&mut ear, &[idle]), [8; 160], "alone it passes bit by bit");
    }

    #[test]
    fn a_voice_comes_and_goes_within_five_milliseconds() {
        let voice = [Voice::new(A, &[10_000; 160])];
        let mut ear = Ear::default();
        ear.hear(Hearing::of([A]));
        let coming = mixed(&mut ear, &voice);
        assert!(coming.windows(2).all(|pair| (0..=250).contains(&(pair[1] - pair[0]))));
        assert_eq!((coming[FADE], mixed(&mut ear, &voice)), (10_000, vec![10_000; 160]));
        ear.hear(Hearing::NOTHING);
        let going = mixed(&mut ear, &voice);
        assert!(going.windows(2).all(|pair| (-250..=0).contains(&(pair[1] - pair[0]))));
        assert!(going[0] > 9_700 && going[FADE..].iter().all(|&sample| sample == 0));
        assert!(ear.is_idle());
    }
}
