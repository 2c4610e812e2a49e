//! What the casework has found out and decided about a case: the fold of its records.

use super::admonition::Admonition;
use super::event::Private;
use super::fold::Case;
use super::follow_up::{DEAD_CALLS, FollowUp};
use super::reasons::{
    AnonymousReason, DiscardReason, DocketReason, FollowUpOutcome, Grade, LiftReason, Means,
    Trigger, Urgency,
};
use super::record::{Addressee, Correction, DutyMatch, Proposal, Record};
use super::retention::{Erasure, HoldOrder};
use super::status::State;
use super::supervision::Warning;
use super::task::Pending;
use super::warned::Given;
use crate::domain::desk::Disposition;
use crate::domain::town::town_of;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The level of the ladder on which an admonition is proposed.
const ADMONISHED: u8 = 4;

/// A consultation (会商, B5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consultation {
    /// Why it was called.
    pub trigger: Trigger,
    /// When.
    pub at: Timestamp,
    /// Until when it is to decide.
    pub due_at: Timestamp,
    /// Who gave a view.
    pub views: Vec<String>,
    /// The decision: disposition, lead unit, helpers.
    pub decision: Option<(Disposition, Option<String>, Vec<String>)>,
}

/// A case before a leader (报领导阅批, B10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The leader.
    pub leader: String,
    /// Since when.
    pub at: Timestamp,
    /// His words, verbatim; empty after erasure.
    pub instruction: Option<String>,
    /// He wants it on the docket.
    pub docket: bool,
}

/// What waits for its second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What.
    pub what: Proposal,
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What he wrote.
    pub text: String,
}

/// On the docket (挂号督办).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docket {
    /// Its number.
    pub number: String,
    /// Why.
    pub reason: DocketReason,
    /// Which start of the unit's clock.
    pub clock: u16,
    /// The unit that had the case.
    pub unit: Option<String>,
    /// When it was due to come there.
    pub at: Timestamp,
    /// It was taken off again, and why.
    pub lifted: Option<LiftReason>,
    /// An admonition was proposed because it was the third of its unit in a month.
    pub third: bool,
}

impl Docket {
    /// It may be the third of a month that came there at this instant.
    pub(super) fn is_third(&self, at: Timestamp) -> bool {
        self.at == at && !self.third && self.lifted != Some(LiftReason::Unfounded)
    }
}

