//! Seats, attempts to call back, the end of a talk: what the desk asks of the store.

use crate::acting::act;
use crate::desk::*;
use jiff::ToSpan;
use mayorline::domain::call::{IntakeKind, StoreRequest};
use mayorline::domain::case::{AttemptOutcome, CaseEvent, Nature, Role, State, Task, WrapUp};
use mayorline::domain::desk::{Disposition, OpenCaseView, SeatRole};
use mayorline::domain::suggest::{RiskFilter, RiskGroup, risks};
use mayorline::store::{
    Attempt, BindingRecord, CaseName, FalseAlarm, NewAttempt, NewSeat, Reader, RequestContext,
    SeatSecrets, SeatsNow, StoreError, WrapUpOrder, verify,
};
use std::sync::mpsc::{Receiver, sync_channel};

pub(crate) fn new_seat(number: &str) -> NewSeat {
    NewSeat {
        seat: seat(number),
        name: "王芳".to_owned(),
        role: SeatRole::Operator,
        groups: vec!["总台".to_owned()],
        secrets: secrets('a'),
    }
}

fn secrets(digit: char) -> SeatSecrets {
    let hex = |length| digit.to_string().repeat(length);
    SeatSecrets { realm: "mayorline".to_owned(), sha256: hex(64), md5: Some(hex(32)) }
}

fn binding(number: &str, contact: &str, minutes: i64) -> BindingRecord {
    BindingRecord {
        seat: seat(number),
        contact: contact.to_owned(),
        transport: "udp".to_owned(),
        local: "127.0.0.1:5060".to_owned(),
        remote: "127.0.0.1:40000".to_owned(),
        connection: 0,
        call_id: "abc@127.0.0.1".to_owned(),
        cseq: 7,
        expires_at: noonish() + minutes.minutes(),
        user_agent: Some("baresip".to_owned()),
    }
}

fn news(store: &mayorline::store::StoreHandle) -> Receiver<SeatsNow> {
    let (send, receive) = sync_channel(16);
    store.watch_seats(Box::new(move |seats| send.send(seats).unwrap()));
    receive
}

fn numbers(seats: &SeatsNow) -> Vec<String> {
    seats.seats.iter().map(|seat| seat.seat.to_string()).collect()
}

#[test]
fn the_watcher_hears_of_each_change_once_also_of_one_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let heard = news(&handle);
    assert_eq!(numbers(&heard.recv_timeout(PATIENCE).unwrap()), [""; 0]);
    let mut beside = beside(folder.path());
    beside.add_seat(noonish(), &new_seat("802")).unwrap();
    assert_eq!(numbers(&heard.recv_timeout(PATIENCE).unwrap()), ["802"]);
    beside.add_seat(noonish(), &new_seat("801")).unwrap();
    assert_eq!(numbers(&heard.recv_timeout(PATIENCE).unwrap()), ["801", "802"]);
    beside.set_secrets(noonish(), &seat("801"), &secrets('b')).unwrap();
    let after = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(after.seats[0].secrets, secrets('b'));
    beside.remove_seat(noonish(), &seat("802")).unwrap();
    assert_eq!(numbers(&heard.recv_timeout(PATIENCE).unwrap()), ["801"]);
    // Something else that is stored is no news.
    new_case(&handle, "k");
    store.close();
    assert!(heard.try_recv().is_err());
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.audited, 4, "each write of an administrator is audited");
}

#[test]
fn a_number_in_use_is_refused_and_one_that_was_removed_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut beside = beside(folder.path());
    beside.add_seat(noonish(), &new_seat("801")).unwrap();
    let again = beside.add_seat(noonish(), &new_seat("801"));
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
    let nameless = NewSeat { name: " ".to_owned(), ..new_seat("802") };
    let refused = beside.add_seat(noonish(), &nameless);
    assert!(matches!(refused, Err(StoreError::Malformed(_))), "{refused:?}");
    beside.remove_seat(noonish(), &seat("801")).unwrap();
    let gone = beside.remove_seat(noonish(), &seat("801"));
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    let unknown = beside.set_secrets(noonish(), &seat("801"), &secrets('b'));
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let left = "SELECT ha1_sha256 IS NULL AND ha1_md5 IS NULL FROM seat WHERE number = '801'";
    assert!(db.query_row(left, [], |row| row.get::<_, bool>(0)).unwrap(), "secrets go at once");
    beside.add_seat(noonish(), &new_seat("801")).unwrap();
    assert_eq!(Reader::open(folder.path()).unwrap().seats().unwrap().len(), 1);
    store.close();
}

