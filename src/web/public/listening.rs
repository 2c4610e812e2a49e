//! The next listening days (领导接听日) with the reason of each date, from the city's calendar (C4).

use super::PublicConfig;
use super::words::Words;
use crate::domain::listening_day::{ListeningDay, Reason};
use jiff::civil::Date;

/// Listening days that are told: half a year.
const DAYS_SHOWN: usize = 12;

/// The days, and from when until when a leader takes calls on each.
pub(super) struct ListeningDays {
    pub(super) window: [String; 2],
    pub(super) days: Vec<ListeningDay>,
}

/// The next days from today on.
pub(super) fn next(config: &PublicConfig, today: Date) -> ListeningDays {
    let (from, to) = config.rules.window;
    ListeningDays {
        window: [from, to].map(|time| time.strftime("%H:%M").to_string()),
        days: config.rules.next(&config.calendar, today, DAYS_SHOWN),
    }
}

/// Why it is this date.
pub(super) fn reason(words: Words, day: &ListeningDay) -> String {
    let mut why = match (&day.reason, words.english) {
        (Reason::Rule { week, month }, false) => {
            format!("{}第{}周例行接听", words.month(*month), numeral(*week))
        }
        (Reason::Rule { week, month }, true) => {
            format!("by rule: week {week} of {}", words.month(*month))
        }
        (Reason::Holiday { planned, holiday }, false) => {
            format!("原定{}，因{holiday}假期改期", words.date(*planned))
        }
        (Reason::Holiday { planned, holiday }, true) => format!("instead of {planned}, {holiday}"),
        (Reason::Moved { planned, why }, false) => {
            format!("由{}改期：{why}", words.date(*planned))
        }
        (Reason::Moved { planned, why }, true) => format!("moved from {planned}: {why}"),
        (Reason::Added { why }, false) => format!("增加：{why}"),
        (Reason::Added { why }, true) => format!("added: {why}"),
    };
    if day.provisional {
        why += words
            .pick("（该年放假安排尚未公布，日期可能变动）", " (may move: holidays not known yet)");
    }
    why
}

fn numeral(week: i8) -> &'static str {
    match week {
        1 => "一",
        2 => "二",
        3 => "三",
        4 => "四",
        _ => "五",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_reason_is_told_in_both_languages() {
        let (planned, why) = (date(2026, 10, 6), "全会".to_owned());
        let reasons = [
            (Reason::Rule { week: 3, month: date(2026, 11, 1) }, "2026年11月第三周例行接听"),
            (
                Reason::Holiday { planned, holiday: "国庆节".to_owned() },
                "原定2026年10月6日，因国庆节假期改期",
            ),
            (Reason::Moved { planned, why: why.clone() }, "由2026年10月6日改期：全会"),
            (Reason::Added { why }, "增加：全会"),
        ];
        let (chinese, english) =
            (Words { english: false, demo: false }, Words { english: true, demo: false });
        for (reason_of, told) in reasons {
            let on = date(2026, 11, 17);
            let mut day =
                ListeningDay { date: on, reason: reason_of, provisional: false, publish_by: on };
            assert_eq!(reason(chinese, &day), told);
            assert!(!reason(english, &day).is_empty());
            day.provisional = true;
            assert!(reason(chinese, &day).ends_with("日期可能变动）"));
        }
        assert_eq!(chinese.day(date(2026, 11, 3)), "2026年11月3日（星期二）");
        assert_eq!(english.day(date(2026, 11, 3)), "Tuesday, 2026-11-03");
    }
}
