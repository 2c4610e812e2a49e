//! `mayorline demo`: fills an empty data folder with an invented city (domain.md 5). The folder is
//! marked; whatever shows something of it says so ([`DEMO_TITLE`]).

mod calls;
mod fill;

pub use fill::Filler;

use super::common::{Common, midnight, say};
use super::config::{Config, is_this_machine};
use super::exit::{Exit, Failure};
use super::output::unwritten;
use super::{clock, serve};
use crate::domain::case::local_day;
use crate::domain::demo::{City, DEMO_TITLE, Ground, Wish};
use crate::store::{DataFolder, DemoMark, Filling, demo_mark};
use clap::Args;
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Once;

/// The seed unless told otherwise.
const SEED: u64 = 20_260_101;

/// Case numbers begin with this year.
const FIRST_YEAR: i16 = 2020;

/// `mayorline demo`
#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// The same seed and last day give the same city.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// The last day of the two months, YYYY-MM-DD; yesterday unless told otherwise.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// What was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Done {
    /// What it is.
    title: &'static str,
    /// What it was made from.
    seed: u64,
    /// The first day.
    from: Date,
    /// The last.
    until: Date,
    /// Rows of the directory.
    directory: usize,
    /// Contacts.
    contacts: usize,
    /// Those that have a number.
    numbered: usize,
    /// Things that happened to them.
    steps: usize,
    /// Warnings that were given.
    warned: usize,
    /// Reports that were issued.
    reports: usize,
}

/// Fills a folder.
pub(super) fn demo(arguments: &DemoArguments) -> Result<(), Exit> {
    let config = arguments.common.load()?;
    own_key(&config)?;
    let now = (clock::system().wall)();
    let today = local_day(now);
    let until = arguments.until.or_else(|| today.yesterday().ok()).unwrap_or(today);
    if until >= today {
        return Err(Exit::new(Failure::Usage, "--until must lie before today"));
    }
    let wish = Wish::new(arguments.seed, until);
    if wish.from().year() < FIRST_YEAR {
        let message = format!("--until: the two months must begin in {FIRST_YEAR} or later");
        return Err(Exit::new(Failure::Usage, message));
    }
    let ground =
        Ground { calendar: serve::calendar(&config)?, rules: serve::deadline_rules(&config) };
    let city = City::new(&wish, &ground);
    let mark = DemoMark { seed: wish.seed, until, complete: false };
    let desk = (ground.calendar.clone(), ground.rules.clone(), seed_bytes(wish.seed));
    let folder = arguments.common.folder(&config);
    let begins = midnight(wish.from())?;
    let filling = Filling::begin(folder.clone(), begins, mark, desk);
    let filling = filling.map_err(|error| unwritten(&error))?;
    let filled = fill::fill(filling, &city, &wish, (&folder, now))?;
    let done = Done {
        title: DEMO_TITLE,
        seed: wish.seed,
        from: wish.from(),
        until,
        directory: filled.directory,
        contacts: city.scripts.len(),
        numbered: filled.numbered,
        steps: filled.steps,
        warned: filled.warned,
        reports: filled.reports,
    };
    tell(&done, arguments.json, &folder)
}

fn tell(done: &Done, json: bool, folder: &DataFolder) -> Result<(), Exit> {
    if json {
        let text = serde_json::to_string_pretty(done);
        return say(&(text.map_err(|error| Exit::new(Failure::Software, error))? + "\n"));
    }
    let Done { title, seed, from, until, directory, contacts, numbered, reports, .. } = done;
    say(&format!(
        "{title} {}：{from} 至 {until}，种子 {seed}；通讯录 {directory} 条，来件 {contacts} 件，\
         受理 {numbered} 件，报告 {reports} 份\n",
        folder.path.display()
    ))
}

/// A seed of the store from that of the city.
fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0x5a; 32];
    for (byte, of) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = of;
    }
    bytes
}

/// The mark of a data folder. A store that cannot be read is taken for a real one, because it is the line
/// that counts; should it be a demo after all, it is not opened ([`crate::store::StoreError::Invented`]).
fn mark(folder: &DataFolder) -> Option<DemoMark> {
    demo_mark(folder).unwrap_or_else(|error| {
        // Opening it says so aloud.
        tracing::debug!(%error, "whether this is a demo cannot be read");
        None
    })
}

/// Says of an invented city that it is one, once: whatever a verb prints of it stands below this.
pub(super) fn mention(folder: &DataFolder) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        if mark(folder).is_some() {
            tracing::warn!("{DEMO_TITLE}: everything in this data folder is invented");
        }
    });
}

/// Whether a data folder holds an invented city; then nothing may leave this machine.
pub(super) fn guard(config: &Config, folder: &DataFolder) -> Result<bool, Exit> {
    if mark(folder).is_none() {
        return Ok(false);
    }
    own_key(config)?;
    let refused = |what: String, instead: &str| {
        let message = format!(
            "{what}: the data folder holds a demo ({DEMO_TITLE}), from which nothing is sent outside \
             this machine; {instead}, or serve another folder"
        );
        Err(Exit::new(Failure::Config, message))
    };
    let outside = config.outgoing.trunk.iter().find(|trunk| !trunk.address.ip().is_loopback());
    if let Some(trunk) = outside {
        let what = format!("outgoing.trunk {}", trunk.address);
        return refused(what, "name a loopback address");
    }
    if config.webhook.outside {
        return refused("webhook.outside".to_owned(), "leave it false");
    }
    if let Some(network) = config.webhook.networks.first() {
        return refused(format!("webhook.networks {network}"), "leave it empty");
    }
    let engine = config.speech.target().filter(|target| !target.is_this_machine());
    if let Some(engine) = engine {
        return refused(
            format!("speech.url {}", engine.origin()),
            "name an engine of this machine",
        );
    }
    if let Some(account) = config.messages.outside() {
        return refused(account, "leave it out");
    }
    let mailboxes = config.messages.mail.iter();
    let outside = mailboxes.flat_map(|one| one.hosts()).find(|host| !is_this_machine(host));
    if let Some(host) = outside {
        return refused(format!("messages.mail {host}"), "name localhost or a loopback address");
    }
    Ok(true)
}

/// A demo is sealed with the key below its folder: one that the configuration names may be that of a
/// real city, whose copies and backups it would share.
fn own_key(config: &Config) -> Result<(), Exit> {
    let named = &config.store.master_key_file;
    if named.as_os_str().is_empty() {
        return Ok(());
    }
    let message = format!(
        "store.master_key_file {}: a demo ({DEMO_TITLE}) has a key of its own below its folder, never \
         that of a real city; leave it empty, or name another configuration",
        named.display()
    );
    Err(Exit::new(Failure::Config, message))
}
