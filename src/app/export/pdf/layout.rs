//! Where each line of a report stands on paper: headlines, tables whose columns share the width, rows
//! that are wrapped and never broken over two pages unless one is longer than a page.

use super::rows;
use crate::app::export::NOTHING;
use crate::domain::report::{Document, Table};

/// A4 across, in points of 1/72 inch.
pub(super) const PAGE_WIDTH: f32 = 841.89;
/// Its height.
pub(super) const PAGE_HEIGHT: f32 = 595.28;
/// Free on every side.
pub(super) const MARGIN: f32 = 36.0;

const TITLE_SIZE: f32 = 16.0;
const HEAD_SIZE: f32 = 11.0;
const TEXT_SIZE: f32 = 8.0;
/// From line to line, as a multiple of the size.
const LEADING: f32 = 1.35;
/// Between two columns.
const GAP: f32 = 6.0;
/// The narrowest column, in ems.
const COLUMN_EMS_MIN: f32 = 3.0;

/// What is put somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Laid {
    /// A line of text on its base line.
    Text { text: String, size: f32 },
    /// A thin line to the right margin.
    Rule,
}

/// Something with its place, from the upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) what: Laid,
}

/// Pages being filled.
struct Paper {
    pages: Vec<Vec<Piece>>,
    /// The next line begins here.
    y: f32,
}

/// The pages of a report, each with its number at the foot.
pub(super) fn pages(report: &Document) -> Vec<Vec<Piece>> {
    let mut paper = Paper { pages: vec![vec![]], y: MARGIN };
    let width = PAGE_WIDTH - 2.0 * MARGIN;
    for line in wrapped(&report.title, width, TITLE_SIZE) {
        paper.line(line, TITLE_SIZE);
    }
    for text in &report.lines {
        for line in wrapped(text, width, TEXT_SIZE) {
            paper.line(line, TEXT_SIZE);
        }
    }
    for table in &report.tables {
        paper.table(table, width);
    }
    paper.foot(&report.title)
}

impl Paper {
    fn put(&mut self, x: f32, y: f32, what: Laid) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Piece { x, y, what });
        }
    }

    /// Room for so much, on this page or the next; `true`: on a new one.
    fn need(&mut self, height: f32) -> bool {
        let full = self.y + height > PAGE_HEIGHT - MARGIN - TEXT_SIZE * LEADING;
        let is_new = full && self.y > MARGIN;
        if is_new {
            self.pages.push(vec![]);
            self.y = MARGIN;
        }
        is_new
    }

    fn line(&mut self, text: String, size: f32) {
        self.need(size * LEADING);
        self.put(MARGIN, self.y + size, Laid::Text { text, size });
        self.y += size * LEADING;
    }

    fn table(&mut self, table: &Table, width: f32) {
        let widths = widths(table, width);
        // A headline alone at the foot of a page belongs to the next.
        self.y += HEAD_SIZE;
        self.need(HEAD_SIZE * LEADING + 3.0 * TEXT_SIZE * LEADING);
        self.line(table.title.clone(), HEAD_SIZE);
        self.row(&table.header, &widths);
        for row in &table.rows {
            if self.need(height(row, &widths)) {
                self.row(&table.header, &widths);
            }
            self.row(row, &widths);
        }
        if table.rows.is_empty() {
            self.line(NOTHING.to_owned(), TEXT_SIZE);
        }
    }

    fn row(&mut self, row: &[String], widths: &[f32]) {
        let cells: Vec<Vec<String>> = cells(row, widths);
        let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
        self.put(MARGIN, self.y, Laid::Rule);
        for number in 0..lines {
            if self.need(TEXT_SIZE * LEADING) {
                self.put(MARGIN, self.y, Laid::Rule);
            }
            let mut x = MARGIN;
            for (cell, width) in cells.iter().zip(widths) {
                if let Some(text) = cell.get(number).filter(|text| !text.is_empty()) {
                    let (text, size) = (text.clone(), TEXT_SIZE);
                    self.put(x, self.y + TEXT_SIZE * 1.1, Laid::Text { text, size });
                }
                x += width + GAP;
            }
            self.y += TEXT_SIZE * LEADING;
        }
        self.y += 1.0;
    }

    fn foot(mut self, title: &str) -> Vec<Vec<Piece>> {
        let count = self.pages.len();
        for (number, page) in (1..).zip(&mut self.pages) {
            let text = format!("{title}　第 {number} 页，共 {count} 页");
            let y = PAGE_HEIGHT - MARGIN + TEXT_SIZE;
            page.push(Piece { x: MARGIN, y, what: Laid::Text { text, size: 7.0 } });
        }
        self.pages
    }
}