/// The fold of the records of one case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Why there is no contact.
    pub anonymous: Option<AnonymousReason>,
    /// The contact is kept from the unit.
    pub secrecy: bool,
    /// How urgent.
    pub urgency: Urgency,
    /// Where; private.
    pub place: Option<String>,
    /// The leader to whose telephone it came, and who looks after that (A8).
    pub addressee: Option<Addressee>,
    /// The town of each place that was recorded, first to last; stays after erasure.
    pub towns: Vec<Option<&'static str>>,
    /// How many people it is about.
    pub group_size: u16,
    /// How often it came before.
    pub repeats: u16,
    /// What the catalogue of duties says.
    pub duty: Option<DutyMatch>,
    /// Which units claim it (`true`) or refuse it.
    pub claims: BTreeMap<String, bool>,
    /// Units that can have no part.
    pub accused: BTreeSet<String>,
    /// Persons who are linked to the matter and see nothing of it (回避).
    pub recused: BTreeSet<String>,
    /// What becomes of the matter; the last is in force.
    pub dispositions: Vec<Disposition>,
    /// The city's own code of the one in force.
    pub local_disposition: Option<String>,
    /// The last consultation.
    pub consultation: Option<Consultation>,
    /// The last submission to a leader.
    pub submission: Option<Submission>,
    /// Units that help.
    pub helpers: BTreeSet<String>,
    /// Readers, and when they read.
    pub readers: BTreeMap<String, Option<Timestamp>>,
    /// Since when it circulates.
    pub circulated_at: Option<Timestamp>,
    /// Since when the citizen's period runs, where he was promised another than that of T2.
    pub promised_from: Option<Timestamp>,
    /// When the unit's clock of this round began.
    pub unit_from: Option<Timestamp>,
    /// How often a unit's clock began.
    pub clock: u16,
    /// Working days of the extension.
    pub extension_days: u16,
    /// How often units gave it back.
    pub returns: u16,
    /// What waits for a second person.
    pub waiting: Option<Waiting>,
    /// Who handles it (具体承办人).
    pub handler: Option<String>,
    /// Who supervises it (具体督办人): whoever reviewed the answer last.
    pub supervisor: Option<String>,
    /// The answer; private, empty after erasure.
    pub result: Option<String>,
    /// When it was given; `None` while this round has none that stands.
    pub answered_at: Option<Timestamp>,
    /// The grades, first to last, each with its round.
    pub grades: Vec<(u8, Grade)>,
    /// Tries of this round that brought no grade.
    pub follow_ups: Vec<FollowUp>,
    /// Calls one after the other, of any round, that could not be put through to the contact.
    pub dead_calls: u8,
    /// No more tries: how it ended without a grade.
    pub follow_up_ended: Option<FollowUpOutcome>,
    /// Whether what is asked for is reasonable.
    pub reasonable: Option<bool>,
    /// How often a unit reported what was not so.
    pub false_feedback: u16,
    /// A proposed seal: by whom and since when.
    pub seal_proposed: Option<(String, Timestamp)>,
    /// The discipline body's receipt.
    pub receipt: Option<String>,
    /// When it was merged.
    pub merged_at: Option<Timestamp>,
    /// Whether it is published.
    pub publish: Option<bool>,
    /// The text of the last notice that was approved, whether it still stands or not; private, empty
    /// after erasure.
    pub notice: Option<String>,
    /// When it was approved; `None` too where an older program did not note it.
    pub noticed_at: Option<Timestamp>,
    /// The warnings, first to last.
    pub warnings: Vec<Given>,
    /// The dockets, first to last; the last counts.
    pub dockets: Vec<Docket>,
    /// An admonition under way.
    pub admonition: Option<Admonition>,
    /// Why the contact was no matter (T3).
    pub discarded: Option<DiscardReason>,
    /// Who keeps it beyond its period.
    pub hold: Option<HoldOrder>,
    /// How much of it is gone.
    pub erased: Option<Erasure>,
    /// There was a contact, which is gone.
    pub had_contact: bool,
}

impl Work {
    /// The disposition in force.
    #[must_use]
    pub fn disposition(&self) -> Option<Disposition> {
        self.dispositions.last().copied()
    }

    /// What a decided consultation says.
    #[must_use]
    pub fn decision(&self) -> Option<&(Disposition, Option<String>, Vec<String>)> {
        self.consultation.as_ref().and_then(|consultation| consultation.decision.as_ref())
    }

    /// The unit was named by a consultation or follows a leader's instruction (Weifang art. 22).
    #[must_use]
    pub fn is_fixed(&self, unit: &str) -> bool {
        let decided = self.decision().is_some_and(|(_, lead, _)| lead.as_deref() == Some(unit));
        let instructed = self.submission.as_ref().is_some_and(|s| s.instruction.is_some());
        decided || instructed
    }

    /// On the docket of this start of the clock.
    #[must_use]
    pub fn is_docketed(&self) -> bool {
        self.dockets
            .last()
            .is_some_and(|docket| docket.clock == self.clock && docket.lifted.is_none())
    }

    /// The highest level of the ladder that was given since the unit's clock began.
    #[must_use]
    pub fn warned(&self) -> Option<u8> {
        let of_now = self.warnings.iter().filter(|given| given.clock == self.clock);
        of_now.filter_map(|given| given.warning.level()).max()
    }

    /// The grade of a round.
    #[must_use]
    pub fn grade_of(&self, round: u8) -> Option<Grade> {
        self.grades.iter().rev().find(|(of, _)| *of == round).map(|(_, grade)| *grade)
    }

    /// The contact's number is dead (号码无法接通) until it is put right or somebody answers there.
    #[must_use]
    pub fn is_contact_dead(&self) -> bool {
        self.dead_calls >= DEAD_CALLS
    }

    /// What waits for a second person.
    #[must_use]
    pub fn pending(&self) -> Option<Pending> {
        self.waiting.as_ref().map(|waiting| match waiting.what {
            Proposal::Keep { .. } => Pending::Keep,
            Proposal::Decline { .. } => Pending::Decline,
            Proposal::Return { .. } => Pending::Return,
            Proposal::Extension { .. } => Pending::Extension,
            Proposal::Feedback { .. } => Pending::Feedback,
            Proposal::CloseUnreasonable => Pending::CloseUnreasonable,
        })
    }

