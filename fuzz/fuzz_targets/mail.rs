//! `cargo fuzz run mail fuzz/corpus/mail fuzz/seeds/mail`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/messages/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::mail(bytes);
});
