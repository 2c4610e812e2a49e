//! Wrap-ups (小结) of the house: which seat owes which, what is asked of the store, and which were
//! done, so that a page which was not told of it and sends one again is told so.

use super::conversation::ConversationId;
use super::{Output, Step, Switch, WrapUpAttempt};
use crate::domain::case::WrapUp as CaseWrapUp;
use crate::domain::desk::{DeskCommand, DeskEvent, DeskReply, DeskRequest, Refusal};
use crate::domain::desk_link::{Audience, ToDesk};
use crate::domain::queue::Wish;
use crate::domain::room::{Input, WrapUp};
use crate::gateway::clock::Now;
use crate::store::WrapUpOrder;
use crate::units::{CallId, SeatNumber};
use std::collections::VecDeque;
use std::time::Instant;

/// Wrap-ups that one seat may owe; each keeps its conversation.
pub const WRAP_UPS_OWED_MAX: usize = 32;
/// Wrap-ups of the house that are remembered after they were done.
pub const WRAP_UPS_KNOWN_MAX: usize = 1_024;

/// Wrap-ups that were done, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Known(VecDeque<(CallId, WrapUp)>);

impl Known {
    fn note(&mut self, call: CallId, wrap_up: WrapUp) {
        if self.0.len() >= WRAP_UPS_KNOWN_MAX {
            self.0.pop_front();
        }
        self.0.push_back((call, wrap_up));
    }

    /// What a seat was told to be done of a call, the last where it was more than once.
    fn find(&self, seat: &SeatNumber, call: &CallId) -> Option<&WrapUp> {
        let of = |(known, wrap_up): &&(CallId, WrapUp)| wrap_up.seat == *seat && known == call;
        self.0.iter().rev().find(of).map(|(_, wrap_up)| wrap_up)
    }
}

impl Switch {
    /// The answer to a wrap-up of a call that the seat owes nothing for any more, because it was
    /// done before. Other words than those cannot be stored in its place.
    pub(super) fn done_before(&self, request: &DeskRequest) -> Option<DeskReply> {
        let DeskCommand::WrapUp { call: Some(call), disposition, nature, summary, unit } =
            &request.command
        else {
            return None;
        };
        let owes = |id| self.owes_until(id, &request.seat).is_some();
        if self.conversation_named(call).is_some_and(owes) {
            return None;
        }
        let known = self.known_wrap_ups.find(&request.seat, call)?;
        let same = known.disposition == Some(*disposition)
            && known.nature == *nature
            && known.summary == *summary
            && (unit.is_none() || known.unit == *unit);
        Some(match same {
            true => DeskReply::Done,
            false => DeskReply::Refused { why: Refusal::CaseRefuses },
        })
    }

    fn owes_until(&self, id: ConversationId, seat: &SeatNumber) -> Option<Instant> {
        self.conversations.get(&id)?.room.as_ref()?.owes_until(seat)
    }

    /// Conversations that the seat owes a wrap-up for, each with when it is too late for it.
    fn owed_by(&self, seat: &SeatNumber) -> impl Iterator<Item = (Instant, ConversationId)> {
        let ids = self.conversations.keys().copied();
        ids.filter_map(|id| Some((self.owes_until(id, seat)?, id)))
    }

    /// The conversation that the seat owes a wrap-up for; of several the one that it was in last.
    pub(super) fn last_owed_by(&self, seat: &SeatNumber) -> Option<ConversationId> {
        self.owed_by(seat).max().map(|(_, id)| id)
    }

    /// The seat owes one more: the oldest of too many is given up.
    pub(super) fn limit_owed(&mut self, seat: &SeatNumber) {
        if self.owed_by(seat).count() <= WRAP_UPS_OWED_MAX {
            return;
        }
        let Some((_, oldest)) = self.owed_by(seat).min() else { return };
        let call = self.conversations.get(&oldest).map(|one| one.call_id.to_string());
        tracing::error!(%seat, call, "ALARM a seat owes too many wrap-ups: the oldest is given up");
        self.steps.push_back(Step::Room(oldest, Input::SignedOff(seat.clone())));
    }

    /// Asks for the commit of what a seat decided about the matter.
    pub(super) fn store_wrap_up(&mut self, now: Now, attempt: WrapUpAttempt, wrap_up: WrapUp) {
        let Some(conversation) = self.conversations.get(&attempt.0) else { return };
        let Some(disposition) = wrap_up.disposition else { return };
        let order = WrapUpOrder {
            case: None,
            wrap_up: CaseWrapUp {
                seat: wrap_up.seat,
                call: conversation.call_id.clone(),
                disposition,
                nature: wrap_up.nature,
                summary: wrap_up.summary,
                unit: wrap_up.unit,
                outcome: wrap_up.outcome,
            },
        };
        self.outputs.push_back(Output::WrapUp(attempt, now.wall, Box::new(order)));
    }

    /// Nothing is owed any more.
    pub(super) fn wrapped_up(&mut self, id: ConversationId, wrap_up: WrapUp) {
        let seat = wrap_up.seat.clone();
        // One that was excused may owe another call's by now, or is at work on that.
        let call = self.seats.call_of(&seat);
        let at_work = call.is_some_and(|other| self.owes_until(other, &seat).is_some());
        if call == Some(id) || !(wrap_up.excused || at_work) {
            self.steps.push_back(Step::Wish(seat.clone(), Wish::WrapUpDone));
        }
        self.seats.leaves(&seat, id);
        let Some(conversation) = self.conversations.get(&id) else { return };
        let call = conversation.call_id.clone();
        let left = DeskEvent::Left { call: call.to_string() };
        self.tell_desk(ToDesk::Event(Audience::Seat(seat), Box::new(left)));
        if wrap_up.disposition.is_some() {
            self.known_wrap_ups.note(call, wrap_up);
        }
    }
}
