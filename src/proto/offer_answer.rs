//! Offer and answer (RFC 3264) for calls of one audio stream: what we offer, what we answer, and
//! what both sides then do.

use crate::wire::g711::Codec;
use crate::wire::sdp::{Body, BodyMedia, CLOCK_HZ, Crypto, Direction, MediaLine, Session};
use crate::wire::srtp::{Keys, MasterKey, Suite};
use std::net::{IpAddr, SocketAddr};

/// Milliseconds of audio per packet where nobody says otherwise (RFC 3551 table 4).
const PTIME_MS_DEFAULT: u16 = 20;
/// Shortest packet we send: one G.711 frame of the media core.
const PTIME_MS_MIN: u16 = 10;
/// Longest packet we send: still below 500 bytes, and one loss is still short to conceal.
const PTIME_MS_MAX: u16 = 60;
/// The payload type under which we offer telephone-event (customary; any of 96-127 would do).
const DTMF_PAYLOAD_TYPE: u8 = 101;
/// The one way of protection we offer: every SRTP phone has it (RFC 4568 §6.2.1).
const CRYPTO_TAG: u32 = 1;
const CRYPTO_SUITE: Suite = Suite::Tag80;
const DTMF_ENCODING: &str = "telephone-event";
/// The sixteen keys (RFC 4733 §3.2).
const DTMF_EVENTS: &str = "0-15";

/// Our end of the audio stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalMedia {
    /// The address the peer shall send to.
    pub address: IpAddr,
    /// The even RTP port; RTCP is the next one.
    pub rtp_port: u16,
    /// `o=`: the same for the whole call.
    pub session_id: u64,
    /// `o=`: one more than in the last description that differed (see [`keep_if_unchanged`]).
    pub session_version: u64,
    /// Our SRTP master key, random for each call. With it we offer RTP/SAVP and answer it; without
    /// it both are plain. Only for calls signalled over TLS: the key stands in the description.
    pub key: Option<MasterKey>,
}

/// What offer and answer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaPlan {
    /// Where our RTP goes; `None` when the peer holds with `c=0.0.0.0`, or names no address that
    /// this call can reach, until its own audio tells.
    pub remote: Option<SocketAddr>,
    /// Where our RTCP goes.
    pub remote_rtcp: Option<SocketAddr>,
    /// The codec both ways.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: u8,
    /// The payload type of telephone-event, where the peer has it.
    pub dtmf_payload_type: Option<u8>,
    /// Milliseconds of audio in each packet we send: 10 to 60 in steps of 10.
    pub ptime_ms: u16,
    /// What we do.
    pub direction: Direction,
    /// SRTP, where it was agreed.
    pub keys: Option<Keys>,
}

/// Why an offer or answer cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// No line of audio over plain RTP that is not itself refused.
    #[error("no audio over RTP/AVP")]
    NoAudio,
    /// Audio, but neither PCMA nor PCMU.
    #[error("no common codec")]
    NoCommonCodec,
    /// RTP/SAVP without a crypto-suite that we have, or an answer that leaves ours out.
    #[error("no common crypto-suite")]
    NoCommonSuite,
}

impl OfferRefusal {
    /// The status that refuses the request (RFC 3261 §21.4.26: Not Acceptable Here).
    #[must_use]
    pub fn status(self) -> u16 {
        488
    }
}

/// Answers an offer: the first usable audio line is taken, every other line refused in its place.
///
/// # Errors
/// When nothing in it can be used; answer with [`OfferRefusal::status`].
pub fn answer(offer: &Session, ours: &LocalMedia) -> Result<(Vec<u8>, MediaPlan), OfferRefusal> {
    let mut refusal = OfferRefusal::NoAudio;
    let taken = offer.media.iter().enumerate().find_map(|(at, line)| {
        plan(offer, line, ours)
            .map_err(|why| refusal = refusal.max_detail(why))
            .ok()
            .map(|p| (at, p))
    });
    let Some((at, plan)) = taken else { return Err(refusal) };
    let lines =
        offer.media.iter().enumerate().map(|(index, line)| {
            if index == at { accepted(line, &plan, ours) } else { refused(line) }
        });
    Ok((body(ours, lines.collect()), plan))
}

