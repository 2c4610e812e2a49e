//! Calling citizens back (回拨): a seat's own wish, or a place in the queue that was kept. The
//! attempt is stored before a telephone rings; the seat is rung first, then the citizen.

use super::conversation::{Conversation, ConversationId};
use super::{Output, Step, Switch};
use crate::domain::call::Caller;
use crate::domain::case::AttemptOutcome;
use crate::domain::desk::{CallBackOutcome, DeskReply, DeskRequest, Refusal};
use crate::domain::queue::{ConnectFault, Input as QueueInput, Waiter};
use crate::domain::room::{CallBack, Matter, Room, SeatCard};
use crate::gateway::clock::Now;
use crate::proto::Flow;
use crate::store::{AttemptId, LegEnd, NewAttempt};
use crate::units::{LegId, OfferId, PhoneNumber, SeatNumber};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An attempt that a conversation is.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// The task, where it is known.
    task: Option<i64>,
    /// The seat's command, to be answered when the citizen has answered.
    request: u64,
    card: Option<SeatCard>,
    /// Stored, and not yet ended.
    id: Option<AttemptId>,
    /// The offer of a kept place.
    offer: Option<OfferId>,
}

/// What the store says about an attempt: whom to ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunAttempt {
    /// To end it with.
    pub id: AttemptId,
    /// The task.
    pub task: i64,
    /// Whom to ring; `None`: the number was withheld.
    pub phone: Option<PhoneNumber>,
}

impl Switch {
    /// A seat wants to call back.
    pub(super) fn call_back(&mut self, now: Now, request: DeskRequest, task: i64) {
        let DeskRequest { seat, id: request, .. } = request;
        let refused = match self.seats.card(&seat) {
            None => Some(Refusal::NotAllowed),
            Some(_) if self.seats.call_of(&seat).is_some() => Some(Refusal::WrongState),
            Some(_) if self.draining => Some(Refusal::Draining),
            Some(_) => None,
        };
        if let Some(why) = refused {
            return self.reply(now, seat, request, DeskReply::Refused { why });
        }
        let card = self.seats.card(&seat);
        let id = self.begin_callback(now, Caller::default());
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.attempt =
            Some(Attempt { task: Some(task), request, card, id: None, offer: None });
        let attempt = NewAttempt { task, seat, call: conversation.call_id.clone() };
        self.outputs.push_back(Output::BeginAttempt(id, now.wall, attempt));
    }

    fn begin_callback(&mut self, now: Now, caller: Caller) -> ConversationId {
        let id = self.next_conversation();
        let call_id = self.call_id(now, id);
        let called = self.config.outgoing.number.clone();
        let conversation = Conversation::new(call_id, caller, called, now);
        self.conversations.insert(id, conversation);
        id
    }

    /// The store has taken the attempt, or not.
    pub fn attempt_begun(
        &mut self,
        now: Now,
        id: ConversationId,
        begun: Result<BegunAttempt, Refusal>,
    ) {
        self.attempt_stored(now, id, begun);
        self.settle(now);
    }

