use super::*;
use crate::wire::rtp::{self, Header};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

const SEED: u64 = 0x5127;

pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The master key of RFC 3711 B.3.
pub(super) fn master() -> MasterKey {
    let bytes = hex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
    MasterKey::new(bytes.try_into().unwrap())
}

fn pair(suite: Suite) -> (Protector, Opener) {
    (Protector::new(suite, &master()), Opener::new(suite, &master()))
}

/// An RTP packet and its protected form.
fn protected(protector: &mut Protector, sequence: u16, ssrc: u32) -> (Vec<u8>, Vec<u8>) {
    let header = Header { marker: false, payload_type: 8, sequence, timestamp: 160, ssrc };
    let mut head = [0; 12];
    header.write(&mut head);
    let plain = [&head[..], &[sequence.to_le_bytes()[0]; 160]].concat();
    let mut bytes = plain.clone();
    bytes.resize(plain.len() + ADDED_BYTES_MAX, 0);
    let len = protector.rtp(&mut bytes, plain.len()).unwrap();
    bytes.truncate(len);
    (plain, bytes)
}

#[test]
fn packets_are_those_of_another_implementation() {
    let (mut protector, mut opener) = pair(Suite::Tag80);
    let plain = hex("800F1234DECAFBADCAFEBABEABABABABABABABABABABABABABABABAB");
    let mut bytes = plain.clone();
    bytes.resize(plain.len() + 10, 0);
    assert_eq!(protector.rtp(&mut bytes, plain.len()), Some(38));
    let cipher = "4E55DC4CE79978D88CA4D215949D2402B78D6ACC99EA179B8DBB";
    assert_eq!(bytes, hex(&format!("800F1234DECAFBADCAFEBABE{cipher}")));
    assert_eq!(opener.rtp(&mut bytes), Ok(28));
    assert_eq!(bytes[..28], plain);
    let plain = hex("81C8000BCAFEBABEABABABABABABABABABABABABABABABAB");
    let mut bytes = plain.clone();
    bytes.resize(plain.len() + 14, 0);
    assert_eq!(protector.rtcp(&mut bytes, plain.len()), Some(38));
    let cipher = "7128035BE487B9BDBEF89041F977A5A880000001993E08CD54D6C1230798";
    assert_eq!(bytes, hex(&format!("81C8000BCAFEBABE{cipher}")));
    assert_eq!(opener.rtcp(&mut bytes), Ok(24));
    assert_eq!(bytes[..24], plain);
}

#[test]
fn every_packet_is_opened_once_over_three_roll_overs_with_loss_and_disorder() {
    for suite in [Suite::Tag80, Suite::Tag32] {
        let (mut protector, mut opener) = pair(suite);
        let mut rng = SmallRng::seed_from_u64(SEED);
        let mut waiting: Vec<(Vec<u8>, Vec<u8>)> = vec![];
        let mut opened = 0;
        for n in 0..200_000_u32 {
            let sequence = u16::try_from((n + 65_000) % 65_536).unwrap();
            let packet = protected(&mut protector, sequence, 7);
            assert_ne!(packet.0[12..40], packet.1[12..40]);
            if rng.random_range(0..50) > 0 {
                waiting.push(packet);
            }
            if waiting.len() >= 8 {
                let (plain, bytes) = waiting.swap_remove(rng.random_range(0..8));
                let mut copy = bytes.clone();
                let len = opener.rtp(&mut copy).unwrap();
                assert_eq!(copy[..len], plain);
                assert!(opener.rtp(&mut bytes.clone()).is_err(), "a replay of {n}");
                opened += 1;
            }
        }
        assert!(opened > 195_000);
    }
}

#[test]
fn what_is_forged_cut_or_of_another_key_is_refused_and_leaves_no_trace() {
    let (mut protector, mut opener) = pair(Suite::Tag32);
    let mut rng = SmallRng::seed_from_u64(SEED);
    for n in 0..2_000_u16 {
        let (plain, bytes) = protected(&mut protector, n, 7);
        for _ in 0..5 {
            let mut forged = bytes.clone();
            let at = rng.random_range(0..forged.len());
            forged[at] ^= 1 << rng.random_range(0..8);
            assert!(opener.rtp(&mut forged).is_err());
            let len = rng.random_range(0..bytes.len());
            assert!(opener.rtp(&mut bytes[..len].to_vec()).is_err());
        }
        let mut noise = vec![0; rng.random_range(0..200)];
        rng.fill_bytes(&mut noise);
        assert!(opener.rtp(&mut noise.clone()).is_err() && opener.rtcp(&mut noise).is_err());
        let mut bytes = bytes;
        assert_eq!(opener.rtp(&mut bytes).map(|len| bytes[..len].to_vec()), Ok(plain));
    }
    let mut other = Opener::new(Suite::Tag32, &MasterKey::new([1; MASTER_BYTES]));
    assert!(other.rtp(&mut protected(&mut protector, 2_001, 7).1).is_err());
}

#[test]
fn a_peer_has_so_many_sources_and_none_is_forgotten() {
    let (_, mut opener) = pair(Suite::Tag80);
    let mut first = None;
    for ssrc in 0..12 {
        let (_, bytes) = protected(&mut Protector::new(Suite::Tag80, &master()), 1, ssrc);
        first.get_or_insert_with(|| bytes.clone());
        assert_eq!(opener.rtp(&mut bytes.clone()).is_ok(), ssrc < 8);
    }
    assert!(opener.rtp(&mut first.unwrap()).is_err(), "an old source's packet is no new one");
}

#[test]
fn sources_and_extensions_stay_readable() {
    let (mut protector, mut opener) = pair(Suite::Tag80);
    let head = "92080001000000A000000007AAAAAAAABBBBBBBBBEDE000111223344";
    let plain = [hex(head), vec![0xD5; 160]].concat();
    let mut bytes = plain.clone();
    bytes.resize(plain.len() + 10, 0);
    protector.rtp(&mut bytes, plain.len()).unwrap();
    assert_eq!(bytes[..28], plain[..28]);
    assert_eq!(opener.rtp(&mut bytes), Ok(plain.len()));
    assert_eq!(rtp::parse(&bytes[..plain.len()]).unwrap().payload, [0xD5; 160]);
}
