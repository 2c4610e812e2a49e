//! A leg whose packets are protected by SRTP.

use crate::audio::{address, packet};
use crate::hall::agreed;
use mayorline::media::leg::{Agreed, LegSetup, MediaEvent, MediaLeg, PACKET_MAX};
use mayorline::media::player::{Playlist, Segment};
use mayorline::wire::g711::Codec;
use mayorline::wire::srtp::{Keys, MasterKey, Opener, Protector, Suite};
use mayorline::wire::{rtcp, rtp};
use std::sync::Arc;
use std::time::{Duration, Instant};

const OURS: MasterKey = MasterKey::new([1; 30]);
const THEIRS: MasterKey = MasterKey::new([2; 30]);
const PEER: &str = "203.0.113.5:4000";

fn secure(suite: Suite) -> Agreed {
    let keys = Some(Keys { suite, ours: OURS, theirs: THEIRS });
    let remote_rtcp = Some(address("203.0.113.5:4001"));
    Agreed { keys, remote_rtcp, ..agreed(Codec::Pcma, 20) }
}

fn leg(agreed: Agreed) -> (MediaLeg, Instant) {
    #[allow(clippy::disallowed_methods)]
    let now = Instant::now();
    let setup = LegSetup {
        ssrc: 5,
        first_sequence: 65_530,
        first_timestamp: 0,
        cname: "line@mayorline.invalid".to_owned(),
        peer: None,
        agreed,
    };
    (MediaLeg::new(setup, now), now)
}

fn protected(protector: &mut Protector, n: u16, codes: &[u8]) -> Vec<u8> {
    let mut bytes = packet(8, n, u32::from(n) * 160, 9, codes);
    let len = bytes.len();
    bytes.resize(len + 14, 0);
    let len = protector.rtp(&mut bytes, len).unwrap();
    bytes.truncate(len);
    bytes
}

#[test]
fn a_prompt_and_a_voice_pass_protected_in_both_suites_across_the_roll_over() {
    for suite in [Suite::Tag80, Suite::Tag32] {
        let (mut leg, mut now) = leg(secure(suite));
        let (mut phone, mut opener) = (Protector::new(suite, &THEIRS), Opener::new(suite, &OURS));
        let prompt = Segment::Alaw(vec![0x2A; 160 * 50].into());
        leg.play(1, Arc::new(Playlist { segments: vec![prompt] }));
        let mut sent = 0;
        for n in 0..50 {
            leg.receive(now, address(PEER), &protected(&mut phone, n, &[0x55 ^ n as u8; 160]));
            now += Duration::from_millis(20);
            leg.tick(now);
            let mut bytes = [0; PACKET_MAX];
            while let Some((len, _)) = leg.poll_packet(&mut bytes) {
                assert!(rtp::parse(&bytes[..len]).unwrap().payload[..20] != [0x2A; 20]);
                let len = opener.rtp(&mut bytes[..len]).unwrap();
                assert_eq!(rtp::parse(&bytes[..len]).unwrap().payload, [0x2A; 160]);
                sent += 1;
            }
            if n > 0 {
                let said = Codec::Pcma.decode(0x55 ^ (n as u8 - 1));
                assert_eq!(leg.heard(), &[said; 160]);
            }
        }
        assert_eq!((sent, leg.statistics().unauthentic), (50, 0));
    }
}

#[test]
fn plain_forged_and_repeated_packets_are_dropped_and_the_call_goes_on() {
    let (mut leg, mut now) = leg(secure(Suite::Tag80));
    let mut phone = Protector::new(Suite::Tag80, &THEIRS);
    let mut stranger = Protector::new(Suite::Tag80, &OURS);
    for n in 0..100 {
        let good = protected(&mut phone, n, &[7; 160]);
        leg.receive(now, address(PEER), &good);
        leg.receive(now, address(PEER), &good);
        leg.receive(now, address(PEER), &packet(8, n + 1, u32::from(n) * 160, 9, &[99; 160]));
        leg.receive(now, address(PEER), &protected(&mut stranger, n, &[99; 160]));
        leg.receive(now, address(PEER), &good[..20]);
        leg.receive(now, address(PEER), &[0x80; 4_000]);
        leg.receive_rtcp(now, address(PEER), 0, &good);
        now += Duration::from_millis(20);
        leg.tick(now);
        assert!(n == 0 || leg.heard() == &[Codec::Pcma.decode(7); 160]);
    }
    let statistics = leg.statistics();
    assert_eq!((statistics.received, statistics.unauthentic), (100, 600));
    assert_eq!(leg.poll_event(), Some(MediaEvent::FirstPacket));
    assert_eq!(leg.poll_event(), None);
}

#[test]
fn reports_are_protected_and_a_new_offer_with_the_same_keys_goes_on() {
    let (mut leg, mut now) = leg(secure(Suite::Tag32));
    let (mut phone, mut opener) =
        (Protector::new(Suite::Tag32, &THEIRS), Opener::new(Suite::Tag32, &OURS));
    let mut reports = 0;
    for n in 0..1_000 {
        if n == 500 {
            leg.update(secure(Suite::Tag32), now);
        }
        leg.receive(now, address(PEER), &protected(&mut phone, n, &[7; 160]));
        now += Duration::from_millis(20);
        leg.tick(now);
        let mut bytes = [0; PACKET_MAX];
        while let Some((len, _)) = leg.poll_packet(&mut bytes) {
            opener.rtp(&mut bytes[..len]).unwrap();
        }
        if let Some((len, _)) = leg.rtcp(now, 1 << 32, &mut bytes) {
            let len = opener.rtcp(&mut bytes[..len]).unwrap();
            let report = rtcp::parse(&bytes[..len], 9).unwrap();
            assert!(report.sender.is_some() && report.block.is_some());
            reports += 1;
        }
    }
    assert!(reports > 2);
    assert_eq!(leg.statistics().unauthentic, 0);
    // A key of its own after a transfer is taken at once.
    let moved = MasterKey::new([3; 30]);
    let keys = Some(Keys { suite: Suite::Tag32, ours: OURS, theirs: moved });
    leg.update(Agreed { keys, ..secure(Suite::Tag32) }, now);
    let mut phone = Protector::new(Suite::Tag32, &moved);
    leg.receive(now, address(PEER), &protected(&mut phone, 1_000, &[7; 160]));
    assert_eq!(leg.statistics().unauthentic, 0);
}
