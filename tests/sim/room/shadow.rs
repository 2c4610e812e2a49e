//! What must be true of a conversation, told from its actions alone.

use super::attempts::Attempts;
use super::house;
use crate::dice::Dice;
use mayorline::domain::call::PlayId;
use mayorline::domain::desk::{ConversationView, DeskCommand, PartyKind, PartyState, Supervision};
use mayorline::domain::room::{
    Action, CITIZEN, Destination, Entry, Hearing, Leaving, Recording, RoomRules, SeatCard, Then,
};
use mayorline::units::{PartyId, SeatNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Where the citizen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    NotYet,
    Room,
    Queue,
    Call,
    Gone,
}

#[derive(Debug)]
struct Leg {
    /// Another leg of the same party has another number.
    id: u64,
    dialled: Option<Instant>,
    answered: bool,
    /// It is in the conversation or with the seat that consults it.
    reached: bool,
    seat: Option<SeatNumber>,
}

/// Follows a conversation from the outside.
pub(super) struct Shadow {
    pub(super) citizen: Where,
    pub(super) asked: BTreeSet<u64>,
    pub(super) playing: BTreeMap<PartyId, PlayId>,
    pub(super) accused: BTreeSet<&'static str>,
    pub(super) finished: bool,
    pub(super) marks: BTreeSet<&'static str>,
    legs: BTreeMap<PartyId, Leg>,
    legs_ever: u64,
    last: u32,
    hears: BTreeMap<PartyId, Hearing>,
    kinds: BTreeMap<PartyId, PartyKind>,
    modes: BTreeMap<SeatNumber, Supervision>,
    recording: Recording,
    secret: bool,
    view: Option<ConversationView>,
    talking: BTreeSet<PartyId>,
    owing: BTreeSet<SeatNumber>,
    /// Wrap-ups that the store was asked for.
    pub(super) attempts: Attempts,
    responsible: Option<SeatNumber>,
    told_task: u32,
    is_callback: bool,
}

impl Shadow {
    pub(super) fn new(is_callback: bool) -> Self {
        let mut shadow = Self {
            citizen: if is_callback { Where::NotYet } else { Where::Room },
            asked: BTreeSet::new(),
            playing: BTreeMap::new(),
            accused: BTreeSet::new(),
            finished: false,
            marks: BTreeSet::new(),
            legs: BTreeMap::new(),
            legs_ever: 0,
            last: 0,
            hears: BTreeMap::new(),
            kinds: BTreeMap::from([(CITIZEN, PartyKind::Citizen)]),
            modes: BTreeMap::new(),
            recording: Recording::Off,
            secret: false,
            view: None,
            talking: BTreeSet::new(),
            owing: BTreeSet::new(),
            attempts: Attempts::default(),
            responsible: None,
            told_task: 0,
            is_callback,
        };
        if is_callback {
            shadow.asked.insert(0);
        } else {
            shadow.add(CITIZEN, None, None, true);
            shadow.add(PartyId(1), None, Some(house::seat("801")), true);
        }
        shadow
    }

    fn add(
        &mut self,
        party: PartyId,
        dialled: Option<Instant>,
        seat: Option<SeatNumber>,
        answered: bool,
    ) {
        self.legs_ever += 1;
        self.last = self.last.max(party.0);
        let leg = Leg { id: self.legs_ever, dialled, answered, reached: false, seat };
        assert!(self.legs.insert(party, leg).is_none(), "one leg for one party");
    }

    pub(super) fn is_leg(&self, party: PartyId, id: u64) -> bool {
        self.legs.get(&party).is_some_and(|leg| leg.id == id)
    }

    pub(super) fn leg_of(&self, party: PartyId) -> u64 {
        self.legs[&party].id
    }

    pub(super) fn answered(&mut self, party: PartyId) {
        if let Some(leg) = self.legs.get_mut(&party) {
            leg.answered = true;
        }
        if party == CITIZEN {
            self.citizen = Where::Room;
        }
    }

    pub(super) fn lost(&mut self, party: PartyId) {
        self.legs.remove(&party);
        self.hears.remove(&party);
        self.playing.remove(&party);
        if party == CITIZEN {
            self.citizen = Where::Gone;
        }
    }

    /// A seat takes the citizen from the queue; its party has the next number.
    pub(super) fn seated(&mut self, card: &SeatCard) {
        self.marks.insert("seated again");
        self.citizen = Where::Room;
        self.add(CITIZEN, None, None, true);
        self.add(PartyId(self.last + 1), None, Some(card.seat.clone()), true);
    }