#[test]
fn phones_are_remembered_over_a_restart_until_their_time_or_their_password_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let mut beside = beside(folder.path());
    for number in ["801", "802", "803"] {
        beside.add_seat(noonish(), &new_seat(number)).unwrap();
    }
    let phones = vec![binding("801", "sip:801@a", 30), binding("801", "sip:801@b", -1)];
    assert!(handle.save_bindings(seat("801"), phones));
    assert!(handle.save_bindings(seat("802"), vec![binding("802", "sip:802@a", 30)]));
    assert!(handle.save_bindings(seat("803"), vec![binding("803", "sip:803@a", 30)]));
    assert!(handle.save_bindings(seat("803"), vec![]));
    assert!(handle.save_bindings(seat("899"), vec![binding("899", "sip:899@a", 30)]));
    // The last of what was told has arrived before the password is another.
    new_case(&handle, "k");
    beside.set_secrets(noonish(), &seat("802"), &secrets('b')).unwrap();
    store.close();
    let store = open(folder.path());
    let heard = news(&store.handle());
    let first = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.bindings, [binding("801", "sip:801@a", 30)]);
    store.close();
}

fn task(store: &mayorline::store::Store, data: &std::path::Path) -> i64 {
    store_intake(&store.handle(), intake("a", IntakeKind::Abandoned));
    let rows = Reader::open(data).unwrap().cases(9).unwrap();
    rows.into_iter().find(|row| row.callback_due_at.is_some()).unwrap().id
}

pub(crate) fn begin(
    handle: &mayorline::store::StoreHandle,
    at: jiff::Timestamp,
    task: i64,
    serial: u32,
) -> Result<Attempt, StoreError> {
    let attempt = NewAttempt { task, seat: seat("801"), call: call_id(serial) };
    answered(|answer| handle.begin_attempt(at, attempt, answer))
}

#[test]
fn a_citizen_is_called_back_until_reached_and_by_one_seat_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let task = task(&store, folder.path());
    let first = begin(&handle, noonish(), task, 1).unwrap();
    assert_eq!(first.phone, Some(phone(17)));
    let second = begin(&handle, noonish(), task, 2);
    assert!(matches!(second, Err(StoreError::Taken(_))), "{second:?}");
    let calling = answered(|answer| handle.open_callbacks(answer)).unwrap();
    assert_eq!((calling.len(), calling[0].calling.clone()), (1, Some(seat("801"))));
    let end = |attempt: &Attempt, outcome| {
        let id = attempt.id;
        answered(|answer| handle.end_attempt(noonish(), id, outcome, answer)).unwrap()
    };
    assert!(!end(&first, AttemptOutcome::NoAnswer));
    assert!(!end(&first, AttemptOutcome::Reached), "an ended attempt stays as it is");
    let third = begin(&handle, noonish(), task, 3).unwrap();
    assert!(end(&third, AttemptOutcome::Reached));
    let done = begin(&handle, noonish(), task, 4);
    assert!(matches!(done, Err(StoreError::NotFound)), "{done:?}");
    let list = Reader::open(folder.path()).unwrap().callbacks(noonish(), 9).unwrap();
    assert_eq!((list.open, list.done, list.overdue), (0, 1, 0));
    let row = &list.tasks[0];
    assert_eq!((row.by.as_deref(), row.outcome.as_deref()), (Some("801"), Some("reached")));
    assert_eq!(row.contact.as_deref(), Some("199****0017"), "masked");
    assert_eq!(row.attempts.len(), 2);
    assert_eq!(answered(|answer| handle.open_callbacks(answer)).unwrap(), []);
    store.close();
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.attempts, 2);
}

