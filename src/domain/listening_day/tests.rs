//! The golden dates of every reading, and what people decide.

use super::*;
use jiff::civil::date;

/// Month; dates by nth weekday, by full week, by calendar week; the holiday that is put off, with
/// the date by the same weekday and by the next working day.
const GOLDEN: &str = "
2013-10 | 2013-10-01 2013-10-15 | 2013-10-08 2013-10-22 | 2013-10-01 2013-10-15 | 01 08
2024-09 | 2024-09-03 2024-09-17 | 2024-09-03 2024-09-17 | 2024-08-27 2024-09-10 | 17 24 18
2024-10 | 2024-10-01 2024-10-15 | 2024-10-08 2024-10-22 | 2024-10-01 2024-10-15 | 01 08
2025-02 | 2025-02-04 2025-02-18 | 2025-02-04 2025-02-18 | 2025-01-28 2025-02-11 | 04 11 05
2025-10 | 2025-10-07 2025-10-21 | 2025-10-07 2025-10-21 | 2025-09-30 2025-10-14 | 07 14 09
2026-02 | 2026-02-03 2026-02-17 | 2026-02-03 2026-02-17 | 2026-01-27 2026-02-10 | 17 24 24
2026-04 | 2026-04-07 2026-04-21 | 2026-04-07 2026-04-21 | 2026-03-31 2026-04-14 |
2026-05 | 2026-05-05 2026-05-19 | 2026-05-05 2026-05-19 | 2026-04-28 2026-05-12 | 05 12 06
2026-06 | 2026-06-02 2026-06-16 | 2026-06-02 2026-06-16 | 2026-06-02 2026-06-16 |
2026-07 | 2026-07-07 2026-07-21 | 2026-07-07 2026-07-21 | 2026-06-30 2026-07-14 |
2026-09 | 2026-09-01 2026-09-15 | 2026-09-08 2026-09-22 | 2026-09-01 2026-09-15 |
2026-10 | 2026-10-06 2026-10-20 | 2026-10-06 2026-10-20 | 2026-09-29 2026-10-13 | 06 13 08
2026-11 | 2026-11-03 2026-11-17 | 2026-11-03 2026-11-17 | 2026-10-27 2026-11-10 |
2026-12 | 2026-12-01 2026-12-15 | 2026-12-08 2026-12-22 | 2026-12-01 2026-12-15 |
";

fn with(reading: Reading, off_day: OffDay) -> ListeningRules {
    ListeningRules { reading, off_day, ..ListeningRules::default() }
}

#[test]
fn every_reading_gives_the_golden_dates() {
    let mut rows = 0;
    for row in GOLDEN.lines().filter(|row| !row.is_empty()) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let month: Date = format!("{}-01", columns[0]).parse().unwrap();
        let readings = [Reading::NthWeekday, Reading::FullWeek, Reading::CalendarWeek];
        for (reading, wanted) in readings.into_iter().zip(&columns[1..4]) {
            let rules = with(reading, OffDay::NextSameWeekday);
            let planned = [1, 3].map(|week| rules.planned(month, week).unwrap().to_string());
            assert_eq!(planned.join(" "), *wanted, "{reading:?} of {month}");
            rows += 1;
        }
    }
    assert_eq!(rows, 42);
}

