//! Two ends without a network: a browser's machine offers, ours answers.

use super::*;
use std::net::{Ipv4Addr, SocketAddrV4};
use str0m::media::{Direction, MediaKind};

const OURS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 1), 20_000));
const THEIRS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 1), 40_000));

/// What a browser's side would be.
struct Browser {
    rtc: Rtc,
    mid: Mid,
    pending: Option<str0m::change::SdpPendingOffer>,
    out: Vec<Vec<u8>>,
    heard: Vec<RtpPacket>,
    connected: bool,
    timeout: Option<Instant>,
}

impl Browser {
    fn new(now: Instant, codec: Codec) -> (Self, String) {
        let mut rtc = config(codec).set_ice_lite(false).build(now);
        rtc.add_local_candidate(Candidate::host(THEIRS, "udp").unwrap());
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().unwrap();
        let pending = Some(pending);
        let browser = Self {
            rtc,
            mid,
            pending,
            out: Vec::new(),
            heard: Vec::new(),
            connected: false,
            timeout: None,
        };
        (browser, offer.to_sdp_string())
    }

    fn answer(&mut self, answer: &str) {
        let answer = str0m::change::SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => break self.timeout = Some(at),
                Output::Transmit(sent) => self.out.push(sent.contents.to_vec()),
                Output::Event(Event::RtpPacket(packet)) => self.heard.push(packet),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(_) => {}
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.rtc.handle_input(input).unwrap();
        self.drain();
    }

    fn say(&mut self, now: Instant, sequence: u64, payload: &[u8]) {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.mid, None).unwrap();
        let time = u32::try_from(sequence).unwrap() * 160;
        stream.write_rtp(RtpWrite::new(8.into(), sequence.into(), time, now, payload.to_vec()));
        self.input(Input::Timeout(now));
    }
}

/// Carries datagrams both ways and lets the time pass.
fn exchange(browser: &mut Browser, ours: &mut BrowserLeg, now: &mut Instant, until: Instant) {
    while *now < until {
        loop {
            let from_us: Vec<_> = std::iter::from_fn(|| ours.poll_transmit()).collect();
            let from_them = std::mem::take(&mut browser.out);
            if from_us.is_empty() && from_them.is_empty() {
                break;
            }
            for sent in from_us {
                assert_eq!(sent.to, THEIRS);
                if let Ok(receive) = Receive::new(Protocol::Udp, OURS, THEIRS, &sent.bytes) {
                    browser.input(Input::Receive(*now, receive));
                }
            }
            for bytes in from_them {
                ours.receive(*now, THEIRS, &bytes);
            }
        }
        *now += Duration::from_millis(10);
        if browser.timeout.is_some_and(|at| at <= *now) {
            browser.input(Input::Timeout(*now));
        }
        if ours.poll_timeout().is_some_and(|at| at <= *now) {
            ours.handle_timeout(*now);
        }
    }
}

#[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
fn connected(codec: Codec) -> (Browser, BrowserLeg, Instant) {
    let mut now = Instant::now();
    let (mut browser, offer) = Browser::new(now, codec);
    let (answer, mut ours) = BrowserLeg::accept(&offer, OURS, now).unwrap();
    browser.answer(&answer);
    let until = now + Duration::from_secs(2);
    exchange(&mut browser, &mut ours, &mut now, until);
    (browser, ours, now)
}

fn packet(sequence: u16, payload: &[u8]) -> Vec<u8> {
    let timestamp = u32::from(sequence) * 160;
    let header = Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 7 };
    let mut head = [0; HEADER_LEN];
    header.write(&mut head);
    [&head[..], payload].concat()
}

#[test]
fn what_the_browser_reports_of_our_packets_is_known() {
    let (mut browser, mut ours, mut now) = connected(Codec::Pcma);
    assert_eq!(ours.reported(), None);
    // Fifteen seconds, of which every fourth packet is lost.
    for n in 0..750 {
        ours.send_rtp(now, &packet(n, &[0x55; 160]));
        if n % 4 == 0 {
            while ours.poll_transmit().is_some() {}
        }
        let until = now + Duration::from_millis(20);
        exchange(&mut browser, &mut ours, &mut now, until);
    }
    let reported = ours.reported().unwrap();
    assert!((60..=188).contains(&reported.lost), "{reported:?}");
    assert!((56..=72).contains(&reported.share), "{reported:?}");
    assert!(reported.jitter_ms <= 20, "{reported:?}");
}

