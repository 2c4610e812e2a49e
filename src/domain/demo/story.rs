//! One contact as it is told: a clock of its own that only goes on, and the steps so far.

use super::arrivals::{Ground, later};
use super::dice::Dice;
use super::people::{of_centre, of_unit, operator, seat};
use super::topics::Topic;
use super::{Deed, Script, Step, Talk, TalkKind};
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::{
    Actor, AnonymousReason, AttemptOutcome, Classification, DutyMatch, Grade, Nature, Order, Role,
    Task, Urgency, WrapUp,
};
use crate::domain::desk::{Disposition, Outcome};
use crate::units::{CallId, PhoneNumber, SeatNumber};
use jiff::{Timestamp, ToSpan};
use std::sync::Arc;
use std::time::Duration;

/// Lengths of talks in seconds, as often as they stand here: half are shorter than 150.
const TALKS: [i64; 15] = [45, 60, 80, 100, 120, 135, 145, 150, 165, 185, 210, 250, 320, 450, 720];
/// After how long callers who wait hang up, in seconds.
const PATIENCE: [i64; 10] = [8, 15, 25, 35, 42, 47, 55, 65, 80, 120];
/// Most callers are answered within 15 s, as GB/T 33358 wants; so many of a thousand are not.
const LATE_ANSWERS_PER_MILLE: u64 = 40;

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Citizen {
    /// His number; `None`: he left none.
    pub(super) phone: Option<PhoneNumber>,
    /// His name, which says that it is invented.
    pub(super) name: Option<String>,
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matter {
    pub(super) topic: Topic,
    pub(super) nature: Nature,
    /// Where; `无` where it has no place.
    pub(super) place: String,
    /// In the citizen's words.
    pub(super) text: String,
    /// In the centre's words, without names.
    pub(super) summary: String,
    pub(super) group_size: u16,
    pub(super) repeats: u16,
    /// He wants his contact kept from the unit.
    pub(super) secrecy: bool,
}

impl Matter {
    /// How it is classified.
    pub(super) fn classification(&self) -> Box<Classification> {
        Box::new(Classification {
            nature: self.nature,
            domain: self.topic.domain.to_owned(),
            place: self.place.clone(),
            urgency: self.topic.urgency,
            group_size: self.group_size,
            repeats: self.repeats,
            duty: super::duties::first_item(self.topic.unit).map(DutyMatch::Item),
            accused: vec![],
        })
    }

    /// It cannot wait for the office to open.
    pub(super) fn is_urgent(&self) -> bool {
        matches!(self.topic.urgency, Urgency::Immediate | Urgency::Urgent)
    }
}

/// A talk that has been answered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) seat: SeatNumber,
    pub(super) call: CallId,
    pub(super) ends: Timestamp,
    talk: Arc<Talk>,
}

/// A contact under way.
pub(super) struct Story<'a> {
    pub(super) ground: &'a Ground,
    pub(super) dice: Dice,
    pub(super) citizen: Citizen,
    /// The time of the last step.
    pub(super) now: Timestamp,
    key: String,
    /// Its place among all contacts.
    n: u32,
    calls: u32,
    steps: Vec<Step>,
}

impl<'a> Story<'a> {
    /// The n-th contact, which comes then.
    pub(super) fn new(
        ground: &'a Ground,
        (n, key): (u32, String),
        dice: Dice,
        citizen: Citizen,
        now: Timestamp,
    ) -> Self {
        Self { ground, dice, citizen, now, key, n, calls: 0, steps: vec![] }
    }

    /// It is told.
    pub(super) fn end(self) -> Script {
        Script { key: self.key, steps: self.steps }
    }

    /// When it got its number, where it did.
    pub(super) fn numbered(&self) -> Option<Timestamp> {
        self.steps.iter().find(|step| step.deed.numbers()).map(|step| step.at)
    }

    /// Something happens; a second later than the last thing at the earliest.
    pub(super) fn at(&mut self, at: Timestamp, deed: Deed) {
        let soonest = self.now.saturating_add(1.second()).unwrap_or(self.now);
        self.now = at.max(soonest);
        self.steps.push(Step { at: self.now, deed });
    }

    /// So many minutes later, whatever the hour.
    pub(super) fn soon(&mut self, from: i64, to: i64) -> Timestamp {
        later(self.now, self.dice.between(from, to))
    }

    /// So many minutes of office hours later.
    pub(super) fn office(&mut self, from: i64, to: i64) -> Timestamp {
        self.ground.office(self.now, self.dice.between(from, to))
    }

    /// As soon as the matter demands: at once, or when the office comes to it.
    pub(super) fn desk(&mut self, matter: &Matter, from: i64, to: i64) -> Timestamp {
        if matter.is_urgent() { self.soon(2, 15) } else { self.office(from, to) }
    }

    /// A person gives a command.
    pub(super) fn act(&mut self, at: Timestamp, actor: Actor, task: Task) {
        self.at(at, Deed::Acts(Box::new(Order { actor, task })));
    }

