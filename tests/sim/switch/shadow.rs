//! What must hold, watched from outside (the numbers are those of `docs/testing.md`).

use super::citizen::Citizen;
use super::desk::{LEADER, SEAT_PORTS, WINDOW};
use super::rights::Rights;
use super::wishes::WrapUps;
use mayorline::domain::desk::{
    DeskCommand, DeskEvent, DeskMessage, DeskReply, DeskRequest, Failure,
};
use mayorline::domain::desk_link::{Audience, ToDesk};
use mayorline::gateway::media::MediaCommand;
use mayorline::gateway::switch::{ConversationId, Output, Switch, WrapUpAttempt};
use mayorline::proto::Counts;
use mayorline::units::{CallId, LegId, OfferId, SeatNumber};
use mayorline::wire::sip::{Framing, Message};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// Counts and sets that the outputs are held against.
#[derive(Default)]
pub(super) struct Shadow {
    /// Legs with their group, which is the number of the conversation.
    open_media: HashMap<LegId, u64>,
    running: HashSet<CallId>,
    finished: HashMap<CallId, u32>,
    crashed: HashSet<CallId>,
    texts_stored: usize,
    texts_acknowledged: usize,
    /// Commands without an answer.
    wished: HashSet<u64>,
    /// Of these, what concerns an offer to another seat.
    foreign: HashSet<u64>,
    /// The wrap-ups among them and among those before, with what the store was asked for.
    wrap_ups: WrapUps,
    /// What a seat may do, and secrets.
    pub(super) rights: Rights,
    /// The call that each seat was asked to wrap up last.
    owed: HashMap<SeatNumber, CallId>,
    pub(super) wrapped_up: usize,
    pub(super) not_stored: usize,
    /// Calls that the leader's telephone was rung for.
    pub(super) leader_rung: HashSet<String>,
    /// Offers that are shown, and to whom.
    offered: BTreeMap<OfferId, SeatNumber>,
    /// Conversations that are shown, and to whom.
    shown: BTreeSet<(SeatNumber, String)>,
    /// Notices by telephone that are being told, and how others ended.
    pub(super) voices: BTreeSet<i64>,
    pub(super) voices_ended: BTreeMap<&'static str, usize>,
    pub(super) answered_wishes: usize,
    pub(super) attended: usize,
    pub(super) started: usize,
    pub(super) crashes: usize,
    trace: DefaultHasher,
}

impl Shadow {
    pub(super) fn observe(&mut self, output: &Output, now: Duration) {
        match output {
            Output::Transmit(transmit) => {
                transmit.bytes.hash(&mut self.trace);
                if usize::from(transmit.flow.remote.port()) == usize::from(SEAT_PORTS) + LEADER {
                    self.leader_is_sent(&transmit.bytes, now);
                }
            }
            Output::OpenMedia(leg, _, group) => {
                let before = self.open_media.insert(*leg, *group);
                assert!(before.is_none(), "S1: {leg} is opened twice");
            }
            Output::Media(leg, command) => {
                assert!(self.open_media.contains_key(leg), "S1: {command:?} for closed {leg}");
                if let MediaCommand::Secret(on) = command {
                    self.rights.secret(*leg, *on, now);
                }
                if let MediaCommand::Hear(hearing) = command {
                    assert!(!hearing.hears(*leg), "S8: {leg} hears itself");
                    let group = self.open_media.get(leg);
                    let other = hearing.legs().find(|other| self.open_media.get(other) != group);
                    assert_eq!(other, None, "S12: {leg} hears who is not in its conversation");
                }
            }
            Output::CloseMedia(leg) => {
                assert!(self.open_media.remove(leg).is_some(), "S1: {leg} is closed twice");
                self.rights.closed(*leg, now);
            }
            Output::Started(started) => {
                self.started += 1;
                assert!(self.running.insert(started.call.clone()), "S2: a call starts twice");
            }
            Output::Finished(account, _) => {
                let call = &account.record.call;
                assert!(self.running.remove(call), "S2: the end of no call");
                let times = self.finished.entry(call.clone()).or_default();
                *times += 1;
                self.attended += usize::from(account.legs.len() > 1);
                assert_eq!(*times, 1, "S2: a call finishes twice");
                Rights::accounted(&account.parties);
            }
            Output::LoadRecording(..)
            | Output::Store(..)
            | Output::Text(..)
            | Output::QueueLog(..)
            | Output::Bindings(..)
            | Output::Audit(..)
            | Output::OpenCases(..)
            | Output::BeginAttempt(..)
            | Output::EndAttempt(..) => {}
            Output::VoiceEnded(_, id, outcome, _) => {
                assert!(self.voices.remove(id), "the end of no notice, or twice: {id}");
                *self.voices_ended.entry(outcome.as_str()).or_default() += 1;
            }
            Output::WrapUp(attempt, _, order) => {
                self.wrap_ups.sent(*attempt, order);
            }
            Output::Desk(news) => self.told(news),
        }
    }

    /// The leader's telephone rings within the window only.
    fn leader_is_sent(&mut self, bytes: &[u8], now: Duration) {
        let Ok(Message::Request(request)) = Message::parse(bytes, Framing::Datagram) else {
            return;
        };
        let within = request.headers.to().is_ok_and(|to| to.tag().is_some());
        if request.method.as_str() != "INVITE" || within {
            return;
        }
        let (opens, closes) = WINDOW;
        let open = (opens..closes).contains(&i64::try_from(now.as_secs()).unwrap());
        let first = self.leader_rung.insert(request.headers.call_id().unwrap().to_owned());
        assert!(open || !first, "S11: the leader is rung {now:?} after the beginning");
    }

