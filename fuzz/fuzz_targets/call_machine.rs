//! `cargo fuzz run call_machine fuzz/corpus/call_machine fuzz/seeds/call_machine`
#![no_main]

use std::sync::LazyLock;
use std::time::Instant;

/// The origin of the virtual clock, the same in every run.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mayorline::domain::call::grammar::drive(bytes, *START);
});
