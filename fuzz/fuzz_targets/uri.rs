//! `cargo fuzz run uri fuzz/corpus/uri fuzz/seeds/uri`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/sip/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::uri(bytes);
});
