//! The targets of `fuzz/` on a stable toolchain: seeds always, mutations for as long as
//! `MAYORLINE_FUZZ_SECONDS` says. The target `call_machine` runs beside its grammar in
//! `src/domain/call/grammar.rs`.

mod campaign;
#[path = "../channels/carrier/checks.rs"]
mod carrier;
mod checks;
#[path = "../media/checks.rs"]
mod media;
#[path = "../messages/checks.rs"]
mod messages;
#[path = "../sip/checks.rs"]
mod sip;

#[test]
fn sip_messages_hold_what_is_promised() {
    campaign::run("sip_message", sip::sip_message);
}

#[test]
fn sip_streams_hold_what_is_promised() {
    campaign::run("sip_stream", sip::sip_stream);
}

#[test]
fn uris_hold_what_is_promised() {
    campaign::run("uri", sip::uri);
}

#[test]
fn descriptions_hold_what_is_promised() {
    campaign::run("sdp", sip::sdp);
}

#[test]
fn rtp_holds_what_is_promised() {
    campaign::run("rtp", media::rtp);
}

#[test]
fn rtcp_holds_what_is_promised() {
    campaign::run("rtcp", media::rtcp);
}

#[test]
fn telephone_events_hold_what_is_promised() {
    campaign::run("telephone_event", media::telephone_event);
}

#[test]
fn wav_files_hold_what_is_promised() {
    campaign::run("wav", media::wav);
}

#[test]
fn short_messages_hold_what_is_promised() {
    campaign::run("sms_pdu", messages::pdu);
}

#[test]
fn spool_files_hold_what_is_promised() {
    campaign::run("sms_spool", messages::spool);
}

#[test]
fn short_texts_hold_what_is_promised() {
    campaign::run("short_text", messages::short_text);
}

#[test]
fn cmpp_holds_what_is_promised() {
    campaign::run("cmpp", carrier::cmpp);
}

#[test]
fn smpp_holds_what_is_promised() {
    campaign::run("smpp", carrier::smpp);
}

#[test]
fn mails_hold_what_is_promised() {
    campaign::run("mail", messages::mail);
}

#[test]
fn configurations_hold_what_is_promised() {
    campaign::run("config", checks::config);
}

#[test]
fn every_target_of_libfuzzer_has_seeds() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("fuzz_targets"), names("seeds"));
    assert_eq!(names("seeds").len(), 16);
}
