//! What stands beside each copy: of when it is, what it holds, and by what it is known to be whole.

use crate::store::chain;
use crate::store::encrypt;
use crate::store::error::{StoreError, at_path};
use crate::store::folder::sync_name;
use crate::store::purge;
use crate::store::recording::hex;
use crate::store::vault::known_key;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

/// The manifest in the folder of a copy.
pub(super) const MANIFEST_FILE: &str = "manifest.json";

/// The form of the manifest; a new one gets a new number.
pub(super) const FORMAT: u32 = 1;

/// Largest manifest that is read, in bytes.
pub const BACKUP_MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// How closely SQLite looked at a copy before it was called one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupCheck {
    /// `quick_check`: every page, no index against its table.
    Quick,
    /// `integrity_check`.
    Full,
}

/// The recordings that a copy is covered with, beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedSounds {
    /// Recordings of the database that stand in the folder of copies.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Recordings whose file was gone from the data folder already, and was never copied.
    pub missing: u64,
}

/// The manifest of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// The form of this manifest.
    pub format: u32,
    /// When the copy was begun: everything committed before stands in it.
    pub at: Timestamp,
    /// Version of the schema.
    pub schema: u32,
    /// Events of cases.
    pub events: i64,
    /// Hash of the last of them, as `verify` tells it.
    pub head: String,
    /// Entries of the audit.
    pub audited: i64,
    /// Hash of the last of them.
    pub audit_head: String,
    /// Bytes of the database.
    pub bytes: u64,
    /// SHA-256 of the database, in hexadecimal.
    pub sha256: String,
    /// How closely it was looked at.
    pub check: BackupCheck,
    /// How many seals and erasures had been taken off the disk when the copy was begun: a copy with a
    /// lower number may hold what is sealed or erased by now.
    pub purged: i64,
    /// By what the database knows its master key; says nothing of the key.
    pub key_check: String,
    /// The master key stands beside the database.
    pub master_key: bool,
    /// The recordings; `None`: they were not all looked at when the copying ended.
    pub recordings: Option<CopiedSounds>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// What a database says of itself, in one snapshot.
pub(super) struct Facts {
    pub(super) schema: u32,
    pub(super) events: (i64, String),
    pub(super) audit: (i64, String),
    pub(super) purged: i64,
    pub(super) key_check: String,
}

impl Facts {
    pub(super) fn of(db: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            schema: db.pragma_query_value(None, "user_version", |row| row.get(0))?,
            events: head(db, "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?,
            audit: head(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?,
            purged: purged(db)?,
            key_check: known_key(db)?.unwrap_or_default(),
        })
    }
}

/// How many seals and erasures have been taken off this database's pages; -1: it may still hold what an
/// older program wrote in clear.
pub(super) fn purged(db: &Connection) -> Result<i64, StoreError> {
    if encrypt::is_pending(db)? { Ok(-1) } else { purge::done(db) }
}

fn head(db: &Connection, sql: &str) -> Result<(i64, String), StoreError> {
    let last: Option<(i64, [u8; 32])> =
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (seq, hash) = last.unwrap_or((0, chain::START));
    Ok((seq, hex(&hash)))
}

/// Reads the manifest of a copy.
pub(super) fn read(copy: &Path) -> Result<BackupManifest, StoreError> {
    let path = copy.join(MANIFEST_FILE);
    let mut text = vec![];
    let file = at_path(&path, File::open(&path))?;
    at_path(&path, file.take(BACKUP_MANIFEST_BYTES_MAX).read_to_end(&mut text))?;
    let manifest: BackupManifest =
        serde_json::from_slice(&text).map_err(|_| StoreError::Damaged("manifest of a copy"))?;
    if manifest.format == FORMAT {
        Ok(manifest)
    } else {
        Err(StoreError::Damaged("manifest of a copy of another program"))
    }
}

/// Puts the manifest on the disk, whole or not at all.
pub(super) fn write(copy: &Path, manifest: &BackupManifest) -> Result<(), StoreError> {
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|_| StoreError::Damaged("manifest of a copy"))?;
    let (path, new) = (copy.join(MANIFEST_FILE), copy.join("manifest.new"));
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    at_path(&new, written)?;
    at_path(&path, fs::rename(&new, &path))?;
    at_path(&path, sync_name(&path))
}
