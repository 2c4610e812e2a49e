//! Configuration, wiring, clock, shutdown and the verbs of the command line.

mod audit;
mod calendar;
mod callbacks;
mod casework;
pub mod cli;
pub mod clock;
mod common;
pub mod config;
mod directory;
mod doctor;
pub mod exit;
mod figures;
mod follow_ups;
mod history;
mod logging;
mod output;
mod pages;
pub mod password;
mod recordings;
mod records;
mod search;
mod seats;
mod serve;
mod settings;
mod suggest;
mod switchboard;