    /// Somebody of the centre gives a command.
    pub(super) fn centre(&mut self, at: Timestamp, role: Role, task: Task) {
        self.act(at, of_centre(role), task);
    }

    /// Somebody of a unit gives a command.
    pub(super) fn unit(&mut self, at: Timestamp, role: Role, unit: &str, task: Task) {
        self.act(at, of_unit(role, unit), task);
    }

    /// What is stored of the contact.
    pub(super) fn intake(&self, kind: IntakeKind, call: Option<CallId>) -> NewIntake {
        NewIntake {
            key: self.key.clone(),
            kind,
            call,
            contact: self.citizen.phone.clone(),
            mail: None,
            caller: Caller {
                number: self.citizen.phone.clone(),
                display: self.citizen.name.clone(),
            },
            received_at: self.now,
            recording: None,
            text: None,
            callback: false,
        }
    }

    /// The id of the next call of this contact.
    pub(super) fn call_id(&mut self) -> CallId {
        self.calls += 1;
        let ms = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        CallId::new("demo", ms, self.n * 8 + self.calls)
    }

    fn talk(&mut self, kind: TalkKind, seconds: i64, grade: Option<u8>) -> Arc<Talk> {
        let (call, at, caller) = (self.call_id(), self.now, self.citizen.phone.clone());
        Arc::new(Talk { call, caller, at, kind, lasts: seconds_of(seconds), grade })
    }

