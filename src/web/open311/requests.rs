//! Published cases as requests: those of a period, or those that are asked for by their numbers.

use super::answer::{Answer, Fault, Faults, Value};
use super::services::unknown;
use super::{On, Parameters, stem};
use crate::domain::case::{city_zone, local_day};
use crate::domain::open311::{service, service_of, services};
use crate::store::{
    NOTICE_NUMBERS_MAX, NOTICES_COUNTED_MAX, NOTICES_PAGE_MAX, Published, PublishedFilter, Reader,
    StoreError, city_time,
};
use crate::units::CaseNumber;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// Requests of one answer (GeoReport v2), also where no `page_size` is named.
pub const OPEN311_PAGE_MAX: usize = 1_000;
/// Requests that are looked at for one answer where the store cannot find those of the services.
const SCANNED_MAX: usize = 2_000;
/// Longest period, and the one up to now where none is named (GeoReport v2).
const PERIOD_DAYS_MAX: i64 = 90;
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Pages that can be asked for.
const PAGES_MAX: usize = 10_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    /// What the store looks for.
    filter: PublishedFilter,
    /// Only requests of these services; empty: of any.
    services: Vec<String>,
    /// Requests before the first of the answer.
    skip: usize,
    /// Requests of the answer.
    size: usize,
}

