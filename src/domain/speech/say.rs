//! Numbers in spoken Mandarin, as hanzi. Engines and recordings read the same words, because
//! nothing below this room normalises digits again.

/// 零 to 九 as they stand in numbers, years and decimals.
pub(super) const NUMERALS: [char; 10] =
    ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
/// The same for telephone and case numbers: one is 幺.
const DIGITS: [char; 10] = ['零', '幺', '二', '三', '四', '五', '六', '七', '八', '九'];
/// 10^4, the step of the named sections.
const WAN: u64 = 10_000;
/// 10^8.
const YI: u64 = 100_000_000;

/// How two is said before a measure word or a large unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Two {
    Er,
    Liang,
}

/// A cardinal: 一千零一十, 负三. Two is 二 throughout.
///
/// ```
/// assert_eq!(mayorline::domain::speech::say::cardinal(1010), "一千零一十");
/// ```
#[must_use]
pub fn cardinal(n: i64) -> String {
    signed(n, Two::Er)
}

/// A count before a measure word: 两, 两千, 两万两千; but 十二, 二百, 二十二.
///
/// ```
/// assert_eq!(mayorline::domain::speech::say::liang(22_000), "两万两千");
/// ```
#[must_use]
pub fn liang(n: i64) -> String {
    signed(n, Two::Liang)
}

/// A count with its measure word: 两天; before the unit 两 itself two stays 二 (二两).
#[must_use]
pub fn count(n: i64, measure: &str) -> String {
    let number = if measure.starts_with('两') { cardinal(n) } else { liang(n) };
    number + measure
}

/// An ordinal: 第二.
#[must_use]
pub fn ordinal(n: i64) -> String {
    format!("第{}", cardinal(n))
}

/// Digits one by one with 幺 for one, full-width digits too; everything else is left out.
///
/// ```
/// assert_eq!(mayorline::domain::speech::say::digits("4821"), "四八二幺");
/// ```
#[must_use]
pub fn digits(text: &str) -> String {
    values(text).map(|d| DIGITS[d]).collect()
}

/// Digits one by one with 一 for one: years and road numbers.
#[must_use]
pub fn plain_digits(text: &str) -> String {
    values(text).map(|d| NUMERALS[d]).collect()
}

/// Digits in groups of the given sizes; what is left over is one more group.
///
/// ```
/// use mayorline::domain::speech::say::grouped;
/// assert_eq!(grouped("26112200131", &[6, 4, 1]), ["二六幺幺二二", "零零幺三", "幺"]);
/// ```
#[must_use]
pub fn grouped(text: &str, sizes: &[usize]) -> Vec<String> {
    let spoken: Vec<char> = digits(text).chars().collect();
    let mut rest = spoken.as_slice();
    let mut groups = Vec::with_capacity(sizes.len() + 1);
    for &size in sizes {
        let (group, after) = rest.split_at(size.min(rest.len()));
        groups.push(group.iter().collect());
        rest = after;
    }
    groups.push(rest.iter().collect());
    groups.retain(|group: &String| !group.is_empty());
    groups
}

/// The groups in which a telephone number is read: 3-4-4 for mobiles, area code first for
/// landlines, short service numbers in one breath.
#[must_use]
pub fn phone_groups(number: &str) -> &'static [usize] {
    let three_digit_area = number.starts_with("010") || number.starts_with("02");
    match (number.len(), number.starts_with('0')) {
        (0..=6, _) => &[],
        (7, _) => &[3, 4],
        (8, _) => &[4, 4],
        (11, false) => &[3, 4, 4],
        (_, true) if three_digit_area => &[3, 8],
        (11, true) => &[4, 7],
        (12, true) => &[4, 8],
        _ => &[4, 4, 4, 4],
    }
}

