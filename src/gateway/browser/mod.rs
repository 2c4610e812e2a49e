//! A browser's half of a call: WebRTC with G.711 (RFC 7874 §3), as a value without sockets or clock.
//!
//! ```text
//! offer (SDP) --accept--> answer (SDP)
//! datagrams --receive--> ICE, DTLS | SRTP --poll_rtp--> RTP for the leg's machine
//! RTP of the leg's machine --send_rtp--> SRTP --poll_transmit--> datagrams
//! ```
//!
//! We are ICE-lite (RFC 8445 §2.5) on one socket with RTP and RTCP together (RFC 5761); reports,
//! keys and the consent of the browser are its own matter here. After every call drain
//! [`BrowserLeg::poll_transmit`], [`BrowserLeg::poll_rtp`] and [`BrowserLeg::poll_event`], then come
//! back at [`BrowserLeg::poll_timeout`].

mod crypto;
mod dtls;
#[cfg(test)]
mod tests;

use crate::media::leg::{Agreed, Reported};
use crate::wire::g711::Codec;
use crate::wire::rtp::{self, HEADER_LEN, Header};
use crate::wire::sdp::SDP_BYTES_MAX;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::stats::MediaEgressStats;
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

/// Stands for the browser where a leg's machine wants an address: its packets come and go through
/// [`BrowserLeg`], which has proved the sender. Of TEST-NET-1 (RFC 5737), so nothing is ever sent to it.
pub const BROWSER_PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// Packets that wait to be taken; more come only when the owner does not drain.
pub const BROWSER_PACKETS_MAX: usize = 256;

/// Outputs of the machine taken in one turn: far more than one datagram or timer ever makes.
const OUTPUTS_PER_TURN_MAX: usize = 1_000;

/// Reports to the browser, and a look at its own.
const RTCP_INTERVAL: Duration = Duration::from_secs(5);

/// Why an offer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefused {
    /// It is no description, or too long.
    #[error("the offer cannot be read: {0}")]
    Malformed(String),
    /// Neither PCMA nor PCMU, or no audio at all.
    #[error("the offer has no G.711 audio")]
    NoCodec,
    /// Our own address is no address that a browser can send to.
    #[error("the local address cannot be offered: {0}")]
    Address(String),
}

/// What happens to a browser's transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserEvent {
    /// Audio may flow both ways; told once.
    Connected,
    /// The browser cannot be heard at the moment; a fresh offer replaces the transport.
    Disconnected,
    /// It is back.
    Back,
    /// It has said goodbye, or the machine cannot go on.
    Closed,
}

/// A datagram to send from the leg's socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// The transport of one browser.
pub struct BrowserLeg {
    rtc: Rtc,
    local: SocketAddr,
    mid: Mid,
    codec: Codec,
    payload_type: u8,
    /// The sequence number that was sent last, extended.
    sent: Option<u64>,
    connected: bool,
    reported: Option<Reported>,
    timeout: Option<Instant>,
    outgoing: VecDeque<Outgoing>,
    heard: VecDeque<Vec<u8>>,
    events: VecDeque<BrowserEvent>,
}

impl std::fmt::Debug for BrowserLeg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserLeg")
            .field("local", &self.local)
            .field("codec", &self.codec)
            .field("connected", &self.connected)
            .finish_non_exhaustive()
    }
}

