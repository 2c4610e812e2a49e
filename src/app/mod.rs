//! Configuration, wiring, clock, shutdown and the verbs of the command line.
