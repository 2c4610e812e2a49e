//! A case as the fold of its events. `apply` never fails and never looks outside.

use super::callback::Try;
use super::deadline::{city_zone, local_day};
use super::event::{
    Accepted, CallbackReason, CaseEvent, Channel, DueDate, ExtensionReason, LawfulChannel, Nature,
    Original, Private, Received,
};
use super::record::Proposal;
use super::status::{CaseStatus, Due, State, Voiced};
use super::work::{self, Work};
use super::wrap_up::DOMAIN_UNCODED;
use crate::domain::desk::Disposition;
use crate::units::{CallId, CaseNumber, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use jiff::civil::Date;

/// Somebody must call the citizen back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackTask {
    /// Why.
    pub reason: CallbackReason,
    /// Until when.
    pub due_at: Timestamp,
    /// How often and with what it was tried.
    pub tries: Vec<Try>,
    /// Since when nobody need call any more.
    pub done_at: Option<Timestamp>,
}

/// Everything its events say about a case. The default is a case to which nothing happened yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// Where it stands; `None` before it is received.
    pub state: Option<State>,
    /// The key of its intake.
    pub key: String,
    /// How it came.
    pub channel: Option<Channel>,
    /// When it came.
    pub received_at: Option<Timestamp>,
    /// The call it came by.
    pub call: Option<CallId>,
    /// The original recording.
    pub recording: Option<Original>,
    /// Who the citizen is, the words, the code.
    pub private: Private,
    /// The callback that was asked for last.
    pub callback: Option<CallbackTask>,
    /// Its number, from T2 on.
    pub number: Option<CaseNumber>,
    /// When it was numbered.
    pub accepted_at: Option<Timestamp>,
    /// What it is about.
    pub summary: Option<String>,
    /// The last wrap-up: of which call, by which seat.
    pub wrapped_up: Option<(CallId, SeatNumber)>,
    /// Who took it first.
    pub first_responsible: Option<String>,
    /// The citizen's due date.
    pub due: Option<DueDate>,
    /// The unit's due date.
    pub unit_due: Option<DueDate>,
    /// Why it was extended.
    pub extended: Option<ExtensionReason>,
    /// What kind of matter.
    pub nature: Option<Nature>,
    /// Six-digit code of its domain.
    pub domain: Option<String>,
    /// The unit at work.
    pub unit: Option<String>,
    /// Which time it is handled, from 1.
    pub round: u8,
    /// Answered at once or in a three-way call.
    pub answered_directly: bool,
    /// The day it was closed on.
    pub closed_on: Option<Date>,
    /// The case it was merged into.
    pub merged_into: Option<CaseNumber>,
    /// The lawful way of a declined case.
    pub lawful_channel: Option<LawfulChannel>,
    /// What the casework has found out and decided.
    pub work: Work,
}

/// The case after one more event.
#[must_use]
pub fn apply(mut case: Case, event: &CaseEvent) -> Case {
    let before = case.state;
    if let Some(state) = state_after(event, case.state) {
        case.state = Some(state);
    }
    match event {
        CaseEvent::Received(received) => receive(&mut case, received),
        CaseEvent::CallbackAsked { reason, due_at } => {
            let (reason, due_at) = (*reason, *due_at);
            case.callback = Some(CallbackTask { reason, due_at, tries: vec![], done_at: None });
        }
        CaseEvent::CalledBack { at, outcome, done } => {
            if let Some(task) = &mut case.callback {
                task.tries.push(Try { at: *at, outcome: *outcome });
                task.done_at = done.then_some(*at);
            }
        }
        CaseEvent::WrappedUp(talk) => {
            case.wrapped_up = Some((talk.call.clone(), talk.seat.clone()));
            if case.waits_for_a_way() && talk.disposition != Disposition::NoMatter {
                case.work.dispositions.push(talk.disposition);
            }
            if !talk.private.summary.is_empty() {
                case.summary = Some(talk.private.summary.clone());
            }
        }
        CaseEvent::Accepted(accepted) => accept(&mut case, accepted),
        CaseEvent::Classified { nature, domain } => {
            case.nature = Some(*nature);
            case.domain = Some(domain.clone());
        }
        CaseEvent::Assigned { unit, due } => {
            case.unit = Some(unit.clone());
            case.unit_due = Some(due.clone());
        }
        CaseEvent::CallbackDue { answered_directly } => {
            case.answered_directly = *answered_directly;
        }
        CaseEvent::Redone { due } => redo(&mut case, due),
        CaseEvent::Record(record) => work::apply_record(&mut case, record),
        CaseEvent::Closed { on } => case.closed_on = Some(*on),
        CaseEvent::Declined { channel } => case.lawful_channel = Some(*channel),
        CaseEvent::Merged { into } => case.merged_into = Some(*into),
        CaseEvent::Extended { due, reason } => {
            case.extended = Some(*reason);
            if let Some(Proposal::Extension { days, .. }) = case.work.waiting.take().map(|w| w.what)
            {
                case.work.extension_days = days;
            }
            case.unit_due = Some(due.clone());
            postpone(&mut case, due);
        }
        CaseEvent::Consulted
        | CaseEvent::ReportedToLeader
        | CaseEvent::HandlingStarted
        | CaseEvent::FedBack
        | CaseEvent::Archived
        | CaseEvent::Kept
        | CaseEvent::Circulated
        | CaseEvent::Sealed
        | CaseEvent::Withdrawn => {}
    }
    // What waits for a second person belongs to the state it was proposed in.
    if case.state != before {
        case.work.waiting = None;
    }
    case
}

