//! Providers of texts over HTTP: Aliyun, Tencent, Kannel, and any other by a template of its request.
//!
//! * `push`: what a provider brings, cut into rows of the journal; the answer it waits for.
//! * `reading`: what the journal has, read.
//! * `request`: what is asked of a provider for a text of ours, signed; what its answer means.
//! * `template`: the request of a provider that nothing else is known of.
//! * `server`: the listener for what is brought; 200 only after the commit of all of it, 503 otherwise.
//! * `client`, `run`: the way out.
//!
//! None of these providers was ever connected, but for Kannel, which runs in the tests. What is written
//! here of Aliyun and Tencent follows their public documents; their signatures agree with the examples
//! given there.

mod client;
mod kannel;
mod push;
mod reading;
mod request;
mod run;
mod server;
mod signature;
mod template;

pub use client::{ANSWER_BYTES_MAX, ANSWER_WAIT};
pub use push::{PUSH_BYTES_MAX, PUSHED_AT_ONCE_MAX, Push, Pushed, answer_to, pushed};
pub use reading::parsed;
pub use request::{Aliyun, Asked, Kannel, Provider, Tencent, Text, Told, outcome, request};
pub use run::{HttpAccount, HttpConfig, REQUESTS_MAX};
pub use signature::Secret;
pub use template::Generic;
