//! The golden table of due dates, the edges of a day, and what holds for every date.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn due(assigned: &str, mode: DeadlineMode) -> Deadline {
    let rules = DeadlineRules { mode, ..DeadlineRules::default() };
    let at: Timestamp = format!("{assigned}+08:00").parse().unwrap();
    Deadline::due(at, REPLY_DAYS, &rules, &Calendar::built_in())
}

fn dates(assigned: &str) -> [String; 3] {
    [DeadlineMode::Calendar, DeadlineMode::CalendarRoll, DeadlineMode::Working]
        .map(|mode| due(assigned, mode).on.to_string())
}

#[test]
fn five_days_end_on_the_golden_dates_in_all_three_readings() {
    for (assigned, calendar, rolled, working) in [
        ("2013-08-29", "2013-09-03", "2013-09-03", "2013-09-05"),
        ("2013-09-29", "2013-10-04", "2013-10-08", "2013-10-11"),
        ("2024-02-08", "2024-02-13", "2024-02-18", "2024-02-21"),
        ("2025-01-24", "2025-01-29", "2025-02-05", "2025-02-07"),
        ("2025-01-26", "2025-01-31", "2025-02-05", "2025-02-08"),
        ("2025-09-30", "2025-10-05", "2025-10-09", "2025-10-14"),
        ("2026-02-12", "2026-02-17", "2026-02-24", "2026-02-26"),
        ("2026-02-14", "2026-02-19", "2026-02-24", "2026-02-28"),
        ("2026-04-30", "2026-05-05", "2026-05-06", "2026-05-11"),
        ("2026-05-08", "2026-05-13", "2026-05-13", "2026-05-14"),
        ("2026-09-17", "2026-09-22", "2026-09-22", "2026-09-23"),
        ("2026-09-18", "2026-09-23", "2026-09-23", "2026-09-24"),
        ("2026-09-24", "2026-09-29", "2026-09-29", "2026-10-09"),
        ("2026-09-28", "2026-10-03", "2026-10-08", "2026-10-10"),
        ("2026-09-30", "2026-10-05", "2026-10-08", "2026-10-13"),
        ("2026-11-16", "2026-11-21", "2026-11-23", "2026-11-23"),
        ("2026-11-20", "2026-11-25", "2026-11-25", "2026-11-27"),
    ] {
        let expected = [calendar, rolled, working].map(str::to_owned);
        assert_eq!(dates(&format!("{assigned}T10:00:00")), expected, "{assigned}");
        assert!(!due(&format!("{assigned}T10:00:00"), DeadlineMode::CalendarRoll).provisional);
    }
}

#[test]
fn a_year_without_a_table_gives_a_provisional_date_that_knows_new_year() {
    // Counting 2027-01-01 as a working day would give 01-07: the fixed holiday makes it 01-08.
    assert_eq!(dates("2026-12-31T10:00:00"), ["2027-01-05", "2027-01-05", "2027-01-08"]);
    for mode in [DeadlineMode::Calendar, DeadlineMode::CalendarRoll, DeadlineMode::Working] {
        let deadline = due("2026-12-31T10:00:00", mode);
        assert!(deadline.provisional);
        assert!(deadline.explained.contains(&Step::NoTable { year: 2027 }));
    }
}

#[test]
fn the_day_of_assignment_is_the_local_one_to_the_last_second() {
    assert_eq!(due("2026-11-16T23:59:59", DeadlineMode::Calendar).on, date(2026, 11, 21));
    assert_eq!(due("2026-11-17T00:00:00", DeadlineMode::Calendar).on, date(2026, 11, 22));
}

#[test]
fn leap_days_are_counted() {
    assert_eq!(due("2024-02-28T10:00:00", DeadlineMode::Calendar).on, date(2024, 3, 4));
    assert_eq!(due("2024-02-29T10:00:00", DeadlineMode::Calendar).on, date(2024, 3, 5));
    assert_eq!(due("2026-02-28T10:00:00", DeadlineMode::Calendar).on, date(2026, 3, 5));
}

#[test]
fn calendar_modes_end_at_midnight_and_working_mode_at_office_close() {
    let end = |mode| due("2026-11-20T10:00:00", mode).at.to_zoned(city_zone()).to_string();
    let calendar = end(DeadlineMode::Calendar);
    assert!(calendar.starts_with("2026-11-26T00:00:00+08:00"), "{calendar}");
    assert!(end(DeadlineMode::Working).starts_with("2026-11-27T17:30:00+08:00"));
}

#[test]
fn work_that_comes_after_office_close_counts_from_the_next_working_day() {
    let on_time = due("2026-11-19T17:30:00", DeadlineMode::Working);
    let late = due("2026-11-19T17:30:01", DeadlineMode::Working);
    assert_eq!((on_time.on, late.on), (date(2026, 11, 26), date(2026, 11, 27)));
    assert!(late.explained.contains(&Step::AfterHours { counts_as: date(2026, 11, 20) }));
    let rules = DeadlineRules {
        mode: DeadlineMode::Working,
        late_counts_next_day: false,
        ..DeadlineRules::default()
    };
    let at = "2026-11-19T17:30:01+08:00".parse().unwrap();
    assert_eq!(Deadline::due(at, 5, &rules, &Calendar::built_in()).on, on_time.on);
}

