//! Durable cases a second and look-ups.

fn main() {}
