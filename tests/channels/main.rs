//! Texts and mails of citizens through programs that others wrote.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod carrier;
mod mail;
mod service;
mod sms;
#[path = "../support/mod.rs"]
mod support;
