//! A conversation: one call from its arrival to its account, with all its legs.

use super::account::Notes;
use super::leg::{Arrival, End, MediaState, Part};
use super::reach::{Errand, Reaching};
use super::{Output, Started, Step, Switch};
use crate::domain::call::{Call, CallRecord, Caller, EndedBy, Incoming, Input, PlayId, RecordId};
use crate::domain::queue::Waiter;
use crate::domain::room::{self, Room};
use crate::gateway::clock::Now;
use crate::gateway::media::{Closed, MediaReport};
use crate::store::{CallAccount, LegEnd, LegRecord};
use crate::units::{CallId, CaseNumber, LegId, PartyId, SeatNumber};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Names a conversation within the switch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId(pub u32);

/// One call with everything that belongs to it.
pub(super) struct Conversation {
    pub(super) call_id: CallId,
    pub(super) caller: Caller,
    pub(super) called: String,
    /// When it arrived.
    pub(super) at: Timestamp,
    pub(super) began: Instant,
    /// The citizen's leg; none before a citizen who is called back is rung.
    pub(super) citizen: Option<LegId>,
    /// The rules of the call, until it has given its account; none in a callback.
    pub(super) call: Option<Call>,
    /// Who is in it besides the citizen, from the first person on.
    pub(super) room: Option<Room>,
    /// The room is over, but for wrap-ups.
    pub(super) room_over: bool,
    /// Legs of those who are in the room, by party.
    pub(super) parties: BTreeMap<PartyId, LegId>,
    /// What each party hears, as the room said it last.
    pub(super) hearing: BTreeMap<PartyId, room::Hearing>,
    /// A seat that has just been reached, until the room has given it a number.
    pub(super) seated: BTreeMap<SeatNumber, LegId>,
    /// Who is being rung.
    pub(super) reaching: BTreeMap<Errand, Reaching>,
    /// When the call or the room wants to be woken, as it is set.
    pub(super) timer: Option<Instant>,
    /// The files of its closed recordings.
    pub(super) files: BTreeMap<RecordId, String>,
    /// The recording of the whole call, and what its tracks hold.
    pub(super) whole: Option<RecordId>,
    pub(super) notes: Notes,
    /// What the call says over the talk.
    pub(super) notice: super::notice::Notice,
    /// The first arrival in the queue, while a place is kept.
    pub(super) waits: Option<super::queue::Wait>,
    /// What the operator has written for whoever takes over: name, town, topic.
    pub(super) briefing: Option<String>,
    /// The case that came of it.
    pub(super) case: Option<CaseNumber>,
    /// The attempt to call back that it is.
    pub(super) attempt: Option<super::callback::Attempt>,
    /// The notice that it tells a unit, until that is over.
    pub(super) voice: Option<super::voice::Voice>,
    legs_over: Vec<LegRecord>,
    pub(super) account: Option<Box<CallRecord>>,
    /// `Finished` went out.
    told: bool,
    /// It stands in the ledger.
    started: bool,
}

impl Conversation {
    /// Without rules, room or legs.
    pub(super) fn new(call_id: CallId, caller: Caller, called: String, now: Now) -> Self {
        Self {
            call_id,
            caller,
            called,
            at: now.wall,
            began: now.monotonic,
            citizen: None,
            call: None,
            room: None,
            room_over: true,
            parties: BTreeMap::new(),
            hearing: BTreeMap::new(),
            seated: BTreeMap::new(),
            reaching: BTreeMap::new(),
            timer: None,
            files: BTreeMap::new(),
            whole: None,
            notes: Notes::default(),
            notice: super::notice::Notice::default(),
            waits: None,
            briefing: None,
            case: None,
            attempt: None,
            voice: None,
            legs_over: Vec::new(),
            account: None,
            told: false,
            started: false,
        }
    }

    /// What a report of the citizen's media means to the call.
    fn heard(&mut self, report: MediaReport) -> Option<Input> {
        Some(match report {
            MediaReport::Digit(digit) => Input::Digit(digit),
            MediaReport::PlayDone(play) => Input::PlayDone(PlayId(play)),
            MediaReport::Recorded(record, summary) => {
                self.files.insert(record, summary.file.clone());
                if self.call.is_none() && self.whole == Some(record) {
                    self.notes.recorded(summary);
                    return None;
                }
                Input::Recorded(record, summary)
            }
            MediaReport::RecordFailed(record) => Input::RecordFailed(record),
            MediaReport::Lost => Input::MediaLost,
            MediaReport::Closed(_) => return None,
        })
    }

    /// When the call or the room wants to be woken.
    fn poll_timeout(&self) -> Option<Instant> {
        let call = self.call.as_ref().and_then(Call::poll_timeout);
        let room = self.room.as_ref().and_then(Room::poll_timeout);
        let voice = self.voice.as_ref().and_then(super::voice::Voice::poll_timeout);
        call.into_iter().chain(room).chain(voice).min()
    }
}

