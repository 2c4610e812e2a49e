//! What a short text asks for (domain.md 4.3), read as people write: full width, traditional characters,
//! without blanks, with a word too many. What is not plainly a command is none, so that no matter of a
//! citizen is lost by it.

use crate::domain::case::Grade;
use crate::units::{CaseNumber, QueryCode};
use std::fmt;

/// What a citizen wrote beside his grade, as he wrote it. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Remark(String);

impl Remark {
    /// These words.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// The words; empty where nothing was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remark({} bytes)", self.0.len())
    }
}

/// What a short text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// How a case stands (CX, 查询).
    Query(Named),
    /// A withdrawn matter (撤回).
    Withdraw(Named),
    /// The word on an answer, as S07 asks for it: a matter where nothing was asked.
    Rate {
        /// The word.
        grade: Grade,
        /// What was written after it, as it was; empty where nothing was.
        remark: Remark,
    },
    /// No more notices (T, 退订); answers to own cases come all the same.
    StopNotices,
    /// What can be asked for (帮助).
    Help,
}

/// The case that a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// By its number alone: answered to the number that it is registered with.
    Number(CaseNumber),
    /// By number and code.
    WithCode(CaseNumber, QueryCode),
    /// By nothing that could be a number and a code: told so (S12).
    Nothing,
}

/// Words that may stand before or between number and code.
const FILLERS: [&str; 6] = ["编号", "查询码", "密码", "号码", "号", "码"];
/// Marks that may stand there.
const MARKS: &str = " +-_,.:;/#()，。、：；（）【】“”\"'\r\n\t";
/// Words of a query; longer ones before those that begin them.
const QUERIES: [&str; 4] = ["查询进度", "查进度", "查询", "CX"];
const WITHDRAWALS: [&str; 2] = ["撤回", "撤销"];
const STOPS: [&str; 3] = ["退订", "TD", "T"];
const HELPS: [&str; 2] = ["帮助", "HELP"];
/// The words of the grades, and how else people put them.
const GRADES: [(&str, Grade); 11] = [
    ("非常不满意", Grade::Dissatisfied),
    ("很不满意", Grade::Dissatisfied),
    ("不满意", Grade::Dissatisfied),
    ("不满", Grade::Dissatisfied),
    ("基本满意", Grade::BasicallySatisfied),
    ("比较满意", Grade::FairlySatisfied),
    ("较满意", Grade::FairlySatisfied),
    ("非常满意", Grade::Satisfied),
    ("十分满意", Grade::Satisfied),
    ("很满意", Grade::Satisfied),
    ("满意", Grade::Satisfied),
];
/// What a remark is parted by from a grade; a mark of a list (1、 1. ) parts nothing: 「1、路灯不亮」 is a matter.
const REMARK_MARKS: &str = "，,。；;！!\n";

/// Reads a text.
///
/// ```
/// use mayorline::domain::message::{Command, command};
/// assert!(matches!(command("ｃｘ２６１１２２００１３１＋4821"), Some(Command::Query(_))));
/// assert_eq!(command("退订。"), Some(Command::StopNotices));
/// assert_eq!(command("3号楼停水两天了"), None);
/// ```
#[must_use]
pub fn command(text: &str) -> Option<Command> {
    let shown: Vec<char> = text.chars().filter(|c| !is_invisible(*c)).collect();
    let folded: String = shown.iter().copied().map(folded).collect();
    let bare = trimmed(&folded);
    if STOPS.contains(&bare) {
        return Some(Command::StopNotices);
    }
    if HELPS.contains(&bare) {
        return Some(Command::Help);
    }
    if let Some(rest) = after(bare, &QUERIES) {
        return named(rest).map(Command::Query);
    }
    if let Some(rest) = after(bare, &WITHDRAWALS) {
        return named(rest).map(Command::Withdraw);
    }
    if let Some(named @ (Named::Number(_) | Named::WithCode(..))) = named(bare) {
        return Some(Command::Query(named));
    }
    let (grade, rest) = rate(&folded)?;
    let said = shown.len() - rest.chars().count();
    let remark: String = shown.get(said..)?.iter().collect();
    Some(Command::Rate { grade, remark: Remark::new(trimmed(&remark)) })
}

/// Without what stands around a sentence.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| MARKS.contains(c) || "!！?？~～".contains(c))
}