    /// The answer does not stand, so neither does what was decided about its publication, and tries
    /// that asked about it do not count for the next one.
    pub(super) fn void_answer(&mut self) {
        self.answered_at = None;
        self.publish = None;
        self.follow_ups.clear();
        self.follow_up_ended = None;
    }

    /// What an erasure leaves of it; of the towns those of the places recorded so far.
    pub(in crate::domain) fn erase(
        &mut self,
        erasure: Erasure,
        towns: &[Option<String>],
        contact: bool,
    ) {
        self.erased = self.erased.max(Some(erasure));
        if erasure == Erasure::Everything {
            self.had_contact = contact;
            for (told, town) in self.towns.iter_mut().zip(towns) {
                *told = town.as_deref().and_then(town_of);
            }
        }
    }

    /// The town it is about.
    #[must_use]
    pub fn town(&self) -> Option<&'static str> {
        self.towns.last().copied().flatten()
    }

    /// The clock of a unit begins; what belonged to the one before is over.
    pub(super) fn start_clock(&mut self, at: Timestamp) {
        self.unit_from = Some(at);
        self.extension_days = 0;
        self.clock = self.clock.saturating_add(1);
    }
}

/// The state a record leads to; `None` when it leaves the state as it is.
pub(super) fn state_after(record: &Record) -> Option<State> {
    match record {
        Record::Returned { .. } | Record::Recalled { .. } | Record::Unmerged { .. } => {
            Some(State::Classified)
        }
        _ => None,
    }
}

/// The case after one more record.
pub(super) fn apply_record(case: &mut Case, record: &Record) {
    match record {
        Record::Returned { .. } => {
            case.work.returns = case.work.returns.saturating_add(1);
            take_from_unit(case);
        }
        Record::Recalled { .. } => {
            take_from_unit(case);
            after_an_answer(case);
        }
        Record::Unmerged { .. } => {
            case.merged_into = None;
            case.work.merged_at = None;
        }
        Record::Rated { grade, .. } => {
            case.work.grades.push((case.round, *grade));
            case.work.dead_calls = 0;
        }
        Record::Dispatched { at, helpers, .. } => dispatch(case, *at, helpers),
        Record::Docketed { docket, reason, at, .. } => put_on_docket(case, docket, *reason, *at),
        Record::AccusedNamed { unit, .. } => {
            case.work.accused.insert(unit.clone());
            case.work.helpers.remove(unit);
            case.work.readers.remove(unit);
        }
        Record::Recomputed { due, unit_due, from } => {
            case.work.promised_from = from.or(case.work.promised_from);
            case.due = due.clone().or_else(|| case.due.take());
            case.unit_due = unit_due.clone().or_else(|| case.unit_due.take());
        }
        Record::Corrected { private, contact: elsewhere, .. } => {
            let Correction { contact, display } = private.clone();
            if *elsewhere {
                // Tries at another number were none to reach him.
                case.work.dead_calls = 0;
                case.work.follow_ups.clear();
            }
            case.private.contact = contact.or_else(|| case.private.contact.take());
            case.private.display = display.or_else(|| case.private.display.take());
        }
        Record::Erased { erasure, towns, contact, .. } => {
            case.work.erase(*erasure, towns, *contact);
            if *erasure == Erasure::Everything {
                forget(case);
            }
        }
        Record::Supplemented { at, private } => case.add_words(*at, &private.text),
        Record::Coded { nature, domain, .. } => {
            case.nature = Some(*nature);
            case.domain = Some(domain.clone());
        }
        Record::Reopened { .. } => {
            case.closed_on = None;
            case.work.publish = None;
        }
        other => found(&mut case.work, other),
    }
}

