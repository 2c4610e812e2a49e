//! What differs between two issues of a report (domain.md C1).

use super::document::{Document, Table};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// One cell that says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The table.
    pub table: String,
    /// The row.
    pub row: String,
    /// The column; empty where the whole row came or went.
    pub column: String,
    /// What it said; empty where the row is new.
    pub before: String,
    /// What it says; empty where the row is gone.
    pub after: String,
}

/// The differences, table by table in the order of the newer issue.
#[must_use]
pub fn difference(before: &Document, after: &Document) -> Vec<Change> {
    let empty = |table: &Table| Table { rows: vec![], ..table.clone() };
    let titles: BTreeSet<&str> = after.tables.iter().map(|table| table.title.as_str()).collect();
    let gone = before.tables.iter().filter(|table| !titles.contains(table.title.as_str()));
    let kept = after.tables.iter().flat_map(|new| {
        let old = before.tables.iter().find(|old| old.title == new.title);
        old.map_or_else(|| of_table(&empty(new), new), |old| of_table(old, new))
    });
    kept.chain(gone.flat_map(|old| of_table(old, &empty(old)))).collect()
}

fn of_table(before: &Table, after: &Table) -> Vec<Change> {
    let keys = after.key_columns;
    let (old_rows, new_rows) = (by_key(before, keys), by_key(after, keys));
    let mut changes = vec![];
    for new in &after.rows {
        match old_rows.get(key(new, keys)) {
            Some(old) => changes.extend(of_row(after, old, new)),
            None => changes.push(whole(after, new, true)),
        }
    }
    let left = before.rows.iter().filter(|old| !new_rows.contains_key(key(old, keys)));
    changes.extend(left.map(|old| whole(after, old, false)));
    changes
}

fn by_key(table: &Table, keys: usize) -> HashMap<&[String], &Vec<String>> {
    table.rows.iter().map(|row| (key(row, keys), row)).collect()
}

fn key(row: &[String], keys: usize) -> &[String] {
    row.get(..keys).unwrap_or(row)
}

fn of_row(table: &Table, old: &[String], row: &[String]) -> Vec<Change> {
    let cells = table.header.iter().zip(old.iter().zip(row));
    let changed = cells.filter(|(_, (old, new))| old != new);
    let change = |(column, (old, new)): (&String, (&String, &String))| Change {
        column: column.clone(),
        before: old.clone(),
        after: new.clone(),
        ..named(table, row)
    };
    changed.map(change).collect()
}

/// A row that came, or went.
fn whole(table: &Table, row: &[String], came: bool) -> Change {
    let text = row.iter().skip(table.key_columns).cloned().collect::<Vec<_>>().join("｜");
    let (before, after) = if came { (String::new(), text) } else { (text, String::new()) };
    Change { before, after, ..named(table, row) }
}

/// Nothing yet of a row.
fn named(table: &Table, row: &[String]) -> Change {
    let name = row.iter().take(table.key_columns).cloned().collect::<Vec<_>>().join(" ");
    let [column, before, after] = [const { String::new() }; 3];
    Change { table: table.title.clone(), row: name, column, before, after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(rows: &[[&str; 3]]) -> Document {
        let rows = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        let header = ["渠道", "本期", "累计"].map(str::to_owned).to_vec();
        let table = Table { title: "受理".to_owned(), header, rows, key_columns: 1 };
        Document { title: String::new(), lines: vec![], tables: vec![table] }
    }

    #[test]
    fn cells_that_changed_and_rows_that_came_or_went_are_listed() {
        let before = document(&[["电话", "3", "9"], ["短信", "1", "1"]]);
        let after = document(&[["电话", "4", "9"], ["邮件", "1", "2"]]);
        let shown: Vec<_> = difference(&before, &after)
            .into_iter()
            .map(|one| [one.row, one.column, one.before, one.after])
            .collect();
        let expected =
            [["电话", "本期", "3", "4"], ["邮件", "", "", "1｜2"], ["短信", "", "1｜1", ""]];
        assert_eq!(shown, expected.map(|row| row.map(str::to_owned)));
        assert_eq!(difference(&after, &after), []);
    }
}
