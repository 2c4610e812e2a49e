//! Making a copy: pages from one snapshot, a look at them, a manifest, a name; then recordings, and what
//! is no longer to be there.

use super::manifest::{self, BackupCheck, BackupManifest, CopiedSounds, FORMAT, Facts};
use super::place::{BackupCopy, PART, Place, copies};
use super::restoring::{check_database, open_copy, sha256_of};
use super::{BackupConfig, BackupFault, sounds};
use crate::store::config::{BACKUP_FOLDER, DATABASE_FILE, DataFolder};
use crate::store::error::{StoreError, at_path};
use crate::store::folder::{make_folder, sync_name};
use crate::store::schema;
use crate::store::vault::MASTER_KEY_FILE;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use serde::Serialize;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

/// Pages of one step: 8 MiB, read and written between two rests.
const STEP_PAGES: i32 = 2_000;

/// Rest between two steps, in milliseconds: the disk is the callers' first.
const STEP_REST_MS: u64 = 5;

/// A copy is looked at more closely when none of this age was, in hours: a week.
const FULL_CHECK_HOURS: i64 = 7 * 24;

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupMade {
    /// Its name in the folder of copies.
    pub name: String,
    /// What it says of itself.
    #[serde(flatten)]
    pub manifest: BackupManifest,
    /// Older copies that were removed.
    pub removed: usize,
    /// Recordings that were copied now; the others stood there already.
    pub sounds_copied: u64,
    /// Copies of recordings that were removed, or lost their key, because of an erasure or a seal.
    pub sounds_forgotten: u64,
}

/// Makes a copy of a data folder, beside a running service too; `wall` is the clock, and it ends early,
/// without a copy, once `stop` says so. A copy that does not pass its check is no copy. Older ones are
/// removed only when the fresh one stands. Where the recordings fail, the copy of the database stays.
pub fn back_up(
    config: &BackupConfig,
    folder: &DataFolder,
    wall: fn() -> Timestamp,
    stop: &dyn Fn() -> bool,
) -> Result<BackupMade, StoreError> {
    let at = wall();
    let place = Place::enter(config, &folder.path)?;
    place.remove_leftovers()?;
    let name = place.free_name(at);
    let (part, path) = (place.folder.join(format!("{name}{PART}")), place.folder.join(&name));
    let mut manifest = Making { config, folder, at, stop }
        .fill(&part, &copies(&place.folder)?)
        .inspect_err(|_| {
            // It takes room on a disk that may be full; what cannot be removed goes before the next.
            let _ = fs::remove_dir_all(&part);
        })
        .map_err(|error| unwritten(config, error))?;
    at_path(&path, fs::rename(&part, &path))?;
    at_path(&path, sync_name(&path))?;
    let db = open_copy(&path.join(DATABASE_FILE))?;
    let sounds_forgotten = sounds::forget(&db, &folder.path, &place.folder)?;
    let mut removed = retire(&place, &name, manifest.purged, config.keep)?;
    removed += retire_upgrades(&folder.path, manifest.purged)?;
    let taken = sounds::take(&db, &folder.path, &place.folder, stop)?;
    manifest.recordings = Some(taken.covered);
    manifest.took_ms = wall().duration_since(at).as_millis().try_into().unwrap_or(i64::MAX);
    manifest::write(&path, &manifest)?;
    let CopiedSounds { files, bytes, missing } = taken.covered;
    tracing::info!(
        copy = %name,
        took_ms = manifest.took_ms,
        bytes = manifest.bytes,
        check = ?manifest.check,
        recordings = files,
        recordings_bytes = bytes,
        recordings_missing = missing,
        recordings_copied = taken.copied,
        removed,
        "a copy was made"
    );
    if taken.unmatched > 0 {
        return Err(BackupFault::Unmatched { count: taken.unmatched }.into());
    }
    Ok(BackupMade { name, manifest, removed, sounds_copied: taken.copied, sounds_forgotten })
}

/// A failure of a disk, by the folder that it is about.
fn unwritten(config: &BackupConfig, error: StoreError) -> StoreError {
    if !error.is_outage() {
        return error;
    }
    let (folder, why) = (config.folder.clone(), error.to_string());
    BackupFault::Unwritten { folder, why }.into()
}

struct Making<'a> {
    config: &'a BackupConfig,
    folder: &'a DataFolder,
    at: Timestamp,
    stop: &'a dyn Fn() -> bool,
}

