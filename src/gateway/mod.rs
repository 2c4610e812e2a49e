//! The shell of telephony: sockets, timers, media threads, and the switch that joins a SIP leg,
//! its media and the rules of its call.
//!
//! * [`mod@line`]: the one task that owns signalling; everything else reaches it by bounded channels.
//! * [`switch`]: sans-IO; what it wants done comes out as values.
//! * [`sip`]: UDP and TCP sockets.
//! * [`media`]: RTP sockets, the threads that serve them, and the disk thread of the recordings.
//! * [`browser`]: a browser's half of a call: WebRTC with G.711, as a value.
//! * [`prompts`]: the recorded prompts in memory.
//! * [`speech`]: a speech engine, which says replies before anybody asks for them.
//! * [`registrations`]: seats and phones between the store and the endpoint.

pub mod browser;
pub mod clock;
pub mod line;
pub mod media;
pub mod prompts;
pub mod registrations;
pub mod sip;
pub mod speech;
pub mod switch;
