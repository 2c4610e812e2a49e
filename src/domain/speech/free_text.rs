//! A written reply as it is spoken: cleaned, its numbers in hanzi, cut into sentences. A speech engine is
//! given nothing else, so that every engine reads a date, an amount or a telephone number alike.

use super::say::{
    cardinal, decimal, digits, grouped, half_width, money, percent, phone_groups, plain_digits,
};
use super::say_text::{RoadOne, duration, route};
use super::say_time::{md, time, ymd};
use crate::units::CaseNumber;
use jiff::civil::{Date, Time};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Longest reply that is spoken, in characters as written (DL06); a longer one is told by a person.
pub const REPLY_CHARS_MAX: usize = 300;
/// Longest sentence that an engine is given, in spoken characters.
pub const SENTENCE_CHARS_MAX: usize = 60;
/// Most sentences of one reply.
pub const SENTENCES_MAX: usize = 60;

/// The groups of a case number: day, sequence, check digit.
const CASE_GROUPS: &[usize] = &[6, 4, 1];
/// Where a sentence ends.
const ENDS: &[char] = &['。', '；', '！', '？'];
/// Where one that is too long is cut.
const BREATHS: &[char] = &['，', '：', '、'];

/// Why a text is not spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unspoken {
    /// There is nothing to say in it.
    Empty,
    /// It is longer than [`REPLY_CHARS_MAX`].
    Long,
}

/// The sentences of a reply, in hanzi, each with the mark that it ends with.
///
/// ```
/// use mayorline::domain::speech::free_text::sentences;
/// let said = sentences("路灯已于11月24日修复。电话0537-5210000。")?;
/// assert_eq!(said, ["路灯已于十一月二十四日修复。", "电话零五三七，五二幺零零零零。"]);
/// # Ok::<(), mayorline::domain::speech::free_text::Unspoken>(())
/// ```
///
/// # Errors
/// When there is nothing to say, or too much.
pub fn sentences(text: &str) -> Result<Vec<String>, Unspoken> {
    if text.chars().count() > REPLY_CHARS_MAX {
        return Err(Unspoken::Long);
    }
    let spoken = marks(&numbers(&clean(text)));
    let mut found = Vec::new();
    for sentence in spoken.split_inclusive(ENDS) {
        cut(sentence, &mut found);
    }
    match found.len() {
        0 => Err(Unspoken::Empty),
        1..=SENTENCES_MAX => Ok(found),
        _ => Err(Unspoken::Long),
    }
}

/// The number of a case as one sentence of an engine: its groups, with a breath between.
#[must_use]
pub fn case_number(number: CaseNumber) -> String {
    grouped(&number.to_string(), CASE_GROUPS).join("，") + "。"
}

/// Half-width digits and letters, no addresses of the net, no marks that nobody says.
fn clean(text: &str) -> String {
    static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let site = r"(?i)(?:https?://|www\.)[\x21-\x7e]+";
        let mail = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+";
        Regex::new(&format!("{site}|{mail}")).ok()
    });
    let text: String = half_width(text).chars().map(narrow).collect();
    match ADDRESS.as_ref() {
        Some(address) => address.replace_all(&text, "，").into_owned(),
        None => text,
    }
}

/// Letters and signs of full width as ASCII.
fn narrow(c: char) -> char {
    match c {
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '＠' | '／' | '～' | '＋' => {
            char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
        }
        '—' | '–' | '〜' => '~',
        _ => c,
    }
}