impl Making<'_> {
    /// Everything but the recordings, in a folder that has not its name yet.
    fn fill(&self, part: &Path, before: &[BackupCopy]) -> Result<BackupManifest, StoreError> {
        make_folder(part)?;
        let file = part.join(DATABASE_FILE);
        let facts = self.copy_database(&file, before)?;
        let (purged, last) = (facts.purged, before.iter().filter_map(|c| c.manifest.as_ref().ok()));
        let checks: Vec<_> = last.map(|old| (old.purged, old.check, old.at)).collect();
        let since = self.at - SignedDuration::from_hours(FULL_CHECK_HOURS);
        let looked = |&(_, check, at): &(i64, BackupCheck, Timestamp)| {
            check == BackupCheck::Full && at > since
        };
        // It will take the place of all others: nothing else is left if it is not sound.
        let alone = checks.iter().any(|(old, ..)| *old < purged);
        let check = match alone || !checks.iter().any(looked) {
            true => BackupCheck::Full,
            false => BackupCheck::Quick,
        };
        check_database(&file, check)?;
        at_path(&file, File::open(&file).and_then(|file| file.sync_all()))?;
        let (sha256, bytes) = sha256_of(&file)?;
        let master_key = self.config.with_master_key;
        if master_key {
            let copy = part.join(Path::new(MASTER_KEY_FILE).file_name().unwrap_or_default());
            at_path(&copy, fs::copy(&self.folder.master_key, &copy))?;
            at_path(&copy, File::open(&copy).and_then(|file| file.sync_all()))?;
        }
        let manifest = BackupManifest {
            format: FORMAT,
            at: self.at,
            schema: facts.schema,
            events: facts.events.0,
            head: facts.events.1,
            audited: facts.audit.0,
            audit_head: facts.audit.1,
            bytes,
            sha256,
            check,
            purged,
            key_check: facts.key_check,
            master_key,
            recordings: None,
            took_ms: 0,
        };
        manifest::write(part, &manifest)?;
        Ok(manifest)
    }

    /// One snapshot, so that a writer beside it does not have the copying begin again; the log alone grows
    /// meanwhile.
    fn copy_database(&self, file: &Path, before: &[BackupCopy]) -> Result<Facts, StoreError> {
        let reader = schema::open_reader(&self.folder.path)?;
        schema::require_current(&reader)?;
        let snapshot = reader.unchecked_transaction()?;
        let facts = Facts::of(&snapshot)?;
        let theirs = |copy: &BackupCopy| {
            copy.manifest.as_ref().is_ok_and(|manifest| manifest.key_check != facts.key_check)
        };
        if before.iter().any(theirs) {
            return Err(BackupFault::Foreign(self.config.folder.clone()).into());
        }
        let mut copy = Connection::open(file)?;
        // Nobody else is at it: no journal and no shared memory, which a mounted host may not have.
        copy.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        copy.pragma_update(None, "journal_mode", "MEMORY")?;
        self.copy_pages(&snapshot, &mut copy)?;
        drop(snapshot);
        // Its first page says WAL, as it was copied: one file is to be opened by whoever can only read.
        copy.pragma_update(None, "journal_mode", "MEMORY")?;
        copy.close().map_err(|(_, error)| error)?;
        Ok(facts)
    }

    fn copy_pages(&self, from: &Connection, to: &mut Connection) -> Result<(), StoreError> {
        let copying = Backup::new(from, to)?;
        while copying.step(STEP_PAGES)? != StepResult::Done {
            if (self.stop)() {
                return Err(BackupFault::Stopped.into());
            }
            std::thread::sleep(Duration::from_millis(STEP_REST_MS));
        }
        Ok(())
    }
}

/// Removes the copies that are too many, and those from before a seal or an erasure that the fresh one
/// knows of. One whose manifest cannot be read is worth nothing.
fn retire(place: &Place, fresh: &str, purged: i64, keep: usize) -> Result<usize, StoreError> {
    // The fresh one is the first of those that are kept.
    let (mut kept, mut removed) = (1, 0);
    for copy in copies(&place.folder)?.iter().rev().filter(|copy| copy.name != fresh) {
        let whole = copy.manifest.as_ref().is_ok_and(|manifest| manifest.purged >= purged);
        if whole && kept < keep {
            kept += 1;
        } else {
            place.remove(copy)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes the copies that upgrades made before a seal or an erasure that a fresh copy knows of.
fn retire_upgrades(data: &Path, purged: i64) -> Result<usize, StoreError> {
    let folder = data.join(BACKUP_FOLDER);
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut removed = 0;
    for entry in at_path(&folder, fs::read_dir(&folder))? {
        let path = at_path(&folder, entry)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with("mayorline-v") || !name.ends_with(".db") {
            continue;
        }
        // One that cannot be read is left to its day (`retention.copy_days`).
        let of = open_copy(&path).and_then(|db| manifest::purged(&db));
        if of.is_ok_and(|of| of < purged) {
            at_path(&path, fs::remove_file(&path))?;
            tracing::warn!(file = name, "a copy from before a seal or an erasure was removed");
            removed += 1;
        }
    }
    Ok(removed)
}
