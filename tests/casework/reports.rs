//! Reports in the store: golden content, catch-up, versions after a correction, anchors, and exports that
//! need two persons.

use crate::desk::*;
use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, StoreReply, StoreRequest};
use mayorline::domain::case::{
    CaseEvent, DispositionReason, Grade, Nature, Note, Record, Role, Urgency,
};
use mayorline::domain::desk::Disposition;
use mayorline::domain::report::{
    Cluster, Document, Issue, Names, Outcome, OutcomePeriod, OutcomeUnit, Period, Rights,
    difference, document,
};
use mayorline::store::{
    Administration, Issued, NewExport, NewImprovement, Reader, Store, StoreError, StoreHandle,
    verify, verify_anchored,
};
use mayorline::units::CaseNumber;
use std::path::Path;

pub(crate) fn period(id: &str) -> Period {
    Period::parse_id(id).unwrap()
}

/// A text of a citizen that came then.
pub(crate) fn case_at(handle: &StoreHandle, key: &str, time: &str, tail: u32) -> CaseNumber {
    let mut new = intake(key, IntakeKind::Text);
    new.received_at = at(time);
    new.caller.number = Some(phone(tail));
    match ask(handle, at(time), StoreRequest::Open(new), None) {
        Some(StoreReply::Opened { number: Some(number), .. }) => number,
        other => panic!("not stored: {other:?}"),
    }
}

pub(crate) fn record_at(
    handle: &StoreHandle,
    time: &str,
    number: CaseNumber,
    events: Vec<CaseEvent>,
) {
    let done = answered(|answer| handle.record(at(time), number, events, "test", answer));
    assert!(done.is_ok(), "{done:?}");
}

pub(crate) fn classified(domain: &str) -> CaseEvent {
    CaseEvent::Classified { nature: Nature::Complaint, domain: domain.to_owned() }
}

pub(crate) fn placed(town: &str) -> CaseEvent {
    let private = Note { text: format!("{town}某村") };
    let (urgency, by) = (Urgency::Normal, "c1".to_owned());
    let facts =
        Record::FactsRecorded { urgency, group_size: 1, repeats: 0, duty: None, by, private };
    facts.into()
}

pub(crate) fn answered_at(time: &str) -> Vec<CaseEvent> {
    let chosen = Record::DispositionChosen {
        disposition: Disposition::Answered,
        code: None,
        reason: None,
        by: "c1".to_owned(),
    };
    let (grade, by) = (Grade::Satisfied, "c1".to_owned());
    let rated = Record::Rated { grade, by, at: at(time) };
    let due = CaseEvent::CallbackDue { answered_directly: true };
    vec![chosen.into(), due, rated.into(), closed_at(time)]
}

pub(crate) fn closed_at(time: &str) -> CaseEvent {
    CaseEvent::Closed { on: at(time).to_zoned(jiff::tz::TimeZone::UTC).date() }
}

/// Ten cases of October and November 2026: six of water in one town within a week, others alone. What
/// happens after the report of their last day is ready is not in it.
pub(crate) fn fill(store: &Store) -> Vec<CaseNumber> {
    let numbers = fill_in_time(store);
    let later = "2026-11-23T08:00:01+08:00";
    record_at(&store.handle(), later, numbers[7], answered_at(later));
    numbers
}

fn fill_in_time(store: &Store) -> Vec<CaseNumber> {
    let handle = store.handle();
    let cases = [
        ("2026-10-12T09:00:00+08:00", "050100", "中心店镇"),
        ("2026-11-09T09:00:00+08:00", "050100", "太平镇"),
        ("2026-11-17T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-18T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-19T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-20T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-21T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-22T09:00:00+08:00", "080100", "北宿镇"),
        ("2026-11-22T10:00:00+08:00", "050200", "太平镇"),
        ("2026-11-22T23:59:59+08:00", "130200", "太平镇"),
    ];
    let mut numbers = vec![];
    for (n, (time, domain, town)) in (0..).zip(cases) {
        let number = case_at(&handle, &format!("k{n}"), time, n);
        record_at(&handle, time, number, vec![placed(town), classified(domain)]);
        numbers.push(number);
    }
    let (first, answered) = (numbers[8], "2026-11-22T11:00:00+08:00");
    record_at(&handle, answered, first, answered_at(answered));
    numbers
}

