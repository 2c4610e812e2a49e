//! Dates, weekdays and times of day in spoken Mandarin.

use super::say::{cardinal, liang, plain_digits};
use jiff::civil::{Date, Time, Weekday};

/// A year, digit by digit with 一: 二零一三年.
#[must_use]
pub fn year(year: i16) -> String {
    format!("{}年", plain_digits(&year.unsigned_abs().to_string()))
}

/// Year, month and day: 二零二六年十一月二十七日.
#[must_use]
pub fn ymd(date: Date) -> String {
    year(date.year()) + &md(date)
}

/// Month and day: 二月二日, never 两.
#[must_use]
pub fn md(date: Date) -> String {
    format!("{}月{}日", cardinal(date.month().into()), cardinal(date.day().into()))
}

/// The day of the week: 星期二; Sunday is 星期日.
#[must_use]
pub fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "星期一",
        Weekday::Tuesday => "星期二",
        Weekday::Wednesday => "星期三",
        Weekday::Thursday => "星期四",
        Weekday::Friday => "星期五",
        Weekday::Saturday => "星期六",
        Weekday::Sunday => "星期日",
    }
}

/// A time of day on the twelve-hour clock with its band: 下午两点三十分, 零点, 中午十二点零五分.
#[must_use]
pub fn time(at: Time) -> String {
    let hour = at.hour();
    let band = match hour {
        0 => "",
        1..=5 => "凌晨",
        6..=11 => "上午",
        12 => "中午",
        13..=17 => "下午",
        _ => "晚上",
    };
    let spoken = if hour > 12 { hour - 12 } else { hour };
    format!("{band}{}点{}", liang(spoken.into()), minutes(at.minute()))
}

/// Minutes past the hour: nothing, 零五分, 三十分.
fn minutes(minute: i8) -> String {
    match minute {
        0 => String::new(),
        1..=9 => format!("零{}分", cardinal(minute.into())),
        _ => format!("{}分", cardinal(minute.into())),
    }
}
