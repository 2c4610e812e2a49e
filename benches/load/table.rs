//! One table: what was measured, the machine's own limit in the same run, the bar, the peers.

use std::fmt::Write;

/// A row of words.
pub(crate) struct Row {
    /// What.
    pub(crate) measure: String,
    /// The figure of this run.
    pub(crate) value: String,
    /// What the machine itself can do, measured in this run.
    pub(crate) limit: String,
    /// What is to be reached.
    pub(crate) bar: &'static str,
    /// The best peers, by the same method on such a machine.
    pub(crate) peers: &'static str,
}

impl Row {
    fn cells(&self) -> [&str; 5] {
        [&self.measure, &self.value, self.bar, &self.limit, self.peers]
    }
}

/// The rows below each other, as Markdown.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let head = ["measure", "this run", "bar", "the machine's own limit", "peers"];
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row.cells()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: [&str; 5]| {
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
    };
    line(head);
    let rule = widths.map(|width| "-".repeat(width));
    line(std::array::from_fn(|n| rule[n].as_str()));
    rows.iter().for_each(|row| line(row.cells()));
    text
}
