//! Taking people out of a text before it is published (B7, domain.md 6.5).
//!
//! Numbers of telephones, identity cards and bank cards, number plates and mail addresses become
//! `***`; a place ends with its town; of a person the surname or the role remains. What serves the
//! matter stays: 12345, 12388, case numbers, sums of money, dates. It is a net for a clerk's text
//! and no substitute for reading it.

use super::town::TOWNS;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personal {
    /// A telephone number.
    Phone,
    /// The number of an identity or bank card.
    Card,
    /// A number plate.
    Plate,
    /// A mail address.
    Mail,
    /// A house, flat or estate.
    Address,
    /// Somebody's name.
    Name,
}

/// Put in the place of a number.
const HIDDEN: &str = "***";

/// Surnames that begin a name where the text around says that one follows; the frequent ones.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘\
    于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾\
    毛郝龚邵万钱严覃武戴莫孔向汤颜";

/// What a person is called by beside the surname; the role stays (李老师 is 某老师).
const ROLES: &str = "老师|医生|大夫|护士|主任|副主任|书记|支书|村长|局长|副局长|科长|所长|院长|校长|经理|\
    老板|师傅|大爷|大娘|大叔|大婶|阿姨|奶奶|爷爷|先生|女士|小姐";

/// After these a name follows.
const BEFORE_NAMES: &str = "我叫|名叫|姓名|联系人|反映人|当事人|举报人|投诉人|户主|业主|村民|居民|职工|学生|患者|法人|房东";

/// The second character of a given name is none of these: the sentence goes on.
const NOT_IN_NAMES: &str =
    "的说在是和与因住到家已去来被把电手身向反要有没不就也都还给对让从，。、；：！？";

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// The numerals of a spoken number.
const NUMERALS: &str = "零〇一二三四五六七八九幺";

struct Patterns {
    mail: Regex,
    plate: Regex,
    digits: Regex,
    numerals: Regex,
    local: Regex,
    in_town: Regex,
    house: Regex,
    role: Regex,
    named: Regex,
    opening: Regex,
}

/// `None` only where a pattern is malformed, which every test would show.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let number = format!("[0-9A-Za-z{NUMERALS}十百]+");
    let part = format!("(?:第?{number}(?:号楼|号|栋|幢|单元|室|户|组|排|层|弄|巷)-?)");
    let towns = TOWNS.join("|");
    let estate = "(?:小区|花园|家园|公寓|新村|新区|大院|家属院|胡同|村|庄)";
    Some(Patterns {
        mail: pattern(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")?,
        plate: pattern(&format!("[{PROVINCES}][A-Za-z][·•. ]?[A-Za-z0-9]{{5,6}}"))?,
        digits: pattern(
            "[0-9]{17,}[Xx]?|[0-9]{6}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9Xx]\
             |0[0-9]{2,3}[ -][0-9]{7,8}|[0-9]{3,4}(?:[ -][0-9]{3,4}){1,4}|[0-9]+[Xx]?",
        )?,
        local: pattern(r"((?:电话|座机|手机|致电|号码)[是为:： ]{0,2})[0-9]{7,8}(?-u:\b)")?,
        numerals: pattern(&format!("[{NUMERALS}]{{7,}}"))?,
        in_town: pattern(&format!("({towns})\\p{{Han}}{{0,12}}?{part}+[0-9]*"))?,
        house: pattern(&format!("\\p{{Han}}{{2,4}}{estate}(?:\\p{{Han}}{{0,4}}?{part}+[0-9]*)"))?,
        role: pattern(&format!("[{SURNAMES}]\\p{{Han}}{{0,2}}?({ROLES})"))?,
        named: pattern(&format!(
            "({BEFORE_NAMES})([是为:： ]{{0,2}})([{SURNAMES}])(\\p{{Han}})(\\p{{Han}})?"
        ))?,
        opening: pattern(&format!(
            "(^|[，。；、,;：:！？ ])([{SURNAMES}])\\p{{Han}}{{1,2}}([，,、（( ]?(?:电话|手机|身份证|住址|住在|住))"
        ))?,
    })
});

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

