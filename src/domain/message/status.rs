//! Where a case stands, in the words of a short text: as it is spoken (ST00 to ST16), without names.

use crate::domain::case::{CaseStatus, State};

/// Where a case stands.
#[must_use]
pub fn status_words(status: &CaseStatus) -> String {
    let words = match status.state {
        State::Draft => "已经登记，等待受理",
        State::Accepted | State::Classified => "已经受理，正在分类",
        State::Consulting => "正在会商研究",
        State::LeaderReview => "正在呈报领导阅批",
        State::Assigned => "已经交办，等待签收",
        State::Handling => "正在办理",
        State::Feedback => "已反馈结果，正在审核",
        State::Callback | State::Closed | State::Archived if status.answered_directly => "已经答复",
        State::Callback => "已经办理完毕并答复，正在回访",
        State::Redo => return format!("正在第{}次办理", status.round),
        State::Closed | State::Archived => {
            return status.closed_on.map_or_else(
                || "已经办结".to_owned(),
                |on| format!("已于{}月{}日办结", on.month(), on.day()),
            );
        }
        State::Circulated => "您的意见建议已经送有关单位和领导参阅，感谢您的关心",
        State::Kept => "您反映的事项已经登记留存，如有新的情况请随时来电",
        State::Sealed => "您反映的事项已按规定程序转交有关单位办理",
        State::Merged => {
            return status.merged_into.map_or_else(
                || "已合并办理".to_owned(),
                |into| format!("与编号{into}相同，已合并办理"),
            );
        }
        State::Declined => "依法应通过其他途径解决，详情请来电咨询",
        State::Withdrawn => "该事项已由您本人撤回",
    };
    words.to_owned()
}
