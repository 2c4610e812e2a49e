//! `cargo fuzz run sip_stream fuzz/corpus/sip_stream fuzz/seeds/sip_stream`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/sip/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::sip_stream(bytes);
});