    fn attempt_stored(
        &mut self,
        now: Now,
        id: ConversationId,
        begun: Result<BegunAttempt, Refusal>,
    ) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let Some(Attempt { request, card: Some(card), offer, .. }) = conversation.attempt.clone()
        else {
            return;
        };
        let seat = card.seat.clone();
        let begun = begun.and_then(|begun| self.whom_to_call_back(now, &seat, begun));
        let (attempt_id, task, number) = match begun {
            Ok(begun) => begun,
            Err(why) => {
                self.give_up_attempt(now, id, offer);
                return self.reply(now, seat, request, DeskReply::Refused { why });
            }
        };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(attempt) = conversation.attempt.as_mut() else { return };
        attempt.id = Some(attempt_id);
        attempt.task = Some(task);
        conversation.caller.number = Some(number.clone());
        let callback = CallBack { call: conversation.call_id.clone(), task, card, request, number };
        let rules = Arc::clone(&self.config.room);
        let matter = Matter::default();
        conversation.room = Some(Room::call_back(rules, callback, matter, now.monotonic));
        conversation.room_over = false;
        self.settle_room(now, id);
    }

    /// The attempt with its number; one that nobody may be rung for has failed.
    fn whom_to_call_back(
        &mut self,
        now: Now,
        seat: &SeatNumber,
        begun: BegunAttempt,
    ) -> Result<(AttemptId, i64, PhoneNumber), Refusal> {
        let BegunAttempt { id, task, phone } = begun;
        let phone = phone.ok_or(Refusal::NoSuchTarget);
        let phone = phone.and_then(|phone| {
            self.may_call_back(now, seat, &phone)?;
            Ok(phone)
        });
        if phone.is_err() {
            self.outputs.push_back(Output::EndAttempt(now.wall, id, AttemptOutcome::Failed));
        }
        Ok((id, task, phone?))
    }

    /// The store has not taken the attempt. A seat that has answered the offer of a kept place is
    /// let go; it would hear nobody.
    fn give_up_attempt(&mut self, now: Now, id: ConversationId, offer: Option<OfferId>) {
        if let Some(offer) = offer {
            let failed = QueueInput::ConnectFailed(offer, ConnectFault::NotReached);
            self.steps.push_back(Step::Queue(failed));
        }
        let seated = self.conversations.get_mut(&id).map(|c| std::mem::take(&mut c.seated));
        for leg in seated.into_iter().flat_map(BTreeMap::into_values) {
            self.drop_leg(now, leg, LegEnd::Service);
        }
        self.tell_account(now, id);
    }

    /// A kept place has come to the head: its conversation, in which the seat is rung.
    pub(super) fn kept_place_due(
        &mut self,
        now: Now,
        waiter: Waiter,
        number: &PhoneNumber,
    ) -> ConversationId {
        if let Some(&id) = self.kept.get(&waiter) {
            return id;
        }
        let caller = Caller { number: Some(number.clone()), display: None };
        let id = self.begin_callback(now, caller);
        self.kept.insert(waiter, id);
        id
    }

    /// The seat has taken the callback of a kept place: the attempt is stored, then he is rung.
    pub(super) fn kept_place_answered(
        &mut self,
        now: Now,
        id: ConversationId,
        offer: OfferId,
        card: SeatCard,
    ) {
        self.kept.retain(|_, kept| *kept != id);
        let request = self.seats.number_wish(None);
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let seat = card.seat.clone();
        conversation.attempt =
            Some(Attempt { task: None, request, card: Some(card), id: None, offer: Some(offer) });
        let call = conversation.call_id.clone();
        // Which task it is the store knows by the number.
        let attempt = NewAttempt { task: 0, seat, call };
        self.outputs.push_back(Output::BeginAttempt(id, now.wall, attempt));
    }

    /// The number of a kept place, by which the store finds its task.
    #[must_use]
    pub fn callback_number(&self, id: ConversationId) -> Option<PhoneNumber> {
        self.conversations.get(&id)?.caller.number.clone()
    }

    /// The citizen answered.
    pub(super) fn citizen_reached(&mut self, id: ConversationId, leg: LegId) {
        let flow = self.legs.get(&leg).and_then(|leg| leg.flow);
        let Some(Flow { remote, .. }) = flow else { return };
        self.tell_started(id, remote);
        let Some(conversation) = self.conversations.get(&id) else { return };
        let offer = conversation.attempt.as_ref().and_then(|attempt| attempt.offer);
        if let Some(offer) = offer {
            self.steps.push_back(Step::Queue(QueueInput::Connected(offer)));
        }
    }

    /// The attempt is over.
    pub(super) fn called_back(
        &mut self,
        now: Now,
        id: ConversationId,
        outcome: Option<CallBackOutcome>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(attempt) = conversation.attempt.as_mut() else { return };
        let outcome = match outcome {
            Some(CallBackOutcome::Reached) => AttemptOutcome::Reached,
            Some(CallBackOutcome::NoAnswer) => AttemptOutcome::NoAnswer,
            Some(CallBackOutcome::Busy) => AttemptOutcome::Busy,
            Some(CallBackOutcome::WrongPerson) => AttemptOutcome::WrongPerson,
            Some(CallBackOutcome::Refused) => AttemptOutcome::Refused,
            None => AttemptOutcome::Failed,
        };
        let offer = attempt.offer.filter(|_| outcome != AttemptOutcome::Reached);
        if let Some(attempt) = attempt.id.take() {
            self.outputs.push_back(Output::EndAttempt(now.wall, attempt, outcome));
        }
        if let Some(offer) = offer {
            let failed = QueueInput::ConnectFailed(offer, ConnectFault::NotReached);
            self.steps.push_back(Step::Queue(failed));
        }
    }
}
