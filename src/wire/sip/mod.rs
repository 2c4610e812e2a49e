//! SIP messages (RFC 3261): bytes to typed values and back.
//!
//! Network bytes are read by our own tolerant lexer; `rsip` is the header model and the serialiser
//! and never sees what a peer sent before the lexer has unfolded, decoded and bounded it. Fields
//! become of its model when they are printed.

mod auth;
mod headers;
mod lexis;
pub mod limits;
mod message;
mod method;
mod name;
mod name_addr;
mod parse;
mod stream;
#[cfg(test)]
mod tests;
mod uri;
mod via;

pub use auth::AuthValue;
pub use headers::{CSeq, Headers};
pub use message::{Message, Request, Response};
pub use method::Method;
pub use name_addr::NameAddr;
pub(in crate::wire) use parse::decode;
pub use parse::{Answer, Framing, ParseFailure};
pub use stream::{Frame, Framer, PONG, STREAM_BUFFER_BYTES_MAX};
pub use uri::{Params, Uri, UriScheme};
pub use via::Via;
