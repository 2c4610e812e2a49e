//! People of the directory: cadres in their posts, city leaders, the three officers of a village.

use super::notice::NoticeTo;
use crate::domain::case::codec;
use crate::units::PhoneNumber;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The four levels of responsibility of a duty (E4), and other posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Heads the unit.
    #[serde(rename = "主要责任人")]
    Head,
    /// The deputy in charge.
    #[serde(rename = "分管负责人")]
    Deputy,
    /// Heads the section.
    #[serde(rename = "科室负责人")]
    Section,
    /// Handles it.
    #[serde(rename = "承办人员")]
    Handler,
    /// None of the four.
    #[serde(rename = "其他")]
    Other,
}

impl Level {
    /// All of them with their names.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::Head, "主要责任人"),
        (Self::Deputy, "分管负责人"),
        (Self::Section, "科室负责人"),
        (Self::Handler, "承办人员"),
        (Self::Other, "其他"),
    ];

    /// The four that every duty item has.
    pub const FOUR: [Self; 4] = [Self::Head, Self::Deputy, Self::Section, Self::Handler];

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }
}

/// The first and last day of somebody's time, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// `None`: since ever.
    pub from: Option<Date>,
    /// `None`: not known to end.
    pub to: Option<Date>,
}

impl Term {
    /// Whether a day lies in it.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// A person in a post of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The unit by its id, or a town as `town.NN`.
    pub unit: String,
    /// The person.
    pub name: String,
    /// The post (职务).
    pub title: String,
    /// Its level.
    pub level: Level,
    /// The published telephone.
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// The private telephone for duty and three-way calls; never published.
    #[serde(with = "codec::maybe")]
    pub duty_phone: Option<PhoneNumber>,
    /// Where he is told of what is due; never published.
    #[serde(flatten)]
    pub notice: NoticeTo,
    /// He stands on the public page.
    pub public: bool,
    /// When he holds the post.
    #[serde(flatten)]
    pub term: Term,
}

/// A leader of the city (市级领导).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// The person.
    pub name: String,
    /// The post.
    pub title: String,
    /// What he is in charge of (分管领域).
    pub portfolio: String,
    /// The published telephone.
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// Where he is told of the day; never published.
    #[serde(flatten)]
    pub notice: NoticeTo,
    /// He stands on the public page.
    pub public: bool,
    /// When he holds the post.
    #[serde(flatten)]
    pub term: Term,
}

/// What somebody does for a village.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OfficerRole {
    /// The first secretary sent to it.
    #[serde(rename = "第一书记")]
    FirstSecretary,
    /// The police officer linked to it.
    #[serde(rename = "联村民警")]
    Police,
    /// The agent who takes its people's errands.
    #[serde(rename = "民生代办员")]
    Agent,
    /// A further member of the team sent to it.
    #[serde(rename = "驻村队员")]
    TeamMember,
}

impl OfficerRole {
    /// All of them with their names.
    pub const NAMES: [(Self, &'static str); 4] = [
        (Self::FirstSecretary, "第一书记"),
        (Self::Police, "联村民警"),
        (Self::Agent, "民生代办员"),
        (Self::TeamMember, "驻村队员"),
    ];

    /// The three that every village has (三大员).
    pub const THREE: [Self; 3] = [Self::FirstSecretary, Self::Police, Self::Agent];

    /// Its name.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }
}

/// An officer of a village.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// The village by its four digits.
    pub village: String,
    /// What he does for it.
    pub role: OfficerRole,
    /// The person.
    pub name: String,
    /// The telephone that villagers are told.
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// Who stands in for him.
    pub substitute: String,
    /// He stands on the public page.
    pub public: bool,
    /// When he does it.
    #[serde(flatten)]
    pub term: Term,
}
