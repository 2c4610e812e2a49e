//! Configuration, wiring, clock, shutdown and the verbs of the command line.

mod audit;
mod calendar;
mod callbacks;
mod casework;
pub mod cli;
pub mod clock;
mod common;
pub mod config;
mod doctor;
pub mod exit;
mod export;
mod figures;
mod figures_inputs;
mod history;
mod logging;
mod output;
mod pages;
pub mod password;
mod recordings;
mod records;
mod report;
mod search;
mod seats;
mod serve;
mod settings;
mod switchboard;
mod trace;
