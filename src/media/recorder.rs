//! The recorder: frames go in, blocks of half a second come out for the disk side, which appends them
//! to a file, so that a crash loses at most the last of them.
//!
//! A recording has one track for each who is recorded, all of the same length. A file's head fixes
//! the number of tracks, so a track more is a step of its own: the disk side writes the file anew,
//! silent on the new track up to that place.

use super::FRAME_SAMPLES;
use super::level::SpeechMeter;
use crate::wire::wav::{self, Channels};
use std::collections::VecDeque;
use std::time::Duration;

/// Audio in one block: half a second.
pub const BLOCK_FRAMES: u32 = 25;
/// Audio in one piece of a block, 100 ms: a piece is allocated when the one before is full, so that
/// a call that is recorded on two tracks holds 9 KiB in the mean and not the 16 of a whole block.
const PIECE_FRAMES: usize = 5;
/// Blocks that wait for the disk; past it the newest audio is dropped and counted: 10 s.
pub const BLOCKS_WAITING_MAX: usize = 20;

/// A track on which nobody is.
const SILENCE: [i16; FRAME_SAMPLES] = [0; FRAME_SAMPLES];

/// What the disk side has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Append a block: 16 bits little-endian, tracks interleaved, each piece a whole number of
    /// samples of each track.
    Append(Vec<Vec<u8>>),
    /// Write the file anew with so many tracks, the new ones silent; what follows has them.
    Widen(Channels),
}

/// The account of a finished recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Length of the audio.
    pub duration: Duration,
    /// How much of the first track is speech by level.
    pub speech: Duration,
    /// Audio that was dropped because the disk did not keep up.
    pub dropped: Duration,
}

#[derive(Debug)]
enum Waiting {
    Block(Vec<Vec<u8>>),
    Widen,
}

/// Makes one recording. Lives on the media side; allocates once per piece of a block.
#[derive(Debug)]
pub struct Recorder {
    /// The tracks of what is pushed.
    channels: Channels,
    block: Vec<Vec<u8>>,
    block_frames: u32,
    waiting: VecDeque<Waiting>,
    /// Blocks among them.
    blocks_waiting: usize,
    /// The tracks of what is handed out.
    file_channels: Channels,
    secret: bool,
    speech: SpeechMeter,
    frames: u64,
    dropped: u64,
}

impl Recorder {
    /// A recording with its first tracks.
    #[must_use]
    pub fn new(channels: Channels) -> Self {
        Self {
            channels,
            block: Vec::new(),
            block_frames: 0,
            waiting: VecDeque::with_capacity(BLOCKS_WAITING_MAX),
            blocks_waiting: 0,
            file_channels: channels,
            secret: false,
            speech: SpeechMeter::new(),
            frames: 0,
            dropped: 0,
        }
    }

    /// One track more from the next frame on, silent before. `false` when the file can have none.
    pub fn add_track(&mut self) -> bool {
        let Some(wider) = self.channels.wider() else { return false };
        self.close_block();
        self.channels = wider;
        self.waiting.push_back(Waiting::Widen);
        true
    }

    /// While true every track holds silence; the length goes on.
    pub fn keep_secret(&mut self, secret: bool) {
        self.secret = secret;
    }

    /// Takes a frame of each track in order; tracks that are missing are silent.
    pub fn push(&mut self, tracks: &[&[i16; FRAME_SAMPLES]]) {
        if self.blocks_waiting >= BLOCKS_WAITING_MAX || self.is_full() {
            self.dropped += 1;
            return;
        }
        let tracks = if self.secret { &[] } else { tracks };
        self.speech.push(tracks.first().unwrap_or(&&SILENCE));
        self.frames += 1;
        self.block_frames += 1;
        self.interleave(tracks);
        if self.block_frames >= BLOCK_FRAMES {
            self.close_block();
        }
    }

    fn interleave(&mut self, tracks: &[&[i16; FRAME_SAMPLES]]) {
        let width = usize::from(self.channels.count());
        let frame_bytes = FRAME_SAMPLES * width * BYTES_PER_SAMPLE;
        if self.block.last().is_none_or(|piece| piece.len() == frame_bytes * PIECE_FRAMES) {
            self.block.push(Vec::with_capacity(frame_bytes * PIECE_FRAMES));
        }
        let Some(piece) = self.block.last_mut() else { return };
        let start = piece.len();
        piece.resize(start + frame_bytes, 0);
        let added = &mut piece[start..];
        if let ([left, right], 2) = (tracks, width) {
            return interleave_two(added, left, right);
        }
        let places = added.as_chunks_mut::<BYTES_PER_SAMPLE>().0;
        for (at, track) in tracks.iter().take(width).enumerate() {
            for (place, sample) in places.iter_mut().skip(at).step_by(width).zip(*track) {
                *place = sample.to_le_bytes();
            }
        }
    }

    fn is_full(&self) -> bool {
        file_bytes(self.channels, (self.frames + 1) * FRAME_SAMPLES as u64)
            > u64::from(wav::DATA_BYTES_MAX)
    }

    fn close_block(&mut self) {
        self.block_frames = 0;
        if !self.block.is_empty() {
            self.waiting.push_back(Waiting::Block(std::mem::take(&mut self.block)));
            self.blocks_waiting += 1;
        }
    }

    /// The next step for the disk.
    pub fn poll_step(&mut self) -> Option<Step> {
        match self.waiting.pop_front()? {
            Waiting::Block(pieces) => {
                self.blocks_waiting -= 1;
                Some(Step::Append(pieces))
            }
            Waiting::Widen => {
                self.file_channels = self.file_channels.wider().unwrap_or(self.file_channels);
                Some(Step::Widen(self.file_channels))
            }
        }
    }

    /// Ends the recording: what is left comes from `poll_step` as before.
    pub fn finish(&mut self) -> Summary {
        self.close_block();
        let samples = self.frames * FRAME_SAMPLES as u64;
        Summary {
            duration: time(samples),
            speech: time(self.speech.speech_samples()),
            dropped: time(self.dropped * FRAME_SAMPLES as u64),
        }
    }
}

/// The tracks of almost every recording, without a step from sample to sample.
fn interleave_two(out: &mut [u8], left: &[i16; FRAME_SAMPLES], right: &[i16; FRAME_SAMPLES]) {
    let places = out.as_chunks_mut::<{ 2 * BYTES_PER_SAMPLE }>().0;
    for (place, (left, right)) in places.iter_mut().zip(left.iter().zip(right)) {
        let ([a, b], [c, d]) = (left.to_le_bytes(), right.to_le_bytes());
        *place = [a, b, c, d];
    }
}

const BYTES_PER_SAMPLE: usize = 2;

/// Bytes of so many sample frames.
fn file_bytes(channels: Channels, samples: u64) -> u64 {
    u64::from(channels.frame_bytes()) * samples
}

fn time(samples: u64) -> Duration {
    Duration::from_micros(samples.saturating_mul(125))
}
