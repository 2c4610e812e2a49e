//! The media machines by behaviour, on a virtual clock and with fixed seeds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, missing_docs)]

mod audio;
mod checks;
mod concealment;
mod corpus;
mod hall;
mod jitter;
mod keys;
mod leg;
mod pool;
mod protection;
mod recorded;
mod recording;
mod rooms;
mod slow_speech;
mod source_lock;
mod stalls;
mod talk_off;
mod threads;
mod tones;
