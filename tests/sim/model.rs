//! The model world of one call: a citizen, media and a store, each as bad as its seed makes it.

use crate::dice::Dice;
use jiff::civil::date;
use mayorline::domain::call::{
    IntakeKind, Lookup, NewIntake, RecordingSummary, StoreReply, StoreRequest,
};
use mayorline::domain::case::{CaseStatus, Due, State, Voiced};
use mayorline::units::{CaseNumber, QueryCode};
use std::collections::BTreeMap;
use std::time::Duration;

/// The case that a sensible citizen asks for.
pub(crate) const KNOWN: (&str, &str) = ("26112200131", "4821");

/// How a citizen behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Presses anything at any time.
    Wild,
    /// Presses nothing.
    Silent,
    /// Does what the prompts ask.
    Sensible,
    /// Wants everything again.
    Repeats,
    /// Types ahead without listening.
    Hasty,
}

/// The tempers, as a table for the dice.
pub(crate) const TEMPERS: [(Temper, u64); 5] = [
    (Temper::Wild, 30),
    (Temper::Silent, 10),
    (Temper::Sensible, 40),
    (Temper::Repeats, 8),
    (Temper::Hasty, 12),
];

/// How a store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Replies in milliseconds.
    Well,
    /// Takes seconds, sometimes longer than is waited for.
    Slow,
    /// Says that it cannot commit.
    Failing,
    /// Does not reply.
    Mute,
    /// Every request another way.
    Changing,
}

/// The moods, as a table for the dice.
pub(crate) const MOODS: [(Mood, u64); 5] = [
    (Mood::Well, 50),
    (Mood::Slow, 15),
    (Mood::Failing, 10),
    (Mood::Mute, 5),
    (Mood::Changing, 20),
];

/// Cases by the key of their intake: the same key gives the same case.
pub(crate) struct Store {
    mood: Mood,
    cases: BTreeMap<String, u16>,
}

impl Store {
    /// An empty store of this mood.
    pub(crate) fn new(mood: Mood) -> Self {
        Self { mood, cases: BTreeMap::new() }
    }

    /// The reply and how long it takes; `None` when none ever comes.
    pub(crate) fn reply(
        &mut self,
        dice: &mut Dice,
        request: &StoreRequest,
    ) -> Option<(Duration, StoreReply)> {
        let moods = [Mood::Well, Mood::Slow, Mood::Failing, Mood::Mute];
        let mood = if self.mood == Mood::Changing { *dice.pick(&moods) } else { self.mood };
        match mood {
            Mood::Well | Mood::Changing => Some((dice.millis(1, 40), self.commit(dice, request))),
            Mood::Slow => Some((dice.millis(300, 14_000), self.commit(dice, request))),
            Mood::Failing => Some((dice.millis(0, 2_000), StoreReply::Unavailable)),
            Mood::Mute => None,
        }
    }

    fn commit(&mut self, dice: &mut Dice, request: &StoreRequest) -> StoreReply {
        match request {
            StoreRequest::Open(intake) => self.open(intake),
            StoreRequest::LookUp { number, code } => {
                StoreReply::LookedUp(look_up(dice, *number, *code))
            }
        }
    }

    fn open(&mut self, intake: &NewIntake) -> StoreReply {
        if intake.kind == IntakeKind::Abandoned {
            return StoreReply::Opened { number: None, code: None };
        }
        let next = u16::try_from(self.cases.len() + 1).unwrap();
        let sequence = *self.cases.entry(intake.key.clone()).or_insert(next);
        StoreReply::Opened {
            number: CaseNumber::new(2026, 11, 22, sequence),
            code: QueryCode::new(1000 + sequence),
        }
    }
}