#[test]
fn a_citizen_who_never_answers_is_done_after_three_tries_on_two_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let task = task(&store, folder.path());
    let tries = [
        ("2026-11-22T10:05:00+08:00", AttemptOutcome::NoAnswer, false),
        ("2026-11-22T10:06:00+08:00", AttemptOutcome::Failed, false),
        ("2026-11-22T10:40:00+08:00", AttemptOutcome::Busy, false),
        ("2026-11-23T15:00:00+08:00", AttemptOutcome::NoAnswer, true),
    ];
    for (serial, (when, outcome, done)) in (1..).zip(tries) {
        let attempt = begin(&handle, at(when), task, serial).unwrap();
        let ended =
            answered(|answer| handle.end_attempt(at(when), attempt.id, outcome, answer)).unwrap();
        assert_eq!(ended, done, "{when}");
    }
    let detail = Reader::open(folder.path()).unwrap().case_by_id(task).unwrap();
    let told = detail.events.iter().filter(|event| event.body["event"] == "called_back").count();
    assert_eq!(told, 3, "a failure of ours is no try");
    assert_eq!(detail.row.callback_due_at, None);
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

fn order(serial: u32, disposition: Disposition) -> WrapUpOrder {
    let wrap_up = WrapUp {
        seat: seat("801"),
        call: call_id(serial),
        disposition,
        nature: Some(Nature::Complaint),
        summary: "北宿镇路灯不亮".to_owned(),
        unit: Some("unit.07".to_owned()),
        outcome: None,
    };
    WrapUpOrder { case: None, wrap_up }
}

#[test]
fn a_talk_is_wrapped_up_on_the_case_of_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let mut contact = intake("t", IntakeKind::Text);
    contact.call = Some(call_id(1));
    let (number, _) = store_intake(&handle, contact);
    let wrap = |order| answered(|answer| handle.wrap_up(noonish(), order, answer));
    let done = wrap(order(1, Disposition::Assigned)).unwrap();
    assert_eq!((done.number, done.state), (number, State::Assigned));
    assert_eq!(wrap(order(1, Disposition::Assigned)).unwrap(), done, "told twice is stored once");
    let unknown = wrap(order(2, Disposition::Assigned));
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    let detail = Reader::open(folder.path()).unwrap().case(number.unwrap()).unwrap();
    assert_eq!(detail.row.summary.as_deref(), Some("北宿镇路灯不亮"));
    assert_eq!(detail.row.unit.as_deref(), Some("unit.07"));
    let wrapped: Vec<_> =
        detail.events.iter().filter(|event| event.body["event"] == "wrapped_up").collect();
    assert_eq!((wrapped.len(), wrapped[0].actor.as_str()), (1, "801"));
    assert_eq!(wrapped[0].body.get("private"), None, "the words stand beside the chain");
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_talk_that_found_the_disk_failed_has_its_case_made_at_the_wrap_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    assert!(handle.call_started(call_started(&call_id(1))));
    let wrap = || answered(|answer| handle.wrap_up(noonish(), order(1, Disposition::Kept), answer));
    let done = wrap().unwrap();
    assert_eq!((done.state, done.number.is_some()), (State::Kept, true));
    assert_eq!(wrap().unwrap(), done);
    let row = Reader::open(folder.path()).unwrap().case(done.number.unwrap()).unwrap().row;
    assert_eq!((row.channel.as_str(), row.contact.as_deref()), ("phone", Some("19900000017")));
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn the_seat_that_talks_first_answers_for_the_case_and_no_wrap_up_changes_that() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let mut contact = intake("t", IntakeKind::Text);
    contact.call = Some(call_id(1));
    let (send, receive) = sync_channel(1);
    let context = RequestContext { seat: Some(seat("805")), ..RequestContext::default() };
    let reply = Box::new(move |reply| send.send(reply).unwrap());
    assert!(handle.submit(noonish(), StoreRequest::Open(contact), context, reply));
    receive.recv_timeout(PATIENCE).unwrap();
    answered(|answer| handle.wrap_up(noonish(), order(1, Disposition::Answered), answer)).unwrap();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let sql = "SELECT first_responsible FROM case_file";
    assert_eq!(db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap(), "805");
    store.close();
}

#[test]
fn a_talk_that_reports_to_the_discipline_commission_hides_its_case_and_seals_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let mut contact = intake("t", IntakeKind::Text);
    contact.call = Some(call_id(1));
    let (number, _) = store_intake(&handle, contact);
    let number = number.unwrap();
    let discipline = order(1, Disposition::Discipline);
    let done = answered(|answer| handle.wrap_up(noonish(), discipline, answer)).unwrap();
    assert_eq!((done.number, done.state), (Some(number), State::Sealed), "as it may be told");
    let reader = Reader::open(data).unwrap();
    assert!(matches!(reader.case(number), Err(StoreError::NotFound)), "hidden at once");
    let unsealed = verify(data).unwrap();
    assert!(unsealed.is_sound() && unsealed.unclaimed == 0, "no seal is in force: {unsealed:?}");
    act(data, number, Role::Director, Task::RefuseSeal).unwrap();
    let shown = reader.case(number).unwrap();
    assert_eq!((shown.row.state.as_str(), shown.standing.uncoded), ("classified", true));
    act(data, number, Role::Clerk, Task::ProposeSeal).unwrap();
    assert_eq!(act(data, number, Role::Liaison, Task::ConfirmSeal).unwrap().state, State::Sealed);
    store.close();
    assert!(verify(data).unwrap().is_sound());
}