impl BrowserLeg {
    /// Takes a browser's offer; the answer goes back to the page. `local` is the leg's socket as the
    /// browser can reach it: a concrete address, never `0.0.0.0`.
    ///
    /// # Errors
    /// What the page is told when there is nothing to answer.
    pub fn accept(
        offer: &str,
        local: SocketAddr,
        now: Instant,
    ) -> Result<(String, Self), OfferRefused> {
        let malformed = |error: &dyn std::fmt::Display| OfferRefused::Malformed(error.to_string());
        if offer.len() > SDP_BYTES_MAX {
            return Err(malformed(&"too long"));
        }
        let codec = offered_codec(offer).ok_or(OfferRefused::NoCodec)?;
        let mut rtc = config(codec).build(now);
        let candidate = Candidate::host(local, "udp")
            .map_err(|error| OfferRefused::Address(error.to_string()))?;
        rtc.add_local_candidate(candidate);
        let offer = SdpOffer::from_sdp_string(offer).map_err(|e| malformed(&e))?;
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|e| malformed(&e))?;
        let answer = answer.to_sdp_string();
        let mut leg = Self {
            rtc,
            local,
            mid: audio_mid(&answer).ok_or(OfferRefused::NoCodec)?,
            codec,
            payload_type: codec.payload_type(),
            sent: None,
            connected: false,
            reported: None,
            timeout: None,
            outgoing: VecDeque::new(),
            heard: VecDeque::new(),
            events: VecDeque::new(),
        };
        leg.handle_timeout(now);
        Ok((answer, leg))
    }

    /// What the leg's machine is told: G.711 in packets of 20 ms, no telephone events (keys of a
    /// page come as commands), and [`BROWSER_PEER`] for its address.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        Agreed {
            codec: self.codec,
            payload_type: self.payload_type,
            dtmf_payload_type: None,
            ptime_ms: 20,
            remote: Some(BROWSER_PEER),
            remote_rtcp: None,
            send: true,
            receive: true,
            // The transport has its own, of which the leg's machine sees nothing.
            keys: None,
        }
    }

    /// Whether audio can flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// What the browser reported last of our packets; `None`: nothing yet.
    #[must_use]
    pub fn reported(&self) -> Option<Reported> {
        self.reported
    }

    /// A datagram has come on the leg's socket. What is no STUN, DTLS or SRTP is dropped.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, datagram) else { return };
        let input = Input::Receive(now, receive);
        // Only whom ICE has proved may speak DTLS: a stranger's alert would end the transport.
        if self.rtc.accepts(&input) {
            self.input(input);
        }
    }

    /// The time of [`Self::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.input(Input::Timeout(now));
    }

    /// Sends one RTP packet of the leg's machine; its source is replaced by the one that was agreed.
    /// Before the browser is connected, or when it is no packet, nothing is sent.
    pub fn send_rtp(&mut self, now: Instant, packet: &[u8]) {
        let Ok(packet) = rtp::parse(packet) else { return };
        let sequence = extend(self.sent, packet.header.sequence);
        let mut direct = self.rtc.direct_api();
        let (true, Some(stream)) = (self.connected, direct.stream_tx_by_mid(self.mid, None)) else {
            return;
        };
        let pt = self.payload_type.into();
        let write =
            RtpWrite::new(pt, sequence.into(), packet.header.timestamp, now, packet.payload)
                .marker(packet.header.marker);
        stream.write_rtp(write);
        self.sent = Some(sequence);
        self.input(Input::Timeout(now));
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// The next packet that was heard, as plain RTP, for [`crate::media::leg::MediaLeg::receive`].
    pub fn poll_rtp(&mut self) -> Option<Vec<u8>> {
        self.heard.pop_front()
    }

    /// What happened to the transport.
    pub fn poll_event(&mut self) -> Option<BrowserEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called; `None` when it is closed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    /// Says goodbye to the browser; what is to be sent comes out of [`Self::poll_transmit`].
    pub fn close(&mut self) {
        if self.rtc.close().is_ok() {
            self.drain();
        }
        self.end();
    }

    fn input(&mut self, input: Input<'_>) {
        if self.rtc.handle_input(input).is_err() {
            return self.end();
        }
        self.drain();
    }

    /// Takes everything that the machine has to say.
    fn drain(&mut self) {
        for _ in 0..OUTPUTS_PER_TURN_MAX {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = Some(at);
                    if !self.rtc.is_alive() {
                        self.end();
                    }
                    return;
                }
                Ok(Output::Transmit(sent)) => {
                    let bytes = sent.contents.to_vec();
                    push(&mut self.outgoing, Outgoing { to: sent.destination, bytes });
                }
                Ok(Output::Event(event)) => self.event(event),
                Err(error) => {
                    tracing::debug!(%error, "a browser's transport cannot go on");
                    return self.end();
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                push(&mut self.events, BrowserEvent::Connected);
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                push(&mut self.events, BrowserEvent::Disconnected);
            }
            Event::IceConnectionStateChange(
                IceConnectionState::Connected | IceConnectionState::Completed,
            ) if self.connected => push(&mut self.events, BrowserEvent::Back),
            Event::RtpPacket(packet) => push(&mut self.heard, plain(&packet)),
            Event::MediaEgressStats(sent) => self.reported = reported(&sent).or(self.reported),
            Event::Closed => self.end(),
            _ => {}
        }
    }

    fn end(&mut self) {
        self.timeout = None;
        self.connected = false;
        if self.events.back() != Some(&BrowserEvent::Closed) {
            push(&mut self.events, BrowserEvent::Closed);
        }
    }
}

