//! The limit of a duty item in its fixed form (承办时限一律使用“x日内”等确定性描述).

use crate::domain::search::narrow;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest limit, in whatever it is counted in.
pub const LIMIT_NUMBER_MAX: u16 = 999;

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitUnit {
    /// 日: calendar days.
    Days,
    /// 个工作日: working days.
    WorkingDays,
    /// 小时: hours.
    Hours,
}

impl LimitUnit {
    /// With how it is written behind the number.
    const WORDS: [(Self, &'static str); 3] =
        [(Self::WorkingDays, "个工作日内"), (Self::Days, "日内"), (Self::Hours, "小时内")];
}

/// Within how long a duty is done: 5日内, 5个工作日内, 24小时内.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Limit {
    /// 1 to [`LIMIT_NUMBER_MAX`].
    number: u16,
    unit: LimitUnit,
}

/// Not one of the three forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("应写成“5日内”“5个工作日内”或“24小时内”，数字为1至{max}", max = LIMIT_NUMBER_MAX)]
pub struct NotFixed;

impl Limit {
    /// A limit; `None` when the number is 0 or more than [`LIMIT_NUMBER_MAX`].
    #[must_use]
    pub fn new(number: u16, unit: LimitUnit) -> Option<Self> {
        (1..=LIMIT_NUMBER_MAX).contains(&number).then_some(Self { number, unit })
    }

    /// The number alone.
    #[must_use]
    pub fn number(self) -> u16 {
        self.number
    }

    /// What it is counted in.
    #[must_use]
    pub fn unit(self) -> LimitUnit {
        self.unit
    }

    /// How many working days are begun within it; `None` for calendar days, which hold more or
    /// fewer of them.
    #[must_use]
    pub fn working_days(self) -> Option<u16> {
        match self.unit {
            LimitUnit::WorkingDays => Some(self.number),
            LimitUnit::Hours => Some(self.number.div_ceil(24)),
            LimitUnit::Days => None,
        }
    }
}

/// Reads the fixed form; digits may be full width, blanks may stand between. Free text (尽快, 及时,
/// 约5日, 5日左右) is refused.
///
/// ```
/// use mayorline::domain::directory::{Limit, LimitUnit};
/// let limit: Limit = "５个工作日内".parse()?;
/// assert_eq!((limit.number(), limit.unit()), (5, LimitUnit::WorkingDays));
/// assert_eq!(limit.to_string(), "5个工作日内");
/// assert!("尽快办理".parse::<Limit>().is_err());
/// # Ok::<(), mayorline::domain::directory::NotFixed>(())
/// ```
impl FromStr for Limit {
    type Err = NotFixed;

    fn from_str(text: &str) -> Result<Self, NotFixed> {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect();
        let read = |(unit, words): &(LimitUnit, &str)| {
            let digits = bare.strip_suffix(*words)?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.parse().ok().filter(|_| plain)?;
            Self::new(number, *unit)
        };
        LimitUnit::WORDS.iter().find_map(read).ok_or(NotFixed)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = LimitUnit::WORDS.iter().find(|(unit, _)| *unit == self.unit);
        write!(f, "{}{}", self.number, words.map_or("", |(_, words)| words))
    }
}

impl TryFrom<String> for Limit {
    type Error = NotFixed;

    fn try_from(text: String) -> Result<Self, NotFixed> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_forms_are_read_and_nothing_else() {
        for (text, number, unit) in [
            ("5日内", 5, LimitUnit::Days),
            (" 15 个工作日内 ", 15, LimitUnit::WorkingDays),
            ("２４小时内", 24, LimitUnit::Hours),
            ("999日内", 999, LimitUnit::Days),
        ] {
            let limit: Limit = text.parse().unwrap();
            assert_eq!((limit.number(), limit.unit()), (number, unit), "{text}");
        }
        for wrong in [
            "",
            "5",
            "日内",
            "5日",
            "五日内",
            "0日内",
            "1000日内",
            "约5日内",
            "5-10日内",
            "5工作日内",
            "5日内办结",
            "+5日内",
            "-5日内",
            "5.5日内",
            "当场",
            "尽快",
            "70000小时内",
        ] {
            assert_eq!(wrong.parse::<Limit>(), Err(NotFixed), "{wrong}");
        }
    }

    #[test]
    fn hours_begin_working_days_and_calendar_days_have_none() {
        let days = |text: &str| text.parse::<Limit>().unwrap().working_days();
        assert_eq!(days("5个工作日内"), Some(5));
        assert_eq!(
            (days("2小时内"), days("24小时内"), days("25小时内")),
            (Some(1), Some(1), Some(2))
        );
        assert_eq!(days("5日内"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(number in 1..=LIMIT_NUMBER_MAX, which in 0..3_usize) {
            let limit = Limit::new(number, LimitUnit::WORDS[which].0).unwrap();
            prop_assert_eq!(limit.to_string().parse(), Ok(limit));
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "\\PC{0,12}") {
            if let Ok(limit) = text.parse::<Limit>() {
                prop_assert!(limit.number() >= 1 && limit.number() <= LIMIT_NUMBER_MAX);
            }
        }
    }
}
