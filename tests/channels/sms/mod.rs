//! Short messages: smsd and gammu-smsd on the emulated modem.

mod accepted;
mod city;
mod dialogue;
mod driver;
mod folder;
mod gammu;
pub(crate) mod service;
mod smsd;
mod spool;