#[test]
fn a_holiday_is_put_off_as_the_rule_says() {
    let calendar = Calendar::built_in();
    let mut checked = 0;
    for row in GOLDEN.lines().filter(|row| !row.is_empty()) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let days: Vec<i8> = columns[4].split_whitespace().map(|d| d.parse().unwrap()).collect();
        let month: Date = format!("{}-01", columns[0]).parse().unwrap();
        let Some(&off) = days.first() else {
            for date in columns[1].split_whitespace() {
                let day = ListeningRules::default().on(&calendar, date.parse().unwrap());
                assert!(matches!(day.unwrap().reason, Reason::Rule { .. }), "{date}");
            }
            continue;
        };
        let planned = month.with().day(off).build().unwrap();
        for (off_day, at) in [(OffDay::NextSameWeekday, 1), (OffDay::NextWorkday, 2)] {
            let Some(&wanted) = days.get(at) else { continue };
            let wanted = month.with().day(wanted).build().unwrap();
            let rules = with(Reading::NthWeekday, off_day);
            assert_eq!(rules.on(&calendar, planned), None, "{planned} is a holiday");
            let day = rules.on(&calendar, wanted).unwrap();
            assert!(
                matches!(&day.reason, Reason::Holiday { planned: p, holiday } if *p == planned && !holiday.is_empty()),
                "{wanted}: {day:?}"
            );
            checked += 1;
        }
        let skipped = with(Reading::NthWeekday, OffDay::Skip).next(&calendar, month, 1);
        assert_ne!(skipped[0].date, planned);
        assert!(matches!(skipped[0].reason, Reason::Rule { .. }));
    }
    assert_eq!(checked, 14);
}

#[test]
fn the_next_twelve_dates_are_in_order_and_none_is_lost() {
    let calendar = Calendar::built_in();
    let days = ListeningRules::default().next(&calendar, date(2026, 1, 1), 24);
    assert!(days.is_sorted_by(|a, b| a.date < b.date));
    let dates: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(
        dates[..12],
        [
            "2026-01-06",
            "2026-01-20",
            "2026-02-03",
            "2026-02-24",
            "2026-03-03",
            "2026-03-17",
            "2026-04-07",
            "2026-04-21",
            "2026-05-12",
            "2026-05-19",
            "2026-06-02",
            "2026-06-16",
        ]
    );
    assert!(days.iter().all(|day| day.date.year() == 2026 && !day.provisional));
    assert_eq!(days[0].publish_by, date(2026, 1, 3));
}

#[test]
fn a_year_without_a_table_is_provisional() {
    let days = ListeningRules::default().next(&Calendar::built_in(), date(2026, 12, 10), 2);
    assert_eq!((days[0].date, days[0].provisional), (date(2026, 12, 15), false));
    assert_eq!((days[1].date, days[1].provisional), (date(2027, 1, 5), true));
}

#[test]
fn people_add_move_and_cancel() {
    let calendar = Calendar::built_in();
    let why = || "市委全会".to_owned();
    let rules = ListeningRules {
        overrides: vec![
            Override::Move { from: date(2026, 11, 3), to: date(2026, 11, 5), why: why() },
            Override::Cancel { date: date(2026, 11, 17), why: why() },
            Override::Add { date: date(2026, 11, 21), why: why() },
            // The date that a holiday was put off to can be moved as well.
            Override::Move { from: date(2026, 10, 13), to: date(2026, 10, 14), why: why() },
        ],
        ..ListeningRules::default()
    };
    let days = rules.next(&calendar, date(2026, 10, 1), 5);
    let shown: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(shown, ["2026-10-14", "2026-10-20", "2026-11-05", "2026-11-21", "2026-12-01"]);
    assert_eq!(days[2].reason, Reason::Moved { planned: date(2026, 11, 3), why: why() });
    assert_eq!(days[3].reason, Reason::Added { why: why() });
    assert_eq!(rules.on(&calendar, date(2026, 11, 17)), None);
}

#[test]
fn a_fifth_week_is_only_where_the_month_has_one() {
    let rules = ListeningRules { weeks: vec![5], ..ListeningRules::default() };
    let days = rules.next(&Calendar::built_in(), date(2026, 1, 1), 3);
    let shown: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(shown, ["2026-03-31", "2026-06-30", "2026-09-29"]);
}

#[test]
fn rules_that_contradict_themselves_are_refused() {
    let fine = ListeningRules::default();
    assert_eq!(fine.check(), Ok(()));
    let window = (fine.window.1, fine.window.0);
    assert!(ListeningRules { window, ..fine.clone() }.check().is_err());
    assert!(ListeningRules { weeks: vec![], ..fine.clone() }.check().is_err());
    assert!(ListeningRules { weeks: vec![6], ..fine }.check().is_err());
}