/// What does not show: of keyboards, of copied pages.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Half width, capital, simplified where a command has the character; one character for one.
fn folded(c: char) -> char {
    let half = match c {
        '＋' => '+',
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(c) - 0xFEE0).filter(char::is_ascii_alphanumeric).unwrap_or(c)
        }
        '\u{3000}' | '\u{00A0}' => ' ',
        _ => c,
    };
    match half {
        '査' => '查',
        '詢' => '询',
        '進' => '进',
        '編' => '编',
        '號' => '号',
        '碼' => '码',
        '銷' => '销',
        '訂' => '订',
        '幫' => '帮',
        '滿' => '满',
        '較' => '较',
        _ => half.to_ascii_uppercase(),
    }
}

/// What follows one of these words at the beginning, blanks within the word left out.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| {
        let mut rest = text;
        for c in word.chars() {
            rest = rest.trim_start_matches(' ').strip_prefix(c)?;
        }
        Some(rest)
    })
}

/// The case that the rest of a command names; `None` where the rest says something else.
fn named(rest: &str) -> Option<Named> {
    let mut digits = String::new();
    let mut rest = rest;
    while let Some(c) = rest.chars().next() {
        if let Some(filler) = FILLERS.iter().find(|filler| rest.starts_with(**filler)) {
            rest = &rest[filler.len()..];
            continue;
        }
        match c {
            '0'..='9' => digits.push(c),
            // As it looks on a small screen; the check digit tells a wrong guess.
            'O' if !digits.is_empty() => digits.push('0'),
            c if MARKS.contains(c) => {}
            _ => return None,
        }
        rest = &rest[c.len_utf8()..];
    }
    Some(of_digits(&digits))
}

fn of_digits(digits: &str) -> Named {
    let (number, code) = digits.split_at(digits.len().min(CaseNumber::LEN));
    let Some(number) = CaseNumber::parse(number).ok().filter(is_of_a_day) else {
        return Named::Nothing;
    };
    match (code, QueryCode::parse(code)) {
        ("", _) => Named::Number(number),
        (_, Ok(code)) => Named::WithCode(number, code),
        _ => Named::Nothing,
    }
}

