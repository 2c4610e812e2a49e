//! The queue and the switch: callers who are sought a person for, seats that ring, and the talk
//! that comes of it.

use super::conversation::{Conversation, ConversationId};
use super::reach::Errand;
use super::{LEADERS_GROUP, Output, Step, Switch, Warned};
use crate::domain::calendar::DayKind;
use crate::domain::call::{
    Input as CallInput, KeptPlace, NoPerson, OnDuty, Place, Seats, SeekFrom, StopReason, Tell,
};
use crate::domain::desk::{DeskEvent, DeskReply, OfferView, PauseReason, SeatState, SeatView};
use crate::domain::desk_link::{Audience, ToDesk};
use crate::domain::queue::{
    Arrival, ConnectFault, GroupId, GroupRules, Input, KeyExit, LeaveHow, Moment, NoOneReason,
    NotEntered, OfferEnd, OfferKind, Opening, Output as QueueOutput, TalkEnd, Waiter, Wish,
};
use crate::domain::room::{self, Room, SeatCard};
use crate::gateway::clock::Now;
use crate::store::{AuditEntry, AuditKind, LegEnd};
use crate::units::{LegId, OfferId, PhoneNumber, SeatNumber};
use jiff::civil::Date;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Live figures are shown at most this often.
const FIGURES_EVERY: Duration = Duration::from_secs(1);

/// A caller's wait, over all interruptions.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    group: String,
    /// His first arrival.
    since: Instant,
    /// He is in the queue at this moment.
    inside: bool,
}

/// A call that is offered to a seat.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    pub(super) conversation: ConversationId,
    pub(super) seat: SeatNumber,
    /// The leg that answered.
    pub(super) leg: Option<LegId>,
    /// What the seat's page was told.
    pub(super) view: Box<OfferView>,
}

/// Both clocks as the queue wants them.
pub(super) fn moment(now: Now) -> Moment {
    Moment { at: now.monotonic, wall: now.wall }
}

impl Switch {
    /// Who could take a call that arrives now.
    pub(super) fn outlook(&self, now: Now, caller: Option<&PhoneNumber>) -> Seats {
        let signed_in = |view: SeatView| view.state != SeatState::SignedOut;
        let Some(group) = self.config.queue.groups.first() else { return Seats::None };
        if self.draining || !self.acd.seat_views().any(signed_in) {
            return Seats::None;
        }
        let civil = now.wall.to_zoned(self.config.time_zone.clone()).datetime();
        match group.hours.at(civil, &self.config.calendar) {
            Opening::Open => {
                let holiday = self.config.calendar.kind(civil.date()) == DayKind::Holiday;
                let brief = self.is_warned(caller, civil.date());
                let (group, listening) = (group.name.clone(), self.listening_outlook(now));
                Seats::Open(OnDuty { group, holiday, brief, listening })
            }
            Opening::Closed { next, .. } => Seats::Closed {
                hours: next.and_then(|next| {
                    let told = group.hours.span(next.date(), &self.config.calendar);
                    told.map(|(open, close)| crate::domain::call::Hours { open, close })
                }),
                duty: self.config.duty_group.clone().filter(|duty| self.is_staffed(now, duty)),
            },
        }
    }

    fn is_warned(&self, caller: Option<&PhoneNumber>, today: Date) -> bool {
        let warned = |one: &Warned| Some(&one.number) == caller && today <= one.until;
        self.config.warned.iter().any(warned)
    }

    /// Somebody of the group is signed in, and it takes callers now.
    fn is_staffed(&self, now: Now, name: &str) -> bool {
        let rules = self.config.queue.groups.iter().find(|group| group.name == name);
        let civil = now.wall.to_zoned(self.config.time_zone.clone()).datetime();
        let open =
            |group: &&GroupRules| group.hours.at(civil, &self.config.calendar) == Opening::Open;
        let id = rules.filter(open).and_then(|_| self.config.queue.group(name));
        let view = id.and_then(|id| self.acd.queue_view(moment(now), id));
        view.is_some_and(|view| view.seats.iter().any(|count| *count > 0))
    }

