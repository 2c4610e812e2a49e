//! What everybody may read (办理公示, B7): a notice from its approval until it is taken back, and never one
//! of a case that must not be known of.

use crate::acting::{act, assigned, classify, sound};
use crate::desk::*;
use crate::retention;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    CaseEvent, Grade, Guard, KeepReason, Note, Pending, Record, Refusal, Role, State, Task,
};
use mayorline::domain::directory::Kind;
use mayorline::domain::publication::PublicResult;
use mayorline::domain::suggest::RiskGroup;
use mayorline::store::{
    CaseName, FalseAlarm, ImportFile, Published, PublishedFilter, Reader, Store, StoreError, verify,
};
use mayorline::units::CaseNumber;
use std::path::Path;

const TEXT: &str = "北宿镇群众反映路灯不亮。已更换灯具，恢复照明。";

fn approve(text: &str) -> Task {
    Task::DecidePublication(true, text.to_owned())
}

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 11, 22)
}

fn found(data: &Path, filter: &PublishedFilter) -> Vec<Published> {
    let page = Reader::open(data).unwrap().published(filter, today(), (0, 100)).unwrap();
    assert_eq!((page.total, page.more), (page.notices.len(), false));
    page.notices
}

fn listed(data: &Path) -> Vec<CaseNumber> {
    let all = found(data, &PublishedFilter::default());
    all.into_iter().map(|one| one.notice.number).collect()
}

/// A case that a unit is at work on gets its answer.
fn answered_by_unit(data: &Path, number: CaseNumber) {
    let result = Task::FeedBack { text: "已修复".to_owned(), contacted: true, evidence: true };
    act(data, number, Role::Handler, result).unwrap();
    act(data, number, Role::UnitLeader, Task::Grant(Pending::Feedback)).unwrap();
    act(data, number, Role::Clerk, Task::Review(None)).unwrap();
}

/// Answered and approved, to be asked after.
fn approved(data: &Path, store: &Store, key: &str) -> CaseNumber {
    let number = assigned(data, &store.handle(), key);
    answered_by_unit(data, number);
    act(data, number, Role::Director, approve(TEXT)).unwrap();
    number
}

fn guard(outcome: Result<mayorline::store::CaseNow, StoreError>) -> Guard {
    match outcome {
        Err(StoreError::Refused(Refusal::Guard(guard))) => guard,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_notice_is_listed_from_its_approval_until_it_is_taken_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let units = "单位编号,单位名称,类别,职能审计,双向承诺,公开\n\
                 07,市住房城乡建设局,政府部门,是,是,是\n";
    let file =
        ImportFile { kind: Kind::Units, name: "u.csv", bytes: units.as_bytes(), dry_run: false };
    let store = open(data);
    beside(data).import_directory(noonish(), &file).unwrap().unwrap();
    let number = assigned(data, &store.handle(), "one");
    answered_by_unit(data, number);
    assert_eq!(listed(data), [], "an answer alone is not published");
    act(data, number, Role::Director, approve(TEXT)).unwrap();
    let open = PublishedFilter { open: Some(true), ..PublishedFilter::default() };
    let one = found(data, &open).pop().unwrap();
    assert_eq!((one.notice.number, one.notice.text.as_str()), (number, TEXT));
    assert_eq!((one.notice.domain.as_deref(), one.notice.town), (Some("050100"), Some("北宿镇")));
    assert_eq!(one.unit_name.as_deref(), Some("市住房城乡建设局"));
    assert_eq!((one.notice.result, one.notice.days_used), (PublicResult::Handled, Some(0)));
    assert_eq!((one.notice.grade, one.notice.closed_on), (None, None));
    let told = format!("{one:?}");
    for hidden in ["19900000017", "王某", "已修复", "文字消息"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
    act(data, number, Role::CallbackAgent, Task::Rate(Grade::Satisfied)).unwrap();
    assert_eq!(found(data, &open), []);
    act(data, number, Role::Clerk, Task::Archive).unwrap();
    let one = found(data, &PublishedFilter::default()).pop().unwrap();
    assert_eq!((one.notice.grade, one.notice.state), (Some(Grade::Satisfied), State::Archived));
    let take_down = |why: &str| Task::TakeDown(why.to_owned());
    let refused = act(data, number, Role::Clerk, take_down("有误"));
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::Role { .. }))), "{refused:?}");
    assert_eq!(guard(act(data, number, Role::Director, take_down(" "))), Guard::Text);
    assert_eq!(listed(data), [number]);
    act(data, number, Role::Director, take_down("其中一句能认出本人")).unwrap();
    assert_eq!(listed(data), []);
    let reader = Reader::open(data).unwrap();
    assert_eq!(reader.published_one(number, today()).unwrap(), None);
    assert_eq!(guard(act(data, number, Role::Director, take_down("再撤"))), Guard::NotPublished);
    let chained = serde_json::to_string(&reader.case(number).unwrap().events).unwrap();
    assert!(chained.contains("publication_withdrawn") && !chained.contains("认出"), "{chained}");
    store.close();
    sound(data);
}

