//! The nature of a matter by the words that announce it.

use crate::domain::case::Nature;
use serde::Serialize;

/// Words that announce a nature; what stands first wins.
const ANNOUNCED: &[(Nature, &[&str])] = &[
    (
        Nature::Report,
        &[
            "举报",
            "检举",
            "贪污",
            "受贿",
            "收黑钱",
            "插手工程",
            "挖沙",
            "盗采",
            "偷排",
            "偷倒",
            "制假",
        ],
    ),
    (Nature::Suggest, &["建议", "希望能增加", "能不能增设"]),
    (Nature::Praise, &["表扬", "感谢信", "点赞", "送锦旗"]),
    (
        Nature::Complaint,
        &[
            "投诉",
            "没人管",
            "推诿",
            "反映过",
            "再次反映",
            "凭什么",
            "不合理",
            "没动",
            "标准不一",
            "没给",
            "到现在",
            "说找",
            "占道经营",
            "刺鼻",
            "扰民",
        ],
    ),
    (
        Nature::Consult,
        &[
            "请问",
            "问一下",
            "想问",
            "咨询",
            "怎么申请",
            "怎么办理",
            "需要什么材料",
            "能不能",
            "多少钱",
        ],
    ),
    (
        Nature::Help,
        &[
            "求助",
            "帮忙",
            "盼复",
            "请领导",
            "快来",
            "找不着人",
            "没法过",
            "不亮",
            "坏了",
            "停水",
            "停电",
            "拖欠",
            "没发",
            "困难",
            "落不上",
            "没办下来",
            "掉下",
        ],
    ),
];

/// A nature with the words that say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NatureHint {
    /// The nature.
    pub nature: Nature,
    /// Its name, for officials.
    pub name: &'static str,
    /// The words that were found.
    pub words: Vec<&'static str>,
}

/// Asks leaders to step in, and asks nothing: 过问一下.
const NO_QUESTION: &str = "过问";

/// The first nature that is announced; `None` where no word says so.
pub(super) fn of(text: &str) -> Option<NatureHint> {
    let text = text.replace(NO_QUESTION, "");
    ANNOUNCED.iter().find_map(|(nature, words)| {
        let found: Vec<_> = words.iter().copied().filter(|word| text.contains(word)).collect();
        let hint = NatureHint { nature: *nature, name: nature.name(), words: found };
        (!hint.words.is_empty()).then_some(hint)
    })
}
