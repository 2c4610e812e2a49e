//! What hints at entry may cost: so many characters of past cases are read, however much citizens wrote.

use crate::desk::*;
use jiff::ToSpan;
use mayorline::domain::call::{IntakeKind, NewIntake};
use mayorline::domain::suggest::SUGGEST_CHARS_MAX;
use mayorline::store::{PAST_CHARS_MAX, Reader, TextOfCase};
use std::path::Path;

const LAMP: &str = "北宿镇羊厂路口路灯不亮";
/// Cases with as many characters as are looked at, that come at once from each of so many senders.
const SENDERS: u32 = 10;

/// A text of some other citizen.
fn said(key: &str, from: u32, minute: i64, text: &str) -> NewIntake {
    let mut contact = intake(key, IntakeKind::Text);
    contact.caller.number = Some(phone(from));
    contact.received_at = noonish() + minute.minutes();
    contact.text = Some(text.to_owned());
    contact
}

/// The numbers of cases that say nearly the same.
fn repeats(data: &Path) -> Vec<String> {
    let reader = Reader::open(data).unwrap();
    let received_at = noonish() + 1_000.minutes();
    let asked =
        TextOfCase { id: 0, text: LAMP.to_owned(), contact: Some(phone(9_999)), received_at };
    let hints = reader.hints(&asked, received_at).unwrap().suggestion;
    hints.repeats.iter().map(|hint| hint.number.to_string()).collect()
}

#[test]
fn a_text_is_compared_with_so_many_characters_of_the_newest_cases_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let oldest = store_intake(&handle, said("oldest", 1, 0, LAMP)).0.unwrap().to_string();
    assert_eq!(repeats(folder.path()), std::slice::from_ref(&oldest));
    // Each longer than what is looked at of it.
    let long = "停水".repeat(SUGGEST_CHARS_MAX);
    let fit = u32::try_from(PAST_CHARS_MAX / SUGGEST_CHARS_MAX).unwrap();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (handle, long) = (handle.clone(), &long);
            // All but one of those that fill the bound.
            scope.spawn(move || {
                for n in (sender..fit - 1).step_by(SENDERS as usize) {
                    let from = 100 + n;
                    store_intake(&handle, said(&format!("k{n}"), from, 1 + i64::from(n), long));
                }
            });
        }
    });
    assert_eq!(repeats(folder.path()), [oldest], "the last that fits");
    store_intake(&handle, said("last", 99, 900, &long));
    assert_eq!(repeats(folder.path()), <Vec<String>>::new(), "it does not fit any more");
    store.close();
}
