//! Every number of a report against the cases and calls behind it.

use crate::desk::*;
use crate::reports::{fill, make, period, shown};
use mayorline::domain::case::Role;
use mayorline::domain::report::{Behind, Cluster, Names};
use mayorline::store::{Administration, NewImprovement, QueueEntry, QueueKind, Reader};
use std::path::Path;

/// Ten cases, a call that got nobody, an opening balance and an improvement item.
fn filled(folder: &Path) {
    let store = open(folder);
    fill(&store);
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let entry = QueueEntry { call: Some(call.clone()), ..QueueEntry::new(QueueKind::Enter) };
    assert!(handle.queue_log(noonish(), entry));
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    store.close();
    let opened = at("2026-11-15T12:00:00+08:00");
    let mut store = Administration::open(folder, opened).unwrap();
    store.set_opening(opened, "text", 475, "wang").unwrap();
    store.set_opening(opened, "email", 2210, "wang").unwrap();
    let new = NewImprovement {
        cluster: Cluster::parse("domain:0501").unwrap(),
        title: "路灯改造".to_owned(),
        owner: "城市管理局".to_owned(),
        measure: "更换线路".to_owned(),
        due_on: jiff::civil::date(2026, 12, 31),
    };
    store.open_improvement(opened, &new, "wang").unwrap();
}

/// The numbers that a cell tells, with the name that what is behind them goes by.
fn told(column: &str, cell: &str) -> Vec<(String, usize)> {
    let number = |text: &str| text.parse::<usize>().unwrap();
    let whole = |text: &str| vec![(column.to_owned(), number(text))];
    match column {
        // Shares, goals and what people typed in.
        "比率" | "目标" | "期初" | "改进事项" | "针对的问题" | "责任人" | "措施" | "期限" =>
        {
            vec![]
        }
        _ if cell.is_empty() => vec![],
        "不计" => cell
            .split('，')
            .map(|part| part.rsplit_once(' ').unwrap())
            .map(|(why, count)| (why.to_owned(), number(count)))
            .collect(),
        "研判" => whole(cell.split(' ').nth(1).unwrap()),
        "整改后件数" => whole(cell.split('（').next().unwrap()),
        _ => whole(cell),
    }
}

fn behind<'a>(all: &'a [Behind], table: &str, row: &str, column: &str) -> Option<&'a Behind> {
    let mut found =
        all.iter().filter(|one| one.table == table && one.row == row && one.column == column);
    let first = found.next();
    assert!(found.next().is_none(), "{table} {row} {column} is there twice");
    first
}

#[test]
fn behind_every_number_of_a_report_stand_as_many_cases() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let units = [("unit.07", "城市管理局"), ("unit.08", "住房城乡建设局")];
    let names = Names::new(units.map(|(id, name)| (id.to_owned(), name.to_owned())).into());
    let mut compared = 0;
    for (id, ready) in [
        ("day-2026-11-22", "2026-11-23T08:00:00+08:00"),
        ("week-2026-W47", "2026-11-23T09:00:00+08:00"),
        ("month-2026-11", "2026-12-01T09:00:00+08:00"),
    ] {
        assert_eq!(make(folder.path(), ready, id), Some(1));
        let reader = Reader::open(folder.path()).unwrap();
        let all = reader.report_behind(&period(id), None, &names).unwrap();
        for one in &all {
            assert_eq!(one.count, one.cases.len() + one.calls.len(), "{one:?}");
        }
        let content = reader.report(&period(id), None).unwrap().content;
        for (row, count) in [
            ("本期受理", content.accepted),
            ("密件", content.sealed),
            ("要素缺失", content.defect_count),
        ] {
            assert_eq!(behind(&all, "", row, "").unwrap().count, count, "{id} {row}");
        }
        let document = shown(folder.path(), id, None, Role::Director);
        let counted = document.tables.iter().filter(|table| table.title.contains('、'));
        for table in counted {
            let cells = table.rows.iter().flat_map(move |row| {
                let key = row[..table.key_columns].join(" ");
                let opening = if table.title.starts_with('一') { row[2].as_str() } else { "0" };
                let opening: usize = opening.parse().unwrap();
                let cells = table.header.iter().zip(row).skip(table.key_columns);
                cells.map(move |(column, cell)| (key.clone(), opening, column, cell))
            });
            for (row, opening, column, cell) in cells {
                for (name, value) in told(column, cell) {
                    let typed = if column == "累计" { opening } else { 0 };
                    let found = behind(&all, &table.title, &row, &name);
                    let count = found.map_or(0, |one| one.count);
                    assert_eq!(count + typed, value, "{id} {} {row} {name}", table.title);
                    // A channel with nothing but its balance has no case; everything else is named.
                    assert!(found.is_some() || value == typed, "{id} {row} {name}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 200, "only {compared} numbers were compared");
}
