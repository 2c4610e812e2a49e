//! The case queue: what is stored, what is told, what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod acting;
mod backup;
mod calls;
mod desk;
mod dials;
#[path = "../sim/dice.rs"]
#[allow(dead_code, reason = "the simulations use more of it")]
mod dice;
mod drill;
mod duty;
mod erasure;
mod groups;
mod hints;
mod invariants;
mod lookups;
mod messages;
mod month;
mod numbers;
mod pages;
mod people;
mod playback;
mod privacy;
mod published;
mod queue;
mod report_readers;
mod report_versions;
mod reports;
mod retention;
mod rules;
mod seal_under_load;
mod sealed;
mod sealed_sound;
mod search;
mod sound;
mod speech;
mod sweep;
#[allow(dead_code, unreachable_pub, clippy::disallowed_methods)]
#[path = "../support/numbers.rs"]
mod taken;
mod tree;
mod vault;
mod webhooks;