/// The requests of a period, newest first.
pub(super) async fn list(
    State(house): On,
    asked: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Answer, Faults> {
    let Form(pairs) = asked?;
    let given = Parameters::of(pairs)?;
    house.check_city(given.get("jurisdiction_id"))?;
    let now = (house.wall)();
    let found = match given.get("service_request_id") {
        Some(numbers) => {
            let numbers = read_numbers(numbers)?;
            house.read(move |reader| by_number(reader, numbers, now)).await?
        }
        None => {
            let asked = Asked::read(&given, now)?;
            house.read(move |reader| of_period(reader, &asked, now)).await?
        }
    };
    Ok(requests(found))
}

/// One request.
pub(super) async fn show(
    State(house): On,
    Path(name): Path<String>,
    asked: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Answer, Faults> {
    let Form(pairs) = asked?;
    house.check_city(Parameters::of(pairs)?.get("jurisdiction_id"))?;
    let number = CaseNumber::parse(stem(&name)).map_err(|_| Faults::no_request())?;
    let now = (house.wall)();
    let found = house.read(move |reader| by_number(reader, vec![number], now)).await?;
    if found.is_empty() { Err(Faults::no_request()) } else { Ok(requests(found)) }
}

fn requests(found: Vec<Published>) -> Answer {
    let found = found.iter().map(shown).collect();
    Answer { root: "service_requests", value: Value::List("request", found) }
}

/// The numbers of a list; what is none is asked for by nobody.
fn read_numbers(text: &str) -> Result<Vec<CaseNumber>, Faults> {
    let named: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    if named.len() > NOTICE_NUMBERS_MAX {
        let most = format!("service_request_id: 一次最多 {NOTICE_NUMBERS_MAX} 个。");
        return Err(Faults::malformed(most));
    }
    Ok(named.into_iter().filter_map(|one| CaseNumber::parse(one).ok()).collect())
}

fn by_number(
    reader: &Reader,
    numbers: Vec<CaseNumber>,
    now: Timestamp,
) -> Result<Vec<Published>, StoreError> {
    // No number would be any number.
    if numbers.is_empty() {
        return Ok(vec![]);
    }
    let filter = PublishedFilter { numbers, ..PublishedFilter::default() };
    Ok(reader.published(&filter, local_day(now), (0, NOTICE_NUMBERS_MAX))?.notices)
}

fn of_period(reader: &Reader, asked: &Asked, now: Timestamp) -> Result<Vec<Published>, StoreError> {
    let (day, looks) = (local_day(now), !asked.services.is_empty());
    // Those of other services are passed over here, so all before them are looked at.
    let (mut at, most) = if looks { (0, SCANNED_MAX) } else { (asked.skip, asked.size) };
    let (end, mut passed, mut found) = (at + most, 0, vec![]);
    while at < end.min(NOTICES_COUNTED_MAX) && found.len() < asked.size {
        let limit = NOTICES_PAGE_MAX.min(end - at);
        let page = reader.published(&asked.filter, day, (at, limit))?;
        at += limit;
        for one in page.notices {
            if !asked.wants(&one) {
                continue;
            }
            if looks && passed < asked.skip {
                passed += 1;
            } else if found.len() < asked.size {
                found.push(one);
            }
        }
        if at >= page.total {
            break;
        }
    }
    Ok(found)
}

impl Asked {
    fn read(given: &Parameters, now: Timestamp) -> Result<Self, Faults> {
        let mut faults = vec![];
        let mut keep = |fault: Faults| faults.extend(fault.0);
        let codes = read_services(given).map_err(&mut keep).unwrap_or_default();
        let period = read_period(given, now).map_err(&mut keep).unwrap_or_default();
        let open = read_status(given).map_err(&mut keep).unwrap_or_default();
        let size = read_count(given, "page_size", OPEN311_PAGE_MAX).map_err(&mut keep);
        let size = size.ok().flatten().unwrap_or(OPEN311_PAGE_MAX);
        let page = read_count(given, "page", PAGES_MAX).map_err(&mut keep);
        let page = page.ok().flatten().unwrap_or(1);
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let (domain, services) = split(codes);
        let (from_ms, to_ms) = period;
        let filter = PublishedFilter {
            domain,
            from_ms: Some(from_ms),
            to_ms: Some(to_ms),
            open,
            ..PublishedFilter::default()
        };
        Ok(Self { filter, services, skip: (page - 1) * size, size })
    }

    fn wants(&self, one: &Published) -> bool {
        let is_of = |code: &String| *code == service_of(one.notice.domain.as_deref()).code;
        self.services.is_empty() || self.services.iter().any(is_of)
    }
}

/// What the store can look for by itself: one service that is all of what begins like its code. Others
/// are told apart here.
fn split(codes: Vec<String>) -> (Option<String>, Vec<String>) {
    let [code] = &codes[..] else { return (None, codes) };
    let (part, field) = (code.get(..4).unwrap_or_default(), code.get(..2).unwrap_or_default());
    if !part.ends_with("00") {
        return (Some(part.to_owned()), vec![]);
    }
    match services().iter().filter(|one| one.code.starts_with(field)).count() {
        // 其他 also has what is of no service at all.
        1 if field != "99" => (Some(field.to_owned()), vec![]),
        _ => (None, codes),
    }
}

fn read_services(given: &Parameters) -> Result<Vec<String>, Faults> {
    let named = given.get("service_code").unwrap_or_default();
    let codes = named.split(',').map(str::trim).filter(|code| !code.is_empty());
    let known = codes.map(|code| service(code).map(|known| known.code).ok_or_else(unknown));
    known.collect()
}

fn read_status(given: &Parameters) -> Result<Option<bool>, Faults> {
    let named = given.get("status").unwrap_or_default();
    let (mut open, mut closed) = (false, false);
    for one in named.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        match one {
            "open" => open = true,
            "closed" => closed = true,
            _ => return Err(Faults::malformed("status: 应为 open 或 closed。")),
        }
    }
    Ok((open != closed).then_some(open))
}

fn read_count(given: &Parameters, name: &str, max: usize) -> Result<Option<usize>, Faults> {
    let Some(text) = given.get(name) else { return Ok(None) };
    let count = text.parse::<usize>().ok().filter(|count| (1..=max).contains(count));
    match count {
        Some(count) => Ok(Some(count)),
        None => Err(Faults::malformed(format!("{name}: 应为 1 至 {max}。"))),
    }
}

/// From one moment on and before another, in ms since 1970.
fn read_period(given: &Parameters, now: Timestamp) -> Result<(i64, i64), Faults> {
    let read = |name: &str, ends: bool| match given.get(name) {
        Some(text) => match moment(text, ends) {
            Some(at) => Ok(Some(at)),
            None => Err(Fault {
                code: StatusCode::BAD_REQUEST,
                description: format!("{name}: 应为 W3C 日期时间，如 2026-11-22T10:00:00+08:00。"),
            }),
        },
        None => Ok(None),
    };
    let (from, to) = match (read("start_date", false), read("end_date", true)) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => return Err(Faults([from.err(), to.err()].into_iter().flatten().collect())),
    };
    let most = PERIOD_DAYS_MAX * DAY_MS;
    let now = now.as_millisecond() + 1;
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, from.saturating_add(most).min(now.max(from))),
        (None, Some(to)) => (to.saturating_sub(most), to),
        (None, None) => (now - most, now),
    };
    if from > to {
        return Err(Faults::malformed("start_date, end_date: 起始时间晚于截止时间。"));
    }
    // The last millisecond counts.
    if to - from > most + 1 {
        let long = format!("start_date, end_date: 时间跨度不得超过 {PERIOD_DAYS_MAX} 天。");
        return Err(Faults::malformed(long));
    }
    Ok((from, to))
}

/// A time with its zone, or a day of the city; `ends`: the first moment after it.
fn moment(text: &str, ends: bool) -> Option<i64> {
    // A plus sign that was not escaped comes as a blank.
    let text = text.replace(' ', "+");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond() + i64::from(ends));
    }
    let day: Date = Some(&text).filter(|text| text.len() == 10)?.parse().ok()?;
    let day = if ends { day.checked_add(1.day()).ok()? } else { day };
    let midnight = day.to_zoned(city_zone()).ok()?;
    Some(midnight.timestamp().as_millisecond())
}