pub(crate) fn filled(folder: &Path) -> Vec<CaseNumber> {
    let store = open(folder);
    let numbers = fill(&store);
    store.close();
    numbers
}

pub(crate) fn make(folder: &Path, now: &str, id: &str) -> Option<u32> {
    let mut store = Administration::open(folder, at(now)).unwrap();
    store.make_report(at(now), &Calendar::built_in(), period(id)).unwrap()
}

pub(crate) fn narrate(folder: &Path, now: &str, text: &str) -> Result<(), StoreError> {
    let mut store = Administration::open(folder, at(now)).unwrap();
    store.narrate(at(now), &period("day-2026-11-22"), text, "wang")
}

#[test]
fn a_narrative_stands_with_its_author_in_the_next_version_and_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let id = "day-2026-11-22";
    assert_eq!(make(folder.path(), "2026-11-23T08:00:00+08:00", id), Some(1));
    for wrong in ["", "  ", &"字".repeat(2001), "请回拨19900000017"] {
        let refused = narrate(folder.path(), "2026-11-23T09:00:00+08:00", wrong);
        assert!(matches!(refused, Err(StoreError::Malformed(_))), "{wrong}: {refused:?}");
    }
    assert_eq!(make(folder.path(), "2026-11-23T09:30:00+08:00", id), None, "nothing was stored");
    narrate(folder.path(), "2026-11-23T10:00:00+08:00", "供水诉求集中。").unwrap();
    narrate(folder.path(), "2026-11-23T11:00:00+08:00", "北宿镇供水诉求集中，已会商。").unwrap();
    assert_eq!(make(folder.path(), "2026-11-23T12:00:00+08:00", id), Some(2));
    assert_eq!(make(folder.path(), "2026-11-23T12:30:00+08:00", id), None);
    let told = |version| golden(&shown(folder.path(), id, Some(version), Role::CityLeader));
    assert!(!told(1).contains("综述"), "{}", told(1));
    let line = "综述|北宿镇供水诉求集中，已会商。|wang|2026-11-23 11:00\n";
    assert!(told(2).contains(line), "{}", told(2));
    assert!(verify(folder.path()).unwrap().is_sound());
}

/// An issue as 801 of unit.07 is shown it in a role.
pub(crate) fn shown(folder: &Path, id: &str, version: Option<u32>, role: Role) -> Document {
    let rights = Rights::of(role, "801", Some("unit.07")).unwrap();
    shown_to(folder, id, version, &rights)
}

/// An issue as a reader is shown it.
pub(crate) fn shown_to(folder: &Path, id: &str, version: Option<u32>, rights: &Rights) -> Document {
    let reader = Reader::open(folder).unwrap();
    let stored = reader.report(&period(id), version).unwrap();
    let units = [("unit.07", "城市管理局"), ("unit.08", "住房城乡建设局")];
    let units = units.map(|(id, name)| (id.to_owned(), name.to_owned()));
    let names = Names::new(units.into());
    let sheet = reader.sheet(&period(id), stored.as_of, &names, rights).unwrap();
    let (content, recounted) = (&stored.content, stored.recounted);
    let (version, demo) = (stored.row.version, stored.demo);
    let issue = Issue { content, version, recounted, demo, rights, sheet: &sheet };
    document(issue, &names)
}

/// The document as text; hashes depend on the format of events, which other tests hold.
pub(crate) fn golden(document: &Document) -> String {
    let mut text = format!("{}\n{}\n", document.title, document.lines.join("\n"));
    for table in &document.tables {
        text += &format!("\n{}\n{}\n", table.title, table.header.join("|"));
        for row in &table.rows {
            let cells = row.iter().map(|cell| if cell.len() == 64 { "SHA-256" } else { cell });
            text += &(cells.collect::<Vec<_>>().join("|") + "\n");
        }
    }
    text
}

