//! Tables as offices send them: CSV in UTF-8 or GB18030, and XLSX. Rows of cells as text, blank rows
//! included, so that row numbers are those that the table program shows.

mod csv;
mod xlsx;

/// Largest file.
pub const TABLE_BYTES_MAX: usize = 8 << 20;
/// Most rows, blank ones included.
pub const TABLE_ROWS_MAX: usize = 20_000;
/// Most columns.
pub const TABLE_COLUMNS_MAX: usize = 64;
/// Most text of all cells of a workbook together, in bytes: its parts are packed.
pub const TABLE_TEXT_BYTES_MAX: usize = 32 << 20;

/// How an XLSX file, which is a ZIP archive, begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How a file of Excel 97 to 2003 begins.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0";

/// Rows of cells.
pub type Table = Vec<Vec<String>>;

/// A file that is no table, in a sentence for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It is larger than [`TABLE_BYTES_MAX`].
    #[error("文件超过{max}MB，请分成几个文件", max = TABLE_BYTES_MAX >> 20)]
    TooLarge,
    /// It has more rows than [`TABLE_ROWS_MAX`].
    #[error("超过{max}行，请分成几个文件", max = TABLE_ROWS_MAX)]
    TooManyRows,
    /// Something stands right of column [`TABLE_COLUMNS_MAX`].
    #[error("第{0}行超过{max}列", max = TABLE_COLUMNS_MAX)]
    TooManyColumns(usize),
    /// More than [`TABLE_TEXT_BYTES_MAX`] in its cells, or more merged cells than a table has.
    #[error("表格内容过多，请分成几个文件")]
    TooMuch,
    /// It is a file of Excel 97 to 2003.
    #[error("这是旧版Excel（.xls）文件，请另存为.xlsx或CSV")]
    OldExcel,
    /// Neither UTF-8 nor GB18030.
    #[error("文字编码既不是UTF-8也不是GB18030，请另存为.xlsx或UTF-8编码的CSV")]
    Encoding,
    /// A quotation mark is never closed; the row that it stands in.
    #[error("第{0}行的双引号没有成对")]
    Quote(usize),
    /// The archive or its parts cannot be read; what the reader says.
    #[error("不是完好的.xlsx文件（{0}）")]
    Workbook(String),
    /// It has no sheet, or nothing in the first.
    #[error("文件中没有数据")]
    Empty,
}

/// Reads a table; of a workbook its first sheet.
///
/// ```
/// let rows = mayorline::wire::table::read("镇街,电话\r\n北宿镇,\"0537,1\"\r\n".as_bytes())?;
/// assert_eq!(rows, [["镇街", "电话"], ["北宿镇", "0537,1"]]);
/// # Ok::<(), mayorline::wire::table::TableError>(())
/// ```
///
/// # Errors
/// What is wrong with the file; nothing of its content is told.
pub fn read(bytes: &[u8]) -> Result<Table, TableError> {
    if bytes.len() > TABLE_BYTES_MAX {
        return Err(TableError::TooLarge);
    }
    if bytes.starts_with(COMPOUND) {
        return Err(TableError::OldExcel);
    }
    let table = if bytes.starts_with(ZIP) { xlsx::read(bytes)? } else { csv::read(bytes)? };
    let is_empty = table.iter().flatten().all(|cell| cell.trim().is_empty());
    if is_empty { Err(TableError::Empty) } else { Ok(table) }
}

#[cfg(test)]
mod tests;
