//! `mayorline` answers a city's public telephone line to its secretary and mayor (书记市长公开电话)
//! and turns every contact into a case in one queue.
//!
//! The modules below stand in dependency order; an arrow never points back up, and
//! `tests/tidy.rs` fails when a `use` line draws one.
//!
//! * [`units`]: the words everything speaks: phone numbers, case numbers, call and leg ids.
//! * [`wire`]: bytes to typed values and back: SIP, SDP, RTP, RTCP, G.711, WAV, SMS, CMPP, SMPP. No state, no
//!   clock.
//! * [`proto`]: SIP as sans-IO machines: transactions, dialogs, session timers, admission; sessions with
//!   carriers of texts.
//! * [`media`]: samples as sans-IO machines: jitter buffer, concealment, player, digits, recorder.
//! * [`domain`]: the city's rules, pure: the way a call takes, cases, deadlines, spoken Chinese.
//! * [`client`]: requests over HTTP to others: receivers of webhooks, providers of texts, a speech service.
//! * [`store`]: SQLite behind one writer thread and read-only readers; stored before anything is said.
//! * [`gateway`]: the shell of telephony: sockets, timers, media threads, and the switch that joins
//!   a SIP leg, its media and the rules of the call.
//! * [`channels`]: texts and mails of citizens, in and out; acknowledged only after the commit.
//! * [`web`]: the pages of the seats and their WebSocket; it meets the line in `domain` words only.
//! * [`app`]: configuration, wiring, clock, shutdown and the verbs of the command line.
//!
//! Whatever decides is a plain value with `handle(now, input)`, `poll_action()` and
//! `poll_timeout()`: the caller drains the actions before it gives the next input. Nothing in
//! `wire`, `proto`, `media` or `domain` reads a clock, opens a file or waits.
//!
//! ARCHITECTURE.md has the picture of the way a call takes.

pub mod app;
pub mod channels;
pub mod client;
pub mod domain;
pub mod gateway;
pub mod media;
pub mod proto;
pub mod store;
pub mod units;
pub mod web;
pub mod wire;
