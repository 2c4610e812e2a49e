//! Numbers that stand inside written Chinese: addresses, roads, durations.

use super::say::{cardinal, count, decimal, digits, half_width, plain_digits};

/// From this many digits on, a number in an address is read digit by digit (room 201).
const ADDRESS_DIGITS_MIN: usize = 3;

/// What is halved by word (半小时); other amounts say 零点五.
const HALVED: [&str; 5] = ["小时", "个小时", "天", "年", "个月"];

/// How a road number such as G104 is read; local use differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoadOne {
    /// 一零四国道.
    #[default]
    Yi,
    /// 幺零四国道.
    Yao,
}

/// One stretch of a text.
enum Run<'a> {
    Number(&'a str),
    Other(&'a str),
}

/// An address: 三号楼二单元二零幺室. Short numbers are counts, room numbers are digits.
#[must_use]
pub fn address(text: &str) -> String {
    let text = half_width(text);
    let mut out = String::new();
    let mut runs = runs(&text).peekable();
    while let Some(run) = runs.next() {
        match run {
            Run::Other(words) => out += words,
            Run::Number(number) => {
                let is_room = matches!(runs.peek(), Some(Run::Other(w)) if w.starts_with('室'));
                if number.len() >= ADDRESS_DIGITS_MIN || is_room || number.starts_with('0') {
                    out += &digits(number);
                } else {
                    out += &decimal(number);
                }
            }
        }
    }
    out
}

/// A bus route or road: 十一路车, 一零四国道. The letter of a road's class is not spoken.
#[must_use]
pub fn route(text: &str, one: RoadOne) -> String {
    let text = half_width(text);
    let mut out = String::new();
    let mut is_road = false;
    for run in runs(&text) {
        match run {
            Run::Other(words) => {
                is_road = words.ends_with(['G', 'S', 'X', 'Y']);
                out += if is_road { &words[..words.len() - 1] } else { words };
            }
            Run::Number(number) if is_road && one == RoadOne::Yao => out += &digits(number),
            Run::Number(number) if is_road => out += &plain_digits(number),
            Run::Number(number) => out += &decimal(number),
        }
    }
    out
}

/// A length of time or another amount with its measure: 半小时, 三十分钟, 两日, 五日内,
/// 二点三四个百分点.
#[must_use]
pub fn duration(text: &str) -> String {
    let text = half_width(text);
    let mut out = String::new();
    let mut runs = runs(&text).peekable();
    while let Some(run) = runs.next() {
        let measure = match runs.peek() {
            Some(Run::Other(words)) => *words,
            _ => "",
        };
        out += &match run {
            Run::Other(words) => words.to_owned(),
            Run::Number("0.5") if HALVED.iter().any(|half| measure.starts_with(half)) => {
                "半".to_owned()
            }
            Run::Number(number) => amount(number, measure),
        };
    }
    out
}

/// The number of an amount: 两 before most measures, 二 before 两 and before 点.
fn amount(number: &str, measure: &str) -> String {
    match number.parse::<i64>() {
        Ok(n) if measure.is_empty() => cardinal(n),
        Ok(n) => {
            let first: String = measure.chars().take(1).collect();
            let spoken = count(n, &first);
            spoken.strip_suffix(first.as_str()).unwrap_or(&spoken).to_owned()
        }
        Err(_) => decimal(number),
    }
}

/// Cuts a text into numbers (digits with at most one point inside) and everything else.
fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let numeric = |c: char| c.is_ascii_digit();
        let end = if numeric(first) {
            let whole = rest.find(|c| !numeric(c)).unwrap_or(rest.len());
            match rest[whole..].strip_prefix('.') {
                Some(after) if after.starts_with(numeric) => {
                    whole + 1 + after.find(|c| !numeric(c)).unwrap_or(after.len())
                }
                _ => whole,
            }
        } else {
            rest.find(numeric).unwrap_or(rest.len())
        };
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(if numeric(first) { Run::Number(run) } else { Run::Other(run) })
    })
}
