//! The probes that ready SIP stacks failed, and abuse, over real sockets against the running
//! binary. The same rows stand on the virtual clock in `tests/sip/endpoint`.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../sip/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "../sip/endpoint/harness.rs"]
#[allow(dead_code)]
mod harness;
#[path = "../sip/endpoint/odd.rs"]
#[allow(dead_code)]
mod odd;
#[path = "../support/mod.rs"]
mod support;
#[path = "../sip/verdicts.rs"]
#[allow(dead_code)]
mod verdicts;

mod abuse;
mod dialog;
mod fraud;
mod house;
mod outside;
mod ringing;
mod streams;
mod torture;
