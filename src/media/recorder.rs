//! The recorder: frames go in, blocks of a WAV file come out for the disk side to write. After
//! every block the header is written again with the new length, so the file on disk is a valid
//! WAV file at any instant and a crash loses at most the last half second.

use super::FRAME_SAMPLES;
use super::level::SpeechMeter;
use crate::wire::wav::{self, Channels};
use std::collections::VecDeque;
use std::time::Duration;

/// Audio in one block: half a second, so that a call recorded on two tracks holds 16 KiB at most.
pub const BLOCK_FRAMES: u32 = 25;
/// Blocks that wait for the disk; past it the newest audio is dropped and counted: 10 s.
pub const BLOCKS_WAITING_MAX: usize = 20;

/// Bytes for the file at an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where in the file.
    pub offset: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// The account of a finished recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Length of the audio.
    pub duration: Duration,
    /// How much of the left track is speech by level.
    pub speech: Duration,
    /// Size of the file.
    pub bytes: u64,
    /// Audio that was dropped because the disk did not keep up.
    pub dropped: Duration,
}

/// Writes one recording. Lives on the disk side; allocates once per block.
#[derive(Debug)]
pub struct Recorder {
    channels: Channels,
    block: Vec<u8>,
    block_frames: u32,
    waiting: VecDeque<Vec<u8>>,
    /// Audio bytes handed out so far.
    written: u32,
    header_due: bool,
    speech: SpeechMeter,
    frames: u64,
    dropped: u64,
}

impl Recorder {
    /// A recording of one or two tracks; its first write is an empty, valid file.
    #[must_use]
    pub fn new(channels: Channels) -> Self {
        Self {
            channels,
            block: Vec::with_capacity(block_bytes(channels)),
            block_frames: 0,
            waiting: VecDeque::with_capacity(BLOCKS_WAITING_MAX),
            written: 0,
            header_due: true,
            speech: SpeechMeter::new(),
            frames: 0,
            dropped: 0,
        }
    }

    /// Takes a frame; a stereo recording without a right one gets silence there.
    pub fn push(&mut self, left: &[i16; FRAME_SAMPLES], right: Option<&[i16; FRAME_SAMPLES]>) {
        if self.waiting.len() >= BLOCKS_WAITING_MAX || self.is_full() {
            self.dropped += 1;
            return;
        }
        self.speech.push(left);
        self.frames += 1;
        self.block_frames += 1;
        match self.channels {
            Channels::Mono => left.iter().for_each(|s| self.block.extend(s.to_le_bytes())),
            Channels::Stereo => {
                let right = right.unwrap_or(&[0; FRAME_SAMPLES]);
                for (left, right) in left.iter().zip(right) {
                    self.block.extend(left.to_le_bytes());
                    self.block.extend(right.to_le_bytes());
                }
            }
        }
        if self.block_frames >= BLOCK_FRAMES {
            self.close_block();
        }
    }

    fn is_full(&self) -> bool {
        let frame_bytes = u64::from(self.channels.count()) * 2 * FRAME_SAMPLES as u64;
        (self.frames + 1) * frame_bytes > u64::from(wav::DATA_BYTES_MAX)
    }

    fn close_block(&mut self) {
        self.block_frames = 0;
        if !self.block.is_empty() {
            let next = Vec::with_capacity(block_bytes(self.channels));
            self.waiting.push_back(std::mem::replace(&mut self.block, next));
        }
    }

    /// The next bytes for the file: audio first, then the header that covers it.
    pub fn poll_write(&mut self) -> Option<Write> {
        if self.header_due {
            self.header_due = false;
            let bytes = wav::header(self.channels, self.written).to_vec();
            return Some(Write { offset: 0, bytes });
        }
        let bytes = self.waiting.pop_front()?;
        let offset = wav::HEADER_LEN as u64 + u64::from(self.written);
        self.written = self.written.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.header_due = true;
        Some(Write { offset, bytes })
    }

    /// Ends the recording: what is left comes from `poll_write` as before. The hash of the file
    /// belongs to the disk side, because the header changes until the end.
    pub fn finish(&mut self) -> Summary {
        self.close_block();
        let waiting: usize = self.waiting.iter().map(Vec::len).sum();
        Summary {
            duration: time(self.frames * FRAME_SAMPLES as u64),
            speech: time(self.speech.speech_samples()),
            bytes: (wav::HEADER_LEN + waiting) as u64 + u64::from(self.written),
            dropped: time(self.dropped * FRAME_SAMPLES as u64),
        }
    }
}

fn block_bytes(channels: Channels) -> usize {
    usize::from(channels.count()) * 2 * FRAME_SAMPLES * BLOCK_FRAMES as usize
}

fn time(samples: u64) -> Duration {
    Duration::from_micros(samples.saturating_mul(125))
}
