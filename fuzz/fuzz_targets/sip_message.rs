//! `cargo fuzz run sip_message fuzz/corpus/sip_message fuzz/seeds/sip_message`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/sip/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::sip_message(bytes);
});
