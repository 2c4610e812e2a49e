//! A report as a file: CSV for the case sheet, XLSX, printable HTML and PDF for the whole.

mod csv;
mod html;
mod pdf;
mod xlsx;

use super::config::ReportKeys;
use super::exit::{Exit, Failure};
use crate::domain::report::{Document, SHEET_TITLE, Table};
use clap::ValueEnum;

/// Below the header of a table without rows.
const NOTHING: &str = "无";

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The tables, for programs.
    Json,
    /// The case sheet, UTF-8 with a byte order mark.
    Csv,
    /// The case sheet in GB18030.
    CsvGb18030,
    /// One worksheet a table.
    Xlsx,
    /// A4 across, with the font of `report.font`.
    Pdf,
    /// A page to be printed.
    Html,
}

impl Format {
    /// Its name on the command line and in the audit.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::CsvGb18030 => "csv-gb18030",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
            Self::Html => "html",
        }
    }

    /// It is no text.
    pub(super) fn is_binary(self) -> bool {
        matches!(self, Self::CsvGb18030 | Self::Xlsx | Self::Pdf)
    }

    /// The document in this format; the same document gives the same bytes.
    pub(super) fn write(self, document: &Document, keys: &ReportKeys) -> Result<Vec<u8>, Exit> {
        match self {
            Self::Json => {
                let text = serde_json::to_string_pretty(document);
                Ok((text.map_err(|e| Exit::new(Failure::Software, e))? + "\n").into_bytes())
            }
            Self::Csv => Ok(csv::with_mark(sheet(document)?)),
            Self::CsvGb18030 => Ok(csv::gb18030(sheet(document)?)),
            Self::Xlsx => xlsx::write(document),
            Self::Pdf => pdf::write(document, keys),
            Self::Html => Ok(html::write(document).into_bytes()),
        }
    }
}

/// The case sheet, which a recipient of counts does not get.
fn sheet(document: &Document) -> Result<&Table, Exit> {
    let sheet = document.tables.iter().find(|table| table.title == SHEET_TITLE);
    sheet.ok_or_else(|| Exit::new(Failure::Usage, "this role gets no case sheet"))
}
