//! Texts and mails of citizens, in and out. A channel hands what came to the store and takes it from its
//! carrier only when the store vouches for it; what leaves is told to the store before the step that cannot
//! be undone.

pub mod mail;
mod normaliser;
pub mod sms;

pub use normaliser::{Normaliser, NormaliserConfig, ReadForm};