fn cells(row: &[String], widths: &[f32]) -> Vec<Vec<String>> {
    row.iter().zip(widths).map(|(cell, width)| wrapped(cell, *width, TEXT_SIZE)).collect()
}

fn height(row: &[String], widths: &[f32]) -> f32 {
    let lines = cells(row, widths).iter().map(Vec::len).max().unwrap_or(1);
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * TEXT_SIZE * LEADING + 1.0
}

/// Each column as wide as its longest cell, or all that are wider than a common bound as that bound.
fn widths(table: &Table, width: f32) -> Vec<f32> {
    let columns = table.header.len();
    let natural = |column: usize| {
        let cells = rows(table).filter_map(|row| row.get(column));
        let widest = cells.map(|cell| extent(cell, TEXT_SIZE)).fold(0.0, f32::max);
        widest.max(COLUMN_EMS_MIN * TEXT_SIZE) + 1.0
    };
    let natural: Vec<f32> = (0..columns).map(natural).collect();
    let gaps = f32::from(u16::try_from(columns.saturating_sub(1)).unwrap_or(0)) * GAP;
    let room = width - gaps;
    let (mut low, mut high) = (0.0, room);
    // Twenty halvings of a page are less than a thousandth of a point.
    for _ in 0..20 {
        let bound = (low + high) / 2.0;
        let sum: f32 = natural.iter().map(|one| one.min(bound)).sum();
        if sum > room { high = bound } else { low = bound }
    }
    natural.into_iter().map(|one| one.min(low)).collect()
}

/// A text in lines of this width; a line end in it is kept.
fn wrapped(text: &str, width: f32, size: f32) -> Vec<String> {
    let mut lines = vec![];
    for part in text.split(['\n', '\r']).filter(|part| !part.is_empty()) {
        let (mut line, mut used) = (String::new(), 0.0);
        for c in part.chars() {
            let wide = em(c) * size;
            if used + wide > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += wide;
        }
        lines.push(line);
    }
    lines
}

fn extent(text: &str, size: f32) -> f32 {
    text.chars().map(em).sum::<f32>() * size
}

/// How wide a character is at most, in ems: an ideograph is square.
fn em(c: char) -> f32 {
    match c {
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' => 0.95,
        'A'..='Z' | '&' => 0.75,
        'i' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 0.35,
        c if c.is_ascii() => 0.62,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, cell: &str) -> Document {
        let row = || vec!["26112200019".to_owned(), cell.to_owned()];
        let header = vec!["编号".to_owned(), "处理结果".to_owned()];
        let rows = (0..rows).map(|_| row()).collect();
        let table = Table { title: "事项清单".to_owned(), header, rows, key_columns: 1 };
        Document { title: "日汇总".to_owned(), lines: vec![], tables: vec![table] }
    }

    fn texts(page: &[Piece]) -> Vec<&str> {
        let text = |piece| match piece {
            &Piece { what: Laid::Text { ref text, .. }, .. } => Some(text.as_str()),
            _ => None,
        };
        page.iter().filter_map(text).collect()
    }

    #[test]
    fn an_empty_table_says_that_there_is_nothing() {
        let pages = pages(&table(0, ""));
        assert!(texts(&pages[0]).contains(&"无"));
    }

    #[test]
    fn nothing_leaves_the_paper_and_every_page_has_the_header() {
        let pages = pages(&table(200, &"路灯已修复。".repeat(40)));
        assert!(pages.len() > 10);
        for page in &pages {
            assert!(texts(page).contains(&"编号"));
            for piece in page {
                assert!(piece.y > 0.0 && piece.y < PAGE_HEIGHT, "{piece:?}");
                if let Laid::Text { text, size } = &piece.what {
                    assert!(piece.x + extent(text, *size) <= PAGE_WIDTH, "{piece:?}");
                }
            }
        }
        let all: String = pages.iter().flat_map(|page| texts(page)).collect();
        assert_eq!(all.matches("26112200019").count(), 200);
        assert_eq!(all.matches("路灯").count(), 200 * 40);
    }
}
