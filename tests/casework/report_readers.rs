//! Who is shown what of a report: by the matrix, and not what came under seal, nor cases from which a
//! person is recused or whose unit is accused, whenever that was.

use crate::desk::*;
use crate::reports::*;
use mayorline::domain::case::{CaseEvent, DispositionReason, DueDate, Record, Role};
use mayorline::domain::desk::Disposition;
use mayorline::domain::report::{Document, Rights, SEALED};
use mayorline::store::{Reader, StoreHandle};
use mayorline::units::CaseNumber;
use std::path::Path;

const DAY: &str = "day-2026-11-22";
const READY: &str = "2026-11-23T08:00:00+08:00";
const LATER: &str = "2026-11-23T10:00:00+08:00";
const RECOUNTED: &str = "发布后有事项转为密件，数字按现状重新计算";

fn titles(document: &Document) -> Vec<&str> {
    document.tables.iter().map(|table| table.title.as_str()).collect()
}

/// The rows of a table, by their first cell.
fn first_cells<'a>(document: &'a Document, title: &str) -> Vec<&'a str> {
    let table = document.tables.iter().find(|table| table.title == title);
    table.map_or(vec![], |table| table.rows.iter().map(|row| row[0].as_str()).collect())
}

pub(crate) fn assigned(unit: &str) -> CaseEvent {
    let (on, at) = (jiff::civil::date(2026, 11, 27), at("2026-11-27T23:59:59+08:00"));
    let due = DueDate { on, at, provisional: false, explained: vec![] };
    CaseEvent::Assigned { unit: unit.to_owned(), due }
}

fn disposed(reason: Option<DispositionReason>) -> CaseEvent {
    let (disposition, code, by) = (Disposition::Assigned, None, "c1".to_owned());
    Record::DispositionChosen { disposition, code, reason, by }.into()
}

/// Given to a unit and closed without a handler, an answer or a word of the citizen.
fn closed_by(handle: &StoreHandle, number: CaseNumber, unit: &str) {
    let when = "2026-11-23T07:00:00+08:00";
    let events = vec![
        disposed(None),
        assigned(unit),
        CaseEvent::HandlingStarted,
        CaseEvent::FedBack,
        CaseEvent::CallbackDue { answered_directly: false },
        closed_at(when),
    ];
    record_at(handle, when, number, events);
}

/// The ten cases and one of unit.07; this and the last of the ten, of unit.08, lack elements.
fn with_units(folder: &Path) -> (CaseNumber, CaseNumber) {
    let store = open(folder);
    let numbers = fill(&store);
    let (handle, when) = (store.handle(), "2026-11-22T12:00:00+08:00");
    let own = case_at(&handle, "own", when, 40);
    record_at(&handle, when, own, vec![classified("050100")]);
    closed_by(&handle, own, "unit.07");
    closed_by(&handle, numbers[9], "unit.08");
    store.close();
    assert_eq!(make(folder, READY, DAY), Some(1));
    (own, numbers[9])
}

