//! `cargo fuzz run short_text fuzz/corpus/short_text fuzz/seeds/short_text`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/messages/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::short_text(bytes);
});
