//! Short messages: by a line to a carrier, or by a provider over HTTP.

pub mod carrier;
pub mod http;
