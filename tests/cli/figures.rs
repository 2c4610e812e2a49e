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
    let nobody = ["15秒接通率", "接通率", "连续24小时最低接通率"]
        .map(|title| format!("{title} 0/0 —，目标 95 %\n"))
        .concat();
    assert!(later.ends_with(&nobody), "{later}");
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
    let mut numbers = vec![];
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
        numbers.push(number.to_string());
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
    // Each number has its cases, and the sealed one is not among them.
    let data = folder.path().to_str().unwrap();
    let asked = ["figures", "hot", "--on", "2026-11-28", "--cases", "--data", data];
    let cases = run(&asked);
    assert_eq!(cases.code, 0, "{}", cases.err);
    let all = numbers[..3].join(" ");
    assert_eq!(cases.out, format!("领域 080100 近7日 3：{all}\n领域 080100 此前4期 0：\n"));
    assert_eq!(run(&[&asked[..], &["--row", "领域 080100"]].concat()).out, cases.out);
    let none = run(&[&asked[..], &["--row", "领域 050100"]].concat());
    assert!(none.code == 66 && none.err.contains("没有“领域 050100”这一行"), "{none:?}");
}

/// 5,914 were taken in before the service began: what of a total has cases, and what has none.
#[test]
fn a_total_has_its_cases_and_an_opening_balance_says_that_it_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let number = new_case(&store.handle(), "one").0.to_string();
    store.close();
    let data = folder.path().to_str().unwrap();
    let set = ["figures", "opening", "set", "phone", "2667", "--by", "li", "--data", data];
    assert_eq!(run(&set).code, 0);
    let told = run(&["figures", "totals", "--cases", "--data", data]);
    assert_eq!(told.code, 0, "{}", told.err);
    let balance = "公开电话 期初 2667：期初数由人工登记，没有逐件事项\n";
    assert!(told.out.starts_with(balance), "{}", told.out);
    assert!(told.out.contains(&format!("文字消息 事项 1：{number}\n")), "{}", told.out);
    let sum =
        format!("合计 合计 2668：{number} 另有期初 2667 件，期初数由人工登记，没有逐件事项\n");
    assert!(told.out.ends_with(&sum), "{}", told.out);
    let json =
        run(&["figures", "totals", "--cases", "--row", "文字消息", "--json", "--data", data]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json[1]["cases"], serde_json::json!([number]));
}

#[test]
fn a_period_that_cannot_be_is_refused() {
    for (from, to) in [("2026-11-23", "2026-11-22"), ("2020-01-01", "2026-11-22")] {
        let outcome = run(&["figures", "kpi", "--from", from, "--to", to]);
        assert_eq!(outcome.code, 64, "{}", outcome.err);
    }
}