    /// The citizen calls and is answered at a seat; his case has its number at once.
    pub(super) fn calls(
        &mut self,
        leader: bool,
        unit: Option<(&'static str, bool)>,
        grade: Option<Grade>,
    ) -> Option<Answered> {
        let seat = seat(&mut self.dice)?;
        let late = self.dice.chance(LATE_ANSWERS_PER_MILLE);
        let waited = if late { self.dice.between(16, 60) } else { self.dice.between(3, 13) };
        let talk = self.dice.pick(&TALKS).copied().unwrap_or(150) + self.dice.between(-9, 9);
        let talk = if unit.is_some() { talk + 120 } else { talk };
        let leader = if leader { super::people::leader_seat() } else { None };
        let wait = seconds_of(waited);
        let kind = TalkKind::Attended { seat: seat.clone(), waited: wait, leader, unit };
        let keyed = grade.and_then(|grade| grade.as_str().parse().ok());
        let talk = self.talk(kind, waited + talk, keyed);
        let received = self.intake(IntakeKind::Attended, Some(talk.call.clone()));
        let ends = talk.at.saturating_add(talk.lasts).unwrap_or(talk.at);
        self.at(talk.at, Deed::Rings(Arc::clone(&talk)));
        let connected = talk.at.saturating_add(wait).unwrap_or(talk.at);
        self.at(connected, Deed::Open(Box::new(received), Some(seat.clone())));
        Some(Answered { seat, call: talk.call.clone(), ends, talk })
    }

    /// What the operator does while he talks: so many thousandths of what is left of the talk later.
    pub(super) fn operator(&mut self, talk: &Answered, per_mille: i64, task: Task) {
        let left = talk.ends.duration_since(self.now).as_secs().max(2);
        let at = self.now.saturating_add((left * per_mille / 1000).seconds()).unwrap_or(self.now);
        self.act(at, operator(&talk.seat), task);
    }

    /// The talk is over, and the operator writes down what it was about.
    pub(super) fn wraps_up(
        &mut self,
        talk: &Answered,
        matter: &Matter,
        disposition: Disposition,
        onto: Option<usize>,
    ) {
        self.hangs_up(talk);
        let at = self.now.saturating_add(self.dice.between(15, 60).seconds()).unwrap_or(self.now);
        let solved = match &talk.talk.kind {
            TalkKind::Attended { unit: Some((_, solved)), .. } => Some(*solved),
            _ => None,
        };
        let outcome = solved.map(|yes| if yes { Outcome::Solved } else { Outcome::Refused });
        let wrap_up = WrapUp {
            seat: talk.seat.clone(),
            call: talk.call.clone(),
            disposition,
            nature: Some(matter.nature),
            summary: matter.summary.clone(),
            unit: Some(matter.topic.unit.to_owned()),
            outcome,
        };
        self.at(at, Deed::WrapsUp(Box::new(wrap_up), onto));
    }

    /// The call is over.
    pub(super) fn hangs_up(&mut self, talk: &Answered) {
        self.at(talk.ends, Deed::HangsUp(Arc::clone(&talk.talk)));
    }

    /// Its place among all contacts.
    pub(super) fn place(&self) -> u32 {
        self.n
    }

    /// The citizen leaves while he waits: a draft, and somebody must call back.
    pub(super) fn abandons(&mut self) {
        self.abandons_saying(None);
    }

    /// The same, with what was heard of him.
    pub(super) fn abandons_saying(&mut self, heard: Option<&str>) {
        let patience = self.dice.pick(&PATIENCE).copied().unwrap_or(45);
        let talk = self.talk(TalkKind::Abandoned, patience, None);
        let mut received = self.intake(IntakeKind::Abandoned, Some(talk.call.clone()));
        received.text = heard.map(str::to_owned);
        let ends = talk.at.saturating_add(talk.lasts).unwrap_or(talk.at);
        self.at(talk.at, Deed::Rings(Arc::clone(&talk)));
        self.at(ends, Deed::HangsUp(talk));
        self.at(ends, Deed::Open(Box::new(received), None));
    }

    /// D8: whoever left is called back, and has no matter.
    pub(super) fn rung_back(&mut self) {
        let at = self.soon(4, 26);
        if let Some(talk) = self.called_back(at, AttemptOutcome::Reached) {
            self.hangs_up(&talk);
        }
    }

    /// The citizen speaks a message of so many seconds.
    pub(super) fn leaves_message(&mut self, seconds: u32) {
        let talk = self.talk(TalkKind::Message, i64::from(seconds) + 20, None);
        let mut received = self.intake(IntakeKind::Voicemail, Some(talk.call.clone()));
        received.callback = true;
        let ends = talk.at.saturating_add(talk.lasts).unwrap_or(talk.at);
        self.at(talk.at, Deed::Rings(Arc::clone(&talk)));
        self.at(ends, Deed::LeavesMessage(Box::new(received), seconds));
        self.at(ends, Deed::HangsUp(talk));
    }

    /// A seat calls him back then; `None` where he is not reached.
    pub(super) fn called_back(
        &mut self,
        at: Timestamp,
        outcome: AttemptOutcome,
    ) -> Option<Answered> {
        let seat = seat(&mut self.dice)?;
        let reached = outcome == AttemptOutcome::Reached;
        let rang = self.dice.between(6, 25);
        let call = {
            let soonest = self.now.saturating_add(1.second()).unwrap_or(self.now);
            self.now = at.max(soonest);
            self.call_id()
        };
        let talk_seconds = if reached { self.dice.between(60, 240) } else { 0 };
        let kind = TalkKind::Outgoing { seat: seat.clone(), rang: seconds_of(rang), reached };
        let (caller, lasts) = (self.citizen.phone.clone(), seconds_of(rang + talk_seconds));
        let (at, grade) = (self.now, None);
        let talk = Arc::new(Talk { call: call.clone(), caller, at, kind, lasts, grade });
        let ends = at.saturating_add(lasts).unwrap_or(at);
        self.at(at, Deed::Rings(Arc::clone(&talk)));
        let begun = self.now;
        self.at(begun, Deed::CallsBack(seat.clone(), call.clone(), seconds_of(rang), outcome));
        if !reached {
            self.at(ends, Deed::HangsUp(talk));
            return None;
        }
        Some(Answered { seat, call, ends, talk })
    }

    /// A person takes it down, and accepts it where he may; else a clerk does.
    pub(super) fn taken_down(&mut self, kind: IntakeKind, matter: &Matter) {
        let role = match kind {
            IntakeKind::LeaderSms | IntakeKind::PublicSms => Role::MessageClerk,
            IntakeKind::Radio => Role::Host,
            IntakeKind::VillageAgent => Role::VillageOfficer,
            _ => Role::Clerk,
        };
        let received = self.written(kind, &matter.text);
        let accept = self.accept(&matter.summary);
        let at = match kind {
            // Somebody stands at the desk, or is on the air.
            IntakeKind::WalkIn | IntakeKind::Radio | IntakeKind::VillageAgent => self.soon(1, 8),
            _ => self.desk(matter, 5, 40),
        };
        let now = (role == Role::Clerk).then(|| accept.clone());
        let later = now.is_none();
        self.at(at, Deed::TakesDown(Box::new(received), of_centre(role), now));
        if later {
            let at = self.desk(matter, 2, 20);
            self.centre(at, Role::Clerk, accept);
        }
    }

    /// What somebody wrote.
    pub(super) fn written(&self, kind: IntakeKind, text: &str) -> NewIntake {
        let written = self.intake(kind, None);
        let caller = Caller { number: None, ..written.caller };
        NewIntake { caller, text: Some(text.to_owned()), ..written }
    }

    /// T2.
    pub(super) fn accept(&self, summary: &str) -> Task {
        let anonymous = self.citizen.phone.is_none().then_some(AnonymousReason::WillNotSay);
        Task::Accept { summary: summary.to_owned(), anonymous }
    }

    /// T4, by a clerk.
    pub(super) fn classified(&mut self, matter: &Matter) {
        let at = self.desk(matter, 5, 60);
        self.centre(at, Role::Clerk, Task::Classify(matter.classification()));
        self.keeps_secret(matter, None);
    }

    /// The citizen wants his contact kept from the unit.
    pub(super) fn keeps_secret(&mut self, matter: &Matter, talk: Option<&Answered>) {
        if !matter.secrecy {
            return;
        }
        match talk {
            Some(talk) => self.operator(talk, 100, Task::SetSecrecy(true)),
            None => {
                let at = self.soon(1, 2);
                self.centre(at, Role::Clerk, Task::SetSecrecy(true));
            }
        }
    }
}

fn seconds_of(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}