/// The state an event leads to; `None` when it leaves the state as it is.
fn state_after(event: &CaseEvent, from: Option<State>) -> Option<State> {
    Some(match event {
        CaseEvent::Received(_) => State::Draft,
        CaseEvent::Accepted(_) => State::Accepted,
        CaseEvent::Classified { .. } => State::Classified,
        CaseEvent::Consulted => State::Consulting,
        CaseEvent::ReportedToLeader => State::LeaderReview,
        CaseEvent::Assigned { .. } => State::Assigned,
        CaseEvent::HandlingStarted => State::Handling,
        CaseEvent::FedBack => State::Feedback,
        CaseEvent::CallbackDue { .. } => State::Callback,
        CaseEvent::Redone { .. } => State::Redo,
        CaseEvent::Closed { .. } => State::Closed,
        CaseEvent::Archived => State::Archived,
        CaseEvent::Kept => State::Kept,
        CaseEvent::Circulated => State::Circulated,
        CaseEvent::Sealed => State::Sealed,
        CaseEvent::Declined { .. } => State::Declined,
        CaseEvent::Merged { .. } => State::Merged,
        CaseEvent::Withdrawn => State::Withdrawn,
        CaseEvent::Record(record) => return work::state_after(record).or(from),
        CaseEvent::CallbackAsked { .. }
        | CaseEvent::CalledBack { .. }
        | CaseEvent::WrappedUp(_)
        | CaseEvent::Extended { .. } => return from,
    })
}

fn receive(case: &mut Case, received: &Received) {
    case.key.clone_from(&received.key);
    case.channel = Some(received.channel);
    case.received_at = Some(received.at);
    case.call.clone_from(&received.call);
    case.recording.clone_from(&received.recording);
    case.private.clone_from(&received.private);
}

fn accept(case: &mut Case, accepted: &Accepted) {
    case.number = Some(accepted.number);
    case.accepted_at = Some(accepted.at);
    case.summary.clone_from(&accepted.private.summary);
    case.first_responsible.get_or_insert_with(|| accepted.first_responsible.clone());
    case.due = Some(accepted.due.clone());
    case.private.code = accepted.private.code;
    case.round = 1;
}

fn redo(case: &mut Case, due: &DueDate) {
    case.round = case.round.saturating_add(1);
    case.answered_directly = false;
    case.work.void_answer();
    case.unit_due = Some(due.clone());
    postpone(case, due);
}

/// Moves the citizen's date, only ever to a later day.
fn postpone(case: &mut Case, due: &DueDate) {
    if case.due.as_ref().is_none_or(|told| told.on < due.on) {
        case.due = Some(due.clone());
    }
}

impl Case {
    /// More words of the citizen, under those that are there, with when they came.
    pub(super) fn add_words(&mut self, at: Timestamp, words: &str) {
        if words.is_empty() {
            return;
        }
        let came = at.to_zoned(city_zone()).strftime("%-m月%-d日%H:%M");
        let text = self.private.text.get_or_insert_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("【{came}补充】{words}"));
    }

    /// The state that may be told: a case that is proposed for sealing counts as sealed (T12).
    #[must_use]
    pub fn told_state(&self) -> Option<State> {
        if self.work.seal_proposed.is_some() { Some(State::Sealed) } else { self.state }
    }

    /// A talk that ends now sends it on its way; one that is proposed for sealing waits for the
    /// second person (T12).
    pub(super) fn waits_for_a_way(&self) -> bool {
        let is_new = matches!(self.state, Some(State::Draft | State::Accepted));
        is_new && self.work.seal_proposed.is_none()
    }

    /// Classified by a wrap-up, and nobody has coded it since (T4). 留存 and 转阅 are coded when they
    /// are taken up again, an archived case is read-only.
    #[must_use]
    pub fn is_uncoded(&self) -> bool {
        let takes = self.state.is_some_and(|state| state.is_open() || state == State::Closed);
        takes && self.domain.as_deref() == Some(DOMAIN_UNCODED)
    }

    /// A unit has part in it: lead, helper or reader.
    #[must_use]
    pub fn involves(&self, unit: &str) -> bool {
        self.unit.as_deref() == Some(unit)
            || self.work.helpers.contains(unit)
            || self.work.readers.contains_key(unit)
    }

    /// What a look-up at `now` may tell. `None` while the case has no number. A sealed case shows
    /// that it was passed on and nothing else (ST13).
    #[must_use]
    pub fn status(&self, now: Timestamp, unit_phone: Option<PhoneNumber>) -> Option<CaseStatus> {
        let (number, state) = (self.number?, self.told_state()?);
        let sealed = state == State::Sealed;
        let owing = state.owes_reply();
        let due = self.due.as_ref().filter(|_| owing).map(|due| Due {
            on: due.on,
            today: local_day(now),
            extended: self.extended.map(ExtensionReason::script_id),
        });
        let open = |shown: bool| shown && !sealed;
        Some(CaseStatus {
            number,
            received_on: local_day(self.received_at?),
            nature: self.nature.filter(|_| open(true)).map(|nature| nature.script_id().to_owned()),
            state,
            unit: self.unit.clone().filter(|_| open(true)),
            round: if sealed { 1 } else { self.round.max(1) },
            answered_directly: open(self.answered_directly),
            closed_on: self.closed_on.filter(|_| open(true)),
            merged_into: self.merged_into.filter(|_| open(true)),
            channel: self
                .lawful_channel
                .filter(|_| open(true))
                .map(|channel| channel.script_id().to_owned()),
            due,
            unit_phone: unit_phone.filter(|_| open(true)),
            voiced: Voiced::default(),
        })
    }
}