#[test]
fn a_browser_connects_and_audio_passes_bit_by_bit_both_ways() {
    let (mut browser, mut ours, mut now) = connected(Codec::Pcma);
    assert!(browser.connected && ours.is_connected());
    assert_eq!(ours.poll_event(), Some(BrowserEvent::Connected));
    for n in 0..50_u16 {
        let sound = [u8::try_from(n).unwrap(); 160];
        // Across the turn of the counter.
        ours.send_rtp(now, &packet(65_530_u16.wrapping_add(n), &sound));
        browser.say(now, 1_000 + u64::from(n), &sound);
        let until = now + Duration::from_millis(20);
        exchange(&mut browser, &mut ours, &mut now, until);
    }
    let heard: Vec<_> = browser.heard.iter().map(|p| p.payload.to_vec()).collect();
    let sent: Vec<_> = (0..50_u8).map(|n| vec![n; 160]).collect();
    assert_eq!(heard, sent);
    let heard: Vec<_> = std::iter::from_fn(|| ours.poll_rtp()).collect();
    assert_eq!(heard.len(), 50);
    for (n, bytes) in (0..50_u8).zip(&heard) {
        let packet = rtp::parse(bytes).unwrap();
        assert_eq!((packet.payload, packet.header.payload_type), (&[n; 160][..], 8));
        assert_eq!(packet.header.sequence, 1_000 + u16::from(n));
    }
}

#[test]
fn the_agreed_codec_is_the_only_one_in_the_answer() {
    for (codec, payload_type, other) in [(Codec::Pcma, 8, "PCMU"), (Codec::Pcmu, 0, "PCMA")] {
        #[allow(clippy::disallowed_methods)]
        let now = Instant::now();
        let (_, offer) = Browser::new(now, codec);
        let (answer, leg) = BrowserLeg::accept(&offer, OURS, now).unwrap();
        assert!(answer.contains("a=ice-lite") && !answer.contains(other), "{answer}");
        assert!(answer.contains("127.0.0.1 20000 typ host"), "{answer}");
        let agreed = leg.agreed();
        assert_eq!((agreed.codec, agreed.payload_type), (codec, payload_type));
    }
}

#[test]
fn an_offer_that_cannot_be_met_is_refused_with_its_reason() {
    #[allow(clippy::disallowed_methods)]
    let now = Instant::now();
    let accept =
        |offer: &str, local| BrowserLeg::accept(offer, local, now).map(|_| ()).unwrap_err();
    let (_, offer) = Browser::new(now, Codec::Pcma);
    assert_eq!(accept("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", OURS), OfferRefused::NoCodec);
    assert_eq!(accept("", OURS), OfferRefused::NoCodec);
    let cut = &offer[..offer.len() / 2];
    assert!(matches!(accept(cut, OURS), OfferRefused::Malformed(_) | OfferRefused::NoCodec));
    let long = format!("{offer}{}", "a=x\r\n".repeat(10_000));
    assert!(matches!(accept(&long, OURS), OfferRefused::Malformed(_)));
    let anywhere = "0.0.0.0:20000".parse().unwrap();
    assert!(matches!(accept(&offer, anywhere), OfferRefused::Address(_)));
}

#[test]
fn a_fresh_offer_replaces_the_transport_and_the_old_page_is_not_heard() {
    let (mut old, _, mut now) = connected(Codec::Pcma);
    let (mut browser, offer) = Browser::new(now, Codec::Pcma);
    let (answer, mut ours) = BrowserLeg::accept(&offer, OURS, now).unwrap();
    browser.answer(&answer);
    old.say(now, 2_000, &[1; 160]);
    for bytes in std::mem::take(&mut old.out) {
        ours.receive(now, THEIRS, &bytes);
    }
    let until = now + Duration::from_secs(2);
    exchange(&mut browser, &mut ours, &mut now, until);
    assert!(ours.is_connected() && ours.poll_rtp().is_none());
    browser.say(now, 1, &[2; 160]);
    let until = now + Duration::from_millis(20);
    exchange(&mut browser, &mut ours, &mut now, until);
    assert_eq!(rtp::parse(&ours.poll_rtp().unwrap()).unwrap().payload, &[2; 160]);
}

#[test]
fn a_browser_that_falls_silent_is_told_and_noise_does_no_harm() {
    let (_, mut ours, mut now) = connected(Codec::Pcma);
    let mut noise = 0x1234_5678_u32;
    for length in 0..1_500 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                noise.to_be_bytes()[0]
            })
            .collect();
        ours.receive(now, THEIRS, &bytes);
    }
    assert!(ours.is_connected() && ours.poll_rtp().is_none());
    while ours.poll_event().is_some() {}
    for _ in 0..6_000 {
        now += Duration::from_millis(10);
        ours.handle_timeout(now);
        while ours.poll_transmit().is_some() {}
    }
    assert_eq!(ours.poll_event(), Some(BrowserEvent::Disconnected));
}

#[test]
fn sequence_numbers_keep_counting_across_their_turn() {
    assert_eq!(extend(None, 65_535), 65_535);
    assert_eq!(extend(Some(65_535), 0), 65_536);
    assert_eq!(extend(Some(65_536), 65_535), 65_535);
    assert_eq!(extend(Some(131_072 + 5), 7), 131_072 + 7);
}
