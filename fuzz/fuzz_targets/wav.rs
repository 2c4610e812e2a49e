//! `cargo fuzz run wav fuzz/corpus/wav fuzz/seeds/wav`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/media/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::wav(bytes);
});
