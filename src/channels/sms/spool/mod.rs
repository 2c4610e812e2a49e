//! smsd's spool folder (`deploy/smsd.conf`). smsd speaks with the modem; a text is a file.
//!
//! A file that came is removed only after the commit of its octets, and comes again until then. A file to
//! be sent is written beside its name and renamed, so that smsd never sees half of it; from then on smsd
//! has it, and the folders `sent` and `failed` tell what became of it.
//!
//! One thread looks at the folders every second; nothing else touches them here.

mod folder;
mod run;

pub use folder::{Folders, NAMES_A_LOOK_MAX};
pub use run::run;

use super::dedup_key;
use super::health::Health;
use super::port::{Part, PartId, Ports, Settled, Unavailable};
use super::reading::FORM_SMSD;
use crate::store::Journalled;
use crate::wire::WireError;
use crate::wire::spool::{Outcome, Outgoing, Received, Status};
use folder::Found;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Texts that smsd holds at once: what waits longer waits in the store, in its order.
pub const IN_FLIGHT_MAX: usize = 4;
/// Files that are taken in one look at a folder.
pub const FILES_A_LOOK_MAX: usize = 200;
/// Names that are remembered because their files cannot be read or removed.
pub const FAULTS_KEPT_MAX: usize = 1_000;
/// How long a file may be half written before it is taken as it is.
const HALF_WRITTEN_SECONDS: i64 = 30;
/// How often the modem of a spool folder should give a sign.
const PERIOD_SECONDS: i64 = 60;

/// One modem of smsd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolConfig {
    /// The folder of smsd's folders.
    pub folder: PathBuf,
    /// The modem's name in `smsd.conf`.
    pub modem: String,
}

/// What one look at the folders did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Files that the store has now.
    pub taken: usize,
    /// Texts of which smsd told what became.
    pub settled: usize,
    /// Texts that smsd has now.
    pub handed_out: usize,
}

/// A modem behind smsd.
pub struct Spool<P> {
    ports: P,
    folders: Folders,
    modem: String,
    health: Health,
    status: Option<Status>,
    /// When smsd last told that the modem works.
    well_at: Option<Timestamp>,
    /// When the store was last told how the modem is.
    told: Option<Timestamp>,
    /// Files that an alarm was raised for.
    faulty: BTreeSet<PathBuf>,
}

impl<P: Ports> Spool<P> {
    /// Removes what an earlier run left half written.
    ///
    /// # Errors
    /// A folder is not there or cannot be written; says which.
    pub fn new(config: SpoolConfig, ports: P) -> Result<Self, Error> {
        let folders = Folders::open(&config.folder)?;
        let (health, faulty) = (Health::default(), BTreeSet::new());
        Ok(Self {
            ports,
            folders,
            modem: config.modem,
            health,
            status: None,
            well_at: None,
            told: None,
            faulty,
        })
    }

    /// What is known of the modem.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The store behind it.
    pub fn ports(&mut self) -> &mut P {
        &mut self.ports
    }

    /// One look at all folders. What the store cannot take now stays for the next one.
    ///
    /// # Errors
    /// The store is unavailable; what was done before stays done.
    pub fn look(&mut self, now: Timestamp) -> Result<Look, Unavailable> {
        self.read_status(now);
        let mut look = Look::default();
        let outcome = self.carry_on(now, &mut look);
        if look.settled + look.taken > 0 {
            self.health.success(now);
        }
        self.check_health(now);
        outcome.map(|()| look)
    }

    fn carry_on(&mut self, now: Timestamp, look: &mut Look) -> Result<(), Unavailable> {
        for folder in [self.folders.incoming(), self.folders.report()] {
            look.taken += self.take_in(now, &folder)?;
        }
        look.settled += self.settle(now)?;
        look.handed_out += self.hand_out(now)?;
        Ok(())
    }

    fn read_status(&mut self, now: Timestamp) {
        let told = self.folders.status().and_then(|text| Status::parse(&text, &self.modem));
        let counts = |status: Status| (status.sent, status.received);
        let moved =
            self.status.zip(told).is_some_and(|(before, told)| counts(before) != counts(told));
        let is_well = told.is_some_and(|status| status.is_well && self.folders.status_is_new());
        if is_well || moved {
            self.health.success(now);
            self.well_at = Some(now);
        }
        self.status = told.or(self.status);
    }

    fn take_in(&mut self, now: Timestamp, folder: &Path) -> Result<usize, Unavailable> {
        let found = self.folders.received(folder, &self.modem);
        let found = self.listed(folder, found);
        let mut taken = 0;
        for file in self.first_of(found, |file| file) {
            let Some(bytes) = self.read(&file) else { continue };
            let dedup_key = match Received::parse(&bytes) {
                Ok(received) if received.is_complete() || is_old(&file, now) => {
                    key_of(&received, &bytes)
                }
                // What cannot be read at all is kept all the same: a person may.
                Err(_) if is_old(&file, now) => Sha256::digest(&bytes).into(),
                _ => continue,
            };
            let token = self.ports.put(now, FORM_SMSD, dedup_key, bytes)?;
            self.acknowledge(&file, token);
            taken += 1;
        }
        Ok(taken)
    }

    /// Takes the file away; the token says that the store has what it says.
    fn acknowledge(&mut self, file: &Found, _committed: Journalled) {
        self.remove(file);
    }

