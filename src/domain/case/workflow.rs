//! Which command gives which events, and which event may follow in which state (domain.md 3.2).

use super::callback::called_back;
use super::clock::recompute;
use super::deadline::{Deadline, DeadlineRules, REPLY_DAYS};
use super::event::{Accepted, CallbackReason, CaseEvent, Channel, Original, Private, Received};
use super::fold::Case;
use super::reasons::AnonymousReason;
use super::record::Record;
use super::refusal::Refusal;
use super::retention::{self, EraseOrder, Erasure};
use super::status::State;
use super::supervision;
use super::task::Order;
use super::third_docket;
use super::wrap_up::{WrapUp, wrap_up};
use crate::domain::calendar::Calendar;
use crate::domain::call::{IntakeKind, NewIntake};
use crate::domain::desk::CallBackOutcome;
use crate::units::{CaseNumber, QueryCode};
use jiff::{Timestamp, ToSpan};

/// A missed call is called back within this time (S16).
pub const CALLBACK_MINUTES: i64 = 30;

/// Longest summary.
pub const SUMMARY_CHARS_MAX: usize = 500;

/// Longest text of a citizen that is kept; a SIP MESSAGE is far shorter.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// RFC 5321 §4.5.3.1.3: no address is longer.
const MAIL_CHARS_MAX: usize = 254;

/// Longest name of a citizen that is kept.
pub const DISPLAY_CHARS_MAX: usize = 200;

/// Longest intake key.
pub(super) const KEY_CHARS_MAX: usize = 200;

/// What somebody wants done to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Store a contact (T1).
    Receive(Box<NewIntake>),
    /// Give it its number (T2).
    Accept {
        /// What it is about, without names.
        summary: String,
        /// Who takes it (首问负责).
        by: String,
    },
    /// Call the citizen back: what was stored could not be told after all. Nothing happens when a
    /// callback is open already or the case is at its end.
    CallBack,
    /// Record that somebody tried to call the citizen back.
    CalledBack(CallBackOutcome),
    /// Record how a talk with the citizen ended, and send a new case on its way.
    WrapUp(Box<WrapUp>),
    /// Do what a person wants by the table of transitions.
    Act(Box<Order>),
    /// Give the warnings whose instant has come (domain.md 3.5).
    Supervise,
    /// Propose an admonition: what came on the docket at this instant was the third of its unit within
    /// a calendar month (domain.md 3.5).
    ThirdDocket(Timestamp),
    /// Work provisional dates out again: the holiday table of a year has arrived.
    Recompute,
    /// Erase what is over (domain.md 3.7).
    Erase(EraseOrder),
}

/// What a decision rests on besides the case itself.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The time of the command.
    pub now: Timestamp,
    /// Working days.
    pub calendar: &'a Calendar,
    /// How the city counts days.
    pub rules: &'a DeadlineRules,
    /// The number and code set aside for this case, when it is to get one.
    pub identity: Option<(CaseNumber, QueryCode)>,
}

/// The events a command leads to. Nothing changes; the caller stores and folds them.
pub fn decide(
    case: &Case,
    command: Command,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    let events = match command {
        Command::Receive(intake) => receive(*intake, context)?,
        Command::Accept { summary, by } => accept_contact(case, summary, by, context)?,
        Command::CallBack => call_back(case, context),
        Command::CalledBack(outcome) => called_back(case, outcome, context)?,
        Command::WrapUp(order) => wrap_up(case, *order, context)?,
        Command::Act(order) => super::decide::carry_out(case, &order, context)?,
        Command::Supervise => supervision::warn(case, context),
        Command::ThirdDocket(at) => third_docket::propose(case, at, context),
        Command::Recompute => recompute(case, context),
        Command::Erase(order) => retention::erase(case, &order, context)?,
    };
    match events.first() {
        Some(first) => may_follow(case, first).map(|()| events),
        None => Ok(events),
    }
}

fn receive(intake: NewIntake, context: &Context<'_>) -> Result<Vec<CaseEvent>, Refusal> {
    if intake.key.is_empty() || intake.key.chars().count() > KEY_CHARS_MAX {
        return Err(Refusal::Key);
    }
    let empty = match intake.kind {
        IntakeKind::Voicemail => intake.recording.is_none(),
        IntakeKind::CallbackRequest => intake.contact.is_none() && intake.caller.number.is_none(),
        IntakeKind::Abandoned | IntakeKind::Attended => false,
        // A text, or what a person took down: without words it is nothing.
        _ => intake.text.as_deref().is_none_or(|text| text.trim().is_empty()),
    };
    if empty {
        return Err(Refusal::Empty);
    }
    let asked = callback_reason(&intake).map(|reason| callback_asked(reason, context));
    let first = CaseEvent::Received(Box::new(received(intake)));
    Ok(std::iter::once(first).chain(asked).collect())
}

