//! How many people a text says it is about: 三十七人联名, 我们十二个人, 50多户.

use crate::domain::search::narrow;

/// What people are counted in.
const MEASURES: [char; 4] = ['人', '户', '名', '位'];

/// The largest count that a text tells; `None` where it tells none. A count is a run of numerals
/// directly before a measure of people.
///
/// ```
/// use mayorline::domain::suggest::people_told;
/// assert_eq!(people_told("村民三十七人联名，去年也有5户"), Some(37));
/// assert_eq!(people_told("路灯不亮"), None);
/// ```
#[must_use]
pub fn people_told(text: &str) -> Option<u32> {
    let chars: Vec<char> = text.chars().map(narrow).collect();
    let (mut at, mut most) = (0, None);
    while at < chars.len() {
        let (before, here) = chars.split_at(at);
        let run = here.iter().take_while(|c| is_numeral(**c)).count();
        let (numerals, behind) = here.split_at(run);
        // 第三人 counts nobody.
        if run > 0 && before.last() != Some(&'第') && counts_people(behind) {
            most = most.max(value(numerals));
        }
        at += run.max(1);
    }
    most
}

/// 人, 余户, 多个人, 口人; not the 人 of 人民.
fn counts_people(behind: &[char]) -> bool {
    let mut rest = behind.iter().peekable();
    rest.next_if(|c| matches!(c, '余' | '多' | '几' | '来'));
    rest.next_if(|c| matches!(c, '个' | '口'));
    rest.next().is_some_and(|c| MEASURES.contains(c)) && rest.next() != Some(&'民')
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || digit(c).is_some() || scale(c).is_some()
}

fn digit(c: char) -> Option<u32> {
    let place = "零一二三四五六七八九".chars().position(|known| known == c);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.or_else(|| (c == '两').then_some(2)).or_else(|| c.to_digit(10))
}

/// 万: it counts what stands before it, all of it.
const TEN_THOUSAND: u32 = 10_000;

fn scale(c: char) -> Option<u32> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1_000),
        '万' => Some(TEN_THOUSAND),
        _ => None,
    }
}

/// 三十七 is 37, 十二 is 12, 50 is 50; `None` past what fits.
fn value(numerals: &[char]) -> Option<u32> {
    let (mut sum, mut open): (u32, Option<u32>) = (0, None);
    for c in numerals {
        match (digit(*c), scale(*c)) {
            (Some(one), _) => {
                let before = open.filter(|_| c.is_ascii_digit()).unwrap_or(0);
                open = Some(before.checked_mul(10)?.checked_add(one)?);
            }
            (None, Some(TEN_THOUSAND)) => {
                sum =
                    sum.checked_add(open.take().unwrap_or(0))?.max(1).checked_mul(TEN_THOUSAND)?;
            }
            (None, Some(scale)) => {
                sum = sum.checked_add(open.take().unwrap_or(1).checked_mul(scale)?)?;
            }
            (None, None) => return None,
        }
    }
    sum.checked_add(open.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_are_counted_in_figures_and_in_words() {
        for (text, people) in [
            ("欠我们十二个人两万三千块钱", Some(12)),
            ("村民三十七人联名", Some(37)),
            ("我们小区200多户", Some(200)),
            ("一百零五名业主", Some(105)),
            ("二十户", Some(20)),
            ("两个人", Some(2)),
            ("一千二百人", Some(1200)),
            ("三盏路灯", None),
            ("工人", None),
            ("99999999999999人", None),
            ("50余户", Some(50)),
            ("三十多个人", Some(30)),
            ("十几个人", Some(10)),
            ("１２人", Some(12)),
            ("一万人", Some(10_000)),
            ("两万三千人", Some(23_000)),
            ("一家五口人", Some(5)),
            ("第十人民医院", None),
            ("一人民", None),
            ("第三人", None),
        ] {
            assert_eq!(people_told(text), people, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_counted_or_not(text in "[\\PC一二三十百千万0-9人户个]{0,30}") {
            let _ = people_told(&text);
        }
    }
}
