//! The clients against each other: a test of the service is worth nothing with a deaf caller.

use crate::support::audio::{
    self, ALAW_SILENCE, alaw_decode, alaw_encode, find, frames_in_order, holds_live, tone_ms,
    tones, ulaw_decode, ulaw_encode,
};
use crate::support::citizen::{Dial, DialError, ULAW};
use crate::support::clients::baresip::Baresip;
use crate::support::clients::linphone::Linphone;
use crate::support::clients::sipp;
use crate::support::free_udp_port;
use crate::support::rtp::Impairment;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const TONE_HZ: f64 = 1000.0;
const OTHER_HZ: f64 = 600.0;

fn wav(folder: &tempfile::TempDir, hz: f64, ms: u32) -> PathBuf {
    let file = folder.path().join(format!("{hz}.wav"));
    audio::write_wav(&file, &tones(&[hz], 8000.0, ms));
    file
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[test]
fn g711_bytes_survive_decoding_and_encoding() {
    for byte in 0..=255u8 {
        assert_eq!(alaw_encode(alaw_decode(byte)), byte, "A-law {byte:#x}");
        // Negative and positive zero are the same sample.
        let again = ulaw_encode(ulaw_decode(byte));
        assert!(again == byte || (byte == 0x7F && again == 0xFF), "µ-law {byte:#x} {again:#x}");
    }
    // G.711 table 1: the ends of the range and the zero.
    assert_eq!([alaw_encode(32_767), alaw_encode(-32_768), alaw_encode(0)], [0xAA, 0x2A, 0xD5]);
    assert_eq!([ulaw_encode(32_767), ulaw_encode(-32_768), ulaw_encode(0)], [0x80, 0x00, 0xFF]);
}

#[test]
fn a_prompt_is_found_only_where_every_byte_is_equal() {
    let prompt = audio::to_alaw(&tones(&[433.0, 1201.0], 5000.0, 500));
    let mut stream = vec![ALAW_SILENCE; 1234];
    stream.extend(&prompt);
    stream.extend([ALAW_SILENCE; 99]);
    assert_eq!(find(&stream, &prompt), Some(1234));
    stream[1234 + 2000] ^= 1;
    assert_eq!(find(&stream, &prompt), None);
    assert_eq!(frames_in_order(&stream, &prompt), prompt.len() / 160 - 1);
    let speech = audio::to_alaw(&tones(&[433.0, 1201.0], 5000.0, 2_000));
    let holds = [&[400, 900][..], &[400, 900, 1_500]].map(|gaps_ms| {
        let mut stream = speech.clone();
        gaps_ms.iter().for_each(|&ms| stream[ms * 8] ^= 1);
        let late = |ms| holds_live(&stream, &speech, Duration::from_millis(ms));
        [late(25), late(9)]
    });
    let told = "of a hundred frames two may be missing, of who was late";
    assert_eq!(holds, [[true, false], [false, false]], "{told}");
}

#[test]
fn the_citizen_hears_its_own_voice_from_an_echo() {
    let port = free_udp_port();
    let _answerer = sipp::answerer(port, 1);
    let call = Dial::new(loopback(port), "12345").codec(ULAW).call().expect("SIPp answers");
    let sent = call.speak(&tones(&[TONE_HZ], 8000.0, 1000));
    assert!(call.wait_heard(&sent, Duration::from_secs(2)).is_some(), "no echo bit for bit");
    let (capture, bye) = call.hang_up();
    assert_eq!(bye, Some(200));
    assert_eq!(capture.lost(), 0);
    let worst = capture.gaps_ms().into_iter().fold(0.0, f64::max);
    assert!(worst < 500.0, "gap of {worst} ms on the loopback");
}

#[test]
fn a_line_that_loses_and_doubles_does_so_the_same_way_each_time() {
    let lost = |seed| {
        let port = free_udp_port();
        let _answerer = sipp::answerer(port, 1);
        let line = Impairment { seed, loss: 0.2, duplicate: 0.1, jitter: Duration::ZERO };
        let dial = Dial::new(loopback(port), "12345").codec(ULAW).impair(line);
        let call = dial.call().expect("SIPp answers");
        call.speak(&tones(&[TONE_HZ], 8000.0, 1000));
        std::thread::sleep(Duration::from_millis(200));
        let (capture, _) = call.hang_up();
        let first = capture.packets.first().expect("some packets come back").seq;
        let mut gone: Vec<u16> = capture.packets.iter().map(|p| p.seq - first).collect();
        gone.retain(|offset| *offset < 40);
        gone
    };
    let (once, again) = (lost(7), lost(7));
    assert_eq!(once, again);
    let mut unique = once.clone();
    unique.dedup();
    assert!(unique.len() < 40, "nothing was lost");
    assert!(unique.len() < once.len(), "nothing was doubled");
}

#[test]
fn a_number_nobody_answers_is_told_as_unanswered() {
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let dial = Dial::new(deaf.local_addr().unwrap(), "12345").patience(Duration::from_secs(2));
    assert_eq!(dial.call().err(), Some(DialError::Unanswered));
}

#[test]
fn the_citizen_hears_the_tone_that_baresip_plays_and_baresip_hears_the_citizen() {
    let folder = tempfile::tempdir().unwrap();
    let baresip = Baresip::start("19900000002", &wav(&folder, TONE_HZ, 20_000));
    let call = Dial::new(baresip.address, "19900000002").call().expect("baresip answers");
    call.speak(&tones(&[OTHER_HZ], 8000.0, 2000));
    let (capture, bye) = call.hang_up();
    assert_eq!(bye, Some(200));
    let heard = tone_ms(&audio::from_alaw(&capture.audio()), TONE_HZ, 0.8);
    assert!(heard > 1500, "{heard} ms of the tone heard\n{}", baresip.output());
    let its = tone_ms(&baresip.quit(), OTHER_HZ, 0.8);
    assert!(its > 1200, "baresip heard {its} ms of the citizen's tone");
}

#[test]
fn baresip_calls_sipp_and_hears_itself() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_udp_port();
    let mut answerer = sipp::answerer(port, 1);
    let mut baresip = Baresip::start("19900000002", &wav(&folder, TONE_HZ, 20_000));
    baresip.dial("12345", loopback(port));
    std::thread::sleep(Duration::from_secs(2));
    baresip.press("12#");
    baresip.hang_up();
    let heard = tone_ms(&baresip.quit(), TONE_HZ, 0.8);
    assert!(heard > 1000, "{heard} ms of the echo heard");
    assert!(answerer.wait_exit(Duration::from_secs(15)).success());
}

#[test]
fn linphone_calls_baresip_and_both_hear_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let baresip = Baresip::start("19900000002", &wav(&folder, TONE_HZ, 20_000));
    let mut linphone =
        Linphone::start("19900000003", baresip.address, &wav(&folder, OTHER_HZ, 20_000));
    linphone.dial("19900000002", baresip.address);
    std::thread::sleep(Duration::from_secs(3));
    linphone.hang_up();
    let heard = tone_ms(&linphone.quit(), TONE_HZ, 0.8);
    assert!(heard > 1000, "linphonec heard {heard} ms of baresip's tone");
    let its = tone_ms(&baresip.quit(), OTHER_HZ, 0.8);
    assert!(its > 1000, "baresip heard {its} ms of linphonec's tone");
}

#[test]
fn the_stock_sipp_caller_counts_its_calls() {
    let port = free_udp_port();
    let _answerer = sipp::answerer(port, 10);
    let counts = sipp::Caller::stock().calls(10, 20).run(loopback(port), Duration::from_secs(20));
    assert_eq!((counts.successful, counts.failed), (10, 0));
}