#[test]
fn day_week_and_month_are_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let numbers = fill_in_time(&store);
    // Closed without a disposition, and the citizen was never asked.
    let (when, later) = ("2026-11-23T07:00:00+08:00", "2026-11-23T08:00:01+08:00");
    let due = CaseEvent::CallbackDue { answered_directly: true };
    record_at(&store.handle(), when, numbers[9], vec![due, closed_at(when)]);
    record_at(&store.handle(), later, numbers[7], answered_at(later));
    store.close();
    let reports = [
        ("day-2026-11-22", "2026-11-23T08:00:00+08:00"),
        ("week-2026-W47", "2026-11-23T09:00:00+08:00"),
        ("month-2026-11", "2026-12-01T09:00:00+08:00"),
    ];
    let mut all = String::new();
    for (id, ready) in reports {
        assert_eq!(make(folder.path(), ready, id), Some(1));
        all += &(golden(&shown(folder.path(), id, None, Role::Director)) + "\n");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_same_events_give_the_same_bytes_whenever_it_is_made() {
    let hashes = |now: &str| {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path());
        for id in ["day-2026-11-22", "week-2026-W47", "month-2026-11"] {
            assert_eq!(make(folder.path(), now, id), Some(1));
        }
        let reader = Reader::open(folder.path()).unwrap();
        let rows = reader.reports(9).unwrap();
        rows.into_iter().map(|row| (row.report, row.as_of, row.sha256)).collect::<Vec<_>>()
    };
    let in_time = hashes("2026-12-01T09:00:00+08:00");
    assert_eq!(in_time.len(), 3);
    assert_eq!(hashes("2027-06-01T12:34:56+08:00"), in_time);
}

#[test]
fn a_report_that_is_not_ready_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let mut store = Administration::open(folder.path(), noonish()).unwrap();
    let early = at("2026-11-23T07:59:59+08:00");
    let made = store.make_report(early, &Calendar::built_in(), period("day-2026-11-22"));
    assert!(matches!(made, Err(StoreError::Malformed(_))), "{made:?}");
}

pub(crate) fn issue(store: &Store, now: &str) -> Issued {
    answered(|answer| store.handle().report(at(now), answer)).unwrap()
}

pub(crate) fn ids(folder: &Path) -> Vec<(String, u32)> {
    let rows = Reader::open(folder).unwrap().reports(999).unwrap();
    rows.into_iter().map(|row| (row.report, row.version)).collect()
}

#[test]
fn three_days_down_are_made_up_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    case_at(&store.handle(), "k", "2026-11-22T09:00:00+08:00", 1);
    let up_to = |now| issue(&store, now).made;
    // The week that ended with the first day of the service is ready an hour after the day.
    assert_eq!(up_to("2026-11-23T08:00:00+08:00"), 1);
    assert_eq!(up_to("2026-11-23T08:30:00+08:00"), 0);
    assert_eq!(up_to("2026-11-23T09:00:00+08:00"), 1);
    assert_eq!(up_to("2026-11-26T12:00:00+08:00"), 3);
    assert_eq!(up_to("2026-11-26T12:00:30+08:00"), 0);
    let expected =
        ["day-2026-11-22", "week-2026-W47", "day-2026-11-23", "day-2026-11-24", "day-2026-11-25"];
    assert_eq!(ids(folder.path()), expected.map(|id| (id.to_owned(), 1)));
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_correction_makes_a_second_version_and_the_first_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let numbers = fill(&store);
    let id = "day-2026-11-22";
    while issue(&store, "2026-11-23T08:00:00+08:00").made > 0 {}
    let before = golden(&shown(folder.path(), id, Some(1), Role::Director));
    // Work that went on corrects nothing.
    assert_eq!(issue(&store, "2026-11-24T08:00:00+08:00").corrected, 0);
    let wrong = Record::DispositionChosen {
        disposition: Disposition::Assigned,
        code: None,
        reason: Some(DispositionReason::Misjudged),
        by: "c1".to_owned(),
    };
    record_at(&store.handle(), "2026-11-24T09:00:00+08:00", numbers[8], vec![wrong.into()]);
    assert_eq!(issue(&store, "2026-11-24T12:00:00+08:00").corrected, 0, "gathered until eight");
    // The day and the week that the case came in.
    assert_eq!(issue(&store, "2026-11-25T08:00:00+08:00").corrected, 2);
    assert_eq!(issue(&store, "2026-11-25T08:00:30+08:00").corrected, 0);
    store.close();
    let (first, second) = (
        shown(folder.path(), id, Some(1), Role::Director),
        shown(folder.path(), id, Some(2), Role::Director),
    );
    assert_eq!(golden(&first), before, "version 1 stays");
    let changes = difference(&first, &second);
    let of_case = |n: usize, column: &str| {
        let number = numbers[n].to_string();
        changes.iter().find(|one| one.row == number && one.column == column).cloned()
    };
    let opinion = of_case(8, "受理意见").unwrap();
    assert!(opinion.before.starts_with("直接答复") && opinion.after.starts_with("转处"));
    assert!(of_case(7, "处理结果").is_some(), "what went on since is in it too: {changes:?}");
    assert_eq!(make(folder.path(), "2026-11-25T12:00:00+08:00", id), None, "nothing is new");
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_chain_whose_end_was_cut_off_is_found_by_its_anchor() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    case_at(&store.handle(), "k", "2026-11-21T09:00:00+08:00", 1);
    case_at(&store.handle(), "l", "2026-11-22T09:00:00+08:00", 2);
    store.close();
    assert_eq!(make(folder.path(), "2026-11-23T08:00:00+08:00", "day-2026-11-22"), Some(1));
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound() && report.reports == 1, "{report:?}");
    // Whoever has the hash on paper needs no report in the database.
    let paper = std::slice::from_ref(&report.head);
    assert_eq!(verify_anchored(folder.path(), paper).unwrap().anchored, [("event", 4)]);
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                    WHERE type = 'trigger'";
    let drop: String = db.query_row(triggers, [], |row| row.get(0)).unwrap();
    db.execute_batch(&drop).unwrap();
    // The last case disappears with all that tells of it.
    db.execute_batch(
        "PRAGMA foreign_keys = OFF;
         DELETE FROM event_private WHERE seq IN (SELECT seq FROM event WHERE case_id = 2);
         DELETE FROM event WHERE case_id = 2; DELETE FROM callback_task WHERE case_id = 2;
         DELETE FROM case_search WHERE rowid = 2;
         DELETE FROM case_key WHERE case_id = 2;
         DELETE FROM case_file WHERE id = 2; DELETE FROM day_sequence WHERE day = 261122;",
    )
    .unwrap();
    let faults = verify(folder.path()).unwrap().faults;
    let shown: Vec<_> = faults.iter().map(|fault| (fault.area, fault.subject.as_str())).collect();
    assert_eq!(shown, [("anchor", "day-2026-11-22 version 1")], "{faults:?}");
    assert!(faults[0].problem.contains("event 4 is anchored and missing"), "{faults:?}");
    db.execute_batch("DELETE FROM report").unwrap();
    assert!(verify(folder.path()).unwrap().is_sound(), "the report is gone with the end");
    let outside = verify_anchored(folder.path(), paper).unwrap();
    let fault = &outside.faults[0];
    assert_eq!((outside.fault_count, fault.area, &fault.subject), (1, "anchor", &paper[0]));
}

