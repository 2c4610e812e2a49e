//! `[listening_day]`: when leaders take calls, and which.

use crate::domain::listening_day::{
    LEADERS_MAX, Leader, ListeningRules, OffDay, Override, Reading, Roster, StandIn,
};
use crate::units::SeatNumber;
use jiff::civil::{Date, Time, Weekday};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[listening_day]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct ListeningKeys {
    pub reading: Reading,
    pub weekday: String,
    pub weeks: Vec<i8>,
    pub off_day: OffDay,
    pub window: [String; 2],
    pub change: Vec<Override>,
    pub roster_begins: Date,
    pub leader: Vec<LeaderKeys>,
}

/// A leader in the order of turns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LeaderKeys {
    pub title: String,
    pub seat: SeatNumber,
    pub deputy: Option<String>,
    pub deputy_seat: Option<SeatNumber>,
    #[serde(default)]
    pub away: Vec<Date>,
    #[serde(default)]
    pub dates: Vec<Date>,
}

impl ListeningKeys {
    /// The rule of the dates; the error names the key.
    pub fn rules(&self) -> Result<ListeningRules, String> {
        let [from, to] = &self.window;
        let rules = ListeningRules {
            reading: self.reading,
            weekday: weekday(&self.weekday)
                .ok_or("listening_day.weekday must be a weekday such as tuesday")?,
            weeks: self.weeks.clone(),
            off_day: self.off_day,
            window: (time(from)?, time(to)?),
            overrides: self.change.clone(),
        };
        rules.check().map(|()| rules).map_err(|why| format!("listening_day.{why}"))
    }

    /// The roster of leaders; the error names the key.
    pub fn roster(&self) -> Result<Roster, String> {
        if self.leader.len() > LEADERS_MAX {
            return Err(format!("listening_day.leader: at most {LEADERS_MAX}"));
        }
        let leaders = self.leader.iter().map(leader).collect::<Result<Vec<_>, _>>()?;
        let turns = self.leader.iter().enumerate();
        let fixed: BTreeMap<Date, usize> = turns
            .flat_map(|(turn, keys)| keys.dates.iter().map(move |date| (*date, turn)))
            .collect();
        Ok(Roster { begins: self.roster_begins, leaders, fixed })
    }
}

fn leader(keys: &LeaderKeys) -> Result<Leader, String> {
    let LeaderKeys { title, seat, deputy, deputy_seat, away, .. } = keys.clone();
    let deputy = match (deputy, deputy_seat) {
        (None, None) => None,
        (Some(title), Some(seat)) => Some(StandIn { title, seat }),
        _ => return Err(format!("listening_day.leader {title:?}: a deputy needs title and seat")),
    };
    if title.trim().is_empty() {
        return Err("listening_day.leader: a title is empty".to_owned());
    }
    Ok(Leader { title, seat, deputy, away })
}

fn time(text: &str) -> Result<Time, String> {
    let wrong = |_| format!("listening_day.window: {text:?} is no time such as 09:00");
    text.parse().map_err(wrong)
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Config;

    fn load(text: &str) -> Result<ListeningKeys, String> {
        let config = Config::from_text("test.toml", text, &[]).map_err(|exit| exit.message)?;
        Ok(config.listening_day)
    }

    #[test]
    fn the_documented_defaults_are_those_of_the_rules() {
        let keys = load("").unwrap();
        assert_eq!(keys.rules(), Ok(ListeningRules::default()));
        assert_eq!(keys.roster().unwrap().leaders, []);
    }

    #[test]
    fn decisions_and_leaders_are_read() {
        let text = r#"
            [listening_day]
            change = [
                { do = "move", from = "2026-11-03", to = "2026-11-05", why = "全会" },
                { do = "cancel", date = "2026-11-17", why = "全会" },
            ]
            leader = [
                { title = "市长", seat = "901", deputy = "副市长", deputy_seat = "902" },
                { title = "书记", seat = "903", away = ["2026-12-01"], dates = ["2026-12-15"] },
            ]
        "#;
        let keys = load(text).unwrap();
        assert_eq!(keys.rules().unwrap().overrides.len(), 2);
        let roster = keys.roster().unwrap();
        assert_eq!(roster.leaders[0].deputy.as_ref().unwrap().title, "副市长");
        assert_eq!(roster.fixed.values().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (line, complaint) in [
            ("weekday = 'someday'", "listening_day.weekday must be"),
            ("window = ['11:00', '09:00']", "listening_day.window must end after"),
            ("window = ['9', '11']", "listening_day.window: \"9\" is no time"),
            ("weeks = [0]", "listening_day.weeks must be"),
            ("reading = 'lunar'", "unknown variant"),
            ("leader = [{ title = 'a', seat = '901', deputy = 'b' }]", "a deputy needs"),
            ("leader = [{ title = ' ', seat = '901' }]", "a title is empty"),
        ] {
            let error = load(&format!("[listening_day]\n{line}")).unwrap_err();
            assert!(error.contains(complaint), "{line}: {error}");
        }
    }
}
