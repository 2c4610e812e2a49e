//! The same for programs, as JSON.

use super::asked::Asked;
use super::words::Words;
use super::{On, listening, wanted};
use crate::domain::case::local_day;
use crate::domain::listening_day::Reason;
use crate::domain::report::domain_name;
use crate::store::{Published, city_time};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of notices, the newest first by when their matter came.
#[derive(Serialize, ToSchema)]
struct PublicNoticeList {
    /// How many there are in all, at most 10000.
    total: usize,
    /// There are more than that.
    more: bool,
    /// This page, from 1.
    page: usize,
    /// Notices of a page; a page may have fewer.
    size: usize,
    /// The notices.
    notices: Vec<PublicNoticeView>,
}

/// A notice.
#[derive(Serialize, ToSchema)]
struct PublicNoticeView {
    /// Number of the case.
    #[schema(example = "26112200012")]
    number: String,
    /// The day on which the matter came.
    #[schema(example = "2026-11-22")]
    received_on: String,
    /// Where it stands: `callback`, `closed` or `archived`.
    state: &'static str,
    /// The same in a sentence.
    state_sentence: &'static str,
    /// What kind of matter it is (咨询, 求助 …).
    nature: Option<&'static str>,
    /// Six-digit code of its type.
    #[schema(example = "050100")]
    kind: Option<String>,
    /// The name of its type.
    #[schema(example = "城乡建设与管理·路灯")]
    kind_name: Option<String>,
    /// The town that it is about.
    town: Option<&'static str>,
    /// The unit that handled it.
    unit: Option<String>,
    /// The approved text.
    text: String,
    /// How it ended: `direct`, `handled` or `explained`.
    result: &'static str,
    /// The same in words.
    result_title: &'static str,
    /// Calendar days from its number to the answer, the first not counted.
    days_used: Option<u32>,
    /// The citizen's grade, 1 to 4; `null`: none.
    rating: Option<&'static str>,
    /// The same in words.
    rating_title: &'static str,
    /// The citizen's date.
    due_on: Option<String>,
    /// The day it was closed on.
    closed_on: Option<String>,
    /// When the notice was approved.
    published_at: String,
    /// When what is told last changed.
    updated_at: String,
}

/// A listening day.
#[derive(Serialize, ToSchema)]
struct ListeningDayView {
    /// The date.
    #[schema(example = "2026-11-03")]
    date: String,
    /// From when a leader takes calls.
    #[schema(example = "09:00")]
    from: String,
    /// Until when.
    #[schema(example = "11:00")]
    to: String,
    /// `rule`, `holiday`, `moved` or `added`.
    by: &'static str,
    /// Why it is this date.
    why: String,
    /// The holidays of its year are not known yet; it may still move.
    provisional: bool,
}

impl PublicNoticeView {
    fn of(one: Published, words: Words) -> Self {
        let Published { notice, changed_at, unit_name } = one;
        Self {
            number: notice.number.to_string(),
            received_on: local_day(notice.received_at).to_string(),
            state: notice.state.as_str(),
            state_sentence: words.sentence(&notice),
            nature: notice.nature.map(|nature| words.nature(nature)),
            kind_name: notice.domain.as_deref().and_then(domain_name),
            kind: notice.domain,
            town: notice.town,
            unit: unit_name,
            text: notice.text,
            result: notice.result.as_str(),
            result_title: words.result(notice.result),
            days_used: notice.days_used,
            rating: notice.grade.map(|grade| grade.as_str()),
            rating_title: words.grade(notice.grade),
            due_on: notice.due_on.map(|day| day.to_string()),
            closed_on: notice.closed_on.map(|day| day.to_string()),
            published_at: city_time(notice.published_at),
            updated_at: city_time(changed_at),
        }
    }
}

/// List the public notices; nobody need sign in.
#[utoipa::path(get, path = "/public/notices.json", tag = "public", params(Asked), security(()),
responses(
    (status = 200, description = "A page of notices", body = PublicNoticeList),
    (status = 400, description = "Not understood", body = String,
        content_type = "text/plain; charset=utf-8"),
    (status = 429, description = "Too many requests of this source"),
    (status = 503, description = "It cannot be read now", body = String,
        content_type = "text/plain; charset=utf-8"),
))]
pub(in crate::web) async fn notices(
    State(public): On,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let wanted = match wanted(asked) {
        Ok(wanted) => wanted,
        Err(nothing) => return nothing.line(public.words(false)),
    };
    let words = public.words(wanted.english);
    let (filter, rows) = (wanted.filter(), wanted.rows());
    match public.read(move |reader, day| reader.published(&filter, day, rows)).await {
        Ok(found) => {
            let notices =
                found.notices.into_iter().map(|one| PublicNoticeView::of(one, words)).collect();
            let (page, size) = (wanted.page, wanted.size);
            let (total, more) = (found.total, found.more);
            json(&PublicNoticeList { total, more, page, size, notices })
        }
        Err(nothing) => nothing.line(words),
    }
}

/// List the next listening days; nobody need sign in.
#[utoipa::path(get, path = "/public/listening-days.json", tag = "public", security(()), responses(
    (status = 200, description = "The next twelve days", body = [ListeningDayView]),
    (status = 429, description = "Too many requests of this source"),
))]
pub(in crate::web) async fn listening_days(State(public): On) -> Response {
    let words = public.words(false);
    let listening::ListeningDays { window: [from, to], days } =
        listening::next(&public.config, public.today());
    let days = days.into_iter().map(|day| ListeningDayView {
        why: listening::reason(words, &day),
        date: day.date.to_string(),
        from: from.clone(),
        to: to.clone(),
        by: match day.reason {
            Reason::Rule { .. } => "rule",
            Reason::Holiday { .. } => "holiday",
            Reason::Moved { .. } => "moved",
            Reason::Added { .. } => "added",
        },
        provisional: day.provisional,
    });
    json(&days.collect::<Vec<_>>())
}

fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