#[test]
fn a_reader_gets_what_the_matrix_gives_him() {
    let folder = tempfile::tempdir().unwrap();
    let (own, foreign) = with_units(folder.path());
    narrate(folder.path(), LATER, "供水诉求集中。").unwrap();
    assert_eq!(make(folder.path(), "2026-11-23T11:00:00+08:00", DAY), Some(2));
    let (own, foreign) = (own.to_string(), foreign.to_string());
    let director = shown(folder.path(), DAY, None, Role::Director);
    let defects = first_cells(&director, "要素缺失");
    assert!(defects.contains(&&*own) && defects.contains(&&*foreign), "{defects:?}");
    let whole = golden(&director);
    for told in ["办复率", "住房城乡建设局", "综述", "本期受理 4 件", "要素缺失 2 件"]
    {
        assert!(whole.contains(told), "{told}: {whole}");
    }
    for role in [Role::Liaison, Role::Operator, Role::UnitContact, Role::UnitLeader] {
        let told = shown(folder.path(), DAY, None, role);
        let text = golden(&told);
        let hidden = [&foreign, "办复率", "住房城乡建设局", "unit.08", "供水", "停水", "北宿镇"];
        for hidden in hidden.into_iter().chain(["要素缺失 2 件", "受理概况"]) {
            assert!(!text.contains(hidden), "{role:?}, {hidden}: {text}");
        }
        assert!(text.contains("链首"), "{role:?}");
    }
    let liaison = shown(folder.path(), DAY, None, Role::Liaison);
    assert_eq!(titles(&liaison), ["链首"]);
    assert_eq!(liaison.lines[1], "本期受理 4 件，其中密件 0 件");
    let unit = shown(folder.path(), DAY, None, Role::UnitContact);
    assert_eq!(titles(&unit), ["要素缺失", "事项清单", "链首"]);
    assert_eq!(unit.lines[1], "本期事项 1 件");
    for title in ["要素缺失", "事项清单"] {
        assert_eq!(first_cells(&unit, title), [own.as_str()], "{title}");
    }
    assert!(golden(&unit).contains("城市管理局"));
    let operator = shown(folder.path(), DAY, None, Role::Operator);
    assert_eq!(operator.lines[1], "本期事项 0 件");
}

#[test]
fn a_recusal_or_an_accusation_after_the_issue_takes_the_row_away() {
    let folder = tempfile::tempdir().unwrap();
    let (own, foreign) = with_units(folder.path());
    let number = own.to_string();
    let to = |person: &str, role| {
        let rights = Rights::of(role, person, Some("unit.07")).unwrap();
        golden(&shown_to(folder.path(), DAY, Some(1), &rights))
    };
    let record = |record: Record| {
        let store = open(folder.path());
        record_at(&store.handle(), LATER, own, vec![record.into()]);
        store.close();
    };
    assert!(to("li", Role::Clerk).contains(&number));
    assert!(to("wang", Role::UnitContact).contains(&number));
    let (person, by) = ("li".to_owned(), "chen".to_owned());
    record(Record::PersonRecused { person: person.clone(), by: by.clone() });
    let recused = to("li", Role::Clerk);
    assert!(!recused.contains(&number), "{recused}");
    assert!(recused.contains(&foreign.to_string()) && recused.contains("要素缺失 2 件"));
    assert!(to("zhao", Role::Clerk).contains(&number), "nobody else is");
    assert!(!to("li", Role::Auditor).contains(&number), "in any role");
    record(Record::PersonReadmitted { person, by: by.clone() });
    assert!(to("li", Role::Clerk).contains(&number));
    record(Record::AccusedNamed { unit: "unit.07".to_owned(), by });
    let accused = to("wang", Role::UnitContact);
    assert!(!accused.contains(&number), "{accused}");
    assert!(to("li", Role::Clerk).contains(&number));
    let reader = Reader::open(folder.path()).unwrap();
    assert!(!reader.report(&period(DAY), Some(1)).unwrap().recounted, "the counts stay");
}

fn propose_seal(handle: &StoreHandle, time: &str, number: CaseNumber) {
    let proposed = Record::SealProposed { by: "li".to_owned(), at: at(time) };
    record_at(handle, time, number, vec![proposed.into()]);
}

