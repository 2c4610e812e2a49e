//! Words that give cause for concern (C6, 晴雨表). A hit raises a flag with the words that were found;
//! a person confirms it or marks it as false. It never changes what becomes of a case.

use super::group_size::people_told;
use crate::domain::case::GROUP_MIN;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const CROWD: &str = "联名、集体、聚集、围堵、堵门、堵路、拉横幅、罢工、罢运、停工抗议、全村人、\
    大家一起去、几十号人、上百人、几十人";
const SUICIDE: &str = "自杀、轻生、不想活、活不下去、跳楼、跳河、喝农药、喝药、上吊、割腕、\
    死给你们看、一死了之、寻死、安眠药";
const PETITION: &str = "上访、进京、去北京、到北京、去省里、到省里、省城、越级、国家信访局、\
    中央巡视、信访局门口、去济南";
const EXPLOSIVES: &str = "炸药、雷管、炸弹、爆炸、炸了、同归于尽、汽油瓶、浇汽油、煤气罐、自制火药、\
    导火索";
const MINOR: &str = "未成年、孩子、小孩、儿童、幼儿、婴儿、小学、初中生、中学生、女童、男童、\
    学生、留守";

/// What the concern is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RiskGroup {
    /// 群体: many people act together.
    Crowd,
    /// 轻生: somebody may harm himself.
    Suicide,
    /// 越级上访: a petition to a higher level.
    Petition,
    /// 爆炸物: explosives or fire as a weapon.
    Explosives,
    /// 未成年人: a minor is concerned.
    Minor,
}

impl RiskGroup {
    /// All of them with their names: in the store and on the command line, and for officials.
    pub const NAMES: [(Self, &'static str, &'static str); 5] = [
        (Self::Crowd, "crowd", "群体"),
        (Self::Suicide, "suicide", "轻生"),
        (Self::Petition, "petition", "越级上访"),
        (Self::Explosives, "explosives", "爆炸物"),
        (Self::Minor, "minor", "未成年人"),
    ];

    /// Its name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(group, ..)| *group == self).map_or("", |(_, name, _)| name)
    }

    /// Its name for officials.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::NAMES.iter().find(|(group, ..)| *group == self).map_or("", |(.., title)| title)
    }

    /// The group of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known, _)| *known == name).map(|(group, ..)| *group)
    }

    /// The words that raise its flag, separated by 、.
    fn words(self) -> &'static str {
        match self {
            Self::Crowd => CROWD,
            Self::Suicide => SUICIDE,
            Self::Petition => PETITION,
            Self::Explosives => EXPLOSIVES,
            Self::Minor => MINOR,
        }
    }
}

/// A flag for a person to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RiskFlag {
    /// The concern.
    pub group: RiskGroup,
    /// Its name, for officials.
    pub title: &'static str,
    /// The words that were found, in the order of the list.
    pub words: Vec<String>,
}

/// Which flags a list is asked for: those of one concern, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskFilter(Option<RiskGroup>);

impl RiskFilter {
    /// The name of a concern, or `any`; `None` where it is neither.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "any" => Some(Self(None)),
            one => RiskGroup::parse(one).map(|group| Self(Some(group))),
        }
    }

    /// Whether one of the flags is asked for.
    #[must_use]
    pub fn fits(self, flags: &[RiskFlag]) -> bool {
        flags.iter().any(|flag| self.0.is_none_or(|group| group == flag.group))
    }
}

/// The flags that a text raises.
///
/// ```
/// use mayorline::domain::suggest::{RiskGroup, risks};
/// let flags = risks("再不解决我就喝农药");
/// assert_eq!((flags[0].group, flags[0].words.as_slice()), (RiskGroup::Suicide, &["喝农药".to_owned()][..]));
/// ```
#[must_use]
pub fn risks(text: &str) -> Vec<RiskFlag> {
    // Blanks and marks between the characters of a word do not hide it.
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let flags = RiskGroup::NAMES.into_iter().filter_map(|(group, _, title)| {
        let found = group.words().split('、').filter(|word| plain.contains(*word));
        let mut words: Vec<String> = found.map(str::to_owned).collect();
        if group == RiskGroup::Crowd {
            let many = people_told(text).filter(|people| *people >= u32::from(GROUP_MIN));
            words.extend(many.map(|people| format!("{people}人")));
        }
        (!words.is_empty()).then_some(RiskFlag { group, title, words })
    });
    flags.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_one_concern_or_for_any() {
        let (flags, none) = (risks("再不解决我就喝农药"), risks("路灯不亮"));
        for (name, fits) in [("any", true), ("suicide", true), ("crowd", false)] {
            let filter = RiskFilter::parse(name).unwrap();
            assert_eq!((filter.fits(&flags), filter.fits(&none)), (fits, false), "{name}");
        }
        assert_eq!(RiskFilter::parse("weather"), None);
    }

    #[test]
    fn each_group_is_raised_by_its_words_and_shows_them() {
        for (text, group, words) in [
            ("唐村镇塌陷区村民三十七人联名", RiskGroup::Crowd, vec!["联名", "37人"]),
            ("我真的不 想 活 了", RiskGroup::Suicide, vec!["不想活"]),
            ("再不管我们就进京上访", RiskGroup::Petition, vec!["上访", "进京"]),
            ("他家藏了雷管、炸药", RiskGroup::Explosives, vec!["炸药", "雷管"]),
            ("晚上孩子放学不安全", RiskGroup::Minor, vec!["孩子"]),
        ] {
            let flags = risks(text);
            let flag = flags.iter().find(|flag| flag.group == group).unwrap();
            assert_eq!(flag.words, words, "{text}");
            assert_eq!(RiskGroup::parse(group.as_str()), Some(group));
        }
    }

    #[test]
    fn an_ordinary_matter_raises_none() {
        for text in ["路灯不亮", "医保今年交多少钱", "四个人的工资没发", "", "爆米花机占道"]
        {
            assert!(risks(text).is_empty(), "{text}");
        }
    }
}
