//! A room: the legs of one conversation, and who hears whom in it.
//!
//! All legs of a room tick together: first each hears its frame and gives it as a [`Voice`], then
//! each mixes the voices it hears. Nothing is amplified and nothing automatic turns a level: one
//! voice alone passes bit by bit, several are added and clipped at full scale, and a line that only
//! idles adds nothing. Whoever is added, removed or put on hold comes and goes within [`FADE`], so
//! that no step is heard.

use super::FRAME_SAMPLES;
use crate::units::LegId;

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
    /// Whose it is.
    pub leg: LegId,
    /// Its frame, as it was heard.
    pub frame: [i16; FRAME_SAMPLES],
}
