//! Which numbers the house dials at all, and how often: the guard against toll fraud
//! (`hardening.md` T13). 110, 119 and 120 are past all of it.

use crate::domain::desk::Refusal;
use crate::units::{PhoneNumber, SeatNumber};
use jiff::civil::Date;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Police, fire brigade, ambulance.
const EMERGENCY: [&str; 3] = ["110", "119", "120"];
/// The span that [`DialRules::seat_hour_max`] counts in.
const HOUR: Duration = Duration::from_secs(3_600);
/// Between two alarms about one seat that is refused for one reason.
const ALARM_EVERY: Duration = Duration::from_secs(60);
/// Seats that are counted one by one; further ones may not dial until the day ends.
pub const SEATS_COUNTED_MAX: usize = 1_000;

/// Whether it is 110, 119 or 120.
#[must_use]
pub fn is_emergency(number: &PhoneNumber) -> bool {
    EMERGENCY.contains(&number.as_str())
}

/// Numbers that begin with these digits and are so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRule {
    /// The first digits.
    pub prefix: String,
    /// Fewest digits in all.
    pub digits_min: usize,
    /// Most digits in all.
    pub digits_max: usize,
}

impl NumberRule {
    /// Numbers of exactly `digits` digits that begin with `prefix`.
    #[must_use]
    pub fn exact(prefix: &str, digits: usize) -> Self {
        Self { prefix: prefix.to_owned(), digits_min: digits, digits_max: digits }
    }

    fn fits(&self, number: &str) -> bool {
        number.starts_with(&self.prefix)
            && (self.digits_min..=self.digits_max).contains(&number.len())
    }
}

/// What may be dialled. A number needs a rule that allows it and none that forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialRules {
    /// Numbers that may be dialled.
    pub allowed: Vec<NumberRule>,
    /// Numbers that may not although a rule above allows them.
    pub forbidden: Vec<NumberRule>,
    /// Most calls of one seat within an hour.
    pub seat_hour_max: usize,
    /// Most calls of one seat on one day.
    pub seat_day_max: u32,
    /// Most calls of the house on one day.
    pub house_day_max: u32,
}

impl Default for DialRules {
    /// Mobiles, and landlines with area code; nothing abroad, nothing that costs extra.
    fn default() -> Self {
        let landline =
            |prefix: &str| NumberRule { prefix: prefix.to_owned(), digits_min: 10, digits_max: 12 };
        Self {
            allowed: ["13", "14", "15", "16", "17", "18", "19"]
                .map(|prefix| NumberRule::exact(prefix, 11))
                .into_iter()
                .chain((1..=9).map(|area| landline(&format!("0{area}"))))
                .collect(),
            forbidden: Vec::new(),
            seat_hour_max: 30,
            seat_day_max: 200,
            house_day_max: 2_000,
        }
    }
}

/// The calls that were dialled, as far as the rules must remember them.
#[derive(Debug)]
pub struct DialBook {
    rules: DialRules,
    day: Option<Date>,
    house: u32,
    seats: BTreeMap<SeatNumber, Dialled>,
}

#[derive(Debug, Default)]
struct Dialled {
    today: u32,
    /// The instants of the calls of the last hour, at most `seat_hour_max`.
    hour: VecDeque<Instant>,
    /// Of numbers that it may not dial, and of calls past its maximum.
    alarms: [Alarm; 2],
}

/// Refusals since the last alarm, and when that was.
#[derive(Debug, Default, Clone, Copy)]
struct Alarm {
    refused: u32,
    at: Option<Instant>,
}

impl DialBook {
    /// An empty book.
    #[must_use]
    pub fn new(rules: DialRules) -> Self {
        Self { rules, day: None, house: 0, seats: BTreeMap::new() }
    }

