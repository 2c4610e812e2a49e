//! The listening day (领导接听日) of today: who is on duty, when his seat may be called, and what
//! callers are told of it.

use super::{Step, Switch};
use crate::domain::call::{Hours, Input as CallInput, ListeningDay, NextListeningDay};
use crate::domain::desk::{Refusal, SeatRole, Target};
use crate::domain::listening_day::{ListeningRules, Phase, Roster, Session, title_word};
use crate::domain::queue::{GroupId, Input as QueueInput};
use crate::gateway::clock::Now;
use crate::units::{CallId, SeatNumber};
use jiff::ToSpan;
use jiff::civil::Date;
use std::time::{Duration, Instant};

/// The group in which callers wait for the leader.
pub const LEADERS_GROUP: &str = "leaders";
/// The wall's clock may be set meanwhile, so it is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// When leaders take calls, and which.
#[derive(Debug, Clone)]
pub struct ListeningDays {
    /// When.
    pub rules: ListeningRules,
    /// Who.
    pub roster: Roster,
}

/// Today, as far as leaders are concerned.
#[derive(Debug, Default)]
pub(super) struct Today {
    date: Option<Date>,
    /// None on any other day.
    session: Option<Session>,
    /// The end of the window has been told.
    told: bool,
    /// When it is looked at again.
    look_at: Option<Instant>,
}

impl Today {
    /// Only while a phase is still to come: other days are looked at when somebody calls.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.look_at.filter(|_| self.session.as_ref().is_some_and(|s| s.poll_timeout().is_some()))
    }

    fn phase(&self) -> Option<Phase> {
        self.session.as_ref().map(Session::phase)
    }

    /// The seat of the leader who takes calls now.
    pub(super) fn on_duty(&self) -> Option<&SeatNumber> {
        let open = self.session.as_ref().filter(|session| session.phase() == Phase::Open);
        open.map(|session| &session.leader().seat)
    }
}

impl Switch {
    /// Brings the day up to the clock.
    pub(super) fn look_at_day(&mut self, now: Now) {
        let early = self.day.look_at.is_some_and(|at| at > now.monotonic);
        if self.config.listening.roster.leaders.is_empty() || early {
            return;
        }
        let date = self.today(now);
        if self.day.date != Some(date) {
            let session = self.session_of(date);
            self.day = Today { date: Some(date), session, ..Today::default() };
        }
        if let Some(session) = self.day.session.as_mut() {
            session.handle_timeout(now.wall);
        }
        self.follow_day(now);
        let wall = self.day.session.as_ref().and_then(Session::poll_timeout);
        let left = wall.and_then(|wall| Duration::try_from(wall.duration_since(now.wall)).ok());
        let left = left.map_or(LOOK_AGAIN, |left| left.min(LOOK_AGAIN));
        self.day.look_at = Some(now.monotonic + left);
    }

    fn session_of(&self, date: Date) -> Option<Session> {
        let ListeningDays { rules, roster } = &self.config.listening;
        let day = rules.on(&self.config.calendar, date)?;
        let duty = roster.duty(rules, &self.config.calendar, date)?;
        Session::new(&day, rules, duty, &self.config.time_zone)
    }

    /// Carries out what follows from the phases the day has entered.
    fn follow_day(&mut self, now: Now) {
        let Some(session) = self.day.session.as_mut() else { return };
        let entered: Vec<Phase> = std::iter::from_fn(|| session.poll_phase()).collect();
        if entered.is_empty() {
            return;
        }
        let leader = session.leader().seat.clone();
        tracing::info!(?entered, %leader, "the listening day goes on");
        let ended = |phase: &Phase| matches!(phase, Phase::LastCall | Phase::Over);
        // At the end of the window, not again when the leader's last call is over.
        if entered.iter().any(ended) && !std::mem::replace(&mut self.day.told, true) {
            let next = self.next_listening_day(now);
            for id in self.conversation_ids() {
                self.back_to_operators(id);
                self.steps.push_back(Step::Call(id, CallInput::ListeningOver(next)));
            }
        }
        if let Some(setup) = self.setup_of(&leader) {
            self.steps.push_back(Step::Queue(QueueInput::Seat(setup)));
        }
    }

    /// What a caller who arrives now is told of the day.
    pub(super) fn listening_outlook(&self, now: Now) -> Option<ListeningDay> {
        match self.day.phase()? {
            Phase::Before => None,
            Phase::Open => {
                let title = self.day.session.as_ref()?.leader().title.clone();
                Some(ListeningDay::Open { title: Some(title_word(&title).to_owned()) })
            }
            Phase::LastCall | Phase::Over => Some(ListeningDay::Over(self.next_listening_day(now))),
        }
    }

    fn next_listening_day(&self, now: Now) -> Option<NextListeningDay> {
        let rules = &self.config.listening.rules;
        let tomorrow = self.today(now).checked_add(1.day()).ok()?;
        let next = rules.next(&self.config.calendar, tomorrow, 1).into_iter().next()?;
        let (open, close) = rules.window;
        Some(NextListeningDay { date: next.date, hours: Hours { open, close } })
    }

    /// Whether somebody may be sent to this target now: outside the window a leader's seat gets no
    /// calls, and inside it only who is on duty.
    pub(super) fn may_reach(&self, target: &Target) -> Result<(), Refusal> {
        let open = match target {
            Target::Seat { seat } => {
                let leads = self.seats.role(seat) == Some(SeatRole::Leader);
                !leads || self.day.on_duty() == Some(seat)
            }
            Target::Group { group } if group == LEADERS_GROUP => self.day.on_duty().is_some(),
            _ => true,
        };
        if open { Ok(()) } else { Err(Refusal::WrongState) }
    }

    /// The group of those who wait for the leader; only who is on duty serves it.
    pub(super) fn leaders_group(&self, seat: &SeatNumber) -> Vec<(GroupId, u8)> {
        let group = self.config.queue.group(LEADERS_GROUP);
        let group = group.filter(|_| self.day.on_duty() == Some(seat));
        group.map(|group| (group, 1)).into_iter().collect()
    }

    /// The leader has begun to talk.
    pub(super) fn leader_talks(&mut self, now: Now, seat: &SeatNumber, call: &CallId) {
        if self.day.on_duty() == Some(seat)
            && let Some(session) = self.day.session.as_mut()
        {
            // Refused only at the very end of the window: then he has answered all the same.
            let _ = session.hand_over(now.wall, call.clone());
            self.follow_day(now);
        }
    }

    /// A leader has left a call.
    pub(super) fn leader_done(&mut self, now: Now, seat: &SeatNumber, call: &CallId) {
        if let Some(session) = self.day.session.as_mut()
            && session.leader().seat == *seat
        {
            session.leader_done(now.wall, call);
            self.follow_day(now);
        }
    }
}
