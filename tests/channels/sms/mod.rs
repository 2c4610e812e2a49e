//! Short messages: smsd and gammu-smsd on the emulated modem.

mod accepted;
mod folder;
mod gammu;
mod ports;
mod smsd;
mod spool;
