//! The pages of the seats (坐席页面): a small HTTP server, the sign-in, and the WebSocket `/desk` that
//! speaks `docs/desk-protocol.md`. It knows no telephony: what a page wants goes to the line as
//! [`FromDesk`], what a page is shown comes as [`ToDesk`], both over bounded channels.
//!
//! * [`Web`]: bound address, TLS, limits of connections; runs until it is told to stop.
//!   [`WebThread`] runs it on a thread of its own.
//! * `pages`: what is served over HTTP, who may see it, the headers that keep it safe.
//! * `playback`: recordings, for those who may hear them and say why.
//! * `risk`: flags of risk words, and the button that marks one as false.
//! * `api`: cases, figures and the audit as JSON, for programs and people with accounts.
//! * `public`: approved notices and the next listening days, for everybody.
//! * `session`, `guard`, `pace`: who is signed in; who tries too often; who asks too often. Plain values,
//!   time is passed in. `turns`: so many questions of strangers at once.
//! * `hub`: what every seat was told last, with sequence numbers, so that a page can come back.
//! * `open311`: published cases for the programs of others, and requests from those of partners.
//! * `webhook`: what happens to cases, told to other programs, on a thread of its own.
//! * `protocol`, `socket`: the messages, and one connection that carries them.

mod api;
mod guard;
mod hub;
mod open311;
mod pace;
mod pages;
mod playback;
mod protocol;
mod public;
mod risk;
mod server;
mod session;
mod socket;
mod thread;
mod turns;
mod webhook;

pub use api::{
    ACCOUNT_SESSIONS_MAX, API_BODY_BYTES_MAX, API_SESSIONS_MAX, ApiConfig, CASES_PAGE_MAX,
    CommandFault, CommandForm, DRILL_CASES_MAX, EXPORT_ROWS_MAX, EXPORTS_MAX, REFUSAL_WAIT,
    REQUESTS_PER_MINUTE_MAX, openapi,
};
pub use hub::{LOG_MAX, PAGES_MAX, PENDING_MAX, SEATS_MAX, STATES_MAX};
pub use open311::{
    JURISDICTION_CHARS_MAX, OPEN311_BODY_BYTES_MAX, OPEN311_PAGE_MAX, OPEN311_POSTS_PER_MINUTE_MAX,
    OPEN311_READS_AT_ONCE_MAX, OPEN311_READS_PER_MINUTE_MAX, Open311Config, PARTNERS_MAX, Partner,
};
pub use pace::PACE_SUBJECTS_MAX;
pub use playback::GRANTS_MAX;
pub use protocol::{DESK_MESSAGE_BYTES_MAX, PROTOCOL_VERSION};
pub use public::{PUBLIC_READS_MAX, PUBLIC_REQUESTS_PER_MINUTE_MAX, PublicConfig};
pub use server::{CONNECTIONS_MAX, Web};
pub use session::SESSIONS_MAX;
pub use socket::{COMMANDS_BURST_MAX, COMMANDS_PER_SECOND_MAX, EXCESS_MAX, OUTBOX_MAX};
pub use thread::WebThread;
pub use webhook::{
    ADDRESSES_TRIED_MAX, ATTEMPT_WAIT, CONNECT_WAIT, RESPONSE_BYTES_MAX, TrustError, WebhookConfig,
    WebhookThread, sign, signatures, trust,
};

use crate::domain::desk_link::{FromDesk, SeatIdentity, ToDesk};
use crate::domain::suggest::RiskGroup;
use crate::store::PastCall;
use crate::units::{CaseNumber, SeatNumber};
use jiff::Timestamp;
use serde::Serialize;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::{Receiver, Sender};

/// Where and how the pages are served.
#[derive(Clone)]
pub struct WebConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate to show; `None`: plain HTTP, for loopback or behind a proxy.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// A proxy on this address speaks HTTPS to the browsers; its `X-Forwarded-For` is believed.
    pub trusted_proxy: Option<IpAddr>,
    /// The interface below `/api/v1`; `None`: there is none.
    pub api: Option<ApiConfig>,
    /// What everybody may read below `/public`; `None`: nothing.
    pub public: Option<PublicConfig>,
    /// What is shown belongs to an invented city, and every page says so.
    pub demo: bool,
}

impl WebConfig {
    /// Whether browsers come by HTTPS.
    fn is_secure(&self) -> bool {
        self.tls.is_some() || self.trusted_proxy.is_some()
    }
}