#[test]
fn a_draft_that_was_talked_about_gets_its_number_unless_there_was_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    for (serial, disposition, state) in
        [(1, Disposition::Answered, State::Callback), (2, Disposition::NoMatter, State::Kept)]
    {
        let mut stub = intake(&format!("s{serial}"), IntakeKind::Abandoned);
        stub.call = Some(call_id(serial));
        store_intake(&handle, stub);
        let order = order(serial, disposition);
        let done = answered(|answer| handle.wrap_up(noonish(), order, answer)).unwrap();
        assert_eq!((done.state, done.number.is_some()), (state, serial == 1));
    }
    store.close();
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.days, 1);
}

#[test]
fn an_offer_shows_the_five_newest_open_cases_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let mut told = vec![];
    for n in 0..8_i64 {
        let mut contact = intake(&format!("t{n}"), IntakeKind::Text);
        contact.received_at = noonish() + n.minutes();
        // The one under seal has such words too.
        if n % 2 == 1 {
            contact.text = Some("再不管我就喝农药".to_owned());
        }
        told.push(store_intake(&handle, contact).0.unwrap());
    }
    let mut other = intake("other", IntakeKind::Text);
    other.caller.number = Some(phone(18));
    store_intake(&handle, other);
    store_intake(&handle, intake("draft", IntakeKind::Abandoned));
    record(&handle, told[7], vec![CaseEvent::Sealed]).unwrap();
    record(&handle, told[6], vec![CaseEvent::Withdrawn]).unwrap();
    let shown = answered(|answer| handle.open_cases(phone(17), answer)).unwrap();
    let expected: Vec<String> = (1..=5).rev().map(|n: usize| told[n].to_string()).collect();
    assert_eq!(shown.iter().map(|case| case.number.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(shown[0].received_at, noonish() + 5.minutes());
    assert!(shown[0].due_on.is_some());
    let flagged = |cases: &[OpenCaseView]| -> Vec<String> {
        let flagged = cases.iter().filter(|case| !case.risks.is_empty());
        flagged.map(|case| case.number.clone()).collect()
    };
    let odd = |n: usize| told[n].to_string();
    assert_eq!(flagged(&shown), [odd(5), odd(3), odd(1)]);
    assert_eq!(shown[0].risks, risks("喝农药"));
    // What a person found to be false is shown to nobody; the case stays as it is.
    let alarm = FalseAlarm {
        risk: RiskGroup::Suicide,
        person: "801".to_owned(),
        reason: "口头语".to_owned(),
    };
    let mark = |n: usize| {
        let (name, alarm) = (CaseName::Number(told[n]), alarm.clone());
        answered(|answer| handle.mark_false_alarm(noonish(), name, alarm, answer))
    };
    mark(3).unwrap();
    assert!(matches!(mark(3), Err(StoreError::Taken(_))), "once");
    assert!(matches!(mark(7), Err(StoreError::NotFound)), "under seal");
    let now = answered(|answer| handle.open_cases(phone(17), answer)).unwrap();
    assert_eq!(flagged(&now), [odd(5), odd(1)]);
    assert_eq!((&now[2].state, &now[2].summary), (&shown[2].state, &shown[2].summary));
    let reader = Reader::open(folder.path()).unwrap();
    let any = RiskFilter::parse("any").unwrap();
    let listed = reader.flagged_cases(any, false, 10).unwrap();
    let listed: Vec<_> = listed.into_iter().filter_map(|row| row.number).collect();
    assert_eq!(listed, [odd(5), odd(1)], "none under seal");
    let crowd = RiskFilter::parse("crowd").unwrap();
    assert_eq!(reader.flagged_cases(crowd, false, 10).unwrap(), []);
    assert_eq!(answered(|answer| handle.open_cases(phone(99), answer)).unwrap(), []);
}
