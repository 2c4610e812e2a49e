//! The seat page: over HTTP, over its WebSocket, in a real browser, and at the running program with
//! telephones beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, missing_docs)]
#![allow(clippy::too_many_lines, reason = "every button of the page in one go")]
#![allow(clippy::result_large_err, clippy::large_futures, reason = "nobody waits for a copy here")]
#![allow(clippy::disallowed_methods, reason = "a test reads the clock")]

#[path = "../casework/desk.rs"]
mod folder;
#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod api;
mod browser;
mod chromium;
mod desk;
mod flags;
mod house;
mod http;
mod https;
mod live;
mod messages;
mod open311;
mod people;
mod playback;
mod sign_in;
mod socket;
mod texts;
mod threads;
mod three_way;
mod unsent;
mod webhooks;