/// The text without people, and what was taken out, each kind once.
///
/// ```
/// use mayorline::domain::anonymise::anonymise;
/// assert_eq!(anonymise("李老师的电话是199 0000 0017").0, "某老师的电话是***");
/// assert_eq!(anonymise("编号26112200012，请拨12345").0, "编号26112200012，请拨12345");
/// ```
#[must_use]
pub fn anonymise(text: &str) -> (String, Vec<Personal>) {
    let mut found = vec![];
    let mut text: String = text.chars().map(narrow).collect();
    // Without patterns nothing may pass.
    let Some(patterns) = &*PATTERNS else { return (HIDDEN.to_owned(), vec![Personal::Name]) };
    let hide = |_: &Captures<'_>| HIDDEN.to_owned();
    replace(&mut text, &patterns.mail, Personal::Mail, &mut found, hide);
    replace(&mut text, &patterns.in_town, Personal::Address, &mut found, |c| c[1].to_owned());
    replace(&mut text, &patterns.house, Personal::Address, &mut found, |_| "某处".to_owned());
    replace(&mut text, &patterns.plate, Personal::Plate, &mut found, hide);
    replace(&mut text, &patterns.local, Personal::Phone, &mut found, |c| {
        format!("{}{HIDDEN}", &c[1])
    });
    numbers(&mut text, &patterns.digits, &mut found);
    numbers(&mut text, &patterns.numerals, &mut found);
    names(&mut text, patterns, &mut found);
    found.sort_unstable();
    found.dedup();
    (text, found)
}

fn names(text: &mut String, patterns: &Patterns, found: &mut Vec<Personal>) {
    replace(text, &patterns.opening, Personal::Name, found, |c| {
        format!("{}{}某{}", &c[1], &c[2], &c[3])
    });
    replace(text, &patterns.named, Personal::Name, found, |c| {
        let goes_on = |at: usize| {
            let found = c.get(at).map(|one| one.as_str()).unwrap_or_default();
            if found.chars().all(|one| NOT_IN_NAMES.contains(one)) { found } else { "" }.to_owned()
        };
        // A given name has one character or two; what cannot be one belongs to the sentence.
        let kept = if &c[4] == "某" {
            c.get(5).map_or("", |one| one.as_str()).to_owned()
        } else {
            goes_on(5)
        };
        format!("{}{}{}某{kept}", &c[1], &c[2], &c[3])
    });
    replace(text, &patterns.role, Personal::Name, found, |c| format!("某{}", &c[1]));
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '＠' | '－' | '＋' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        '　' => ' ',
        _ => c,
    }
}

/// Replaces every hit; one that is left as it is was none.
fn replace(
    text: &mut String,
    pattern: &Regex,
    kind: Personal,
    found: &mut Vec<Personal>,
    with: impl Fn(&Captures<'_>) -> String,
) {
    let changed = pattern.replace_all(text, |captures: &Captures<'_>| {
        let new = with(captures);
        if new != captures[0] {
            found.push(kind);
        }
        new
    });
    *text = changed.into_owned();
}

/// Hides the runs of digits or numerals that are a person's.
fn numbers(text: &mut String, pattern: &Regex, found: &mut Vec<Personal>) {
    let hits: Vec<(Range<usize>, Personal)> = pattern
        .find_iter(text)
        .filter_map(|hit| Some((hit.range(), whose(hit.as_str())?)))
        .collect();
    for (range, kind) in hits.into_iter().rev() {
        text.replace_range(range, HIDDEN);
        found.push(kind);
    }
}

/// Which person's number a run is; `None` for one that serves the matter.
fn whose(run: &str) -> Option<Personal> {
    let digits: String = run.chars().filter_map(digit).collect();
    match digits.len() {
        11 if digits.starts_with('1') => Some(Personal::Phone),
        10..=12 if digits.starts_with('0') => Some(Personal::Phone),
        7..=8 if run.contains('-') => Some(Personal::Phone),
        13 if digits.starts_with("861") => Some(Personal::Phone),
        15.. => Some(Personal::Card),
        _ => None,
    }
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        'X' | 'x' => Some('0'),
        '〇' => Some('0'),
        '幺' => Some('1'),
        _ => "零一二三四五六七八九"
            .chars()
            .position(|one| one == c)
            .and_then(|at| char::from_digit(u32::try_from(at).ok()?, 10)),
    }
}

#[cfg(test)]
mod tests;
