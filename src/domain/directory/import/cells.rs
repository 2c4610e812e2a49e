//! The cells of one row, read as what they must be. What Excel does to them is undone: a code that
//! lost its zeros, a telephone number that became 1.99E+10, a date that is a count of days.

use super::fault::Report;
use super::header::Header;
use crate::domain::directory::limit::Limit;
use crate::domain::directory::notice::is_mail_address;
use crate::units::PhoneNumber;
use jiff::civil::Date;
use jiff::{ToSpan, civil::date};

/// Longest text of a cell, in characters.
const CELL_CHARS_MAX: usize = 1_000;
/// Characters of a wrong cell that are told.
const TOLD_CHARS: usize = 20;
/// From so many digits on a cell may hold a telephone number.
const PHONE_DIGITS_MIN: usize = 7;
/// Entries of a list in one cell.
const LIST_MAX: usize = 50;

/// What Excel writes where a formula failed.
const FORMULA_FAULTS: [&str; 8] =
    ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#GETTING_DATA"];

/// One row.
pub(super) struct RowCells<'a> {
    row: usize,
    cells: &'a [String],
    header: &'a Header,
    report: &'a mut Report,
    /// Faults before this row.
    before: usize,
}

impl<'a> RowCells<'a> {
    pub(super) fn new(
        row: usize,
        cells: &'a [String],
        header: &'a Header,
        report: &'a mut Report,
    ) -> Self {
        let before = report.count();
        Self { row, cells, header, report, before }
    }

    /// No fault was found in it yet.
    pub(super) fn is_sound(&self) -> bool {
        self.report.count() == self.before
    }

    pub(super) fn fault(&mut self, column: &str, expected: &str) {
        self.report.add(self.row, column, expected);
    }

    /// The text of a cell, trimmed; empty where there is none.
    pub(super) fn text(&mut self, column: &'static str) -> String {
        let cells = self.cells;
        let cell = self.header.place(column).and_then(|at| cells.get(at));
        let text = cell.map_or("", |cell| cell.trim());
        if text.chars().count() > CELL_CHARS_MAX {
            self.fault(column, &format!("最多{CELL_CHARS_MAX}个字"));
            return String::new();
        }
        if let Some(fault) = FORMULA_FAULTS.iter().find(|fault| text.starts_with(**fault)) {
            self.fault(column, &format!("公式没有算出结果（{fault}），请改为填写内容"));
            return String::new();
        }
        text.to_owned()
    }

    /// The same, where something must stand.
    pub(super) fn needed(&mut self, column: &'static str) -> String {
        let before = self.report.count();
        let text = self.text(column);
        if text.is_empty() && self.report.count() == before {
            self.fault(column, "不能为空");
        }
        text
    }

    /// 是 or 否; empty is 否.
    pub(super) fn flag(&mut self, column: &'static str) -> bool {
        let text = self.text(column);
        match text.to_lowercase().as_str() {
            "是" | "√" | "✓" | "1" | "有" | "y" | "yes" | "true" => true,
            "" | "否" | "×" | "0" | "无" | "n" | "no" | "false" => false,
            _ => {
                self.wrong(column, "应填“是”或“否”", &text);
                false
            }
        }
    }

    /// One of some names; a fault otherwise.
    pub(super) fn choice<T: Copy>(
        &mut self,
        column: &'static str,
        names: &[(T, &str)],
    ) -> Option<T> {
        let text = self.needed(column);
        let found = names.iter().find(|(_, name)| *name == text).map(|(value, _)| *value);
        if found.is_none() && !text.is_empty() {
            let known: Vec<_> = names.iter().map(|(_, name)| *name).collect();
            self.wrong(column, &format!("应为{}之一", known.join("、")), &text);
        }
        found
    }

    /// A code of digits that has lost its leading zeros where it was taken for a number.
    pub(super) fn digits(&mut self, column: &'static str, length: usize) -> Option<String> {
        let text = self.needed(column);
        let plain = whole_number(&text).unwrap_or(&text).to_owned();
        let fits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
        if fits && plain.len() <= length {
            return Some(format!("{plain:0>length$}"));
        }
        if !text.is_empty() {
            self.wrong(column, &format!("应为{length}位数字"), &text);
        }
        None
    }

    /// A telephone number; never told in the fault. One that was rounded cannot be put right.
    pub(super) fn phone(&mut self, column: &'static str) -> Option<PhoneNumber> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let plain = expanded(&text).unwrap_or_else(|| whole_number(&text).unwrap_or(&text).into());
        let phone = PhoneNumber::parse(&plain).ok().filter(is_dialled);
        if phone.is_none() {
            self.fault(
                column,
                "应为一个电话号码，如11位手机号或“0537-”开头的固定电话；\
                 若显示为1.99E+10，请把该列设为文本后重填",
            );
        }
        phone
    }

    /// A mobile number, which texts can go to; never told in the fault.
    pub(super) fn mobile(&mut self, column: &'static str) -> Option<PhoneNumber> {
        let phone = self.phone(column)?;
        if !phone.is_mobile() {
            self.fault(column, "应为11位手机号，固定电话收不到短信");
            return None;
        }
        Some(phone)
    }

