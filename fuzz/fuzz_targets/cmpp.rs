//! `cargo fuzz run cmpp fuzz/corpus/cmpp fuzz/seeds/cmpp`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/channels/carrier/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::cmpp(bytes);
});
