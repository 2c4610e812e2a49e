//! Finding the header of a sheet.

use super::columns::{self, Column, IGNORED};
use super::fault::Report;
use crate::domain::directory::record::Kind;
use std::collections::BTreeMap;

/// Rows at the top that may be the header: a title, a date, a remark may stand above it.
const HEADER_ROWS_MAX: usize = 10;

/// Where the columns stand.
pub(super) struct Header {
    /// Its row, from 1: the data begin below it.
    pub(super) row: usize,
    places: BTreeMap<&'static str, usize>,
}

impl Header {
    /// The first row with every needed column; without one the faults of the row that comes nearest.
    pub(super) fn find(kind: Kind, sheet: &[Vec<String>], report: &mut Report) -> Option<Self> {
        let columns = columns::of(kind);
        let rows = sheet.iter().take(HEADER_ROWS_MAX).enumerate();
        let lacks = |cells: &[String]| {
            columns.iter().filter(|column| column.needed && !has(cells, column)).count()
        };
        // The first of those that lack least.
        let (at, cells) = rows.min_by_key(|(_, cells)| lacks(cells))?;
        let row = at + 1;
        for column in columns.iter().filter(|column| column.needed && !has(cells, column)) {
            let title = kind.title();
            report.add(
                row,
                column.name,
                format!("{title}表应有这一列，表头在前{HEADER_ROWS_MAX}行内"),
            );
        }
        if lacks(cells) > 0 {
            return None;
        }
        let places = places(row, cells, columns, report);
        Some(Self { row, places })
    }

    /// Which cell of a row a column is.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.places.get(column).copied()
    }
}

/// Headers are compared without blanks and without what stands in brackets behind them.
fn plain(cell: &str) -> String {
    let name: String = cell.chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
    name.split(['(', '（']).next().unwrap_or_default().to_owned()
}

fn has(cells: &[String], column: &Column) -> bool {
    cells.iter().any(|cell| plain(cell) == column.name)
}

fn places(
    row: usize,
    cells: &[String],
    columns: &[Column],
    report: &mut Report,
) -> BTreeMap<&'static str, usize> {
    let mut places = BTreeMap::new();
    for (at, cell) in cells.iter().enumerate() {
        let name = plain(cell);
        if name.is_empty() || IGNORED.contains(&name.as_str()) {
            continue;
        }
        let Some(column) = columns.iter().find(|column| column.name == name) else {
            let known: Vec<_> = columns.iter().map(|column| column.name).collect();
            report.add(row, &name, format!("没有这一列，可用的列为{}", known.join("、")));
            continue;
        };
        if places.insert(column.name, at).is_some() {
            report.add(row, column.name, "这一列出现了两次");
        }
    }
    places
}
