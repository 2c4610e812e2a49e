//! Spoken Mandarin: a table of readings checked by hand, words read back by a reader that shares
//! nothing with the speaker, and the committed recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may break loudly")]

mod kokoro;
mod reader;
mod readings;
mod recordings;
