//! Which functions of the matrix a command belongs to: by it the table of transitions and the matrix are
//! held to each other.

use mayorline::domain::access::Function;
use mayorline::domain::case::{Pending, Task};

/// The functions, one of which a person must have for a command. The roles of a step are those of
/// the table of transitions; this is the other table's word on them.
pub(crate) fn functions_of(task: &Task) -> &'static [Function] {
    use Function as F;
    match task {
        Task::Accept { .. } | Task::Discard(_) => &[F::CreateCase],
        Task::Read => &[F::CaseText],
        Task::Claim(_) | Task::Consult(_) | Task::GiveView(_) | Task::Decide(_) => &[F::Consult],
        Task::Report { .. }
        | Task::Instruct { .. }
        | Task::Assign { .. }
        | Task::Circulate(_)
        | Task::Remind
        | Task::Docket(_)
        | Task::Lift(_)
        | Task::SignAdmonition
        | Task::DecideAdmonition(_) => &[F::Assign],
        Task::Correct(_) | Task::Hold(_) | Task::LiftHold => &[F::Classify],
        Task::Sign(_) | Task::AskReturn { .. } | Task::AskExtension { .. } => &[F::Accept],
        Task::FeedBack { .. } | Task::Review(_) => &[F::Feedback],
        Task::Rate(_)
        | Task::Redo
        | Task::CloseUnreasonable(_)
        | Task::ReportFalseFeedback
        | Task::FollowUp(_)
        | Task::Reopen(..) => &[F::Callback],
        Task::ConfirmSeal | Task::RefuseSeal => &[F::Classify, F::SealedContent],
        Task::FileReceipt(_) => &[F::SealedContent],
        Task::DecidePublication(..) | Task::TakeDown(_) => &[F::PublicNotice],
        Task::Grant(what) | Task::Refuse(what, _) => second_person(*what),
        Task::Classify(_)
        | Task::SetUrgency(..)
        | Task::ChooseDisposition(..)
        | Task::ChooseLocal { .. }
        | Task::AskMore(_)
        | Task::SetSecrecy(_)
        | Task::NameAccused(_)
        | Task::Recuse(_)
        | Task::Readmit(_)
        | Task::Answer { .. }
        | Task::SolveInCall { .. }
        | Task::Keep(_)
        | Task::ProposeSeal
        | Task::Decline(..)
        | Task::Merge(_)
        | Task::Unmerge
        | Task::Archive
        | Task::Withdraw(_) => &[F::Classify],
    }
}

fn second_person(what: Pending) -> &'static [Function] {
    match what {
        // Closing although the citizen is not content disposes of the matter.
        Pending::Keep | Pending::Decline | Pending::CloseUnreasonable => &[Function::Classify],
        Pending::Return | Pending::Extension => &[Function::Accept],
        Pending::Feedback => &[Function::Feedback],
    }
}