#[test]
fn notices_are_found_by_type_town_time_and_number_the_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let first = approved(data, &store, "first");
    let second = approved(data, &store, "second");
    act(data, second, Role::CallbackAgent, Task::Rate(Grade::Satisfied)).unwrap();
    assert_eq!(listed(data), [second, first]);
    let numbers = |filter: PublishedFilter| -> Vec<CaseNumber> {
        found(data, &filter).into_iter().map(|one| one.notice.number).collect()
    };
    let any = PublishedFilter::default;
    let domain = |code: &str| PublishedFilter { domain: Some(code.to_owned()), ..any() };
    for (filter, count) in [
        (domain("05"), 2),
        (domain("0501"), 2),
        (domain("050100"), 2),
        (domain("0502"), 0),
        (domain("06"), 0),
        (domain(""), 0),
        (PublishedFilter { town: Some("北宿镇".to_owned()), ..any() }, 2),
        (PublishedFilter { town: Some("唐村镇".to_owned()), ..domain("05") }, 0),
        (PublishedFilter { from_ms: Some(noonish().as_millisecond()), ..any() }, 2),
        (PublishedFilter { from_ms: Some(noonish().as_millisecond() + 1), ..any() }, 0),
        (PublishedFilter { to_ms: Some(noonish().as_millisecond()), ..any() }, 0),
        (PublishedFilter { open: Some(true), by_approval: true, ..any() }, 1),
        (PublishedFilter { open: Some(false), ..any() }, 1),
    ] {
        assert_eq!(numbers(filter.clone()).len(), count, "{filter:?}");
    }
    assert_eq!(numbers(PublishedFilter { numbers: vec![first], ..any() }), [first]);
    let page = Reader::open(data).unwrap().published(&any(), today(), (1, 1)).unwrap();
    assert_eq!((page.total, page.notices.len()), (2, 1));
    assert_eq!(page.notices[0].notice.number, first);
    let (text, unit) = (page.notices[0].notice.text.as_str(), page.notices[0].unit_name.as_deref());
    assert_eq!((text, unit), (TEXT, None), "the directory knows no such unit");
    store.close();
    sound(data);
}

