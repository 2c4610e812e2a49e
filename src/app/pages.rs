//! The pages of the seats on a thread of their own: a browser's handshake must not hold up a call.

use super::config::Config;
use super::exit::{Exit, Failure};
use super::recordings::Recordings;
use super::{clock, serve};
use crate::domain::desk_link::SeatIdentity;
use crate::gateway::line::DeskEnds;
use crate::gateway::sip::tls_config;
use crate::proto::digest::{Algorithm, Secret};
use crate::store::{DataFolder, Reader, SeatRecord, StoreHandle};
use crate::units::SeatNumber;
use crate::web::{ApiConfig, DeskLink, PublicConfig, SeatDirectory, Sources, WebConfig, WebThread};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::mpsc;

/// News that may wait between the pages and the line, each way.
pub(super) const DESK_NEWS_MAX: usize = 4_096;

/// The running pages.
pub(super) struct Pages {
    thread: WebThread,
    secure: bool,
}

impl Pages {
    /// Binds and serves; the other ends of the two ways belong to the line.
    pub(super) fn open(
        config: &Config,
        (folder, demo): (DataFolder, bool),
        store: StoreHandle,
    ) -> Result<(Self, DeskEnds), Exit> {
        let (to_line, from) = mpsc::channel(DESK_NEWS_MAX);
        let (to, from_line) = mpsc::channel(DESK_NEWS_MAX);
        let mut web = web_config(config)?;
        web.api = Some(api_config(config, folder.clone(), store.clone()));
        web.demo = demo;
        web.public = public_config(config, folder.clone())?;
        let secure = web.tls.is_some();
        let realm = config.seats.realm.clone();
        let directory = Arc::new(Directory { folder: folder.clone(), realm });
        let wall = clock::system().wall;
        let archive = Arc::new(Recordings { folder, store, wall });
        let sources =
            Sources { monotonic: clock::system().monotonic, random: || clock::seed().ok() };
        let link = DeskLink { to_line, from_line };
        let thread =
            WebThread::start(web, (directory, archive), sources, link).map_err(|error| {
                let listen = config.web.listen;
                Exit::new(Failure::Unavailable, format!("web.listen {listen}: {error}"))
            })?;
        Ok((Self { thread, secure }, DeskEnds { from, to }))
    }

    /// Where a browser finds them.
    pub(super) fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}/", self.thread.address())
    }

    /// Ends them.
    pub(super) fn close(self) {
        self.thread.finish();
    }
}

pub(super) fn web_config(config: &Config) -> Result<WebConfig, Exit> {
    let keys = &config.web;
    let tls = match keys.tls_certificate.as_os_str().is_empty() {
        true => None,
        false => Some(
            tls_config(&keys.tls_certificate, &keys.tls_key)
                .map_err(|error| Exit::new(Failure::Config, format!("web.tls: {error}")))?,
        ),
    };
    Ok(WebConfig {
        listen: keys.listen,
        tls,
        trusted_proxy: keys.trusted_proxy,
        api: None,
        public: None,
        demo: false,
    })
}

/// What everybody may read, where the configuration wants it.
fn public_config(config: &Config, folder: DataFolder) -> Result<Option<PublicConfig>, Exit> {
    if !config.web.public_notices {
        return Ok(None);
    }
    let refuse = |why: String| Exit::new(Failure::Config, why);
    let rules = config.listening_day.rules().map_err(refuse)?;
    let calendar = Arc::new(serve::calendar(config)?);
    Ok(Some(PublicConfig { folder, wall: clock::system().wall, rules, calendar }))
}

/// What the interface for programs works on.
fn api_config(config: &Config, folder: DataFolder, store: StoreHandle) -> ApiConfig {
    let local = config.casework.dispositions.iter();
    ApiConfig {
        folder,
        store,
        wall: clock::system().wall,
        remote: config.web.api_remote,
        dispositions: local.map(|local| (local.code.clone(), local.like)).collect(),
        // Read once already when the configuration was checked.
        reach: config.webhook.reach().unwrap_or_default(),
        open311: config.open311.config().unwrap_or_default(),
    }
}

/// The seats as they stand in the data folder.
struct Directory {
    folder: DataFolder,
    realm: String,
}

impl Directory {
    fn seat(&self, seat: &SeatNumber) -> Option<SeatRecord> {
        let seats = Reader::open(self.folder.clone()).and_then(|reader| reader.seats());
        let seats = seats.map_err(|error| tracing::error!(%error, "the seats cannot be read"));
        seats.ok()?.into_iter().find(|known| known.seat == *seat)
    }
}

impl SeatDirectory for Directory {
    fn check(&self, seat: &SeatNumber, password: &str) -> Option<(SeatIdentity, Timestamp)> {
        let given = Secret::new(Algorithm::Sha256, seat.as_str(), &self.realm, password);
        let record = self.seat(seat);
        let stored = record.as_ref().map_or("", |record| &record.secrets.sha256);
        let proves = Secret::from_stored(stored).is(&given);
        let record = record.filter(|record| proves && record.secrets.realm == self.realm)?;
        let changed_at = record.changed_at;
        Some((identity(record), changed_at))
    }

    fn find(&self, seat: &SeatNumber) -> Option<SeatIdentity> {
        self.seat(seat).map(identity)
    }
}

fn identity(record: SeatRecord) -> SeatIdentity {
    SeatIdentity { seat: record.seat, name: record.name, role: record.role }
}
