//! A room on a virtual clock: legs with talkers, ticking together as a media thread does it.

use crate::audio::{RATE_HZ, address, packet, to_sample};
use mayorline::media::FRAME_SAMPLES;
use mayorline::media::leg::{Agreed, LegSetup, MediaEvent, MediaLeg, PACKET_MAX, RecordFrame};
use mayorline::media::room::{Floor, Hearing, Voice};
use mayorline::units::LegId;
use mayorline::wire::g711::Codec;
use mayorline::wire::rtp;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The codes a talker says in the `n`-th frame; nothing is a phone that sends nothing.
pub(crate) type Talker = Box<dyn FnMut(usize) -> Option<Vec<u8>>>;

pub(crate) struct Party {
    pub(crate) id: LegId,
    pub(crate) leg: MediaLeg,
    pub(crate) codec: Codec,
    pub(crate) sent: Vec<(rtp::Header, Vec<u8>)>,
    pub(crate) recorded: Vec<RecordFrame>,
    pub(crate) events: Vec<MediaEvent>,
    talker: Talker,
}

impl Party {
    /// Everything that its phone was sent, as samples.
    pub(crate) fn heard(&self) -> Vec<i16> {
        self.codes().iter().map(|&code| self.codec.decode(code)).collect()
    }

    pub(crate) fn codes(&self) -> Vec<u8> {
        self.sent.iter().flat_map(|packet| packet.1.clone()).collect()
    }
}

pub(crate) fn agreed(codec: Codec, ptime_ms: u16) -> Agreed {
    Agreed {
        codec,
        payload_type: codec.payload_type(),
        dtmf_payload_type: None,
        ptime_ms,
        remote: Some(address("203.0.113.5:4000")),
        remote_rtcp: None,
        send: true,
        receive: true,
        keys: None,
    }
}

pub(crate) struct Hall {
    pub(crate) parties: Vec<Party>,
    pub(crate) now: Instant,
    pub(crate) frame: usize,
    pub(crate) music: Arc<[u8]>,
    parting: Vec<Voice>,
}

impl Hall {
    pub(crate) fn new() -> Self {
        #[allow(clippy::disallowed_methods)]
        let now = Instant::now();
        let (parties, parting) = (vec![], vec![]);
        Self { parties, now, frame: 0, music: Arc::default(), parting }
    }

    pub(crate) fn enter(&mut self, id: u64, agreed: Agreed, talker: Talker) {
        let setup = LegSetup {
            ssrc: u32::try_from(id).unwrap(),
            first_sequence: 65_500,
            first_timestamp: u32::MAX - 5_000,
            cname: "line@mayorline.invalid".to_owned(),
            peer: None,
            agreed,
        };
        let leg = MediaLeg::new(setup, self.now);
        let (sent, recorded, events) = (vec![], vec![], vec![]);
        let (id, codec) = (LegId(id), agreed.codec);
        self.parties.push(Party { id, leg, codec, sent, recorded, events, talker });
    }

    /// A leg ends; what its phone heard is given back.
    pub(crate) fn leave(&mut self, id: u64) -> Party {
        let at = self.parties.iter().position(|party| party.id == LegId(id)).unwrap();
        let mut party = self.parties.remove(at);
        party.leg.listen(self.now);
        self.parting.push(party.leg.voice(party.id));
        party
    }

    pub(crate) fn party(&mut self, id: u64) -> &mut Party {
        self.parties.iter_mut().find(|party| party.id == LegId(id)).unwrap()
    }

    pub(crate) fn hear(&mut self, id: u64, hearing: Hearing) {
        self.party(id).leg.hear(LegId(id), hearing);
    }

    /// Everybody hears everybody.
    pub(crate) fn join_all(&mut self) {
        let all = Hearing::of(self.parties.iter().map(|party| party.id));
        for party in &mut self.parties {
            party.leg.hear(party.id, all);
        }
    }

    pub(crate) fn tick(&mut self) {
        self.now += Duration::from_millis(20);
        for party in &mut self.parties {
            if let Some(codes) = (party.talker)(self.frame) {
                let n = self.frame as u32;
                let payload_type = party.codec.payload_type();
                let bytes = packet(payload_type, n as u16, n * 160, 9, &codes);
                party.leg.receive(self.now, address("203.0.113.5:4000"), &bytes);
            }
        }
        let mut voices = std::mem::take(&mut self.parting);
        for party in &mut self.parties {
            party.leg.listen(self.now);
            voices.push(party.leg.voice(party.id));
        }
        let floor = Floor { voices: &voices, music: &self.music };
        for party in &mut self.parties {
            party.leg.speak(self.now, &floor);
            drain(party);
        }
        self.frame += 1;
    }

    pub(crate) fn ticks(&mut self, count: usize) {
        (0..count).for_each(|_| self.tick());
    }

    /// Forgets what was sent so far.
    pub(crate) fn forget(&mut self) {
        self.parties.iter_mut().for_each(|party| party.sent.clear());
    }
}

pub(crate) fn drain(party: &mut Party) {
    let mut bytes = [0; PACKET_MAX];
    while let Some((len, _)) = party.leg.poll_packet(&mut bytes) {
        let packet = rtp::parse(&bytes[..len]).unwrap();
        party.sent.push((packet.header, packet.payload.to_vec()));
    }
    party.recorded.extend(std::iter::from_fn(|| party.leg.poll_frame()));
    party.events.extend(std::iter::from_fn(|| party.leg.poll_event()));
}

/// A sine of an amplitude, in a codec.
pub(crate) fn tone(hz: f64, amplitude: f64, codec: Codec) -> Talker {
    Box::new(move |n| {
        let at = |k: usize| (n * FRAME_SAMPLES + k) as f64 / RATE_HZ;
        let sample = |k: usize| to_sample(amplitude * (TAU * hz * at(k)).sin());
        Some((0..FRAME_SAMPLES).map(|k| codec.encode(sample(k))).collect())
    })
}

/// A phone that sends nothing but the idle code.
pub(crate) fn idle(codec: Codec) -> Talker {
    Box::new(move |_| Some(vec![codec.idle(); FRAME_SAMPLES]))
}

/// Given codes, frame by frame, then idle.
pub(crate) fn says(codes: Vec<u8>, codec: Codec) -> Talker {
    Box::new(move |n| {
        let frame = codes.chunks(FRAME_SAMPLES).nth(n).map(<[u8]>::to_vec);
        Some(frame.unwrap_or_else(|| vec![codec.idle(); FRAME_SAMPLES]))
    })
}

/// The amplitude of one frequency in samples, whole periods in 100 ms being assumed.
pub(crate) fn amplitude(samples: &[i16], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let angle = TAU * hz * n as f64 / RATE_HZ;
        re += f64::from(sample) * angle.cos();
        im += f64::from(sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

pub(crate) fn decibel(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-9).log10()
}