/// A telephone number has eleven digits too, and a check digit is right by chance one time in ten.
fn is_of_a_day(number: &CaseNumber) -> bool {
    let (year, month, day) = (number.day() / 10_000, number.day() / 100 % 100, number.day() % 100);
    year >= 20 && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// A grade by digit, word or both, where they agree, and what follows it: nothing, or a remark that is parted
/// from it.
fn rate(text: &str) -> Option<(Grade, &str)> {
    let text = text.trim_start_matches(|c| MARKS.contains(c));
    let text = after(text, &["回复"]).unwrap_or(text).trim_start_matches(|c| MARKS.contains(c));
    let (by_digit, rest) = match text.chars().next().and_then(|c| Some((c, graded(c)?))) {
        Some((c, grade)) => (Some(grade), &text[c.len_utf8()..]),
        None => (None, text),
    };
    let word = rest.trim_start_matches(|c| " :：，,、.".contains(c));
    let by_word = GRADES.iter().find(|(name, _)| word.starts_with(name));
    let (grade, rest) = match (by_digit, by_word) {
        (Some(digit), Some((_, grade))) if digit != *grade => return None,
        (_, Some((name, grade))) => (*grade, &word[name.len()..]),
        (Some(digit), None) => (digit, rest),
        (None, None) => return None,
    };
    // After a word a blank is enough: 「不满意 还是没修」.
    let parts = |c: char| REMARK_MARKS.contains(c) || (by_word.is_some() && c == ' ');
    (trimmed(rest).is_empty() || rest.starts_with(parts)).then_some((grade, rest))
}

fn graded(c: char) -> Option<Grade> {
    match c {
        '1' | '一' | '①' => Some(Grade::Satisfied),
        '2' | '二' | '②' => Some(Grade::FairlySatisfied),
        '3' | '三' | '③' => Some(Grade::BasicallySatisfied),
        '4' | '四' | '④' => Some(Grade::Dissatisfied),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "26112200131";

    fn number() -> CaseNumber {
        CaseNumber::parse(NUMBER).unwrap()
    }

    fn with_code() -> Named {
        Named::WithCode(number(), QueryCode::parse("4821").unwrap())
    }

    fn rated(text: &str) -> Option<(Grade, String)> {
        match command(text) {
            Some(Command::Rate { grade, remark }) => Some((grade, remark.as_str().to_owned())),
            None => None,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_query_is_understood_however_it_is_typed() {
        for text in [
            "CX26112200131 4821",
            "cx261122001314821",
            "Cx 26112200131+4821",
            "ｃｘ２６１１２２００１３１　４８２１",
            "C X：2611 2200 131，4821。",
            "查询26112200131 4821",
            "查詢編號26112200131查詢碼4821",
            "查 询 26112200131 4821",
            "查询进度：26112200131-4821",
            "查进度 编号：26112200131 密码：4821！",
            "【CX26112200131 4821】",
            "CX2611220O131 4821",
            "\u{FEFF}CX26112200131\u{200B} 4821\r\n",
            "26112200131 4821",
        ] {
            assert_eq!(command(text), Some(Command::Query(with_code())), "{text}");
        }
        assert_eq!(command("CX26112200131"), Some(Command::Query(Named::Number(number()))));
        assert_eq!(command("26112200131"), Some(Command::Query(Named::Number(number()))));
    }

    #[test]
    fn a_number_or_a_code_that_cannot_be_is_told_and_never_half_believed() {
        for text in [
            "CX",
            "查询",
            "CX26112200132 4821",
            "CX2611220013 4821",
            "CX26112200131 482",
            "CX26112200131 48213",
        ] {
            assert_eq!(command(text), Some(Command::Query(Named::Nothing)), "{text}");
        }
    }

    #[test]
    fn a_telephone_number_is_no_case_although_its_check_digit_is_right() {
        let mut found = 0;
        for tail in 0..1_000_u64 {
            let phone = (19_900_000_000 + tail).to_string();
            found += usize::from(CaseNumber::parse(&phone).is_ok());
            assert_eq!(command(&phone), None, "{phone}");
        }
        assert!(found > 50, "{found} of a thousand have the check digit of a case");
    }

    #[test]
    fn what_only_begins_like_a_command_is_a_matter() {
        for text in [
            "查询一下我反映的事办得咋样了",
            "撤回我的投诉，已经解决了",
            "帮助一下老人吧",
            "退订不了彩铃，移动公司不管",
            "T恤厂半夜排污",
            "TD公司拖欠工资",
            "满意度调查打了三次电话了",
            "不满意的是没人来看过",
            "3号楼停水两天了",
            "2单元电梯坏了",
            "一中门口堵车",
            "1、路灯不亮2、停水",
            "1.路灯不亮",
            "1 路灯不亮",
            "4不满意吗？1满意吧",
            "1不满意",
            "四基本满意",
            "5",
            "12",
            "",
            "。",
            "谢谢，水来了😀",
            "你好我想反应一下，我们村的路登坏了大半年，村里说没钱",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
    }

    #[test]
    fn a_grade_is_a_digit_a_word_or_both() {
        use Grade::{BasicallySatisfied, Dissatisfied, FairlySatisfied, Satisfied};
        let each = [
            (Satisfied, ["1", "１", "一", "①", "满意", "1满意", "滿意！", "非常满意"].as_slice()),
            (FairlySatisfied, &["2", "二。", "比较满意", "較滿意", "2，比较满意", "回复2"]),
            (BasicallySatisfied, &["3", "三", "基本满意~", "3、基本满意", "“3”"]),
            (Dissatisfied, &["4", "四", "不满意", "不满意!", "4:不满意", "很不满意", "不满", "④"]),
        ];
        for (grade, texts) in each {
            for text in texts {
                assert_eq!(rated(text), Some((grade, String::new())), "{text}");
            }
        }
    }

    #[test]
    fn nothing_of_a_remark_is_printed() {
        let asked = command("4，張三家的灯还是没修").unwrap();
        let shown = format!("{asked:?}");
        assert!(
            shown.contains("Remark(") && !shown.contains("灯") && !shown.contains('張'),
            "{shown}"
        );
    }

    #[test]
    fn a_remark_is_kept_as_it_was_written() {
        let remark = |text| rated(text).map(|(_, remark)| remark);
        assert_eq!(remark("4，還是没修，cx 也查不到。").as_deref(), Some("還是没修，cx 也查不到"));
        assert_eq!(remark("不满意 路灯第3天又灭了").as_deref(), Some("路灯第3天又灭了"));
        assert_eq!(remark("\u{200B}满意。谢谢！").as_deref(), Some("谢谢"));
        assert_eq!(remark("1\n水来了😀").as_deref(), Some("水来了😀"));
    }

    #[test]
    fn notices_stop_help_comes_and_a_matter_is_withdrawn() {
        for text in ["T", "t", "Ｔ", "TD", "退订", "退訂。", "“T”", " t\n"] {
            assert_eq!(command(text), Some(Command::StopNotices), "{text}");
        }
        for text in ["帮助", "幫助？", "help"] {
            assert_eq!(command(text), Some(Command::Help), "{text}");
        }
        assert_eq!(command("撤回26112200131 4821"), Some(Command::Withdraw(with_code())));
        assert_eq!(command("撤銷 編號26112200131碼4821"), Some(Command::Withdraw(with_code())));
        assert_eq!(command("撤回"), Some(Command::Withdraw(Named::Nothing)));
    }
}
