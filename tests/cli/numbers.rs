//! A day that has no case number more (domain.md 6.3), at the running program: what comes waits for the next
//! day, whoever accepts a case is refused, and the administrator is told once.

use crate::desk::*;
use crate::support::numbers::spend_today;
use crate::support::service::{Start, json};
use crate::support::wait_for;
use crate::{run, text};
use mayorline::domain::call::IntakeKind;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

fn database(data: &Path) -> Connection {
    Connection::open(data.join("mayorline.db")).unwrap()
}

/// How many cases are listed, and how many of them have a number.
fn listed(data: &Path) -> (usize, usize) {
    let list = json(data, &["case", "list"]);
    let rows = list.as_array().unwrap();
    (rows.len(), rows.iter().filter(|row| row["number"].is_string()).count())
}

#[test]
fn texts_past_the_last_number_wait_and_nobody_accepts_a_case() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let missed = intake("missed", IntakeKind::Abandoned);
    assert_eq!(store_intake(&store.handle(), missed), (None, None));
    store.close();
    let draft = format!("draft-{}", json(data, &["case", "list"])[0]["id"]);
    let service = Start::new(data).run();
    spend_today(data);
    for tail in 41..44 {
        let taken = text(service.udp(), &format!("199000000{tail}"), "停水了");
        assert_eq!(taken, 200, "it is in the journal");
    }
    assert_eq!(listed(data), (1, 0));
    let folder = ["--data", data.to_str().unwrap()];
    let accept = ["case", "accept", &draft, "--as", "li", "--role", "operator"];
    let accept = [&accept[..], &["--summary", "路灯不亮"], &folder].concat();
    let refused = run(&accept);
    assert_eq!((refused.code, refused.out.as_str()), (65, ""), "{refused:?}");
    let sentence = "今天的事项编号已用完，请立即报告管理员。（规则 6.3）";
    assert!(refused.err.contains(sentence), "{refused:?}");
    let log = service.stderr();
    assert_eq!(log.matches("ALARM no case number is left").count(), 1, "{log}");
    assert_eq!(service.stop().code(), Some(0));
    // The next day, as far as numbers go.
    let again = "DROP TRIGGER day_sequence_is_kept; DELETE FROM day_sequence";
    database(data).execute_batch(again).unwrap();
    let service = Start::new(data).run();
    let numbered = wait_for(Duration::from_secs(20), || (listed(data).1 == 3).then_some(()));
    assert!(numbered.is_some(), "{:?}\n{}", listed(data), service.stderr());
    assert_eq!(run(&accept).code, 0, "after midnight");
    assert_eq!((listed(data), service.stop().code()), ((4, 4), Some(0)));
    let verified = run(&[&["verify"][..], &folder].concat());
    assert_eq!(verified.code, 0, "{verified:?}");
}
