//! Who takes the calls of a listening day: leaders in turn, each with a deputy.

use super::ListeningRules;
use crate::domain::calendar::Calendar;
use crate::units::SeatNumber;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Leaders of one roster.
pub const LEADERS_MAX: usize = 40;
/// Listening days between the first of the roster and the one that is asked for.
const TURNS_MAX: usize = 2_400;

/// Somebody who takes a leader's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// His title, as it is spoken (D02).
    pub title: String,
    /// Where he takes calls.
    pub seat: SeatNumber,
}

/// A leader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// His title, as it is spoken (D02); no name, unless the public notice gives one.
    pub title: String,
    /// Where he takes calls.
    pub seat: SeatNumber,
    /// Who takes his turn when he is away.
    pub deputy: Option<StandIn>,
    /// Dates on which he is away.
    pub away: Vec<Date>,
}

/// Leaders in the order of their turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The first listening day is of the first leader on or after this date.
    pub begins: Date,
    /// The leaders.
    pub leaders: Vec<Leader>,
    /// Dates that people gave to somebody out of turn, by his place in `leaders`.
    pub fixed: BTreeMap<Date, usize>,
}

/// Who takes the calls of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duty {
    /// His title.
    pub title: String,
    /// His seat.
    pub seat: SeatNumber,
    /// Whose turn it was, when somebody stands in.
    pub instead_of: Option<String>,
}

/// The recorded word of a title (D02, D05); one that has none is 市领导.
#[must_use]
pub fn title_word(title: &str) -> &'static str {
    match title.trim() {
        "市委书记" | "书记" => "title.secretary",
        "市长" => "title.mayor",
        "市委副书记" | "副书记" => "title.deputy_secretary",
        "常务副市长" => "title.executive_vice_mayor",
        "副市长" => "title.vice_mayor",
        _ => "title.other",
    }
}

impl Roster {
    /// The title of whoever takes calls at this seat.
    #[must_use]
    pub fn title_at(&self, seat: &SeatNumber) -> Option<&str> {
        let leader = self.leaders.iter().find(|leader| leader.seat == *seat);
        let deputies = self.leaders.iter().filter_map(|leader| leader.deputy.as_ref());
        let deputy = || deputies.clone().find(|deputy| deputy.seat == *seat);
        leader.map(|leader| leader.title.as_str()).or_else(|| Some(deputy()?.title.as_str()))
    }

    /// Who takes the calls of a listening day. A leader who is away is replaced by his deputy, or
    /// else by the next leader who is there; the turns of the others do not move.
    #[must_use]
    pub fn duty(&self, rules: &ListeningRules, calendar: &Calendar, date: Date) -> Option<Duty> {
        let count = self.leaders.len();
        let turn = match self.fixed.get(&date) {
            Some(turn) => *turn,
            None => self.turn(rules, calendar, date)?,
        };
        let mut in_order = (0..count).map(|step| &self.leaders[(turn + step) % count]);
        let whose = in_order.next()?;
        let is_there = |leader: &&Leader| !leader.away.contains(&date);
        if is_there(&whose) {
            let Leader { title, seat, .. } = whose.clone();
            return Some(Duty { title, seat, instead_of: None });
        }
        let deputy = whose.deputy.clone();
        let mut next = || in_order.find(is_there).cloned();
        let (title, seat) = match deputy {
            Some(StandIn { title, seat }) => (title, seat),
            None => next().map(|leader| (leader.title, leader.seat))?,
        };
        Some(Duty { title, seat, instead_of: Some(whose.title.clone()) })
    }

    /// How many listening days lie between the beginning and this date.
    fn turn(&self, rules: &ListeningRules, calendar: &Calendar, date: Date) -> Option<usize> {
        let (mut from, mut turns) = (self.begins, 0);
        while turns < TURNS_MAX {
            for day in rules.next(calendar, from, super::DATES_MAX) {
                if day.date >= date {
                    return (day.date == date).then_some(turns);
                }
                turns += 1;
                from = day.date.tomorrow().ok()?;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn leader(at: u32, deputy: bool, away: &[Date]) -> Leader {
        let seat = |number: u32| SeatNumber::parse(&number.to_string()).unwrap();
        let deputy = deputy.then(|| StandIn { title: format!("副职{at}"), seat: seat(950 + at) });
        Leader { title: format!("领导{at}"), seat: seat(901 + at), deputy, away: away.to_vec() }
    }

    fn titles(roster: &Roster, from: Date, count: usize) -> Vec<String> {
        let (rules, calendar) = (ListeningRules::default(), Calendar::built_in());
        let days = rules.next(&calendar, from, count);
        days.iter()
            .map(|day| roster.duty(&rules, &calendar, day.date).unwrap())
            .map(|duty| match duty.instead_of {
                Some(whose) => format!("{} for {whose}", duty.title),
                None => duty.title,
            })
            .collect()
    }

    #[test]
    fn leaders_take_turns_and_are_stood_in_for_without_moving_the_others() {
        let away = [date(2026, 1, 20)];
        let leaders = vec![leader(0, true, &[]), leader(1, true, &away), leader(2, false, &[])];
        let mut roster = Roster { begins: date(2026, 1, 1), leaders, fixed: BTreeMap::new() };
        assert_eq!(
            titles(&roster, date(2026, 1, 1), 4),
            ["领导0", "副职1 for 领导1", "领导2", "领导0"]
        );
        roster.leaders[1].deputy = None;
        roster.fixed.insert(date(2026, 2, 3), 0);
        assert_eq!(titles(&roster, date(2026, 1, 20), 3), ["领导2 for 领导1", "领导0", "领导0"]);
    }

    #[test]
    fn nobody_is_on_duty_on_another_day_or_when_all_are_away() {
        let (rules, calendar) = (ListeningRules::default(), Calendar::built_in());
        let day = date(2026, 1, 6);
        let leaders = vec![leader(0, false, &[day]), leader(1, false, &[day])];
        let roster = Roster { begins: date(2026, 1, 1), leaders, fixed: BTreeMap::new() };
        assert_eq!(roster.duty(&rules, &calendar, day), None);
        assert_eq!(roster.duty(&rules, &calendar, date(2026, 1, 7)), None);
        let nobody = Roster { leaders: vec![], ..roster };
        assert_eq!(nobody.duty(&rules, &calendar, date(2026, 1, 20)), None);
    }
}
