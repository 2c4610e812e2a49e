//! `mayorline backup …`: copies of the data on another disk. The running service makes them by itself.

use super::clock;
use super::common::say;
use super::config::Config;
use super::exit::{Exit, Failure};
use super::output::{Output, unwritten};
use crate::domain::case::city_zone;
use crate::gateway::clock::Clock;
use crate::store::{
    BackupConfig, BackupCopy, BackupFault, BackupManifest, CheckedBackup, DataFolder,
    RestoredBackup, StoreError, back_up, backups, check_backup, restore_backup, verify,
};
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A copy that is so many times older than copies are made is told by `doctor`.
const LATE_TIMES: u32 = 3;

/// `mayorline backup …`
#[derive(Debug, Subcommand)]
pub(super) enum BackupVerb {
    /// Make a copy now in the folder that `backup.folder` names, beside a running service too. Prints
    /// what it holds; the master key is not in it, unless `backup.with_master_key` says so.
    Now(Output),
    /// The copies in that folder, the oldest first.
    List(Output),
    /// Check the newest copy: its hash, the database as SQLite sees it, every recording.
    Check {
        /// Check every copy.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Put a copy back into the data folder, which must be new or empty; a folder keys/ with the master
    /// key may be in it. Hash and integrity are checked first, and with the key everything is verified
    /// at the end.
    Restore {
        /// The folder of a copy, its manifest.json, or the folder of all copies for the newest.
        #[arg(value_name = "COPY")]
        source: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

/// A copy as it is listed.
#[derive(Debug, Serialize)]
struct CopyRow<'a> {
    name: &'a str,
    #[serde(flatten)]
    manifest: Option<&'a BackupManifest>,
    fault: Option<&'a str>,
}

/// What was put back, and what `verify` said of it.
#[derive(Debug, Serialize)]
struct Restoration<'a> {
    #[serde(flatten)]
    restored: &'a RestoredBackup,
    /// `None`: there is no master key to verify with.
    verified: Option<u64>,
}

/// Carries the verb out.
pub(super) fn backup(verb: &BackupVerb) -> Result<(), Exit> {
    match verb {
        BackupVerb::Now(output) => now(output),
        BackupVerb::List(output) => {
            let (copies, _) = copies(output)?;
            let rows = copies.iter().map(|copy| CopyRow {
                name: &copy.name,
                manifest: copy.manifest.as_ref().ok(),
                fault: copy.manifest.as_ref().err().map(String::as_str),
            });
            output.print(&rows.collect::<Vec<_>>())
        }
        BackupVerb::Check { all, output } => check(*all, output),
        BackupVerb::Restore { source, output } => restore(source, output),
    }
}

fn now(output: &Output) -> Result<(), Exit> {
    let config = output.common.load()?;
    let (folder, wanted) = (output.common.folder(&config), wanted(&config)?);
    let made = back_up(&wanted, &folder, clock::system().wall, &|| false);
    output.print(&made.map_err(|error| not_done(&error))?)
}

fn check(all: bool, output: &Output) -> Result<(), Exit> {
    let (copies, folder) = copies(output)?;
    let asked = if all { copies.len() } else { 1 };
    let mut checked = vec![];
    for copy in copies.iter().rev().take(asked) {
        checked.push(check_backup(copy).map_err(|error| not_done(&error))?);
    }
    if checked.is_empty() {
        return Err(not_done(&BackupFault::NoCopy(folder).into()));
    }
    output.print(&checked)?;
    let wrong = checked.iter().filter(|copy| !copy.is_sound()).count();
    if wrong == 0 { Ok(()) } else { Err(faulty(&checked, wrong)) }
}

fn faulty(checked: &[CheckedBackup], wrong: usize) -> Exit {
    Exit::new(Failure::Data, format!("{wrong} of {} copies are not whole", checked.len()))
}

fn restore(source: &Path, output: &Output) -> Result<(), Exit> {
    let config = output.common.load()?;
    let folder = output.common.folder(&config);
    let restored = restore_backup(source, &folder).map_err(|error| not_done(&error))?;
    let report = match restored.has_key {
        true => Some(verify(folder.clone()).map_err(|error| not_done(&error))?),
        false => None,
    };
    let verified = report.as_ref().map(|report| report.fault_count);
    match output.is_json() {
        true => output.print(&Restoration { restored: &restored, verified })?,
        false => say(&told(&restored, &folder, verified))?,
    }
    match verified {
        Some(faults) if faults > 0 => {
            Err(Exit::new(Failure::Data, format!("{faults} faults: see mayorline verify")))
        }
        _ => Ok(()),
    }
}

fn told(restored: &RestoredBackup, folder: &DataFolder, verified: Option<u64>) -> String {
    let (manifest, at) = (&restored.manifest, city(restored.manifest.at));
    let mut text = format!(
        "restored {} of {at}: events {}, recordings {}, head {}\n",
        restored.copy.display(),
        manifest.events,
        restored.recordings_back,
        manifest.head
    );
    for file in &restored.wrong {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "no sound copy of {file}");
    }
    let _ = match verified {
        Some(faults) => writeln!(text, "verified: faults {faults}"),
        None => writeln!(
            text,
            "no master key at {}: put it there, then run mayorline verify",
            folder.master_key.display()
        ),
    };
    text
}

