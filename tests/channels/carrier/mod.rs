//! Carriers of texts: CMPP and SMPP.

mod capture;
mod cmpp;
mod smpp_octets;
