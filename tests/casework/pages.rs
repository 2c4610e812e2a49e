//! Pages of cases by the store: how far back is looked.

use crate::desk::*;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::call::{IntakeKind, StoreRequest};
use mayorline::domain::case::State;
use mayorline::store::{PAGE_ROWS_MAX, PageFilter, Reader, SCANNED_MAX, Store};
use std::path::Path;

/// A text that came then; rows are by the order in which they are stored.
fn text(store: &Store, key: &str, received_at: Timestamp) {
    let mut new = intake(key, IntakeKind::Text);
    new.received_at = received_at;
    assert!(ask(&store.handle(), noonish(), StoreRequest::Open(new), None).is_some());
}

/// Drafts that are older than all others and more than one page looks at; the last row.
fn old_rows(data: &Path) -> i64 {
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    let begin = "BEGIN; CREATE TEMP TABLE old AS SELECT * FROM case_file WHERE id = 1;
                 UPDATE old SET state = 'draft', number = NULL, accepted_at = NULL,
                     first_responsible = NULL";
    db.execute_batch(begin).unwrap();
    let last = i64::try_from(SCANNED_MAX).unwrap() + 9;
    for id in 2..=last {
        db.execute("UPDATE old SET id = ?1, intake_key = 'old' || ?1", [id]).unwrap();
        db.execute("INSERT INTO case_file SELECT * FROM old", []).unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
    last
}

#[test]
fn a_page_looks_no_further_back_than_the_first_case_of_its_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let day = noonish();
    text(&store, "first", day - 30.hours());
    let last = old_rows(folder.path());
    // The later one was stored first, and one that came the day before last of all.
    text(&store, "later", day + 2.hours());
    text(&store, "earlier", day);
    text(&store, "late", day - 24.hours());
    let reader = Reader::open(folder.path()).unwrap();
    let since = |from: Timestamp| {
        let from_ms = Some(from.as_millisecond());
        let page = reader.page(&PageFilter { from_ms, ..PageFilter::default() }, None).unwrap();
        (page.ids, page.looked_to)
    };
    assert_eq!(since(day), (vec![last + 2, last + 1], None), "no old row is looked at");
    assert_eq!(since(day - 25.hours()), (vec![last + 3, last + 2, last + 1], None));
    assert_eq!(since(day + 3.hours()), (vec![], None));
    let all = reader.page(&PageFilter::default(), None).unwrap();
    assert_eq!((all.ids.len(), all.looked_to), (PAGE_ROWS_MAX, Some(last + 4 - 100)));
    let none = PageFilter { state: Some(State::Archived), ..PageFilter::default() };
    let none = reader.page(&none, None).unwrap();
    assert_eq!((none.ids.len(), none.looked_to), (0, Some(last + 4 - 1_000)));
    assert_eq!(SCANNED_MAX, 1_000);
    store.close();
}
