//! Exports of many persons need two: one asks and says why, another approves, the first exports once
//! (domain.md 3.7). All three steps, and exports of fewer persons too, stand in the audit.

use super::administration::Administration;
use super::audit::{self, AuditEntry, AuditKind};
use super::error::StoreError;
use super::read::{Reader, clock};
use crate::domain::access::{is_second_person, needs_second_person};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::Serialize;

/// An export that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExport {
    /// The id of the row.
    pub report: i64,
    /// The report and version as the audit names them.
    pub name: String,
    /// The format.
    pub format: String,
    /// The role it is made for.
    pub role: String,
    /// The unit of that role.
    pub unit: Option<String>,
    /// Persons in it.
    pub persons: usize,
    /// Who wants it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// An export request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportRequest {
    /// Its number.
    pub id: i64,
    /// The report and version.
    pub report: String,
    /// The format.
    pub format: String,
    /// The role it is made for.
    pub role: String,
    /// Persons in it.
    pub persons: i64,
    /// Who wants it.
    pub asked_by: String,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: String,
    /// Who allowed it.
    pub approved_by: Option<String>,
    /// When it was made.
    pub used_at: Option<String>,
}

const COLUMNS: &str = "x.id, r.kind || '-' || r.period || ' 第' || r.version || '版', x.format, \
    x.role, x.persons, x.asked_by, x.reason, x.asked_at, x.approved_by, x.used_at";

impl Administration {
    /// Notes an export that a second person must allow; gives its number.
    pub fn ask_export(&mut self, at: Timestamp, new: &NewExport) -> Result<i64, StoreError> {
        named(&new.by)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute(
            "INSERT INTO export_request
                 (report, format, role, unit, persons, reason, asked_by, asked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                new.report,
                new.format,
                new.role,
                new.unit,
                i64::try_from(new.persons).unwrap_or(i64::MAX),
                new.reason,
                new.by,
                at.as_millisecond()
            ],
        )?;
        let id = tx.last_insert_rowid();
        note(&tx, at, AuditKind::ExportAsked, new)?;
        tx.commit()?;
        Ok(id)
    }

    /// A second person allows an export. [`StoreError::Taken`] when it is the first, or it was
    /// allowed already.
    pub fn approve_export(&mut self, at: Timestamp, id: i64, by: &str) -> Result<(), StoreError> {
        named(by)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let request = find(&tx, id)?.ok_or(StoreError::NotFound)?;
        if !is_second_person(&request.asked_by, by) {
            return Err(StoreError::Taken("须由另一人批准"));
        }
        if request.approved_by.is_some() {
            return Err(StoreError::Taken("已经批准"));
        }
        let put = "UPDATE export_request SET approved_by = ?2, approved_at = ?3 WHERE id = ?1";
        tx.execute(put, params![id, by, at.as_millisecond()])?;
        let reason = format!("申请 {id}，申请人 {}：{}", request.asked_by, request.reason);
        let subject = request.report;
        let entry =
            AuditEntry { actor: by.to_owned(), kind: AuditKind::ExportApproved, subject, reason };
        audit::append(&tx, at, &entry)?;
        Ok(tx.commit()?)
    }

    /// An export is made now: with the number of its request where it has one. The request must be
    /// for the same, by the same person, allowed, and not used yet.
    pub fn note_export(
        &mut self,
        at: Timestamp,
        new: &NewExport,
        request: Option<i64>,
    ) -> Result<(), StoreError> {
        named(&new.by)?;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match request {
            None if needs_second_person(new.persons) => {
                return Err(StoreError::Taken("须由第二人批准"));
            }
            None => {}
            Some(id) => {
                let used = tx.execute(
                    "UPDATE export_request SET used_at = ?2
                     WHERE id = ?1 AND approved_by IS NOT NULL AND used_at IS NULL
                       AND report = ?3 AND format = ?4 AND role = ?5 AND unit IS ?6
                       AND asked_by = ?7 AND persons >= ?8",
                    params![
                        id,
                        at.as_millisecond(),
                        new.report,
                        new.format,
                        new.role,
                        new.unit,
                        new.by,
                        i64::try_from(new.persons).unwrap_or(i64::MAX)
                    ],
                )?;
                if used == 0 {
                    return Err(StoreError::Taken("该申请尚未批准、已经使用或与本次导出不符"));
                }
            }
        }
        note(&tx, at, AuditKind::Exported, new)?;
        Ok(tx.commit()?)
    }
}

impl Reader {
    /// The newest requests, oldest first.
    pub fn export_requests(&self, limit: usize) -> Result<Vec<ExportRequest>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM export_request x JOIN report r ON r.id = x.report
             ORDER BY x.id DESC LIMIT ?1"
        );
        let limit = i64::try_from(limit.min(super::read::ROWS_MAX)).unwrap_or(0);
        let mut statement = self.db.prepare(&sql)?;
        let mut rows: Vec<ExportRequest> =
            statement.query_map([limit], request_row)?.collect::<Result<_, _>>()?;
        rows.reverse();
        Ok(rows)
    }
}

fn find(db: &Connection, id: i64) -> Result<Option<ExportRequest>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM export_request x JOIN report r ON r.id = x.report WHERE x.id = ?1"
    );
    Ok(db.query_row(&sql, [id], request_row).optional()?)
}

fn request_row(row: &Row<'_>) -> rusqlite::Result<ExportRequest> {
    Ok(ExportRequest {
        id: row.get(0)?,
        report: row.get(1)?,
        format: row.get(2)?,
        role: row.get(3)?,
        persons: row.get(4)?,
        asked_by: row.get(5)?,
        reason: row.get(6)?,
        asked_at: clock(row.get(7)?),
        approved_by: row.get(8)?,
        used_at: row.get::<_, Option<i64>>(9)?.map(clock),
    })
}

fn note(
    db: &Connection,
    at: Timestamp,
    kind: AuditKind,
    new: &NewExport,
) -> Result<(), StoreError> {
    let NewExport { format, role, persons, reason, .. } = new;
    let reason = format!("{format}，{role}，{persons} 人：{reason}");
    let (actor, subject) = (new.by.clone(), new.name.clone());
    audit::append(db, at, &AuditEntry { actor, kind, subject, reason })
}

fn named(person: &str) -> Result<(), StoreError> {
    if person.trim().is_empty() { Err(StoreError::Malformed("person")) } else { Ok(()) }
}
