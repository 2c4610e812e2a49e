//! `cargo fuzz run sms_mail fuzz/corpus/sms_mail fuzz/seeds/sms_mail`
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/messages/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::mail(bytes);
});
