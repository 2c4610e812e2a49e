//! The supervision ladder (督办, domain.md 3.5) and the reminders of the table of transitions.
//!
//! [`timetable`] tells from a case and a calendar which warnings are due and when. Each fires once
//! in a start of the unit's clock: what was fired stands in the case, so a service that was down
//! fires the rest afterwards, in order and marked late. Beyond the docket nothing follows by itself:
//! an admonition (约谈) is only proposed, and named persons sign it (D9).

use super::clock::{dispatch_limit, promised_from};
use super::deadline::{Deadline, DeadlineRules, instant};
use super::event::CaseEvent;
use super::fold::Case;
use super::reasons::{DocketReason, Post};
use super::record::Record;
use super::status::State;
use super::work::Work;
use super::workflow::{Context, whole_milliseconds};
use crate::domain::calendar::Calendar;
use jiff::civil::{Date, Time, time};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who acts when no person does.
const SYSTEM: &str = "system";

/// The yellow card is shown at this time of the working day before the last one.
const YELLOW_AT: Time = time(8, 30, 0, 0);

/// Calendar days over the last day: on the docket.
const DOCKET_DAYS: i64 = 3;

/// Calendar days over the last day: an admonition is proposed.
const ADMONISH_DAYS: i64 = 10;

/// A unit signs within so many working days (T15).
const SIGN_DAYS: u16 = 1;

/// A circulated case is read within so many calendar days (B11).
const READ_DAYS: i64 = 5;

/// A warning that comes later than this after its instant is marked late.
const LATE_MINUTES: i64 = 10;

/// What is warned of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// T4: not on its way within the limit of its urgency; or not by the citizen's date, where it
    /// came back, was decided or was instructed.
    Dispatch,
    /// T7: a consultation has not decided within a working day.
    Consultation,
    /// T8: a leader has not instructed within a working day.
    Instruction,
    /// T10: not everybody has read it within five days.
    Reading,
    /// T12: a proposed seal was not decided within a working day.
    Seal,
    /// 催办 by a person.
    Reminder,
    /// Level 0 (催办): not signed for within a working day.
    Unsigned,
    /// Level 1 (黄牌): due on the next working day.
    YellowCard,
    /// Level 2 (红牌): overdue.
    RedCard,
    /// Level 3 (挂号督办): three days over.
    Docket,
    /// Level 4 (约谈): ten days over; a proposal.
    Admonish,
    /// Level 4 (约谈): the third time that its unit is on the docket in a calendar month; a proposal.
    ThirdDocket,
}

impl Warning {
    /// Its level of the ladder; `None` for a reminder that is none.
    #[must_use]
    pub fn level(self) -> Option<u8> {
        match self {
            Self::Unsigned | Self::Reminder => Some(0),
            Self::YellowCard => Some(1),
            Self::RedCard => Some(2),
            Self::Docket => Some(3),
            Self::Admonish | Self::ThirdDocket => Some(4),
            _ => None,
        }
    }

    /// The posts of the unit that it goes to; none where it stays in the centre. The first
    /// responsible gets a copy of each (B4).
    #[must_use]
    pub fn posts(self) -> &'static [Post] {
        match self {
            Self::Unsigned | Self::Reminder | Self::Reading => &[Post::Handler],
            Self::YellowCard => &[Post::Handler, Post::SectionHead],
            Self::RedCard => &[Post::DeputyHead],
            Self::Docket => &[Post::DeputyHead, Post::UnitHead],
            Self::Admonish | Self::ThirdDocket => &[Post::UnitHead],
            _ => &[],
        }
    }
}

/// A warning with its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub warning: Warning,
    /// When it is due.
    pub at: Timestamp,
    /// Its instant has been over for so long that the service must have been down.
    pub late: bool,
}

/// The warnings that are due at `now` and were not given yet, in order.
#[must_use]
pub fn timetable(
    case: &Case,
    now: Timestamp,
    calendar: &Calendar,
    rules: &DeadlineRules,
) -> Vec<Due> {
    let mut due = ahead(case, calendar, rules);
    due.retain(|(_, at)| *at <= now);
    due.sort_by_key(|(warning, at)| (*at, *warning));
    let as_due = |(warning, at)| Due { warning, at, late: is_late(at, now) };
    due.into_iter().map(as_due).collect()
}

/// Its instant has been over for so long that the service must have been down.
pub(super) fn is_late(at: Timestamp, now: Timestamp) -> bool {
    at < now.saturating_sub(LATE_MINUTES.minutes()).unwrap_or(now)
}

/// When the next warning is due; `None` when none is ahead.
#[must_use]
pub fn next_warning(case: &Case, calendar: &Calendar, rules: &DeadlineRules) -> Option<Timestamp> {
    ahead(case, calendar, rules).into_iter().map(|(_, at)| at).min()
}

/// The events of the warnings that are due.
pub(super) fn warn(case: &Case, context: &Context<'_>) -> Vec<CaseEvent> {
    let due = timetable(case, context.now, context.calendar, context.rules);
    due.into_iter().flat_map(|due| events(case, &due, context)).collect()
}

fn events(case: &Case, due: &Due, context: &Context<'_>) -> Vec<CaseEvent> {
    let docket = (due.warning == Warning::Docket)
        .then(|| docketed(case, DocketReason::Overdue, SYSTEM, context.now));
    std::iter::once(warned(case, *due, case.work.clock)).chain(docket).collect()
}

