//! Records in their versions, and what holds of them on one day.

use super::duty::DutyItem;
use super::people::{Leader, Level, Officer, Post, Term};
use super::place::{Town, Village};
use super::unit::Unit;
use crate::units::PhoneNumber;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The tables of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Units.
    Units,
    /// Towns and street offices.
    Towns,
    /// Villages.
    Villages,
    /// Cadres in their posts.
    Posts,
    /// City leaders.
    Leaders,
    /// The officers of the villages.
    Officers,
    /// Duty items.
    Duties,
}

impl Kind {
    /// All of them with their names: in the store and on the command line, and for officials.
    pub const NAMES: [(Self, &'static str, &'static str); 7] = [
        (Self::Units, "units", "单位"),
        (Self::Towns, "towns", "镇街"),
        (Self::Villages, "villages", "村居"),
        (Self::Posts, "posts", "岗位人员"),
        (Self::Leaders, "leaders", "市级领导"),
        (Self::Officers, "officers", "村级三大员"),
        (Self::Duties, "duties", "职责事项"),
    ];

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }

    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// Its name for officials.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., title)| title)
    }
}

/// What is known of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "table", rename_all = "snake_case")]
pub enum Record {
    /// A unit.
    Unit(Unit),
    /// A town.
    Town(Town),
    /// A village.
    Village(Village),
    /// A person in a post.
    Post(Post),
    /// A city leader.
    Leader(Leader),
    /// An officer of a village.
    Officer(Officer),
    /// A duty item.
    Duty(Box<DutyItem>),
}

impl Record {
    /// Its table.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unit(_) => Kind::Units,
            Self::Town(_) => Kind::Towns,
            Self::Village(_) => Kind::Villages,
            Self::Post(_) => Kind::Posts,
            Self::Leader(_) => Kind::Leaders,
            Self::Officer(_) => Kind::Officers,
            Self::Duty(_) => Kind::Duties,
        }
    }

    /// What tells it from others of its table; what changes about it under the same key is a new
    /// version.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Unit(unit) => unit.id.clone(),
            Self::Town(town) => town.code.clone(),
            Self::Village(village) => village.code.clone(),
            Self::Post(post) => format!("{}/{}/{}", post.unit, post.name, post.title),
            Self::Leader(leader) => format!("{}/{}", leader.name, leader.title),
            Self::Officer(one) => format!("{}/{}/{}", one.village, one.role.title(), one.name),
            Self::Duty(item) => item.code.clone(),
        }
    }

    /// The time it says of itself.
    #[must_use]
    pub fn term(&self) -> Term {
        match self {
            Self::Unit(_) | Self::Town(_) | Self::Village(_) => Term::default(),
            Self::Post(post) => post.term,
            Self::Leader(leader) => leader.term,
            Self::Officer(officer) => officer.term,
            Self::Duty(item) => item.term,
        }
    }
}

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version<T> {
    /// From 1; never used again.
    pub version: u32,
    /// The first day that it holds.
    pub valid_from: Date,
    /// The day from which the next one holds; `None`: it is the last.
    pub valid_to: Option<Date>,
    /// What it says.
    #[serde(flatten)]
    pub record: T,
}

impl<T> Version<T> {
    /// Whether it is the version of a day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day < to)
    }

    fn with<U>(&self, record: U) -> Version<U> {
        let Self { version, valid_from, valid_to, .. } = self;
        Version { version: *version, valid_from: *valid_from, valid_to: *valid_to, record }
    }
}

impl Version<Record> {
    /// Whether it is the version of a day and what it says is in force then.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.covers(day) && self.record.term().holds(day)
    }
}

/// The version that a record makes on the day of its import, after the `last` one of its key; `None`
/// when it says nothing new. The last one ends where the new one begins. One that is announced for
/// a later day begins on that day, never before the last one did: what held yesterday stays.
#[must_use]
pub fn next_version(
    record: &Record,
    last: Option<&Version<Record>>,
    today: Date,
) -> Option<Version<Record>> {
    let announced = record.term().from;
    let (version, valid_from) = match last {
        Some(last) if last.record == *record => return None,
        Some(last) => {
            let next = today.max(last.valid_from);
            (last.version.checked_add(1)?, announced.map_or(next, |day| day.max(next)))
        }
        None => (1, announced.unwrap_or(today)),
    };
    Some(Version { version, valid_from, valid_to: None, record: record.clone() })
}

/// What holds on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Units by id.
    pub units: Vec<Unit>,
    /// Towns by code.
    pub towns: Vec<Town>,
    /// Villages by code.
    pub villages: Vec<Village>,
    /// People in their posts.
    pub posts: Vec<Post>,
    /// City leaders.
    pub leaders: Vec<Leader>,
    /// Officers of the villages.
    pub officers: Vec<Officer>,
    /// Duty items in force, by code.
    pub duties: Vec<Version<DutyItem>>,
}

impl Directory {
    /// What of all versions holds on a day, in their order.
    #[must_use]
    pub fn on(day: Date, versions: &[Version<Record>]) -> Self {
        let mut now = Self::default();
        for one in versions.iter().filter(|one| one.holds(day)) {
            match &one.record {
                Record::Unit(unit) => now.units.push(unit.clone()),
                Record::Town(town) => now.towns.push(town.clone()),
                Record::Village(village) => now.villages.push(village.clone()),
                Record::Post(post) => now.posts.push(post.clone()),
                Record::Leader(leader) => now.leaders.push(leader.clone()),
                Record::Officer(officer) => now.officers.push(officer.clone()),
                Record::Duty(item) => now.duties.push(one.with((**item).clone())),
            }
        }
        now
    }

    /// The name of a unit, or of the government of a town.
    #[must_use]
    pub fn unit_name(&self, id: &str) -> Option<String> {
        let unit = self.units.iter().find(|unit| unit.id == id).map(|unit| unit.name.clone());
        let town = || self.towns.iter().find(|town| town.id() == id).map(Town::government);
        unit.or_else(town)
    }

    /// Who is rung for a unit in a three-way call: the duty telephones of its posts, from the
    /// handlers up, each number once.
    #[must_use]
    pub fn duty_phones(&self, unit: &str) -> Vec<PhoneNumber> {
        let mut posts: Vec<&Post> = self.posts.iter().filter(|post| post.unit == unit).collect();
        // Heads come last; who has none of the four levels stands behind them.
        posts.sort_by_key(|post| match post.level {
            Level::Other => Level::FOUR.len(),
            level => Level::FOUR.iter().rev().position(|of| *of == level).unwrap_or(0),
        });
        let mut phones: Vec<PhoneNumber> = Vec::new();
        for phone in posts.iter().filter_map(|post| post.duty_phone.as_ref()) {
            if !phones.contains(phone) {
                phones.push(phone.clone());
            }
        }
        phones
    }
}
