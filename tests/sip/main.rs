//! SIP as it may arrive: the torture messages of the RFCs, and damaged ones.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may break loudly")]

mod checks;
mod corpus;
mod endpoint;
mod mutation;
mod torture;
mod verdicts;
