//! The shell of telephony: sockets, timers, media threads and the switch.

pub mod prompts;
