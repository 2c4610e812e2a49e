//! Mail through Dovecot and Postfix, which the tests start with configurations of their own.

// A test waits on the real clock.
#![allow(clippy::disallowed_methods)]

pub(crate) mod authority;
mod bombs;
mod bounce;
mod city;
mod copies;
mod dovecot;
mod imap;
mod journal;
mod keeper;
mod pop3;
mod pop3_odd;
mod postfix;
mod program;
mod service;
mod submit;
