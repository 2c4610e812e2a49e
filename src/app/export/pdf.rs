//! The report on A4 paper across, with a font of the city's machine: the glyphs that are used are
//! taken into the file, so it prints alike everywhere and its text can be searched.

mod layout;

use crate::app::config::ReportKeys;
use crate::app::exit::{Exit, Failure};
use crate::domain::report::{Document as Report, Table};
use krilla::Document;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Stroke;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use layout::{Laid, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Piece};

/// The report as a file.
pub(super) fn write(report: &Report, keys: &ReportKeys) -> Result<Vec<u8>, Exit> {
    let font = font(keys)?;
    let pages = layout::pages(report);
    let mut file = Document::new();
    let language = "zh-CN".to_owned();
    file.set_metadata(Metadata::new().title(report.title.clone()).language(language));
    let software = |error: &dyn std::fmt::Debug| {
        Exit::new(Failure::Software, format!("the PDF cannot be made: {error:?}"))
    };
    for page in &pages {
        let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT);
        let mut sheet = file.start_page_with(size.ok_or_else(|| software(&"page size"))?);
        let mut surface = sheet.surface();
        for piece in page {
            draw(&mut surface, &font, piece);
        }
        surface.finish();
        sheet.finish();
    }
    file.finish().map_err(|error| software(&error))
}

/// The font of the configuration; what to do when it is not there.
fn font(keys: &ReportKeys) -> Result<Font, Exit> {
    let path = keys.font.display();
    let bytes = std::fs::read(&keys.font).map_err(|error| {
        let advice = "install the Debian package fonts-noto-cjk (or fonts-wqy-microhei) and set \
                      report.font and report.font_index";
        Exit::new(Failure::Config, format!("report.font: {path}: {error}; {advice}"))
    })?;
    let font = Font::new(bytes.into(), keys.font_index);
    let index = keys.font_index;
    font.ok_or_else(|| {
        let fault = format!("report.font: {path}: no font number {index} (report.font_index)");
        Exit::new(Failure::Config, fault)
    })
}

fn draw(surface: &mut Surface<'_>, font: &Font, piece: &Piece) {
    match &piece.what {
        Laid::Text { text, size } => {
            let at = Point::from_xy(piece.x, piece.y);
            surface.set_stroke(None);
            surface.draw_text(at, font.clone(), *size, text, false, TextDirection::Auto);
        }
        Laid::Rule => {
            let mut path = PathBuilder::new();
            path.move_to(piece.x, piece.y);
            path.line_to(PAGE_WIDTH - MARGIN, piece.y);
            let Some(path) = path.finish() else { return };
            surface.set_stroke(Some(Stroke { width: 0.3, ..Stroke::default() }));
            surface.draw_path(&path);
        }
    }
}

/// The columns of a table as text, header first.
fn rows(table: &Table) -> impl Iterator<Item = &Vec<String>> {
    std::iter::once(&table.header).chain(&table.rows)
}
