//! Spoken Mandarin: a table of readings checked by hand, words read back by a reader that shares
//! nothing with the speaker, and the committed recordings.

mod reader;
mod readings;
mod recordings;
