//! `cargo fuzz run rtcp fuzz/corpus/rtcp fuzz/seeds/rtcp`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/media/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::rtcp(bytes);
});