    pub(super) fn asked(&mut self, id: u64, command: &DeskCommand) {
        self.asked.insert(id);
        if matches!(command, DeskCommand::WrapUp { .. }) {
            self.attempts.wished(id);
        }
    }

    pub(super) fn accuse(&mut self, unit: &'static str) {
        self.accused.insert(unit);
    }

    pub(super) fn play_ended(&mut self, play: PlayId) {
        self.playing.retain(|_, playing| *playing != play);
    }

    pub(super) fn last_party(&self) -> u32 {
        self.last
    }

    pub(super) fn present(&self) -> Vec<PartyId> {
        self.legs.keys().copied().collect()
    }

    /// Somebody from outside who is in the conversation.
    pub(super) fn guest(&self) -> Option<PartyId> {
        let mut outside =
            self.legs.iter().filter(|(id, leg)| **id != CITIZEN && leg.seat.is_none());
        outside.find(|(id, _)| self.state(**id) == Some(PartyState::Talking)).map(|(id, _)| *id)
    }

    /// A party that was reached and waits to be joined.
    pub(super) fn consulted(&self) -> Option<PartyId> {
        let waits = |party: &&PartyId| self.state(**party) == Some(PartyState::Consulting);
        self.legs.keys().find(waits).copied()
    }

    pub(super) fn connected(&self) -> Vec<PartyId> {
        self.legs.iter().filter(|(_, leg)| leg.answered).map(|(party, _)| *party).collect()
    }

    pub(super) fn is_busy(&self, seat: &str) -> bool {
        self.legs.values().any(|leg| leg.seat.as_ref().is_some_and(|s| s.as_str() == seat))
    }

    /// The seat is neither in the conversation nor at work on it.
    pub(super) fn is_free(&self, seat: &str) -> bool {
        !self.is_busy(seat) && !self.owing.iter().any(|owing| owing.as_str() == seat)
    }

