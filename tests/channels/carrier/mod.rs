//! Carriers of texts: CMPP and SMPP.

mod capture;
pub(crate) mod city;
mod cmpp;
mod cmpp_line;
pub(crate) mod gateway;
pub(crate) mod kannel;
pub(crate) mod provider;
pub(crate) mod smpp_line;
mod smpp_octets;
pub(crate) mod smsc;
