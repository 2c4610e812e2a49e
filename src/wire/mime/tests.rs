//! Awkward mails with invented content, and what must be read in them to the letter.

mod bombs;
mod corpus;
mod damaged;
mod delivery;
mod fields;
mod library;
mod random;
mod write;
