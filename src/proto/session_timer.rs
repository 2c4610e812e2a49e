//! Session timers (RFC 4028): who refreshes, how often, and when a silent session is over.

use super::EndpointConfig;
use super::config::SESSION_GUARD_SECONDS;
use crate::wire::sip::Headers;
use std::time::{Duration, Instant};

/// What was agreed for one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Seconds from refresh to expiry.
    pub(super) interval_seconds: u32,
    /// Whether this side refreshes.
    pub(super) we_refresh: bool,
    /// Whether the peer knows session timers at all.
    pub(super) peer_knows: bool,
}

impl Terms {
    /// Answers a request (RFC 4028 §9).
    ///
    /// # Errors
    /// The interval is too small: 422 with this Min-SE.
    pub(super) fn negotiate(config: &EndpointConfig, headers: &Headers) -> Result<Self, u32> {
        let peer_knows = headers
            .tokens("Supported")
            .chain(headers.tokens("Require"))
            .any(|option| option.eq_ignore_ascii_case("timer"));
        let asked = session_expires(headers);
        let floor = config.min_se_seconds;
        let peer_floor = headers.number("Min-SE").ok().flatten().unwrap_or(0).max(floor);
        if let Some((seconds, _)) = asked
            && seconds < floor
            && peer_knows
        {
            return Err(floor);
        }
        let wish = config.session_expires_seconds;
        let seconds = asked.map_or(wish, |(seconds, _)| seconds.min(wish));
        let we_refresh = !peer_knows || asked.is_some_and(|(_, by)| by == Some(Refresher::Uas));
        Ok(Self { interval_seconds: seconds.max(peer_floor), we_refresh, peer_knows })
    }

    /// What we ask for in our own call (RFC 4028 §7.1).
    pub(super) fn wished(config: &EndpointConfig) -> Self {
        let interval_seconds = config.session_expires_seconds.max(config.min_se_seconds);
        Self { interval_seconds, we_refresh: true, peer_knows: false }
    }

    /// Reads the 2xx to our request; without Session-Expires the peer leaves it to us. An interval
    /// below the Min-SE that we named is not taken: it would have us send without end.
    pub(super) fn answered(self, headers: &Headers, floor_seconds: u32) -> Self {
        match session_expires(headers) {
            Some((seconds, by)) => Self {
                interval_seconds: seconds.max(floor_seconds),
                we_refresh: by != Some(Refresher::Uas),
                peer_knows: true,
            },
            None => Self { we_refresh: true, ..self },
        }
    }

    /// The fields of a 2xx.
    pub(super) fn write_answer(self, headers: &mut Headers) {
        let by = if self.we_refresh { "uas" } else { "uac" };
        headers.push("Session-Expires", format!("{};refresher={by}", self.interval_seconds));
        if self.peer_knows {
            headers.push("Require", "timer");
        }
    }

    /// The fields of our own call; who refreshes is left to the peer (RFC 4028 §7.1).
    pub(super) fn write_wish(self, headers: &mut Headers, min_se_seconds: u32) {
        headers.push("Session-Expires", self.interval_seconds.to_string());
        headers.push("Min-SE", min_se_seconds.to_string());
    }

    /// The fields of our own refresh.
    pub(super) fn write_request(self, headers: &mut Headers, min_se_seconds: u32) {
        headers.push("Session-Expires", format!("{};refresher=uac", self.interval_seconds));
        headers.push("Min-SE", min_se_seconds.to_string());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refresher {
    Uac,
    Uas,
}

fn session_expires(headers: &Headers) -> Option<(u32, Option<Refresher>)> {
    let seconds = headers.number("Session-Expires").ok().flatten()?;
    let value = headers.get("Session-Expires")?;
    let by = value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("refresher") {
            return None;
        }
        match value.trim() {
            v if v.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            v if v.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        }
    });
    Some((seconds, by))
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Nothing,
    /// Send a refresh.
    Refresh,
    /// Nobody refreshed: BYE.
    Expired,
}

/// The running timer of one session.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionTimer {
    pub(super) terms: Terms,
    refresh_at: Option<Instant>,
    expires_at: Instant,
}

impl SessionTimer {
    /// Starts or restarts at a 2xx.
    pub(super) fn new(now: Instant, terms: Terms) -> Self {
        let interval = terms.interval_seconds;
        let guard = SESSION_GUARD_SECONDS.min(interval / 3);
        let seconds = |s: u32| Duration::from_secs(u64::from(s));
        Self {
            terms,
            // RFC 4028 §7.2: the refresher sends after half of the interval.
            refresh_at: terms.we_refresh.then(|| now + seconds(interval / 2)),
            expires_at: now + seconds(interval - guard),
        }
    }

    /// Tries the refresh again later; never past the expiry.
    pub(super) fn retry_at(&mut self, at: Instant) {
        self.refresh_at = Some(at);
    }

    /// When the refresh or the end is due.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.refresh_at.map_or(self.expires_at, |at| at.min(self.expires_at))
    }

    /// What is due at `now`; a refresh is told once.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Step {
        if now >= self.expires_at {
            return Step::Expired;
        }
        match self.refresh_at {
            Some(at) if now >= at => {
                self.refresh_at = None;
                Step::Refresh
            }
            _ => Step::Nothing,
        }
    }
}
