//! Texts and mails of citizens through programs that others wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod mail;
