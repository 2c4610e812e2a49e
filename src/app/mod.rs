//! Configuration, wiring, clock, shutdown and the verbs of the command line.

mod callbacks;
pub mod cli;
pub mod clock;
mod common;
pub mod config;
mod doctor;
pub mod exit;
mod logging;
mod output;
pub mod password;
mod queue;
mod seats;
mod serve;
mod settings;
