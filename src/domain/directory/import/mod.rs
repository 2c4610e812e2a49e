//! From the rows of a sheet to records: every row is looked at, every fault is told in Chinese with
//! its row and column, and there are records only where there is no fault.

mod cells;
mod columns;
mod fault;
mod header;
mod known;
mod rows;

pub use fault::{FAULTS_LISTED_MAX, Fault, Faults};
pub use known::Known;

use super::record::{Kind, Record};
use cells::RowCells;
use fault::Report;
use header::Header;
use std::collections::BTreeMap;

/// Reads a sheet: a list of rows of cells as text, the first of which is row 1. The header is the
/// first row that has the columns of the table, in any order; titles may stand above it.
///
/// # Errors
/// Every fault of every row.
pub fn read(kind: Kind, sheet: &[Vec<String>], known: &Known) -> Result<Vec<Record>, Faults> {
    let mut report = Report::default();
    let Some(header) = Header::find(kind, sheet, &mut report) else {
        return Err(report.into_faults());
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut records = Vec::new();
    let filled = sheet.iter().enumerate().skip(header.row);
    for (at, cells) in filled.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()))
    {
        let mut row = RowCells::new(at + 1, cells, &header, &mut report);
        let record = rows::read(kind, &mut row, known);
        let Some(record) = record.filter(|_| row.is_sound()) else { continue };
        match seen.insert(record.key(), at + 1) {
            Some(first) => row.fault("", &format!("与第{first}行是同一条，请只保留一行")),
            None => records.push(record),
        }
    }
    if records.is_empty() && report.is_empty() {
        report.add(header.row, "", "表头下面没有数据");
    }
    report.into_result(records)
}

#[cfg(test)]
mod tests;
