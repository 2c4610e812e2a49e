//! `cargo fuzz run rtp fuzz/corpus/rtp fuzz/seeds/rtp`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/media/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::rtp(bytes);
});
