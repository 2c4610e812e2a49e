//! The room of a conversation and the switch: who hears whom, who is rung, what is recorded.

use super::conversation::ConversationId;
use super::leg::{End, Part};
use super::reach::Errand;
use super::{LEADERS_GROUP, Output, Step, Switch, WrapUpAttempt, account};
use crate::domain::call::{AfterPerson, Input as CallInput, RecordId, RecordingKind};
use crate::domain::desk::{DeskEvent, DeskMessage, PartyKind};
use crate::domain::desk_link::{Audience, ToDesk};
use crate::domain::queue::{Input as QueueInput, TalkEnd, Wish};
use crate::domain::room::{Action, CITIZEN, Destination, Entry, Hearing, Input, Recording, Then};
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::media::room::Hearing as Sound;
use crate::store::{AuditEntry, LegEnd};
use crate::units::{LegId, PartyId, PhoneNumber, SeatNumber};
use std::sync::Arc;
use std::time::Duration;

/// The recording of a callback, which has no call to number it.
const CALLBACK_RECORD: RecordId = RecordId(u32::MAX);
/// Longest recording of a callback.
const CALLBACK_RECORD_MAX: Duration = Duration::from_secs(2 * 3600);

impl Switch {
    /// Gives a room its input and carries out what it wants.
    pub(super) fn tell_room(&mut self, now: Now, id: ConversationId, input: Input) {
        if self.tell_voice(now, id, &input) {
            return;
        }
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(room) = conversation.room.as_mut() else { return };
        room.handle(now.monotonic, input);
        self.settle_room(now, id);
    }

    /// Carries out what a room wants.
    pub(super) fn settle_room(&mut self, now: Now, id: ConversationId) {
        let next =
            |switch: &mut Self| switch.conversations.get_mut(&id)?.room.as_mut()?.poll_action();
        while let Some(action) = next(self) {
            self.room_wants(now, id, action);
        }
        self.set_timer(id);
        self.tell_account(now, id);
    }

    fn room_wants(&mut self, now: Now, id: ConversationId, action: Action) {
        match action {
            Action::Dial { party, to, ring, by } => {
                self.dial(now, id, party, &to, ring, by.as_ref());
            }
            Action::HangUp(party) => self.hang_up_party(now, id, party),
            Action::Hear(party, hearing) => self.hear(id, party, hearing),
            Action::Record(recording) => self.record_room(id, recording),
            Action::Play { play, to, plan, over } => {
                let list = Arc::new(self.config.prompts.resolve(&plan, false));
                self.say_to(id, to, MediaCommand::Play { play: play.0, list, over });
            }
            Action::StopPlay(party) => self.say_to(id, party, MediaCommand::StopPlay),
            Action::Keys(party, keys) => {
                if let Some(leg) = self.leg_of(id, party) {
                    let list = Arc::new(super::keys::playlist(&keys));
                    self.media(leg, MediaCommand::Play { play: 0, list, over: true });
                }
            }
            Action::Reply { seat, id: request, reply } => self.reply(now, seat, request, reply),
            Action::View { to, view } => {
                for seat in to {
                    let event = Box::new(DeskEvent::Conversation((*view).clone()));
                    self.tell_desk(ToDesk::Event(Audience::Seat(seat), event));
                }
            }
            Action::SeatTalks { party, seat } => self.seat_talks(now, id, party, &seat),
            Action::SeatLeft { party, seat, wrap_up } => {
                self.seat_left(now, id, party, &seat, wrap_up);
            }
            Action::FirstResponsible(seat) => self.first_responsible(id, seat),
            Action::CitizenAlone(then) => self.citizen_alone(id, then),
            Action::StoreWrapUp { attempt, wrap_up } => {
                self.store_wrap_up(now, WrapUpAttempt(id, attempt), *wrap_up);
            }
            Action::Excused(seat) => self.steps.push_back(Step::Wish(seat, Wish::WrapUpExcused)),
            Action::WrappedUp(wrap_up) => self.wrapped_up(id, *wrap_up),
            Action::CalledBack { outcome, .. } => self.called_back(now, id, outcome),
            Action::Note(entry) => self.note(now, id, &entry),
            Action::Finished => self.room_finished(now, id),
        }
    }

    /// The leg of a party that is up.
    pub(super) fn leg_of(&self, id: ConversationId, party: PartyId) -> Option<LegId> {
        let conversation = self.conversations.get(&id)?;
        match party {
            CITIZEN => conversation.citizen,
            party => conversation.parties.get(&party).copied(),
        }
    }

