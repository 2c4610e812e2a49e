//! Key figures, of all cases or of one's own.

use super::asked::days;
use super::people::Person;
use super::problem::{Problem, ProblemBody};
use super::views::json as answer;
use super::{On, waiting};
use crate::domain::access::{Access, Function, best};
use crate::domain::case::Actor;
use crate::domain::figures::{Facts, Kpi, measure};
use crate::store::{Period, Reader};
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
    /// The key figures; empty for whoever may only know how many there are.
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
}

impl From<Kpi> for Figure {
    fn from(kpi: Kpi) -> Self {
        let excluded = kpi.excluded.iter();
        let excluded =
            excluded.map(|(why, cases)| LeftOut { reason: why.title(), count: cases.len() });
        Self {
            title: kpi.title,
            numerator: kpi.numerator,
            denominator: kpi.denominator,
            permille: kpi.permille,
            goal_percent: kpi.goal_percent,
            excluded: excluded.collect(),
        }
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
        let facts = facts(&reader, &person.actor, granted, (from, to, now))?;
        let measured = measure(&facts, now);
        let shown = granted > Access::Count;
        let kpis = measured.kpis.into_iter().filter(|_| shown).map(Figure::from);
        Ok(Figures { accepted: measured.accepted, kpis: kpis.collect() })
    })
    .await?;
    Ok(answer(&figures))
}

/// The cases that a person's report is about. Own ones are his unit's, or those he took first; what
/// is under seal is in no report but that of all cases.
fn facts(
    reader: &Reader,
    actor: &Actor,
    granted: Access,
    (from, to, now): (Date, Date, Timestamp),
) -> Result<Vec<Facts>, Problem> {
    let (from_ms, to_ms) = days(Some(from), Some(to))?;
    let (from_ms, to_ms) = (from_ms.unwrap_or(i64::MIN), to_ms.unwrap_or(i64::MAX));
    let period = Period { from_ms, to_ms, as_of_ms: now.as_millisecond() };
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