/// Our offer: PCMA, PCMU and telephone-event, both ways; RTP/SAVP alone where we have a key.
#[must_use]
pub fn offer(ours: &LocalMedia) -> Vec<u8> {
    let mut formats = String::new();
    let mut attributes = Vec::new();
    for codec in Codec::PREFERENCE {
        formats.push_str(&format!("{} ", codec.payload_type()));
        attributes.push(rtpmap(codec.payload_type(), codec.name()));
    }
    formats.push_str(&DTMF_PAYLOAD_TYPE.to_string());
    push_dtmf(&mut attributes, DTMF_PAYLOAD_TYPE);
    let mut proto = "RTP/AVP";
    if let Some(key) = ours.key {
        proto = "RTP/SAVP";
        push_crypto(&mut attributes, CRYPTO_TAG, CRYPTO_SUITE, key);
    }
    attributes.push(("ptime", Some(PTIME_MS_DEFAULT.to_string())));
    let (kind, proto) = ("audio".to_owned(), proto.to_owned());
    let mut line = BodyMedia { kind, port: ours.rtp_port, proto, formats, attributes };
    line.push_direction(Direction::SendRecv);
    body(ours, vec![line])
}

/// What the answer to [`offer`] comes to.
///
/// # Errors
/// When it refuses our line or answers with what we did not offer; end the call.
pub fn accept_answer(answer: &Session, ours: &LocalMedia) -> Result<MediaPlan, OfferRefusal> {
    // RFC 3264 §6: the answer has the lines of the offer in their order, and ours had one.
    let line = answer.media.first().ok_or(OfferRefusal::NoAudio)?;
    let plan = plan(answer, line, ours)?;
    // Who offered SRTP must not be talked down to plain RTP. Tag and suite are ours of the first
    // offer, or those of the peer's own where an earlier answer of ours was offered again.
    if ours.key.is_some() && plan.keys.is_none() {
        return Err(OfferRefusal::NoCommonSuite);
    }
    Ok(plan)
}

/// RFC 3264 §8: a description equal to the last one keeps its version. Build the next one with
/// the last version plus one and pass both: gives the bytes to send, and whether the new
/// version was used.
#[must_use]
pub fn keep_if_unchanged(last: &[u8], next: Vec<u8>) -> (Vec<u8>, bool) {
    let without_origin = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let lines = bytes.split(|&b| b == b'\n').filter(|line| !line.starts_with(b"o="));
        lines.map(<[u8]>::to_vec).collect()
    };
    if without_origin(last) == without_origin(&next) {
        (last.to_vec(), false)
    } else {
        (next, true)
    }
}