    /// Every answer of smsd; its file goes when the store knows.
    fn settle(&mut self, now: Timestamp) -> Result<usize, Unavailable> {
        let mut settled = 0;
        for (folder, read) in [
            (self.folders.sent(), Outcome::sent as fn(&[u8]) -> Result<Outcome, WireError>),
            (self.folders.failed(), Outcome::failed),
        ] {
            let ours = self.folders.ours(&folder);
            let ours = self.listed(&folder, ours);
            for (id, file) in self.first_of(ours, |(_, file)| file) {
                let Some(bytes) = self.read(&file) else { continue };
                let outcome = match read(&bytes) {
                    Ok(outcome) => outcome,
                    Err(_) if is_old(&file, now) => Outcome::Unclear,
                    Err(_) => continue,
                };
                self.ports.settle(now, id, said(outcome))?;
                self.remove(&file);
                settled += 1;
            }
        }
        Ok(settled)
    }

    /// Fills smsd up.
    fn hand_out(&mut self, now: Timestamp) -> Result<usize, Unavailable> {
        let waiting = self.folders.waiting();
        // Where nobody can tell what smsd has, it gets no more.
        let is_known = waiting.is_ok();
        let waiting = self.listed(&self.folders.outgoing(), waiting);
        self.health.oldest_queued_seconds =
            waiting.iter().filter_map(|(_, file)| age(file, now)).max();
        // A text that waits with smsd for its modem can be taken back by nobody.
        let is_well =
            self.well_at.is_some_and(|at| now.duration_since(at).as_secs() < PERIOD_SECONDS);
        let mut handed_out = 0;
        while is_known && is_well && waiting.len() + handed_out < IN_FLIGHT_MAX {
            let parts = self.ports.lease(now)?;
            if parts.is_empty() {
                break;
            }
            for part in parts {
                if self.ports.submitting(now, part.id)? {
                    handed_out += self.write(now, &part)?;
                }
            }
        }
        Ok(handed_out)
    }

    fn write(&mut self, now: Timestamp, part: &Part) -> Result<usize, Unavailable> {
        let file = Outgoing { submit: &part.submit, is_urgent: part.is_urgent }.write();
        match self.folders.write(part.id, &file) {
            Ok(()) => Ok(1),
            Err(error) => {
                tracing::error!(%error, "ALARM a text cannot be handed to smsd: tried again");
                self.ports.settle(now, part.id, Settled::Retry(None))?;
                Ok(0)
            }
        }
    }

    fn check_health(&mut self, now: Timestamp) {
        let changes = self.health.look(now, PERIOD_SECONDS);
        changes.iter().for_each(|change| change.tell(&self.modem));
        let is_due =
            self.told.is_none_or(|told| now.duration_since(told).as_secs() >= PERIOD_SECONDS);
        if is_due || !changes.is_empty() {
            self.told = Some(now);
            let is_silent = self.health.is_silent;
            self.ports.seen(now, is_silent.then_some("silent"));
        }
    }

    /// What was found in a folder; nothing, with an alarm, where it cannot be looked at.
    fn listed<T>(&mut self, folder: &Path, found: Result<Vec<T>, Error>) -> Vec<T> {
        match found {
            Ok(found) => {
                self.faulty.remove(folder);
                found
            }
            Err(error) => {
                self.complain(folder, &error, "cannot be looked at");
                Vec::new()
            }
        }
    }

    /// As many as one look takes. Those that an alarm was raised for come last, so that they keep no other.
    fn first_of<T>(&self, mut found: Vec<T>, file: impl Fn(&T) -> &Found) -> Vec<T> {
        found.sort_by_key(|one| self.faulty.contains(&file(one).path));
        found.truncate(FILES_A_LOOK_MAX);
        found
    }

    fn read(&mut self, file: &Found) -> Option<Vec<u8>> {
        match self.folders.read(file) {
            Ok(bytes) => Some(bytes),
            // smsd moves its files.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.complain(&file.path, &error, "cannot be read");
                None
            }
        }
    }

    fn remove(&mut self, file: &Found) {
        match self.folders.remove(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                self.complain(&file.path, &error, "cannot be removed and is seen again and again");
            }
            _ => drop(self.faulty.remove(&file.path)),
        }
    }

    /// Once a file or folder.
    fn complain(&mut self, path: &Path, error: &Error, what: &str) {
        let is_new = self.faulty.len() < FAULTS_KEPT_MAX && self.faulty.insert(path.to_owned());
        if is_new {
            tracing::error!(path = %path.display(), %error, "ALARM {what}, of smsd's spool");
        }
    }
}

fn said(outcome: Outcome) -> Settled {
    match outcome {
        Outcome::Sent { reference } => Settled::Submitted { reference },
        Outcome::Unclear => Settled::Uncertain,
        Outcome::Refused(error) => Settled::of_error(error),
    }
}

fn key_of(received: &Received, bytes: &[u8]) -> [u8; 32] {
    if received.pdus.is_empty() {
        return Sha256::digest(bytes).into();
    }
    dedup_key(&received.imsi, received.pdus.iter().map(String::as_str))
}

/// In seconds.
fn age(file: &Found, now: Timestamp) -> Option<i64> {
    let written = Timestamp::try_from(file.written).ok()?;
    Some(now.duration_since(written).as_secs())
}

fn is_old(file: &Found, now: Timestamp) -> bool {
    age(file, now).is_some_and(|age| age >= HALF_WRITTEN_SECONDS)
}
