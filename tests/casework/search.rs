//! Finding cases by words, against a plain look at every summary.

use crate::desk::*;
use mayorline::domain::case::{CaseEvent, State, Words, WrappedUp};
use mayorline::domain::desk::Disposition;
use mayorline::domain::search::Question;
use mayorline::store::{
    Administration, COUNTED_MAX, Found, Reader, SearchFilter, Store, StoreHandle, verify,
};
use mayorline::units::CaseNumber;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::Path;

/// Few characters, so that random words are found often.
const ALPHABET: [char; 14] =
    ['停', '水', '电', '路', '灯', '不', '亮', '村', '第', '1', '2', 'A', '，', ' '];

fn sum_up(store: &StoreHandle, number: CaseNumber, call: u32, summary: &str) {
    let private = Words { summary: summary.to_owned() };
    let wrapped_up = WrappedUp {
        seat: seat("801"),
        call: call_id(call),
        disposition: Disposition::Answered,
        outcome: None,
        private,
    };
    record(store, number, vec![CaseEvent::WrappedUp(Box::new(wrapped_up))]).unwrap();
}

fn summed_up(store: &Store, key: u32, summary: &str) -> CaseNumber {
    let (number, _) = new_case(&store.handle(), &format!("k{key}"));
    sum_up(&store.handle(), number, key, summary);
    number
}

fn search(folder: &Path, typed: &str) -> Found {
    let question = Question::parse(typed).unwrap();
    let reader = Reader::open(folder).unwrap();
    reader.search(&question, &SearchFilter::default(), COUNTED_MAX).unwrap()
}

fn numbers(found: &Found) -> Vec<String> {
    found.cases.iter().map(|case| case.number.clone().unwrap()).collect()
}

fn text(random: &mut StdRng, longest: usize) -> String {
    let length = random.random_range(1..=longest);
    (0..length).map(|_| ALPHABET[random.random_range(0..ALPHABET.len())]).collect()
}

/// All words of the question are in the number or the summary.
fn has(number: CaseNumber, summary: &str, question: &Question) -> bool {
    let text = format!("{number} {summary}").to_lowercase();
    question.words().iter().all(|word| text.contains(word))
}

#[test]
fn any_characters_of_a_summary_are_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut random = StdRng::seed_from_u64(33_244);
    let cases: Vec<(CaseNumber, String)> = (0..150)
        .map(|key| {
            let summary = text(&mut random, 30);
            (summed_up(&store, key, &summary), summary)
        })
        .collect();
    let mut hits = 0;
    for _ in 0..600 {
        let Some(question) = Question::parse(&text(&mut random, 5)) else { continue };
        let wanted =
            cases.iter().rev().filter(|(number, summary)| has(*number, summary, &question));
        let wanted: Vec<String> = wanted.map(|(number, _)| number.to_string()).collect();
        let reader = Reader::open(folder.path()).unwrap();
        let found = reader.search(&question, &SearchFilter::default(), COUNTED_MAX).unwrap();
        assert_eq!(numbers(&found), wanted, "{question:?}");
        assert_eq!((found.count, found.more), (wanted.len(), false));
        hits += wanted.len();
    }
    assert!(hits > 1_000, "only {hits} hits prove little");
}

#[test]
fn words_of_two_characters_and_digits_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let lamp = summed_up(&store, 1, "北宿镇第12村路灯不亮");
    let water = summed_up(&store, 2, "千泉街道停水，已经三天");
    for typed in ["路灯", "路灯不亮", "第12村", "第１２", "路灯 北宿", "灯"] {
        assert_eq!(numbers(&search(folder.path(), typed)), [lamp.to_string()], "{typed}");
    }
    assert_eq!(numbers(&search(folder.path(), "停水")), [water.to_string()]);
    assert_eq!(numbers(&search(folder.path(), &water.to_string())), [water.to_string()]);
    for typed in ["路灯 停水", "水停", "村路", "\"路灯\" OR 停水", "pairs:停水", "停水*x"]
    {
        let expected: &[String] = if typed == "村路" { &[lamp.to_string()] } else { &[] };
        assert_eq!(numbers(&search(folder.path(), typed)), expected, "{typed}");
    }
}

#[test]
fn a_new_summary_takes_the_place_of_the_old_one_and_a_sealed_case_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (unread, _) = new_case(&store.handle(), "unread");
    assert_eq!(search(folder.path(), "文字消息").count, 0, "nobody has read it yet");
    assert_eq!(search(folder.path(), &unread.to_string()).count, 0);
    let number = summed_up(&store, 1, "路灯不亮");
    sum_up(&store.handle(), number, 2, "红绿灯坏了");
    assert_eq!(search(folder.path(), "路灯").count, 0);
    assert_eq!(search(folder.path(), "红绿").count, 1);
    record(&store.handle(), number, vec![CaseEvent::Sealed]).unwrap();
    for typed in ["红绿", "灯", &number.to_string()] {
        assert_eq!(search(folder.path(), typed).count, 0, "{typed}");
    }
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn filters_narrow_what_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    summed_up(&store, 1, "停水");
    let reader = Reader::open(folder.path()).unwrap();
    let question = Question::parse("停水").unwrap();
    let noon = noonish().as_millisecond();
    let none = SearchFilter::default();
    let cases = [
        (none.clone(), 1),
        (SearchFilter { state: Some(State::Accepted), ..none.clone() }, 1),
        (SearchFilter { state: Some(State::Closed), ..none.clone() }, 0),
        (SearchFilter { from_ms: Some(noon), to_ms: Some(noon + 1), ..none.clone() }, 1),
        (SearchFilter { from_ms: Some(noon + 1), ..none.clone() }, 0),
        (SearchFilter { to_ms: Some(noon), ..none.clone() }, 0),
        (SearchFilter { unit: Some("water".to_owned()), ..none }, 0),
    ];
    for (filter, count) in cases {
        assert_eq!(reader.search(&question, &filter, 9).unwrap().count, count, "{filter:?}");
    }
}

#[test]
fn more_than_can_be_counted_is_told_as_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for key in 0..=u32::try_from(COUNTED_MAX).unwrap() {
        summed_up(&store, key, "停水");
    }
    let found = search(folder.path(), "停水");
    assert_eq!((found.count, found.more, found.cases.len()), (COUNTED_MAX, true, COUNTED_MAX));
}

#[test]
fn an_index_that_lacks_something_is_found_by_verify_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    summed_up(&store, 1, "停水");
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.execute("DELETE FROM case_search", []).unwrap();
    assert_eq!(search(folder.path(), "停水").count, 0);
    let report = verify(folder.path()).unwrap();
    assert_eq!(report.faults.iter().map(|fault| fault.area).collect::<Vec<_>>(), ["search"]);
    let mut beside = Administration::open(folder.path(), noonish()).unwrap();
    assert_eq!(beside.rebuild_search().unwrap(), 1);
    assert_eq!(search(folder.path(), "停水").count, 1);
    store.close();
    // An index of another format is made anew when the folder is opened.
    db.execute("DELETE FROM case_search", []).unwrap();
    db.execute("UPDATE meta SET value = 'before' WHERE key = 'search_format'", []).unwrap();
    drop(db);
    open(folder.path()).close();
    assert_eq!(search(folder.path(), "停水").count, 1);
}
