//! The player: stored A-law bytes, frame by frame, unchanged. What is played is a list of shared
//! slices and pauses, so a prompt heard by a thousand callers stands in memory once.

use super::FRAME_SAMPLES;
use crate::wire::g711::ALAW_IDLE;
use std::sync::Arc;

/// Most pieces of one playlist; the rest is not played. A status sentence has about 60.
pub const SEGMENTS_MAX: usize = 1_000;

/// A piece of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A-law at 8 kHz, one byte per sample.
    Alaw(Arc<[u8]>),
    /// A pause.
    Silence {
        /// Its length.
        samples: u32,
    },
}

impl Segment {
    fn len(&self) -> usize {
        match self {
            Self::Alaw(bytes) => bytes.len(),
            Self::Silence { samples } => usize::try_from(*samples).unwrap_or(usize::MAX),
        }
    }
}

/// What is said in one go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Playlist {
    /// The pieces, in order.
    pub segments: Vec<Segment>,
}

impl Playlist {
    /// Samples in total.
    #[must_use]
    pub fn samples(&self) -> usize {
        let lengths = self.segments.iter().take(SEGMENTS_MAX).map(Segment::len);
        lengths.fold(0, usize::saturating_add)
    }
}

/// What one frame of the player holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Played {
    /// Some of it comes from the playlist.
    pub talking: bool,
    /// The play whose last sample this is.
    pub done: Option<u32>,
}

/// Plays one list at a time.
#[derive(Debug, Default)]
pub struct Player {
    current: Option<(u32, Arc<Playlist>)>,
    segment: usize,
    at: usize,
}

impl Player {
    /// Plays `list` from its start, replacing what plays.
    pub fn play(&mut self, id: u32, list: Arc<Playlist>) {
        *self = Self { current: Some((id, list)), segment: 0, at: 0 };
    }

    /// Stops; no end is told.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// Something is left to play.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.current.is_some()
    }

    /// The next 20 ms as A-law; idle codes where nothing is played.
    pub fn frame(&mut self, alaw: &mut [u8; FRAME_SAMPLES]) -> Played {
        let mut filled = 0;
        let Some((id, list)) = &self.current else {
            alaw.fill(ALAW_IDLE);
            return Played { talking: false, done: None };
        };
        let segments = &list.segments[..list.segments.len().min(SEGMENTS_MAX)];
        while let Some(segment) = segments.get(self.segment) {
            let count = (segment.len() - self.at).min(FRAME_SAMPLES - filled);
            let out = &mut alaw[filled..filled + count];
            match segment {
                Segment::Alaw(bytes) => out.copy_from_slice(&bytes[self.at..self.at + count]),
                Segment::Silence { .. } => out.fill(ALAW_IDLE),
            }
            filled += count;
            self.at += count;
            if self.at < segment.len() {
                break;
            }
            self.segment += 1;
            self.at = 0;
        }
        alaw[filled..].fill(ALAW_IDLE);
        let done = (self.segment >= segments.len()).then_some(*id);
        if done.is_some() {
            self.stop();
        }
        Played { talking: filled > 0, done }
    }
}
