//! Short messages: smsd and gammu-smsd on the emulated modem.

mod accepted;
mod gammu;
mod smsd;
