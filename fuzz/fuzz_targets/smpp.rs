//! `cargo fuzz run smpp fuzz/corpus/smpp fuzz/seeds/smpp`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/channels/carrier/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::smpp(bytes);
});