#[test]
fn a_seal_reaches_back_into_every_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let numbers = fill(&store);
    let (handle, sealed) = (store.handle(), numbers[9]);
    record_at(&handle, "2026-11-23T07:00:00+08:00", sealed, vec![assigned("unit.07")]);
    store.close();
    assert_eq!(make(folder.path(), READY, DAY), Some(1));
    let store = open(folder.path());
    let wrong = disposed(Some(DispositionReason::Misjudged));
    record_at(&store.handle(), "2026-11-23T09:00:00+08:00", numbers[8], vec![wrong]);
    store.close();
    assert_eq!(make(folder.path(), "2026-11-23T09:30:00+08:00", DAY), Some(2));
    let number = sealed.to_string();
    let told = |version, role| golden(&shown(folder.path(), DAY, Some(version), role));
    for version in [1, 2] {
        let before = told(version, Role::Director);
        assert!(before.contains("19900000009") && before.contains("物业"), "{before}");
        assert!(before.contains("镇街|太平镇|2|"), "{before}");
        assert!(told(version, Role::UnitContact).contains(&number));
    }
    let store = open(folder.path());
    propose_seal(&store.handle(), LATER, sealed);
    store.close();
    for version in [1, 2] {
        let reader = Reader::open(folder.path()).unwrap();
        assert!(reader.report(&period(DAY), Some(version)).unwrap().recounted);
        for role in [Role::Director, Role::CityLeader, Role::Clerk, Role::Auditor] {
            let document = shown(folder.path(), DAY, Some(version), role);
            let text = golden(&document);
            for hidden in ["19900000009", "物业", "130200", "城市管理局", "unit.07", "23:59"]
            {
                assert!(!text.contains(hidden), "{role:?}, {hidden}: {text}");
            }
            assert!(text.contains("其中密件 1 件") && text.contains(RECOUNTED), "{text}");
            assert!(text.contains("镇街|太平镇|1|"), "{text}");
            assert_eq!(text.matches(&number).count(), 1, "{role:?}: {text}");
            let sheet = document.tables.iter().find(|table| table.title == "事项清单").unwrap();
            let row = sheet.rows.iter().find(|row| row[0] == number).unwrap();
            assert!(row[1..].iter().all(|cell| cell == SEALED) && row.len() == 11, "{row:?}");
        }
        let unit = told(version, Role::UnitContact);
        assert!(!unit.contains(&number) && !unit.contains("密件"), "{unit}");
        assert!(!told(version, Role::Liaison).contains(&number));
    }
    // What is stored never had the words.
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let stored = "SELECT group_concat(content) FROM report";
    let stored: String = db.query_row(stored, [], |row| row.get(0)).unwrap();
    for hidden in ["1990000", "路灯不亮", "某村"] {
        assert!(!stored.contains(hidden), "{stored}");
    }
}

#[test]
fn a_seal_that_was_refused_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let numbers = fill(&store);
    propose_seal(&store.handle(), "2026-11-23T07:00:00+08:00", numbers[7]);
    store.close();
    assert_eq!(make(folder.path(), READY, DAY), Some(1));
    let refused = Record::SealRefused { by: "chen".to_owned() };
    let store = open(folder.path());
    record_at(&store.handle(), "2026-11-23T09:00:00+08:00", numbers[7], vec![refused.into()]);
    store.close();
    let read = || Reader::open(folder.path()).unwrap().report(&period(DAY), Some(1)).unwrap();
    // The issue stands as it is; another seal than that one is no excuse for it.
    let issued = read();
    assert!(!issued.recounted && issued.content.sealed == 1);
    assert!(!golden(&shown(folder.path(), DAY, Some(1), Role::Director)).contains(RECOUNTED));
    let store = open(folder.path());
    propose_seal(&store.handle(), LATER, numbers[9]);
    store.close();
    // The first was under seal at that time, the second is now.
    let text = golden(&shown(folder.path(), DAY, Some(1), Role::Director));
    assert!(text.contains(RECOUNTED) && text.contains("其中密件 2 件"), "{text}");
    for hidden in ["物业", "19900000009", "19900000007"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    // Whatever becomes of the chain, the heads are those that were issued.
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                    WHERE type = 'trigger'";
    let drop: String = db.query_row(triggers, [], |row| row.get(0)).unwrap();
    db.execute_batch(&drop).unwrap();
    let cut = "UPDATE event SET hash = zeroblob(32) WHERE seq = ?1";
    assert_eq!(db.execute(cut, [issued.content.anchors.events.seq]).unwrap(), 1);
    let recounted = read();
    assert!(recounted.recounted);
    assert_eq!(recounted.content.anchors, issued.content.anchors);
}
