//! Samples as sans-IO machines: what is heard and what is said, frame by frame.
//!
//! Nothing here opens a socket, reads a clock, locks or logs; in the steady state nothing
//! allocates. A frame is 20 ms of 8 kHz audio, 160 samples.

pub mod conceal;
pub mod digits;
pub mod dtmf;
pub mod gap;
pub mod jitter;
pub mod leg;
pub mod level;
pub mod music;
pub mod player;
mod protection;
pub mod reception;
pub mod recorder;
pub mod rendered;
pub mod resample;
pub mod room;
pub mod source_lock;
pub mod stretch;

/// Samples of one frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// Half a frame, the unit of concealment: 10 ms.
pub(crate) const HALF_FRAME: usize = 80;

/// Length of one frame.
pub const FRAME_MS: u32 = 20;

/// Full scale of a 16-bit sample.
pub(crate) const FULL_SCALE: f64 = 32_768.0;

/// The nearest 16-bit sample; values beyond full scale are clipped.
#[expect(clippy::cast_possible_truncation, reason = "a float cast to an integer saturates")]
pub(crate) fn to_sample(value: f64) -> i16 {
    value.round() as i16
}
