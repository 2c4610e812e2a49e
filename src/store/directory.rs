//! The directory in its versions: reading what holds, importing a table whole or not at all.

use super::audit::{self, AuditEntry, AuditKind};
use super::error::StoreError;
use super::read_call;
use super::recording::hex;
use crate::domain::case::local_day;
use crate::domain::directory::import::{self, Faults, Known};
use crate::domain::directory::{Directory, DutyItem, Kind, Record, Version, next_version};
use crate::wire::table::{Table, TableError};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Params, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// A file that is to become a table of the directory.
#[derive(Debug, Clone, Copy)]
pub struct ImportFile<'a> {
    /// Which table.
    pub kind: Kind,
    /// The file's name, for the audit.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Only say what would happen.
    pub dry_run: bool,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Rows that were not known.
    pub added: usize,
    /// Rows that say something else than before: a new version each.
    pub changed: usize,
    /// Rows that say what is known.
    pub unchanged: usize,
}

/// Why nothing was imported, for whoever sent the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportFault {
    /// It is no table.
    File(TableError),
    /// Some of its rows are wrong.
    Rows(Faults),
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => writeln!(f, "没有导入任何数据：{error}。"),
            Self::Rows(faults) => faults.fmt(f),
        }
    }
}

/// Imports a file within a transaction. With a fault nothing was written.
pub(super) fn import(
    db: &Connection,
    at: Timestamp,
    file: &ImportFile<'_>,
    sheet: &Table,
) -> Result<Result<Imported, ImportFault>, StoreError> {
    let known = Known::of(&on(db, local_day(at))?);
    let records = match import::read(file.kind, sheet, &known) {
        Ok(records) => records,
        Err(faults) => return Ok(Err(ImportFault::Rows(faults))),
    };
    let last = last_of(db, file.kind)?;
    let imported = put_all(db, at, &records, &last, file.dry_run)?;
    if imported.added + imported.changed > 0 && !file.dry_run {
        note(db, at, file, imported)?;
    }
    Ok(Ok(imported))
}

/// The last version of every key of a table.
fn last_of(db: &Connection, kind: Kind) -> Result<BTreeMap<String, Version<Record>>, StoreError> {
    let versions = select(db, "kind = ?1 AND valid_to IS NULL", [kind.as_str()])?;
    Ok(versions.into_iter().map(|one| (one.record.key(), one)).collect())
}

fn put_all(
    db: &Connection,
    at: Timestamp,
    records: &[Record],
    last: &BTreeMap<String, Version<Record>>,
    dry_run: bool,
) -> Result<Imported, StoreError> {
    let (mut imported, today) = (Imported::default(), local_day(at));
    for record in records {
        let key = record.key();
        let before = last.get(&key);
        let Some(version) = next_version(record, before, today) else {
            imported.unchanged += 1;
            continue;
        };
        let counted = if before.is_some() { &mut imported.changed } else { &mut imported.added };
        *counted += 1;
        if dry_run {
            continue;
        }
        if before.is_some() {
            close(db, record.kind(), &key, &version)?;
        }
        put(db, at, &key, &version)?;
    }
    Ok(imported)
}

fn close(db: &Connection, kind: Kind, key: &str, next: &Version<Record>) -> Result<(), StoreError> {
    let sql = "UPDATE directory_version SET valid_to = ?4
               WHERE kind = ?1 AND key = ?2 AND version = ?3";
    let values = params![kind.as_str(), key, next.version - 1, next.valid_from.to_string()];
    db.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn put(
    db: &Connection,
    at: Timestamp,
    key: &str,
    version: &Version<Record>,
) -> Result<(), StoreError> {
    let body = serde_json::to_string(&version.record).map_err(|_| DAMAGED)?;
    let (kind, from) = (version.record.kind().as_str(), version.valid_from.to_string());
    db.prepare_cached("INSERT INTO directory_version VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6)")?
        .execute(params![kind, key, version.version, from, body, at.as_millisecond()])?;
    Ok(())
}

fn note(
    db: &Connection,
    at: Timestamp,
    file: &ImportFile<'_>,
    imported: Imported,
) -> Result<(), StoreError> {
    let digest = hex(&Sha256::digest(file.bytes));
    let Imported { added, changed, unchanged } = imported;
    let entry = AuditEntry {
        actor: super::administration::ACTOR.to_owned(),
        kind: AuditKind::DirectoryImported,
        subject: file.kind.as_str().to_owned(),
        reason: format!(
            "{} sha256 {digest} added {added} changed {changed} unchanged {unchanged}",
            file.name
        ),
    };
    audit::append(db, at, &entry)
}

const DAMAGED: StoreError = StoreError::Damaged("version of the directory");

/// Every version of one table, by key and version.
pub(super) fn versions(db: &Connection, kind: Kind) -> Result<Vec<Version<Record>>, StoreError> {
    select(db, "kind = ?1", [kind.as_str()])
}

/// The directory as it holds on a day.
pub(super) fn on(db: &Connection, day: Date) -> Result<Directory, StoreError> {
    let covers = "valid_from <= ?1 AND (valid_to IS NULL OR ?1 < valid_to)";
    Ok(Directory::on(day, &select(db, covers, [day.to_string()])?))
}

/// A unit with its posts as they hold on a day; nothing else of the directory.
pub(super) fn of_unit(db: &Connection, day: Date, unit: &str) -> Result<Directory, StoreError> {
    // Keys of posts begin with their unit and a stroke, behind which the zero comes in the order of bytes.
    let test = "(kind = 'units' AND key = ?1
                 OR kind = 'posts' AND key >= ?1 || '/' AND key < ?1 || '0')
                AND valid_from <= ?2 AND (valid_to IS NULL OR ?2 < valid_to)";
    Ok(Directory::on(day, &select(db, test, params![unit, day.to_string()])?))
}

