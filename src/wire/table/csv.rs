//! CSV (RFC 4180) as Excel and WPS write it: with or without a byte order mark, in UTF-8 or GB18030,
//! separated by commas or tabs, any line ends.

use super::{TABLE_COLUMNS_MAX, TABLE_ROWS_MAX, Table, TableError};

/// Rows of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Table, TableError> {
    let text = decode(bytes)?;
    // WPS copies tables with tabs.
    let separator = if text.contains('\t') && !text.contains(',') { '\t' } else { ',' };
    split(&text, separator)
}

/// UTF-8, else GB18030; a byte order mark is taken away.
fn decode(bytes: &[u8]) -> Result<String, TableError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.trim_start_matches('\u{FEFF}').to_owned());
    }
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.ok_or(TableError::Encoding)?;
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

/// Where the reader stands in a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark within a quoted cell: its end, or half of a doubled one.
    Quote,
}

fn split(text: &str, separator: char) -> Result<Table, TableError> {
    let mut rows = Rows::default();
    let mut place = Place::Start;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        place = match (place, c) {
            (Place::Start, '"') => Place::Quoted,
            (Place::Quoted, '"') => Place::Quote,
            (Place::Quoted, c) => rows.push(c, Place::Quoted),
            (Place::Quote, '"') => rows.push('"', Place::Quoted),
            (_, c) if c == separator => {
                rows.end_cell()?;
                Place::Start
            }
            (_, '\r' | '\n') => {
                if c == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                rows.end_row()?;
                Place::Start
            }
            (Place::Start | Place::Plain, c) => rows.push(c, Place::Plain),
            // Text behind a closing mark: one that was meant as text, or the next row's in a cell
            // that was never closed. Either way rows could be lost.
            (Place::Quote, _) => return Err(TableError::Quote(rows.done.len() + 1)),
        };
    }
    if place == Place::Quoted {
        return Err(TableError::Quote(rows.done.len() + 1));
    }
    rows.finish()
}

/// Rows while they are read.
#[derive(Default)]
struct Rows {
    done: Table,
    row: Vec<String>,
    cell: String,
}

impl Rows {
    fn push(&mut self, c: char, place: Place) -> Place {
        self.cell.push(c);
        place
    }

    fn end_cell(&mut self) -> Result<(), TableError> {
        let cell = std::mem::take(&mut self.cell);
        if self.row.len() < TABLE_COLUMNS_MAX {
            self.row.push(cell);
        } else if !cell.trim().is_empty() {
            return Err(TableError::TooManyColumns(self.done.len() + 1));
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), TableError> {
        self.end_cell()?;
        let row = std::mem::take(&mut self.row);
        self.done.push(row);
        if self.done.len() > TABLE_ROWS_MAX { Err(TableError::TooManyRows) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<Table, TableError> {
        if !self.row.is_empty() || !self.cell.is_empty() {
            self.end_row()?;
        }
        Ok(self.done)
    }
}