/// The copies of the configured folder.
fn copies(output: &Output) -> Result<(Vec<BackupCopy>, PathBuf), Exit> {
    let config = output.common.load()?;
    let (folder, wanted) = (output.common.folder(&config), wanted(&config)?);
    let found = backups(&wanted, &folder.path).map_err(|error| not_done(&error))?;
    Ok((found, wanted.folder))
}

fn wanted(config: &Config) -> Result<BackupConfig, Exit> {
    let wanted = config.backup.config();
    wanted.ok_or_else(|| Exit::new(Failure::Config, "backup.folder names no folder for copies"))
}

/// Why there is no copy, or none was put back.
fn not_done(error: &StoreError) -> Exit {
    let failure = match error {
        StoreError::Backup(fault) => match fault {
            BackupFault::Away(_) | BackupFault::NoCopy(_) => Failure::NoInput,
            BackupFault::SameDisk(_) | BackupFault::Misplaced(_) => Failure::Config,
            BackupFault::Busy(_) | BackupFault::Stopped => Failure::Unavailable,
            BackupFault::Unwritten { .. } => Failure::Io,
            BackupFault::Foreign(_)
            | BackupFault::Unmatched { .. }
            | BackupFault::Damaged { .. }
            | BackupFault::NotEmpty(_) => Failure::Data,
        },
        other => return unwritten(other),
    };
    Exit::new(failure, error)
}

/// Says once, at the start, that nothing is copied.
pub(super) fn mention(config: &Config) {
    if config.backup.config().is_none() {
        tracing::warn!(
            "no copies of the data are made: name a folder on another disk, backup.folder"
        );
    }
}

/// What `doctor` sees of the copies.
pub(super) fn look(config: &Config, folder: &DataFolder, clock: Clock) -> Result<String, String> {
    let Some(wanted) = config.backup.config() else {
        let none =
            "none: name a folder on another disk as backup.folder, or copy the data by other means";
        return Ok(none.to_owned());
    };
    let copies = backups(&wanted, &folder.path).map_err(|error| error.to_string())?;
    let (place, newest) = (wanted.folder.display(), copies.last());
    let Some(newest) = newest else {
        return Err(format!("no copy in {place} yet: start the service, or mayorline backup now"));
    };
    let manifest = newest.manifest.as_ref();
    let manifest = manifest.map_err(|why| format!("{place}: {}: {why}", newest.name))?;
    let at = city(manifest.at);
    let old = (clock.wall)().duration_since(manifest.at).as_mins();
    if old > i64::from(wanted.every_minutes.saturating_mul(LATE_TIMES)) {
        return Err(format!(
            "the last copy in {place} is of {at}, {old} minutes ago: look for ALARM in the log"
        ));
    }
    let Some(recordings) = manifest.recordings else {
        return Err(format!(
            "the copy of {at} in {place} lacks recordings: look for ALARM in the log"
        ));
    };
    let space = rustix::fs::statvfs(&wanted.folder).map_err(|error| format!("{place}: {error}"))?;
    let free = space.f_bavail * space.f_frsize;
    if free < manifest.bytes {
        return Err(format!("only {} MB are free in {place}: no further copy fits", free >> 20));
    }
    Ok(format!(
        "{at}, database {} MB, recordings {}, {} copies, {} GB free",
        manifest.bytes >> 20,
        recordings.files,
        copies.len(),
        free >> 30
    ))
}

/// A time as officials read it.
fn city(at: Timestamp) -> String {
    at.to_zoned(city_zone()).strftime("%F %T").to_string()
}
