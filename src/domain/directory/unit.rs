//! Units (市直部门单位) as the directory holds them.

use super::notice::NoticeTo;
use crate::domain::case::codec;
use crate::units::PhoneNumber;
use serde::{Deserialize, Serialize};

/// The groups that the units are listed in (domain.md 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UnitGroup {
    /// Party and mass organisations.
    #[serde(rename = "党群")]
    Party,
    /// Departments of the city government.
    #[serde(rename = "政府部门")]
    Government,
    /// Institutions directly below the city.
    #[serde(rename = "直属事业")]
    Institution,
    /// Under the vertical management of a higher level.
    #[serde(rename = "垂直管理")]
    Vertical,
    /// Public utilities and other companies of the city.
    #[serde(rename = "公用企业")]
    Utility,
}

impl UnitGroup {
    /// All of them with their names.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::Party, "党群"),
        (Self::Government, "政府部门"),
        (Self::Institution, "直属事业"),
        (Self::Vertical, "垂直管理"),
        (Self::Utility, "公用企业"),
    ];
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `unit.NN`; never changes, never used again.
    pub id: String,
    /// Its name as it is written and spoken.
    pub name: String,
    /// Its group.
    pub group: UnitGroup,
    /// Its duties were audited (86个市直部门).
    pub duty_audited: bool,
    /// It takes part in the two-way pledges (87个市直部门).
    pub pledged: bool,
    /// The post at its head (主要责任人职务), such as 局长.
    pub lead_post: String,
    /// Its published telephone.
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// It stands on the public page.
    pub public: bool,
    /// What people call it besides its name (农业局, 供暖公司).
    pub aliases: Vec<String>,
    /// Where it is told of its orders; never published.
    #[serde(flatten)]
    pub notice: NoticeTo,
}
