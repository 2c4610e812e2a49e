//! Bytes to typed values and back. No state, no clock, no I/O; nothing a peer sends makes it panic.

// A peer chooses what stands where: a place that is not there must be an error, never a panic.
#![warn(clippy::indexing_slicing)]

pub mod cmpp;
pub mod error;
pub mod g711;
pub mod mime;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod sip;
pub mod smpp;
pub mod sms;
pub mod spool;
pub mod srtp;
pub mod table;
pub mod telephone_event;
pub mod wav;

pub use error::WireError;