/// How a number is said; `None`: it is none of its kind after all.
type Said = fn(&Captures<'_>) -> Option<String>;

/// One kind of number, as it is written and as it is said.
struct Rule {
    written: Regex,
    said: Said,
}

/// Kinds of numbers; the first that fits at a place counts.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules: [(&str, Said); 13] = [
        (r"^(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})[日号]?", |c| {
            let day = Date::new(field(c, 1)?, field(c, 2)?, field(c, 3)?).ok()?;
            Some(ymd(day))
        }),
        (r"^(\d{4})年", |c| Some(plain_digits(c.get(1)?.as_str()) + "年")),
        (r"^(\d{1,2})月(\d{1,2})[日号]", |c| {
            // Of a leap year, so that every day is one.
            Some(md(Date::new(2024, field(c, 1)?, field(c, 2)?).ok()?))
        }),
        (r"^(\d{1,2}):(\d{2})(?::\d{2})?", |c| {
            Some(time(Time::new(field(c, 1)?, field(c, 2)?, 0, 0).ok()?))
        }),
        (r"^0\d{2,3}[- ]?\d{7,8}", |c| Some(phone(c.get(0)?.as_str()))),
        (r"^(?:1[3-9]\d{9}|1\d{2}[- ]\d{4}[- ]\d{4}|[48]00[- ]?\d{3}[- ]?\d{4})", |c| {
            Some(phone(c.get(0)?.as_str()))
        }),
        (r"^\d{11}", |c| {
            let number = CaseNumber::parse(c.get(0)?.as_str()).ok()?;
            Some(grouped(&number.to_string(), CASE_GROUPS).join("，"))
        }),
        (r"^-?\d+(?:\.\d+)?%", |c| Some(percent(c.get(0)?.as_str()))),
        (r"^(\d[\d,]*)(?:\.(\d{1,2}))?元", |c| {
            let yuan: u64 = c.get(1)?.as_str().replace(',', "").parse().ok()?;
            let fen = c.get(2).map_or("0", |fen| fen.as_str());
            let fen: u64 = format!("{fen:0<2}").parse().ok()?;
            Some(money(yuan.checked_mul(100)?.checked_add(fen)?))
        }),
        (r"^[A-Za-z]+\d+", |c| Some(route(c.get(0)?.as_str(), RoadOne::default()))),
        (r"^\d{7,}", |c| Some(phone(c.get(0)?.as_str()))),
        (r"^(?:0\d+|(?:110|119|120|122|12\d{3})(?:热线|电话|平台)?)", |c| {
            // 幺幺零, never 一百一十; but 120米 is a length.
            let said = c.get(0)?.as_str();
            let number: String = said.chars().filter(char::is_ascii_digit).collect();
            let rest: String = said.chars().filter(|c| !c.is_ascii_digit()).collect();
            Some(digits(&number) + &rest)
        }),
        (r"^\d+(?:\.\d+)?\p{Han}?", |c| {
            let said = c.get(0)?.as_str();
            let number = said.trim_end_matches(|c: char| !c.is_ascii_digit());
            let room = said.ends_with('室') || (said.ends_with('号') && number.len() > 2);
            // 二单元, 二号楼: names of places are no counts.
            let rest = said.get(number.len()..)?;
            let named = rest.starts_with(|c| NAMED.contains(c));
            Some(match (room, named) {
                (true, _) => digits(number) + rest,
                (false, true) => decimal(number) + rest,
                (false, false) => duration(said),
            })
        }),
    ];
    let rule =
        |(written, said): (&str, Said)| Some(Rule { written: Regex::new(written).ok()?, said });
    rules.into_iter().filter_map(rule).collect()
});

/// What is numbered and not counted.
const NAMED: &str = "号楼单栋幢村组队路街线期班";

/// A field of a rule as a number.
fn field<T: std::str::FromStr>(found: &Captures<'_>, at: usize) -> Option<T> {
    found.get(at)?.as_str().parse().ok()
}

/// A telephone number in its groups.
fn phone(written: &str) -> String {
    let number: String = written.chars().filter(char::is_ascii_digit).collect();
    grouped(&number, phone_groups(&number)).join("，")
}

/// Measures behind which a number of three digits is a count and no telephone number.
const COUNTED: &str = "米公里元人户件个次天年月日平方吨斤盏处条家台辆套名位分小度万千百亩株";

