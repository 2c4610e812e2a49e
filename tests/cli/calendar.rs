//! `calendar listening-days`: dates with reasons, and what is refused.

use crate::run;

const VERB: [&str; 2] = ["calendar", "listening-days"];

#[test]
fn the_next_dates_are_printed_with_their_reasons() {
    let from = ["--from", "2026-10-01", "--count", "3"];
    let shown = run(&[&VERB[..], &from].concat());
    assert_eq!(
        (shown.code, shown.out.as_str()),
        (
            0,
            "2026-10-13 tuesday 09:00-11:00: instead of 2026-10-06, 国庆节\n\
             2026-10-20 tuesday 09:00-11:00: week 3 of 2026-10\n\
             2026-11-03 tuesday 09:00-11:00: week 1 of 2026-11\n"
        ),
        "{shown:?}"
    );
}

#[test]
fn json_has_the_same_with_decisions_of_people_and_who_is_on_duty() {
    let changes = "listening_day.change=[{ do = 'move', from = '2026-11-03', to = '2026-11-05', \
                   why = '全会' }]";
    let leaders = "listening_day.leader=[{ title = '市长', seat = '901' }]";
    let options = ["--from", "2026-11-01", "--count", "2", "--json"];
    let settings = ["--set", changes, "--set", leaders];
    let shown = run(&[&VERB[..], &options, &settings].concat());
    assert_eq!(shown.code, 0, "{shown:?}");
    let rows: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let first = &rows[0];
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!((&first["date"], &first["weekday"]), (&"2026-11-05".into(), &"thursday".into()));
    assert_eq!(first["reason"]["by"], "moved");
    assert_eq!(first["reason"]["planned"], "2026-11-03");
    assert_eq!(first["publish_by"], "2026-11-02");
    assert_eq!(first["window"], serde_json::json!(["09:00", "11:00"]));
    assert_eq!(first["duty"]["title"], "市长");
    assert_eq!((&first["provisional"], &rows[1]["date"]), (&false.into(), &"2026-11-17".into()));
}

#[test]
fn twelve_dates_from_today_unless_asked_otherwise() {
    let shown = run(&VERB);
    assert_eq!((shown.code, shown.out.lines().count()), (0, 12), "{shown:?}");
    for wrong in [["--from", "tomorrow"], ["--count", "0"], ["--count", "121"]] {
        let refused = run(&[&VERB[..], &wrong].concat());
        assert_eq!((refused.code, refused.out.as_str()), (64, ""), "{wrong:?}: {refused:?}");
    }
    let refused = run(&[&VERB[..], &["--set", "listening_day.weekday=someday"]].concat());
    assert_eq!(refused.code, 78, "{refused:?}");
}