impl OfferRefusal {
    /// Of two reasons the one that is nearer to success.
    fn max_detail(self, other: Self) -> Self {
        let rank = |refusal| match refusal {
            Self::NoAudio => 0,
            Self::NoCommonSuite => 1,
            Self::NoCommonCodec => 2,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// What one line of the peer's description comes to.
fn plan(peer: &Session, line: &MediaLine, ours: &LocalMedia) -> Result<MediaPlan, OfferRefusal> {
    let plain = matches!(line.proto.as_str(), "RTP/AVP" | "RTP/AVPF");
    let secure = matches!(line.proto.as_str(), "RTP/SAVP" | "RTP/SAVPF") && ours.key.is_some();
    if line.kind != "audio" || !(plain || secure) || line.port == 0 {
        return Err(OfferRefusal::NoAudio);
    }
    let keys = keys(line, ours);
    if secure && keys.is_none() {
        return Err(OfferRefusal::NoCommonSuite);
    }
    let codecs = Codec::PREFERENCE.into_iter();
    let (codec, payload_type) = codecs
        .filter_map(|codec| Some((codec, line.payload_type_for(codec)?)))
        .next()
        .ok_or(OfferRefusal::NoCommonCodec)?;
    let named = peer.address_for(line);
    // RFC 3264 §8.4: c=0.0.0.0 is the old way to hold: nothing is to be sent there.
    let held = named.is_some_and(|address| address.is_unspecified());
    // Phones with two address families name the one that the call does not use, some name a host:
    // the call is taken, and audio goes where the phone's own audio comes from (symmetric RTP).
    let address = named.filter(|address| !held && address.is_ipv4() == ours.address.is_ipv4());
    let direction = match line.direction.reversed() {
        Direction::SendRecv if held => Direction::RecvOnly,
        Direction::SendOnly if held => Direction::Inactive,
        direction => direction,
    };
    Ok(MediaPlan {
        remote: address.map(|address| SocketAddr::new(address, line.port)),
        remote_rtcp: address.and_then(|address| rtcp_of(line, address)),
        codec,
        payload_type,
        dtmf_payload_type: line.payload_type_of(DTMF_ENCODING),
        ptime_ms: ptime_of(line),
        direction,
        keys,
    })
}

/// The first way of protection in the peer's line that we have too. Also beside plain RTP: then the
/// peer takes SRTP where it can get it (RFC 8643).
fn keys(line: &MediaLine, ours: &LocalMedia) -> Option<Keys> {
    let (ours, theirs) = (ours.key?, line.crypto.first()?);
    Some(Keys { suite: theirs.suite, ours, theirs: theirs.key })
}

/// RFC 3550 §11: the next port, unless `a=rtcp` says another.
fn rtcp_of(line: &MediaLine, address: IpAddr) -> Option<SocketAddr> {
    match line.rtcp {
        Some((0, _)) => None,
        Some((port, other)) => Some(SocketAddr::new(other.unwrap_or(address), port)),
        None => line.port.checked_add(1).map(|port| SocketAddr::new(address, port)),
    }
}

/// What the peer wants, not above what it takes, in whole frames of 10 ms.
fn ptime_of(line: &MediaLine) -> u16 {
    let wanted = line.ptime.filter(|&ms| ms > 0).unwrap_or(PTIME_MS_DEFAULT);
    let taken = line.maxptime.filter(|&ms| ms > 0).unwrap_or(PTIME_MS_MAX);
    let ms = wanted.min(taken).clamp(PTIME_MS_MIN, PTIME_MS_MAX);
    ms - ms % PTIME_MS_MIN
}

fn accepted(line: &MediaLine, plan: &MediaPlan, ours: &LocalMedia) -> BodyMedia {
    let mut formats = plan.payload_type.to_string();
    let mut attributes = vec![rtpmap(plan.payload_type, plan.codec.name())];
    if let Some(dtmf) = plan.dtmf_payload_type {
        formats.push_str(&format!(" {dtmf}"));
        push_dtmf(&mut attributes, dtmf);
    }
    if let (Some(keys), Some(theirs)) = (plan.keys, line.crypto.first()) {
        // RFC 4568 §5.1.2: the answer has the tag and the suite that were taken, and our key.
        push_crypto(&mut attributes, theirs.tag, keys.suite, keys.ours);
    }
    attributes.push(("ptime", Some(PTIME_MS_DEFAULT.to_string())));
    let (kind, proto) = (line.kind.clone(), line.proto.clone());
    let mut line = BodyMedia { kind, port: ours.rtp_port, proto, formats, attributes };
    line.push_direction(plan.direction);
    line
}

/// RFC 3264 §6: a refused line keeps its place with port 0 and at least one format.
fn refused(line: &MediaLine) -> BodyMedia {
    BodyMedia {
        kind: line.kind.clone(),
        port: 0,
        proto: line.proto.clone(),
        formats: line.formats.first().cloned().unwrap_or_else(|| "0".to_owned()),
        attributes: Vec::new(),
    }
}

fn rtpmap(payload_type: u8, encoding: &str) -> (&'static str, Option<String>) {
    ("rtpmap", Some(format!("{payload_type} {encoding}/{CLOCK_HZ}")))
}

fn push_dtmf(attributes: &mut Vec<(&'static str, Option<String>)>, payload_type: u8) {
    attributes.push(rtpmap(payload_type, DTMF_ENCODING));
    attributes.push(("fmtp", Some(format!("{payload_type} {DTMF_EVENTS}"))));
}

fn push_crypto(
    attributes: &mut Vec<(&'static str, Option<String>)>,
    tag: u32,
    suite: Suite,
    key: MasterKey,
) {
    attributes.push(("crypto", Some(Crypto { tag, suite, key }.value())));
}

fn body(ours: &LocalMedia, media: Vec<BodyMedia>) -> Vec<u8> {
    let LocalMedia { address, session_id, session_version, .. } = *ours;
    Body { address, session_id, session_version, media }.to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> LocalMedia {
        let address = [198, 51, 100, 1].into();
        LocalMedia { address, rtp_port: 20_000, session_id: 7, session_version: 1, key: None }
    }

    fn peer(rest: &str) -> Session {
        let text = format!("v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n{rest}");
        Session::parse(text.as_bytes()).unwrap()
    }

    const AUDIO: &str = "m=audio 4000 RTP/AVP 0 8 116\na=rtpmap:116 telephone-event/8000\n";

    #[test]
    fn pcma_is_taken_though_the_peer_lists_pcmu_first() {
        let (bytes, plan) = answer(&peer(AUDIO), &ours()).unwrap();
        let expected = "v=0\r\no=- 7 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\n\
            t=0 0\r\nm=audio 20000 RTP/AVP 8 116\r\na=rtpmap:8 PCMA/8000\r\n\
            a=rtpmap:116 telephone-event/8000\r\na=fmtp:116 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert_eq!(plan.remote, Some("192.0.2.7:4000".parse().unwrap()));
        assert_eq!(plan.remote_rtcp, Some("192.0.2.7:4001".parse().unwrap()));
        assert_eq!((plan.codec, plan.dtmf_payload_type), (Codec::Pcma, Some(116)));
        assert_eq!((plan.ptime_ms, plan.direction), (20, Direction::SendRecv));
    }

    #[test]
    fn every_other_line_is_refused_in_its_place() {
        let lines = "m=video 5000 RTP/AVP 31 34\nm=audio 4000 RTP/AVP 8\n\
            m=image 6000 udptl t38\nm=audio 4002 RTP/AVP 8\nm=audio 4004 RTP/SAVP 8\n";
        let (bytes, plan) = answer(&peer(lines), &ours()).unwrap();
        let answered = Session::parse(&bytes).unwrap();
        let ports: Vec<u16> = answered.media.iter().map(|line| line.port).collect();
        assert_eq!(ports, [0, 20_000, 0, 0, 0]);
        let kinds: Vec<&str> = answered.media.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["video", "audio", "image", "audio", "audio"]);
        assert_eq!(plan.dtmf_payload_type, None);
    }

    #[test]
    fn hold_and_resume_are_mirrored() {
        for (attribute, direction) in [
            ("a=sendonly\n", Direction::RecvOnly),
            ("a=recvonly\n", Direction::SendOnly),
            ("a=inactive\n", Direction::Inactive),
            ("a=sendrecv\n", Direction::SendRecv),
        ] {
            let (bytes, plan) = answer(&peer(&format!("{AUDIO}{attribute}")), &ours()).unwrap();
            assert_eq!(plan.direction, direction);
            assert_eq!(Session::parse(&bytes).unwrap().media[0].direction, direction);
        }
        let (_, plan) = answer(&peer(&format!("{AUDIO}c=IN IP4 0.0.0.0\n")), &ours()).unwrap();
        assert_eq!((plan.remote, plan.remote_rtcp), (None, None));
        assert_eq!(plan.direction, Direction::RecvOnly);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_488() {
        for (lines, refusal) in [
            ("m=audio 4000 RTP/AVP 18 4\n", OfferRefusal::NoCommonCodec),
            ("m=video 4000 RTP/AVP 31\n", OfferRefusal::NoAudio),
            ("m=audio 0 RTP/AVP 8\n", OfferRefusal::NoAudio),
            ("", OfferRefusal::NoAudio),
        ] {
            let refused = answer(&peer(lines), &ours()).unwrap_err();
            assert_eq!((refused, refused.status()), (refusal, 488), "{lines}");
        }
    }

    #[test]
    fn an_address_out_of_reach_is_learned_from_the_audio_instead() {
        let (_, plan) =
            answer(&peer("m=audio 4000 RTP/AVP 8\nc=IN IP6 2001:db8::1\n"), &ours()).unwrap();
        assert_eq!((plan.remote, plan.direction), (None, Direction::SendRecv));
    }

    #[test]
    fn packet_times_are_bounded_by_both_sides() {
        for (attributes, ms) in [
            ("a=ptime:30\n", 30),
            ("a=ptime:5\n", 10),
            ("a=ptime:200\n", 60),
            ("a=ptime:25\n", 20),
            ("a=ptime:40\na=maxptime:30\n", 30),
            ("a=ptime:0\n", 20),
        ] {
            let (_, plan) = answer(&peer(&format!("{AUDIO}{attributes}")), &ours()).unwrap();
            assert_eq!(plan.ptime_ms, ms, "{attributes}");
        }
    }

    #[test]
    fn our_offer_is_answered_and_accepted() {
        let offered = Session::parse(&offer(&ours())).unwrap();
        let address = [192, 0, 2, 7].into();
        let theirs =
            LocalMedia { address, rtp_port: 4000, session_id: 9, session_version: 3, key: None };
        let (answered, their_plan) = answer(&offered, &theirs).unwrap();
        let plan = accept_answer(&Session::parse(&answered).unwrap(), &ours()).unwrap();
        assert_eq!(
            (plan.codec, plan.payload_type, plan.dtmf_payload_type),
            (Codec::Pcma, 8, Some(101))
        );
        assert_eq!(plan.remote, Some(SocketAddr::new(theirs.address, theirs.rtp_port)));
        assert_eq!(their_plan.remote, Some(SocketAddr::new(ours().address, ours().rtp_port)));
    }

    const KEY: &str = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    fn with_key(byte: u8) -> LocalMedia {
        LocalMedia { key: Some(MasterKey::new([byte; 30])), ..ours() }
    }

    #[test]
    fn srtp_is_answered_with_srtp_in_the_first_suite_that_we_have() {
        let lines = format!(
            "m=audio 4000 RTP/SAVP 8\na=crypto:1 AES_256_CM_HMAC_SHA1_80 {KEY}\n\
             a=crypto:7 AES_CM_128_HMAC_SHA1_32 {KEY}|2^20\n\
             a=crypto:8 AES_CM_128_HMAC_SHA1_80 {KEY}\n"
        );
        let (bytes, plan) = answer(&peer(&lines), &with_key(1)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let keys = plan.keys.unwrap();
        assert_eq!((keys.suite, keys.ours), (Suite::Tag32, MasterKey::new([1; 30])));
        assert_eq!(keys.theirs.as_bytes()[..3], *b"YS_");
        assert!(text.contains("m=audio 20000 RTP/SAVP 8\r\n"), "{text}");
        let ours = "a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:AQEBAQEBAQEBAQ";
        assert_eq!(text.matches("a=crypto").count(), 1);
        assert!(text.contains(ours), "{text}");
        assert!(answer(&peer(&lines), &self::ours()).is_err(), "without a key of ours");
        let without = answer(&peer("m=audio 4000 RTP/SAVP 8\n"), &with_key(1));
        assert_eq!(without.unwrap_err(), OfferRefusal::NoCommonSuite);
    }

    #[test]
    fn plain_rtp_stays_plain_unless_the_peer_adds_a_key() {
        let (bytes, plan) = answer(&peer(AUDIO), &with_key(1)).unwrap();
        assert!(plan.keys.is_none() && !String::from_utf8(bytes).unwrap().contains("crypto"));
        let keyed = format!("{AUDIO}a=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}\n");
        let (bytes, plan) = answer(&peer(&keyed), &with_key(1)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(plan.keys.is_some() && text.contains("RTP/AVP 8 116") && text.contains("crypto:1"));
        assert!(answer(&peer(&keyed), &ours()).unwrap().1.keys.is_none());
    }

    #[test]
    fn an_offer_of_srtp_is_not_talked_down() {
        let offered = offer(&with_key(1));
        let theirs = LocalMedia { rtp_port: 4000, ..with_key(2) };
        let (answered, their_plan) = answer(&Session::parse(&offered).unwrap(), &theirs).unwrap();
        let plan = accept_answer(&Session::parse(&answered).unwrap(), &with_key(1)).unwrap();
        let (a, b) = (plan.keys.unwrap(), their_plan.keys.unwrap());
        assert_eq!((a.ours, a.theirs, a.suite), (b.theirs, b.ours, b.suite));
        for other in ["RTP/AVP 8\n", "RTP/SAVP 8\n"] {
            let answered = peer(&format!("m=audio 4000 {other}"));
            let refused = accept_answer(&answered, &with_key(1)).unwrap_err();
            assert_eq!(refused, OfferRefusal::NoCommonSuite, "{other}");
        }
    }

    #[test]
    fn an_unchanged_description_keeps_its_version() {
        let last = offer(&ours());
        let next = LocalMedia { session_version: 2, ..ours() };
        assert_eq!(keep_if_unchanged(&last, offer(&next)), (last.clone(), false));
        let moved = LocalMedia { rtp_port: 20_002, ..next };
        assert_eq!(keep_if_unchanged(&last, offer(&moved)), (offer(&moved), true));
    }
}
