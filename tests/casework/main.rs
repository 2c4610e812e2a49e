//! The case queue: what is stored, what is told, what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod desk;
mod dials;
mod invariants;
mod lookups;
mod people;
mod playback;
mod queue;
mod sound;
mod sweep;
mod tree;