/// Why the pages must not be served here, in a sentence for the person who starts the service.
/// Outside loopback a password would travel in clear, and browsers give the microphone to secure pages
/// only.
#[must_use]
pub fn web_fault(
    listen: SocketAddr,
    has_certificate: bool,
    trusted_proxy: Option<IpAddr>,
) -> Option<String> {
    let refused = !listen.ip().is_loopback() && !has_certificate && trusted_proxy.is_none();
    refused.then(|| {
        format!(
            "web.listen = {listen}: outside loopback the seat page needs HTTPS, because browsers give \
             the microphone to secure pages only; set web.tls_certificate and web.tls_key, or \
             web.trusted_proxy to the address of a proxy that speaks HTTPS"
        )
    })
}

/// The seats, as the store knows them. Both may wait for a disk; they are called on a thread that may.
pub trait SeatDirectory: Send + Sync + 'static {
    /// Whose password this is, and since when his account is as it is. An unknown seat must take as
    /// long as a wrong password.
    fn check(&self, seat: &SeatNumber, password: &str) -> Option<(SeatIdentity, Timestamp)>;
    /// The seat as it is now; `None` when it was removed.
    fn find(&self, seat: &SeatNumber) -> Option<SeatIdentity>;
}

/// What was recorded, and who may hear it; what was found of a case. All may wait for a disk; they are
/// called on a thread that may.
pub trait Archive: Send + Sync + 'static {
    /// The newest calls whose recordings a person may hear.
    ///
    /// # Errors
    /// When he may hear none, or they cannot be read.
    fn calls(&self, who: &SeatIdentity) -> Result<Vec<PastCall>, NotHeard>;

    /// Opens a recording for a person, after the audit has stored that he hears it and why.
    ///
    /// # Errors
    /// When he may not hear it, it is not there, or the audit cannot be stored.
    fn open(
        &self,
        who: &SeatIdentity,
        recording: i64,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard>;

    /// Opens a recording for a person with an account whose right to it was found already, after the
    /// audit has stored that he hears it and why.
    ///
    /// # Errors
    /// When it is not there or under seal, or the audit cannot be stored.
    fn play(
        &self,
        person: &str,
        recording: i64,
        reason: String,
    ) -> Result<Arc<dyn Sound>, NotHeard>;

    /// Marks a flag of risk words of a case as false, for a person at a seat who says why; returns after
    /// the commit.
    ///
    /// # Errors
    /// When he may not, the case has no such flag (or is under seal), or it cannot be stored.
    fn mark_false(
        &self,
        who: &SeatIdentity,
        flag: (CaseNumber, RiskGroup),
        reason: String,
    ) -> Result<(), NotMarked>;
}

/// A sound file that can be read from anywhere; reading may wait for a disk.
pub trait Sound: Send + Sync {
    /// Its length.
    fn bytes(&self) -> u64;

    /// Reads from byte `from` on; gives how many bytes, none at the end.
    ///
    /// # Errors
    /// When the disk cannot be read.
    fn read_at(&self, from: u64, into: &mut [u8]) -> io::Result<usize>;
}

/// Why a recording is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotHeard {
    /// The person has no right to it.
    NotAllowed,
    /// There is none, or its file is gone.
    NoSuchRecording,
    /// Why he wants to hear it is not said.
    ReasonMissing,
    /// The audit or the list cannot be had now.
    StoreDown,
}

/// Why a flag of risk words is not marked as false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotMarked {
    /// Who listens in or takes calls of a listening day alone marks none.
    NotAllowed,
    /// No case that he may know of has it, or it was marked before.
    NoSuchFlag,
    /// Why it is false is not said.
    ReasonMissing,
    /// It cannot be stored now.
    StoreDown,
}

/// The clock and the random source, passed in.
#[derive(Debug, Clone, Copy)]
pub struct Sources {
    /// Monotonic time.
    pub monotonic: fn() -> Instant,
    /// Fresh random bytes of the operating system; `None` when it has none.
    pub random: fn() -> Option<[u8; 32]>,
}

/// The two ways between the pages and the line.
#[derive(Debug)]
pub struct DeskLink {
    /// Towards the line.
    pub to_line: Sender<FromDesk>,
    /// From the line.
    pub from_line: Receiver<ToDesk>,
}

/// `bytes` in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
