//! Configuration, wiring, clock, shutdown and the verbs of the command line.

mod calendar;
pub mod cli;
pub mod clock;
mod common;
pub mod config;
mod doctor;
pub mod exit;
mod logging;
mod queue;
mod serve;
mod settings;
