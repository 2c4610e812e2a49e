//! Words of risk (C6) on the seats' page: which flags the words that somebody types raise, and the button
//! that marks a flag of a case as false. Neither changes what becomes of a case.

use super::NotMarked;
use super::pages::App;
use super::playback::{answer, person};
use crate::domain::playback::reason;
use crate::domain::suggest::{RiskGroup, SUGGEST_CHARS_MAX, risks};
use crate::units::CaseNumber;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// Longest text that is looked at, in bytes: [`SUGGEST_CHARS_MAX`] characters of up to four.
pub(super) const TYPED_BYTES_MAX: usize = SUGGEST_CHARS_MAX * 4;

/// `POST /risks`: the flags that a text raises. It is stored nowhere.
pub(super) async fn typed(State(shared): App, headers: HeaderMap, text: String) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if shared.seat(&headers).is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    answer(StatusCode::OK, &risks(&text))
}

/// Which flag, and why it is false.
#[derive(serde::Deserialize)]
pub(super) struct Wish {
    case: String,
    risk: String,
    #[serde(default)]
    reason: String,
}

fn refuse(why: NotMarked) -> Response {
    let status = match why {
        NotMarked::NotAllowed => StatusCode::FORBIDDEN,
        NotMarked::NoSuchFlag => StatusCode::NOT_FOUND,
        NotMarked::ReasonMissing => StatusCode::BAD_REQUEST,
        NotMarked::StoreDown => StatusCode::SERVICE_UNAVAILABLE,
    };
    answer(status, &json!({ "why": why }))
}

/// `POST /false-alarm`: marks a flag of a case as false; answered after the commit.
pub(super) async fn mark(
    State(shared): App,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    if !shared.is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some((_, who)) = person(&shared, &headers).await else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let case = CaseNumber::parse(&wish.case).ok();
    let Some((case, risk)) = case.zip(RiskGroup::parse(&wish.risk)) else {
        return refuse(NotMarked::NoSuchFlag);
    };
    let Some(reason) = reason(&wish.reason) else { return refuse(NotMarked::ReasonMissing) };
    let archive = Arc::clone(&shared.archive);
    let marked =
        tokio::task::spawn_blocking(move || archive.mark_false(&who, (case, risk), reason)).await;
    match marked {
        Ok(Ok(())) => answer(StatusCode::OK, &json!({ "marked": true })),
        Ok(Err(why)) => refuse(why),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