fn look_up(dice: &mut Dice, number: CaseNumber, code: QueryCode) -> Lookup {
    if number.to_string() != KNOWN.0 || code.reveal() != KNOWN.1 {
        return if dice.chance(300) { Lookup::Locked } else { Lookup::Wrong };
    }
    Lookup::Found(Box::new(CaseStatus {
        number,
        received_on: date(2026, 11, 22),
        nature: dice.chance(700).then(|| "nature.help".to_owned()),
        state: *dice.pick(&STATES),
        unit: dice.chance(700).then(|| "unit.07".to_owned()),
        round: 2,
        answered_directly: dice.chance(100),
        closed_on: dice.chance(500).then(|| date(2026, 11, 25)),
        merged_into: None,
        channel: dice.chance(500).then(|| "channel.petition".to_owned()),
        due: dice.chance(700).then(|| Due {
            on: date(2026, 11, 27),
            today: date(2026, 11, 25 + i8::try_from(dice.below(5)).unwrap()),
            extended: dice.chance(200).then_some("reason.weather"),
        }),
        unit_phone: None,
        voiced: Voiced::default(),
    }))
}

/// Every state.
pub(crate) const STATES: [State; 18] = [
    State::Draft,
    State::Accepted,
    State::Classified,
    State::Consulting,
    State::LeaderReview,
    State::Assigned,
    State::Handling,
    State::Feedback,
    State::Callback,
    State::Redo,
    State::Closed,
    State::Archived,
    State::Kept,
    State::Circulated,
    State::Sealed,
    State::Declined,
    State::Merged,
    State::Withdrawn,
];

/// What a citizen types into an open question, by the last prompt that he heard.
pub(crate) fn keys(dice: &mut Dice, temper: Temper, heard: &str) -> Option<String> {
    match temper {
        Temper::Silent => dice.chance(30).then(|| "#".to_owned()),
        Temper::Wild => Some((*dice.pick(&KEYS)).to_string()),
        Temper::Repeats => Some((*dice.pick(&["9", "9", "7", "8", "0", "*", "2"])).to_owned()),
        Temper::Hasty => Some(hasty(dice)),
        Temper::Sensible => sensible(dice, heard),
    }
}

const KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

fn hasty(dice: &mut Dice) -> String {
    let (number, code) = KNOWN;
    match dice.below(4) {
        0 => format!("1{number}#{code}#"),
        1 => format!("1{number}{code}"),
        2 => "319900000017#1".to_owned(),
        _ => "2#1".to_owned(),
    }
}

fn sensible(dice: &mut Dice, heard: &str) -> Option<String> {
    let (number, code) = KNOWN;
    let key = match heard {
        "G03N" | "B03" | "X09" => *dice.pick(&["1", "2", "3"]),
        "L01" | "L04" | "L09" if dice.chance(800) => number,
        "L01" | "L04" | "L09" => *dice.pick(&["26112200132#", "123#", "26112299991"]),
        "L02" if dice.chance(600) => code,
        "L02" => *dice.pick(&["0000", "12#", "9999#"]),
        "M04" => *dice.pick(&["1", "1", "2", "3", "4"]),
        "Q05" => *dice.pick(&["1", "1", "2"]),
        "Q06" | "Q09N" => *dice.pick(&["19900000017", "05370000000#", "12345#", "*"]),
        "Q07" => *dice.pick(&["1", "2"]),
        "G03" | "Q01" | "Q02" | "Q03" | "G04" if dice.chance(900) => return None,
        "G03" | "Q01" | "Q02" | "Q03" | "G04" => *dice.pick(&["1", "2", "9", "0", "8"]),
        "Q04" if dice.chance(700) => return None,
        "Q04" => *dice.pick(&["3", "3", "2"]),
        "Q04N" => *dice.pick(&["3", "2", "0"]),
        "A02" | "A02N" => *dice.pick(&["0", "1", "2"]),
        "V01" if dice.chance(500) => *dice.pick(&["1", "2", "3", "4"]),
        "M15" => *dice.pick(&["9", "1", "2", "3", "*"]),
        "L08" | "L08N" => *dice.pick(&["1", "9", "*", "0"]),
        "record" => "#",
        _ => return None,
    };
    Some(key.to_owned())
}

/// A closed recording with this much speech; the serial keeps its name apart.
pub(crate) fn summary(serial: u32, speech: Duration) -> RecordingSummary {
    RecordingSummary {
        file: format!("recordings/{serial}.wav"),
        duration: speech + Duration::from_secs(1),
        speech,
        sha256: [7; 32],
    }
}
