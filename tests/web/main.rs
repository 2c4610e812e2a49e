//! The seat page: over HTTP, over its WebSocket, and in a real browser.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "a test reads the clock")]

mod browser;
mod chromium;
mod desk;
mod house;
mod http;
mod https;
mod messages;
mod sign_in;
mod socket;
mod texts;
mod threads;