#[test]
fn hashes_kept_outside_are_found_in_chains_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    make(folder.path(), "2026-11-23T08:00:00+08:00", "day-2026-11-22");
    let head = verify(folder.path()).unwrap().head;
    let report = Reader::open(folder.path()).unwrap().reports(1).unwrap().remove(0).sha256;
    let unknown = "ab".repeat(32);
    let kept = [report, head.clone(), unknown.clone(), head, unknown.clone()];
    let found = verify_anchored(folder.path(), &kept).unwrap();
    assert_eq!(found.anchored, [("report", 1), ("event", 48)]);
    let faults: Vec<_> = found.faults.iter().map(|one| (one.area, one.subject.as_str())).collect();
    assert_eq!(faults, [("anchor", unknown.as_str())], "each once");
}

#[test]
fn an_issued_report_that_was_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    make(folder.path(), "2026-11-23T08:00:00+08:00", "day-2026-11-22");
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let change = "UPDATE report SET content = replace(content, '\"accepted\":3', '\"accepted\":9')";
    assert!(db.execute(change, []).unwrap_err().to_string().contains("never changed"));
    db.execute_batch("DROP TRIGGER report_is_append_only_update").unwrap();
    assert_eq!(db.execute(change, []).unwrap(), 1);
    let faults = verify(folder.path()).unwrap().faults;
    assert_eq!((faults.len(), faults[0].area), (1, "report"), "{faults:?}");
}

fn export(persons: usize, by: &str) -> NewExport {
    NewExport {
        report: 1,
        name: "day-2026-11-22 第1版".to_owned(),
        format: "xlsx".to_owned(),
        role: "director".to_owned(),
        unit: None,
        persons,
        by: by.to_owned(),
        reason: "例行报送".to_owned(),
    }
}

