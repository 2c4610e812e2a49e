//! Who may call, how often, and who is no longer answered.

use super::EndpointConfig;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The refusals of an address are counted in windows of this length.
pub const REFUSAL_WINDOW_SECONDS: u64 = 60;

/// A token bucket that holds one second's worth.
#[derive(Debug)]
struct Bucket {
    per_second: u32,
    tokens: f64,
    filled_at: Option<Instant>,
}

impl Bucket {
    fn new(per_second: u32) -> Self {
        Self { per_second, tokens: f64::from(per_second), filled_at: None }
    }

    fn take(&mut self, now: Instant) -> bool {
        let rate = f64::from(self.per_second);
        if let Some(at) = self.filled_at {
            let elapsed = now.saturating_duration_since(at).as_secs_f64();
            self.tokens = (self.tokens + elapsed * rate).min(rate);
        }
        self.filled_at = Some(now);
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }
}

/// Counts calls and refusals. Both tables are bounded: calls by `calls_max`, refusals by
/// `sources_max`.
#[derive(Debug)]
pub(super) struct Admission {
    calls: usize,
    by_source: HashMap<IpAddr, usize>,
    call_rate: Bucket,
    text_rate: Bucket,
    window_start: Option<Instant>,
    refusals: HashMap<IpAddr, u32>,
    unlisted: Bucket,
}

impl Admission {
    /// Nobody is calling yet.
    pub(super) fn new(config: &EndpointConfig) -> Self {
        Self {
            calls: 0,
            by_source: HashMap::new(),
            call_rate: Bucket::new(config.calls_per_second_max),
            text_rate: Bucket::new(config.texts_per_second_max),
            window_start: None,
            refusals: HashMap::new(),
            unlisted: Bucket::new(config.refusals_unlisted_per_second_max),
        }
    }

    /// Counts a new call in, or says no.
    pub(super) fn admit_call(&mut self, config: &EndpointConfig, now: Instant, ip: IpAddr) -> bool {
        let of_source = self.by_source.get(&ip).copied().unwrap_or(0);
        let trusted = config.trusted_peers.contains(&ip);
        let room = self.calls < config.calls_max
            && (trusted || of_source < config.calls_per_source_max)
            && self.call_rate.take(now);
        if room {
            self.calls += 1;
            self.by_source.insert(ip, of_source + 1);
        }
        room
    }

    /// Counts a call out again.
    pub(super) fn release_call(&mut self, ip: IpAddr) {
        debug_assert!(self.calls > 0, "P2: a call is released once");
        self.calls = self.calls.saturating_sub(1);
        match self.by_source.get_mut(&ip) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.by_source.remove(&ip)),
        }
        debug_assert!(self.by_source.len() <= self.calls, "P3: no source without a call");
    }

    /// Whether one more text may be taken this second.
    pub(super) fn admit_text(&mut self, now: Instant) -> bool {
        self.text_rate.take(now)
    }

    /// A challenge to this address was answered with a good proof: it was no refusal. Telephones
    /// behind one address (NAT, a proxy) do not use up what is there for guessers.
    pub(super) fn forgive(&mut self, ip: IpAddr) {
        if let Some(count) = self.refusals.get_mut(&ip) {
            *count = count.saturating_sub(1);
        }
    }

    /// Whether a refusal to this address is still answered. Counts it.
    pub(super) fn may_refuse(&mut self, config: &EndpointConfig, now: Instant, ip: IpAddr) -> bool {
        if config.trusted_peers.contains(&ip) {
            return true;
        }
        let window = Duration::from_secs(REFUSAL_WINDOW_SECONDS);
        if self.window_start.is_none_or(|at| now.saturating_duration_since(at) >= window) {
            self.window_start = Some(now);
            self.refusals.clear();
        }
        if let Some(count) = self.refusals.get_mut(&ip) {
            let may = *count < config.refusals_per_source_minute_max;
            *count += u32::from(may);
            return may;
        }
        if self.refusals.len() < config.sources_max {
            self.refusals.insert(ip, 1);
            return config.refusals_per_source_minute_max > 0;
        }
        self.unlisted.take(now)
    }
}
