//! SIP as it may arrive: the torture messages of the RFCs, and damaged ones.

mod checks;
mod corpus;
mod endpoint;
mod mutation;
mod torture;
mod verdicts;
