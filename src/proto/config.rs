//! Every limit and every timer of the endpoint, with the values of the RFCs as defaults.

use super::digest::Algorithm;
use std::net::IpAddr;
use std::time::Duration;

/// Round-trip estimate T1 (RFC 3261 §17.1.1.1).
pub const T1_MS: u64 = 500;
/// Longest retransmission interval T2 (RFC 3261 §17.1.2.2).
pub const T2_MS: u64 = 4_000;
/// Longest time a message stays in the network, T4 (RFC 3261 §17.1.2.2).
pub const T4_MS: u64 = 5_000;
/// Timers B, F, H, J, L and M are this many T1 (RFC 3261 table 4, RFC 6026 §8.11).
pub const TRANSACTION_T1_COUNT: u32 = 64;
/// Timer D over an unreliable transport (RFC 3261 §17.1.1.2: at least 32 s).
pub const TIMER_D_SECONDS: u64 = 32;
/// Via elements of one request; more is taken for a loop (RFC 3261 §8.1.1.6: 70 hops).
pub const VIAS_MAX: usize = 70;
/// 2xx answers of one dialog that wait for their ACK at the same time.
pub const ACKS_PENDING_MAX: usize = 4;
/// Tries of one session refresh before the session is left to expire.
pub const REFRESH_TRIES_MAX: u8 = 5;
/// A 180 is repeated so that no proxy gives up (RFC 3261 §13.3.1.1: every minute).
pub const RING_AGAIN_SECONDS: u64 = 60;
/// Upper bound of the Retry-After of a 500 that asks for another try (RFC 3261 §14.2: 0 to 10 s).
pub const RETRY_SECONDS_MAX: u32 = 10;
/// Upper bound of the wait after a 491 where the peer owns the Call-ID (RFC 3261 §14.1: 0 to 2 s).
pub const GLARE_WAIT_MS_MAX: u64 = 2_000;
/// The same where we own it (RFC 3261 §14.1: 2.1 to 4 s).
pub const OWNER_GLARE_WAIT_MS: (u64, u64) = (2_100, 4_000);
/// A session ends this long before it expires, or a third of the interval if that is less
/// (RFC 4028 §10).
pub const SESSION_GUARD_SECONDS: u32 = 32;

/// What the endpoint is told once.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// Peers whose P-Asserted-Identity is believed and that no per-source limit stops.
    pub trusted_peers: Vec<IpAddr>,
    /// Host for Contact when it differs from the flow's local address.
    pub advertised: Option<IpAddr>,
    /// Calls at the same time, those that are just ending included.
    pub calls_max: usize,
    /// New calls per second; a burst of one second is allowed.
    pub calls_per_second_max: u32,
    /// Calls at the same time of one address that is not trusted.
    pub calls_per_source_max: usize,
    /// Calls of ours at the same time, counted apart so that citizens leave room for them.
    pub outgoing_max: usize,
    /// Server and client transactions at the same time, each.
    pub transactions_max: usize,
    /// Texts that wait for `answer_text`.
    pub texts_max: usize,
    /// New texts per second from all peers together; a burst of one second is allowed.
    pub texts_per_second_max: u32,
    /// Bytes of one text.
    pub text_bytes_max: usize,
    /// Refused requests of one untrusted address per minute that are still answered. A challenge
    /// that was answered with a good proof does not count.
    pub refusals_per_source_minute_max: u32,
    /// Addresses whose refusals are counted one by one.
    pub sources_max: usize,
    /// Refusals per second answered to addresses for which there was no room.
    pub refusals_unlisted_per_second_max: u32,
    /// Retry-After of a 503.
    pub retry_after_seconds: u32,
    /// A call that nobody answered or rejected by then is refused with 480.
    pub answer_seconds_max: u32,
    /// Session interval that we ask for (RFC 4028 §4: 1800 recommended).
    pub session_expires_seconds: u32,
    /// Shortest session interval that we take (RFC 4028 §5: at least 90).
    pub min_se_seconds: u32,
    /// The realm of our seats.
    pub realm: String,
    /// How our seats may prove their password, the best way first. A phone that ends its
    /// registration at a challenge it does not know needs a list without it.
    pub algorithms: Vec<Algorithm>,
    /// How long a nonce of ours may be used; phones keep one for their next requests.
    pub nonce_seconds: u64,
    /// T1.
    pub t1: Duration,
    /// T2.
    pub t2: Duration,
    /// T4.
    pub t4: Duration,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            trusted_peers: Vec::new(),
            advertised: None,
            calls_max: 1_000,
            calls_per_second_max: 400,
            calls_per_source_max: 200,
            outgoing_max: 1_000,
            // 1,600 short calls/s keep two transactions each for 32 s: about 102,000.
            transactions_max: 150_000,
            texts_max: 200,
            texts_per_second_max: 50,
            text_bytes_max: 8_192,
            refusals_per_source_minute_max: 30,
            sources_max: 10_000,
            refusals_unlisted_per_second_max: 50,
            retry_after_seconds: 10,
            answer_seconds_max: 180,
            session_expires_seconds: 1_800,
            min_se_seconds: 90,
            realm: "mayorline".to_owned(),
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            nonce_seconds: 300,
            t1: Duration::from_millis(T1_MS),
            t2: Duration::from_millis(T2_MS),
            t4: Duration::from_millis(T4_MS),
        }
    }
}

impl EndpointConfig {
    /// 64*T1: how long a transaction waits for the other side.
    #[must_use]
    pub fn transaction_wait(&self) -> Duration {
        self.t1 * TRANSACTION_T1_COUNT
    }
}
