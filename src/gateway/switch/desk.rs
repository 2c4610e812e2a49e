//! What the pages and the phones of the seats ask for, and where each wish goes.

use super::conversation::ConversationId;
use super::queue::moment;
use super::reach::Errand;
use super::{Step, Switch};
use crate::domain::desk::{
    BRIEFING_CHARS_MAX, DeskCommand, DeskReply, DeskRequest, OpenCaseView, Refusal, Target,
};
use crate::domain::desk_link::FromDesk;
use crate::domain::queue::Wish;
use crate::domain::room::{Input, Wish as RoomWish, resolve, wanted_target};
use crate::gateway::clock::Now;
use crate::units::{CallId, LegId, OfferId, PartyId, PhoneNumber, SeatNumber};

impl Switch {
    /// A page said something.
    pub fn desk(&mut self, now: Now, news: FromDesk) {
        match news {
            FromDesk::Request(request) => self.request(now, request),
            FromDesk::Connected { who, connection } => self.page_opened(&who, connection),
            FromDesk::Gone { seat, connection } => self.page_closed(now, &seat, connection),
            FromDesk::AudioOffer { connection, seat, id, wanted, sdp } => {
                self.page_sound(now, id, connection, seat, &wanted, sdp);
            }
        }
        self.settle(now);
    }

    /// The open cases of a caller who is offered.
    pub fn open_cases(&mut self, now: Now, offer: OfferId, cases: Vec<OpenCaseView>) {
        if let Some(offered) = self.offers.get_mut(&offer) {
            offered.view.cases = cases;
            let (seat, view) = (offered.seat.clone(), offered.view.clone());
            self.show_offer(&seat, &view);
        }
        self.settle(now);
    }

    /// A command of a seat; it is answered exactly once.
    pub(super) fn request(&mut self, now: Now, request: DeskRequest) {
        let wish = match &request.command {
            DeskCommand::Ready => Wish::Ready,
            DeskCommand::Pause { reason } => Wish::Pause(*reason),
            DeskCommand::SignOut => Wish::SignOut,
            DeskCommand::Answer { offer } => Wish::Answer(*offer),
            DeskCommand::Decline { offer } => Wish::Decline(*offer),
            DeskCommand::Brief { text } => {
                let reply = match self.brief(&request.seat, text) {
                    Ok(()) => DeskReply::Done,
                    Err(why) => DeskReply::Refused { why },
                };
                return self.reply(now, request.seat, request.id, reply);
            }
            DeskCommand::CallBack { task } => {
                let task = *task;
                return self.call_back(now, request, task);
            }
            _ => return self.ask_room(now, request),
        };
        let page_call = match wish {
            Wish::Answer(offer) => self.page_call(now, offer, &request.seat, true),
            Wish::Decline(offer) => self.page_call(now, offer, &request.seat, false),
            _ => false,
        };
        if page_call {
            return self.reply(now, request.seat, request.id, DeskReply::Done);
        }
        // A phone that rings is answered by lifting it; only sound of a page can be taken here.
        let reply = match self.may_answer(now, &request.seat, &wish) {
            Err(why) => DeskReply::Refused { why },
            Ok(()) => self.acd.command(moment(now), &request.seat, wish),
        };
        self.settle_queue(now);
        self.reply(now, request.seat, request.id, reply);
    }

    /// Keeps what whoever takes over is to know before he answers.
    fn brief(&mut self, seat: &SeatNumber, text: &str) -> Result<(), Refusal> {
        let text = text.trim();
        if text.chars().count() > BRIEFING_CHARS_MAX {
            return Err(Refusal::Malformed);
        }
        let id = self.seats.talk_of(seat).ok_or(Refusal::NoSuchCall)?;
        let conversation = self.conversations.get_mut(&id).ok_or(Refusal::NoSuchCall)?;
        conversation.briefing = (!text.is_empty()).then(|| text.to_owned());
        Ok(())
    }

