//! A stage on which conversations are played: inputs in, a readable transcript out.

mod behaviour;
mod constellations;
mod duties;
mod hearing;
mod rights;
mod transcripts;

use super::*;
use crate::domain::call::PlayId;
use crate::domain::desk::{
    DeskCommand, DeskReply, DeskRequest, Disposition, Failure, Outcome, Refusal, SeatRole,
    Supervision, Target,
};
use crate::units::{CallId, Digit, PartyId, PhoneNumber, SeatNumber};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A house with seats 801 to 809, a leader at 900, his assistant at 901, a supervisor at 700 and
/// two units: one with two contacts, one with one.
struct House;

impl Directory for House {
    fn seat(&self, seat: &SeatNumber, _by: &SeatNumber) -> Result<SeatCard, Refusal> {
        match seat.as_str() {
            "888" => Err(Refusal::SeatBusy),
            "999" => Err(Refusal::NoSuchTarget),
            _ => Ok(card(seat.as_str())),
        }
    }

    fn unit(&self, unit: &str) -> Option<(String, Vec<PhoneNumber>)> {
        match unit {
            "unit.07" => {
                let contacts = vec![phone("05370000071"), phone("19900000072")];
                Some(("财政局".to_owned(), contacts))
            }
            "unit.08" => Some(("教体局".to_owned(), vec![phone("05370000081")])),
            "unit.09" => Some(("民政局".to_owned(), vec![phone("008529990000")])),
            _ => None,
        }
    }

    fn unit_of(&self, number: &PhoneNumber) -> Option<String> {
        (number.as_str() == "19900000072").then(|| "unit.07".to_owned())
    }

    fn has_group(&self, group: &str) -> bool {
        group == "legal"
    }

    fn may_dial(&self, _by: &SeatNumber, number: &PhoneNumber) -> Result<(), Refusal> {
        let abroad = number.as_str().starts_with("00");
        if abroad { Err(Refusal::NumberNotAllowed) } else { Ok(()) }
    }
}

fn phone(number: &str) -> PhoneNumber {
    PhoneNumber::parse(number).unwrap()
}

fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

fn card(number: &str) -> SeatCard {
    let role = match number {
        "700" | "701" | "702" => SeatRole::Supervisor,
        "900" => SeatRole::Leader,
        "901" => SeatRole::Assistant,
        _ => SeatRole::Operator,
    };
    let title = (role == SeatRole::Leader).then(|| "title.mayor".to_owned());
    SeatCard { seat: seat(number), role, title }
}

fn call() -> CallId {
    CallId::new("g1", 1_795_000_000_000, 1)
}

fn unit(id: &str) -> Target {
    Target::Unit { unit: id.to_owned() }
}

fn at_seat(number: &str) -> Target {
    Target::Seat { seat: seat(number) }
}

fn outside(number: &str) -> Target {
    Target::Outside { number: phone(number) }
}

const SEAT: PartyId = PartyId(1);
const SECOND: PartyId = PartyId(2);
const THIRD: PartyId = PartyId(3);
const FOURTH: PartyId = PartyId(4);

/// One conversation with a clock and what came of it.
struct Stage {
    room: Room,
    start: Instant,
    now: Instant,
    serial: u64,
    hears: BTreeMap<PartyId, Hearing>,
    replies: BTreeMap<u64, DeskReply>,
    plays: BTreeMap<PartyId, PlayId>,
    log: String,
    actions: Vec<Action>,
    /// What the store says of wrap-ups at once; `None`: nothing yet.
    stores: Option<Result<(), NotStored>>,
}

impl Stage {
    /// A citizen and seat 801.
    fn talk() -> Self {
        Self::talk_of(Matter::default())
    }

    #[allow(clippy::disallowed_methods)] // some instant to count from
    fn talk_of(matter: Matter) -> Self {
        let start = Instant::now();
        let citizen = Some(phone("19900000017"));
        let opening = Opening { call: call(), citizen, matter, card: card("801") };
        Self::of(Room::attended(Arc::new(RoomRules::default()), opening, start), start)
    }

    #[allow(clippy::disallowed_methods)]
    fn callback() -> Self {
        let start = Instant::now();
        let callback = CallBack {
            call: call(),
            task: 42,
            card: card("801"),
            request: 1_000,
            number: phone("19900000017"),
        };
        let rules = Arc::new(RoomRules::default());
        Self::of(Room::call_back(rules, callback, Matter::default(), start), start)
    }

    fn of(room: Room, start: Instant) -> Self {
        let mut stage = Self {
            room,
            start,
            now: start,
            serial: 0,
            hears: BTreeMap::new(),
            replies: BTreeMap::new(),
            plays: BTreeMap::new(),
            log: String::new(),
            actions: Vec::new(),
            stores: Some(Ok(())),
        };
        stage.drain();
        stage
    }

    /// Citizen, seat 801 and unit.07 (party 2) on the floor; every sentence is over.
    fn three() -> Self {
        let mut stage = Self::talk();
        stage.bring_in(unit("unit.07"), SECOND);
        stage
    }

    /// Consults `target`, who answers (and presses 1) as `party`, and joins it.
    fn bring_in(&mut self, target: Target, party: PartyId) {
        self.reach(target, party);
        assert_eq!(self.ask("801", DeskCommand::Join { party }), Some(DeskReply::Done));
        self.say_all();
    }