impl Switch {
    /// A number for a conversation that begins.
    pub(super) fn next_conversation(&mut self) -> ConversationId {
        self.serial = self.serial.wrapping_add(1);
        ConversationId(self.serial)
    }

    /// The id of its call for ever.
    pub(super) fn call_id(&self, now: Now, id: ConversationId) -> CallId {
        let unix_ms = u64::try_from(now.wall.as_millisecond()).unwrap_or(0);
        CallId::new(&self.config.gateway, unix_ms, id.0)
    }

    /// The sockets of an arriving call are there: describe our media, put the call under its rules,
    /// answer.
    pub(super) fn begin(&mut self, now: Now, leg_id: LegId, address: SocketAddr) {
        if !self.describe(now, leg_id, address) {
            self.legs.remove(&leg_id);
            self.outputs.push_back(Output::CloseMedia(leg_id));
            return;
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Part::Arriving(arrival) = &mut leg.part else { return };
        let Arrival { conversation: id, caller, called } = std::mem::take(&mut **arrival);
        leg.part = Part::Citizen(id);
        leg.media = MediaState::Open;
        let at = leg.at;
        let call_id = self.call_id(now, id);
        self.look_at_day(now);
        let seats = self.outlook(now, caller.number.as_ref());
        let incoming = Incoming {
            call: call_id.clone(),
            caller: caller.clone(),
            called: called.clone(),
            at,
            seats,
            store_up: self.store_up,
        };
        let rules = Arc::clone(&self.config.rules);
        let mut conversation = Conversation::new(call_id, caller, called, now);
        conversation.at = at;
        conversation.citizen = Some(leg_id);
        conversation.call = Some(Call::new(rules, incoming, now.monotonic));
        self.conversations.insert(id, conversation);
        self.carry_out(now, id);
        self.set_timer(id);
    }

    /// A leg's media said something.
    pub(super) fn heard(&mut self, leg_id: LegId, report: MediaReport) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let Some(id) = leg.conversation() else { return };
        let party = match leg.part {
            Part::Citizen(_) => room::CITIZEN,
            Part::Party(_, party) => party,
            Part::Arriving(_)
            | Part::Ringing(..)
            | Part::Sound(..)
            | Part::Second(..)
            | Part::SigningIn(_)
            | Part::Parked(_)
            | Part::Over(_) => return,
        };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        if conversation.room.is_some() || conversation.voice.is_some() {
            let news = match report {
                MediaReport::Digit(digit) => Some(room::Input::Key(party, digit)),
                MediaReport::PlayDone(play) => Some(room::Input::PlayDone(PlayId(play))),
                _ => None,
            };
            self.steps.extend(news.map(|news| Step::Room(id, news)));
        }
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let waited = match report {
            MediaReport::PlayDone(play) if party == room::CITIZEN => {
                conversation.notice.ends(PlayId(play))
            }
            _ => None,
        };
        if conversation.citizen == Some(leg_id)
            && let Some(input) = conversation.heard(report)
        {
            self.steps.push_back(Step::Call(id, input));
        }
        if let Some(command) = waited {
            self.media(leg_id, command);
        }
    }

    /// The leg is over on the network: the peer hung up, was not reached, or is lost.
    pub(super) fn ended(&mut self, now: Now, leg_id: LegId, end: End, why: crate::proto::Reason) {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        leg.end.get_or_insert(end);
        if self.pair_ended(now, leg_id) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        match leg.part {
            // Its sockets are being bound; `media_opened` finds nobody and closes them.
            Part::Arriving(_) => {
                self.legs.remove(&leg_id);
            }
            Part::Citizen(id) => self.citizen_ended(id, leg_id, end.by),
            Part::Ringing(id, errand) => self.not_reached(now, id, errand, leg_id, why),
            Part::Party(id, party) => {
                leg.part = Part::Over(id);
                self.close_media(leg_id);
                self.party_ended(id, party, end.by);
            }
            Part::Sound(..) | Part::Second(..) | Part::Parked(_) => {
                self.drop_leg(now, leg_id, end.by);
            }
            Part::SigningIn(_) => self.sign_in_over(now, leg_id, end.by),
            Part::Over(_) => {}
        }
    }

