//! 监听、耳语、强插: supervisors hear any conversation, a leader's assistant hears the leader's.

use super::contract::SeatCard;
use super::entry::{Entry, Leaving};
use super::machine::{Room, index};
use super::obey::{Course, Verdict};
use super::party::{FLOOR, Line, Party, Purpose, Request, Watch};
use super::rules::WATCHERS_MAX;
use super::targets::Reach;
use crate::domain::desk::{PartyKind, Refusal, SeatRole, Supervision};
use crate::units::PartyId;

impl Room {
    pub(super) fn supervise(
        &mut self,
        card: &SeatCard,
        mode: Supervision,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        let listens = matches!(mode, Supervision::Listen | Supervision::Stop);
        let allowed = match card.role {
            SeatRole::Supervisor => true,
            SeatRole::Assistant => {
                listens && (self.leader().is_some() || mode == Supervision::Stop)
            }
            SeatRole::Operator | SeatRole::Leader => false,
        };
        if !allowed {
            return Err(Refusal::NotAllowed);
        }
        let mine =
            self.parties.iter().find(|party| party.is_seat(&card.seat) && party.is_present());
        match mine.map(|party| (party.id, party.kind, party.line)) {
            Some((id, PartyKind::Supervisor, Line::Up)) => {
                if mode == Supervision::Stop {
                    self.put_out(id, Leaving::HungUp);
                } else {
                    self.take_place(id, mode);
                }
                Ok(Course::Done)
            }
            Some((id, PartyKind::Supervisor, _)) if mode == Supervision::Stop => {
                self.put_out(id, Leaving::HungUp);
                Ok(Course::Done)
            }
            Some(_) => Err(Refusal::WrongState),
            None if mode == Supervision::Stop || self.seat_is_taken(&card.seat) => {
                Err(Refusal::WrongState)
            }
            None => self.begin_watching(mode, reach, request),
        }
    }

    fn begin_watching(
        &mut self,
        mode: Supervision,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        if !self.parties.iter().any(Party::talks) {
            return Err(Refusal::NoSuchCall);
        }
        let watchers = self
            .parties
            .iter()
            .filter(|party| party.is_present() && party.kind == PartyKind::Supervisor);
        if watchers.count() >= WATCHERS_MAX || !self.numbers_left() {
            return Err(Refusal::TooManyParties);
        }
        self.ring_own_seat(Purpose::Watch(mode), reach, request)
    }

    /// A supervisor listens, whispers or barges in from now on.
    pub(super) fn take_place(&mut self, id: PartyId, mode: Supervision) {
        let assistant =
            self.get(id).and_then(Party::card).map(|card| card.role) == Some(SeatRole::Assistant);
        let seat = if assistant { self.leader() } else { self.watched(id) };
        let circle = seat.and_then(|seat| self.get(seat)).map_or(FLOOR, |seat| seat.circle);
        let party = &mut self.parties[index(id)];
        party.release();
        match mode {
            Supervision::Barge => {
                party.watch = None;
                party.enter(circle);
            }
            Supervision::Listen | Supervision::Whisper | Supervision::Stop => {
                party.joined = false;
                party.circle = FLOOR;
                party.watch = Some(Watch { whispers: mode == Supervision::Whisper, seat });
            }
        }
        self.note_supervision(id, mode);
    }

    /// For the ledger and the audit.
    pub(super) fn note_supervision(&mut self, id: PartyId, mode: Supervision) {
        if let Some(seat) = self.get(id).and_then(Party::card).map(|card| card.seat.clone()) {
            self.note(Entry::Supervised { seat, mode });
        }
    }

    /// The leader who is in the conversation.
    pub(super) fn leader(&self) -> Option<PartyId> {
        self.parties.iter().find(|p| p.is_operator() && p.is_leader()).map(|party| party.id)
    }

    /// The seat that supervisors watch: the one that came first of those who are there.
    fn watched(&self, but: PartyId) -> Option<PartyId> {
        let seats = self.parties.iter().filter(|party| party.is_operator() && party.id != but);
        seats.clone().find(|p| p.kind != PartyKind::Supervisor).map(|party| party.id)
    }

    /// Watchers follow whoever conducts now. An assistant has no right without the leader, and
    /// nobody listens to an empty room. True when somebody was put out.
    pub(super) fn mind_watchers(&mut self) -> bool {
        let talk = self.parties.iter().any(Party::talks);
        let (leader, watched) = (self.leader(), self.watched(PartyId(u32::MAX)));
        let mut out = Vec::new();
        for party in &mut self.parties {
            if party.kind != PartyKind::Supervisor || !party.is_present() {
                continue;
            }
            let assistant = party.card().is_some_and(|card| card.role == SeatRole::Assistant);
            let lost = assistant && leader.is_none();
            if lost || !talk {
                out.push(party.id);
            } else if let Some(watch) = &mut party.watch {
                watch.seat = if assistant { leader } else { watched };
            }
        }
        for id in &out {
            self.put_out(*id, Leaving::Alone);
        }
        !out.is_empty()
    }
}
