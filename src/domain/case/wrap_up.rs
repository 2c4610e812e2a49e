//! The end of a talk (小结): what an operator records about it, as events of its case.
//!
//! A case that is new is classified and sent on its way by the disposition; one that is on its way
//! already, or is proposed for sealing, only keeps what was said. 转纪委 is no way of its own: the talk
//! proposes the seal of any open case, and a second person decides (T12). Of a case at its end, which cannot
//! be hidden, it is refused: nothing that was meant for the commission is kept for all to read.

use super::codec;
use super::deadline::{Deadline, REPLY_DAYS};
use super::event::{CaseEvent, Nature};
use super::fold::{Case, apply};
use super::record::Record;
use super::refusal::{Guard, Refusal};
use super::status::State;
use super::unit::is_unit_id;
use super::workflow::{Context, accept_contact, may_follow, whole_milliseconds};
use crate::domain::desk::{self, Disposition, Outcome};
use crate::units::{CallId, SeatNumber};
use serde::{Deserialize, Serialize};

/// The domain code of a matter that nobody has coded yet; GB/T 39666 has none of zeros.
pub const DOMAIN_UNCODED: &str = "000000";

/// What an operator records at the end of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapUp {
    /// Which seat.
    pub seat: SeatNumber,
    /// The call.
    pub call: CallId,
    /// What becomes of the matter.
    pub disposition: Disposition,
    /// What kind of matter; `None` counts as other.
    pub nature: Option<Nature>,
    /// In the operator's words; cut to [`desk::SUMMARY_CHARS_MAX`], may be empty.
    pub summary: String,
    /// The unit of an assignment, by its id of `units.toml`.
    pub unit: Option<String>,
    /// What came of a three-way call.
    pub outcome: Option<Outcome>,
}

/// The operator's words: they may name people, so they stand beside the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What the talk was about; empty when nothing was written.
    #[serde(default)]
    pub summary: String,
}

/// A talk with the citizen ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedUp {
    /// The seat.
    pub seat: SeatNumber,
    /// The call.
    #[serde(with = "codec::one")]
    pub call: CallId,
    /// What the operator decided.
    pub disposition: Disposition,
    /// What came of a three-way call.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The operator's words.
    #[serde(default)]
    pub private: Words,
}

/// The events of a wrap-up. One that this seat has given for this call already is not given again;
/// other words of it are kept, because the page was perhaps not told that the first had arrived.
pub(super) fn wrap_up(
    case: &Case,
    order: WrapUp,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    if case.wrapped_up.as_ref() == Some(&(order.call.clone(), order.seat.clone())) {
        let again = wrapped_up(order);
        let words = &again.private.summary;
        let is_new = !words.is_empty() && case.summary.as_ref() != Some(words);
        return Ok(is_new.then(|| CaseEvent::WrappedUp(Box::new(again))).into_iter().collect());
    }
    let mut events = vec![];
    if case.state == Some(State::Draft) && order.disposition != Disposition::NoMatter {
        let summary = case.channel.map_or("", |channel| channel.first_summary()).to_owned();
        events.extend(accept_contact(case, summary, order.seat.to_string(), context)?);
    }
    let way = if case.waits_for_a_way() { way(case, &order, context)? } else { vec![] };
    let seal = proposed_seal(case, &order, context)?;
    events.push(CaseEvent::WrappedUp(Box::new(wrapped_up(order))));
    events.extend(way);
    events.extend(seal);
    let mut folded = case.clone();
    for event in &events {
        may_follow(&folded, event)?;
        folded = apply(folded, event);
    }
    Ok(events)
}

fn wrapped_up(order: WrapUp) -> WrappedUp {
    let WrapUp { seat, call, disposition, outcome, summary, .. } = order;
    let summary = summary.trim().chars().take(desk::SUMMARY_CHARS_MAX).collect();
    WrappedUp { seat, call, disposition, outcome, private: Words { summary } }
}

/// T12: hides the case at once, wherever it has come; the operator decides nothing alone.
fn proposed_seal(
    case: &Case,
    order: &WrapUp,
    context: &Context<'_>,
) -> Result<Option<CaseEvent>, Refusal> {
    if order.disposition != Disposition::Discipline || case.told_state() == Some(State::Sealed) {
        return Ok(None);
    }
    if !case.state.is_some_and(|state| state == State::Draft || state.is_open()) {
        return Err(Refusal::State { from: case.state, event: "seal" });
    }
    let (by, at) = (order.seat.to_string(), whole_milliseconds(context.now));
    Ok(Some(Record::SealProposed { by, at }.into()))
}

/// Where the disposition sends a new case.
fn way(case: &Case, order: &WrapUp, context: &Context<'_>) -> Result<Vec<CaseEvent>, Refusal> {
    let nature = order.nature.unwrap_or(Nature::Other);
    let classified = CaseEvent::Classified { nature, domain: DOMAIN_UNCODED.to_owned() };
    let then = match order.disposition {
        // Where it stays when the seal is refused.
        Disposition::Discipline => vec![],
        Disposition::NoMatter if case.state == Some(State::Draft) => {
            return Ok(vec![CaseEvent::Kept]);
        }
        Disposition::NoMatter | Disposition::Kept => vec![CaseEvent::Kept],
        Disposition::Answered => vec![CaseEvent::CallbackDue { answered_directly: true }],
        Disposition::ThreeWay => three_way(case, order, context)?,
        Disposition::Circulated => vec![CaseEvent::Circulated],
        Disposition::LeaderReview => vec![CaseEvent::ReportedToLeader],
        Disposition::Assigned => assigned(case, order, context)?,
    };
    Ok(std::iter::once(classified).chain(then).collect())
}

/// T6 where the call solved it, else T9 where a unit is named.
fn three_way(
    case: &Case,
    order: &WrapUp,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    match (&order.outcome, &order.unit) {
        (Some(Outcome::Solved), _) => Ok(vec![CaseEvent::CallbackDue { answered_directly: true }]),
        (_, Some(_)) => assigned(case, order, context),
        (_, None) => Ok(vec![]),
    }
}

fn assigned(case: &Case, order: &WrapUp, context: &Context<'_>) -> Result<Vec<CaseEvent>, Refusal> {
    let unit = order.unit.clone().filter(|unit| is_unit_id(unit)).ok_or(Refusal::Unit)?;
    if case.work.accused.contains(&unit) {
        return Err(Guard::Accused.into());
    }
    // The unit's period begins with the assignment (D4).
    let at = whole_milliseconds(context.now);
    let due = Deadline::due(at, REPLY_DAYS, context.rules, context.calendar).into();
    let dispatched = Record::Dispatched { at, helpers: vec![], by: order.seat.to_string() };
    Ok(vec![dispatched.into(), CaseEvent::Assigned { unit, due }])
}

#[cfg(test)]
mod tests;