    /// The leg that a party is heard by: that of a party that is up, else one that rings with early
    /// media.
    fn line_of(&self, id: ConversationId, party: PartyId) -> Option<LegId> {
        let early = || {
            let reaching = self.conversations.get(&id)?.reaching.get(&Errand::Party(party))?;
            let plan = |leg: &&LegId| self.legs.get(leg).is_some_and(|leg| leg.plan.is_some());
            reaching.legs.iter().find(plan).copied()
        };
        self.leg_of(id, party).or_else(early)
    }

    fn dial(
        &mut self,
        now: Now,
        id: ConversationId,
        party: PartyId,
        to: &Destination,
        ring: Duration,
        by: Option<&SeatNumber>,
    ) {
        let errand = Errand::Party(party);
        let rings = match to {
            Destination::Seat(seat) => {
                self.take_seated(id, party, seat) || self.ring_seat(now, id, errand, seat, ring)
            }
            Destination::Number(number) | Destination::Emergency(number) => {
                if let Some(seat) = by {
                    let today = self.today(now);
                    self.book.count(seat, number, now.monotonic, today);
                }
                let whom = self.whom(party, number);
                self.ring_number(now, id, errand, number, (whom.0, whom.1, ring))
            }
        };
        if !rings {
            let nobody = crate::domain::desk::Failure::Unreachable;
            self.steps.push_back(Step::Room(id, Input::Unreached(party, nobody)));
        }
    }

    /// A seat that has already answered an offer need not be rung again.
    fn take_seated(&mut self, id: ConversationId, party: PartyId, seat: &SeatNumber) -> bool {
        let Some(conversation) = self.conversations.get_mut(&id) else { return false };
        let Some(leg) = conversation.seated.remove(seat) else { return false };
        self.party_up(id, party, leg);
        self.steps.push_back(Step::Room(id, Input::Answered(party)));
        true
    }

    /// Who is behind a number, for the account.
    fn whom(&self, party: PartyId, number: &PhoneNumber) -> (PartyKind, String) {
        if party == CITIZEN {
            return (PartyKind::Citizen, String::new());
        }
        match self.unit_of(number) {
            Some(unit) => (PartyKind::Unit, unit),
            None => (PartyKind::Outside, number.masked()),
        }
    }

    /// A dialled party answered.
    pub(super) fn party_reached(&mut self, id: ConversationId, party: PartyId, leg: LegId) {
        self.party_up(id, party, leg);
        if party == CITIZEN {
            self.citizen_reached(id, leg);
        }
        self.steps.push_back(Step::Room(id, Input::Answered(party)));
    }

    /// The leg is that of a party from now on.
    fn party_up(&mut self, id: ConversationId, party: PartyId, leg_id: LegId) {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        leg.party = party;
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if party == CITIZEN {
            leg.part = Part::Citizen(id);
            conversation.citizen = Some(leg_id);
        } else {
            leg.part = Part::Party(id, party);
            conversation.parties.insert(party, leg_id);
            self.add_track(id, leg_id);
        }
        self.hear_again(id);
    }

    pub(super) fn hang_up_party(&mut self, now: Now, id: ConversationId, party: PartyId) {
        self.stop_ringing(now, id, Errand::Party(party), None);
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if party == CITIZEN {
            // The call has him, and says goodbye by itself; a callback has nobody else.
            if conversation.call.is_none()
                && let Some(citizen) = conversation.citizen
            {
                self.drop_leg(now, citizen, LegEnd::Seat);
            }
            return;
        }
        self.drop_pair(now, id, party);
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if let Some(leg) = conversation.parties.remove(&party) {
            self.drop_leg(now, leg, LegEnd::Seat);
        }
    }