    /// Whether `seat` may dial `number` at `now` of `today`.
    pub fn may(
        &self,
        seat: &SeatNumber,
        number: &PhoneNumber,
        now: Instant,
        today: Date,
    ) -> Result<(), Refusal> {
        if is_emergency(number) {
            return Ok(());
        }
        let fits = |rules: &[NumberRule]| rules.iter().any(|rule| rule.fits(number.as_str()));
        if !fits(&self.rules.allowed) || fits(&self.rules.forbidden) {
            return Err(Refusal::NumberNotAllowed);
        }
        let same_day = self.day == Some(today);
        let house = if same_day { self.house } else { 0 };
        let dialled = self.seats.get(seat);
        let by_seat = dialled.filter(|_| same_day).map_or(0, |dialled| dialled.today);
        let in_hour = dialled.map_or(0, |dialled| dialled.within_hour(now));
        let room = dialled.is_some() || self.seats.len() < SEATS_COUNTED_MAX;
        let few = house < self.rules.house_day_max
            && by_seat < self.rules.seat_day_max
            && in_hour < self.rules.seat_hour_max;
        if few && room { Ok(()) } else { Err(Refusal::TooManyCalls) }
    }

    /// Whether the house itself may dial `number` on `today`, on no seat's account.
    pub fn may_house(&self, number: &PhoneNumber, today: Date) -> Result<(), Refusal> {
        let fits = |rules: &[NumberRule]| rules.iter().any(|rule| rule.fits(number.as_str()));
        if !fits(&self.rules.allowed) || fits(&self.rules.forbidden) {
            return Err(Refusal::NumberNotAllowed);
        }
        let house = if self.day == Some(today) { self.house } else { 0 };
        if house < self.rules.house_day_max { Ok(()) } else { Err(Refusal::TooManyCalls) }
    }

    /// Counts a call of the house itself.
    pub fn count_house(&mut self, now: Instant, today: Date) {
        self.begin_day(now, today);
        self.house = self.house.saturating_add(1);
    }

    /// Forgets what was counted on another day.
    fn begin_day(&mut self, now: Instant, today: Date) {
        if self.day != Some(today) {
            self.day = Some(today);
            self.house = 0;
            self.seats.retain(|_, dialled| {
                dialled.today = 0;
                dialled.within_hour(now) > 0
            });
        }
    }

    /// Counts a call of before the start: `today` when it was dialled today, `at` when that was not
    /// longer ago than the clock reaches. Oldest first, before any is counted.
    pub fn recall(&mut self, seat: &SeatNumber, at: Option<Instant>, today: Option<Date>) {
        if !self.seats.contains_key(seat) && self.seats.len() >= SEATS_COUNTED_MAX {
            return;
        }
        let dialled = self.seats.entry(seat.clone()).or_default();
        dialled.hour.extend(at);
        while dialled.hour.len() > self.rules.seat_hour_max.max(1) {
            dialled.hour.pop_front();
        }
        if let Some(today) = today {
            dialled.today = dialled.today.saturating_add(1);
            self.recall_house(today);
        }
    }

    /// The same of a call of the house itself.
    pub fn recall_house(&mut self, today: Date) {
        self.day = Some(today);
        self.house = self.house.saturating_add(1);
    }

    /// Counts a call that is dialled now; an emergency counts for nothing.
    pub fn count(&mut self, seat: &SeatNumber, number: &PhoneNumber, now: Instant, today: Date) {
        if is_emergency(number) {
            return;
        }
        self.begin_day(now, today);
        self.house = self.house.saturating_add(1);
        let dialled = self.seats.entry(seat.clone()).or_default();
        dialled.today = dialled.today.saturating_add(1);
        while dialled.hour.len() >= self.rules.seat_hour_max.max(1) {
            dialled.hour.pop_front();
        }
        dialled.hour.push_back(now);
    }

    /// Notes that `seat` was refused. `Some` when an alarm is due, the first at once: how often it was
    /// refused for that reason since the last one. Other refusals are none of ours.
    pub fn refused(&mut self, seat: &SeatNumber, why: Refusal, now: Instant) -> Option<u32> {
        let kind = match why {
            Refusal::NumberNotAllowed => 0,
            Refusal::TooManyCalls => 1,
            _ => return None,
        };
        if !self.seats.contains_key(seat) && self.seats.len() >= SEATS_COUNTED_MAX {
            return Some(1);
        }
        let alarm = self.seats.entry(seat.clone()).or_default().alarms.get_mut(kind)?;
        alarm.refused = alarm.refused.saturating_add(1);
        if alarm.at.is_some_and(|at| now.saturating_duration_since(at) < ALARM_EVERY) {
            return None;
        }
        alarm.at = Some(now);
        Some(std::mem::take(&mut alarm.refused))
    }
}

