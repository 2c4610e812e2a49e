//! The channels of messages against programs that others wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod carrier;
#[path = "../support/mod.rs"]
mod support;