    /// The sound of the page becomes that of the offer; without any it cannot be answered.
    fn may_answer(&mut self, now: Now, seat: &SeatNumber, wish: &Wish) -> Result<(), Refusal> {
        let Wish::Answer(offer) = wish else { return Ok(()) };
        // What is offered to another seat does not exist for this one.
        let offered = self.offers.get(offer).filter(|offered| offered.seat == *seat);
        let id = offered.ok_or(Refusal::NoSuchOffer)?.conversation;
        let leg = self.sound_of(seat, id).ok_or(Refusal::WrongState)?;
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.answered = Some(now.monotonic);
        }
        if let Some(offered) = self.offers.get_mut(offer) {
            offered.leg = Some(leg);
        }
        self.stop_ringing(now, id, Errand::Offer(*offer), Some(leg));
        Ok(())
    }

    /// A command that concerns a conversation.
    fn ask_room(&mut self, now: Now, request: DeskRequest) {
        if let Some(reply) = self.done_before(&request) {
            return self.reply(now, request.seat, request.id, reply);
        }
        let id = match &request.command {
            DeskCommand::Return { call } | DeskCommand::Supervise { call, .. } => {
                self.conversation_named(call)
            }
            DeskCommand::WrapUp { call: Some(call), .. } => self.conversation_named(call),
            DeskCommand::WrapUp { call: None, .. } => {
                self.seats.call_of(&request.seat).or_else(|| self.last_owed_by(&request.seat))
            }
            _ => self.seats.call_of(&request.seat),
        };
        let has_room = |id: &ConversationId| {
            self.conversations.get(id).is_some_and(|conversation| conversation.room.is_some())
        };
        let refusal = match (id.filter(has_room), self.seats.card(&request.seat)) {
            (Some(id), Some(card)) => {
                self.look_at_day(now);
                let target = wanted_target(&request);
                let own = matches!(&target, Some(Target::Seat { seat }) if *seat == request.seat);
                let house = self.directory(now);
                let reach = target.map(|target| {
                    if !own {
                        self.may_reach(&target)?;
                    }
                    resolve(&target, &request.seat, &house)
                });
                if let Some(Err(why)) = reach {
                    self.alarm_of_refusal(now, &request.seat, why);
                }
                let wish = Box::new(RoomWish { request, card, reach });
                return self.tell_room(now, id, Input::Asked(wish));
            }
            (_, None) => Refusal::NotAllowed,
            (None, _) => Refusal::NoSuchCall,
        };
        self.reply(now, request.seat, request.id, DeskReply::Refused { why: refusal });
    }

    pub(super) fn conversation_named(&self, call: &CallId) -> Option<ConversationId> {
        let named = self.conversations.iter().find(|(_, c)| c.call_id == *call);
        named.map(|(&id, _)| id)
    }

    /// The transfer key of a seat's phone (REFER).
    pub(super) fn refer(&mut self, now: Now, leg: LegId, target: &str, replaces: Option<LegId>) {
        let wish = self.seat_on(leg).and_then(|seat| {
            let command = match replaces {
                Some(other) => {
                    let party = self.referred(leg, other).or_else(|| self.party_beside(leg, other));
                    DeskCommand::Complete { party: party? }
                }
                None => DeskCommand::Transfer { target: dialled_target(target)? },
            };
            Some((seat, command))
        });
        let Some((seat, command)) = wish else {
            return self.endpoint.answer_refer(now.monotonic, leg, false);
        };
        self.endpoint.answer_refer(now.monotonic, leg, true);
        let id = self.seats.number_wish(Some(leg));
        self.request(now, DeskRequest { seat, id, command });
    }

    /// The party of a leg that is in the same conversation.
    fn party_beside(&self, leg: LegId, other: LegId) -> Option<PartyId> {
        let id = self.conversation_of(leg)?;
        (self.conversation_of(other) == Some(id)).then(|| self.legs.get(&other))?.map(|l| l.party)
    }

    /// The hold key of a seat's phone: the citizen hears music.
    pub(super) fn phone_holds(&mut self, now: Now, leg: LegId, on: bool) {
        let Some(seat) = self.seat_on(leg) else { return };
        let id = self.seats.number_wish(None);
        let command = DeskCommand::Hold { party: self.held_by(leg, on), on };
        self.request(now, DeskRequest { seat, id, command });
    }

    /// The seat whose leg it is, while it is in a conversation.
    fn seat_on(&self, leg: LegId) -> Option<SeatNumber> {
        let leg = self.legs.get(&leg)?;
        let seat = SeatNumber::parse(&leg.label).ok()?;
        (self.seats.call_of(&seat) == leg.conversation()).then_some(seat)
    }

    /// Something for later in this turn.
    pub(super) fn run_step(&mut self, now: Now, step: Step) {
        match step {
            Step::Call(id, input) => self.tell(now, id, input),
            Step::Room(id, input) => self.tell_room(now, id, input),
            Step::Queue(input) => self.tell_queue(now, input),
            Step::Wish(seat, wish) => {
                // A wish of ours that the seat's state has overtaken means nothing any more.
                let _ = self.acd.command(moment(now), &seat, wish);
                self.settle_queue(now);
            }
            Step::Decline(offer) => {
                let seat = self.offers.get(&offer).map(|offered| offered.seat.clone());
                if let Some(seat) = seat {
                    self.run_step(now, Step::Wish(seat, Wish::Decline(offer)));
                }
            }
            Step::Enter(id, first) => self.enter(now, id, first),
        }
    }
}

/// Whom a number that was keyed on a phone means.
pub(super) fn dialled_target(text: &str) -> Option<Target> {
    if let Ok(seat) = SeatNumber::parse(text) {
        return Some(Target::Seat { seat });
    }
    PhoneNumber::parse(text).ok().map(|number| Target::Outside { number })
}
