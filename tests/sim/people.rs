//! The model people of one call: a queue that tells places, seats that answer, leave, hand over or
//! vanish, and a shadow of what the call asks of them.

use crate::dice::Dice;
use jiff::civil::{Time, date};
use mayorline::domain::call::{
    Action, AfterPerson, CallRecord, EntryKind, Hours, Input, ListeningDay, NextListeningDay,
    NoPerson, OnDuty, Place, Seats, Tell,
};
use mayorline::units::SeatNumber;

/// How the people of a call behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Staff {
    /// Answer soon.
    Ready,
    /// Answer seldom; the citizen mostly waits.
    Busy,
    /// Nobody ever answers.
    Absent,
    /// Everything in any order, also what the contract forbids.
    Wild,
}

/// The people, and what they know of the call.
#[derive(Debug)]
pub(crate) struct People {
    staff: Staff,
    /// A person is looked for; inside, whether offers are paused.
    search: Option<bool>,
    talking: bool,
    talked: bool,
    broken_off: bool,
    music: bool,
    /// Callers before this one.
    ahead: u32,
    searches: u32,
    ends: u32,
}

/// What may be said over a talk (I12).
const OVER_TALK: [&str; 8] = ["G02", "G05", "D05", "X05", "X06N", "X08", "X13", "X14"];

impl People {
    /// The people of a seed.
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let staff = [Staff::Ready, Staff::Busy, Staff::Absent, Staff::Wild];
        Self {
            staff: *dice.pick(&staff),
            search: None,
            talking: false,
            talked: false,
            broken_off: false,
            music: false,
            ahead: u32::try_from(dice.below(6)).unwrap(),
            searches: 0,
            ends: 0,
        }
    }

    /// What they do now.
    pub(crate) fn act(&mut self, dice: &mut Dice) -> Option<Input> {
        if self.staff == Staff::Wild && dice.chance(100) {
            return Some(self.anything(dice));
        }
        if self.talking {
            return match dice.below(10) {
                0..=2 => Some(Input::PersonGone(gone(dice))),
                3 => Some(person(dice)),
                _ => None,
            };
        }
        if self.search? {
            return None;
        }
        if dice.chance(500) {
            if dice.chance(600) {
                self.ahead = self.ahead.saturating_sub(1);
            }
            return Some(Input::Place(place(dice, self.ahead)));
        }
        if self.answers(dice) {
            return Some(person(dice));
        }
        match dice.below(50) {
            0 => Some(nobody(dice)),
            1 | 2 => Some(Input::ListeningOver(next_day(dice))),
            _ => None,
        }
    }

    fn answers(&self, dice: &mut Dice) -> bool {
        dice.chance(match self.staff {
            Staff::Ready => 700,
            Staff::Wild => 300,
            Staff::Busy => 40,
            Staff::Absent => 0,
        })
    }

    fn anything(&self, dice: &mut Dice) -> Input {
        match dice.below(5) {
            0 => Input::Place(place(dice, self.ahead)),
            1 => nobody(dice),
            2 => Input::ListeningOver(next_day(dice)),
            3 => person(dice),
            _ => Input::PersonGone(gone(dice)),
        }
    }

    /// Follows what the call is told; true when a person is found by it.
    pub(crate) fn told(&mut self, input: &Input) -> bool {
        match input {
            Input::Person { .. } if self.search.is_some() => {
                self.end_search();
                (self.talking, self.talked, self.broken_off) = (true, true, false);
                return true;
            }
            Input::NobodyComes(_) if self.search.is_some() => self.end_search(),
            Input::PersonGone(then) if self.talking => {
                self.talking = false;
                self.broken_off = matches!(then, AfterPerson::Wait { .. });
            }
            _ => {}
        }
        false
    }

    /// Follows what the call asks for.
    pub(crate) fn asked(&mut self, action: &Action) {
        match action {
            Action::Play { .. } | Action::Replay { .. } => {
                assert!(!self.talking, "I12: a talk is not played into");
            }
            Action::PlayOver { plan, .. } => {
                assert!(plan.ids.iter().all(|id| OVER_TALK.contains(id)), "I12: {:?}", plan.ids);
            }
            Action::Seek { .. } => {
                assert!(self.search.is_none() && !self.talking, "I13: one search at a time");
                self.searches += 1;
                self.search = Some(false);
            }
            Action::PauseSeeking => assert_eq!(self.search.replace(true), Some(false), "I13"),
            Action::ResumeSeeking => assert_eq!(self.search.replace(false), Some(true), "I13"),
            Action::StopSeeking(_) | Action::KeepPlace(_) => {
                assert!(self.search.is_some(), "I13: what is not looked for is not ended");
                self.end_search();
            }
            Action::Music(on) => {
                assert!(self.music != *on, "music is turned on and off by turns");
                self.music = *on;
            }
            _ => {}
        }
    }

    fn end_search(&mut self) {
        self.search = None;
        self.ends += 1;
    }

    /// Whether hold music is on.
    pub(crate) fn music(&self) -> bool {
        self.music
    }

    /// Whether a person was there.
    pub(crate) fn talked(&self) -> bool {
        self.talked
    }

    /// Whether the last talk was broken off and none followed.
    pub(crate) fn broken_off(&self) -> bool {
        self.broken_off
    }

    /// What must be true of a finished call.
    pub(crate) fn check_end(&self, record: &CallRecord) {
        assert_eq!(self.searches, self.ends, "I13: every search ends exactly once");
        let attended = |kind: &EntryKind| matches!(kind, EntryKind::Attended(_));
        let noted = record.entries.iter().any(|entry| attended(&entry.kind));
        assert_eq!(noted, self.talked, "I7: a talk stands in the account");
    }
}

