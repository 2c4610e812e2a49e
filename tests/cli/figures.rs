//! `figures kpi` on a stopped folder: what is counted, what is left out, and the cases behind it.

use super::run;
use crate::desk::{intake, new_case, open, record, store_intake};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{CaseEvent, Grade, Nature, Record};
use std::path::Path;

/// Three cases of 22 November: answered and graded at once, left, kept.
fn filled(folder: &Path) -> [String; 3] {
    let store = open(folder);
    let handle = store.handle();
    let classified = || CaseEvent::Classified { nature: Nature::Help, domain: "050100".to_owned() };
    let numbers = ["answered", "left", "kept"].map(|key| new_case(&handle, key).0);
    let rated =
        Record::Rated { grade: Grade::Satisfied, by: "c1".to_owned(), at: crate::desk::noonish() };
    let answered =
        [classified(), CaseEvent::CallbackDue { answered_directly: true }, CaseEvent::from(rated)];
    record(&handle, numbers[0], answered.to_vec()).unwrap();
    record(&handle, numbers[2], vec![classified(), CaseEvent::Kept]).unwrap();
    assert_eq!(store_intake(&handle, intake("draft", IntakeKind::Abandoned)).0, None);
    store.close();
    numbers.map(|number| number.to_string())
}

fn kpi(folder: &Path, as_of: &str, json: bool) -> String {
    let data = folder.to_str().unwrap();
    let period = ["figures", "kpi", "--from", "2026-11-22", "--to", "2026-11-22"];
    let mut arguments = period.to_vec();
    arguments.extend(["--as-of", as_of, "--data", data]);
    arguments.extend(json.then_some("--json"));
    let outcome = run(&arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    outcome.out
}

#[test]
fn the_figures_are_those_of_the_day_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = filled(folder.path());
    let in_time = kpi(folder.path(), "2026-11-23T12:00:00+08:00", false);
    assert!(in_time.starts_with("受理量 3\n"), "{in_time}");
    assert!(
        in_time.contains("办复率 1/1 100.0 %，目标 100 %，不计留存 1，不计未到期 1\n"),
        "{in_time}"
    );
    let later = kpi(folder.path(), "2026-12-22T12:00:00+08:00", false);
    assert!(later.contains("办复率 1/2 50.0 %，目标 100 %，不计留存 1\n"), "{later}");
    let json: serde_json::Value =
        serde_json::from_str(&kpi(folder.path(), "2026-12-22T12:00:00+08:00", true)).unwrap();
    let replied = &json["kpis"][0];
    assert_eq!(replied["counted"], serde_json::json!([numbers[0]]));
    assert_eq!(replied["missed"], serde_json::json!([numbers[1]]));
    assert_eq!(replied["excluded"]["kept"], serde_json::json!([numbers[2]]));
    // Nobody called.
    assert!(later.ends_with("15秒接通率 0/0 —，目标 95 %\n接通率 0/0 —，目标 95 %\n"), "{later}");
    assert_eq!(json["calls"][0]["name"], "answered_in_time");
    // Before anything had happened there was nothing to count.
    let before = kpi(folder.path(), "2026-11-22T09:00:00+08:00", false);
    assert!(before.starts_with("受理量 0\n") && before.contains("办复率 0/0 —"), "{before}");
}

#[test]
fn a_hot_issue_names_its_domain_and_leaves_sealed_cases_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    for (key, domain) in [
        ("a", "080100"),
        ("b", "080100"),
        ("c", "080100"),
        ("d", "050100"),
        ("e", "000000"),
        ("f", "000000"),
        ("g", "000000"),
    ] {
        let number = new_case(&handle, key).0;
        let domain = domain.to_owned();
        record(&handle, number, vec![CaseEvent::Classified { nature: Nature::Help, domain }])
            .unwrap();
    }
    let sealed = new_case(&handle, "sealed").0;
    // A fourth one, if it were told.
    let domain = "080100".to_owned();
    let hidden = [CaseEvent::Classified { nature: Nature::Report, domain }, CaseEvent::Sealed];
    record(&handle, sealed, hidden.to_vec()).unwrap();
    store.close();
    // Before it was sealed it was a case like others, and that is told no more.
    let measured = kpi(folder.path(), "2026-11-22T10:00:00+08:00", true);
    let measured: serde_json::Value = serde_json::from_str(&measured).unwrap();
    let excluded = &measured["kpis"][0]["excluded"]["sealed"];
    assert_eq!(*excluded, serde_json::json!([sealed.to_string()]), "{measured}");
    let hot = |on: &str| {
        let data = folder.path().to_str().unwrap();
        let outcome = run(&["figures", "hot", "--on", on, "--data", data]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        outcome.out
    };
    assert_eq!(hot("2026-11-28"), "领域 080100：近7日 3 件，此前4期共 0 件\n");
    assert_eq!(hot("2026-11-29"), "", "a day later it is over");
}

#[test]
fn a_period_that_cannot_be_is_refused() {
    for (from, to) in [("2026-11-23", "2026-11-22"), ("2020-01-01", "2026-11-22")] {
        let outcome = run(&["figures", "kpi", "--from", from, "--to", to]);
        assert_eq!(outcome.code, 64, "{}", outcome.err);
    }
}