fn callback_asked(reason: CallbackReason, context: &Context<'_>) -> CaseEvent {
    let due_at = context.now.saturating_add(CALLBACK_MINUTES.minutes()).unwrap_or(context.now);
    CaseEvent::CallbackAsked { reason, due_at }
}

fn call_back(case: &Case, context: &Context<'_>) -> Vec<CaseEvent> {
    let asked = callback_asked(CallbackReason::NumberUntold, context);
    let open = case.callback.as_ref().is_some_and(|task| task.done_at.is_none());
    // Of an erased contact nobody knows whom to call.
    let erased = case.work.erased == Some(Erasure::Everything);
    let wanted = !open && !erased && may_follow(case, &asked).is_ok();
    if wanted { vec![asked] } else { vec![] }
}

/// The first event of a contact. Texts are cut to their limits, times to milliseconds.
#[must_use]
pub fn received(intake: NewIntake) -> Received {
    let cut = |text: String, max: usize| text.chars().take(max).collect::<String>();
    Received {
        key: intake.key,
        channel: intake.kind.into(),
        at: whole_milliseconds(intake.received_at),
        call: intake.call,
        recording: intake.recording.as_ref().map(Original::from),
        private: Private {
            contact: intake.contact.or_else(|| intake.caller.number.clone()),
            mail: intake.mail.map(|mail| cut(mail, MAIL_CHARS_MAX)),
            caller: intake.caller.number,
            display: intake.caller.display.map(|name| cut(name, DISPLAY_CHARS_MAX)),
            text: intake.text.map(|text| cut(text, TEXT_CHARS_MAX)),
            ..Private::default()
        },
    }
}

// D8: every abandoned or refused call becomes a callback task.
fn callback_reason(intake: &NewIntake) -> Option<CallbackReason> {
    match intake.kind {
        IntakeKind::Abandoned => Some(CallbackReason::Missed),
        IntakeKind::CallbackRequest => Some(CallbackReason::Asked),
        _ => intake.callback.then_some(CallbackReason::NumberUntold),
    }
}

/// The events that give a contact its number where nobody can be asked why the number is withheld.
pub(super) fn accept_contact(
    case: &Case,
    summary: String,
    by: String,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    let accepted = accept(summary, by, context)?;
    may_follow(case, &accepted)?;
    // T2: a contact, or the reason why there is none.
    let withheld = Record::Anonymous { reason: AnonymousReason::Withheld }.into();
    let anonymous = (!case.private.can_be_answered()).then_some(withheld);
    Ok(anonymous.into_iter().chain([accepted]).collect())
}

/// The event that gives a case its number.
pub(super) fn accept(
    summary: String,
    by: String,
    context: &Context<'_>,
) -> Result<CaseEvent, Refusal> {
    if summary.trim().is_empty() || summary.chars().count() > SUMMARY_CHARS_MAX {
        return Err(Refusal::Summary);
    }
    let (number, code) = context.identity.ok_or(Refusal::NoNumber)?;
    let at = whole_milliseconds(context.now);
    // D4: the citizen's clock runs from acceptance.
    let due = Deadline::due(at, REPLY_DAYS, context.rules, context.calendar).into();
    let private = Private { code: Some(code), summary: Some(summary), ..Private::default() };
    let accepted = Accepted { number, at, first_responsible: by, due, private };
    Ok(CaseEvent::Accepted(Box::new(accepted)))
}

/// The store keeps milliseconds.
pub(super) fn whole_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Whether an event may happen to a case as it stands: the table of domain.md 3.2.
pub fn may_follow(case: &Case, event: &CaseEvent) -> Result<(), Refusal> {
    let refused = Refusal::State { from: case.state, event: name(event) };
    let Some(from) = case.state else {
        return if matches!(event, CaseEvent::Received(_)) { Ok(()) } else { Err(refused) };
    };
    if matches!(event, CaseEvent::Extended { .. }) && case.extended.is_some() {
        return Err(Refusal::ExtendedBefore);
    }
    let coded = matches!(event, CaseEvent::Classified { .. })
        && from == State::Classified
        && case.is_uncoded();
    if coded || allowed(from, event) { Ok(()) } else { Err(refused) }
}

