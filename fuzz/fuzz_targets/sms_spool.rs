//! `cargo fuzz run sms_spool fuzz/corpus/sms_spool fuzz/seeds/sms_spool`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/messages/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::spool(bytes);
});
