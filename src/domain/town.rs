//! The towns of the city (镇街, domain.md 5.1) and which of them a place lies in.

/// Three street offices and thirteen towns.
pub const TOWNS: [&str; 16] = [
    "钢山街道",
    "千泉街道",
    "凫山街道",
    "北宿镇",
    "中心店镇",
    "唐村镇",
    "太平镇",
    "郭里镇",
    "石墙镇",
    "峄山镇",
    "看庄镇",
    "张庄镇",
    "田黄镇",
    "大束镇",
    "香城镇",
    "城前镇",
];

/// The town that a place names first; `None` where it names none.
///
/// ```
/// use mayorline::domain::town::town_of;
/// assert_eq!(town_of("北宿镇羊厂路口"), Some("北宿镇"));
/// assert_eq!(town_of("无"), None);
/// ```
#[must_use]
pub fn town_of(place: &str) -> Option<&'static str> {
    let named = TOWNS.into_iter().filter_map(|town| place.find(town).map(|at| (at, town)));
    named.min().map(|(_, town)| town)
}