impl Dialled {
    fn within_hour(&self, now: Instant) -> usize {
        self.hour.iter().filter(|&&at| now.saturating_duration_since(at) < HOUR).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seat(number: u32) -> SeatNumber {
        SeatNumber::parse(&number.to_string()).unwrap()
    }

    fn phone(number: &str) -> PhoneNumber {
        PhoneNumber::parse(number).unwrap()
    }

    fn today() -> Date {
        Date::constant(2026, 11, 26)
    }

    fn small() -> DialRules {
        DialRules { seat_day_max: 5, house_day_max: 8, seat_hour_max: 3, ..DialRules::default() }
    }

    /// Some instant; the book only compares them.
    #[allow(clippy::disallowed_methods)]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn numbers_abroad_and_those_that_cost_extra_are_not_dialled() {
        let book = DialBook::new(DialRules::default());
        for (number, allowed) in [
            ("19900000017", true),
            ("05375211234", true),
            ("010 1234 5678", true),
            ("008529990000", false),
            ("0019995550100", false),
            ("16812345", false),
            ("12345", false),
            ("4008001234", false),
            ("95555", false),
            ("110", true),
        ] {
            let may = book.may(&seat(801), &phone(number), start(), today());
            assert_eq!(may.is_ok(), allowed, "{number}");
        }
    }

    #[test]
    fn the_house_dials_by_the_same_rules_and_maximum() {
        let mut book = DialBook::new(small());
        let number = phone("19900000017");
        for call in 0..8 {
            assert_eq!(book.may_house(&number, today()), Ok(()), "{call}");
            book.count_house(start(), today());
        }
        assert_eq!(book.may_house(&number, today()), Err(Refusal::TooManyCalls));
        let seat = book.may(&seat(801), &number, start(), today());
        assert_eq!(seat, Err(Refusal::TooManyCalls), "it is one maximum");
        assert_eq!(book.may_house(&number, today().tomorrow().unwrap()), Ok(()));
        for abroad in ["008529990000", "110", "4008001234"] {
            let refused = book.may_house(&phone(abroad), today());
            assert_eq!(refused, Err(Refusal::NumberNotAllowed), "{abroad}");
        }
    }

    #[test]
    fn a_rule_that_forbids_wins_over_one_that_allows() {
        let forbidden = vec![NumberRule::exact("170", 11)];
        let book = DialBook::new(DialRules { forbidden, ..DialRules::default() });
        let may = |number| book.may(&seat(801), &phone(number), start(), today());
        assert_eq!(may("17000000017"), Err(Refusal::NumberNotAllowed));
        assert_eq!(may("17100000017"), Ok(()));
    }

    #[test]
    fn a_seat_that_dialled_its_hour_full_waits_while_others_may() {
        let (mut book, now) = (DialBook::new(small()), start());
        for _ in 0..3 {
            book.count(&seat(801), &phone("19900000017"), now, today());
        }
        let may = |at, by| book.may(&seat(by), &phone("19900000017"), at, today());
        assert_eq!(may(now, 801), Err(Refusal::TooManyCalls));
        assert_eq!(may(now + HOUR - Duration::from_secs(1), 801), Err(Refusal::TooManyCalls));
        assert_eq!(may(now + HOUR, 801), Ok(()));
        assert_eq!(may(now, 802), Ok(()));
    }

