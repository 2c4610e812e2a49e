//! Reads spoken Mandarin back. It works from right to left by place values and was written from
//! the grammar, not from the speaker.

/// The value of a numeral.
fn numeral(c: char) -> Option<i64> {
    Some(match c {
        '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// A number with units, or a lone 零.
pub(crate) fn number(spoken: &str) -> Option<i64> {
    if let Some(rest) = spoken.strip_prefix('负') {
        return Some(-number(rest)?);
    }
    let mut total = 0;
    // What 万 and 亿 multiply everything left of them by, and the place of the next numeral.
    let (mut base, mut place) = (1_i64, 1_i64);
    let mut ten_waits = false;
    for c in spoken.chars().rev() {
        match c {
            '亿' => (base, place) = (100_000_000, 100_000_000),
            '万' => {
                base = if base >= 100_000_000 { 1_000_000_000_000 } else { 10_000 };
                place = base;
            }
            '千' => place = base * 1_000,
            '百' => place = base * 100,
            '十' => place = base * 10,
            _ => {
                total += numeral(c)? * place;
                ten_waits = false;
                continue;
            }
        }
        ten_waits = c == '十';
    }
    Some(if ten_waits { total + place } else { total })
}

/// Digits with 幺 for one.
pub(crate) fn digits(spoken: &str) -> Option<String> {
    let digit = |c| match c {
        '幺' => Some('1'),
        '一' | '两' => None,
        _ => char::from_digit(u32::try_from(numeral(c)?).ok()?, 10),
    };
    spoken.chars().map(digit).collect()
}

/// Year, month, day.
pub(crate) fn day(spoken: &str) -> Option<(i16, i8, i8)> {
    let (year, rest) = spoken.split_once('年')?;
    let (month, day) = rest.strip_suffix('日')?.split_once('月')?;
    let year = year.chars().try_fold(0, |n, c| Some(n * 10 + numeral(c)?))?;
    let small = |text| i8::try_from(number(text)?).ok();
    Some((i16::try_from(year).ok()?, small(month)?, small(day)?))
}

/// Hour and minute of the 24-hour clock.
pub(crate) fn time(spoken: &str) -> Option<(i8, i8)> {
    let (hour, minute) = spoken.split_once('点')?;
    let band: String = hour.chars().take_while(|&c| numeral(c).is_none() && c != '十').collect();
    let hour = number(&hour[band.len()..])?;
    let hour = match (band.as_str(), hour) {
        ("", 0) | ("凌晨", 1..=5) | ("上午", 6..=11) | ("中午", 12) => hour,
        ("下午", 1..=5) | ("晚上", 6..=11) => hour + 12,
        _ => return None,
    };
    let minute = match minute.strip_suffix('分') {
        None if minute.is_empty() => 0,
        None => return None,
        Some(spoken) => {
            let minute = number(spoken)?;
            if spoken.starts_with('零') != (1..=9).contains(&minute) {
                return None;
            }
            minute
        }
    };
    Some((i8::try_from(hour).ok()?, i8::try_from(minute).ok()?))
}
