//! What an operator's wrap-up begins is carried on by the rules like everything else.

use super::world::*;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    AnonymousReason, Command, DOMAIN_UNCODED, DispositionReason, Grade, Guard, Refusal,
    ReopenReason, Role, State, Task, WrapUp,
};
use mayorline::domain::desk::{Disposition, Outcome};

use Role as R;
use State as S;

fn new() -> World {
    World::new("2026-11-20T09:10:00+08:00")
}

fn classify() -> Task {
    Task::Classify(Box::new(classification()))
}

/// Both ways in which a talk itself can be the answer.
fn answered_in_the_talk() -> [WrapUp; 2] {
    let solved = WrapUp { outcome: Some(Outcome::Solved), ..wrap_up(Disposition::ThreeWay) };
    [wrap_up(Disposition::Answered), solved]
}

#[test]
fn a_talk_that_ends_under_a_proposed_seal_leaves_the_case_where_it_stands() {
    use Disposition as D;
    for disposition in [
        D::Answered,
        D::ThreeWay,
        D::Kept,
        D::Circulated,
        D::Assigned,
        D::LeaderReview,
        D::Discipline,
        D::NoMatter,
    ] {
        let mut world = World::in_state(S::Accepted);
        world.act(R::Operator, Task::ProposeSeal);
        let unit = (disposition == D::Assigned).then(|| UNIT.to_owned());
        world.wrapped_up(WrapUp { unit, ..wrap_up(disposition) });
        let case = &world.case;
        assert_eq!((case.state, case.told_state()), (Some(S::Accepted), Some(S::Sealed)));
        assert_eq!((&case.unit, case.work.disposition()), (&None, None), "{disposition:?}");
        assert_eq!(case.summary.as_deref(), Some("北宿镇路灯不亮"), "the words are kept");

        let mut refused = world.clone();
        refused.act(R::Director, Task::RefuseSeal).act(R::Clerk, classify());
        world.act(R::Liaison, Task::ConfirmSeal).act(R::Liaison, Task::FileReceipt("7".into()));
        assert_eq!(world.case.state, Some(S::Sealed), "{disposition:?}");
    }
}