#[test]
fn more_than_fifty_persons_leave_the_store_with_two_signatures_and_once() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    make(folder.path(), "2026-11-23T08:00:00+08:00", "day-2026-11-22");
    let now = at("2026-11-23T10:00:00+08:00");
    let mut store = Administration::open(folder.path(), now).unwrap();
    let taken = |outcome: Result<(), StoreError>| {
        assert!(matches!(outcome, Err(StoreError::Taken(_))), "{outcome:?}");
    };
    assert!(store.note_export(now, &export(50, "wang"), None).is_ok());
    taken(store.note_export(now, &export(51, "wang"), None));
    let id = store.ask_export(now, &export(51, "wang")).unwrap();
    taken(store.note_export(now, &export(51, "wang"), Some(id)));
    taken(store.approve_export(now, id, "wang"));
    taken(store.approve_export(now, id, " wang "));
    store.approve_export(now, id, "li").unwrap();
    taken(store.approve_export(now, id, "zhao"));
    taken(store.note_export(now, &export(51, "zhao"), Some(id)));
    taken(store.note_export(now, &export(52, "wang"), Some(id)));
    let other = NewExport { format: "pdf".to_owned(), ..export(51, "wang") };
    taken(store.note_export(now, &other, Some(id)));
    assert!(store.note_export(now, &export(51, "wang"), Some(id)).is_ok());
    taken(store.note_export(now, &export(51, "wang"), Some(id)));
    drop(store);
    let reader = Reader::open(folder.path()).unwrap();
    let audit = reader.audit(Timestamp::MIN, Timestamp::MAX, 99).unwrap();
    let told: Vec<_> = audit.iter().map(|row| (row.actor.as_str(), row.kind.as_str())).collect();
    let expected = [
        ("wang", "exported"),
        ("wang", "export_asked"),
        ("li", "export_approved"),
        ("wang", "exported"),
    ];
    assert_eq!(told, expected);
    let request = &reader.export_requests(9).unwrap()[0];
    assert_eq!(request.approved_by.as_deref(), Some("li"));
    assert!(request.used_at.is_some());
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn what_people_typed_in_stands_in_the_month() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let (october, now) = (at("2026-11-15T12:00:00+08:00"), at("2026-12-01T09:00:00+08:00"));
    let mut store = Administration::open(folder.path(), october).unwrap();
    for (channel, count) in [("phone", 1), ("phone", 2667), ("email", 2210), ("leader_sms", 475)] {
        store.set_opening(october, channel, count, "wang").unwrap();
    }
    store.set_opening(october, "unstated", 562, "wang").unwrap();
    let wrong = store.set_opening(october, "pigeon", 1, "wang");
    assert!(matches!(wrong, Err(StoreError::Malformed("channel"))), "{wrong:?}");
    let outcome = |period: &str, value| Outcome {
        name: "群众满意度".to_owned(),
        period: OutcomePeriod::parse(period).unwrap(),
        value,
        unit: OutcomeUnit::Percent,
        source: "统计局".to_owned(),
    };
    store.set_outcome(october, &outcome("2025-11", 8670), "wang").unwrap();
    store.set_outcome(october, &outcome("2026-11", 8904), "wang").unwrap();
    let new = NewImprovement {
        cluster: Cluster::parse("domain:0501").unwrap(),
        title: "路灯改造".to_owned(),
        owner: "城市管理局".to_owned(),
        measure: "更换线路".to_owned(),
        due_on: jiff::civil::date(2026, 12, 31),
    };
    let item = store.open_improvement(october, &new, "wang").unwrap();
    store.make_report(now, &Calendar::built_in(), period("month-2026-11")).unwrap();
    let content = Reader::open(folder.path()).unwrap().report(&period("month-2026-11"), None);
    let content = content.unwrap().content;
    let totals: Vec<_> =
        content.channels.iter().map(|row| (row.channel.as_str(), row.count, row.total)).collect();
    let expected = [
        ("phone", 0, 2667),
        ("text", 9, 10),
        ("email", 0, 2210),
        ("leader_sms", 0, 475),
        ("unstated", 0, 562),
    ];
    assert_eq!(totals, expected);
    assert_eq!(content.outcomes[0].change.as_deref(), Some("↑ 2.34 个百分点"));
    let row = &content.improvements[0];
    // One case of 9 November before it, none in the sixteen days of the month after.
    assert_eq!((row.id, row.before, row.after, row.after_days), (item, 1, 0, 16));
    store.close_improvement(now, item, "li").unwrap();
    assert!(matches!(store.close_improvement(now, item, "li"), Err(StoreError::NotFound)));
}
