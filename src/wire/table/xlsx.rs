//! XLSX (ECMA-376) as Excel and WPS write it, read cell by cell: one stray cell far away costs one
//! row that is refused, not a million blank ones.

use super::{TABLE_COLUMNS_MAX, TABLE_ROWS_MAX, TABLE_TEXT_BYTES_MAX, Table, TableError};
use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, Xlsx};
use std::io::Cursor;
use std::ops::Range;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Rows of the first sheet. Of a formula its last result counts; merged cells all have their value.
pub(super) fn read(bytes: &[u8]) -> Result<Table, TableError> {
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let name = book.sheet_names().first().cloned().ok_or(TableError::Empty)?;
    let mut table = cells(&mut book, &name)?;
    let merged = book.merge_cells_by_sheet_name(&name).map_err(|error| broken(&error))?;
    let areas: Vec<Area> = merged.iter().map(|area| Area::within(area, &table)).collect();
    if areas.iter().map(Area::cells).sum::<usize>() > TABLE_ROWS_MAX * TABLE_COLUMNS_MAX {
        return Err(TableError::TooMuch);
    }
    for area in &areas {
        fill(&mut table, area);
    }
    Ok(table)
}

fn broken(error: &calamine::XlsxError) -> TableError {
    TableError::Workbook(error.to_string())
}

fn cells(book: &mut Book<'_>, name: &str) -> Result<Table, TableError> {
    let (mut table, mut bytes) = (Table::new(), 0_usize);
    let mut reader = book.worksheet_cells_reader(name).map_err(|error| broken(&error))?;
    while let Some(cell) = reader.next_cell().map_err(|error| broken(&error))? {
        let text = shown(cell.get_value());
        if text.trim().is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        let (row, column) = (place(row), place(column));
        if row >= TABLE_ROWS_MAX {
            return Err(TableError::TooManyRows);
        }
        if column >= TABLE_COLUMNS_MAX {
            return Err(TableError::TooManyColumns(row + 1));
        }
        // One text may be shared by all cells.
        bytes = bytes.saturating_add(text.len());
        if bytes > TABLE_TEXT_BYTES_MAX {
            return Err(TableError::TooMuch);
        }
        put(&mut table, row, column, text);
    }
    Ok(table)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn put(table: &mut Table, row: usize, column: usize, text: String) {
    if table.len() <= row {
        table.resize(row + 1, Vec::new());
    }
    let Some(cells) = table.get_mut(row) else { return };
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    if let Some(cell) = cells.get_mut(column) {
        *cell = text;
    }
}

/// What a cell shows, numbers in full.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(is_true) => if *is_true { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(time) => day(time),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn day(time: &ExcelDateTime) -> String {
    let (year, month, day, ..) = time.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

/// Merged cells, as far as the table has rows for them and may have columns.
struct Area {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Area {
    fn within(merged: &Dimensions, table: &Table) -> Self {
        let behind = |last: u32, most: usize| place(last).saturating_add(1).min(most);
        Self {
            rows: place(merged.start.0)..behind(merged.end.0, table.len()),
            columns: place(merged.start.1)..behind(merged.end.1, TABLE_COLUMNS_MAX),
        }
    }

    fn cells(&self) -> usize {
        self.rows.len().saturating_mul(self.columns.len())
    }
}

/// Gives the value of merged cells, which stands in the first, to all of them; rows that hold nothing
/// else stay blank.
fn fill(table: &mut Table, area: &Area) {
    let first = table.get(area.rows.start).and_then(|row| row.get(area.columns.start));
    let Some(first) = first.cloned().filter(|first| !first.is_empty()) else { return };
    for row in area.rows.clone() {
        if table.get(row).is_none_or(Vec::is_empty) {
            continue;
        }
        for column in area.columns.clone() {
            let is_blank =
                table.get(row).and_then(|cells| cells.get(column)).is_none_or(String::is_empty);
            if is_blank {
                put(table, row, column, first.clone());
            }
        }
    }
}