/// The leaders as they hold on a day.
pub(super) fn leaders(db: &Connection, day: Date) -> Result<Directory, StoreError> {
    let test = "kind = 'leaders' AND valid_from <= ?1 AND (valid_to IS NULL OR ?1 < valid_to)";
    Ok(Directory::on(day, &select(db, test, [day.to_string()])?))
}

/// A unit or town as it holds on a day, and nothing else.
fn unit_or_town(db: &Connection, day: Date, unit: &str) -> Result<Directory, StoreError> {
    let test = "(kind = 'units' AND key = ?1 OR kind = 'towns' AND 'town.' || key = ?1)
                AND valid_from <= ?2 AND (valid_to IS NULL OR ?2 < valid_to)";
    Ok(Directory::on(day, &select(db, test, params![unit, day.to_string()])?))
}

/// The name of a unit or town as it holds on a day.
pub(super) fn unit_name(
    db: &Connection,
    day: Date,
    unit: &str,
) -> Result<Option<String>, StoreError> {
    Ok(unit_or_town(db, day, unit)?.unit_name(unit))
}

/// The same where it is marked for the public page; `None`: it is not, or the directory has no such unit.
pub(super) fn public_unit_name(
    db: &Connection,
    day: Date,
    unit: &str,
) -> Result<Option<String>, StoreError> {
    let held = unit_or_town(db, day, unit)?;
    let public = held.units.iter().any(|one| one.public) || held.towns.iter().any(|one| one.public);
    Ok(held.unit_name(unit).filter(|_| public))
}

/// How a case cites a duty item: its code and the version that holds on a day. It may be named
/// by its code alone or as another version; `None`: the catalogue has no such item on that day.
pub(super) fn duty_reference(
    db: &Connection,
    day: Date,
    named: &str,
) -> Result<Option<String>, StoreError> {
    let version = |(_, version): &(&str, &str)| version.parse::<u32>().is_ok();
    let code = named.rsplit_once("/v").filter(version).map_or(named, |(code, _)| code);
    let test =
        "kind = ?1 AND key = ?2 AND valid_from <= ?3 AND (valid_to IS NULL OR ?3 < valid_to)";
    let held = select(db, test, [Kind::Duties.as_str(), code, &day.to_string()])?;
    Ok(held.first().and_then(|held| match &held.record {
        Record::Duty(item) => Some(item.reference(held.version)),
        _ => None,
    }))
}

/// The duty item that a case cites, as it holds on a day; its version may have changed since.
pub(super) fn duty_item(
    db: &Connection,
    day: Date,
    reference: &str,
) -> Result<Option<DutyItem>, StoreError> {
    let code = reference.rsplit_once("/v").map_or(reference, |(code, _)| code);
    let test =
        "kind = ?1 AND key = ?2 AND valid_from <= ?3 AND (valid_to IS NULL OR ?3 < valid_to)";
    let held = select(db, test, [Kind::Duties.as_str(), code, &day.to_string()])?;
    Ok(Directory::on(day, &held).duties.into_iter().next().map(|held| held.record))
}

fn select(
    db: &Connection,
    test: &str,
    values: impl Params,
) -> Result<Vec<Version<Record>>, StoreError> {
    let sql = format!(
        "SELECT version, valid_from, valid_to, body FROM directory_version
         WHERE {test} ORDER BY kind, key, version"
    );
    let rows = read_call::all(db, &sql, values, version_row)?;
    rows.into_iter().map(read).collect()
}

type Stored = (u32, String, Option<String>, String);

fn version_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn read((version, from, to, body): Stored) -> Result<Version<Record>, StoreError> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| DAMAGED);
    Ok(Version {
        version,
        valid_from: day(&from)?,
        valid_to: to.as_deref().map(day).transpose()?,
        record: serde_json::from_str(&body).map_err(|_| DAMAGED)?,
    })
}