/// One that was noted late is on the docket from the instant on that it was due.
fn put_on_docket(case: &mut Case, number: &str, reason: DocketReason, noted: Timestamp) {
    let (clock, unit) = (case.work.clock, case.unit.clone());
    let warned = |given: &&Given| given.warning == Warning::Docket && given.clock == clock;
    let due = case.work.warnings.iter().rev().find(warned).map(|given| given.at);
    let at = due.filter(|_| reason == DocketReason::Overdue).unwrap_or(noted);
    let number = number.to_owned();
    let docket = Docket { number, reason, clock, unit, at, lifted: None, third: false };
    case.work.dockets.push(docket);
}

/// Who the citizen is and all words, as a fold without private parts has them.
fn forget(case: &mut Case) {
    case.private = Private::default();
    case.summary = None;
    let work = &mut case.work;
    let instruction = work.submission.as_mut().and_then(|laid| laid.instruction.as_mut());
    let (place, result, notice) = (work.place.as_mut(), work.result.as_mut(), work.notice.as_mut());
    for words in [place, result, notice, instruction].into_iter().flatten() {
        words.clear();
    }
}

/// The unit is out; its clock stands until the next assignment.
fn take_from_unit(case: &mut Case) {
    case.unit = None;
    case.unit_due = None;
    case.work.unit_from = None;
    case.work.handler = None;
    case.work.helpers.clear();
}

/// What goes on after an answer is another round.
fn after_an_answer(case: &mut Case) {
    // A wrap-up answers directly without a result of its own.
    if case.work.answered_at.is_some() || case.answered_directly {
        case.round = case.round.saturating_add(1);
        case.answered_directly = false;
        case.work.void_answer();
    }
}

fn dispatch(case: &mut Case, at: Timestamp, helpers: &[String]) {
    after_an_answer(case);
    case.work.helpers = helpers.iter().cloned().collect();
    case.work.start_clock(at);
}

/// What leaves everything but the work as it is: what was found out before the assignment.
fn found(work: &mut Work, record: &Record) {
    match record {
        Record::Anonymous { reason } => work.anonymous = Some(*reason),
        Record::Addressed(addressee) => work.addressee = Some(addressee.clone()),
        Record::SecrecyAsked { wanted, .. } => {
            work.secrecy = *wanted;
            // B7: never published where secrecy is asked for.
            work.publish = work.publish.filter(|publish| !(*wanted && *publish));
        }
        Record::FactsRecorded { urgency, group_size, repeats, duty, private, .. } => {
            work.urgency = *urgency;
            (work.group_size, work.repeats) = (*group_size, *repeats);
            work.duty.clone_from(duty);
            work.place = Some(private.text.clone());
            work.towns.push(town_of(&private.text));
        }
        Record::PersonRecused { person, .. } => {
            work.recused.insert(person.clone());
        }
        Record::PersonReadmitted { person, .. } => {
            work.recused.remove(person);
        }
        Record::UrgencySet { urgency, .. } => work.urgency = *urgency,
        Record::UnitSpoke { unit, claims, .. } => {
            work.claims.insert(unit.clone(), *claims);
        }
        Record::DispositionChosen { disposition, code, .. } => {
            work.dispositions.push(*disposition);
            work.local_disposition.clone_from(code);
        }
        Record::ConsultationCalled { trigger, at, due_at, .. } => {
            let (trigger, at, due_at) = (*trigger, *at, *due_at);
            let views = vec![];
            work.consultation = Some(Consultation { trigger, at, due_at, views, decision: None });
        }
        Record::ViewGiven { by, .. } => {
            if let Some(consultation) = &mut work.consultation {
                consultation.views.push(by.clone());
            }
        }
        Record::ConsultationDecided { lead, helpers, disposition, .. } => {
            if let Some(consultation) = &mut work.consultation {
                consultation.decision = Some((*disposition, lead.clone(), helpers.clone()));
            }
        }
        Record::LaidBefore { leader, at, .. } => {
            let (leader, at) = (leader.clone(), *at);
            work.submission = Some(Submission { leader, at, instruction: None, docket: false });
        }
        Record::Instructed { private, docket, .. } => {
            if let Some(submission) = &mut work.submission {
                submission.docket = *docket;
                submission.instruction = Some(private.text.clone());
            }
        }
        other => handled(work, other),
    }
}

