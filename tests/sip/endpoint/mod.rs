//! The SIP endpoint on a virtual clock, seen from the wire: no socket, no sleep.

// A test that cannot go on panics; clippy knows that only inside `#[test]` functions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calling;
mod challenges;
mod chaos;
mod flood;
mod harness;
mod hostile;
mod in_dialog;
mod loss;
mod odd;
mod probes;
mod refusals;
mod registrar;
mod reliable;
mod reoffer;
mod replies;
mod session;
mod texts;
mod transfer;
mod trunk;