    /// Mostly a seat of the conversation or one that owes a wrap-up, sometimes anybody.
    pub(super) fn who_acts(&self, dice: &mut Dice) -> &'static str {
        const ALL: [&str; 7] = ["801", "802", "803", "700", "701", "900", "901"];
        let owes = |seat: &str| self.owing.iter().any(|owing| owing.as_str() == seat);
        let inside: Vec<_> =
            ALL.into_iter().filter(|seat| self.is_busy(seat) || owes(seat)).collect();
        let of = if inside.is_empty() || dice.chance(200) { &ALL[..] } else { &inside };
        of[usize::try_from(dice.below(of.len() as u64)).unwrap()]
    }

    /// Follows an action; what no state can make right is asserted here.
    pub(super) fn see(&mut self, now: Instant, action: &Action) {
        let after = matches!(
            action,
            Action::Reply { .. }
                | Action::WrappedUp(_)
                | Action::StoreWrapUp { .. }
                | Action::Excused(_)
                | Action::CalledBack { .. }
                | Action::View { .. }
                | Action::Note(Entry::Outcome { .. })
        );
        assert!(!self.finished || after, "R7: nothing but wrap-ups follows: {action:?}");
        match action {
            Action::Dial { party, to, .. } => self.dialled(now, *party, to),
            Action::HangUp(party) => {
                assert!(self.legs.contains_key(party), "only a leg is hung up: {party:?}");
                self.lost(*party);
            }
            Action::Hear(party, hearing) => {
                let known = self.legs.contains_key(party);
                assert!(known, "only a leg is told what it hears: {party:?}");
                assert_ne!(self.hears.get(party), Some(hearing), "only when it changed");
                self.hears.insert(*party, hearing.clone());
            }
            Action::Record(recording) => self.recording = *recording,
            Action::Play { to, play, .. } => {
                assert!(self.legs.contains_key(to), "only a leg is played to: {to:?}");
                self.playing.insert(*to, *play);
            }
            Action::StopPlay(party) => {
                self.playing.remove(party);
            }
            Action::Keys(party, _) => assert!(self.legs.contains_key(party)),
            Action::Reply { id, reply, .. } => {
                self.attempts.answered(*id, *reply);
                assert!(self.asked.remove(id), "R4: {id} is answered twice or was never asked");
            }
            Action::View { view, .. } => {
                let present = view.parties.iter().filter(|p| p.state != PartyState::Gone).count();
                self.mark_if(present >= 4, "four parties");
                self.mark_if(view.outcome_missing, "three-way");
                self.kinds = view.parties.iter().map(|p| (p.party, p.kind)).collect();
                self.view = Some((**view).clone());
            }
            Action::CitizenAlone(then) => self.alone(then),
            Action::Note(entry) => self.noted(entry),
            Action::Finished => {
                self.finished = true;
                assert!(self.legs.is_empty(), "R7: no party is left: {:?}", self.legs);
            }
            seats => self.see_seats(seats),
        }
    }

    /// Who is busy, who owes, who answers for the matter.
    fn see_seats(&mut self, action: &Action) {
        match action {
            Action::SeatTalks { party, seat } => {
                assert!(self.talking.insert(*party), "a seat begins to talk once");
                if self.owing.remove(seat) {
                    self.marks.insert("returned");
                }
            }
            Action::SeatLeft { party, seat, wrap_up } => {
                assert!(self.talking.remove(party), "a seat that talked leaves once");
                if *wrap_up {
                    self.owing.insert(seat.clone());
                }
            }
            Action::FirstResponsible(seat) => {
                assert_eq!(self.responsible, None, "R11: told once");
                self.responsible = Some(seat.clone());
            }
            Action::WrappedUp(wrap_up) => {
                assert!(self.owing.remove(&wrap_up.seat), "only who owes wraps up");
                let said = wrap_up.disposition.is_some();
                self.attempts.closed(wrap_up);
                self.marks.insert(if said { "wrap-up" } else { "wrap-up never came" });
            }
            Action::StoreWrapUp { attempt, wrap_up } => self.attempts.sent(*attempt, wrap_up),
            Action::Excused(seat) => {
                assert!(self.owing.contains(seat), "only who owes is excused");
                self.marks.insert("excused");
            }
            Action::CalledBack { .. } => {
                self.told_task += 1;
                self.marks.insert("called back");
            }
            _ => {}
        }
    }

    fn dialled(&mut self, now: Instant, party: PartyId, to: &Destination) {
        let seat = match to {
            Destination::Seat(seat) => {
                assert!(!self.is_busy(seat.as_str()), "a seat has one leg: {seat}");
                Some(seat.clone())
            }
            Destination::Number(number) => {
                let owner = house::owner(number);
                let accused = owner.is_some_and(|unit| self.accused.contains(unit));
                assert!(!accused, "R10: a unit that is accused is never rung");
                assert!(!number.as_str().starts_with("00"), "no number abroad is rung");
                self.mark_if(number.as_str() == "19900000072", "second contact");
                None
            }
            Destination::Emergency(_) => {
                self.marks.insert("emergency");
                None
            }
        };
        self.legs.remove(&party); // an unanswered contact that ended by itself
        self.add(party, Some(now), seat, false);
    }

    fn alone(&mut self, then: &Then) {
        assert_eq!(self.citizen, Where::Room, "the citizen is given back once");
        self.citizen = match then {
            Then::Queue { .. } => {
                self.marks.insert("to the queue");
                Where::Queue
            }
            Then::Survey | Then::Goodbye => {
                let survey = *then == Then::Survey;
                self.marks.insert(if survey { "survey" } else { "goodbye" });
                Where::Call
            }
        };
        self.legs.remove(&CITIZEN);
        self.hears.remove(&CITIZEN);
        self.playing.remove(&CITIZEN);
    }

    fn noted(&mut self, entry: &Entry) {
        if let Entry::Joined { party, .. } | Entry::Consulted(party) = entry
            && let Some(leg) = self.legs.get_mut(party)
        {
            leg.reached = true;
        }
        match entry {
            Entry::Secret(on) => {
                assert_ne!(self.secret, *on, "each beginning of a secret has one end");
                self.secret = *on;
                self.marks.insert("secret");
            }
            Entry::Supervised { seat, mode } => {
                self.modes.insert(seat.clone(), *mode);
                self.mark_if(*mode == Supervision::Whisper, "whisper");
                self.mark_if(*mode == Supervision::Barge, "barge");
            }
            Entry::Left { how, .. } => {
                self.mark_if(*how == Leaving::SteppedOut, "stepped out");
                self.mark_if(*how == Leaving::HandedOver, "handed over");
                self.mark_if(*how == Leaving::Accused, "accused put out");
            }
            Entry::Transferred { .. } => {
                self.marks.insert("transferred");
            }
            Entry::Joined { kind: PartyKind::Unit, .. } => {
                self.marks.insert("joined");
            }
            Entry::Private(..) => {
                self.marks.insert("private");
            }
            Entry::Held(_, true) => {
                self.marks.insert("held");
            }
            _ => {}
        }
    }

    /// After the actions of one input.
    pub(super) fn check(&mut self, now: Instant, rules: &RoomRules) {
        for (party, hearing) in &self.hears {
            self.check_hearing(*party, hearing);
        }
        self.check_recording();
        self.check_citizen();
        let answer = rules.ring.max(rules.ring_citizen) + rules.play_max + rules.key_wait;
        for (party, leg) in &self.legs {
            let rung = leg.dialled.filter(|_| !leg.reached);
            let seat = leg.seat.is_some() && leg.answered;
            if let Some(at) = rung.filter(|_| !seat) {
                assert!(now <= at + answer, "R6: {party:?} is rung or asked for too long");
            }
        }
        if let Some(view) = &self.view {
            let asked = view.parties.iter().any(|p| p.state == PartyState::Asked);
            self.mark_if(asked, "asked for key 1");
        }
    }

    /// The view says what is true when a seat is there to see it.
    fn state(&self, party: PartyId) -> Option<PartyState> {
        let seen = self.legs.values().any(|leg| leg.seat.is_some() && leg.answered);
        let view = self.view.as_ref().filter(|_| seen)?;
        view.parties.iter().find(|p| p.party == party).map(|p| p.state)
    }

    fn check_hearing(&self, party: PartyId, hearing: &Hearing) {
        assert!(!hearing.of.contains(&party), "R1: nobody hears himself");
        assert!(!hearing.music || hearing.of.is_empty(), "music is for who hears nobody");
        let kind = self.kinds.get(&party);
        let seat =
            matches!(kind, Some(PartyKind::Seat | PartyKind::Leader | PartyKind::Supervisor));
        if self.state(party) == Some(PartyState::Held) {
            assert!(hearing.of.is_empty(), "R2: who is held hears nobody: {party:?}");
        }
        for of in &hearing.of {
            let leg = self.legs.get(of);
            assert!(leg.is_some(), "R2: {party:?} hears {of:?}, who is not there");
            let watches = kind == Some(&PartyKind::Supervisor);
            let held = self.state(*of) == Some(PartyState::Held);
            assert!(!held || watches, "R2: {of:?} is held and heard by {party:?}");
            let calling = matches!(self.state(*of), Some(PartyState::Calling | PartyState::Asked));
            assert!(!calling || seat, "only the seat hears a line that is not yet there");
            let mode = leg.and_then(|leg| leg.seat.as_ref()).and_then(|s| self.modes.get(s));
            if self.kinds.get(of) == Some(&PartyKind::Supervisor) {
                match mode {
                    Some(Supervision::Barge) => {}
                    Some(Supervision::Whisper) => {
                        assert!(seat, "R3: a whisper is heard by {party:?}, who is no seat");
                    }
                    other => panic!("R3: a watcher is heard: {other:?}"),
                }
            }
        }
    }

    fn check_recording(&self) {
        let talk = self.hears.iter().any(|(one, hearing)| {
            hearing.of.iter().any(|of| self.hears.get(of).is_some_and(|back| back.of.contains(one)))
        });
        if talk {
            let wanted = if self.secret { Recording::Secret } else { Recording::On };
            assert_eq!(self.recording, wanted, "R5: what two can hear is kept");
        }
        assert!(self.recording != Recording::Secret || self.secret, "R5: silent in secrets alone");
    }

    /// R9: a citizen in the room hears somebody, music or a sentence, unless who is with him is mute.
    fn check_citizen(&self) {
        if self.citizen != Where::Room || !self.legs.contains_key(&CITIZEN) {
            return;
        }
        // A leg hears nobody until it is told otherwise.
        let hearing = self.hears.get(&CITIZEN).cloned().unwrap_or_default();
        let mute = self
            .view
            .as_ref()
            .is_some_and(|view| view.parties.iter().any(|p| p.party != CITIZEN && p.muted));
        let hears = !hearing.of.is_empty() || hearing.music;
        let told = self.playing.contains_key(&CITIZEN);
        assert!(hears || told || mute, "R9: the citizen is left in silence");
    }

    pub(super) fn check_end(&self) {
        assert!(self.asked.is_empty(), "R4: never answered: {:?}", self.asked);
        assert!(self.talking.is_empty(), "each seat that talked has left");
        assert!(self.owing.is_empty(), "each wrap-up has ended");
        assert_eq!(self.told_task, u32::from(self.is_callback), "the task hears once");
    }

    fn mark_if(&mut self, condition: bool, mark: &'static str) {
        if condition {
            self.marks.insert(mark);
        }
    }
}