/// The same, from the assignment on.
fn handled(work: &mut Work, record: &Record) {
    match record {
        Record::ReadersNamed { readers, at, .. } => {
            work.readers = readers.iter().map(|reader| (reader.clone(), None)).collect();
            work.circulated_at = Some(*at);
        }
        Record::ReadBy { reader, at, .. } => {
            work.readers.insert(reader.clone(), Some(*at));
        }
        Record::Proposed { what, by, at, private } => {
            let (what, by, text) = (what.clone(), by.clone(), private.text.clone());
            work.waiting = Some(Waiting { what, by, at: *at, text });
        }
        Record::ProposalRefused { .. } => work.waiting = None,
        Record::HandlerNamed { handler, .. } => work.handler = Some(handler.clone()),
        Record::ResultReported { at, private, .. } => {
            work.result = Some(private.text.clone());
            work.answered_at = Some(*at);
        }
        Record::Reviewed { by, fault } => {
            work.supervisor = Some(by.clone());
            work.answered_at = work.answered_at.filter(|_| fault.is_none());
        }
        Record::FollowedUp { means, outcome, done, at, .. } => {
            if *means == Means::Phone {
                let dead = *outcome == FollowUpOutcome::Unobtainable;
                work.dead_calls = if dead { work.dead_calls.saturating_add(1) } else { 0 };
            }
            work.follow_ups.push(FollowUp { at: *at, means: *means, outcome: *outcome });
            work.follow_up_ended = done.then_some(*outcome);
        }
        Record::Judged { reasonable, .. } => {
            work.reasonable = Some(*reasonable);
            if *reasonable {
                work.publish = None;
            }
        }
        Record::FalseFeedback { .. } => {
            work.false_feedback = work.false_feedback.saturating_add(1);
            work.void_answer();
        }
        other => supervised(work, other),
    }
}

/// Seals, merges, publication and supervision.
fn supervised(work: &mut Work, record: &Record) {
    match record {
        Record::SealProposed { by, at } => work.seal_proposed = Some((by.clone(), *at)),
        Record::SealConfirmed { .. } => work.seal_proposed = None,
        Record::SealRefused { .. } => {
            work.seal_proposed = None;
            // What the talk or a clerk had chosen does not stand; the way is chosen anew.
            while work.disposition() == Some(Disposition::Discipline) {
                work.dispositions.pop();
            }
        }
        Record::ReceiptFiled { receipt, .. } => work.receipt = Some(receipt.clone()),
        Record::MergeDecided { at, .. } => work.merged_at = Some(*at),
        Record::PublicationDecided { publish, at, private, .. } => {
            work.publish = Some(*publish);
            if *publish {
                (work.notice, work.noticed_at) = (Some(private.text.clone()), *at);
            }
        }
        Record::PublicationWithdrawn { .. } => work.publish = Some(false),
        Record::Warned { warning, clock, at, late, posts, told, copied } => {
            let (warning, clock, at, late) = (*warning, *clock, *at, *late);
            let (posts, told, copied) = (posts.clone(), told.clone(), copied.clone());
            work.warnings.push(Given { warning, clock, at, late, posts, told, copied });
            let open = matches!(work.admonition, Some(Admonition::Proposed | Admonition::Signed));
            if warning.level() == Some(ADMONISHED) && !open {
                work.admonition = Some(Admonition::Proposed);
            }
            if warning == Warning::ThirdDocket {
                let third = work.dockets.iter_mut().find(|docket| docket.is_third(at));
                third.into_iter().for_each(|docket| docket.third = true);
            }
        }
        Record::SupervisionLifted { reason, .. } => {
            if let Some(docket) = work.dockets.last_mut() {
                docket.lifted = Some(*reason);
            }
        }
        Record::AdmonitionSigned { .. } => work.admonition = Some(Admonition::Signed),
        Record::AdmonitionDecided { admonish, .. } => {
            work.admonition = Some(Admonition::Decided(*admonish));
        }
        other => kept(work, other),
    }
}

/// How long it is kept, and what is gone.
fn kept(work: &mut Work, record: &Record) {
    match record {
        Record::DiscardedBecause { reason, .. } => work.discarded = Some(*reason),
        Record::HoldPlaced { reason, by } => {
            work.hold = Some(HoldOrder { reason: *reason, by: by.clone() });
        }
        Record::HoldLifted { .. } => work.hold = None,
        _ => {}
    }
}
