//! The case queue: what is stored, what is told, what is refused.

mod desk;
mod invariants;
mod lookups;
mod queue;
mod sound;
