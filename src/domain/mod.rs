//! The city's rules, pure: no clock, no socket, no SQL. It speaks of calls, digits, cases and days.

pub mod access;
pub mod anonymise;
pub mod calendar;
pub mod call;
pub mod case;
pub mod demo;
pub mod desk;
pub mod desk_link;
pub mod dial_rules;
pub mod directory;
pub mod figures;
pub mod listening_day;
pub mod message;
pub mod open311;
pub mod playback;
pub mod publication;
pub mod queue;
pub mod report;
pub mod room;
pub mod search;
pub mod speech;
pub mod suggest;
pub mod town;
pub mod voice_call;
pub mod webhook;
