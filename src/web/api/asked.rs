//! What is asked for, as values: bodies, and days of the city.

use super::problem::Problem;
use crate::domain::case::city_zone;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use jiff::civil::Date;
use serde::Deserialize;

/// Longest question and key, in characters.
pub(super) const WORDS_MAX: usize = 100;

/// The body of a request as a value.
pub(super) fn json<T: for<'de> Deserialize<'de>>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let too_large = |rejection: BytesRejection| {
        let status = rejection.status();
        Problem::new(status, "HTTP", "请求内容过大或者没有收全。", rejection.to_string())
    };
    let body = body.map_err(too_large)?;
    serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))
}

/// From the first moment of one day to that after another, in ms since 1970.
pub(super) fn days(
    from: Option<Date>,
    to: Option<Date>,
) -> Result<(Option<i64>, Option<i64>), Problem> {
    let begins = |day: Date| -> Result<i64, Problem> {
        let midnight = day.to_zoned(city_zone());
        let midnight = midnight.map_err(|error| Problem::malformed(error.to_string()))?;
        Ok(midnight.timestamp().as_millisecond())
    };
    let after = to.map(|day| begins(day.tomorrow().unwrap_or(day)));
    Ok((from.map(begins).transpose()?, after.transpose()?))
}