#[rustfmt::skip] // one row of the table a line
fn allowed(from: State, event: &CaseEvent) -> bool {
    use State as S;
    match event {
        CaseEvent::Received(_) => false,
        CaseEvent::CallbackAsked { .. } => from == S::Draft || from.is_open(),
        CaseEvent::CalledBack { .. } | CaseEvent::WrappedUp(_) => true,
        CaseEvent::Accepted(_) => from == S::Draft,
        CaseEvent::Classified { .. } => // T4, T17
            matches!(from, S::Accepted | S::Assigned | S::Handling | S::Kept | S::Circulated),
        CaseEvent::Consulted => // T7, T17, T23
            matches!(from, S::Classified | S::Assigned | S::Handling | S::Callback),
        CaseEvent::ReportedToLeader => matches!(from, S::Classified | S::Consulting), // T8
        CaseEvent::Assigned { .. } => // T9
            matches!(from, S::Classified | S::Consulting | S::LeaderReview),
        CaseEvent::HandlingStarted => // T15, T21, T25
            matches!(from, S::Assigned | S::Feedback | S::Callback | S::Redo),
        CaseEvent::FedBack => matches!(from, S::Handling | S::Redo), // T19
        CaseEvent::CallbackDue { .. } => matches!(from, S::Classified | S::Feedback), // T5, T6, T20
        CaseEvent::Redone { .. } => matches!(from, S::Callback | S::Closed | S::Archived), // T23, T28
        CaseEvent::Closed { .. } => from == S::Callback, // T22, T24, T26
        CaseEvent::Archived => from == S::Closed, // T27
        CaseEvent::Kept => matches!(from, S::Draft | S::Classified | S::Consulting), // T3, T11
        CaseEvent::Circulated => // T10
            matches!(from, S::Classified | S::Consulting | S::LeaderReview),
        CaseEvent::Sealed | CaseEvent::Withdrawn => from.is_open(), // T12, T29
        CaseEvent::Declined { .. } | CaseEvent::Merged { .. } => from == S::Classified, // T13, T14
        CaseEvent::Extended { .. } => matches!(from, S::Handling | S::Redo), // T18
        CaseEvent::Record(record) => match **record {
            Record::Returned { .. } => matches!(from, S::Assigned | S::Handling), // T17
            Record::Recalled { .. } => from.is_at_unit() || from.is_answered(), // 3.3, T23, T28
            Record::Unmerged { .. } => from == S::Merged, // T14
            _ => true,
        },
    }
}

/// The name of an event for a person.
fn name(event: &CaseEvent) -> &'static str {
    match event {
        CaseEvent::Received(_) => "receive",
        CaseEvent::CallbackAsked { .. } => "ask for a callback",
        CaseEvent::CalledBack { .. } => "call back",
        CaseEvent::WrappedUp(_) => "wrap up",
        CaseEvent::Accepted(_) => "accept",
        CaseEvent::Classified { .. } => "classify",
        CaseEvent::Consulted => "consult",
        CaseEvent::ReportedToLeader => "report to a leader",
        CaseEvent::Assigned { .. } => "assign",
        CaseEvent::HandlingStarted => "start handling",
        CaseEvent::FedBack => "feed back",
        CaseEvent::CallbackDue { .. } => "ask the citizen",
        CaseEvent::Redone { .. } => "redo",
        CaseEvent::Closed { .. } => "close",
        CaseEvent::Archived => "archive",
        CaseEvent::Kept => "keep",
        CaseEvent::Circulated => "circulate",
        CaseEvent::Sealed => "seal",
        CaseEvent::Declined { .. } => "decline",
        CaseEvent::Merged { .. } => "merge",
        CaseEvent::Withdrawn => "withdraw",
        CaseEvent::Extended { .. } => "extend",
        CaseEvent::Record(record) => match **record {
            Record::Returned { .. } | Record::Recalled { .. } => "take back",
            _ => "record",
        },
    }
}

impl Channel {
    /// What a case is called before a person has read or heard it.
    #[must_use]
    pub fn first_summary(self) -> &'static str {
        match self {
            Self::Voicemail => "语音留言，待听写",
            Self::CallbackRequest => "来电要求回拨",
            Self::Abandoned => "来电未接通，待回拨",
            Self::Text => "文字消息，待整理",
            Self::Phone => "话务员接听，待小结",
            Self::WalkIn => "来访登记，待受理",
            Self::Email => "来信（电子信箱），待受理",
            Self::Letter => "群众来信，待受理",
            Self::LeaderSms => "领导手机短信，待受理",
            Self::PublicSms => "公众短信，待受理",
            Self::Radio => "行风热线登记，待受理",
            Self::VillageAgent => "民生代办登记，待受理",
            Self::Upload => "网络提交，待受理",
        }
    }
}

#[cfg(test)]
mod tests;