    /// An address for mails; never told in the fault.
    pub(super) fn mail(&mut self, column: &'static str) -> Option<String> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        if !is_mail_address(&text) {
            self.fault(column, "应为一个电子邮箱地址，如abc@example.cn");
            return None;
        }
        Some(text)
    }

    /// A day: `2026-11-22`, `2026/11/22`, `2026年11月22日`, `20261122`, or Excel's count of days.
    pub(super) fn day(&mut self, column: &'static str) -> Option<Date> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let day = read_day(&text);
        if day.is_none() {
            self.wrong(column, "应为日期，如2026-11-22", &text);
        }
        day
    }

    /// A limit in its fixed form.
    pub(super) fn limit(&mut self, column: &'static str) -> Option<Limit> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(limit) => Some(limit),
            Err(not_fixed) => {
                self.wrong(column, &not_fixed.to_string(), &text);
                None
            }
        }
    }

    /// Entries that are separated by 、 or another mark.
    pub(super) fn list(&mut self, column: &'static str) -> Vec<String> {
        let text = self.text(column);
        let marks = ['、', '，', ',', '；', ';', '|', '\n'];
        let entries = text.split(marks).map(str::trim).filter(|entry| !entry.is_empty());
        let entries: Vec<String> = entries.map(str::to_owned).collect();
        if entries.len() > LIST_MAX {
            self.fault(column, &format!("最多{LIST_MAX}个，用“、”隔开"));
        }
        entries
    }

    /// What is expected, and what stands there unless it may be a telephone number: columns shift.
    pub(super) fn wrong(&mut self, column: &str, expected: &str, found: &str) {
        if found.chars().filter(char::is_ascii_digit).count() >= PHONE_DIGITS_MIN {
            return self.fault(column, expected);
        }
        let told: String = found.chars().take(TOLD_CHARS).collect();
        self.fault(column, &format!("{expected}，现为“{told}”"));
    }
}

/// `27.0` is 27.
fn whole_number(text: &str) -> Option<&str> {
    let (whole, rest) = text.split_once('.')?;
    let zeros = !rest.is_empty() && rest.bytes().all(|byte| byte == b'0');
    (zeros && whole.bytes().all(|byte| byte.is_ascii_digit())).then_some(whole)
}

/// `1.9900000017E+10` is 19900000017; `1.99E+10` has lost digits and is none.
fn expanded(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{rest}");
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    (plain && rest.len() == exponent).then_some(digits)
}

/// A mobile number, a landline with its area code, or a short service number.
fn is_dialled(phone: &PhoneNumber) -> bool {
    let digits = phone.as_str();
    match digits.as_bytes() {
        [b'1', ..] if digits.len() == 11 => true,
        [b'0', ..] => (10..=12).contains(&digits.len()),
        _ => digits.len() <= 8,
    }
}

fn read_day(text: &str) -> Option<Date> {
    let first = text.split([' ', 'T']).next().unwrap_or_default();
    let plain = whole_number(first).unwrap_or(first);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(plain) {
        return match plain.len() {
            8 => civil(plain.get(..4)?, plain.get(4..6)?, plain.get(6..)?),
            // Excel counts days; its 1900 has a 29 February, so 1900-03-01 is day 61.
            5 => date(1899, 12, 30).checked_add(plain.parse::<i64>().ok()?.days()).ok(),
            _ => None,
        };
    }
    let mut parts = plain.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty());
    let day = civil(parts.next()?, parts.next()?, parts.next()?)?;
    parts.next().is_none().then_some(day)
}

fn civil(year: &str, month: &str, day: &str) -> Option<Date> {
    let year = year.parse::<i16>().ok().filter(|year| (1900..=2999).contains(year))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_as_people_and_excel_write_them() {
        for text in [
            "2026-11-22",
            "2026/11/22",
            "2026.11.22",
            "2026年11月22日",
            "20261122",
            "46348",
            "46348.0",
            "2026-11-22 00:00:00",
            "2026-11-22T00:00:00",
        ] {
            assert_eq!(read_day(text), Some(date(2026, 11, 22)), "{text}");
        }
        assert_eq!(read_day("2026/1/2"), Some(date(2026, 1, 2)));
        for wrong in
            ["", "2026", "2026-13-01", "2026-02-30", "11-22", "22/11/2026", "明年", "1-2-3-4"]
        {
            assert_eq!(read_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_that_became_floats_are_put_right_where_no_digit_was_lost() {
        assert_eq!(whole_number("27.0"), Some("27"));
        assert_eq!((whole_number("27.5"), whole_number("27")), (None, None));
        assert_eq!(expanded("1.9900000017E+10").as_deref(), Some("19900000017"));
        assert_eq!(expanded("1.99E+10"), None);
        assert_eq!(expanded("19900000017"), None);
    }

    proptest! {
        #[test]
        fn any_day_is_read_back(days in -20_000_i64..200_000) {
            let day = date(2000, 1, 1).checked_add(days.days()).unwrap();
            prop_assert_eq!(read_day(&day.to_string()), Some(day));
        }

        #[test]
        fn no_text_stops_a_reader(text in "\\PC{0,20}") {
            let _ = (read_day(&text), whole_number(&text).map(str::len), expanded(&text));
        }
    }
}
