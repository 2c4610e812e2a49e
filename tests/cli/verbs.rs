//! Every command of the casework has its verb: a task that is added without one does not compile here.

use crate::run;
use mayorline::domain::case::{Pending, Task};

/// The verb of every task.
macro_rules! verbs {
    ($($task:pat => $verb:literal,)+) => {
        const VERBS: &[&str] = &[$($verb),+];

        #[allow(dead_code, reason = "the compiler sees to it that no task is missing")]
        fn verb_of(task: &Task) -> &'static str {
            match task { $($task => $verb,)+ }
        }
    };
}

verbs! {
    Task::Accept { .. } => "accept",
    Task::Discard(_) => "discard",
    Task::Classify(_) => "classify",
    Task::SetUrgency(..) => "urgency",
    Task::ChooseDisposition(..) | Task::ChooseLocal { .. } => "dispose",
    Task::AskMore(_) => "ask-more",
    Task::SetSecrecy(_) => "secrecy",
    Task::NameAccused(_) => "accuse",
    Task::Recuse(_) => "recuse",
    Task::Readmit(_) => "readmit",
    Task::Claim(_) => "claim",
    Task::Answer { .. } => "answer",
    Task::SolveInCall { .. } => "solve-in-call",
    Task::Consult(_) => "consult",
    Task::GiveView(_) => "give-view",
    Task::Decide(_) => "decide-consultation",
    Task::Report { .. } => "report-to-leader",
    Task::Instruct { .. } => "instruct",
    Task::Assign { .. } => "assign",
    Task::Circulate(_) => "circulate",
    Task::Read => "read",
    Task::Keep(_) => "keep",
    Task::ProposeSeal => "seal",
    Task::ConfirmSeal => "confirm-seal",
    Task::RefuseSeal => "refuse-seal",
    Task::Decline(..) => "decline",
    Task::Merge(_) => "merge",
    Task::Unmerge => "unmerge",
    Task::Sign(_) => "accept-assignment",
    Task::AskReturn { .. } => "return",
    Task::AskExtension { .. } => "extend",
    Task::FeedBack { .. } => "feed-back",
    Task::Grant(Pending::Return) => "grant-return",
    Task::Grant(Pending::Extension) => "grant-extension",
    Task::Grant(_) => "confirm",
    Task::Refuse(Pending::Return, _) => "refuse-return",
    Task::Refuse(Pending::Extension, _) => "refuse-extension",
    Task::Refuse(..) => "refuse",
    Task::Review(_) => "review",
    Task::Rate(_) => "rate",
    Task::Redo => "redo",
    Task::CloseUnreasonable(_) => "close",
    Task::ReportFalseFeedback => "false-feedback",
    Task::FollowUp(_) => "follow-up",
    Task::DecidePublication(..) => "publish",
    Task::TakeDown(_) => "take-down",
    Task::Archive => "archive",
    Task::Reopen(..) => "reopen",
    Task::Withdraw(_) => "withdraw",
    Task::FileReceipt(_) => "receipt",
    Task::Remind => "remind",
    Task::Docket(_) => "docket",
    Task::Lift(_) => "lift",
    Task::SignAdmonition => "sign-admonition",
    Task::DecideAdmonition(_) => "decide-admonition",
    Task::Correct(_) => "correct",
    Task::Hold(_) => "hold",
    Task::LiftHold => "lift-hold",
}

#[test]
fn every_task_has_a_verb_that_says_who_acts() {
    for verb in VERBS {
        let help = run(&["case", verb, "--help"]);
        assert_eq!(help.code, 0, "{verb}: {help:?}");
        for word in ["--as <PERSON>", "--role <ROLE>", "<CASE>"] {
            assert!(help.out.contains(word), "{verb} lacks {word}: {}", help.out);
        }
    }
}
