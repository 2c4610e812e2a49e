//! Audio of every kind the line accepts: packet lengths, codecs, transports, hold, strangers.

use crate::line::{
    House, LINE, PROMPTS, SENTENCE_LIMIT, account, recordings, sounding, speak_at_once, voice,
};
use crate::support::audio::{
    ALAW_SILENCE, alaw_decode, alaw_encode, frames_in_order, holds_live, read_wav, to_alaw, tones,
    ulaw_decode, ulaw_encode,
};
use crate::support::citizen::{Call, Dial, ULAW};
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) fn every_packet_length_codec_and_transport_carries_the_very_audio_both_ways() {
    let house = House::open();
    let udp = Dial::new(house.service.udp(), LINE);
    let dials = [
        ("10 ms", udp.clone().ptime(10)),
        ("30 ms", udp.clone().ptime(30)),
        ("40 ms", udp.clone().ptime(40)),
        ("60 ms", udp.clone().ptime(60)),
        ("µ-law", udp.clone().codec(ULAW)),
        ("TCP", Dial::new(house.service.address("tcp"), LINE).over_tcp()),
        ("late offer", udp.late_offer()),
    ];
    let speech = read_wav(&voice(house.folder.path()), 0);
    std::thread::scope(|scope| {
        for (number, (what, dial)) in dials.into_iter().enumerate() {
            let (house, speech) = (&house, &speech);
            scope.spawn(move || {
                let from = format!("199000000{:02}", 20 + number);
                let call = dial.from(&from).call();
                let call = call.unwrap_or_else(|e| panic!("{what}: {e:?}"));
                message_both_ways(house, call, what, &from, speech);
            });
        }
    });
}

fn message_both_ways(house: &House, call: Call, what: &str, from: &str, speech: &[i16]) {
    let sent = speak_at_once(&call, speech);
    std::thread::sleep(Duration::from_millis(500));
    let late = call.lateness();
    let (heard, _) = call.hang_up();
    let lengths: Vec<usize> = heard.packets.iter().map(|p| p.payload.len()).collect();
    let wanted = what.strip_suffix(" ms").map_or(160, |ms| ms.parse::<usize>().unwrap() * 8);
    assert!(lengths.iter().all(|len| *len == wanted), "{what}: packets of {lengths:?} bytes");
    let account = account(&house.service, from);
    let (name, codec) = if what == "µ-law" { ("PCMU", MU_LAW) } else { ("PCMA", A_LAW) };
    assert_eq!(account["legs"][0]["codec"], name);
    the_message_is(house, &account, (&sent, late), codec, what);
}

/// To bytes and back.
type Codec = (fn(i16) -> u8, fn(u8) -> i16);
const A_LAW: Codec = (alaw_encode, alaw_decode);
const MU_LAW: Codec = (ulaw_encode, ulaw_decode);

/// Two recordings of the call hold the message, with every byte as it was sent: µ-law's two zeros
/// are told apart only in its own bytes.
fn the_message_is(
    house: &House,
    account: &serde_json::Value,
    (sent, late): (&[u8], Duration),
    (encode, decode): Codec,
    what: &str,
) {
    let bytes = |samples: &[i16]| samples.iter().map(|sample| encode(*sample)).collect::<Vec<_>>();
    let samples: Vec<i16> = sent.iter().map(|byte| decode(*byte)).collect();
    let spoken = &sent[sounding(&samples)];
    let files = recordings(house.service.data(), account);
    let kept: Vec<Vec<u8>> = files.iter().map(|file| bytes(&read_wav(file, 0))).collect();
    let near = kept.iter().map(|kept| frames_in_order(kept, spoken)).max();
    let all = spoken.len() / 160;
    let whole = kept.iter().filter(|kept| holds_live(kept, spoken, late)).count();
    assert_eq!(whole, 2, "{what}: {near:?} of {all} frames in both, {late:?} late");
}

pub(crate) fn on_hold_nothing_is_sent_and_afterwards_the_call_goes_on() {
    let house = House::open();
    let call = house.dial("19900000030");
    PROMPTS.wait(&call, "G01", SENTENCE_LIMIT);
    assert_eq!(call.reinvite("sendonly"), (Some(200), "recvonly".to_owned()));
    std::thread::sleep(Duration::from_millis(300));
    let before = call.heard().packets.len();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(call.heard().packets.len(), before, "packets while on hold");
    assert_eq!(call.reinvite("sendrecv"), (Some(200), "sendrecv".to_owned()));
    std::thread::sleep(Duration::from_secs(1));
    let after = call.heard().packets.len() - before;
    assert!((40..=60).contains(&after), "{after} packets in a second after resuming");
    call.press("1");
    PROMPTS.wait(&call, "L01", SENTENCE_LIMIT);
    assert_eq!(call.hang_up().1, Some(200));
}

pub(crate) fn a_stranger_is_not_heard_gets_no_packet_and_presses_no_key() {
    let house = House::open();
    let call = house.dial("19900000031");
    let target = call.remote_media();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let over = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        scope.spawn(|| interfere(&stranger, target, &over));
        let sent = speak_at_once(&call, &read_wav(&voice(house.folder.path()), 0));
        over.store(true, Ordering::Relaxed);
        sent
    });
    let late = call.lateness();
    call.hang_up();
    let got = stranger.recv_from(&mut [0; 2048]);
    assert!(got.is_err(), "the stranger got a packet");
    let account = account(&house.service, "19900000031");
    assert_eq!(account["digits"], "2##", "the stranger pressed 5 all the time");
    the_message_is(&house, &account, (&sent, late), A_LAW, "beside a stranger");
}

/// A loud tone and the key 5 by events, every 20 ms, from another port of the same host.
fn interfere(stranger: &UdpSocket, target: std::net::SocketAddr, over: &AtomicBool) {
    let noise = to_alaw(&tones(&[600.0], 12_000.0, 20));
    assert!(noise.iter().any(|byte| *byte != ALAW_SILENCE));
    for seq in 0..u16::MAX {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let timestamp = u32::from(seq) * 160;
        let event: &[u8] = &[5, 0x8A, 3, 0x20];
        for (payload_type, payload) in [(8, noise.as_slice()), (101, event)] {
            let mut packet = vec![0x80, payload_type];
            packet.extend(seq.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(0xBAD_CAFE_u32.to_be_bytes());
            packet.extend(payload);
            let _ = stranger.send_to(&packet, target);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
