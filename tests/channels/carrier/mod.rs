//! Carriers of texts: CMPP and SMPP.

mod capture;
mod city;
mod cmpp;
mod cmpp_line;
mod smpp_line;
mod smpp_octets;
mod smsc;
