//! Key figures, of all cases or of one's own.

use super::asked::days;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::case::Actor;
use crate::domain::figures::{
    CallExcluded, CountedCall, Excluded, Facts, KeyFigure, measure, measure_calls,
};
use crate::store::{Period, Reader, city_time};
use crate::units::CaseNumber;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Days of a period at most: two years.
const DAYS_MAX: i32 = 732;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Days {
    /// The first day, `YYYY-MM-DD`.
    #[param(value_type = String)]
    from: Date,
    /// The last day, itself included.
    #[param(value_type = String)]
    to: Date,
}

/// What is counted about the cases of a period.
#[derive(Serialize, ToSchema)]
pub(super) struct Figures {
    /// 受理量: all numbered cases that this person's report is about.
    accepted: usize,
    /// The key figures; empty for whoever may only know how many there are. Those of the telephone are
    /// of all calls, and stand last for whoever reads of all cases.
    kpis: Vec<Figure>,
}

/// One key figure.
#[derive(Serialize, ToSchema)]
pub(super) struct Figure {
    /// As it is published.
    title: &'static str,
    /// How many count.
    numerator: usize,
    /// How many could.
    denominator: usize,
    /// In tenths of a percent; `null`: nothing could count.
    permille: Option<u32>,
    /// The goal in percent, where the city has one.
    goal_percent: Option<u8>,
    /// Of the worst 24 hours of the period: since when that was, RFC 3339 with the city's offset.
    since: Option<String>,
    /// Those that count: as many as the numerator.
    counted: Vec<Counted>,
    /// Those that could and do not: with the others as many as the denominator.
    missed: Vec<Counted>,
    /// What is left out, by reason.
    excluded: Vec<LeftOut>,
}

/// What a figure leaves out.
#[derive(Serialize, ToSchema)]
pub(super) struct LeftOut {
    /// Why.
    reason: &'static str,
    /// How many.
    count: usize,
    /// Which.
    left_out: Vec<Counted>,
}

/// A case or a call behind a figure.
#[derive(Serialize, ToSchema)]
pub(super) struct Counted {
    /// Number of the case; `null`: a call that no case came of, or one under seal.
    case: Option<String>,
    /// Id of the call, in a figure of the telephone.
    call: Option<String>,
}

impl From<CaseNumber> for Counted {
    fn from(number: CaseNumber) -> Self {
        Self { case: Some(number.to_string()), call: None }
    }
}

impl From<CountedCall> for Counted {
    fn from(CountedCall { call, case }: CountedCall) -> Self {
        Self { case: case.map(|number| number.to_string()), call: Some(call.to_string()) }
    }
}

fn counted<T: Into<Counted>>(behind: Vec<T>) -> Vec<Counted> {
    behind.into_iter().map(Into::into).collect()
}

fn left_out<T: Into<Counted>>(reason: &'static str, behind: Vec<T>) -> LeftOut {
    LeftOut { reason, count: behind.len(), left_out: counted(behind) }
}

fn figure<Name, Behind: Into<Counted>, Why>(
    kpi: KeyFigure<Name, Behind, Why>,
    title: impl Fn(Why) -> &'static str,
) -> Figure {
    let excluded = kpi.excluded.into_iter();
    Figure {
        title: kpi.title,
        numerator: kpi.numerator,
        denominator: kpi.denominator,
        permille: kpi.permille,
        goal_percent: kpi.goal_percent,
        since: kpi.since.map(city_time),
        counted: counted(kpi.counted),
        missed: counted(kpi.missed),
        excluded: excluded.map(|(why, those)| left_out(title(why), those)).collect(),
    }
}

/// Show the key figures: of all cases, or of one's own.
#[utoipa::path(get, path = "/api/v1/figures/kpi", tag = "reports", params(Days), responses(
    (status = 200, description = "The figures", body = Figures),
    (status = 400, description = "Not understood", body = ProblemBody),
    (status = 401, description = "Nobody is signed in", body = ProblemBody),
    (status = 403, description = "No role reads reports", body = ProblemBody),
    (status = 429, description = "Too many requests", body = ProblemBody),
    (status = 503, description = "The store cannot be used", body = ProblemBody),
))]
pub(super) async fn kpi(
    State(house): On,
    Extension(person): Extension<Person>,
    asked: Result<Form<Days>, FormRejection>,
) -> Result<Response, Problem> {
    let granted = best(&person.actor.roles, Function::Reports);
    if granted == Access::None {
        return Err(Problem::forbidden());
    }
    let Form(Days { from, to }) =
        asked.map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let length = from.until(to).map_or(i32::MAX, |span| span.get_days());
    if !(0..DAYS_MAX).contains(&length) {
        return Err(Problem::malformed("a period has 1 to 732 days, first day first"));
    }
    let api = house.api.clone();
    let figures = waiting(move || {
        let (reader, now) = (api.reader()?, api.now());
        let period = period((from, to), now)?;
        let facts = facts(&reader, &person.actor, granted, period)?;
        let measured = measure(&facts, now);
        let accepted = measured.accepted;
        if granted <= Access::Count {
            return Ok(Figures { accepted, kpis: vec![] });
        }
        let mut kpis: Vec<Figure> =
            measured.kpis.into_iter().map(|kpi| figure(kpi, Excluded::title)).collect();
        if granted != Access::Own {
            let calls = reader.call_facts(period)?;
            kpis.extend(
                measure_calls(&calls, period.span())
                    .into_iter()
                    .map(|kpi| figure(kpi, CallExcluded::title)),
            );
        }
        Ok(Figures { accepted, kpis })
    })
    .await?;
    Ok(answer(&figures))
}

/// From the first of the days to the end of the last, as of now.
fn period((from, to): (Date, Date), now: Timestamp) -> Result<Period, Problem> {
    let (from_ms, to_ms) = days(Some(from), Some(to))?;
    let (from_ms, to_ms) = (from_ms.unwrap_or(i64::MIN), to_ms.unwrap_or(i64::MAX));
    Ok(Period { from_ms, to_ms, as_of_ms: now.as_millisecond() })
}

/// The cases that a person's report is about. Own ones are his unit's, or those he took first; what
/// is under seal is in no report but that of all cases.
fn facts(
    reader: &Reader,
    actor: &Actor,
    granted: Access,
    period: Period,
) -> Result<Vec<Facts>, Problem> {
    let mut facts = reader.facts(period)?;
    if granted != Access::Own {
        return Ok(facts);
    }
    let of_unit = actor.unit.as_ref().filter(|_| actor.is_of_unit());
    facts.retain(|one| {
        let of_unit = of_unit.is_some() && one.unit.as_ref() == of_unit;
        let taken = one.first_responsible.as_ref() == Some(&actor.person);
        !one.sealed && (of_unit || taken)
    });
    Ok(facts)
}