/// One request as everybody may read it.
fn shown(one: &Published) -> Value {
    let Published { notice, changed_at, unit_name, .. } = one;
    let service = service_of(notice.domain.as_deref());
    let status = if notice.is_open() { "open" } else { "closed" };
    let notes = format!("{}；{}", notice.sentence(), notice.result.title());
    Value::Fields(vec![
        ("service_request_id", notice.number.to_string().into()),
        ("status", status.into()),
        ("status_notes", notes.into()),
        ("service_name", service.name.into()),
        ("service_code", service.code.into()),
        ("description", notice.text.as_str().into()),
        ("agency_responsible", unit_name.clone().into()),
        ("service_notice", Value::Nothing),
        ("requested_datetime", city_time(notice.received_at).into()),
        ("updated_datetime", city_time(*changed_at).into()),
        ("expected_datetime", notice.due_on.and_then(end_of).map(city_time).into()),
        // The town and nothing nearer to a door.
        ("address", notice.town.into()),
        ("address_id", Value::Nothing),
        ("zipcode", Value::Nothing),
        ("lat", Value::Nothing),
        ("long", Value::Nothing),
        ("media_url", Value::Nothing),
    ])
}

/// The last second of a day of the city.
fn end_of(day: Date) -> Option<Timestamp> {
    let end = day.at(23, 59, 59, 0).to_zoned(city_zone()).ok()?;
    Some(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T10:00:00+08:00".parse().unwrap()
    }

    fn given(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Parameters::of(pairs.collect()).unwrap()
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn without_a_period_it_is_the_last_ninety_days() {
        let asked = Asked::read(&given(&[]), now()).unwrap();
        let (from, to) = (asked.filter.from_ms.unwrap(), asked.filter.to_ms.unwrap());
        assert_eq!((to, to - from), (now().as_millisecond() + 1, 90 * DAY_MS));
        assert_eq!((asked.filter.open, asked.skip, asked.size), (None, 0, OPEN311_PAGE_MAX));
    }

    #[test]
    fn a_period_is_named_by_times_or_days_and_has_at_most_ninety_days() {
        let period = |pairs: &[(&str, &str)]| read_period(&given(pairs), now());
        let whole = [("start_date", "2026-11-01"), ("end_date", "2026-11-30")];
        let (from, to) = (ms("2026-11-01T00:00:00+08:00"), ms("2026-12-01T00:00:00+08:00"));
        assert_eq!(period(&whole), Ok((from, to)));
        // As a browser sends a plus sign that nobody escaped.
        let timed =
            [("start_date", "2026-11-01T00:00:00 08:00"), ("end_date", "2026-11-30T15:59:59.999Z")];
        assert_eq!(period(&timed), Ok((from, to)));
        let (from, to) = period(&[("start_date", "2026-01-01")]).unwrap();
        assert_eq!((from, to - from), (ms("2026-01-01T00:00:00+08:00"), 90 * DAY_MS));
        let (from, to) = period(&[("end_date", "2026-01-01")]).unwrap();
        assert_eq!((to, to - from), (ms("2026-01-02T00:00:00+08:00"), 90 * DAY_MS));
        let most = [("start_date", "2026-01-01"), ("end_date", "2026-03-31")];
        assert!(period(&most).is_ok());
        for wrong in [
            [("start_date", "2026-01-01"), ("end_date", "2026-04-02")],
            [("start_date", "2026-11-22"), ("end_date", "2026-11-20")],
            [("start_date", "2026-11-22T10:00:00"), ("end_date", "2026-11-23")],
            [("start_date", "昨天"), ("end_date", "今天")],
        ] {
            assert!(period(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong =
            [("status", "done"), ("page", "0"), ("page_size", "1001"), ("service_code", "1")];
        let Faults(faults) = Asked::read(&given(&wrong), now()).unwrap_err();
        let codes: Vec<u16> = faults.iter().map(|fault| fault.code.as_u16()).collect();
        assert_eq!(codes, [404, 400, 400, 400]);
        let right = [("status", "open"), ("page", "3"), ("page_size", "20")];
        let asked = Asked::read(&given(&right), now()).unwrap();
        assert_eq!((asked.filter.open, asked.skip, asked.size), (Some(true), 40, 20));
        assert_eq!(read_status(&given(&[("status", "open,closed")])), Ok(None));
        assert_eq!(read_status(&given(&[("status", "closed")])), Ok(Some(false)));
    }

    #[test]
    fn the_store_finds_what_is_all_of_one_beginning() {
        let split = |codes: &[&str]| split(codes.iter().map(|code| (*code).to_owned()).collect());
        assert_eq!(split(&["050100"]), (Some("0501".to_owned()), vec![]));
        assert_eq!(split(&["030000"]), (Some("03".to_owned()), vec![]));
        for here in ["050000", "990000"] {
            assert_eq!(split(&[here]), (None, vec![here.to_owned()]), "{here}");
        }
        assert_eq!(split(&[]), (None, vec![]));
        assert_eq!(split(&["050100", "030000"]).0, None);
    }
}