    fn hear(&mut self, id: ConversationId, party: PartyId, hearing: Hearing) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.hearing.insert(party, hearing);
        }
        self.hear_now(id, party);
    }

    /// Says again what every party hears, after a leg has come or changed.
    pub(super) fn hear_again(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        for party in conversation.hearing.keys().copied().collect::<Vec<_>>() {
            self.hear_now(id, party);
        }
    }

    fn hear_now(&mut self, id: ConversationId, party: PartyId) {
        let Some(leg) = self.leg_of(id, party) else { return };
        let Some(conversation) = self.conversations.get(&id) else { return };
        let Some(hearing) = conversation.hearing.get(&party) else { return };
        let legs = hearing.of.iter().filter_map(|&other| self.line_of(id, other));
        let mut sound = Sound::of(legs);
        sound.music = hearing.music;
        self.media(leg, MediaCommand::Hear(sound));
    }

    fn record_room(&mut self, id: ConversationId, recording: Recording) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let Some(citizen) = conversation.citizen else { return };
        let own = conversation.call.is_none() && self.config.rules.record_calls;
        let whole = conversation.whole;
        match recording {
            Recording::On => {
                // Also where it only begins now: a secret may have come before it.
                self.media(citizen, MediaCommand::Secret(false));
                if own && whole.is_none() {
                    self.record(id, CALLBACK_RECORD, RecordingKind::WholeCall, CALLBACK_RECORD_MAX);
                }
            }
            Recording::Secret => self.media(citizen, MediaCommand::Secret(true)),
            Recording::Off => {
                self.media(citizen, MediaCommand::Secret(false));
                if own && let Some(record) = whole {
                    self.media(citizen, MediaCommand::StopRecord(record));
                }
            }
        }
    }

    fn seat_talks(&mut self, now: Now, id: ConversationId, party: PartyId, seat: &SeatNumber) {
        self.seats.talks(seat, id);
        let Some(conversation) = self.conversations.get(&id) else { return };
        let call = conversation.call_id.clone();
        self.leader_talks(now, seat, &call);
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if let Some(leg) = conversation.seated.remove(seat) {
            self.party_up(id, party, leg);
        } else {
            // Not by the queue: it must not be offered anything meanwhile.
            let began = QueueInput::TalkBegan { seat: seat.clone(), call };
            self.steps.push_back(Step::Queue(began));
        }
    }

    fn seat_left(
        &mut self,
        now: Now,
        id: ConversationId,
        party: PartyId,
        seat: &SeatNumber,
        wrap_up: bool,
    ) {
        self.drop_pair(now, id, party);
        if let Some(leg) = self.conversations.get_mut(&id).and_then(|c| c.parties.remove(&party)) {
            self.drop_leg(now, leg, LegEnd::Seat);
        }
        let Some(conversation) = self.conversations.get(&id) else { return };
        let call_id = conversation.call_id.clone();
        let call = call_id.to_string();
        let case = conversation.case.map(|case| case.to_string());
        let by = match conversation.citizen.and_then(|leg| self.legs.get(&leg)?.end) {
            Some(End { by: LegEnd::Party, .. }) => TalkEnd::Caller,
            _ => TalkEnd::Agent,
        };
        let event = match wrap_up {
            true => DeskEvent::WrapUp { call, case },
            false => {
                self.seats.leaves(seat, id);
                DeskEvent::Left { call }
            }
        };
        self.tell_desk(ToDesk::Event(Audience::Seat(seat.clone()), Box::new(event)));
        self.talk_ended(seat, by, wrap_up);
        self.leader_done(now, seat, &call_id);
        self.limit_owed(seat);
    }

    fn first_responsible(&mut self, id: ConversationId, seat: SeatNumber) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.notes.first_responsible = Some(seat);
        }
    }

    fn citizen_alone(&mut self, id: ConversationId, then: Then) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let after = match then {
            Then::Survey => AfterPerson::Survey,
            Then::Goodbye => AfterPerson::Goodbye,
            Then::Queue { group } => {
                let leader = group.as_deref() == Some(LEADERS_GROUP);
                AfterPerson::Wait { group, leader }
            }
        };
        if let Some(citizen) = conversation.citizen {
            self.media(citizen, MediaCommand::Hear(Sound::NOTHING));
        }
        self.steps.push_back(Step::Call(id, CallInput::PersonGone(after)));
    }

    fn note(&mut self, now: Now, id: ConversationId, entry: &Entry) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let at = now.monotonic.saturating_duration_since(conversation.began);
        conversation.notes.note(at, entry);
        if let Entry::Supervised { seat, mode } = entry {
            let entry = AuditEntry {
                actor: seat.to_string(),
                kind: account::audit_kind(*mode),
                subject: conversation.call_id.to_string(),
                reason: String::new(),
            };
            self.outputs.push_back(Output::Audit(now.wall, entry));
        }
    }

    fn room_finished(&mut self, now: Now, id: ConversationId) {
        self.drop_sounds(now, id);
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.room_over = true;
            conversation.hearing.clear();
        }
    }

    pub(super) fn tell_desk(&mut self, news: ToDesk) {
        self.outputs.push_back(Output::Desk(news));
    }

    /// The answer to a command of a seat, or to a key of its phone.
    pub(super) fn reply(
        &mut self,
        now: Now,
        seat: SeatNumber,
        id: u64,
        reply: crate::domain::desk::DeskReply,
    ) {
        if self.second_replied(now, id, reply) {
            return;
        }
        if let Some(leg) = self.seats.phone_wish(id) {
            let status = match reply {
                crate::domain::desk::DeskReply::Done => 200,
                crate::domain::desk::DeskReply::Refused { .. } => 403,
                crate::domain::desk::DeskReply::Failed { .. } => 480,
            };
            if let Some(leg) = leg {
                self.endpoint.notify_refer(now.monotonic, leg, status);
            }
            return;
        }
        self.tell_desk(ToDesk::Message(seat, DeskMessage::Reply(id, reply)));
    }
}
