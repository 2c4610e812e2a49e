//! The SIP endpoint on a virtual clock, seen from the wire: no socket, no sleep.

mod chaos;
mod flood;
mod harness;
mod in_dialog;
mod loss;
mod probes;
mod refusals;
mod reliable;
mod session;
mod texts;