#[test]
fn a_table_that_comes_later_never_brings_the_told_date_forward() {
    let told = due("2026-12-31T10:00:00", DeadlineMode::Working);
    let earlier = due("2026-12-29T10:00:00", DeadlineMode::Calendar);
    let kept = earlier.clone().not_before(&told);
    assert_eq!((kept.on, kept.at), (told.on, told.at));
    assert!(kept.explained.contains(&Step::Promised { on: told.on }));
    assert_eq!(told.clone().not_before(&earlier), told);
}

#[test]
fn the_way_to_the_date_is_told_step_by_step() {
    assert_eq!(
        due("2026-09-28T10:00:00", DeadlineMode::CalendarRoll).explained,
        [
            Step::Began { on: date(2026, 9, 28) },
            Step::CountedTo { on: date(2026, 10, 3), days: 5 },
            Step::Rolled { from: date(2026, 10, 3), to: date(2026, 10, 8) },
        ]
    );
}

#[test]
fn the_end_of_time_does_not_panic() {
    for mode in [DeadlineMode::Calendar, DeadlineMode::CalendarRoll, DeadlineMode::Working] {
        let rules = DeadlineRules { mode, ..DeadlineRules::default() };
        for at in [Timestamp::MIN, Timestamp::MAX] {
            let _ = Deadline::due(at, u16::MAX, &rules, &Calendar::built_in());
        }
    }
}

proptest! {
    #[test]
    fn a_reply_is_never_due_before_five_days_are_over(
        seconds in 1_356_998_400_i64..1_893_456_000, roll in any::<bool>()
    ) {
        let mode = if roll { DeadlineMode::CalendarRoll } else { DeadlineMode::Calendar };
        let rules = DeadlineRules { mode, ..DeadlineRules::default() };
        let at = Timestamp::from_second(seconds).unwrap();
        let deadline = Deadline::due(at, REPLY_DAYS, &rules, &Calendar::built_in());
        prop_assert!(deadline.on >= local_day(at).saturating_add(5.days()));
        prop_assert!(deadline.at > at);
        if roll && !deadline.provisional {
            prop_assert!(Calendar::built_in().is_working(deadline.on));
        }
    }

    #[test]
    fn a_later_start_never_gives_an_earlier_date(
        seconds in 1_704_067_200_i64..1_798_761_600, later in 0_i64..864_000
    ) {
        // The rule of office close breaks this on purpose: Friday evening counts as Monday, while
        // Saturday is a first day that is not counted.
        let mode = DeadlineMode::Working;
        let rules =
            DeadlineRules { mode, late_counts_next_day: false, ..DeadlineRules::default() };
        let on = |second| {
            let at = Timestamp::from_second(second).unwrap();
            Deadline::due(at, REPLY_DAYS, &rules, &Calendar::built_in()).on
        };
        prop_assert!(on(seconds) <= on(seconds + later));
    }
}

#[test]
fn hours_are_counted_through_nights_and_days_off() {
    let from: Timestamp = "2026-11-21T23:30:00+08:00".parse().unwrap();
    let due = Deadline::hours(from, 2);
    assert_eq!((due.on, due.provisional), (date(2026, 11, 22), false));
    assert_eq!(due.at, "2026-11-22T01:30:00+08:00".parse().unwrap());
    assert!(due.explained.contains(&Step::Hours { hours: 2 }));
}

#[test]
fn an_extension_counts_working_days_on_from_the_last_day() {
    let calendar = Calendar::built_in();
    for (mode, on) in [
        (DeadlineMode::CalendarRoll, date(2026, 10, 13)),
        (DeadlineMode::Working, date(2026, 10, 15)),
    ] {
        let rules = DeadlineRules { mode, ..DeadlineRules::default() };
        let extended = due("2026-09-28T10:00:00", mode).extended(4, &rules, &calendar);
        assert!(!extended.provisional, "{mode:?}");
        assert_eq!(extended.on, on, "{mode:?}");
    }
    let rules = DeadlineRules::default();
    let over = due("2026-12-25T10:00:00", rules.mode).extended(3, &rules, &calendar);
    assert!(over.provisional, "it reaches into a year without a table");
}

#[test]
fn working_periods_end_when_offices_close_in_every_mode() {
    let from: Timestamp = "2026-11-20T10:00:00+08:00".parse().unwrap();
    let due = Deadline::working(from, 2, &DeadlineRules::default(), &Calendar::built_in());
    assert_eq!(due.at, "2026-11-24T17:30:00+08:00".parse().unwrap());
}
