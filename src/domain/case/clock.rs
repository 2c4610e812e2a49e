//! The two clocks of a case (domain.md D4): the unit's, from each assignment or redo, and the
//! citizen's, from acceptance. Both are derived data; the citizen's date never comes nearer than he
//! was told, and never moves away without a notice (invariant 4).

use super::deadline::{Deadline, REPLY_DAYS};
use super::event::{CaseEvent, DueDate};
use super::fold::Case;
use super::reasons::{Notice, Urgency};
use super::record::Record;
use super::workflow::{Context, whole_milliseconds};
use jiff::Timestamp;

/// 特急: dispatched within an hour, answered within two (DB11/T 2021-2022).
const IMMEDIATE: (u16, u16) = (1, 2);
/// 紧急: within two hours, within a day.
const URGENT: (u16, u16) = (2, 24);
/// 一般 and 复杂: dispatched within a day.
const DISPATCH_HOURS: u16 = 24;

/// Until when a case that was accepted at `from` must be on its way.
pub(super) fn dispatch_limit(from: Timestamp, urgency: Urgency) -> Timestamp {
    let hours = match urgency {
        Urgency::Immediate => IMMEDIATE.0,
        Urgency::Urgent => URGENT.0,
        Urgency::Normal | Urgency::Complex => DISPATCH_HOURS,
    };
    Deadline::hours(from, hours).at
}

/// The unit's period from `from`.
pub(super) fn unit_deadline(from: Timestamp, urgency: Urgency, context: &Context<'_>) -> Deadline {
    match urgency {
        Urgency::Immediate => Deadline::hours(from, IMMEDIATE.1),
        Urgency::Urgent => Deadline::hours(from, URGENT.1),
        Urgency::Normal | Urgency::Complex => {
            Deadline::due(from, REPLY_DAYS, context.rules, context.calendar)
        }
    }
}

/// The citizen's date moved to `due` where that is later, with the notice that goes with it; the
/// notice alone where it is not.
pub(super) fn notify(case: &Case, notice: Notice, due: Option<&DueDate>) -> CaseEvent {
    let told = case.due.as_ref().map(|told| told.on);
    let later = due.map(|due| due.on).filter(|on| told.is_none_or(|told| told < *on));
    Record::CitizenNotified { notice, due: later }.into()
}

/// A new date for the citizen, five days from now, where the one he was told is nearer.
pub(super) fn promise_anew(case: &Case, now: Timestamp, context: &Context<'_>) -> Vec<CaseEvent> {
    let due: DueDate = Deadline::due(now, REPLY_DAYS, context.rules, context.calendar).into();
    if case.due.as_ref().is_some_and(|told| told.on >= due.on) {
        return vec![];
    }
    let notice = notify(case, Notice::DateMoved, Some(&due));
    let (due, from) = (Some(due), Some(whole_milliseconds(now)));
    vec![notice, Record::Recomputed { due, unit_due: None, from }.into()]
}

/// Since when the citizen's period runs: T2, or a date that he was promised later.
pub(super) fn promised_from(case: &Case) -> Option<Timestamp> {
    case.work.promised_from.or(case.accepted_at)
}

/// Provisional dates worked out again. Nothing while the table is still missing.
pub(super) fn recompute(case: &Case, context: &Context<'_>) -> Vec<CaseEvent> {
    let open = case.state.is_some_and(|state| state.owes_reply());
    let unit_due = case.unit_due.as_ref().filter(|due| open && due.provisional);
    let unit_due = unit_due.and_then(|told| settled(told, unit_anew(case, context)?));
    let due = case.due.as_ref().filter(|due| open && due.provisional);
    let due = due.and_then(|told| {
        let from = promised_from(case)?;
        let mut anew = Deadline::due(from, REPLY_DAYS, context.rules, context.calendar);
        // A redo or an extension had moved the citizen's date along with the unit's.
        if case.unit_due.as_ref().is_some_and(|unit| unit.on == told.on) {
            let unit = unit_anew(case, context)?;
            anew.provisional |= unit.provisional;
            anew = anew.not_before(&unit);
        }
        settled(told, anew)
    });
    if due.is_none() && unit_due.is_none() {
        return vec![];
    }
    let moved = due.as_ref().filter(|due| case.due.as_ref().is_some_and(|told| told.on < due.on));
    let notice = moved.map(|due| notify(case, Notice::DateMoved, Some(due)));
    notice.into_iter().chain([Record::Recomputed { due, unit_due, from: None }.into()]).collect()
}

/// The date that holds now that the table is there, never before the one that was told.
fn settled(told: &DueDate, anew: Deadline) -> Option<DueDate> {
    (!anew.provisional).then(|| anew.not_before(&told.clone().into()).into())
}

/// The unit's date by the calendar of today, with its extension.
fn unit_anew(case: &Case, context: &Context<'_>) -> Option<Deadline> {
    let deadline = unit_deadline(case.work.unit_from?, case.work.urgency, context);
    Some(match case.work.extension_days {
        0 => deadline,
        days => deadline.extended(days, context.rules, context.calendar),
    })
}
