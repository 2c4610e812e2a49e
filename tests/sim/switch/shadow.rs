//! What must hold, watched from outside (the numbers are those of `docs/testing.md`).

use super::citizen::Citizen;
use mayorline::domain::call::StoreReply;
use mayorline::domain::desk::{DeskEvent, DeskMessage};
use mayorline::domain::desk_link::ToDesk;
use mayorline::gateway::media::MediaCommand;
use mayorline::gateway::switch::{Asker, Output, Switch};
use mayorline::proto::Counts;
use mayorline::units::{CallId, LegId, OfferId};
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

/// Counts and sets that the outputs are held against.
#[derive(Default)]
pub(super) struct Shadow {
    open_media: HashSet<LegId>,

    running: HashSet<CallId>,
    finished: HashMap<CallId, u32>,
    crashed: HashSet<CallId>,
    texts_stored: usize,
    texts_acknowledged: usize,
    /// Commands without an answer.
    wished: HashSet<u64>,
    /// Offers that are shown to a seat.
    offered: HashSet<OfferId>,
    pub(super) answered_wishes: usize,
    pub(super) attended: usize,
    pub(super) started: usize,
    pub(super) crashes: usize,
    trace: DefaultHasher,
}

impl Shadow {
    pub(super) fn observe(&mut self, output: &Output) {
        match output {
            Output::Transmit(transmit) => transmit.bytes.hash(&mut self.trace),
            Output::OpenMedia(leg, ..) => {
                assert!(self.open_media.insert(*leg), "S1: {leg} is opened twice");
            }
            Output::Media(leg, command) => {
                assert!(self.open_media.contains(leg), "S1: {command:?} for closed {leg}");
                if let MediaCommand::Hear(hearing) = command {
                    assert!(!hearing.hears(*leg), "S8: {leg} hears itself");
                }
            }
            Output::CloseMedia(leg) => {
                assert!(self.open_media.remove(leg), "S1: {leg} is closed twice");
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
            }
            Output::LoadRecording(..)
            | Output::Store(..)
            | Output::QueueLog(..)
            | Output::Bindings(..)
            | Output::WrapUp(..)
            | Output::Audit(..)
            | Output::OpenCases(..)
            | Output::BeginAttempt(..)
            | Output::EndAttempt(..) => {}
            Output::Desk(news) => self.told(news),
        }
    }

    /// What the pages are told: every command is answered once, every offer ends once.
    fn told(&mut self, news: &ToDesk) {
        match news {
            ToDesk::Message(_, DeskMessage::Reply(id, _)) => {
                assert!(self.wished.remove(id), "S6: command {id} is answered twice");
                self.answered_wishes += 1;
            }
            ToDesk::Event(_, event) => match &**event {
                DeskEvent::Offer(view) => {
                    self.offered.insert(view.offer);
                }
                DeskEvent::OfferEnded { offer, .. } => {
                    assert!(self.offered.remove(offer), "S7: {offer:?} ends twice");
                }
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn wished(&mut self, id: u64) {
        self.wished.insert(id);
    }

    /// A call that runs.
    pub(super) fn any_call(&self) -> Option<&str> {
        self.running.iter().min().map(CallId::as_str)
    }

    pub(super) fn media_refused(&mut self, leg: LegId) {
        self.open_media.remove(&leg);
    }

    pub(super) fn stored(&mut self, asker: Asker, reply: &StoreReply) {
        if matches!((asker, reply), (Asker::Text(_), StoreReply::Opened { .. })) {
            self.texts_stored += 1;
        }
    }

    pub(super) fn text_acknowledged(&mut self) {
        self.texts_acknowledged += 1;
    }

    pub(super) fn crashed(&mut self) {
        self.crashes += 1;
        self.open_media.clear();
        self.crashed.extend(self.running.drain());
        self.wished.clear();
        self.offered.clear();
    }

    pub(super) fn check_end(&self, switch: &Switch, citizens: &[Citizen]) {
        assert_eq!(switch.calls(), 0, "S4: calls are left");
        assert_eq!(switch.endpoint().counts(), Counts::default(), "S4: the endpoint is not quiet");
        assert!(self.open_media.is_empty(), "S1: media is left: {:?}", self.open_media);
        assert!(self.running.is_empty(), "S2: calls without an end: {:?}", self.running);
        assert!(self.wished.is_empty(), "S6: commands without an answer: {:?}", self.wished);
        assert!(self.offered.is_empty(), "S7: offers without an end: {:?}", self.offered);
        let accepted = citizens.iter().filter(|citizen| citizen.text_accepted).count();
        assert!(accepted <= self.texts_stored, "S5: a text was acknowledged before its commit");
    }

    /// The same for the same seed.
    pub(super) fn trace(&self) -> u64 {
        self.trace.finish()
    }
}