/// All numbers in hanzi. No ASCII digit is left.
fn numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_letter = out.ends_with(|c: char| c.is_ascii_alphabetic());
        let begins = first.is_ascii_digit()
            || (first.is_ascii_alphabetic() && !after_letter)
            || (first == '-' && !out.ends_with(is_numeral));
        let said = begins.then(|| rule(rest, &out)).flatten();
        let (said, written) = said.unwrap_or_else(|| (sign(first, rest, &out), first.len_utf8()));
        out += &said;
        rest = rest.get(written..).unwrap_or_default();
    }
    out
}

/// What the text begins with as it is said, and how long it is as written.
fn rule(rest: &str, before: &str) -> Option<(String, usize)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if before.ends_with('第') && digits > 0 {
        let number = rest.get(..digits)?.parse().ok()?;
        return Some((cardinal(number), digits));
    }
    RULES.iter().enumerate().find_map(|(at, rule)| {
        let found = rule.written.captures(rest)?;
        let written = found.get(0)?.as_str();
        if at == SERVICE_RULE && is_count(written, rest) {
            return None;
        }
        Some(((rule.said)(&found)?, written.len()))
    })
}

/// Where in [`RULES`] the telephone numbers of services stand.
const SERVICE_RULE: usize = 11;

/// 120 is an ambulance, 120米 a length.
fn is_count(written: &str, rest: &str) -> bool {
    if written.starts_with('0') || !written.ends_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let next = rest.get(written.len()..).and_then(|after| after.chars().next());
    next.is_some_and(|c| COUNTED.contains(c) || c == '.' || c.is_ascii_digit())
}

/// One character that begins no number.
fn sign(c: char, rest: &str, before: &str) -> String {
    let next = rest.chars().nth(1).unwrap_or(' ');
    match c {
        '0'..='9' => digits(c.encode_utf8(&mut [0; 4])),
        // 9:00-11:00, 3~5天.
        '-' | '~' if is_numeral_end(before) && next.is_ascii_digit() => "至".to_owned(),
        '.' if next.is_ascii_digit() => "点".to_owned(),
        '%' => "百分".to_owned(),
        '+' => "加".to_owned(),
        '℃' => "摄氏度".to_owned(),
        _ => c.to_string(),
    }
}

fn is_numeral(c: char) -> bool {
    "零一二三四五六七八九十百千万亿两幺".contains(c)
}

fn is_numeral_end(before: &str) -> bool {
    before.ends_with(|c: char| is_numeral(c) || "点分整日号月年时".contains(c))
}