/// A decimal written in ASCII or full-width digits: 三十六点九, 负零点五. Digits after 点 are read
/// one by one. Signs, one point and digits count; anything else is left out.
#[must_use]
pub fn decimal(text: &str) -> String {
    let text = half_width(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.trim_start().starts_with('-') { "负" } else { "" };
    let fraction = plain_digits(fraction);
    let point = if fraction.is_empty() { "" } else { "点" };
    format!("{sign}{}{point}{fraction}", unsigned(natural(whole), Two::Er))
}

/// A percentage: 百分之九十九点七; all of it is 百分之百.
#[must_use]
pub fn percent(text: &str) -> String {
    let number = half_width(text);
    let number = number.trim().trim_end_matches('%');
    match number {
        "100" => "百分之百".to_owned(),
        _ => match number.strip_prefix('-') {
            Some(loss) => format!("负百分之{}", decimal(loss)),
            None => format!("百分之{}", decimal(number)),
        },
    }
}

/// Money given in fen (1/100 yuan): 十二元三角, 两万三千元, 十二元零五分.
#[must_use]
pub fn money(fen: u64) -> String {
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut out = String::new();
    let small = |out: &str, n, unit| {
        let two = if out.is_empty() { Two::Liang } else { Two::Er };
        unsigned(n, two) + unit
    };
    if yuan > 0 || jiao + fen == 0 {
        out += &(unsigned(yuan, Two::Liang) + "元");
    }
    if jiao > 0 {
        out += &small(&out, jiao, "角");
    }
    if fen > 0 {
        let gap = if jiao == 0 && yuan > 0 { "零" } else { "" };
        out += &format!("{gap}{}", small(&out, fen, "分"));
    }
    out
}

/// Full-width digits and signs as ASCII.
pub(super) fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' | '．' | '－' | '％' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '−' => '-',
            _ => c,
        })
        .collect()
}

/// The digits of a text as values 0 to 9.
fn values(text: &str) -> impl Iterator<Item = usize> {
    half_width(text)
        .into_bytes()
        .into_iter()
        .filter(u8::is_ascii_digit)
        .map(|b| usize::from(b - b'0'))
}

/// The digits of a text as one number; past the largest it stays there.
fn natural(text: &str) -> u64 {
    values(text).fold(0_u64, |n, d| n.saturating_mul(10).saturating_add(d as u64))
}

fn signed(n: i64, two: Two) -> String {
    let sign = if n < 0 { "负" } else { "" };
    format!("{sign}{}", unsigned(n.unsigned_abs(), two))
}

fn unsigned(n: u64, two: Two) -> String {
    if n == 0 {
        return "零".to_owned();
    }
    let mut out = String::new();
    push(&mut out, n, two);
    // 一十 is 十 at the very front only.
    match out.strip_prefix("一十") {
        Some(rest) => format!("十{rest}"),
        None => out,
    }
}

/// Appends a number above zero: what stands above 亿, then above 万, then the section below.
fn push(out: &mut String, n: u64, two: Two) {
    if n >= YI {
        push_scaled(out, n / YI, '亿', two);
        push_rest(out, n % YI, YI / 10, two);
    } else if n >= WAN {
        push_scaled(out, n / WAN, '万', two);
        push_rest(out, n % WAN, WAN / 10, two);
    } else {
        push_section(out, n, two);
    }
}

/// The count of a large unit and the unit.
fn push_scaled(out: &mut String, n: u64, unit: char, two: Two) {
    match (n, two) {
        (2, Two::Liang) => out.push('两'),
        (2, Two::Er) => out.push('二'),
        _ => push(out, n, two),
    }
    out.push(unit);
}

/// What follows a large unit; 零 stands for the places that are skipped.
fn push_rest(out: &mut String, n: u64, full: u64, two: Two) {
    if n == 0 {
        return;
    }
    if n < full {
        out.push('零');
    }
    push(out, n, two);
}

/// 1 to 9999. Only one 零 stands for several empty places, and none at the end.
fn push_section(out: &mut String, n: u64, two: Two) {
    let alone = out.is_empty() && n < 10;
    let mut gap = false;
    let mut begun = false;
    for (scale, unit) in [(1000, Some('千')), (100, Some('百')), (10, Some('十')), (1, None)] {
        let digit = n / scale % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push('零');
        }
        begun = true;
        let is_liang = digit == 2 && two == Two::Liang && (scale == 1000 || alone);
        let numeral = usize::try_from(digit).ok().and_then(|d| NUMERALS.get(d)).copied();
        out.push(if is_liang { '两' } else { numeral.unwrap_or('零') });
        out.extend(unit);
    }
}
