//! The table `readings.txt`, and words read back.

use crate::reader;
use jiff::ToSpan;
use jiff::civil::{Date, Time, date, time};
use mayorline::domain::speech::say_text::RoadOne;
use mayorline::domain::speech::{say, say_text, say_time};
use proptest::prelude::*;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("readings.txt");

/// The rows: format, argument of the format, input, spoken.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let [format, input, spoken] =
            line.split(" | ").collect::<Vec<_>>().try_into().expect("three columns");
        let (format, argument) = format.split_once(' ').unwrap_or((format, ""));
        (format, argument, input, spoken)
    })
}

fn speak(format: &str, argument: &str, input: &str) -> String {
    let number = || input.parse::<i64>().unwrap();
    let day = || input.parse::<Date>().unwrap();
    match format {
        "digits" => say::digits(input),
        "grouped" => {
            let sizes: Vec<usize> = argument.split('-').map(|n| n.parse().unwrap()).collect();
            say::grouped(input, &sizes).join(", ")
        }
        "phone" => say::grouped(input, say::phone_groups(input)).join(", "),
        "cardinal" => say::cardinal(number()),
        "liang" => say::liang(number()),
        "ordinal" => say::ordinal(number()),
        "count" => say::count(number(), argument),
        "percent" => say::percent(input),
        "decimal" => say::decimal(input),
        "money" => say::money(input.parse().unwrap()),
        "ymd" => say_time::ymd(day()),
        "md" => say_time::md(day()),
        "weekday" => say_time::weekday(day()).to_owned(),
        "year" => say_time::year(input.parse().unwrap()),
        "time" => say_time::time(input.parse::<Time>().unwrap()),
        "duration" => say_text::duration(input),
        "address" => say_text::address(input),
        "route" if argument == "幺" => say_text::route(input, RoadOne::Yao),
        "route" => say_text::route(input, RoadOne::Yi),
        other => panic!("no format {other}"),
    }
}

#[test]
fn every_row_of_the_table_is_said_as_written() {
    let wrong: Vec<String> = rows()
        .map(|(format, argument, input, spoken)| {
            (format, input, speak(format, argument, input), spoken)
        })
        .filter(|(_, _, said, spoken)| said != spoken)
        .map(|(format, input, said, spoken)| format!("{format} {input}: {said}, not {spoken}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn table_has_at_least_three_hundred_rows_and_every_format() {
    let formats: BTreeSet<&str> = rows().map(|row| row.0).collect();
    assert!(rows().count() >= 300);
    assert_eq!(formats.len(), 18, "{formats:?}");
}

#[test]
fn every_small_number_and_a_million_spread_ones_read_back() {
    let spread = (0..1_000_000_u64).map(|n| n.wrapping_mul(2_654_435_761) % 100_000_000);
    for n in (0..20_000).chain(spread).chain([99_999_999, 90_000_009, 10_010_010]) {
        let n = i64::try_from(n).unwrap();
        assert_eq!(reader::number(&say::cardinal(n)), Some(n));
        assert_eq!(reader::number(&say::liang(n)), Some(n));
    }
}

#[test]
fn every_day_of_forty_years_reads_back() {
    for day in date(2010, 1, 1).series(1.day()).take_while(|day| day.year() < 2050) {
        let spoken = say_time::ymd(day);
        assert_eq!(reader::day(&spoken), Some((day.year(), day.month(), day.day())), "{spoken}");
        assert!(!spoken.contains(['幺', '两']), "{spoken}");
    }
}

#[test]
fn every_minute_of_a_day_reads_back() {
    let mut said = BTreeSet::new();
    for hour in 0..24 {
        for minute in 0..60 {
            let spoken = say_time::time(time(hour, minute, 0, 0));
            assert_eq!(reader::time(&spoken), Some((hour, minute)), "{spoken}");
            said.insert(spoken);
        }
    }
    assert_eq!(said.len(), 24 * 60);
}

proptest! {
    #[test]
    fn large_numbers_read_back(n in -9_999_999_999_999_i64..9_999_999_999_999) {
        prop_assert_eq!(reader::number(&say::cardinal(n)), Some(n));
        prop_assert_eq!(reader::number(&say::liang(n)), Some(n));
    }

    #[test]
    fn digits_read_back_in_any_groups(
        text in "[0-9]{0,24}",
        sizes in prop::collection::vec(0_usize..9, 0..6),
    ) {
        let groups = say::grouped(&text, &sizes);
        prop_assert_eq!(reader::digits(&groups.concat()), Some(text));
        prop_assert!(groups.iter().all(|group| !group.is_empty()));
        prop_assert!(!groups.concat().contains('一'));
    }

    #[test]
    fn decimals_read_back(whole in 0_i64..100_000_000, fraction in "[0-9]{1,6}") {
        let spoken = say::decimal(&format!("{whole}.{fraction}"));
        let (before, after) = spoken.split_once('点').unwrap();
        prop_assert_eq!(reader::number(before), Some(whole));
        prop_assert_eq!(reader::digits(&after.replace('一', "幺")), Some(fraction));
    }

    #[test]
    fn any_text_can_be_said(text in "\\PC{0,40}", n in any::<i64>(), fen in any::<u64>()) {
        let said = [
            say::decimal(&text),
            say::percent(&text),
            say::digits(&text),
            say_text::address(&text),
            say_text::duration(&text),
            say_text::route(&text, RoadOne::Yao),
            say::money(fen),
        ];
        prop_assert!(said.iter().all(|words| words.len() < 10 * (text.len() + 100)));
        prop_assert!(!say::cardinal(n).is_empty());
        prop_assert!(!say::liang(n).contains("两十"));
    }
}
