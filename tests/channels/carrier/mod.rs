//! Carriers of texts: CMPP and SMPP.

mod capture;
mod city;
mod cmpp;
mod cmpp_line;
mod kannel;
mod provider;
mod smpp_line;
mod smpp_octets;
mod smsc;
