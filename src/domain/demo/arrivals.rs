//! When things happen: arrivals by domain.md 5.2, and the hours in which offices work.

use super::dice::Dice;
use crate::domain::calendar::Calendar;
use crate::domain::case::{Deadline, DeadlineRules, REPLY_DAYS, Urgency, city_zone, local_day};
use jiff::civil::{Date, Time, time};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Offices work, morning and afternoon.
const OFFICE: [(Time, Time); 2] =
    [(time(8, 30, 0, 0), time(12, 0, 0, 0)), (time(14, 0, 0, 0), time(17, 30, 0, 0))];
/// Citizens are called back (domain.md E10).
const CALLS: [(Time, Time); 2] =
    [(time(9, 0, 0, 0), time(12, 0, 0, 0)), (time(14, 30, 0, 0), time(20, 0, 0, 0))];

/// So many of a thousand contacts come on working days in the busy hours, and so many at night.
pub(super) const BUSY_PER_MILLE: u64 = 750;
pub(super) const NIGHT_PER_MILLE: u64 = 30;

/// Days ahead in which hours are looked for.
const DAYS_AHEAD: i64 = 30;

/// How the city counts days and dates.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Working days.
    pub calendar: Calendar,
    /// The reading of 5日.
    pub rules: DeadlineRules,
}

/// An instant of a local day.
pub(super) fn at(day: Date, seconds: i64) -> Timestamp {
    let midnight = day.to_zoned(city_zone()).map(|zoned| zoned.timestamp());
    midnight.unwrap_or_default().saturating_add(seconds.seconds()).unwrap_or_default()
}

/// So many minutes later.
pub(super) fn later(from: Timestamp, minutes: i64) -> Timestamp {
    from.saturating_add(minutes.minutes()).unwrap_or(from)
}

/// The local hour.
pub(super) fn hour(at: Timestamp) -> i8 {
    at.to_zoned(city_zone()).hour()
}

impl Ground {
    /// Any working day of the months; the first day where there is none.
    fn working_day(&self, dice: &mut Dice, (from, until): (Date, Date)) -> Date {
        (0..100)
            .map(|_| any_day(dice, (from, until)))
            .find(|day| self.calendar.is_working(*day))
            .unwrap_or(from)
    }

    /// When a contact comes.
    pub(super) fn arrival(&self, dice: &mut Dice, months: (Date, Date)) -> Timestamp {
        let kind = dice.below(1000);
        if kind < BUSY_PER_MILLE {
            // 08:30 to 11:30 and 14:30 to 17:30.
            let begin = if dice.chance(550) { 30_600 } else { 52_200 };
            let day = self.working_day(dice, months);
            return at(day, begin + dice.between(0, 10_799));
        }
        let day = any_day(dice, months);
        if kind < BUSY_PER_MILLE + NIGHT_PER_MILLE {
            // 22:00 to 06:00; what comes before midnight belongs to this day too.
            let second = dice.between(-7_200, 21_599);
            return at(day, if second < 0 { second + 86_400 } else { second });
        }
        self.quiet(dice, day)
    }

    /// By day outside the busy hours; on a day off any hour of the day.
    fn quiet(&self, dice: &mut Dice, day: Date) -> Timestamp {
        const GAPS: [(i64, i64); 3] = [(21_600, 30_599), (41_400, 52_199), (63_000, 79_199)];
        if !self.calendar.is_working(day) {
            return at(day, dice.between(25_200, 75_600));
        }
        let gap = dice.weighted(&GAPS, |(from, to)| (to - from).unsigned_abs());
        let (from, to) = gap.copied().unwrap_or((41_400, 52_199));
        at(day, dice.between(from, to))
    }

    /// When the office comes to something: so many minutes of its own time after it arrived.
    pub(super) fn office(&self, from: Timestamp, minutes: i64) -> Timestamp {
        self.within(&OFFICE, from, minutes, true)
    }

    /// When citizens may be called.
    pub(super) fn calling(&self, from: Timestamp, minutes: i64) -> Timestamp {
        self.within(&CALLS, from, minutes, false)
    }

    fn within(
        &self,
        hours: &[(Time, Time); 2],
        from: Timestamp,
        minutes: i64,
        working: bool,
    ) -> Timestamp {
        let mut left = SignedDuration::from_mins(minutes);
        let first = local_day(from);
        for ahead in 0..DAYS_AHEAD {
            let day = first.saturating_add(ahead.days());
            if working && !self.calendar.is_working(day) {
                continue;
            }
            for (opens, closes) in hours {
                let instant = |time: &Time| {
                    let zoned = day.to_datetime(*time).to_zoned(city_zone());
                    zoned.map_or(from, |zoned| zoned.timestamp())
                };
                let (opens, closes) = (instant(opens).max(from), instant(closes));
                let open = closes.duration_since(opens);
                if open > left {
                    return opens.saturating_add(left).unwrap_or(opens);
                }
                left -= open.max(SignedDuration::ZERO);
            }
        }
        later(from, minutes)
    }

    /// Until when a unit must answer what is assigned now.
    pub(super) fn unit_due(&self, assigned: Timestamp, urgency: Urgency) -> Timestamp {
        match urgency {
            Urgency::Immediate => later(assigned, 120),
            Urgency::Urgent => later(assigned, 24 * 60),
            Urgency::Normal | Urgency::Complex => {
                Deadline::due(assigned, REPLY_DAYS, &self.rules, &self.calendar).at
            }
        }
    }

    /// An instant between two, by so many of a thousand parts of the way, moved into the day's hours
    /// where that stays between them.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp, per_mille: i64) -> Timestamp {
        let whole = to.duration_since(from).as_secs();
        let part = i64::try_from(i128::from(whole) * i128::from(per_mille) / 1000).unwrap_or(0);
        let plain = from.saturating_add(part.seconds()).unwrap_or(from);
        if (8..18).contains(&hour(plain)) {
            return plain;
        }
        let moved = at(local_day(plain), 36_000 + part.rem_euclid(21_600));
        if moved > from && moved < to { moved } else { plain }
    }
}

fn any_day(dice: &mut Dice, (from, until): (Date, Date)) -> Date {
    let days = from.until(until).map_or(0, |span| i64::from(span.get_days()));
    from.saturating_add(dice.between(0, days).days())
}
