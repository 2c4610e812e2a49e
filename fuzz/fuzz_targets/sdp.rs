//! `cargo fuzz run sdp fuzz/corpus/sdp fuzz/seeds/sdp`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/sip/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::sdp(bytes);
});