/// The event of a warning in a start of the unit's clock. Who holds its posts is known where it is stored,
/// which names them; the first responsible stands in the case.
pub(super) fn warned(case: &Case, due: Due, clock: u16) -> CaseEvent {
    let Due { warning, at, late } = due;
    let posts = warning.posts().to_vec();
    let copied = case.first_responsible.clone().filter(|person| person != SYSTEM);
    Record::Warned { warning, clock, at, late, posts, told: vec![], copied }.into()
}

/// The event that puts a case on the docket.
pub(super) fn docketed(case: &Case, reason: DocketReason, by: &str, now: Timestamp) -> CaseEvent {
    let number = case.number.map(|number| number.to_string()).unwrap_or_default();
    let docket = format!("督{number}-{}", case.work.dockets.len() + 1);
    let by = by.to_owned();
    Record::Docketed { docket, reason, by, at: whole_milliseconds(now) }.into()
}

/// Every warning of the present state that was not given yet, with its instant.
fn ahead(case: &Case, calendar: &Calendar, rules: &DeadlineRules) -> Vec<(Warning, Timestamp)> {
    let working = |from, days| Deadline::working(from, days, rules, calendar).at;
    let work = &case.work;
    if let Some((_, since)) = &work.seal_proposed {
        let seal = (Warning::Seal, working(*since, 1));
        return not_given(work, vec![seal]);
    }
    let reminder = match case.state {
        Some(State::Accepted | State::Classified) => dispatch(case),
        Some(State::Consulting) => match &work.consultation {
            Some(open) if open.decision.is_none() => Some((Warning::Consultation, open.due_at)),
            _ => on_the_last_day(case),
        },
        Some(State::LeaderReview) => match &work.submission {
            Some(laid) if laid.instruction.is_some() => on_the_last_day(case),
            Some(laid) => Some((Warning::Instruction, working(laid.at, 1))),
            // An operator's wrap-up reports a case without naming a leader.
            None => case.accepted_at.map(|from| (Warning::Instruction, working(from, 1))),
        },
        Some(State::Circulated) if work.readers.values().any(Option::is_none) => {
            let end = |from: Timestamp| from.saturating_add((READ_DAYS * 24).hours());
            work.circulated_at.and_then(|from| Some((Warning::Reading, end(from).ok()?)))
        }
        Some(State::Assigned) => {
            work.unit_from.map(|from| (Warning::Unsigned, working(from, SIGN_DAYS)))
        }
        _ => None,
    };
    let ladder = ladder(case, calendar);
    not_given(work, reminder.into_iter().chain(ladder).collect())
}

/// T4: on its way within the hours of its urgency, or, where it came back, by the citizen's date.
fn dispatch(case: &Case) -> Option<(Warning, Timestamp)> {
    let came_back = case.work.clock > 0 || case.round > 1;
    match came_back {
        true => on_the_last_day(case),
        false => promised_from(case)
            .map(|from| (Warning::Dispatch, dispatch_limit(from, case.work.urgency))),
    }
}

/// Nobody else has a date to keep: the centre is reminded when the citizen's is over.
fn on_the_last_day(case: &Case) -> Option<(Warning, Timestamp)> {
    case.due.as_ref().map(|due| (Warning::Dispatch, due.at))
}

/// Levels 1 to 4 while the unit's clock runs.
fn ladder(case: &Case, calendar: &Calendar) -> Vec<(Warning, Timestamp)> {
    let runs = matches!(case.state, Some(State::Assigned | State::Handling | State::Redo));
    let Some(due) = case.unit_due.as_ref().filter(|_| runs) else { return vec![] };
    let days_over = |days: i64| instant(due.on.saturating_add(days.days()), Time::midnight());
    let began = case.work.unit_from;
    let yellow = instant(working_day_before(due.on, calendar), YELLOW_AT);
    let yellow =
        Some((Warning::YellowCard, yellow)).filter(|(_, at)| began.is_none_or(|began| began < *at));
    let docketed = case.work.dockets.iter().any(|docket| docket.clock == case.work.clock);
    let docket = (!docketed).then(|| (Warning::Docket, days_over(DOCKET_DAYS).max(due.at)));
    let red = (Warning::RedCard, due.at);
    let admonish = (Warning::Admonish, days_over(ADMONISH_DAYS).max(due.at));
    yellow.into_iter().chain([red]).chain(docket).chain([admonish]).collect()
}

fn working_day_before(day: Date, calendar: &Calendar) -> Date {
    let mut before = day;
    for _ in 0..31 {
        before = before.yesterday().unwrap_or(before);
        if calendar.is_working(before) {
            return before;
        }
    }
    before
}

/// Invariant 7: levels once in a start of the clock, other reminders once for their instant.
fn not_given(work: &Work, mut due: Vec<(Warning, Timestamp)>) -> Vec<(Warning, Timestamp)> {
    due.retain(|(warning, at)| {
        !work.warnings.iter().any(|given| {
            let same = match warning.level() {
                Some(_) => given.clock == work.clock,
                None => given.at == *at,
            };
            given.warning == *warning && same
        })
    });
    due
}
