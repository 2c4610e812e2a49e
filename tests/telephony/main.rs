//! Real clients over real sockets on the loopback: first against each other, so that each is known
//! to work, then against the service.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod keys;
mod line;
mod media;
mod peers;
mod phones;
mod recovery;