/// Who takes calls when the call of a seed arrives.
pub(crate) fn seats(dice: &mut Dice) -> Seats {
    match dice.below(100) {
        0..=39 => Seats::None,
        40..=47 => Seats::Closed { hours: Some(hours()), duty: None },
        48..=55 => Seats::Closed { hours: None, duty: Some("duty".to_owned()) },
        _ => Seats::Open(OnDuty {
            group: "operators".to_owned(),
            holiday: dice.chance(100),
            brief: dice.chance(100),
            listening: dice.chance(300).then(|| listening(dice)),
        }),
    }
}

fn listening(dice: &mut Dice) -> ListeningDay {
    if dice.chance(300) {
        return ListeningDay::Over(next_day(dice));
    }
    ListeningDay::Open { title: dice.chance(700).then(|| "title.mayor".to_owned()) }
}

fn next_day(dice: &mut Dice) -> Option<NextListeningDay> {
    let next = NextListeningDay { date: date(2026, 12, 15), hours: hours() };
    dice.chance(700).then_some(next)
}

fn hours() -> Hours {
    Hours { open: Time::constant(9, 0, 0, 0), close: Time::constant(11, 0, 0, 0) }
}

fn place(dice: &mut Dice, ahead: u32) -> Place {
    Place { ahead, minutes: dice.chance(700).then_some(ahead * 3) }
}

fn person(dice: &mut Dice) -> Input {
    let tells = [Tell::Seat, Tell::Seat, Tell::Nothing, Tell::Leader("title.mayor".to_owned())];
    let tell = dice.pick(&tells).clone();
    Input::Person { seat: SeatNumber::parse("801").ok().filter(|_| dice.chance(900)), tell }
}

fn nobody(dice: &mut Dice) -> Input {
    Input::NobodyComes(*dice.pick(&[NoPerson::Absent, NoPerson::TooMany]))
}

fn gone(dice: &mut Dice) -> AfterPerson {
    match dice.below(4) {
        0 | 1 => AfterPerson::Survey,
        2 => AfterPerson::Goodbye,
        _ => AfterPerson::Wait {
            group: dice.chance(500).then(|| "g".to_owned()),
            leader: dice.chance(500),
        },
    }
}