    /// A person is sought for the citizen.
    pub(super) fn seek(&mut self, now: Now, id: ConversationId, group: &str, from: SeekFrom) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let since = match (from, &conversation.waits) {
            (SeekFrom::Head, Some(wait)) => wait.since,
            (SeekFrom::Head, None) => conversation.began,
            (SeekFrom::Arrival, _) => now.monotonic,
        };
        let group = group.to_owned();
        conversation.waits = Some(Wait { group, since, inside: false });
        self.steps.push_back(Step::Enter(id, from == SeekFrom::Arrival));
    }

    /// Takes the caller into the queue, or tells him at once that nobody comes.
    pub(super) fn enter(&mut self, now: Now, id: ConversationId, first: bool) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(wait) = conversation.waits.as_mut().filter(|wait| !wait.inside) else { return };
        let arrival = self.config.queue.group(&wait.group).map(|group| Arrival {
            waiter: Waiter(id.0),
            call: conversation.call_id.clone(),
            group,
            number: conversation.caller.number.clone(),
            since: (!first).then_some(wait.since),
        });
        let entered = arrival.map(|arrival| self.acd.arrive(moment(now), arrival));
        match entered {
            Some(Ok(_)) => {
                wait.inside = true;
                self.waiters.insert(Waiter(id.0), id);
            }
            refused => {
                let (call, group) = (&conversation.call_id, wait.group.as_str());
                tracing::info!(%call, group, why = ?refused, "no place in the queue");
                conversation.waits = None;
                let why = match refused {
                    Some(Err(NotEntered::Full)) => NoPerson::TooMany,
                    _ => NoPerson::Absent,
                };
                self.steps.push_back(Step::Call(id, CallInput::NobodyComes(why)));
            }
        }
        self.settle_queue(now);
    }

    /// No offers for now; the place is kept.
    pub(super) fn pause_seeking(&mut self, id: ConversationId) {
        self.leave_queue(id, LeaveHow::Key(KeyExit::Menu), true);
    }

    /// Offers again, at the place that was kept.
    pub(super) fn resume_seeking(&mut self, id: ConversationId) {
        self.steps.push_back(Step::Enter(id, false));
    }

    /// Who waits for the leader waits for an operator from now on, at the place of his arrival.
    pub(super) fn back_to_operators(&mut self, id: ConversationId) {
        let Some(first) = self.config.queue.groups.first().map(|group| group.name.clone()) else {
            return;
        };
        let wait = self.conversations.get(&id).and_then(|conversation| conversation.waits.as_ref());
        let Some(inside) = wait.filter(|w| w.group == LEADERS_GROUP).map(|wait| wait.inside) else {
            return;
        };
        self.leave_queue(id, LeaveHow::Moved, true);
        if let Some(wait) = self.conversations.get_mut(&id).and_then(|c| c.waits.as_mut()) {
            wait.group = first;
        }
        if inside {
            self.steps.push_back(Step::Enter(id, false));
        }
    }

    /// Nobody is wanted any more.
    pub(super) fn stop_seeking(&mut self, id: ConversationId, why: StopReason) {
        let how = match why {
            StopReason::Abandoned => LeaveHow::HungUp,
            StopReason::Served => LeaveHow::Key(KeyExit::Message),
            StopReason::WaitedTooLong | StopReason::Ended => LeaveHow::Moved,
        };
        self.leave_queue(id, how, false);
    }

    /// The citizen hangs up and is called back when his turn comes.
    pub(super) fn keep_place(&mut self, id: ConversationId, place: &KeptPlace) {
        // A paused wait enters again, so that the queue has a place to keep.
        self.steps.push_back(Step::Enter(id, false));
        let left =
            Input::Left { waiter: Waiter(id.0), how: LeaveHow::Callback(place.phone.clone()) };
        self.steps.push_back(Step::Queue(left));
    }

    fn leave_queue(&mut self, id: ConversationId, how: LeaveHow, keeps: bool) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(wait) = conversation.waits.as_mut() else { return };
        if std::mem::take(&mut wait.inside) {
            let left = Input::Left { waiter: Waiter(id.0), how };
            self.steps.push_back(Step::Queue(left));
        }
        if !keeps {
            conversation.waits = None;
        }
    }

    /// Tells the queue something and carries out what it says.
    pub(super) fn tell_queue(&mut self, now: Now, input: Input) {
        self.acd.handle(moment(now), input);
        self.settle_queue(now);
    }

    /// Carries out what the queue wants.
    pub(super) fn settle_queue(&mut self, now: Now) {
        while let Some(output) = self.acd.poll_output() {
            self.queue_wants(now, output);
        }
        self.queue_timer = self.acd.poll_timeout();
    }

    /// A seat without a page cannot say what became of a call: when its time for that is over it
    /// takes calls again, and the case stays with whoever classifies it.
    fn wrap_up_ran_out(&mut self, view: &SeatView) {
        let waits = view.state == SeatState::Paused && view.reason == Some(PauseReason::Paperwork);
        if !waits || self.seats.has_page(&view.seat) {
            return;
        }
        if let Some(id) = self.seats.call_of(&view.seat) {
            self.steps.push_back(Step::Room(id, room::Input::SignedOff(view.seat.clone())));
        }
        self.steps.push_back(Step::Wish(view.seat.clone(), Wish::Ready));
    }

    /// Shows the live figures of every group, at most once a second.
    pub(super) fn show_figures(&mut self, now: Now) {
        if self.figures_at.is_none_or(|at| at > now.monotonic) {
            return;
        }
        self.figures_at = None;
        for group in (0..).map(GroupId).take(self.config.queue.groups.len()) {
            if let Some(view) = self.acd.queue_view(moment(now), group) {
                let event = Box::new(DeskEvent::Queue(view));
                self.tell_desk(ToDesk::Event(Audience::Everybody, event));
            }
        }
        self.figures_shown = Some(now.monotonic);
    }

    /// The figures have changed.
    fn figures_changed(&mut self, now: Now) {
        let next = self.figures_shown.map_or(now.monotonic, |shown| shown + FIGURES_EVERY);
        self.figures_at.get_or_insert_with(|| next.max(now.monotonic));
    }

    fn queue_wants(&mut self, now: Now, output: QueueOutput) {
        match output {
            QueueOutput::Offer { offer, waiter, seat, group, kind, waited } => {
                self.offer(now, (offer, waiter), seat, group, kind, waited);
            }
            QueueOutput::OfferOver { offer, how, .. } => self.offer_over(now, offer, how),
            QueueOutput::Connect { offer, waiter, seat, kind } => {
                self.connect(now, (offer, waiter), seat, kind);
            }
            QueueOutput::ConnectOver { offer, .. } => {
                if let Some(offered) = self.offers.remove(&offer)
                    && let Some(leg) = offered.leg
                {
                    self.drop_leg(now, leg, LegEnd::Service);
                }
            }
            QueueOutput::Seat(view) => {
                self.seats.seen(&view);
                self.wrap_up_ran_out(&view);
                let own = Audience::Seat(view.seat.clone());
                let event = Box::new(DeskEvent::Seat(view));
                self.tell_desk(ToDesk::Event(own, event.clone()));
                self.tell_desk(ToDesk::Event(Audience::Supervisors, event));
            }
            QueueOutput::Place { waiter, ahead, minutes } => {
                let place = CallInput::Place(Place { ahead, minutes });
                self.tell_waiter(waiter, place);
            }
            QueueOutput::NoOne { waiter, why } => {
                self.waited_in_vain(waiter);
                let why = match why {
                    NoOneReason::WaitedOut => NoPerson::TooMany,
                    _ => NoPerson::Absent,
                };
                self.tell_waiter(waiter, CallInput::NobodyComes(why));
            }
            QueueOutput::CallbackOver { waiter, .. } => {
                self.waiters.remove(&waiter);
            }
            QueueOutput::Overflow { .. } => {}
            QueueOutput::Ledger(entry) => {
                self.figures_changed(now);
                let row = super::queue_log::row(&entry, &self.config.queue);
                self.outputs.push_back(Output::QueueLog(entry.at, Box::new(row)));
            }
        }
    }

    fn tell_waiter(&mut self, waiter: Waiter, input: CallInput) {
        if let Some(&id) = self.waiters.get(&waiter) {
            self.steps.push_back(Step::Call(id, input));
        }
    }

    fn waited_in_vain(&mut self, waiter: Waiter) {
        let id = self.waiters.get(&waiter);
        if let Some(conversation) = id.and_then(|id| self.conversations.get_mut(id)) {
            conversation.waits = None;
        }
    }

    /// A call is offered: the seat's phones ring, its page shows who calls.
    fn offer(
        &mut self,
        now: Now,
        (offer, waiter): (OfferId, Waiter),
        seat: SeatNumber,
        group: GroupId,
        kind: OfferKind,
        waited: Duration,
    ) {
        let id = match &kind {
            OfferKind::Call => self.waiters.get(&waiter).copied(),
            OfferKind::Callback(number) => Some(self.kept_place_due(now, waiter, number)),
        };
        let name = self.config.queue.groups.get(usize::from(group.0));
        let (answer, name) = name
            .map_or((Duration::ZERO, String::new()), |group| (group.answer, group.name.clone()));
        let Some(conversation) = id.and_then(|id| self.conversations.get(&id)) else {
            return self.steps.push_back(Step::Queue(Input::Undeliverable(offer)));
        };
        let view = Box::new(offer_view(conversation, offer, name, waited));
        let id = ConversationId(id.map_or(0, |id| id.0));
        if let Some(number) = conversation.caller.number.clone() {
            self.outputs.push_back(Output::OpenCases(offer, number));
        }
        self.show_offer(&seat, &view);
        self.note_shown(now, &seat, &view);
        let offered = Offered { conversation: id, seat: seat.clone(), leg: None, view };
        self.offers.insert(offer, offered);
        // The queue ends an offer that nobody takes; the phone rings a little longer at most.
        let ring = answer + Duration::from_secs(2);
        if !self.ring_seat(now, id, Errand::Offer(offer), &seat, ring) {
            self.steps.push_back(Step::Queue(Input::Undeliverable(offer)));
        }
    }

    pub(super) fn show_offer(&mut self, seat: &SeatNumber, view: &OfferView) {
        let event = Box::new(DeskEvent::Offer(view.clone()));
        self.tell_desk(ToDesk::Event(Audience::Seat(seat.clone()), event));
    }

    /// The caller's number is shown in clear, by the page and by the telephones that ring.
    pub(super) fn note_shown(&mut self, now: Now, seat: &SeatNumber, view: &OfferView) {
        if view.caller.is_some() {
            let entry = AuditEntry {
                actor: seat.to_string(),
                kind: AuditKind::ContactShown,
                subject: view.call.clone(),
                reason: String::new(),
            };
            self.outputs.push_back(Output::Audit(now.wall, entry));
        }
    }

    fn offer_over(&mut self, now: Now, offer: OfferId, how: OfferEnd) {
        let Some(offered) = self.offers.get(&offer).cloned() else { return };
        let event = Box::new(DeskEvent::OfferEnded { offer, how: how.word() });
        self.tell_desk(ToDesk::Event(Audience::Seat(offered.seat.clone()), event));
        if how == OfferEnd::Answered {
            return;
        }
        self.offers.remove(&offer);
        self.stop_ringing(now, offered.conversation, Errand::Offer(offer), None);
        self.drop_sound(now, &offered.seat, offered.conversation);
        if let Some(leg) = offered.leg {
            self.drop_leg(now, leg, LegEnd::Service);
        }
    }

    /// A phone of the seat was answered.
    pub(super) fn offer_answered(&mut self, now: Now, offer: OfferId, leg: LegId) {
        let Some(offered) = self.offers.get_mut(&offer) else {
            return self.drop_leg(now, leg, LegEnd::Service);
        };
        offered.leg = Some(leg);
        let seat = offered.seat.clone();
        if self.acd.command(moment(now), &seat, Wish::Answer(offer)) != DeskReply::Done {
            self.offers.remove(&offer);
            self.drop_leg(now, leg, LegEnd::Service);
        }
        self.settle_queue(now);
    }

    /// Seat and citizen are joined.
    fn connect(
        &mut self,
        now: Now,
        (offer, waiter): (OfferId, Waiter),
        seat: SeatNumber,
        kind: OfferKind,
    ) {
        let offered = self.offers.remove(&offer);
        let alive = |leg: &LegId| self.legs.get(leg).is_some_and(|leg| leg.end.is_none());
        let leg = offered.as_ref().and_then(|offered| offered.leg).filter(alive);
        let (Some(offered), Some(leg)) = (offered, leg) else {
            let failed = Input::ConnectFailed(offer, ConnectFault::SeatDropped);
            return self.steps.push_back(Step::Queue(failed));
        };
        let id = offered.conversation;
        let Some(card) = self.seats.card(&seat) else { return };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.seated.insert(seat.clone(), leg);
        if let OfferKind::Callback(_) = kind {
            return self.kept_place_answered(now, id, offer, card);
        }
        self.waiters.remove(&waiter);
        if let Some(wait) = conversation.waits.as_mut() {
            wait.inside = false;
        }
        let tell = card.title.clone().map_or(Tell::Seat, Tell::Leader);
        self.seat_takes(now, id, card);
        self.steps.push_back(Step::Call(id, CallInput::Person { seat: Some(seat), tell }));
        self.steps.push_back(Step::Queue(Input::Connected(offer)));
    }

    /// The seat comes into the room of the conversation, which begins with it.
    fn seat_takes(&mut self, now: Now, id: ConversationId, card: SeatCard) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let going_on = conversation.room.as_ref().is_some_and(|_| !conversation.room_over);
        if going_on {
            return self.steps.push_back(Step::Room(id, room::Input::Seated(card)));
        }
        let opening = room::Opening {
            call: conversation.call_id.clone(),
            citizen: conversation.caller.number.clone(),
            matter: room::Matter::default(),
            card,
        };
        let rules = Arc::clone(&self.config.room);
        conversation.room = Some(Room::attended(rules, opening, now.monotonic));
        conversation.room_over = false;
        self.settle_room(now, id);
    }

    /// A seat that came by the queue talks no more.
    pub(super) fn talk_ended(&mut self, seat: &SeatNumber, by: TalkEnd, wrap_up: bool) {
        let ended = Input::TalkEnded { seat: seat.clone(), by, wrap_up };
        self.steps.push_back(Step::Queue(ended));
    }
}

fn offer_view(
    conversation: &Conversation,
    offer: OfferId,
    group: String,
    waited: Duration,
) -> OfferView {
    let caller = &conversation.caller;
    OfferView {
        offer,
        call: conversation.call_id.to_string(),
        group,
        caller: caller.number.as_ref().map(|number| number.as_str().to_owned()),
        display: caller.display.clone(),
        waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        cases: Vec::new(),
        briefing: conversation.briefing.clone(),
    }
}
