//! Configuration, wiring, clock, shutdown and the verbs of the command line.

mod audit;
mod calendar;
mod callbacks;
pub mod cli;
pub mod clock;
mod common;
pub mod config;
mod doctor;
pub mod exit;
mod logging;
mod output;
mod pages;
pub mod password;
mod recordings;
mod records;
mod seats;
mod serve;
mod settings;
mod switchboard;
