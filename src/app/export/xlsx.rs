//! A workbook, one worksheet a table, the case sheet first. Every cell is a text, so none is a formula.

use crate::app::exit::{Exit, Failure};
use crate::domain::report::{Document, SHEET_TITLE, Table};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// Characters that a cell of the format can hold; a longer text is cut and ends with an ellipsis.
const CELL_CHARS_MAX: usize = 32_767;

/// Rows of a worksheet of the format.
const ROWS_MAX: usize = 1_048_575;

/// Widest column, in characters.
const COLUMN_CHARS_MAX: usize = 40;

/// The workbook; it names no date of its own, so the same document gives the same bytes.
pub(super) fn write(document: &Document) -> Result<Vec<u8>, Exit> {
    if document.tables.iter().any(|table| table.rows.len() > ROWS_MAX) {
        return Err(Exit::new(Failure::Data, "a table has more rows than a worksheet: use csv"));
    }
    build(document).map_err(|error| Exit::new(Failure::Software, error))
}

fn build(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let properties = DocProperties::new().set_title(&document.title).set_creation_datetime(&made);
    workbook.set_properties(&properties);
    let (sheet, others): (Vec<&Table>, Vec<&Table>) =
        document.tables.iter().partition(|table| table.title == SHEET_TITLE);
    for table in sheet.into_iter().chain(others) {
        add(&mut workbook, table)?;
    }
    workbook.save_to_buffer()
}

fn add(workbook: &mut Workbook, table: &Table) -> Result<(), XlsxError> {
    let (bold, plain) = (Format::new().set_bold(), Format::new().set_text_wrap());
    let worksheet = workbook.add_worksheet();
    worksheet.set_name(table.title.as_str())?.set_freeze_panes(1, 0)?;
    let rows = std::iter::once((&table.header, &bold));
    for (row, (cells, format)) in (0..).zip(rows.chain(table.rows.iter().map(|row| (row, &plain))))
    {
        for (column, cell) in (0..).zip(cells) {
            worksheet.write_string_with_format(row, column, fitted(cell), format)?;
        }
    }
    for (column, at) in (0..).zip(0..table.header.len()) {
        worksheet.set_column_width(column, width(table, at))?;
    }
    Ok(())
}

/// As much of a text as a cell can hold.
fn fitted(cell: &str) -> String {
    if cell.chars().count() <= CELL_CHARS_MAX {
        return cell.to_owned();
    }
    cell.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

/// Twice as wide for an ideograph as for a digit.
fn width(table: &Table, column: usize) -> u32 {
    let rows = std::iter::once(&table.header).chain(&table.rows);
    let of = |cell: &String| cell.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let widest = rows.filter_map(|row| row.get(column)).map(of).max().unwrap_or(0);
    u32::try_from(widest.min(COLUMN_CHARS_MAX) + 2).unwrap_or(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_a_cell_cannot_hold_says_that_it_was_cut() {
        let whole = "字".repeat(CELL_CHARS_MAX);
        assert_eq!(fitted(&whole), whole);
        let cut = fitted(&(whole + "尾"));
        assert_eq!(cut.chars().count(), CELL_CHARS_MAX);
        assert!(cut.ends_with("字…"));
    }
}
