//! Samples as sans-IO machines: what is heard and what is said, frame by frame.
