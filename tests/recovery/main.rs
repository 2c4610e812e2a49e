//! Crashes and failing disks: what was told to a citizen is there afterwards.
//!
//! A test that needs a process to kill starts this very executable again with [`child::ROLE`] set
//! to what it is to do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod child;
mod commands;
mod crash;
#[path = "../casework/desk.rs"]
mod desk;
mod disk;
mod erasing;
mod leftovers;
mod messages;
mod opening;
#[path = "../media/recorded.rs"]
mod recorded;
mod seats;
#[path = "../media/threads.rs"]
#[allow(dead_code)]
mod threads;
mod widening;
