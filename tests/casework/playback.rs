//! What the pages are shown of the past: recordings for those who may hear them, open callback tasks.

use crate::desk::*;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::call::{Entry, EntryKind, IntakeKind, RecordingKind, StoreRequest};
use mayorline::domain::desk::SeatRole;
use mayorline::domain::playback::{Hears, hears};
use mayorline::store::{
    CallAccount, CallStarted, Hearable, LegRecord, LegRole, NewAttempt, Reader, StoreHandle,
    recording_file,
};
use mayorline::units::{CallId, LegId, PartyId};
use std::path::Path;
use std::time::Duration;

/// A recorded call that a seat has answered, or was only rung in.
fn recorded(data: &Path, handle: &StoreHandle, serial: u32, when: Timestamp, seat: (&str, bool)) {
    let call: CallId = call_id(serial);
    assert!(handle.call_started(CallStarted { at: when, ..call_started(&call) }));
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call, RecordingKind::WholeCall, 1);
    let summary = write_tracks(data, &file, 3);
    let kind = EntryKind::Recording(RecordingKind::WholeCall, summary);
    let record = call_record(&call, vec![Entry { at: Duration::from_secs(30), kind }]);
    let leg = LegRecord {
        leg: LegId(2),
        party: PartyId(1),
        role: LegRole::Seat,
        label: seat.0.to_owned(),
        answered: seat.1.then_some(Duration::from_secs(2)),
        to: Duration::from_secs(40),
        ..LegRecord::default()
    };
    let (parties, tracks, legs) = (vec![], vec![], vec![citizen_leg(), leg]);
    assert!(handle.call_accounted(when, CallAccount { record, legs, parties, tracks }));
}

fn names(reader: &Reader, hears: &Hears) -> Vec<String> {
    reader.past_calls(hears).unwrap().into_iter().map(|call| call.call).collect()
}

#[test]
fn an_operator_finds_his_own_calls_of_a_day_and_a_supervisor_all_but_sealed_ones() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let now = noonish();
    for (serial, hours, seat) in [
        (1, 1, ("801", true)),
        (2, 2, ("802", true)),
        (3, 3, ("801", false)),
        (4, 25, ("801", true)),
        (5, 4, ("801", true)),
    ] {
        recorded(folder.path(), &handle, serial, now - hours.hours(), seat);
    }
    // Call 5 became a case that went to the discipline commission.
    let mut sealed = intake("s", IntakeKind::Text);
    sealed.call = Some(call_id(5));
    store_intake(&handle, sealed);
    store.close();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.execute("UPDATE case_file SET state = 'sealed' WHERE call = ?1", [call_id(5).as_str()])
        .unwrap();
    db.execute("UPDATE recording SET missing = 1 WHERE call = ?1", [call_id(2).as_str()]).unwrap();

    let reader = Reader::open(folder.path()).unwrap();
    let all = hears(SeatRole::Supervisor, &seat("901"), now).unwrap();
    let own = hears(SeatRole::Operator, &seat("801"), now).unwrap();
    let id = |serial| call_id(serial).to_string();
    assert_eq!(names(&reader, &own), [id(1)]);
    assert_eq!(names(&reader, &all), [id(1), id(3), id(4)], "the newest first");
    let shown = &reader.past_calls(&own).unwrap()[0];
    assert_eq!(shown.caller.as_deref(), Some("199****0017"), "masked");
    assert_eq!((shown.seats.len(), shown.recordings[0].duration_ms), (1, 1_000));

    let row = |serial| -> i64 {
        let sql = "SELECT id FROM recording WHERE call = ?1";
        db.query_row(sql, [id(serial)], |row| row.get(0)).unwrap()
    };
    let may = |serial, hears: &Hears| match reader.hearable(row(serial), hears).unwrap() {
        Hearable::File(file) => file.contains(&id(serial)),
        Hearable::NotAllowed | Hearable::Gone => false,
    };
    assert_eq!([1, 2, 3, 4, 5].map(|serial| may(serial, &own)), [true, false, false, false, false]);
    assert_eq!([1, 2, 3, 4, 5].map(|serial| may(serial, &all)), [true, false, true, true, false]);
    assert_eq!(reader.hearable(row(2), &all).unwrap(), Hearable::Gone, "the file is missing");
    assert_eq!(reader.hearable(row(2), &own).unwrap(), Hearable::NotAllowed);
    assert_eq!(reader.hearable(row(5), &all).unwrap(), Hearable::NotAllowed, "sealed");
    assert_eq!(reader.hearable(4_711, &all).unwrap(), Hearable::Gone);
}

#[test]
fn the_open_callback_tasks_are_counted_and_listed_masked_the_most_urgent_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    for n in 0..60_u32 {
        let mut missed = intake(&format!("m{n}"), IntakeKind::Abandoned);
        // A Monday morning, so that each is due half an hour later.
        missed.received_at = at("2026-11-23T10:00:00+08:00") + i64::from(n).minutes();
        missed.caller.number = Some(phone(n));
        let when = missed.received_at;
        assert!(ask(&handle, when, StoreRequest::Open(missed), None).is_some());
    }
    let view = |now| answered(|answer| handle.callbacks_view(now, answer)).unwrap();
    let first = view(noonish());
    assert_eq!((first.open, first.overdue, first.tasks.len()), (60, 0, 50));
    assert!(first.tasks.is_sorted_by_key(|task| task.due_at));
    let urgent = &first.tasks[0];
    assert_eq!(urgent.contact.as_deref(), Some("199****0000"));
    assert_eq!((urgent.reason.as_str(), urgent.attempts, &urgent.calling), ("missed", 0, &None));
    let attempt = NewAttempt { task: urgent.task, seat: seat("801"), call: call_id(1) };
    answered(|answer| handle.begin_attempt(noonish(), attempt, answer)).unwrap();
    let late = view(urgent.due_at + 1.second());
    assert_eq!((late.open, late.overdue, late.tasks[0].attempts), (60, 1, 1));
    assert_eq!(late.tasks[0].calling, Some(seat("801")));
    store.close();
}
