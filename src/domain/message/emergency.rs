//! Words of an emergency in a text: whoever writes them is told at once whom to call, and a person is
//! called to look. Too often rather than not once; nothing is decided by it.

use crate::domain::suggest::{RiskGroup, risks};

/// What is happening now to life and limb.
const WORDS: [&str; 30] = [
    "着火",
    "起火",
    "失火",
    "火灾",
    "救火",
    "爆燃",
    "煤气泄漏",
    "燃气泄漏",
    "煤气中毒",
    "煤气漏",
    "燃气漏",
    "食物中毒",
    "晕倒",
    "昏迷",
    "没有呼吸",
    "大出血",
    "杀人",
    "砍人",
    "持刀",
    "拿刀",
    "抢劫",
    "绑架",
    "救命",
    "溺水",
    "落水",
    "被困",
    "车祸",
    "坍塌",
    "塌方",
    "触电",
];

/// Whether a text says that somebody is in danger.
///
/// ```
/// use mayorline::domain::message::is_emergency;
/// assert!(is_emergency("建材市场后边 着 火 了，快来人！"));
/// assert!(!is_emergency("路灯不亮"));
/// ```
#[must_use]
pub fn is_emergency(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let grave = |group| matches!(group, RiskGroup::Suicide | RiskGroup::Explosives);
    WORDS.iter().any(|word| text.contains(word))
        || risks(&text).into_iter().any(|flag| grave(flag.group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn danger_is_heard_and_everyday_matters_are_not() {
        for text in [
            "有人在钢山街道建材市场后边点火烧轮胎，起火了",
            "楼下燃气泄漏味道很大",
            "我不想活了",
            "他说要引爆炸药",
            "河里有人溺水",
        ] {
            assert!(is_emergency(text), "{text}");
        }
        for text in [
            "北宿镇三里村自来水庭了两天了没人官",
            "拖欠工姿 工地在开发区",
            "城管收黑钱 有录音",
            "消防通道被车占了",
            "谢谢，水来了😀",
        ] {
            assert!(!is_emergency(text), "{text}");
        }
    }
}
