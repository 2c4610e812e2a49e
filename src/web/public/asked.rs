//! What is asked of the public pages: type, town, month, page.

use super::Nothing;
use crate::domain::case::city_zone;
use crate::domain::publication::KIND_DIGITS;
use crate::domain::town::TOWNS;
use crate::store::{NOTICES_COUNTED_MAX, NOTICES_PAGE_MAX, PublishedFilter};
use jiff::ToSpan;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::IntoParams;

/// Notices of a page unless a program asks for more.
const PAGE_ROWS: usize = 20;
/// Digits of a domain's code.
const DOMAIN_DIGITS: usize = 6;

/// The query of an address. A form sends what is not chosen as empty.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct Asked {
    /// Only this type: the first two to six digits of its code.
    kind: Option<String>,
    /// Only this town.
    town: Option<String>,
    /// Only matters that came in this month, `YYYY-MM`.
    month: Option<String>,
    /// Which page, from 1.
    page: Option<String>,
    /// Notices on a page, 1 to 100; 20 unless told otherwise.
    size: Option<String>,
    /// `en`: in English, as far as it is not the city's own words.
    lang: Option<String>,
}

/// The same, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) kind: Option<String>,
    pub(super) town: Option<&'static str>,
    /// The first day of the month.
    pub(super) month: Option<Date>,
    /// From 1.
    pub(super) page: usize,
    pub(super) size: usize,
    pub(super) english: bool,
}

impl Wanted {
    /// Understands a query, or says what is wrong with it.
    pub(super) fn read(asked: &Asked) -> Result<Self, Nothing> {
        let kind = given(asked.kind.as_deref()).map(|code| {
            let digits = code.bytes().all(|byte| byte.is_ascii_digit());
            let fits = digits && (KIND_DIGITS..=DOMAIN_DIGITS).contains(&code.len());
            let wrong = Nothing::malformed("没有这个类型。", "There is no such type.");
            if fits { Ok(code.to_owned()) } else { Err(wrong) }
        });
        let town = given(asked.town.as_deref()).map(|town| {
            let wrong = Nothing::malformed("没有这个镇街。", "There is no such town.");
            TOWNS.into_iter().find(|known| *known == town).ok_or(wrong)
        });
        let month = given(asked.month.as_deref()).map(|month| {
            let wrong = Nothing::malformed("月份应写作2026-11。", "A month is written 2026-11.");
            first_day(month).ok_or(wrong)
        });
        let wrong = Nothing::malformed("没有这一页。", "There is no such page.");
        let number = |text: Option<&str>, unless: usize| match given(text) {
            Some(text) => text.parse::<usize>().ok().filter(|n| *n > 0).ok_or(wrong),
            None => Ok(unless),
        };
        let (page, size) =
            (number(asked.page.as_deref(), 1)?, number(asked.size.as_deref(), PAGE_ROWS)?);
        let begins = (page - 1).checked_mul(size).filter(|from| *from < NOTICES_COUNTED_MAX);
        if size > NOTICES_PAGE_MAX || begins.is_none() {
            return Err(wrong);
        }
        let english = asked.lang.as_deref() == Some("en");
        let (kind, town, month) = (kind.transpose()?, town.transpose()?, month.transpose()?);
        Ok(Self { kind, town, month, page, size, english })
    }

    /// What the store is asked for.
    pub(super) fn filter(&self) -> PublishedFilter {
        let next = self.month.and_then(|month| month.checked_add(1.month()).ok());
        PublishedFilter {
            domain: self.kind.clone(),
            town: self.town.map(str::to_owned),
            from_ms: self.month.and_then(begins),
            to_ms: next.and_then(begins),
            ..PublishedFilter::default()
        }
    }

    /// How many are skipped, and how many wanted.
    pub(super) fn rows(&self) -> (usize, usize) {
        ((self.page - 1) * self.size, self.size)
    }

    /// The address of another page of the same, in either language; escaped for an attribute.
    pub(super) fn address(&self, page: usize, english: bool) -> String {
        let month = self.month.map(|month| month.strftime("%Y-%m").to_string());
        let parts = [
            self.kind
                .as_deref()
                .map(|kind| format!("kind={}", utf8_percent_encode(kind, NON_ALPHANUMERIC))),
            self.town.map(|town| format!("town={}", utf8_percent_encode(town, NON_ALPHANUMERIC))),
            month.map(|month| format!("month={month}")),
            (page > 1).then(|| format!("page={page}")),
            english.then(|| "lang=en".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let mark = if parts.is_empty() { "" } else { "?" };
        format!("/public{mark}{}", parts.join("&amp;"))
    }
}

/// What was given, and is not empty.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn first_day(month: &str) -> Option<Date> {
    if month.len() != 7 {
        return None;
    }
    format!("{month}-01").parse().ok()
}

/// The first moment of a day, in ms since 1970.
fn begins(day: Date) -> Option<i64> {
    Some(day.to_zoned(city_zone()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let of = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Asked {
            kind: of("kind"),
            town: of("town"),
            month: of("month"),
            page: of("page"),
            size: of("size"),
            lang: of("lang"),
        }
    }

    #[test]
    fn a_query_is_understood_and_leads_on() {
        let empty = Wanted::read(&asked(&[("kind", ""), ("town", " "), ("month", "")])).unwrap();
        assert_eq!(empty, Wanted::read(&Asked::default()).unwrap());
        assert_eq!((empty.rows(), empty.address(1, false).as_str()), ((0, 20), "/public"));
        let all = [("kind", "05"), ("town", "北宿镇"), ("month", "2026-11"), ("page", "3")];
        let wanted = Wanted::read(&asked(&all)).unwrap();
        assert_eq!(wanted.rows(), (40, 20));
        let filter = wanted.filter();
        assert_eq!(
            (filter.domain.as_deref(), filter.town.as_deref()),
            (Some("05"), Some("北宿镇"))
        );
        assert_eq!(filter.from_ms, Some(1_793_462_400_000), "midnight in the city");
        assert_eq!(filter.to_ms, Some(1_793_462_400_000 + 30 * 86_400_000));
        let address = "/public?kind=05&amp;town=%E5%8C%97%E5%AE%BF%E9%95%87&amp;month=2026-11\
                       &amp;page=4&amp;lang=en";
        assert_eq!(wanted.address(4, true), address);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            ("kind", "5"),
            ("kind", "0x"),
            ("kind", "0500100"),
            ("town", "<b>"),
            ("month", "2026-13"),
            ("month", "2026-1"),
            ("month", "2026-11-01"),
            ("page", "0"),
            ("page", "-1"),
            ("page", "501"),
            ("page", "99999999999999999999"),
            ("size", "101"),
        ] {
            assert!(Wanted::read(&asked(&[wrong])).is_err(), "{wrong:?}");
        }
        assert!(Wanted::read(&asked(&[("page", "500")])).is_ok());
    }
}