    /// The citizen is gone. A call that was answered still settles its account.
    fn citizen_ended(&mut self, id: ConversationId, leg: LegId, by: LegEnd) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        if conversation.room.is_some() {
            self.party_ended(id, room::CITIZEN, by);
        }
        let Some(conversation) = self.conversations.get(&id) else { return };
        if conversation.call.is_some() {
            let by = match by {
                LegEnd::Party => EndedBy::Citizen,
                LegEnd::Network => EndedBy::Network,
                LegEnd::Shutdown => EndedBy::Shutdown,
                LegEnd::Seat | LegEnd::Service => EndedBy::Service,
            };
            self.media(leg, crate::gateway::media::MediaCommand::StopPlay);
            self.steps.push_back(Step::Call(id, Input::HungUp(by)));
        } else if let Some(leg) = self.legs.get_mut(&leg) {
            leg.part = Part::Over(id);
            self.close_media_of_citizen(id);
        }
    }

    fn close_media_of_citizen(&mut self, id: ConversationId) {
        let citizen = self.conversations.get(&id).and_then(|conversation| conversation.citizen);
        if let Some(citizen) = citizen {
            self.close_media(citizen);
        }
    }

    pub(super) fn party_ended(&mut self, id: ConversationId, party: PartyId, by: LegEnd) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.parties.remove(&party);
        let parting = match by {
            LegEnd::Network | LegEnd::Shutdown => room::Parting::Lost,
            LegEnd::Party | LegEnd::Seat | LegEnd::Service => room::Parting::HungUp,
        };
        self.steps.push_back(Step::Room(id, room::Input::Gone(party, parting)));
    }

    /// The call has given its account; it is passed on when every leg has given its own.
    pub(super) fn finish(&mut self, now: Now, id: ConversationId, record: Box<CallRecord>) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.account = Some(record);
        conversation.call = None;
        let Some(citizen) = conversation.citizen else { return };
        // A leg whose call has given its account must not stay up on the network.
        self.endpoint.hang_up(now.monotonic, citizen);
        self.close_media(citizen);
    }

    /// The citizen talks: the call stands in the ledger from now on.
    pub(super) fn tell_started(&mut self, id: ConversationId, peer: SocketAddr) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.started = true;
        self.outputs.push_back(Output::Started(Box::new(Started {
            call: conversation.call_id.clone(),
            caller: conversation.caller.clone(),
            called: conversation.called.clone(),
            at: conversation.at,
            peer,
        })));
    }

    /// The media of a leg is closed: nothing is left of it but its account.
    pub(super) fn close_account(&mut self, now: Now, leg_id: LegId, closed: &Closed) {
        let Some(leg) = self.legs.remove(&leg_id) else { return };
        let Some(id) = leg.conversation() else { return };
        if let Some(conversation) = self.conversations.get_mut(&id) {
            note_reported_loss(&conversation.call_id, leg_id, closed);
            let record = leg.record(leg_id, conversation.began, now, closed);
            conversation.legs_over.push(record);
        }
        self.tell_account(now, id);
    }

    /// Gives the whole account once nothing of the call is left but wrap-ups.
    pub(super) fn tell_account(&mut self, now: Now, id: ConversationId) {
        let legs_left = self.legs.values().any(|leg| leg.conversation() == Some(id));
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let over = conversation.call.is_none()
            && conversation.room_over
            && conversation.voice.is_none()
            && !legs_left;
        if !over {
            return;
        }
        if conversation.started && !conversation.told {
            conversation.told = true;
            let mut legs = std::mem::take(&mut conversation.legs_over);
            legs.sort_by_key(|leg| (leg.party, leg.from, leg.leg));
            let notes = std::mem::take(&mut conversation.notes);
            notes.fill_holds(&mut legs);
            let record = conversation.account.take();
            let mut record = record.unwrap_or_else(|| notes.record(conversation, now));
            record.ended_by = notes.ended_by(record.ended_by);
            let (parties, tracks) = (notes.entries, notes.tracks);
            let account = CallAccount { record: *record, legs, parties, tracks };
            self.outputs.push_back(Output::Finished(Box::new(account), now.wall));
        }
        let Some(conversation) = self.conversations.get(&id) else { return };
        if conversation.room.as_ref().is_none_or(Room::is_over) {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: ConversationId) {
        debug_assert!(self.legs.values().all(|leg| leg.conversation() != Some(id)), "S4: {id:?}");
        if let Some(conversation) = self.conversations.remove(&id)
            && let Some(at) = conversation.timer
        {
            self.timers.remove(&(at, id));
        }
        self.waiters.remove(&Waiter(id.0));
        self.seats.forget(id);
    }

    pub(super) fn set_timer(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let wanted = conversation.poll_timeout();
        if conversation.timer == wanted {
            return;
        }
        if let Some(old) = conversation.timer.take() {
            self.timers.remove(&(old, id));
        }
        if let Some(at) = wanted {
            self.timers.insert((at, id));
        }
        conversation.timer = wanted;
    }
}

/// What a peer has told of our sound last, where it lost any, stands in the log too, with the round trip.
fn note_reported_loss(call: &CallId, leg: LegId, closed: &Closed) {
    let told = &closed.statistics;
    if let Some(reported) = told.reported.filter(|reported| reported.share > 0) {
        let percent = u32::from(reported.share) * 100 / 256;
        let round_trip_ms = told.round_trip_ms;
        tracing::info!(%call, %leg, percent, ?round_trip_ms, "a peer told of lost packets of ours");
    }
}