    /// What the pages are told: every command is answered once, every offer ends once.
    fn told(&mut self, news: &ToDesk) {
        match news {
            ToDesk::Message(seat, DeskMessage::Reply(id, reply)) => {
                self.wrap_up_answered(seat, *id, *reply);
                self.rights.answered(*id, *reply);
                let refused = matches!(reply, DeskReply::Refused { .. });
                assert!(!self.foreign.remove(id) || refused, "S9: another seat's offer is taken");
                assert!(self.wished.remove(id), "S6: command {id} is answered twice");
                self.answered_wishes += 1;
            }
            ToDesk::Event(Audience::Seat(seat), event) => match &**event {
                DeskEvent::Offer(view) => {
                    self.offered.insert(view.offer, seat.clone());
                }
                DeskEvent::OfferEnded { offer, .. } => {
                    assert!(self.offered.remove(offer).is_some(), "S7: {offer:?} ends twice");
                }
                DeskEvent::Conversation(view) => {
                    self.shown.insert((seat.clone(), view.call.clone()));
                }
                DeskEvent::WrapUp { call, .. } => {
                    self.owed.insert(seat.clone(), CallId::parse(call).unwrap());
                }
                DeskEvent::Left { call } => {
                    self.shown.remove(&(seat.clone(), call.clone()));
                    self.wrap_ups.left(seat, call);
                }
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn wished(&mut self, request: &DeskRequest) {
        self.wished.insert(request.id);
        let talks = self.shown.iter().any(|(seat, _)| *seat == request.seat);
        self.rights.wished(request, talks);
        if let DeskCommand::WrapUp { call, .. } = &request.command {
            let call = call.as_ref().map(ToString::to_string);
            let pair = call.map(|call| (request.seat.clone(), call));
            // What the seat is not shown it owes nothing for: it can be done only if it was before.
            let before = pair.filter(|pair| !self.shown.contains(pair));
            self.wrap_ups.wished(request.id, before);
        }
        let (DeskCommand::Answer { offer } | DeskCommand::Decline { offer }) = &request.command
        else {
            return;
        };
        if self.offered.get(offer).is_some_and(|seat| *seat != request.seat) {
            self.foreign.insert(request.id);
        }
    }

    /// A wrap-up is answered: done after its commit alone.
    fn wrap_up_answered(&mut self, seat: &SeatNumber, id: u64, reply: DeskReply) {
        if !self.wrap_ups.answered(seat, id, reply) {
            return;
        }
        self.wrapped_up += usize::from(reply == DeskReply::Done);
        let failed = matches!(reply, DeskReply::Failed { why: Failure::StoreDown });
        self.not_stored += usize::from(failed);
    }

    /// The store has committed a wrap-up.
    pub(super) fn committed(&mut self, attempt: WrapUpAttempt) {
        self.wrap_ups.committed(attempt);
    }

    /// The call that the seat was asked to wrap up last, done or not.
    pub(super) fn last_owed(&self, seat: &SeatNumber) -> Option<&CallId> {
        self.owed.get(seat)
    }

    /// An offer that is open.
    pub(super) fn any_offer(&self) -> Option<OfferId> {
        self.offered.keys().next().copied()
    }

    /// The store has refused an attempt: no telephone may be left in its conversation.
    pub(super) fn attempt_refused(&self, id: ConversationId) {
        let left = self.open_media.values().filter(|group| **group == u64::from(id.0)).count();
        assert_eq!(left, 0, "S10: who hears nobody is let go");
    }

    /// A call that runs.
    pub(super) fn any_call(&self) -> Option<&str> {
        self.running.iter().min().map(CallId::as_str)
    }

    pub(super) fn media_refused(&mut self, leg: LegId) {
        self.open_media.remove(&leg);
    }

    pub(super) fn text_kept(&mut self, is_kept: bool) {
        self.texts_stored += usize::from(is_kept);
    }

    pub(super) fn text_acknowledged(&mut self) {
        self.texts_acknowledged += 1;
    }

    pub(super) fn crashed(&mut self) {
        self.crashes += 1;
        self.open_media.clear();
        self.crashed.extend(self.running.drain());
        self.voices.clear();
        self.wished.clear();
        self.wrap_ups = WrapUps::default();
        self.rights.crashed();
        self.owed.clear();
        self.foreign.clear();
        self.offered.clear();
        self.shown.clear();
    }

    pub(super) fn check_end(&self, switch: &Switch, citizens: &[Citizen]) {
        assert_eq!(switch.calls(), 0, "S4: calls are left");
        assert_eq!(switch.endpoint().counts(), Counts::default(), "S4: the endpoint is not quiet");
        assert!(self.open_media.is_empty(), "S1: media is left: {:?}", self.open_media);
        assert!(self.running.is_empty(), "S2: calls without an end: {:?}", self.running);
        assert!(self.voices.is_empty(), "notices without an end: {:?}", self.voices);
        assert!(self.wished.is_empty(), "S6: commands without an answer: {:?}", self.wished);
        assert!(self.offered.is_empty(), "S7: offers without an end: {:?}", self.offered);
        assert!(self.shown.is_empty(), "S13: conversations that stay: {:?}", self.shown);
        self.rights.check_end();
        let accepted = citizens.iter().filter(|citizen| citizen.text_accepted).count();
        assert!(accepted <= self.texts_stored, "S5: a text was acknowledged before its commit");
    }

    /// The same for the same seed.
    pub(super) fn trace(&self) -> u64 {
        self.trace.finish()
    }
}