/// Only what is said or makes a breath is left: hanzi, letters, and seven marks.
fn marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match c {
            '。' | '.' | '\n' | '\r' => '。',
            '！' | '!' => '！',
            '？' | '?' => '？',
            '；' | ';' => '；',
            '：' | ':' => '：',
            '、' | '/' => '、',
            '，' | ',' | '(' | ')' | '（' | '）' | '…' | '~' => '，',
            c if is_said(c) => c,
            _ => continue,
        };
        let is_mark = |c: char| ENDS.contains(&c) || BREATHS.contains(&c);
        match out.chars().next_back() {
            None if is_mark(c) => {}
            // Of marks in a row the strongest counts.
            Some(last) if is_mark(last) && is_mark(c) => {
                if ENDS.contains(&c) && !ENDS.contains(&last) {
                    out.pop();
                    out.push(c);
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// Hanzi and letters.
fn is_said(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}')
        || c.is_ascii_alphabetic()
        || c == '〇'
}

/// A sentence, or its parts where it is too long for one.
fn cut(sentence: &str, found: &mut Vec<String>) {
    let mut part = String::new();
    let mut chars = 0;
    let mut push = |part: &mut String| {
        if part.chars().any(is_said) {
            found.push(std::mem::take(part));
        }
        part.clear();
    };
    for breath in sentence.split_inclusive(BREATHS) {
        let length = breath.chars().count();
        if chars + length > SENTENCE_CHARS_MAX {
            push(&mut part);
            chars = 0;
        }
        for c in breath.chars() {
            if chars == SENTENCE_CHARS_MAX {
                push(&mut part);
                chars = 0;
            }
            part.push(c);
            chars += 1;
        }
    }
    push(&mut part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        sentences(text).unwrap().concat()
    }

    /// The reading rules of the city (domain.md 4.2) inside running text.
    #[test]
    fn numbers_are_read_by_what_they_are() {
        for (written, spoken) in [
            ("编号26112200131已办结", "编号二六幺幺二二，零零幺三，幺已办结"),
            ("电话19900000017", "电话幺九九，零零零零，零零幺七"),
            ("电话0537-5210000", "电话零五三七，五二幺零零零零"),
            ("053700000000", "零五三七，零零零零零零零零"),
            ("请拨打110或12345热线", "请拨打幺幺零或幺二三四五热线"),
            ("管线长120米", "管线长一百二十米"),
            ("2026年11月27日", "二零二六年十一月二十七日"),
            ("2026-11-27", "二零二六年十一月二十七日"),
            ("2月2日前", "二月二日前"),
            ("2013年", "二零一三年"),
            ("9:00-11:00", "上午九点至上午十一点"),
            ("14:30", "下午两点三十分"),
            ("5日内", "五日内"),
            ("2天", "两天"),
            ("12个", "十二个"),
            ("共2000户", "共两千户"),
            ("第2次", "第二次"),
            ("98%", "百分之九十八"),
            ("99.7%", "百分之九十九点七"),
            ("12.30元", "十二元三角"),
            ("23000元", "两万三千元"),
            ("1,200元", "一千二百元"),
            ("36.9度", "三十六点九度"),
            ("3号楼2单元201室", "三号楼二单元二零幺室"),
            ("G104国道", "一零四国道"),
            ("３５盏", "三十五盏"),
            ("10-15天", "十至十五天"),
        ] {
            assert_eq!(said(written), spoken, "{written}");
        }
    }

    #[test]
    fn what_nobody_says_is_left_out_and_sentences_are_cut_at_their_ends() {
        let text =
            "您好！“路灯”（北宿镇）已修复，详见 https://example.com/a?b=1 或 a@b.cn。\n谢谢😀";
        let cut = sentences(text).unwrap();
        assert_eq!(cut, ["您好！", "路灯，北宿镇，已修复，详见，或。", "谢谢"]);
    }

    #[test]
    fn a_long_sentence_is_cut_at_its_breaths_and_a_longer_one_anywhere() {
        let text = format!("{}，{}。", "路".repeat(50), "灯".repeat(130));
        let cut = sentences(&text).unwrap();
        let lengths: Vec<_> = cut.iter().map(|part| part.chars().count()).collect();
        assert_eq!(lengths, [51, 60, 60, 11]);
        assert_eq!(cut.concat(), text);
    }

    #[test]
    fn nothing_and_too_much_are_told_apart() {
        assert_eq!(sentences(" 。…😀"), Err(Unspoken::Empty));
        assert_eq!(sentences(&"字".repeat(REPLY_CHARS_MAX + 1)), Err(Unspoken::Long));
        assert!(sentences(&"字".repeat(REPLY_CHARS_MAX)).is_ok());
        assert_eq!(sentences(&"好。".repeat(SENTENCES_MAX + 1)), Err(Unspoken::Long));
    }

    #[test]
    fn a_case_number_is_one_sentence_in_its_groups() {
        let number = CaseNumber::parse("26112200131").unwrap();
        assert_eq!(case_number(number), "二六幺幺二二，零零幺三，幺。");
    }

    mod property {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            /// Whatever was written: an engine never gets a digit to read, nor more than it may.
            #[test]
            fn no_digit_and_nothing_too_long_reaches_an_engine(
                text in "[0-9A-Za-z年月日号元%.:：，。室第\\-~()（） 路灯]{0,120}"
            ) {
                if let Ok(all) = sentences(&text) {
                    for one in all {
                        prop_assert!(!one.chars().any(|c| c.is_ascii_digit()), "{text}: {one}");
                        prop_assert!(one.chars().count() <= SENTENCE_CHARS_MAX, "{text}: {one}");
                        prop_assert!(one.chars().any(is_said), "{text}: {one}");
                    }
                }
            }
        }
    }
}