    #[test]
    fn the_day_of_a_seat_and_of_the_house_end_at_midnight() {
        let (mut book, now) = (DialBook::new(small()), start());
        for at in 0..5 {
            book.count(&seat(801), &phone("19900000017"), now + HOUR * at, today());
        }
        let later = now + HOUR * 9;
        let number = phone("19900000017");
        assert_eq!(book.may(&seat(801), &number, later, today()), Err(Refusal::TooManyCalls));
        for _ in 0..3 {
            book.count(&seat(802), &number, later, today());
        }
        assert_eq!(book.may(&seat(803), &number, later, today()), Err(Refusal::TooManyCalls));
        let tomorrow = today().tomorrow().unwrap();
        assert_eq!(book.may(&seat(801), &number, later, tomorrow), Ok(()));
        book.count(&seat(803), &number, later, tomorrow);
        assert_eq!(book.may(&seat(801), &number, later, tomorrow), Ok(()));
    }

    #[test]
    fn what_was_dialled_before_a_restart_counts_as_before() {
        let (mut book, now) = (DialBook::new(small()), start() + HOUR * 3);
        let number = phone("19900000017");
        for ago in [170, 160, 50, 40, 30] {
            let at = now - Duration::from_secs(ago * 60);
            book.recall(&seat(801), Some(at), (ago <= 160).then(today));
        }
        assert_eq!(book.may(&seat(801), &number, now, today()), Err(Refusal::TooManyCalls));
        let later = now + Duration::from_secs(11 * 60);
        assert_eq!(book.may(&seat(801), &number, later, today()), Ok(()), "the hour moves on");
        book.count(&seat(801), &number, later, today());
        let evening = now + HOUR * 5;
        assert_eq!(book.may(&seat(801), &number, evening, today()), Err(Refusal::TooManyCalls));
        (0..2).for_each(|_| book.recall(&seat(802), None, Some(today())));
        assert_eq!(book.may_house(&number, today()), Ok(()));
        book.recall_house(today());
        assert_eq!(book.may_house(&number, today()), Err(Refusal::TooManyCalls));
        assert_eq!(book.may(&seat(803), &number, evening, today()), Err(Refusal::TooManyCalls));
    }

    #[test]
    fn an_emergency_is_always_dialled_and_never_counted() {
        let (mut book, now) = (DialBook::new(small()), start());
        for _ in 0..100 {
            assert_eq!(book.may(&seat(801), &phone("120"), now, today()), Ok(()));
            book.count(&seat(801), &phone("120"), now, today());
        }
        assert_eq!(book.may(&seat(801), &phone("19900000017"), now, today()), Ok(()));
    }

    #[test]
    fn a_refusal_is_an_alarm_at_once_and_then_once_a_minute_with_their_number() {
        let (mut book, now) = (DialBook::new(small()), start());
        let at = |seconds| now + Duration::from_secs(seconds);
        let number = Refusal::NumberNotAllowed;
        assert_eq!(book.refused(&seat(801), number, at(0)), Some(1));
        assert_eq!(book.refused(&seat(801), number, at(1)), None);
        assert_eq!(book.refused(&seat(801), Refusal::TooManyCalls, at(1)), Some(1));
        assert_eq!(book.refused(&seat(802), number, at(1)), Some(1), "another seat");
        assert_eq!(book.refused(&seat(801), Refusal::WrongState, at(1)), None);
        assert_eq!(book.refused(&seat(801), number, at(59)), None);
        assert_eq!(book.refused(&seat(801), number, at(60)), Some(3));
        assert_eq!(book.refused(&seat(801), number, at(61)), None);
    }

    proptest! {
        /// In whatever rhythm a seat tries, no window of an hour holds more than its maximum.
        #[test]
        fn no_hour_holds_more_calls_than_it_may(gaps in prop::collection::vec(0_u64..2_000, 1..200)) {
            let rules = DialRules { seat_day_max: 10_000, house_day_max: 10_000, ..small() };
            let (mut book, mut now) = (DialBook::new(rules), start());
            let mut dialled = Vec::new();
            for gap in gaps {
                now += Duration::from_secs(gap);
                if book.may(&seat(801), &phone("19900000017"), now, today()).is_ok() {
                    book.count(&seat(801), &phone("19900000017"), now, today());
                    dialled.push(now);
                }
            }
            for window in dialled.windows(4) {
                prop_assert!(window[3] - window[0] >= HOUR);
            }
        }
    }
}
