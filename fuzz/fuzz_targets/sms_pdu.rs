//! `cargo fuzz run sms_pdu fuzz/corpus/sms_pdu fuzz/seeds/sms_pdu`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/messages/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::pdu(bytes);
});
