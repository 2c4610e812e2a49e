//! `cargo fuzz run telephone_event fuzz/corpus/telephone_event fuzz/seeds/telephone_event`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/media/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::telephone_event(bytes);
});