#[test]
fn what_must_not_be_known_of_is_never_listed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let stays = approved(data, &store, "stays");
    let [proposed, sealed, secret, again, withdrawn] =
        ["proposed", "sealed", "secret", "again", "withdrawn"]
            .map(|key| approved(data, &store, key));
    assert_eq!(listed(data).len(), 6);
    act(data, proposed, Role::Clerk, Task::ProposeSeal).unwrap();
    assert!(!listed(data).contains(&proposed), "from the proposal on");
    act(data, proposed, Role::Director, Task::RefuseSeal).unwrap();
    assert!(listed(data).contains(&proposed), "it was none");
    act(data, proposed, Role::Clerk, Task::ProposeSeal).unwrap();
    act(data, sealed, Role::Clerk, Task::ProposeSeal).unwrap();
    act(data, sealed, Role::Director, Task::ConfirmSeal).unwrap();
    act(data, secret, Role::Clerk, Task::SetSecrecy(true)).unwrap();
    act(data, again, Role::CallbackAgent, Task::Rate(Grade::Dissatisfied)).unwrap();
    act(data, again, Role::Supervisor, Task::Redo).unwrap();
    act(data, withdrawn, Role::Operator, Task::Withdraw(call_id(9))).unwrap();
    assert_eq!(listed(data), [stays]);
    let reader = Reader::open(data).unwrap();
    for number in [proposed, sealed, secret, again, withdrawn] {
        assert_eq!(reader.published_one(number, today()).unwrap(), None, "{number}");
    }
    // 留存: nothing was answered, so nothing can be approved either.
    let (kept, _) = new_case(&store.handle(), "kept");
    act(data, kept, Role::Clerk, classify()).unwrap();
    act(data, kept, Role::Clerk, Task::Keep(KeepReason::NothingToDo)).unwrap();
    act(data, kept, Role::Supervisor, Task::Grant(Pending::Keep)).unwrap();
    let refused = act(data, kept, Role::Director, approve(TEXT));
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::Stage { .. }))), "{refused:?}");
    assert_eq!(listed(data), [stays]);
    store.close();
    sound(data);
}

#[test]
fn nothing_about_a_minor_is_published_unless_the_flag_is_false() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let mut new = intake("minor", IntakeKind::Text);
    new.text = Some("孩子放学要走黑路".to_owned());
    let number = store_intake(&handle, new).0.unwrap();
    act(data, number, Role::Clerk, classify()).unwrap();
    let assign = Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] };
    act(data, number, Role::Clerk, assign).unwrap();
    act(data, number, Role::UnitContact, Task::Sign("王某".to_owned())).unwrap();
    answered_by_unit(data, number);
    let before = Reader::open(data).unwrap().case(number).unwrap().events.len();
    assert_eq!(guard(act(data, number, Role::Director, approve(TEXT))), Guard::Minor);
    assert_eq!(Reader::open(data).unwrap().case(number).unwrap().events.len(), before);
    let alarm = FalseAlarm {
        risk: RiskGroup::Minor,
        person: "li".to_owned(),
        reason: "只是说路黑".to_owned(),
    };
    beside(data).mark_false_alarm(noonish(), number, &alarm).unwrap();
    act(data, number, Role::Director, approve(TEXT)).unwrap();
    assert_eq!(listed(data), [number]);
    // A flag that is raised later hides the notice at once, whatever was approved.
    let other = approved(data, &store, "later");
    assert_eq!(listed(data).len(), 2);
    let private = Note { text: "被打的学生才十岁".to_owned() };
    let more: CaseEvent = Record::Supplemented { at: noonish(), private }.into();
    record(&handle, other, vec![more]).unwrap();
    let page = Reader::open(data)
        .unwrap()
        .published(&PublishedFilter::default(), today(), (0, 9))
        .unwrap();
    let told: Vec<_> = page.notices.iter().map(|one| one.notice.number).collect();
    assert_eq!(told, [number]);
    assert_eq!(Reader::open(data).unwrap().published_one(other, today()).unwrap(), None);
    store.close();
    sound(data);
}

#[test]
fn an_erased_case_is_listed_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let number = retention::closed(data, &store.handle(), 1, false);
    let approve = approve(TEXT);
    let name = CaseName::Number(number);
    retention::act_at(data, "2026-11-26T09:00:00+08:00", name, Role::Director, approve).unwrap();
    assert_eq!(listed(data), [number]);
    retention::retain(&store.handle(), "2050-01-01T09:00:00+08:00");
    assert_eq!(listed(data), []);
    store.close();
    sound(data);
}

#[test]
fn a_list_that_was_tampered_with_is_found_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let number = approved(data, &store, "one");
    store.close();
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    assert_eq!(db.execute("DELETE FROM publication", []).unwrap(), 1);
    assert_eq!(listed(data), []);
    let report = verify(data).unwrap();
    assert_eq!(report.faults[0].area, "publication", "{:?}", report.faults);
    // As after a migration: the rows are worked out again from the events.
    db.execute("DELETE FROM meta WHERE key = 'rows_format'", []).unwrap();
    drop(db);
    open(data).close();
    assert_eq!(listed(data), [number]);
    sound(data);
}
