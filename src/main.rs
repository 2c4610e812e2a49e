//! The `mayorline` binary: see `mayorline --help`.

fn main() {}