/// One codec only, so that the answer leaves no choice and no transcoding is ever wanted.
fn config(codec: Codec) -> RtcConfig {
    RtcConfig::new()
        .set_crypto_provider(std::sync::Arc::new(crypto::provider()))
        .clear_codecs()
        .enable_pcma(codec == Codec::Pcma, false)
        .enable_pcmu(codec == Codec::Pcmu, false)
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_rtcp_report_interval_audio(RTCP_INTERVAL)
        .set_stats_interval(Some(RTCP_INTERVAL))
}

/// The browser's report, once there is one. Its share is that of the packets since the report before.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most 255.
fn reported(sent: &MediaEgressStats) -> Option<Reported> {
    let report = sent.remote.as_ref()?;
    let lost = u32::try_from(report.packets_lost).unwrap_or(u32::MAX);
    let share = (sent.loss.unwrap_or(0.0) * 255.0).round().clamp(0.0, 255.0) as u8;
    Some(Reported::new(lost, share, report.jitter))
}

/// The description's audio, from its media line on.
fn audio_line(description: &str) -> Option<&str> {
    description.split("\nm=").find(|media| media.starts_with("audio "))
}

/// What names the audio among the media of the description (RFC 5888).
fn audio_mid(answer: &str) -> Option<Mid> {
    let mid = audio_line(answer)?.lines().find_map(|line| line.strip_prefix("a=mid:"))?;
    Some(mid.trim().into())
}

/// PCMA where it is offered, as the networks of China speak it, else PCMU.
fn offered_codec(offer: &str) -> Option<Codec> {
    let audio = audio_line(offer)?;
    let formats: Vec<_> = audio.lines().next()?.split_whitespace().skip(3).collect();
    // RFC 3551 §6: the numbers are static, and browsers use them too.
    Codec::PREFERENCE
        .into_iter()
        .find(|&codec| formats.contains(&codec.payload_type().to_string().as_str()))
}

/// The packet as it would have come without SRTP.
fn plain(packet: &RtpPacket) -> Vec<u8> {
    let header = Header {
        marker: packet.header.marker,
        payload_type: *packet.header.payload_type,
        sequence: packet.header.sequence_number,
        timestamp: packet.header.timestamp,
        ssrc: *packet.header.ssrc,
    };
    let mut head = [0; HEADER_LEN];
    header.write(&mut head);
    [&head[..], &packet.payload].concat()
}

/// The sequence number with its turns of 65,536 counted (RFC 3711 §3.3.1), nearest to the last.
fn extend(last: Option<u64>, sequence: u16) -> u64 {
    let Some(last) = last else { return sequence.into() };
    let ahead = sequence.wrapping_sub((last & 0xFFFF) as u16);
    let behind = u64::from(ahead.wrapping_neg());
    if ahead < 0x8000 { last + u64::from(ahead) } else { last.saturating_sub(behind) }
}

/// Keeps the newest: sound that nobody has taken is no longer of use.
fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= BROWSER_PACKETS_MAX {
        queue.pop_front();
    }
    queue.push_back(item);
}