    /// Consults `target`, who answers (and presses 1) as `party`.
    fn reach(&mut self, target: Target, party: PartyId) {
        assert_eq!(self.ask("801", DeskCommand::Consult { target }), None);
        self.give(Input::Answered(party));
        self.say_all();
        self.press(party, '1');
        self.say_all();
    }

    fn give(&mut self, input: Input) {
        let _ = writeln!(self.log, "{:>6} < {}", self.seconds(), told(&input));
        self.room.handle(self.now, input);
        self.drain();
    }

    /// Gives a command; its answer, if it has come already.
    fn ask(&mut self, by: &str, command: DeskCommand) -> Option<DeskReply> {
        self.serial += 1;
        let id = self.serial;
        let request = DeskRequest { seat: seat(by), id, command };
        let reach = wanted_target(&request).map(|target| resolve(&target, &request.seat, &House));
        self.give(Input::Asked(Box::new(Wish { request, card: card(by), reach })));
        self.replies.get(&id).copied()
    }

    /// The answer to the command before the last `back` ones.
    fn answer_to(&self, id: u64) -> Option<DeskReply> {
        self.replies.get(&id).copied()
    }

    fn press(&mut self, party: PartyId, key: char) {
        self.give(Input::Key(party, Digit::new(key).unwrap()));
    }

    fn gone(&mut self, party: PartyId) {
        self.plays.remove(&party);
        self.hears.remove(&party);
        self.give(Input::Gone(party, Parting::HungUp));
    }

    /// All that plays comes to its end.
    fn say_all(&mut self) {
        while let Some((_, play)) = self.plays.pop_first() {
            self.give(Input::PlayDone(play));
        }
    }

    /// Time passes; the room is woken whenever it wants to be.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.room.poll_timeout().filter(|&at| at <= until) {
            self.now = at.max(self.now);
            self.give(Input::Timeout);
        }
        self.now = until;
    }

    fn seconds(&self) -> String {
        format!("{:.1}", (self.now - self.start).as_secs_f64())
    }

    fn drain(&mut self) {
        while let Some(action) = self.room.poll_action() {
            if let Some(line) = shown(&action) {
                let _ = writeln!(self.log, "       > {line}");
            }
            match &action {
                Action::Hear(party, hearing) => {
                    self.hears.insert(*party, hearing.clone());
                }
                Action::Reply { id, reply, .. } => {
                    assert!(self.replies.insert(*id, *reply).is_none(), "R4: one answer");
                }
                Action::Play { to, play, .. } => {
                    self.plays.insert(*to, *play);
                }
                Action::StopPlay(party) => {
                    self.plays.remove(party);
                }
                Action::HangUp(party) => {
                    self.plays.remove(party);
                    self.hears.remove(party);
                }
                Action::StoreWrapUp { attempt, .. } => {
                    if let Some(stored) = self.stores {
                        let attempt = *attempt;
                        self.room.handle(self.now, Input::WrapUpStored { attempt, stored });
                    }
                }
                _ => {}
            }
            self.actions.push(action);
        }
    }

    /// Who hears whom, for those who hear anybody: `0:1,2 1:0,2` with `m` for music.
    fn matrix(&self) -> String {
        let mut text = Vec::new();
        for (party, hearing) in &self.hears {
            let of: Vec<_> = hearing.of.iter().map(|of| of.0.to_string()).collect();
            if hearing.music {
                text.push(format!("{}:m", party.0));
            } else if !of.is_empty() {
                text.push(format!("{}:{}", party.0, of.join(",")));
            }
        }
        text.join(" ")
    }

    fn did(&self, wanted: impl Fn(&Action) -> bool) -> bool {
        self.actions.iter().any(wanted)
    }

    /// The prompts that were said to a party, in order.
    fn said_to(&self, party: PartyId) -> Vec<&'static str> {
        self.actions
            .iter()
            .filter_map(|action| match action {
                Action::Play { to, plan, .. } if *to == party => Some(plan.ids.clone()),
                _ => None,
            })
            .flatten()
            .collect()
    }

    fn alone(&self) -> Option<&Then> {
        self.actions.iter().rev().find_map(|action| match action {
            Action::CitizenAlone(then) => Some(then),
            _ => None,
        })
    }

    fn hung_up(&self, party: PartyId) -> bool {
        self.did(|action| *action == Action::HangUp(party))
    }
}

fn told(input: &Input) -> String {
    match input {
        Input::Asked(wish) => format!("{} {:?}", wish.card.seat, wish.request.command),
        other => format!("{other:?}"),
    }
}

/// One line for an action; views are left out, they repeat the rest.
fn shown(action: &Action) -> Option<String> {
    Some(match action {
        Action::View { .. } | Action::StoreWrapUp { .. } => return None,
        Action::Play { to, plan, over, .. } => {
            let how = if *over { " over" } else { "" };
            format!("Play {} to {}{how}", plan.ids.join(" "), to.0)
        }
        Action::Hear(party, hearing) => {
            let of: Vec<_> = hearing.of.iter().map(|of| of.0.to_string()).collect();
            let music = if hearing.music { "music" } else { "" };
            format!("Hear {} <- [{}]{music}", party.0, of.join(" "))
        }
        Action::Dial { party, to, ring, .. } => {
            format!("Dial {} {to:?} for {} s", party.0, ring.as_secs())
        }
        Action::Reply { seat, id, reply } => format!("Reply {seat} #{id} {reply:?}"),
        other => format!("{other:?}"),
    })
}
