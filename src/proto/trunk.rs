//! One trunk: whether it is registered (RFC 3261 §10.2) and healthy (RFC 3261 §11), and when to ask
//! again. It decides; the endpoint sends.
//!
//! ```text
//! down --OPTIONS answered, registered--> up --two OPTIONS failed, registration over--> down
//! ```

use super::TrunkConfig;
use super::prover::Prover;
use super::transaction::TransactionId;
use std::time::{Duration, Instant};

/// OPTIONS in a row without a good answer after which a trunk is down.
pub const TRUNK_FAILURES_MAX: u32 = 2;
/// Good answers in a row after which a trunk that was down is up again; the first of all counts
/// alone.
pub const TRUNK_SUCCESSES: u32 = 2;
/// An OPTIONS that is not answered by then has failed.
pub const PROBE_SECONDS: u64 = 4;
/// The next OPTIONS after a failed one, where the interval is not shorter.
pub const PROBE_AGAIN_SECONDS: u64 = 5;
/// The first pause after a registration that failed; each further one is twice as long.
pub const REGISTER_AGAIN_SECONDS: u64 = 30;
/// The longest pause.
pub const REGISTER_AGAIN_SECONDS_MAX: u64 = 1_800;
/// Between two registrations at least, however short the granted lifetime.
pub const REGISTER_SECONDS_MIN: u64 = 5;
/// A longer Min-Expires than this is refused as a failure.
pub const REGISTER_EXPIRES_SECONDS_MAX: u32 = 86_400;

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Register,
    Probe,
    /// Forget this OPTIONS: its answer is too late. True when that was one too many.
    Forget(TransactionId, bool),
}

/// One trunk and what is known of it.
#[derive(Debug)]
pub(super) struct Trunk {
    pub(super) config: TrunkConfig,
    /// All REGISTERs have one Call-ID and one From tag (RFC 3261 §10.2.4).
    pub(super) call_id: String,
    pub(super) tag: String,
    pub(super) prover: Option<Prover>,
    /// As last told.
    pub(super) told_up: bool,
    pub(super) registering: Option<TransactionId>,
    pub(super) probing: Option<TransactionId>,
    /// The lifetime that is asked for; a 423 raises it.
    pub(super) expires_seconds: u32,
    cseq: u32,
    registered_until: Option<Instant>,
    register_at: Option<Instant>,
    pause_seconds: u64,
    healthy: bool,
    successes: u32,
    failures: u32,
    /// The next OPTIONS, or the end of the wait for its answer.
    probe_at: Option<Instant>,
    lost: bool,
}

impl Trunk {
    /// Registers and asks at once.
    pub(super) fn new(now: Instant, config: TrunkConfig, call_id: String, tag: String) -> Self {
        let registration = config.registration.as_ref();
        let seconds = registration.map_or(0, |registration| registration.expires.as_secs());
        Self {
            call_id,
            tag,
            prover: registration.map(|r| Prover::new(r.credentials.clone())),
            told_up: false,
            registering: None,
            probing: None,
            expires_seconds: u32::try_from(seconds).unwrap_or(REGISTER_EXPIRES_SECONDS_MAX),
            cseq: 0,
            registered_until: None,
            register_at: registration.map(|_| now),
            pause_seconds: REGISTER_AGAIN_SECONDS,
            healthy: config.options_interval.is_none(),
            successes: TRUNK_SUCCESSES - 1,
            failures: 0,
            probe_at: config.options_interval.map(|_| now),
            lost: false,
            config,
        }
    }

    /// Whether calls should go that way.
    pub(super) fn is_up(&self) -> bool {
        let registered = self.config.registration.is_none() || self.registered_until.is_some();
        !self.lost && self.healthy && registered
    }

    /// Whether the registrar keeps us.
    pub(super) fn is_registered(&self) -> bool {
        !self.lost && self.registered_until.is_some()
    }

    /// The number of the next REGISTER.
    pub(super) fn next_cseq(&mut self) -> u32 {
        self.cseq += 1;
        self.cseq
    }

    /// When `step` is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        [self.register_at, self.registered_until, self.probe_at].into_iter().flatten().min()
    }

    /// The next thing that is due at `now`; ask until there is none.
    pub(super) fn step(&mut self, now: Instant) -> Option<Step> {
        let due = |at: &mut Option<Instant>| at.take_if(|at| now >= *at).is_some();
        due(&mut self.registered_until);
        if due(&mut self.register_at) {
            return Some(Step::Register);
        }
        if !due(&mut self.probe_at) {
            return None;
        }
        match self.probing.take() {
            Some(late) => {
                let fell = self.note_health(now, false);
                Some(Step::Forget(late, fell))
            }
            None => {
                self.probe_at = Some(now + Duration::from_secs(PROBE_SECONDS));
                Some(Step::Probe)
            }
        }
    }

    /// An OPTIONS was answered well, or not. True for the failure that was one too many.
    pub(super) fn note_health(&mut self, now: Instant, good: bool) -> bool {
        self.probing = None;
        if good {
            (self.failures, self.successes) = (0, self.successes.saturating_add(1));
            self.healthy |= self.successes >= TRUNK_SUCCESSES;
        } else {
            (self.failures, self.successes) = (self.failures.saturating_add(1), 0);
            self.healthy &= self.failures < TRUNK_FAILURES_MAX;
        }
        let interval = self.config.options_interval;
        let again = Duration::from_secs(PROBE_AGAIN_SECONDS);
        let wait = interval.map(|wait| if good && self.healthy { wait } else { wait.min(again) });
        self.probe_at = wait.map(|wait| now + wait);
        self.failures == TRUNK_FAILURES_MAX
    }

    /// The registrar took us for this long.
    pub(super) fn registered(&mut self, now: Instant, seconds: u32) {
        self.registering = None;
        self.pause_seconds = REGISTER_AGAIN_SECONDS;
        let lifetime = Duration::from_secs(u64::from(seconds));
        self.registered_until = Some(now + lifetime);
        let half = (lifetime / 2).max(Duration::from_secs(REGISTER_SECONDS_MIN));
        self.register_at = Some(now + half);
    }

    /// The registrar wants us to ask for this long; false when that is no reason to ask again.
    pub(super) fn ask_longer(&mut self, now: Instant, seconds: u32) -> bool {
        let longer = seconds > self.expires_seconds && seconds <= REGISTER_EXPIRES_SECONDS_MAX;
        if longer {
            self.registering = None;
            self.expires_seconds = seconds;
            self.register_at = Some(now);
        }
        longer
    }

    /// It failed. A refusal ends the registration; silence leaves it until it expires. `jitter` is
    /// random, 0 to 99, so that many gateways do not come back at once.
    pub(super) fn register_failed(&mut self, now: Instant, refused: bool, jitter: u32) {
        self.registering = None;
        if refused {
            self.registered_until = None;
        }
        let pause_ms = self.pause_seconds * (750 + u64::from(jitter) * 5);
        self.register_at = Some(now + Duration::from_millis(pause_ms));
        self.pause_seconds = (self.pause_seconds * 2).min(REGISTER_AGAIN_SECONDS_MAX);
    }

    /// Its connection is gone; it is down until it is configured with another one.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        (self.register_at, self.registered_until, self.probe_at) = (None, None, None);
        // What is still open must not set them anew when it times out.
        (self.registering, self.probing) = (None, None);
    }
}
