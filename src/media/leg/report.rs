//! RTCP of a leg: a report about every five seconds, and what the peer reports.

use super::{MediaLeg, Reported};
use crate::wire::rtcp::{self, Report, Sender};
use crate::wire::rtp::PACKET_BYTES_MAX;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// RFC 3550 §6.2: 5 s is the recommended minimum interval.
const INTERVAL_MS: u64 = 5_000;
/// RFC 3550 §6.3.1: intervals vary between a half and one and a half of that, by a value of ours.
const SPREAD_STEPS: u64 = 64;

#[derive(Debug)]
pub(super) struct Reports {
    due: Instant,
    round: u64,
    packets_reported: u32,
    /// Middle 32 bits of the NTP time of the peer's last sender report, and when it came.
    last_sender_report: Option<(u32, Instant)>,
}

impl Reports {
    pub(super) fn new(now: Instant) -> Self {
        let due = now + Duration::from_millis(INTERVAL_MS / 2);
        Self { due, round: 0, packets_reported: 0, last_sender_report: None }
    }
}

impl MediaLeg {
    /// Whether [`Self::rtcp`] has a report at `now`.
    #[must_use]
    pub fn rtcp_due(&self, now: Instant) -> bool {
        now >= self.reports.due
    }

    /// The report that is due, its length and destination; `unix_ntp` is the time of `now` as
    /// 32.32 bits of NTP. `None` most of the time.
    pub fn rtcp(
        &mut self,
        now: Instant,
        unix_ntp: u64,
        packet: &mut [u8],
    ) -> Option<(usize, SocketAddr)> {
        if !self.rtcp_due(now) {
            return None;
        }
        // Spread by the source, which is random: legs set up together do not report together.
        self.reports.round += 1;
        let seed = u64::from(self.sender.ssrc()) + self.reports.round.wrapping_mul(37);
        let spread = INTERVAL_MS * (seed % SPREAD_STEPS) / SPREAD_STEPS;
        self.reports.due = now + Duration::from_millis(INTERVAL_MS / 2 + spread);
        let report = self.report(now, unix_ntp, false);
        let len = report.write(packet)?;
        self.reports.packets_reported = self.sender.packets;
        Some((self.protect_rtcp(packet, len)?, self.rtcp_destination()?))
    }

    /// The last report of a leg that ends, with BYE (RFC 3550 §6.6).
    pub fn goodbye(
        &mut self,
        now: Instant,
        unix_ntp: u64,
        packet: &mut [u8],
    ) -> Option<(usize, SocketAddr)> {
        let len = self.report(now, unix_ntp, true).write(packet)?;
        Some((self.protect_rtcp(packet, len)?, self.rtcp_destination()?))
    }

    fn protect_rtcp(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        match &mut self.protection {
            Some(protection) => protection.rtcp(packet, len),
            None => Some(len),
        }
    }

    fn report(&mut self, now: Instant, unix_ntp: u64, bye: bool) -> Report<'_> {
        let sender = Sender {
            ntp: unix_ntp,
            rtp_timestamp: self.sender.timestamp(),
            packets: self.sender.packets,
            octets: self.sender.octets,
        };
        let (last, since) = match self.reports.last_sender_report {
            Some((last, at)) => (last, sixty_five_thousandths(now.saturating_duration_since(at))),
            None => (0, 0),
        };
        // RFC 3550 §6.4: a sender report when something was sent since the last report.
        let sent = self.sender.packets != self.reports.packets_reported;
        let block = self.reception.report(last, since);
        let ssrc = self.sender.ssrc();
        Report { ssrc, sender: sent.then_some(sender), block, cname: &self.cname, bye }
    }

    /// Reports go where they were signalled; behind a NAT beside the audio (RFC 3550 §11).
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let signalled = self.agreed.remote_rtcp?;
        match self.lock.locked() {
            Some(locked) if Some(locked) != self.agreed.remote => {
                Some(SocketAddr::new(locked.ip(), locked.port().checked_add(1)?))
            }
            _ => Some(signalled),
        }
    }

    /// Takes a datagram from the RTCP socket. Only the host that is heard may report.
    pub fn receive_rtcp(&mut self, now: Instant, from: SocketAddr, unix_ntp: u64, bytes: &[u8]) {
        if self.lock.destination().map(|to| to.ip()) != Some(from.ip()) {
            return;
        }
        let Some(protection) = &mut self.protection else {
            return self.receive_plain_rtcp(now, unix_ntp, bytes);
        };
        let mut plain = [0; PACKET_BYTES_MAX];
        match protection.open_rtcp(bytes, &mut plain) {
            Ok(plain) => self.receive_plain_rtcp(now, unix_ntp, plain),
            Err(_) => self.statistics.unauthentic += 1,
        }
    }

    fn receive_plain_rtcp(&mut self, now: Instant, unix_ntp: u64, bytes: &[u8]) {
        let Ok(received) = rtcp::parse(bytes, self.sender.ssrc()) else {
            self.statistics.malformed += 1;
            return;
        };
        if let Some(sender) = received.sender {
            self.reports.last_sender_report = Some((middle(sender.ntp), now));
        }
        if let Some(block) = received.block {
            let reported = Reported::new(block.lost, block.fraction_lost, block.jitter);
            self.statistics.reported = Some(reported);
            if block.last_report != 0 {
                // RFC 3550 §6.4.1: round trip = arrival - last report - delay since.
                let trip = middle(unix_ntp)
                    .wrapping_sub(block.last_report)
                    .wrapping_sub(block.since_last_report);
                let millis = (u64::from(trip) * 1_000) >> 16;
                self.statistics.round_trip_ms =
                    u32::try_from(millis).ok().filter(|&ms| ms < ROUND_TRIP_MS_MAX);
            }
        }
    }
}

/// A longer round trip is an error of the peer's clock.
const ROUND_TRIP_MS_MAX: u32 = 10_000;

fn middle(ntp: u64) -> u32 {
    u32::try_from((ntp >> 16) & 0xFFFF_FFFF).unwrap_or(0)
}

fn sixty_five_thousandths(time: Duration) -> u32 {
    let units = (time.as_micros() << 16) / 1_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}
